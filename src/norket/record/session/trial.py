"""What if? The curves of a session if something were done now, and what it would move. Nothing is ever written here.

An answer is advice: what comes of it is ordered in the ordinary sheet, with its checks, or not at all.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from norket.record.session import queries
from norket.record.session.doubt import UNCERTAIN
from norket.record.session.prediction import Drawn, drawn
from norket.record.session.samples import stamp
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.fold import evolve
from norket.therapy.session.state import SessionState

if TYPE_CHECKING:
    from norket.pharmacology.effects import Readiness

RUNS = ("running", "paused")
LONGEST_PAUSE_MIN = 240.0


class Change(BaseModel):
    """A trial: another rate from now on, a bolus now, a stop now, a paused pump resumed now, or a pause of so long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_ml_h: float | None = None
    bolus_mg: float | None = None
    stop: bool = False
    resume: bool = False
    pause_min: float | None = None


def what_if(session_id: UUID, change: Change, now: datetime) -> dict[str, Any] | Refused:
    """The curves if this were done now, with `trial`: peak, end and "ready" as it runs and as tried."""
    state = queries.state(session_id)
    refused = _cannot_try(state, change)
    if refused is not None:
        return refused
    until = now + timedelta(minutes=change.pause_min or 0.0)
    tried = drawn(_with(state, change, now, until), now, planned_from=until)
    if isinstance(tried, Refused):
        return tried
    present = drawn(state, now)
    before = None if isinstance(present, Refused) else summary(present, now)
    return tried.document(now) | {"trial": {"now": before, "then": summary(tried, now)}}


def _cannot_try(state: SessionState, change: Change) -> Refused | None:
    wants_pump = change.stop or change.resume or change.rate_ml_h is not None or change.pause_min is not None
    if wants_pump and state.phase not in RUNS:
        return Refused(code="nothing_runs", why="Nothing runs, so there is no rate, pause or stop to try.")
    if change.pause_min is not None and not 0 < change.pause_min <= LONGEST_PAUSE_MIN:
        why = f"A pause to try lasts up to {LONGEST_PAUSE_MIN:g} minutes; for longer ones try a stop."
        return Refused(code="pause_too_long", why=why)
    return None


def applied(state: SessionState, change: Change, now: datetime) -> SessionState:
    """The state if this were done now; the one that is kept stays as it is."""
    return _with(state, change, now, now + timedelta(minutes=change.pause_min or 0.0))


def _with(state: SessionState, change: Change, now: datetime, until: datetime) -> SessionState:
    for at, event in _events(change, state, now, until):
        recorded = e.Recorded(
            session=state.session,
            n=state.version + 1,
            at=at,
            recorded_at=at,
            by="trial",
            command_id="trial",
            event=event,
        )
        state = evolve(state, recorded)
    return state


def _events(change: Change, state: SessionState, now: datetime, until: datetime) -> Iterator[tuple[datetime, e.Event]]:
    if change.bolus_mg:
        yield now, p.BolusGiven(amount_mg=change.bolus_mg)
    if change.rate_ml_h is not None:
        yield now, p.RateChanged(rate_ml_h=change.rate_ml_h)
    if change.pause_min is not None and state.phase == "running":
        yield now, p.InfusionPaused()
    if change.pause_min is not None or (change.resume and state.phase == "paused"):
        yield until, p.InfusionResumed()
    if change.stop:
        yield now, p.InfusionStopped(delivered_mg=delivered_mg(state, now))


def summary(found: Drawn, now: datetime) -> dict[str, Any]:
    """What people ask of a curve: the peak still to come, the end of the drug, and when it is low."""
    last = max(found.doses, key=lambda dose: dose.start + timedelta(minutes=dose.duration_min))
    return {
        "peak": _peak(found, now),
        "ends_at": stamp(last.start + timedelta(minutes=last.duration_min)),
        "amount_mg": sum(dose.amount_mg for dose in found.doses),
        "ready": ready(found),
    }


def _peak(found: Drawn, now: datetime) -> dict[str, Any] | None:
    """The highest median from now on; None where it lies so soon after a bolus that the model is not to be read. Where
    delivery is uncertain `p95` is the highest of all histories from now on: what lies under the skin peaks later."""
    band, times = found.kept()["ketamine_ng_ml"], found.found.times_min.tolist()
    from_min = found.minute(now)
    ahead = [place for place, minute in enumerate(times) if minute >= from_min]
    if not ahead:
        return None
    top = max(ahead, key=lambda place: float(band["p50"][place]))
    if _unread(found, times[top]):
        return None
    told = {name: float(band[name][top]) for name in ("p5", "p50", "p95")}
    if found.others:
        read = [place for place in ahead if not any(_unread(one, times[place]) for one in found.each)]
        told["p95"] = max((told["p95"], *(float(band["p95"][place]) for place in read)))
    return {"at": stamp(found.at(times[top])), **told}


def _unread(found: Drawn, minute: float) -> bool:
    return any(start <= minute < end for start, end in found.found.unread_min)


def ready(found: Drawn, *, beside: bool = False) -> dict[str, Any] | None:
    """From when the drug stays low at the effect site, by policy's level; None where no curve drives that site.

    With `beside` the other models are asked too: `others` has the moment of each from which half of its virtual
    patients are low. Where delivery is uncertain each moment is the latest of all histories, none is told if one could
    not be drawn, and `others` has the models that cover every history.
    """
    from norket.pharmacology.effects import ready_level  # noqa: PLC0415 -- loads the engine

    level = ready_level(found.found.doses)
    answers = _answers(found, level.value, beside=beside)
    if answers is None:
        return None
    rests_on = {
        "level_rule": level.entry.id,
        "level_certainty": level.entry.certainty,
        "level_sources": [source.key for source in level.entry.sources],
        "unknown": [UNCERTAIN] if found.others else [],
    }
    return {"level_ng_ml": level.value, "model": answers[0].model, **rests_on, **_moments(found, answers)}


def _answers(
    found: Drawn, level: float, times_min: list[float] | None = None, *, beside: bool = False
) -> "list[Readiness] | None":
    from norket.pharmacology.effects import ready_to_leave  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    if found.undrawn is not None:
        return None
    try:
        return [ready_to_leave(one.found, level, times_min=times_min, beside=beside) for one in found.each]
    except NotCoveredError:
        return None


def _moments(found: Drawn, answers: "list[Readiness]") -> dict[str, Any]:
    every = [name for name in answers[0].others if all(name in answer.others for answer in answers)]
    others = {name: latest(answer.others[name] for answer in answers) for name in every}
    named = {
        "typical_at": latest(answer.typical_min for answer in answers),
        "p5_at": latest(answer.p5_min for answer in answers),
        "p50_at": latest(answer.median_min for answer in answers),
        "p95_at": latest(answer.p95_min for answer in answers),
    }
    told = {name: None if minute is None else stamp(found.at(minute)) for name, minute in named.items()}
    return told | {
        "never_a_gate": answers[0].warnings[0] if answers[0].warnings else "",
        "warnings": list(dict.fromkeys(text for answer in answers for text in answer.warnings)),
        "others": {name: None if minute is None else stamp(found.at(minute)) for name, minute in others.items()},
    }


def latest(minutes: Iterable[float | None]) -> float | None:
    """The latest of some minutes; None is later than was looked, so it stays None."""
    known = list(minutes)
    return None if None in known else max(one for one in known if one is not None)


def chance_low_at(found: Drawn, at: datetime) -> float | None:
    """The part of the virtual patients (0 to 1) in whom the drug is low at `at` and stays so: the least of all
    histories where delivery is uncertain."""
    from norket.pharmacology.effects import ready_level  # noqa: PLC0415 -- loads the engine

    minute = found.minute(at)
    if not abs(minute) < inf:
        return None
    answers = _answers(found, ready_level(found.found.doses).value, [max(0.0, minute)])
    return None if answers is None else min(float(answer.probability[0]) for answer in answers)
