"""The predicted curves of a live session: one caller of the engine, kept by version, minute and edition. What is tried
but not done is in `trial`.

The engine is loaded when a prediction is asked for and not before.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any
from uuid import UUID

from norket.record.canonical import canonical, digest
from norket.record.session import queries
from norket.record.session.doubt import widened
from norket.therapy.finding import Refused
from norket.therapy.plan.library import figure_or_none
from norket.therapy.session.delivered import DeliveredDose, history, is_infusing
from norket.therapy.session.dosing import measured_kg
from norket.therapy.session.ordered import dose as dose_order
from norket.therapy.session.state import SessionState
from norket.therapy.session.uncertain import histories, spat

if TYPE_CHECKING:
    from norket.pharmacology.doses import Dose
    from norket.pharmacology.patient import Patient
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
SPAT = (
    "A dose was spat out after its hold: the line is drawn as if the rest were swallowed, and the band from none of "
    "it to all."
)
TRACKS = ("ketamine", "norketamine", "effect_site")

_kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
_keeping = threading.Lock()
# A slow curve makes the viewers of its own session wait, and hardly ever those of another.
_one_at_a_time = tuple(threading.Lock() for _ in range(64))


def prediction(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """The curves of a session: past as delivered, future as programmed; before the start, as if it started now.

    While the pump is paused nothing more is planned: the curve fades. What resuming would do, `trial.what_if` says.
    """
    return at_state(queries.state(session_id), now)


@dataclass(frozen=True)
class Drawn:
    """A prediction of the engine for one session, with the doses behind it and where its minute 0 lies.

    `others` are the other histories where delivery is uncertain: drawn on the same minutes, refused where no model
    covers one, None where nothing would have arrived.
    """

    found: "Prediction"
    doses: tuple[DeliveredDose, ...]
    zero: datetime
    unknown: dict[str, str]
    others: "tuple[Drawn | Refused | None, ...]" = ()

    @property
    def each(self) -> "tuple[Drawn, ...]":
        """This history and every other one in which something arrived."""
        return (self, *(other for other in self.others if isinstance(other, Drawn)))

    @property
    def undrawn(self) -> Refused | None:
        """Why one of the histories could not be drawn: what holds for all of them is then not known."""
        return next((other for other in self.others if isinstance(other, Refused)), None)

    def at(self, minute: float) -> datetime:
        """The instant of a minute of the prediction."""
        return self.zero + minute * MINUTE

    def minute(self, at: datetime) -> float:
        """The minute of the prediction at an instant."""
        return (at - self.zero) / MINUTE

    def document(self, now: datetime) -> dict[str, Any]:
        """The curves as the interface shows them."""
        return self.kept() | _clock(self.zero, now)

    def kept(self) -> dict[str, Any]:
        """The curves without the clock, their bands wide enough for every history."""
        others = [other.kept() if isinstance(other, Drawn) else other for other in self.others]
        return widened(_document(self.found, self.doses, self.zero, self.unknown), others)


def drawn(state: SessionState, now: datetime, *, planned_from: datetime | None = None) -> Drawn | Refused:
    """The prediction for a state, never kept. `planned_from`: the doses as they stand at that later instant."""
    doses = history(state, planned_from or now, planned=True, apart_min=_apart_min(state, now))
    if not doses or state.plan is None or (weight_kg := _weight_kg(state)) is None:
        return _nothing(doses)
    return _compute(state, doses, min(dose.start for dose in doses), weight_kg, now)


def at_state(state: SessionState, now: datetime) -> dict[str, Any] | Refused:
    """The curves of a session in this state: past as delivered, future as programmed."""
    doses, weight_kg = history(state, now, planned=True, apart_min=_apart_min(state, now)), _weight_kg(state)
    if not doses or state.plan is None or weight_kg is None:
        return _nothing(doses)
    zero = min(dose.start for dose in doses)
    with _one_at_a_time[UUID(state.session).int % len(_one_at_a_time)]:
        key = _key(state, zero, now)
        found = _known(key)
        if found is None:
            computed = _compute(state, doses, zero, weight_kg, now)
            if isinstance(computed, Refused):
                return computed
            found = _keep(key, computed.kept())
        return found | _clock(zero, now)


def _nothing(doses: Sequence[DeliveredDose]) -> Refused:
    if doses:
        return Refused(
            code="weight_not_known", why="No weight is recorded, and no curve is drawn without one. Record the weight."
        )
    return Refused(
        code="nothing_to_predict", why="There is no dose and no order yet. Sign an order, then the curve is drawn."
    )


def _key(state: SessionState, zero: datetime, now: datetime) -> str:
    """What a curve depends on, to the minute: the ledger up to its head, the clock, the knowledge.

    Before the start nothing but the clock moves: minute 0 is now, the curve stays and `_clock` sets it in time.
    """
    head = digest(state.ledger[-1].model_dump_json()) if state.ledger else ""
    return canonical([state.session, state.version, head, int((now - zero) / MINUTE), queries.base().edition])


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
    """The last measured weight (kg); without one that of the order, as the limits take it, and then what was told."""
    measured = measured_kg(state)
    if measured is not None:
        return measured
    return state.order.weight_kg if state.order else state.weight_stated_kg


def _compute(
    state: SessionState, doses: tuple[DeliveredDose, ...], zero: datetime, weight_kg: float, now: datetime
) -> Drawn | Refused:
    found = _predicted(state, doses, zero, weight_kg, now)
    if isinstance(found, Refused):
        return found
    times = found.times_min.tolist()

    def other(doses_: tuple[DeliveredDose, ...]) -> Drawn | Refused | None:
        if not doses_:
            return None
        drawn_ = _predicted(state, doses_, zero, weight_kg, now, times)
        return drawn_ if isinstance(drawn_, Refused) else Drawn(drawn_, doses_, zero, {})

    others = tuple(other(doses_) for doses_ in histories(state, doses))
    return Drawn(found, doses, zero, _unknown(state, now), others)


def _apart_min(state: SessionState, now: datetime) -> float:
    """How far apart (min) the devices of the ordered spray are planned; 0 for everything else."""
    order = dose_order(state)
    apart = figure_or_none(queries.base(), order.dose_row, "device_apart_min", now.date()) if order else None
    return apart or 0.0


def engine_doses(doses: Sequence[DeliveredDose], zero: datetime) -> "list[Dose]":
    """The doses as the engine takes them, in minutes from `zero`."""
    from norket.pharmacology.doses import Dose  # noqa: PLC0415 -- loads the engine

    return [
        Dose(
            dose.amount_mg,
            dose.route,  # type: ignore[arg-type]  # Dose itself refuses a route and a drug that it does not know
            dose.drug,  # type: ignore[arg-type]
            start_min=(dose.start - zero) / MINUTE,
            duration_min=dose.duration_min,
        )
        for dose in doses
    ]


def engine_patient(state: SessionState) -> "Patient | None":
    """The patient as the engine takes them; None while the session or the weight is not known."""
    from norket.pharmacology.patient import Patient  # noqa: PLC0415 -- loads the engine

    plan, weight_kg = state.plan, _weight_kg(state)
    return None if plan is None or weight_kg is None else Patient(weight_kg, plan.age_y, plan.sex, plan.height_cm)


def _predicted(
    state: SessionState,
    doses: Sequence[DeliveredDose],
    zero: datetime,
    weight_kg: float,
    now: datetime,
    times_min: Sequence[float] | None = None,
) -> "Prediction | Refused":
    from norket.pharmacology.patient import Patient  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.predict import predict_delivered  # noqa: PLC0415
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    if state.plan is None:
        return Refused(code="nothing_to_predict", why="The session is not planned.")
    try:
        history_ = engine_doses(doses, zero)
        last_min = _last_min(state, max(dose.end_min for dose in history_), zero, now)
        if not last_min + SHOWN_AFTER_MIN < MOST_POINTS:
            return _too_long()
        patient = Patient(weight_kg, state.plan.age_y, state.plan.sex, state.plan.height_cm)
        times = times_min or list(range(ceil(last_min) + SHOWN_AFTER_MIN + 1))
        return predict_delivered(patient, history_, times, draws=DRAWS, seed=seed(state))
    except NotCoveredError as error:
        return Refused(code=error.code, why=str(error))


def seed(state: SessionState) -> int:
    """The seed of everything that is drawn for a session: the same session, the same numbers."""
    return UUID(state.session).int % 2**31


def _unknown(state: SessionState, now: datetime) -> dict[str, str]:
    """What the future of the curve had to do without, by name, and what was drawn instead."""
    found = {}
    if is_infusing(state, now) and state.volume_to_infuse_ml is None:
        found["volume_to_infuse_ml"] = VOLUME_NOT_KNOWN
    if spat(state):
        found["spat_out"] = SPAT
    return found


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
    standing = frozenset(text for run in found.runs for text in run.model.remarks)
    remarks = [text for text in found.warnings if text in standing]
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
        "unread_min": [list(span) for span in found.unread_min],
        "unknown": sorted(unknown),
        "warnings": [*unknown.values(), *(text for text in found.warnings if text not in standing), *remarks],
        "remarks": remarks,
        "sources": [reference.model_dump(mode="json") for reference in found.sources],
        "edition": found.edition,
        "seed": found.seed,
        "draws": found.draws,
    }


def warm_up() -> None:
    """Loads and compiles the engine, so that the first person does not wait for it."""
    from norket.pharmacology.predict import warm_up as warm  # noqa: PLC0415 -- loads the engine

    warm()
