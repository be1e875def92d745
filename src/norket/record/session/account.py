"""One session told whole, for the printed record: made from the ledger and the sample chunks alone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from norket.record.session import interacting, ledger, queries
from norket.record.session.prediction import at_state
from norket.record.session.samples import as_json
from norket.therapy.finding import Refused
from norket.therapy.session.delivered import delivered_mg, total_mg
from norket.therapy.session.ledger import standing
from norket.therapy.session.words import describe

# Of one channel: enough for a line of a hand's breadth.
DRAWN_SAMPLES = 240
QUIET = frozenset({"session_planned", "alert_escalated", "alert_rearmed", "preflight_recorded"})


def account(session_id: UUID, now: datetime) -> dict[str, Any]:
    """View, curve (or why there is none), samples, the events that stand with their words, and order against delivered.

    Of a session that is over everything stands as it was at its end, and the chart as it was when the record closed.
    """
    state = queries.state(session_id)
    until = min(now, state.ended_at) if state.ended_at else now
    curve = at_state(state, until)
    if not isinstance(curve, Refused):
        closed = state.way_out.closed
        curve = interacting.warned(curve, session_id, state, until, min(now, closed.at) if closed else None)
    events = [event for event in standing(state.ledger) if event.event.type not in QUIET]
    return {
        "state": state,
        "page": queries.page(session_id, until),
        "until": until,
        "curve": None if isinstance(curve, Refused) else curve,
        "no_curve": curve.why if isinstance(curve, Refused) else "",
        "samples": [as_json(sample) for _, sample in queries.samples_after(session_id, 0, most=DRAWN_SAMPLES)],
        "events": [
            {
                "n": event.n,
                "at": event.at,
                "type": event.event.type,
                "by": event.by,
                "text": describe(event.event),
                "late_s": (event.recorded_at - event.at).total_seconds(),
            }
            for event in events
        ],
        "people": sorted({event.by for event in ledger.events(session_id)}),
        "delivered_mg": delivered_mg(state, until),
        "total_mg": total_mg(state, until),
    }
