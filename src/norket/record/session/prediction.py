"""The predicted curves of a live session: one caller of the engine, kept by version, minute and edition.

The engine is loaded when a prediction is asked for and not before.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from norket.record.canonical import canonical
from norket.record.session import queries
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session.delivered import DeliveredDose, delivered_mg, history, is_infusing
from norket.therapy.session.fold import evolve
from norket.therapy.session.state import SessionState

if TYPE_CHECKING:
    from norket.pharmacology.prediction import Prediction

DRAWS = 400
SHOWN_AFTER_MIN = 240
# Two days in minutes: longer than any session, short enough to be computed while people wait.
MOST_POINTS = 2 * 24 * 60
MINUTE = timedelta(minutes=1)
KEPT = 256
VOLUME_NOT_KNOWN = (
    "The programmed volume is not known: the future is drawn as if the pump ran on at this rate for a day. "
    "Enter the volume as read from the pump."
)
TRACKS = ("ketamine", "norketamine", "effect_site")

_kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
_keeping = threading.Lock()
# A slow curve makes the viewers of its own session wait, and hardly ever those of another.
_one_at_a_time = tuple(threading.Lock() for _ in range(64))


class Change(BaseModel):
    """A trial: another rate from now on, a bolus now, a stop now, or a paused pump resumed now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_ml_h: float | None = None
    bolus_mg: float | None = None
    stop: bool = False
    resume: bool = False


def prediction(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """The curves of a session: past as delivered, future as programmed; before the start, as if it started now.

    While the pump is paused nothing more is planned: the curve fades. What resuming would do, `what_if` says.
    """
    return _answer(queries.state(session_id), now)


def what_if(session_id: UUID, change: Change, now: datetime) -> dict[str, Any] | Refused:
    """The curves if this were done now. Nothing is written."""
    state = queries.state(session_id)
    for event in _events(change, state, now):
        state = evolve(
            state,
            e.Recorded(
                session=state.session,
                n=state.version + 1,
                at=now,
                recorded_at=now,
                by="trial",
                command_id="trial",
                event=event,
            ),
        )
    return _answer(state, now, trial=True)


def _events(change: Change, state: SessionState, now: datetime) -> Sequence[e.Event]:
    found: list[e.Event] = []
    if change.bolus_mg:
        found.append(e.BolusGiven(amount_mg=change.bolus_mg))
    if change.rate_ml_h is not None:
        found.append(e.RateChanged(rate_ml_h=change.rate_ml_h))
    if change.resume and state.phase == "paused":
        found.append(e.InfusionResumed())
    if change.stop:
        found.append(e.InfusionStopped(delivered_mg=delivered_mg(state, now)))
    return found


def _answer(state: SessionState, now: datetime, *, trial: bool = False) -> dict[str, Any] | Refused:
    doses = history(state, now, planned=True)
    plan, weight_kg = state.plan, _weight_kg(state)
    if not doses or plan is None or weight_kg is None:
        return Refused(
            code="nothing_to_predict", why="There is no dose and no order yet. Sign an order, then the curve is drawn."
        )
    zero = min(dose.start for dose in doses)
    with _one_at_a_time[UUID(state.session).int % len(_one_at_a_time)]:
        key = _key(state, zero, now)
        found = None if trial else _known(key)
        if found is None:
            computed = _compute(state, doses, zero, weight_kg, now)
            if isinstance(computed, Refused):
                return computed
            found = computed if trial else _keep(key, computed)
        return found | _clock(zero, now)


def _key(state: SessionState, zero: datetime, now: datetime) -> str:
    """What a curve depends on, to the minute. A trial hangs on its very instant and is never kept.

    Before the start nothing but the clock moves: minute 0 is now, the curve stays and `_clock` sets it in time.
    """
    return canonical([state.session, state.version, int((now - zero) / MINUTE), queries.base().edition])


def _clock(zero: datetime, now: datetime) -> dict[str, Any]:
    """Where the curve lies in time; never kept."""
    now_min = (now - zero) / MINUTE
    zero_at = zero.isoformat().replace("+00:00", "Z")
    return {"zero_at": zero_at, "now_min": now_min, "past_until_min": max(0.0, now_min)}


def _known(key: str) -> dict[str, Any] | None:
    with _keeping:
        return _kept.get(key)


def _keep(key: str, found: dict[str, Any]) -> dict[str, Any]:
    with _keeping:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _weight_kg(state: SessionState) -> float | None:
    if state.baseline is not None and state.baseline.weight_kg is not None:
        return state.baseline.weight_kg
    return state.order.weight_kg if state.order else None


def _compute(
    state: SessionState, doses: Sequence[DeliveredDose], zero: datetime, weight_kg: float, now: datetime
) -> dict[str, Any] | Refused:
    from norket.pharmacology.doses import Dose  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.patient import Patient  # noqa: PLC0415
    from norket.pharmacology.predict import predict_delivered  # noqa: PLC0415
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    if state.plan is None:
        return Refused(code="nothing_to_predict", why="The session is not planned.")
    try:
        history_ = [
            Dose(
                dose.amount_mg,
                dose.route,  # type: ignore[arg-type]  # Dose itself refuses a route and a drug that it does not know
                dose.drug,  # type: ignore[arg-type]
                start_min=(dose.start - zero) / MINUTE,
                duration_min=dose.duration_min,
            )
            for dose in doses
        ]
        last_min = _last_min(state, max(dose.end_min for dose in history_), zero, now)
        if not last_min + SHOWN_AFTER_MIN < MOST_POINTS:
            return _too_long()
        patient = Patient(weight_kg, state.plan.age_y, state.plan.sex, state.plan.height_cm)
        times = list(range(ceil(last_min) + SHOWN_AFTER_MIN + 1))
        found = predict_delivered(patient, history_, times, draws=DRAWS, seed=UUID(state.session).int % 2**31)
    except NotCoveredError as error:
        return Refused(code=error.code, why=str(error))
    return _document(found, doses, zero, _unknown(state, now))


def _unknown(state: SessionState, now: datetime) -> dict[str, str]:
    """What the future of the curve had to do without, by name, and what was drawn instead."""
    if is_infusing(state, now) and state.volume_to_infuse_ml is None:
        return {"volume_to_infuse_ml": VOLUME_NOT_KNOWN}
    return {}


def _last_min(state: SessionState, dosed_until_min: float, zero: datetime, now: datetime) -> float:
    """The minute that the curve runs past: the end of the last dose, or now while somebody may still look at it."""
    looked_at = min(now, state.ended_at or now)
    return max(dosed_until_min, min((looked_at - zero) / MINUTE, dosed_until_min + SHOWN_AFTER_MIN))


def _too_long() -> Refused:
    return Refused(
        code="too_long_to_draw",
        why=f"The doses of this session lie more than {MOST_POINTS // 60} h apart, so no curve is drawn. "
        "Look at their times in the ledger and correct the one that is wrong.",
    )


def _document(
    found: "Prediction", doses: Sequence[DeliveredDose], zero: datetime, unknown: dict[str, str]
) -> dict[str, Any]:
    tracks = {name: found.analytes[name] for name in TRACKS if name in found.analytes}
    return {
        "times_min": found.times_min.tolist(),
        **{f"{name}_ng_ml": track.band() for name, track in tracks.items()},
        "tracks": {
            name: {
                "model": track.model,
                "site": track.site,
                "enantiomer": track.enantiomer,
                "assumption": track.assumption,
            }
            for name, track in tracks.items()
        },
        "models": sorted({track.model for track in tracks.values()}),
        "doses": [
            {
                "start_min": (dose.start - zero) / MINUTE,
                "duration_min": dose.duration_min,
                "amount_mg": dose.amount_mg,
                "route": dose.route,
                "kind": dose.kind,
            }
            for dose in doses
        ],
        "unknown": sorted(unknown),
        "warnings": [*unknown.values(), *found.warnings],
        "sources": [reference.model_dump(mode="json") for reference in found.sources],
        "edition": found.edition,
        "seed": found.seed,
        "draws": found.draws,
    }


def warm_up() -> None:
    """Loads and compiles the engine, so that the first person does not wait for it."""
    from norket.pharmacology.predict import warm_up as warm  # noqa: PLC0415 -- loads the engine

    warm()
