"""From a target to a plan: search, round to the pump, ask the engine whether it holds, and say what it is worth."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from norket import knowledge
from norket.knowledge import Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.effects.comparable import of_ratios
from norket.pharmacology.models import Model, defaults
from norket.pharmacology.models import model as packaged
from norket.pharmacology.models.model import S_FRACTION
from norket.pharmacology.patient import Patient
from norket.pharmacology.predict import predict
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Form, read_only
from norket.pharmacology.target.allowed import DECIMALS, NURSE, ORDER, PUMP, Limits
from norket.pharmacology.target.allowed import limits as default_limits
from norket.pharmacology.target.binding import binding_limits
from norket.pharmacology.target.parts import NEVER_AN_ORDER, Chances, Step, TradeOff, WakeUp
from norket.pharmacology.target.result import TargetPlan
from norket.pharmacology.target.search import Aim, Candidate, Caps, Question
from norket.pharmacology.target.steps import check_steps, step_by_step
from norket.pharmacology.track import Floats
from norket.units import Amount, AmountRate, DoseText, Duration
from norket.units.dose_text import Drug
from norket.units.quantities import MINUTES_PER_HOUR

Site = Literal["effect_site", "plasma"]
Method = Literal["changes", "steps"]
AIM, READY = "target.aim", "effect_models.ready_levels"
AGE = "plausibility.age"
ANALYTES: dict[str, str] = {"effect_site": "effect_site", "plasma": "ketamine"}
FORMS: tuple[Form, ...] = ("S + R", "S")
METHODS: tuple[Method, ...] = get_args(Method)
PERCENT = 100.0
# The engine looks this many times as often as the search did.
CLOSER = 4
ROUNDS = 8
LOOKS = 1000


def plan_target(
    patient: Patient,
    target_ng_ml: float,
    *,
    method: Method = "changes",
    site: Site = "effect_site",
    enantiomer: Form = "S + R",
    drug: Drug = "ketamine",
    model: str | Model | None = None,
    horizon_min: float | None = None,
    in_range_by_min: float | None = None,
    tolerance: float | None = None,
    limits: Limits | None = None,
    wake_below_ng_ml: float | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> TargetPlan:
    """The fewest rate changes that keep the typical curve within `tolerance` (share of the target) of a level.

    From `in_range_by_min` to `horizon_min` the typical curve of ketamine at the `site` lies within the tolerance of
    `target_ng_ml`; before, it never lies above. Among plans with the fewest changes it is the one with the smallest
    worst deviation; rates are whole multiples of the pump's resolution, and no limit is ever exceeded. Where the limits
    do not allow the target, the plan is the best that they allow, `reached` is False and `binding` names the limits.

    With `method` "steps" the plan is for a computer-driven pump: a new rate every 10 s, so that the typical curve
    reaches the target as early as the limits of rate and total allow, stays at it, and never passes it. The limits of
    what a nurse can follow do not count then, and no dose text can say it: the doses are those of `prediction`.
    What is None comes from the knowledge base (`target.*`; the model from `models.defaults`). The band and the chances
    come from `draws` virtual patients by `seed`. Raises `NotCoveredError` for a target, limit or patient that cannot
    be.
    """
    caps = limits if limits is not None else default_limits(drug)
    if method not in METHODS:
        raise NotCoveredError("target_not_valid", f"the method is one of {', '.join(METHODS)}, not {method!r}")
    aim = _aim(target_ng_ml, site, enantiomer, drug, (horizon_min, in_range_by_min, tolerance))
    chosen = _model(model, aim)
    _check_age(patient)
    chosen.check(patient, [Dose(1.0, "iv", drug)], aim.horizon_min)
    question = Question.of(patient, chosen, aim, Caps.of(caps, patient.weight_kg))
    ladder: list[Candidate] = []
    if method == "steps":
        check_steps(question)
        again, best = step_by_step, _something(step_by_step(question))
    else:
        _check_bolus(chosen, patient, aim, caps)
        again, (question, ladder) = _last_rung, _held(question, enantiomer)
        best = next((one for one in ladder if one.deviation <= aim.tolerance), ladder[-1])
    reached = best.deviation <= aim.tolerance
    look_min = _figure("wake_look_h") * MINUTES_PER_HOUR
    prediction = _predicted(question, best, _times(question, look_min), draws, seed)
    below = _wake_level(wake_below_ng_ml, drug, enantiomer)
    return TargetPlan(
        patient=patient,
        target_ng_ml=target_ng_ml,
        method=method,
        site=site,
        analyte=aim.analyte,
        enantiomer=enantiomer,
        drug=drug,
        model=chosen.id,
        horizon_min=aim.horizon_min,
        in_range_by_min=aim.in_range_by_min,
        tolerance=aim.tolerance,
        limits=caps,
        steps=_steps(best, caps.concentration_mg_ml),
        bolus_mg=best.bolus_mg,
        total_mg=best.total_mg,
        dose_texts=_texts(best, drug),
        worst_deviation=best.deviation,
        reached=reached,
        binding=() if reached else binding_limits(question, best, again),
        trade_offs=tuple(TradeOff(number, one.deviation, one.total_mg) for number, one in enumerate(ladder)),
        prediction=prediction,
        chances=_chances(prediction, aim, enantiomer),
        wake_up=_wake_up(prediction, aim, enantiomer, below, _stop(best)),
        warnings=_warnings(prediction, best, aim, method, reached=reached),
        sources=_sources(prediction),
    )


# ---- the question ----------------------------------------------------------------------------------------------------


def _aim(
    target_ng_ml: float, site: str, enantiomer: Form, drug: Drug, asked: tuple[float | None, float | None, float | None]
) -> Aim:
    if site not in ANALYTES or enantiomer not in FORMS or drug not in S_FRACTION:
        message = (
            f"the site is one of {', '.join(ANALYTES)}, the enantiomer 'S + R' or 'S', the drug ketamine or esketamine"
        )
        raise NotCoveredError("target_not_valid", message)
    horizon, by, tolerance = asked
    horizon = _figure("horizon_min") if horizon is None else _positive("horizon_min", horizon)
    by = _figure("in_range_by_min") if by is None else _positive("in_range_by_min", by)
    tolerance = _figure("tolerance_percent") / PERCENT if tolerance is None else _positive("tolerance", tolerance)
    target = _positive("target_ng_ml", target_ng_ml)
    if not by < horizon:
        message = f"in_range_by_min ({by:g}) must lie before the end of the plan ({horizon:g} min)"
        raise NotCoveredError("target_not_valid", message)
    if not tolerance < 1:
        raise NotCoveredError("target_not_valid", f"the tolerance is a share of the target below 1, not {tolerance:g}")
    part = S_FRACTION[drug] if enantiomer == "S" else 1.0
    return Aim(target, ANALYTES[site], part, drug, by, horizon, tolerance)


def _positive(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise NotCoveredError("target_not_valid", f"{name} must be a finite number above zero, not {value!r}")
    if name.endswith("_min") and round(value, DECIMALS) != value:
        raise NotCoveredError(
            "target_not_valid", f"{name} must have at most 3 decimals, so that a dose text can say it"
        )
    return float(value)


def _figure(name: str) -> float:
    return knowledge.read().figure(AIM, name).value


def _wake_level(asked: float | None, drug: Drug, enantiomer: Form) -> float:
    """The level asked for, or that of the policy: one for all ketamine of the racemate, one for S-ketamine alone."""
    if asked is not None:
        return _positive("wake_below_ng_ml", asked)
    what: Drug = "ketamine" if (drug, enantiomer) == ("ketamine", "S + R") else "esketamine"
    return knowledge.read().figure(READY, what).value


def _model(model: str | Model | None, aim: Aim) -> Model:
    """The model asked for, or the first of the default table that has the analyte."""
    if isinstance(model, Model):
        chosen = model
    elif model is not None:
        chosen = packaged(model)
    else:
        rows = [row for row in defaults([Dose(1.0, "iv", aim.drug)]) if row.analyte == aim.analyte]
        if not rows:
            raise NotCoveredError("analyte_not_known", f"no default model gives '{aim.analyte}'")
        chosen = packaged(rows[0].model)
    if chosen.id in of_ratios():
        message = f"{chosen.id} is there for interactions and ratios only; no level is aimed at with it"
        raise NotCoveredError("analyte_not_known", message)
    if aim.analyte not in chosen.card.analytes:
        have = ", ".join(chosen.card.analytes)
        raise NotCoveredError("analyte_not_known", f"{chosen.id} has no '{aim.analyte}' to aim at; it gives: {have}")
    return chosen


def _check_age(patient: Patient) -> None:
    """The limits here were made for adults; none was set for a child."""
    least = knowledge.read().figure(AGE, "least_a").value
    if patient.age_y < least:
        message = f"plans are for adults from {least:g} years on; no limit was set for a child of {patient.age_y:g}"
        raise NotCoveredError("patient_not_covered", message)


def _check_bolus(model: Model, patient: Patient, aim: Aim, limits: Limits) -> None:
    """Nothing is claimed just after a bolus, so no target can be due there."""
    if not limits.max_bolus_mg:
        return
    spans = model.unread(patient, [Dose(limits.max_bolus_mg, "iv", aim.drug)])
    unread = max((end for _, end in spans), default=0.0)
    if aim.in_range_by_min < unread:
        message = (
            f"with a bolus nothing is claimed before minute {unread:g}; in_range_by_min is {aim.in_range_by_min:g}"
        )
        raise NotCoveredError("target_not_valid", message)


# ---- the answer, judged by the engine --------------------------------------------------------------------------------


def _held(question: Question, enantiomer: Form) -> tuple[Question, list[Candidate]]:
    """The plans as the engine sees them; looked at more closely wherever a curve slips between two samples."""
    for _ in range(ROUNDS):
        ladder: list[Candidate] = []
        slipped: list[float] = []
        for one in question.ladder():
            worst, at_min = _seen(question, _something(one), enantiomer)
            if one.deviation <= question.aim.tolerance < worst:
                slipped.append(at_min)
            checked = replace(one, deviation=worst)
            ladder.append(checked if not ladder or worst < ladder[-1].deviation else ladder[-1])
        if not slipped:
            break
        question = question.looking_also_at(*slipped)
    return question, ladder


def _something(plan: Candidate) -> Candidate:
    if plan.total_mg <= 0:
        message = "the limits leave nothing to give: the smallest step of the pump is above the highest rate"
        raise NotCoveredError("limit_not_valid", message)
    return plan


def _last_rung(question: Question) -> Candidate:
    return question.ladder(at_least=0)[-1]


def _seen(question: Question, plan: Candidate, enantiomer: Form) -> tuple[float, float]:
    """The worst deviation of the engine's own curve of the dose texts, and when it is."""
    between = np.linspace(question.samples_min[:-1], question.samples_min[1:], CLOSER, endpoint=False).ravel(order="F")
    times = np.append(between, question.samples_min[-1])
    curve = _track(_predicted(question, plan, times, 1, 0), question.aim, enantiomer)
    off = curve / question.aim.target_ng_ml - 1.0
    off = np.where(times >= question.aim.in_range_by_min, np.abs(off), off)
    return float(off.max()), float(times[off.argmax()])


def _predicted(question: Question, plan: Candidate, times: Floats, draws: int, seed: int) -> Prediction:
    drug = question.aim.drug
    doses = _texts(plan, drug) or [
        Dose(step.rate_mg_h * step.for_min / MINUTES_PER_HOUR, "iv", drug, step.at_min, step.for_min)
        for step in _steps(plan, None)
        if step.rate_mg_h
    ]
    return predict(question.patient, doses, model=question.model, times_min=times, draws=draws, seed=seed)


def _track(prediction: Prediction, aim: Aim, enantiomer: Form) -> Floats:
    return prediction.track(aim.analyte if enantiomer == "S + R" else f"s_{aim.analyte}").typical


def _times(question: Question, look_min: float) -> Floats:
    end = question.aim.horizon_min + look_min
    every = max(1.0, math.ceil(end / LOOKS))
    return np.unique(np.concatenate([np.arange(0.0, end + every, every), question.moments_min]))


def _steps(plan: Candidate, concentration_mg_ml: float | None) -> tuple[Step, ...]:
    """The rates of the plan, equal neighbours as one."""
    steps: list[Step] = []
    for at, end, rate in zip(plan.marks_min, plan.marks_min[1:], plan.rates_mg_h, strict=False):
        if steps and steps[-1].rate_mg_h == rate:
            steps[-1] = replace(steps[-1], for_min=end - steps[-1].at_min)
            continue
        ml_h = None if concentration_mg_ml is None else round(rate / concentration_mg_ml, 6)
        steps.append(Step(at, rate, ml_h, end - at))
    return tuple(steps)


def _texts(plan: Candidate, drug: Drug) -> tuple[str, ...]:
    """The plan as dose texts; a rate of zero is no dose. None, if its moments have more decimals than a text."""
    if any(round(mark, DECIMALS) != mark for mark in plan.marks_min):
        return ()
    texts = [DoseText(Amount(plan.bolus_mg), "iv", drug=drug)] if plan.bolus_mg else []
    texts += [
        DoseText(AmountRate(step.rate_mg_h), "iv", Duration(step.for_min), Duration(step.at_min), drug)
        for step in _steps(plan, None)
        if step.rate_mg_h
    ]
    return tuple(str(text) for text in texts)


# ---- what it is worth ------------------------------------------------------------------------------------------------


def _chances(prediction: Prediction, aim: Aim, enantiomer: Form) -> Chances:
    times = prediction.times_min
    during = times <= aim.horizon_min
    off = prediction.individuals(aim.analyte, enantiomer)[during] / aim.target_ng_ml - 1.0
    inside = np.abs(off) <= aim.tolerance
    due = times[during] >= aim.in_range_by_min
    return Chances(
        times_min=read_only(times[during]),
        inside_by_time=read_only(inside.mean(axis=1)),
        inside_mean=float(inside[due].mean()),
        inside_throughout=float(inside[due].all(axis=0).mean()),
        above_ever=float((off > aim.tolerance).any(axis=0).mean()),
    )


def _stop(plan: Candidate) -> float:
    """When the last drug has gone in."""
    return max((step.at_min + step.for_min for step in _steps(plan, None) if step.rate_mg_h), default=0.0)


def _wake_up(prediction: Prediction, aim: Aim, enantiomer: Form, below: float, stop_min: float) -> WakeUp:
    after = prediction.times_min >= stop_min
    times = prediction.times_min[after] - stop_min
    typical = _minutes_until_below(times, _track(prediction, aim, enantiomer)[after, None], below)[0]
    each = np.sort(_minutes_until_below(times, prediction.individuals(aim.analyte, enantiomer)[after], below))
    p5, p50, p95 = (_known(each[min(int(share * len(each)), len(each) - 1)]) for share in (0.05, 0.5, 0.95))
    reached = float(np.isfinite(each).mean())
    return WakeUp(below, stop_min, float(times[-1]), _known(float(typical)), p5, p50, p95, reached)


def _known(minutes: float) -> float | None:
    return float(minutes) if math.isfinite(minutes) else None


def _minutes_until_below(times: Floats, curves: Floats, level: float) -> Floats:
    """For each column of `curves` (times, draws) when it falls below `level` for good; infinite if it does not."""
    above = curves >= level
    last = len(times) - 1 - np.argmax(above[::-1], axis=0)
    never = above[-1]
    at = np.minimum(last, len(times) - 2)
    columns = np.arange(curves.shape[1])
    high, low = curves[at, columns], curves[at + 1, columns]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((high - level) / (high - low), 0.0, 1.0)
    minutes = times[at] + share * (times[at + 1] - times[at])
    return np.where(never, np.inf, np.where(above.any(axis=0), minutes, 0.0))


def _warnings(prediction: Prediction, plan: Candidate, aim: Aim, method: Method, *, reached: bool) -> tuple[str, ...]:
    said = [NEVER_AN_ORDER]
    if not reached:
        said.append(
            f"No plan within these limits keeps the typical curve within {aim.tolerance:.0%} of the target; "
            f"this one deviates by up to {plan.deviation:.1%}."
        )
    if method == "steps":
        said.append("For a pump that a computer drives: the limits of what a nurse can follow do not count here.")
    if plan.bolus_mg:
        said.append("Nothing is claimed in the first minutes after the bolus, where published models differ most.")
    said.append("The plan keeps the typical curve in range; the band and the chances say how other patients differ.")
    said.append("Limits that were not given are a proposal (target.*, certainty D), to be signed by the clinic.")
    return (*said, *prediction.warnings)


def _sources(prediction: Prediction) -> tuple[Reference, ...]:
    base = knowledge.read()
    keys: Sequence[str] = [
        source.key for entry in (ORDER, PUMP, NURSE, AIM, READY) for source in base.entry(entry).sources
    ]
    more = [base.reference(key) for key in dict.fromkeys(keys)]
    return tuple(dict.fromkeys([*prediction.sources, *more]))
