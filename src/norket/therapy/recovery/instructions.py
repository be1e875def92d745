"""The sheet that goes home: our own words for this patient and these routes, on one page."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.recovery.driving import not_before
from norket.therapy.session.clocks import reasons
from norket.therapy.session.state import SessionState

GATE = "recovery.gate.instructions"
NOBODY = "the adult who fetches you"


@dataclass(frozen=True)
class Line:
    """One heading of the sheet with its text."""

    name: str
    heading: str
    text: str


def sheet(
    state: SessionState,
    now: datetime,
    base: KnowledgeBase,
    *,
    zone: str,
    emergency: str,
    crisis: str,
    clinic: str,
) -> tuple[Line, ...]:
    """The lines for the routes of this session. Whom to call comes from the clinic; the day of driving from the
    longest rule, counted from leaving, or from now while the patient is still here."""
    left_at = state.ended_at or now
    filled = {
        "escort": state.escort.name if state.escort and state.escort.name else NOBODY,
        "drive_from": shown(not_before(left_at, _last_drug(state, now, base), zone, now, base), zone),
        "alcohol_h": f"{number(base, GATE, 'no_alcohol_h', now):g}",
        "emergence_h": f"{number(base, GATE, 'emergence_h', now):g}",
        "emergency": emergency,
        "crisis": crisis,
        "clinic": clinic,
    }
    routes = given_by(state)
    entries = [entry for entry in base.entries if entry.data.get("sheet") == "home"]
    told = [e for e in entries if "routes" not in e.data or routes & set(e.data["routes"])]
    return tuple(
        Line(e.id.rpartition(".")[2], str(e.data["label"]), e.statement.format(**filled))
        for e in sorted(told, key=lambda e: int(e.data["order"]))
    )


def given_by(state: SessionState) -> frozenset[str]:
    """The routes by which anything was given."""
    vein = {"iv"} if state.segments or state.boluses else set[str]()
    return frozenset(vein | {str(timed.dose.route) for timed in state.other_doses})


def _last_drug(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    return max((reason.at for reason in reasons(state, now, base)), default=None)


def shown(at: datetime, zone: str) -> str:
    """A day and a time of the clinic's clock."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M}"
