"""From a patient and doses to a prediction: chooses the models, draws the individuals, keeps every assumption."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket import knowledge
from norket.knowledge import Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import Input, solve
from norket.pharmacology.models import Compartments, LinearSystem, Model, defaults, model_ids
from norket.pharmacology.models import model as packaged
from norket.pharmacology.models.shelf import PREFIX
from norket.pharmacology.patient import Patient
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.track import Track
from norket.pharmacology.uncertainty import bands, draw_effects

Floats = NDArray[np.float64]
TAIL_MIN = 480.0
DEFAULT_TIMES = 1000
MOST_VALUES = 20_000_000
S_FRACTION = {"ketamine": 1 / 2, "esketamine": 1.0}


def predict(
    patient: Patient,
    doses: Sequence[str | Dose],
    *,
    model: str | Model | None = None,
    times_min: ArrayLike | None = None,
    draws: int = 1000,
    seed: int = 0,
    interactions: Sequence[str] = (),
) -> Prediction:
    """Concentrations after `doses` (dose texts or `Dose`) in `patient`, with the variability between patients.

    Without `model` the published default table chooses; with a model (its id, or what `load_model` returned) all
    tracks are its own. `times_min` must increase; default: every minute until 8 hours after the last dose. The band
    comes from `draws` individuals; the same `seed` gives the same numbers. Raises `norket.units.DoseTextError` for a
    text that is not a dose and `NotCoveredError` for what the models do not cover (a route, a child, an interaction).
    """
    resolved = [Dose.parse(dose, patient) if isinstance(dose, str) else dose for dose in doses]
    return predict_delivered(
        patient, resolved, times_min, draws=draws, seed=seed, model=model, interactions=interactions
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
) -> Prediction:
    """The same as `predict` for doses that are already milligrams, such as the history that a pump delivered."""
    history = tuple(doses)
    if not history:
        raise NotCoveredError("dose_not_valid", "a prediction needs at least one dose")
    times = _times(times_min, history)
    _check_draws(draws, seed, len(times))
    answers = _answers(model, history)
    models = list(dict.fromkeys(one for _, one in answers))
    for one in models:
        one.check(patient, history, interactions)
    runs = {one.id: _run(one, patient, history, times, draw_effects(one, draws, seed)) for one in models}
    preferred: dict[str, _Run] = {}
    for analyte, one in answers:
        preferred.setdefault(analyte, runs[one.id])
    return Prediction(
        patient=patient,
        doses=history,
        times_min=times,
        tracks=tuple(runs[one.id].total(name) for name, one in answers)
        + tuple(runs[one.id].s_only(name) for name, one in answers),
        shares=tuple(
            {name: run.share(name, number) for name, run in preferred.items()} for number in range(len(doses))
        ),
        systems={name: run.system for name, run in preferred.items()},
        unread_min=tuple(sorted({span for one in models for span in one.unread(patient, history)})),
        warnings=tuple(dict.fromkeys(text for one in models for text in one.warnings(patient, history))),
        sources=_sources(models),
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
    solve(system, [Input("iv", 1.0, 0.0, 1.0, 0)], np.array([0.0, 1.0]), 1)


@dataclass(frozen=True, eq=False)
class _Run:
    """One model solved for one history. Columns of `typical`: S and R of each dose; of `drawn`: S and R of all."""

    model: Model
    history: tuple[Dose, ...]
    system: LinearSystem
    typical: Mapping[str, Floats]
    drawn: Mapping[str, Floats]

    def total(self, analyte: str) -> Track:
        assumed = self.model.card.measures == "S" or any(dose.drug == "esketamine" for dose in self.history)
        return self._track(
            analyte, "S + R", self.typical[analyte].sum(axis=0), self.drawn[analyte].sum(axis=0), assumed
        )

    def s_only(self, analyte: str) -> Track:
        assumed = self.model.card.measures != "S"
        typical, drawn = self.typical[analyte][::2].sum(axis=0), self.drawn[analyte][0]
        return self._track(analyte, "S", typical, drawn, assumed)

    def share(self, analyte: str, dose: int) -> Floats:
        return _read_only(self.typical[analyte][2 * dose : 2 * dose + 2, :, 0].sum(axis=0))

    def _track(self, analyte: str, enantiomer: str, typical: Floats, drawn: Floats, assumed: bool) -> Track:
        card = self.model.card
        borrowed = "" if card.variability_from is None else f"variability borrowed from {card.variability_from}"
        said = [card.assumption if assumed else "", borrowed.replace(PREFIX, "")]
        name = analyte if enantiomer == "S + R" else f"s_{analyte}"
        curves = (_read_only(curve) for curve in (typical[:, 0], *bands(drawn)))
        return Track(name, card.analytes[analyte], self.model.id, enantiomer, "; ".join(filter(None, said)), *curves)


def _run(model: Model, patient: Patient, history: tuple[Dose, ...], times: Floats, effects: Floats) -> _Run:
    halves = [(number, dose, S_FRACTION[dose.drug]) for number, dose in enumerate(history)]
    by_dose = [
        Input.of(dose, column, part)
        for number, dose, s in halves
        for column, part in ((2 * number, s), (2 * number + 1, 1.0 - s))
    ]
    by_form = [Input.of(dose, column, part) for _, dose, s in halves for column, part in ((0, s), (1, 1.0 - s))]
    system = model.system(patient, np.zeros((1, len(model.varying))))
    typical = solve(system, by_dose, times, 2 * len(history))
    return _Run(model, history, system, typical, solve(model.system(patient, effects), by_form, times, 2))


def _answers(model: str | Model | None, history: tuple[Dose, ...]) -> list[tuple[str, Model]]:
    """Which analyte comes from which model, in order of preference."""
    if model is None:
        return [(row.analyte, packaged(row.model)) for row in defaults(history)]
    chosen = packaged(model) if isinstance(model, str) else model
    return [(analyte, chosen) for analyte in chosen.card.analytes]


def _times(times_min: ArrayLike | None, history: tuple[Dose, ...]) -> Floats:
    if times_min is None:
        start, end = min(0.0, *(dose.start_min for dose in history)), max(dose.end_min for dose in history) + TAIL_MIN
        every = max(1.0, np.ceil((end - start) / DEFAULT_TIMES))
        return _read_only(np.arange(start, end + every, every))
    times = np.array(times_min, dtype=np.float64)
    if times.ndim != 1 or times.size == 0 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise NotCoveredError("times_not_valid", "times_min must be finite minutes, each later than the one before")
    return _read_only(times)


def _check_draws(draws: int, seed: int, times: int) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise NotCoveredError("draws_not_valid", f"draws must be a whole number of at least 1, not {draws!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise NotCoveredError("draws_not_valid", f"seed must be a whole number of at least 0, not {seed!r}")
    if draws * times > MOST_VALUES:
        message = f"{draws} draws at {times} times are more than {MOST_VALUES:,} values; ask for fewer of either"
        raise NotCoveredError("draws_not_valid", message)


def _sources(models: Sequence[Model]) -> tuple[Reference, ...]:
    base = knowledge.read()
    keys = dict.fromkeys(source.key for one in models for entry in one.entries for source in entry.sources)
    known = {reference.key: reference for reference in base.references}
    brought = "cited by a model file from outside; not in this knowledge base"
    return tuple(known.get(key) or Reference(key=key, citation=key, read=brought) for key in keys)


def _read_only(values: Floats) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
