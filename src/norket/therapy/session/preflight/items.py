"""Every item that a start needs, in the order in which a nurse works through them."""

from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.finding import Finding
from norket.therapy.session import ordered
from norket.therapy.session.preflight import (
    answers,
    baseline,
    capnography,
    day,
    drug,
    escort,
    fasting,
    in_hand,
    signed,
    weight,
)
from norket.therapy.session.preflight.nurse import NurseLoad, nurse_load
from norket.therapy.session.preflight.today import Today
from norket.therapy.session.samples import Samples
from norket.therapy.session.state import SessionState

USUAL = "iv"
HOLDING = frozenset({"BLOCK-HARD", "BLOCK", "HOLD"})


def findings(
    state: SessionState,
    now: datetime,
    base: KnowledgeBase,
    *,
    other_sessions: tuple[NurseLoad, ...] = (),
    policy_signed: bool = True,
    samples: Samples | None = None,
    zone: str = "UTC",
    consent: Finding | None = None,
    today: Today | None = None,
) -> tuple[Finding, ...]:
    """Every item of the pre-flight, met or not, in the order in which a nurse works through them.

    `samples` are the latest of the monitor, `zone` the clinic's time zone, in which "today" is read, `consent` what
    the patient's own ledger says of a consent for this order (None: it knows of none), `today` what the clinic's record
    knows of the day (None: judged without one, as a rehearsal is, so that closing time is not asked for).
    """
    known = today or Today()
    found = (
        signed.policy(base, policy_signed),
        signed.order(state, base),
        signed.identity(state, base),
        answers.consent(state, base, consent),
        day.sober(state, base),
        day.suicide(state, base),
        answers.answered(state, base, "preflight.medicines", "medicines_unchanged"),
        answers.answered(state, base, "preflight.allergies", "allergies_checked"),
        fasting.fasting(state, now, base),
        day.glucose(state, now, base, known),
        escort.escort(state, base),
        *([] if today is None else [escort.time_home(state, now, base, known)]),
        day.interpreter(state, base, known),
        weight.weight(state, now, base, zone),
        *baseline.baseline(state, samples or {}, now, base),
        *([] if today is None else [capnography.capnography(state, samples or {}, now, base, known)]),
        signed.alerts(state, base),
        drug.prepared(state, base),
        day.access(state, now, base),
        answers.answered(state, base, "preflight.cannula", "cannula_in"),
        answers.answered(state, base, "preflight.alert_sound", "alert_sound_tested"),
        *day.offers(state, base, known),
        nurse_load(state, other_sessions, now, base, first_ever=known.first_ever),
        drug.time_out(state, now, base),
        in_hand.dose_check(state, now, base),
    )
    own = (item for item in found if is_asked(item.rule, ordered.route(state), base))
    return (*known.findings, *own)


def is_asked(rule: str, route: str | None, base: KnowledgeBase) -> bool:
    """Whether an item is asked for a dose by this route: its entry names the routes, or it is asked for all. Without an
    order nobody knows the route yet, and the items of the usual one are asked."""
    routes = base.entry(rule).data.get("routes")
    return routes is None or (route or USUAL) in routes


def missing(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that hold: whatever is not clear, but for what only warns or informs."""
    return tuple(item for item in found if item.state != "clear" and item.action in HOLDING)


def offered(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is not clear and holds nothing: it is offered, and a start goes on without it."""
    return tuple(item for item in found if item.state != "clear" and item.action not in HOLDING)
