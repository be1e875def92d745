"""The numbers that papers print, read off a prediction: peak, area, fraction absorbed, clearance, share of patients."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np

from norket import knowledge
from norket.pharmacology import mood
from norket.pharmacology.effects import EffectTrack, effect_model, predict_effects
from norket.pharmacology.models import model as packaged
from norket.pharmacology.models.system import NG_ML_PER_MG_L
from norket.pharmacology.observed import Check
from norket.pharmacology.patient import Patient
from norket.pharmacology.predict import predict
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.summary import Summary
from norket.pharmacology.track import Floats
from norket.units.quantities import MINUTES_PER_HOUR

STEP_MIN = 0.5
DEFAULT_SPAN_MIN = 480.0
DRAWS, SEED = 2000, 0
ML_PER_L = 1000.0
HOURS_PER_DAY = 24
# What one unit of the engine's answer (hours, litres, ng/mL) is in the unit of an observation.
IN_UNIT: Mapping[str, float] = MappingProxyType(
    {
        "1": 1.0,
        "%": 100.0,
        "ng/mL": 1.0,
        "min": MINUTES_PER_HOUR,
        "h": 1.0,
        "d": 1 / HOURS_PER_DAY,
        "ng.h/mL": 1.0,
        "ng.min/mL": MINUTES_PER_HOUR,
        "ug.h/L/mg": 1.0,
        "L": 1.0,
        "L/h": 1.0,
        "mmHg": 1.0,
        "score": 1.0,
    }
)


def measured(check: Check, unit: str) -> float:
    """What the engine answers to `check`, in `unit`. Raises `NotCoveredError` when no model answers."""
    answer = MEASURES[check.measure](check)
    if unit in IN_UNIT:
        return answer * IN_UNIT[unit]
    weight = check.person.weight_kg
    per_weight = {
        "L/kg": 1 / weight,
        "L/h/70kg": 70 / weight,
        "L/70kg": 70 / weight,
        "mL/min/kg": ML_PER_L / MINUTES_PER_HOUR / weight,
    }
    if unit not in per_weight:
        raise NotCoveredError("model_not_valid", f"{check.figure}: no measure answers in '{unit}'")
    return answer * per_weight[unit]


@cache
def solved(
    person: Patient, doses: tuple[str, ...], model: str, interacting: tuple[str, ...], until_min: float, draws: int
) -> Prediction:
    """The prediction behind a check, every half minute up to `until_min`; kept, because many checks share one."""
    times = np.arange(0.0, until_min + STEP_MIN, STEP_MIN)
    if draws > 1:
        times = times[-1:]
    return predict(
        person, doses, model=model or None, times_min=times, draws=draws, seed=SEED, interactions=interacting
    )


def curve_of(check: Check) -> tuple[Floats, Floats]:
    """Times and typical values (ng/mL) of the analyte inside the window of `check`."""
    found = _solved(check, 1)
    times, values = found.times_min, found.track(check.analyte).typical
    keep = times >= check.from_min
    return times[keep], values[keep]


def _solved(check: Check, draws: int) -> Prediction:
    until = check.to_min or max(DEFAULT_SPAN_MIN, check.at_min or 0.0)
    return solved(check.person, check.doses, check.model, check.interacting, until, draws)


def _summary(check: Check, **changes: object) -> Summary:
    asked = check.model_copy(update=changes)
    found = solved(asked.person, asked.doses, asked.model, asked.interacting, STEP_MIN, 1)
    return found.summaries[asked.analyte]


def _amount_mg(check: Check) -> float:
    found = solved(check.person, check.doses, check.model, check.interacting, STEP_MIN, 1)
    return sum(dose.amount_mg for dose in found.doses)


def _concentration(check: Check) -> float:
    times, values = curve_of(check)
    return float(np.interp(_moment(check), times, values))


def _peak(check: Check) -> tuple[float, float]:
    """Time and height of the peak; one that lies just after a bolus is not read."""
    found = _solved(check, 1)
    times, values = curve_of(check)
    best = int(np.argmax(values))
    for start, end in found.unread_min:
        if start <= times[best] < end:
            after = float(np.interp(end, times, values))
            raise NotCoveredError(
                "times_not_covered",
                f"the modelled peak lies in the {end - start:g} min from the start of a bolus, where no peak is read; "
                f"at their end the curve is at {after:.3g} ng/mL",
            )
    return float(times[best]), float(values[best])


def _cmax(check: Check) -> float:
    return _peak(check)[1]


def _tmax(check: Check) -> float:
    return (_peak(check)[0] - check.since_min) / MINUTES_PER_HOUR


def _auc(check: Check) -> float:
    times, values = curve_of(check)
    return float(np.trapezoid(values, times)) / MINUTES_PER_HOUR


def _auc_per_mg(check: Check) -> float:
    return _auc(check) / _amount_mg(check)


def _auc_ratio(check: Check) -> float:
    return _summary(check, analyte=check.other).auc_ng_h_ml / _summary(check).auc_ng_h_ml


def _bioavailability(check: Check) -> float:
    beside = check.model_copy(update={"doses": check.beside})
    per_mg = [_summary(one).auc_ng_h_ml / _amount_mg(one) for one in (check, beside)]
    return per_mg[0] / per_mg[1]


def _clearance(check: Check) -> float:
    return _amount_mg(check) / _summary(check).auc_ng_h_ml * NG_ML_PER_MG_L


def _clearance_by_sex(check: Check) -> float:
    women, men = (check.model_copy(update={"patient": {**check.patient, "sex": sex}}) for sex in ("female", "male"))
    return _clearance(women) / _clearance(men)


def _terminal_volume(check: Check) -> float:
    return _clearance(check) * _half_life(check) / float(np.log(2))


def _half_life(check: Check) -> float:
    return _summary(check).half_life_h


def _apparent_half_life(check: Check) -> float:
    """Of the straight line that two levels make on the log scale, at `from_min` and `to_min`."""
    times, values = curve_of(check)
    return float((times[-1] - times[0]) * np.log(2) / np.log(values[0] / values[-1])) / MINUTES_PER_HOUR


def _parameter(check: Check) -> float:
    model = packaged(check.model)
    held = {value.name: value for entry in reversed(model.entries) for value in entry.values}
    numbers = [held[name].value if name in held else None for name in check.parameters]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        raise NotCoveredError("model_not_valid", f"{check.model}: a figure of {check.parameters} is missing")
    hours = MINUTES_PER_HOUR if held[check.parameters[0]].unit == "min" else 1.0
    return sum(known) / hours


def _share_below(check: Check) -> float:
    found = solved(check.person, check.doses, check.model, check.interacting, _moment(check), DRAWS)
    drawn = found.individuals(check.analyte, model=check.model)[-1]
    return float(np.mean(drawn < check.levels_ng_ml[-1]))


def _share_above(check: Check) -> float:
    return 1.0 - _share_below(check)


def _exposure_ratio(check: Check) -> float:
    return _summary(check).auc_ng_h_ml / _summary(check, interacting=()).auc_ng_h_ml


def _peak_ratio(check: Check) -> float:
    return _cmax(check) / _cmax(check.model_copy(update={"interacting": ()}))


def _moment(check: Check) -> float:
    if check.at_min is None:
        raise NotCoveredError("model_not_valid", f"{check.figure}: this measure needs at_min")
    return check.at_min


def _effect(check: Check) -> EffectTrack:
    return predict_effects(_solved(check, 1), [check.effect])[check.effect]


def _effect_peak(check: Check) -> float:
    found = _effect(check)
    return float(found.typical.max()) / IN_UNIT[found.unit]


def _effect_tmax(check: Check) -> float:
    found = _effect(check)
    return float(found.times_min[np.argmax(found.typical)] - check.since_min) / MINUTES_PER_HOUR


def _responses(check: Check, levels_ng_ml: Sequence[float]) -> Floats:
    model = effect_model(check.effect)
    parameters = {name: np.array([value]) for name, value in model.typical.items()}
    return model.response(np.array(levels_ng_ml)[:, None], parameters)[:, 0]


def _effect_at(check: Check) -> float:
    return float(_responses(check, check.levels_ng_ml)[-1]) / IN_UNIT[effect_model(check.effect).unit]


def _effect_correlation(check: Check) -> float:
    return float(np.corrcoef(check.levels_ng_ml, _responses(check, check.levels_ng_ml))[0, 1])


def _effect_figure(check: Check) -> float:
    """A figure of the effect model itself; a time counts in hours here."""
    entry = effect_model(check.effect).entry
    figure = knowledge.read().figure(entry.id, check.parameters[0])
    return figure.value / IN_UNIT[figure.unit]


def _response(check: Check) -> float:
    """The probability that mood has responded to one session, `at_min` after it."""
    days = _moment(check) / MINUTES_PER_HOUR / HOURS_PER_DAY
    known = mood.response([0.0], [days]).probability[0]
    if known is None:
        raise NotCoveredError("times_not_covered", f"no rate of response {days:g} d after a session is known")
    return known


MEASURES: Mapping[str, Callable[[Check], float]] = MappingProxyType(
    {
        "concentration": _concentration,
        "cmax": _cmax,
        "tmax": _tmax,
        "auc": _auc,
        "auc_per_mg": _auc_per_mg,
        "auc_ratio": _auc_ratio,
        "bioavailability": _bioavailability,
        "clearance": _clearance,
        "clearance_by_sex": _clearance_by_sex,
        "terminal_volume": _terminal_volume,
        "half_life": _half_life,
        "apparent_half_life": _apparent_half_life,
        "parameter": _parameter,
        "share_below": _share_below,
        "share_above": _share_above,
        "exposure_ratio": _exposure_ratio,
        "peak_ratio": _peak_ratio,
        "effect_peak": _effect_peak,
        "effect_tmax": _effect_tmax,
        "effect_at": _effect_at,
        "effect_correlation": _effect_correlation,
        "effect_figure": _effect_figure,
        "response": _response,
    }
)
