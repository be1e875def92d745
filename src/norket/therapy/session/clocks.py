"""The clock of recovery: from which instants it counts, until when each of them holds the patient, and why.

Every drug of the session and every rescue medicine that may sedate or move the pressure starts it; the latest end
counts. All of it is arithmetic of instants in UTC, so that no change of the clocks shortens it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant
from norket.therapy.session.fold import HARMLESS_RESCUES
from norket.therapy.session.state import SessionState, TimedRescue

MINIMUM, RESCUE = "recovery.minimum_observation", "recovery.rescue_anchor"
ROUTES = {
    "im": "injection into the muscle",
    "sc": "injection under the skin",
    "intranasal": "spray",
    "sublingual": "under the tongue",
    "oral": "by mouth",
}


class Reason(BaseModel):
    """One anchor of the clock: what happened `at`, and that it holds the patient for `minutes`, until `until`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    label: str
    at: Instant
    minutes: float
    until: Instant
    rule: str


def reasons(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[Reason, ...]:
    """Every anchor that stands, the one that holds longest first; of several of one kind the last."""
    minimum = number(base, MINIMUM, "minimum_min", now)
    found = [_reason(what, label, at, minimum, MINIMUM) for what, label, at in _drugs(state)]
    for timed in state.rescues:
        minutes = rescue_min(timed, now, base)
        if minutes is not None:
            found.append(_reason("rescue", f"{timed.rescue.drug} given", timed.at, minutes, RESCUE))
    return tuple(sorted(found, key=lambda reason: reason.until, reverse=True))


def _reason(what: str, label: str, at: datetime, minutes: float, rule: str) -> Reason:
    until = at + timedelta(minutes=minutes)
    return Reason(what=what, label=label, at=at, minutes=minutes, until=until, rule=rule)


def _drugs(state: SessionState) -> Iterator[tuple[str, str, datetime]]:
    """The last stop of the pump, the last bolus, and the last dose of each other route."""
    single = {bolus.at for bolus in state.boluses} | {timed.at for timed in state.other_doses}
    stops = [at for at in state.anchors if at not in single]
    if stops:
        yield "infusion", "infusion ended", max(stops)
    if state.boluses:
        yield "bolus", "last bolus", max(bolus.at for bolus in state.boluses)
    for route, label in ROUTES.items():
        doses = [timed for timed in state.other_doses if timed.dose.route == route]
        if doses:
            last = max(doses, key=lambda timed: timed.at)
            n, of = last.dose.device_n, last.dose.device_of
            device = f" {n} of {of}" if n and of else ""
            yield route, f"last dose, {label}{device}", last.at


def rescue_min(timed: TimedRescue, now: datetime, base: KnowledgeBase) -> float | None:
    """For how long (min) a rescue medicine holds the patient; one of unknown class for the longest time of all."""
    known = {name: number(base, RESCUE, f"{name}_min", now) for name in ("sedative", "antihypertensive", "reversal")}
    kind, sedates = timed.rescue.rescue_class, timed.rescue.sedative
    if kind is None and not sedates:
        return max(known.values())
    held = [known["sedative"]] if sedates else []
    held += [] if kind is None or kind in HARMLESS_RESCUES else [known.get(kind, max(known.values()))]
    return max(held, default=None)
