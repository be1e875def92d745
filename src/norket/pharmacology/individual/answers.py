"""Which model answers which observation; what none answers is refused, and the refusal says what to use instead."""

from collections.abc import Sequence

from norket import knowledge
from norket.pharmacology.doses import Dose
from norket.pharmacology.effects import Driver, EffectModel, effect_model
from norket.pharmacology.individual.joint import Answer, residual_of
from norket.pharmacology.individual.observation import Observation
from norket.pharmacology.individual.text import SITES
from norket.pharmacology.models import Model, defaults, model_ids
from norket.pharmacology.models import model as packaged
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError

# A model whose authors do not say where they drew their samples reads a level of either site, with a warning.
NOT_STATED = "not stated"
RISES = "update.rises"


def choose(model: Model | None, doses: Sequence[Dose]) -> tuple[Model, ...]:
    """The models that may answer: the one that was named, or those of the default table, in its order."""
    if model is not None:
        return (model,)
    return tuple(packaged(name) for name in dict.fromkeys(row.model for row in defaults(doses)))


def answer(observed: Observation, models: Sequence[Model], doses: Sequence[Dose], patient: Patient) -> Answer:
    """What answers `observed`; raises `NotCoveredError` where nothing does."""
    first = min(dose.start_min for dose in doses)
    if observed.at_min < first:
        message = f"{observed.described}: before the first dose (at {first:g} min) nothing can be learned from it"
        raise NotCoveredError("observation_not_valid", message)
    return _level(observed, models, doses, patient) if observed.kind == "level" else _score(observed, models, patient)


def _level(observed: Observation, models: Sequence[Model], doses: Sequence[Dose], patient: Patient) -> Answer:
    for site in (observed.site, NOT_STATED):
        for model in models:
            if model.card.analytes.get(observed.what) == site:
                residual_of(model, observed.what)
                return Answer(observed, model, observed.what, observed.enantiomer)
    given = [f"{one.id} gives {_outputs(one)}" for one in models]
    usual = [packaged(row.model) for row in defaults(doses)]
    others = [packaged(one) for one in model_ids()]
    instead = [one for one in dict.fromkeys(usual) if _would(one, observed, doses, patient)]
    instead = instead or [one for one in others if _would(one, observed, doses, patient)]
    if instead:
        advice = f"use {' or '.join(one.id for one in instead)} for it"
    else:
        advice = f"no model here gives {observed.site} {observed.what} after such doses"
    has = any(observed.what in one.card.analytes for one in models)
    why = f"is {observed.site}, and" if has else "is not covered:"
    message = f"{observed.described}: this level {why} {'; '.join(given)}; {advice}"
    raise NotCoveredError("site_not_covered" if has else "analyte_not_known", message)


def _outputs(model: Model) -> str:
    return ", ".join(f"{site} {name}" for name, site in model.card.analytes.items() if site in (*SITES, NOT_STATED))


def _would(model: Model, observed: Observation, doses: Sequence[Dose], patient: Patient) -> bool:
    if model.card.analytes.get(observed.what) not in (observed.site, NOT_STATED):
        return False
    try:
        model.check(patient, doses, observed.at_min)
        model.residual(observed.what)
    except NotCoveredError:
        return False
    return True


def _score(observed: Observation, models: Sequence[Model], patient: Patient) -> Answer:
    effect = effect_model(observed.what)
    effect.check(patient.age_y)
    if effect.card.chance:
        message = f"{effect.id}: whether somebody responds is not learned from one score; leave it out"
        raise NotCoveredError("observation_not_covered", message)
    if observed.unit != effect.unit:
        unit = "no unit (a part of its maximum)" if effect.unit == "1" else effect.unit
        raise NotCoveredError("observation_not_valid", f"{observed.described}: {effect.id} is in {unit}")
    _check_rise(observed, effect)
    if effect.residual_sd is None and not observed.error_sd > 0:
        message = (
            f"{observed.described}: no source gives the error of one such score, so it cannot be weighed; state its "
            "standard deviation ('… error 0.1', or error_sd=)"
        )
        raise NotCoveredError("residual_not_known", message)
    driver, model = _driver(effect, models)
    return Answer(observed, model, driver.analyte, "S", effect, driver)


def _check_rise(observed: Observation, effect: EffectModel) -> None:
    """Refuses a reading given for a rise: 150 mmHg is a pressure, no rise above rest."""
    for most in knowledge.read().entry(RISES).values:
        if most.name == effect.id and most.value is not None and observed.value > most.value:
            message = (
                f"{observed.described}: an update takes the rise above rest, and a rise of more than {most.value:g} "
                f"{most.unit} is taken for the reading itself; subtract the reading at rest (policy {RISES})"
            )
            raise NotCoveredError("observation_not_valid", message)


def _driver(effect: EffectModel, models: Sequence[Model]) -> tuple[Driver, Model]:
    for driver in effect.drivers:
        for model in models:
            if model.card.analytes.get(driver.analyte) == driver.site:
                return driver, model
    sites = " or ".join(driver.site for driver in effect.drivers)
    have = "; ".join(f"{one.id} gives {_outputs(one)}" for one in models)
    message = f"{effect.id} is driven by {sites} ketamine, and {have}; leave the model out, or use one of that site"
    raise NotCoveredError("site_not_covered", message)
