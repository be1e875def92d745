"""Advice from predictions, behind the clinic's switch: trials, readiness, fading. One door for every caller.

Off means refused by name, whoever asks. The predicted curve itself is no advice and is always there.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from norket.record.plan import switches
from norket.record.session import interacting, queries, trial
from norket.record.session.doubt import UNCERTAIN
from norket.record.session.models import SessionRecord
from norket.record.session.prediction import Drawn, drawn, engine_patient
from norket.record.session.samples import stamp
from norket.record.session.trial import Change
from norket.therapy.finding import Refused
from norket.therapy.session.advice import outside
from norket.therapy.session.state import SessionState

if TYPE_CHECKING:
    from norket.pharmacology.effects import Fading

OFF = Refused(
    code="advice_off",
    why="Advice from predictions is off in this clinic. The manager or the medical director switches it on (Policy).",
)


def refused(session_id: UUID) -> Refused | None:
    """The refusal where the clinic of this session has not switched advice on."""
    clinic_id = SessionRecord.objects.values_list("patient__clinic_id", flat=True).get(pk=session_id)
    return None if switches.is_on(clinic_id, "prediction_advice") else OFF


def not_for(state: SessionState, now: datetime) -> Refused | None:
    """The refusal where the models say nothing about this body: no recommendation, and no number."""
    patient = engine_patient(state)
    if patient is None:
        return None
    height_cm = state.plan.height_cm if state.plan else None
    return outside(patient.age_y, patient.weight_kg, height_cm, queries.base(), now)


def what_if(session_id: UUID, change: Change, now: datetime) -> dict[str, Any] | Refused:
    """The curves and what they move if this were done now. Writes nothing."""
    state = queries.state(session_id)
    found = refused(session_id) or not_for(state, now) or trial.what_if(session_id, change, now)
    if isinstance(found, Refused) or interacting.refused(session_id, state, now) is None:
        return found
    for told in found["trial"].values():
        if told is not None:
            told["ready"] = None
    return interacting.warned(found, session_id, state, now)


def readiness(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """From when the drug stays low as things run now, and the chance that it is low now already. Never a gate."""
    state = queries.state(session_id)
    closed = refused(session_id) or not_for(state, now) or interacting.refused(session_id, state, now)
    found = closed or drawn(state, now)
    if isinstance(found, Refused):
        return found
    if found.undrawn is not None:
        return found.undrawn
    told = trial.ready(found, beside=True)
    if told is None:
        return Refused(code="no_effect_site", why="No model here drives the effect site after these doses.")
    return told | {"at": stamp(now), "chance_now": trial.chance_low_at(found, now)}


def fade(session_id: UUID, now: datetime, *, part: float = 0.5) -> dict[str, Any] | Refused:
    """How many minutes after a pause or stop now the effect has fallen to `part`: typical, and the band.

    Words for somebody who is frightened, so no switch stands before them: nothing is advised here.
    """
    from norket.pharmacology.effects import fading  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    state = queries.state(session_id)
    if state.phase == "running":
        state = trial.applied(state, Change(stop=True), now)
    found = drawn(state, now)
    if isinstance(found, Refused):
        return found
    try:
        told = fading(found.found, _minute(found, now), part=part)
    except NotCoveredError as error:
        return Refused(code=error.code, why=str(error))
    moments = {name: getattr(told, name) for name in ("typical_min", "p5_min", "p50_min", "p95_min")}
    unknown = [UNCERTAIN] if found.others else []
    answer: dict[str, Any] = {
        "part": part,
        "at": stamp(now),
        "model": told.model,
        "site": told.site,
        "unknown": unknown,
        "warnings": [],
        **moments,
        **_beyond(found, now, part, told),
    }
    return interacting.warned_given(answer, session_id, state, now)


def _beyond(found: Drawn, now: datetime, part: float, told: "Fading") -> dict[str, float | None]:
    """The ends of the band over all histories. Where one has no level yet, what lies under the skin may still come:
    then nobody knows how late it is."""
    from norket.pharmacology.effects import fading  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    answers = [told]
    for other in found.each[1:]:
        try:
            answers.append(fading(other.found, _minute(found, now), part=part))
        except NotCoveredError:
            return {"p95_min": None}
    if found.undrawn is not None:
        return {"p95_min": None}
    first = min((one.p5_min for one in answers if one.p5_min is not None), default=None)
    return {"p5_min": first, "p95_min": trial.latest(one.p95_min for one in answers)}


def _minute(found: Drawn, now: datetime) -> float:
    return max(0.0, found.minute(now))
