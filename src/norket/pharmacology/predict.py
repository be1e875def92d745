"""From a patient and doses to a prediction: chooses the models, draws the individuals, keeps every assumption."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket import knowledge
from norket.knowledge import Entry, Reference
from norket.pharmacology import ensemble
from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.interactions import Interaction, changes_curve, factors, resolve
from norket.pharmacology.models import Compartments, Model, defaults, level_models, model_ids
from norket.pharmacology.models import model as packaged
from norket.pharmacology.models.card import KETAMINE
from norket.pharmacology.models.system import Input
from norket.pharmacology.patient import Patient
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Form, Run, read_only
from norket.pharmacology.uncertainty import bands, draw_effects, draw_typicals

Floats = NDArray[np.float64]
TAIL_MIN = 480.0
DEFAULT_TIMES = 1000
MOST_VALUES = 20_000_000
FORMS: tuple[Form, ...] = ("S + R", "S")


@dataclass(frozen=True)
class Uncertainty:
    """What a band holds beside the variability between patients and occasions."""

    parameters: bool = False
    residual: bool = False


VARIABILITY_ONLY = Uncertainty()


def predict(
    patient: Patient,
    doses: Sequence[str | Dose],
    *,
    model: str | Model | None = None,
    times_min: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = 0,
    interactions: Sequence[str] = (),
    parameter_uncertainty: bool = False,
    residual_error: bool = False,
) -> Prediction:
    """Concentrations after `doses` (dose texts or `Dose`) in `patient`, with the variability between patients.

    Without `model` the published default table chooses; with a model (its id, or what `load_model` returned) all
    tracks are its own; "all" puts every model that covers the patient and the doses side by side, and "ensemble" also
    mixes them. `times_min` must increase; default: every minute until 8 hours after the last dose. The band
    comes from `draws` individuals; the same `seed` gives the same numbers. When asked, the band also holds what the fit
    did not know (`parameter_uncertainty`, where a source gives standard errors) and the error of a measured sample
    (`residual_error`). Raises `norket.units.DoseTextError` for a
    text that is not a dose and `NotCoveredError` for what the models do not cover (a route, a child, an interaction).
    """
    resolved = [Dose.parse(dose, patient) if isinstance(dose, str) else dose for dose in doses]
    return predict_delivered(
        patient,
        resolved,
        times_min,
        draws=draws,
        seed=seed,
        model=model,
        interactions=interactions,
        uncertainty=Uncertainty(parameter_uncertainty, residual_error),
    )


def predict_delivered(
    patient: Patient,
    doses: Sequence[Dose],
    times_min: ArrayLike | None = None,
    draws: int = 400,
    seed: int = 0,
    *,
    model: str | Model | None = None,
    interactions: Sequence[str] = (),
    uncertainty: Uncertainty = VARIABILITY_ONLY,
) -> Prediction:
    """The same as `predict` for doses that are already milligrams, such as the history that a pump delivered."""
    history = tuple(doses)
    if not history:
        raise NotCoveredError("dose_not_valid", "a prediction needs at least one dose")
    times = _times(times_min, history)
    _check_draws(draws, seed, len(times))
    if isinstance(model, str) and model in ensemble.KINDS:
        return ensemble.together(
            model,
            patient,
            history,
            lambda one: predict_delivered(
                patient, history, times, draws, seed, model=one, interactions=interactions, uncertainty=uncertainty
            ),
            until_min=float(times[-1]),
            interacting=bool(interactions),
        )
    beside = resolve(interactions)
    answers = _answers(model, history, interacting=changes_curve(beside))
    models = list(dict.fromkeys(one for _, one in answers))
    for one in models:
        _check(one, patient, history, float(times[-1]))
    runs = {one.id: _run(one, patient, history, times, (draws, seed), beside, uncertainty) for one in models}
    preferred: dict[str, Run] = {}
    for analyte, one in answers:
        preferred.setdefault(analyte, runs[one.id])
    return Prediction(
        patient=patient,
        doses=history,
        times_min=times,
        tracks=tuple(runs[one.id].track(name, form) for form in FORMS for name, one in answers if _has(one, form)),
        runs=tuple(runs.values()),
        preferred=preferred,
        unread_min=tuple(sorted({span for one in models for span in one.unread(patient, history)})),
        warnings=_warnings(models, patient, history, beside),
        sources=_sources([*(e for one in models for e in one.entries), *(e for one in beside for e in one.entries)]),
        edition=knowledge.read().edition,
        seed=seed,
        draws=draws,
    )


def warm_up() -> None:
    """Compiles (or loads from the cache) every kernel and reads every model: the first prediction need not wait."""
    for model_id in model_ids():
        packaged(model_id)
    curve = Compartments(("body",), 1)
    curve.loss("body", np.ones(1))
    system = curve.system({"iv": curve.at("body")}, {"ketamine": curve.concentration("body")})
    bands(solve(system, [Input("iv", 1.0, 0.0, 1.0, 0)], np.array([0.0, 1.0]), 1)["ketamine"][0])


def _run(
    model: Model,
    patient: Patient,
    history: tuple[Dose, ...],
    times: Floats,
    chance: tuple[int, int],
    beside: Sequence[Interaction],
    uncertainty: Uncertainty,
) -> Run:
    draws, seed = chance
    effects = draw_effects(model, draws, seed, len(model.occasions(history)))
    typical, drawn = factors(beside, model, draws, seed)
    if uncertainty.parameters:
        for name, factor in draw_typicals(model, draws, seed).items():
            drawn[name] = drawn.get(name, 1.0) * factor
    assumed = tuple(f"with {one.title}" for one in beside if changes_curve([one]))
    return Run(model, patient, history, times, effects, typical, drawn, assumed, seed if uncertainty.residual else None)


def _has(model: Model, form: Form) -> bool:
    """Whether a drug has this form: ketamine alone is told apart into S and R."""
    return form == FORMS[0] or model.card.drug == KETAMINE


def _warnings(
    models: Sequence[Model], patient: Patient, history: tuple[Dose, ...], beside: Sequence[Interaction]
) -> tuple[str, ...]:
    of_models = [text for one in models for text in one.warnings(patient, history)]
    return tuple(dict.fromkeys([*of_models, *(text for one in beside for text in one.warnings)]))


def _check(model: Model, patient: Patient, history: tuple[Dose, ...], until_min: float) -> None:
    """Refuses what `model` does not cover, and names the models that do."""
    error = _refusal(model, patient, history, until_min)
    if error is None:
        return
    said = {one: _refusal(packaged(one), patient, history, until_min) for one in level_models()}
    others = [one for one, refusal in said.items() if refusal is None]
    hint = f"; models that cover it: {', '.join(others)}" if others else ""
    if not others and error.code == "covariate_not_known":
        # A value out of range is known to the models that have the covariate, not to the one that has it not.
        asked = patient.covariates.keys()
        nearer = [str(one) for name, one in said.items() if asked <= packaged(name).card.covariates.keys()]
        hint = "".join(f"; {one}" for one in nearer if one != str(error))
    raise NotCoveredError(error.code, f"{error}{hint}") from error


def _refusal(model: Model, patient: Patient, history: tuple[Dose, ...], until_min: float) -> NotCoveredError | None:
    try:
        model.check(patient, history, until_min)
    except NotCoveredError as error:
        return error
    return None


def _answers(model: str | Model | None, history: tuple[Dose, ...], *, interacting: bool) -> list[tuple[str, Model]]:
    """Which analyte comes from which model, in order of preference."""
    if model is None:
        return [(row.analyte, packaged(row.model)) for row in defaults(history, interacting=interacting)]
    chosen = packaged(model) if isinstance(model, str) else model
    return [(analyte, chosen) for analyte in chosen.card.analytes]


def _times(times_min: ArrayLike | None, history: tuple[Dose, ...]) -> Floats:
    if times_min is None:
        start, end = min(0.0, *(dose.start_min for dose in history)), max(dose.end_min for dose in history) + TAIL_MIN
        every = max(1.0, np.ceil((end - start) / DEFAULT_TIMES))
        return read_only(np.arange(start, end + every, every))
    times = np.array(times_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise NotCoveredError("times_not_valid", "times_min must be finite minutes, each later than the one before")
    return read_only(times)


def _check_draws(draws: int, seed: int, times: int) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise NotCoveredError("draws_not_valid", f"draws must be a whole number of at least 1, not {draws!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise NotCoveredError("draws_not_valid", f"seed must be a whole number of at least 0, not {seed!r}")
    if draws * times > MOST_VALUES:
        message = f"{draws} draws at {times} times are more than {MOST_VALUES:,} values; ask for fewer of either"
        raise NotCoveredError("draws_not_valid", message)


def _sources(entries: Sequence[Entry]) -> tuple[Reference, ...]:
    base = knowledge.read()
    keys = dict.fromkeys(source.key for entry in entries for source in entry.sources)
    known = {reference.key: reference for reference in base.references}
    brought = "cited by a model file from outside; not in this knowledge base"
    return tuple(known.get(key) or Reference(key=key, citation=key, read=brought) for key in keys)
