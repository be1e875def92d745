"""From predicted concentrations to effects: the right site, the delay, and both kinds of spread in one band."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket.pharmacology.effects.comparable import check_comparable
from norket.pharmacology.effects.curves import RACEMATE_S, Forms, Predicted, curves, run_at
from norket.pharmacology.effects.model import Driver, EffectModel
from norket.pharmacology.effects.others import other_runs
from norket.pharmacology.effects.shelf import effect_model, shelf
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Run
from norket.pharmacology.uncertainty import bands
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
NOT_STATED = "not stated"


@dataclass(frozen=True, eq=False)
class EffectTrack:
    """One effect over time in `unit`; read-only arrays, one value per time.

    `typical` has no random effect. `p5`, `p50`, `p95` and `mean` are over the virtual patients, whose concentrations,
    delays and sensitivities vary; of a chance (a responder), `mean` is the expected part. `driver` is what drove it
    here, from the concentrations of `model`. `others` has the highest typical value with each other model of that site
    that covers the same: a spread that the band does not hold. `unread_min` are the spans after a bolus whose peaks are
    not to be read. `warnings` must stand beside it.
    """

    id: str
    title: str
    unit: str
    says: str
    times_min: Floats
    typical: Floats
    p5: Floats
    p50: Floats
    p95: Floats
    mean: Floats
    driver: Driver
    model: str
    others: Mapping[str, float]
    unread_min: tuple[tuple[float, float], ...]
    population: str
    limits: tuple[str, ...]
    certainty: str
    sources: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def top(self) -> int:
        """Where the median is highest, among the times that may be read (of all, if none may)."""
        open_ = ~_unread(self.times_min, self.unread_min)
        return int(np.argmax(np.where(open_, self.p50, -np.inf) if open_.any() else self.p50))

    def band(self) -> dict[str, list[float]]:
        """The five curves as plain lists."""
        return {name: getattr(self, name).tolist() for name in ("typical", "p5", "p50", "p95", "mean")}

    def as_dict(self) -> dict[str, object]:
        """The track as plain data."""
        words = ("id", "title", "unit", "says", "model", "population", "certainty")
        driver = {name: getattr(self.driver, name) for name in ("analyte", "enantiomer", "site", "delay")}
        lists: dict[str, object] = {name: list(getattr(self, name)) for name in ("limits", "sources", "warnings")}
        lists["unread_min"] = [list(span) for span in self.unread_min]
        named = {name: getattr(self, name) for name in words}
        return {**named, "driver": driver, "others": dict(self.others), **self.band(), **lists}


class Effects(dict[str, EffectTrack]):
    """The effects by id; `left_out` says for each effect that is not there why."""

    def __init__(self, tracks: dict[str, EffectTrack], left_out: dict[str, str]) -> None:
        super().__init__(tracks)
        self.left_out = left_out


def predict_effects(
    prediction: Predicted,
    ids: Sequence[str] | None = None,
    *,
    times_min: ArrayLike | None = None,
    norketamine: bool = False,
) -> Effects:
    """The effects `ids` (all that this patient and prediction allow) of a prediction, at its times or at `times_min`.

    The virtual patients are those of the prediction; what varies in the effects has chance of its own from the same
    seed. `norketamine`: let it oppose pain relief where a source gives a figure; off, because the sources disagree.
    Raises `NotCoveredError` for a named effect that is unknown, for another age, without its site, far below the
    concentrations that it tells of, or driven by a curve that is only to be compared with itself (an interaction, a
    model of ratios); unnamed ones are listed in `left_out`.
    """
    times = prediction.times_min if times_min is None else np.asarray(times_min, dtype=np.float64)
    if times.ndim != 1 or not times.size or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise NotCoveredError("times_not_valid", "times_min must be finite minutes, each later than the one before")
    asked = _Asked(prediction, times, norketamine, {}, {})
    if ids is not None:
        return Effects({name: asked.track(effect_model(name)) for name in ids}, {})
    tracks, left_out = {}, {}
    for name, model in shelf().items():
        try:
            tracks[name] = asked.track(model)
        except NotCoveredError as refusal:
            if refusal.code == "model_not_valid":
                raise
            left_out[name] = str(refusal)
    return Effects(tracks, left_out)


@dataclass(frozen=True, eq=False)
class _Asked:
    prediction: Predicted
    times_min: Floats
    norketamine: bool
    solved: dict[tuple[str, str, bytes], Forms]
    beside: dict[str, list[Run]]

    def track(self, model: EffectModel) -> EffectTrack:
        model.check(self.prediction.patient.age_y)
        driver, run = self._driver(model)
        drawn = model.draw(len(run.effects), self.prediction.seed)
        forms = self._forms(run, "ketamine", driver, model, drawn)
        level = driver.of_s(forms.s_drawn, RACEMATE_S)
        _check_level(model, level)
        typical = model.response(driver.of_s(forms.s_typical, RACEMATE_S), model.typical)
        each = model.response(level, drawn)
        if self.norketamine and model.card.opposed is not None:
            against = self._opposed(model, driver, drawn)
            typical, each = typical - model.opposition(against.s_typical), each - model.opposition(against.s_drawn)
        said = tuple(self._warnings(model, driver, run, level))
        keys = dict.fromkeys(source.key for entry in model.entries for source in entry.sources)
        p5, p50, p95 = (_read_only(curve) for curve in bands(each))
        return EffectTrack(
            id=model.id,
            title=model.title,
            unit=model.unit,
            says=model.card.says,
            times_min=_read_only(self.times_min),
            typical=_read_only(typical),
            p5=p5,
            p50=p50,
            p95=p95,
            mean=_read_only(each.mean(axis=-1)),
            driver=driver,
            model=run.model.id,
            others=self._others(model, driver, run),
            unread_min=() if model.card.slow else self.prediction.unread_min,
            population=model.population,
            limits=model.limits,
            certainty=model.certainty,
            sources=tuple(keys),
            warnings=said,
        )

    def _driver(self, model: EffectModel) -> tuple[Driver, Run]:
        for driver in model.drivers:
            run = run_at(self.prediction, driver.analyte, driver.site)
            if run is not None:
                check_comparable(run)
                return driver, run
        sites = " or ".join(driver.site for driver in model.drivers)
        message = f"{model.title} is driven by {sites} ketamine, which this prediction does not have"
        raise NotCoveredError("analyte_not_known", message)

    def _forms(self, run: Run, output: str, driver: Driver, model: EffectModel, drawn: dict[str, Floats]) -> Forms:
        delay = None if driver.delay is None else (model.typical[driver.delay], drawn[driver.delay])
        key = (run.model.id, output, b"" if delay is None else delay[1].tobytes())
        if key not in self.solved:
            self.solved[key] = curves(run, output, self.times_min, delay)
        return self.solved[key]

    def _others(self, model: EffectModel, driver: Driver, run: Run) -> dict[str, float]:
        """The highest typical effect with each other model of the site; nothing while norketamine counts."""
        if run.model_id not in self.beside:
            self.beside[run.model_id] = list(other_runs(self.prediction, run, float(self.times_min[-1]), 1))
        same = [one for one in self.beside[run.model_id] if _site(one) == driver.site and not self.norketamine]
        typical = {name: np.array([value]) for name, value in model.typical.items()}
        found = {}
        for one in same:
            level = driver.of_s(self._forms(one, "ketamine", driver, model, typical).s_typical, RACEMATE_S)
            unread = one.model.unread(self.prediction.patient, self.prediction.doses)
            effect = model.response(self._readable(level[:, None], unread), typical)
            found[one.model_id] = float(effect.max())
        return found

    def _opposed(self, model: EffectModel, driver: Driver, drawn: dict[str, Floats]) -> Forms:
        analyte = model.card.opposed.analyte if model.card.opposed else ""
        for site in dict.fromkeys([driver.site, *(other.site for other in model.drivers)]):
            run = run_at(self.prediction, analyte, site)
            if run is not None:
                return self._forms(run, analyte, driver, model, drawn)
        message = f"{model.title}: this prediction has no {analyte} to oppose it"
        raise NotCoveredError("analyte_not_known", message)

    def _warnings(self, model: EffectModel, driver: Driver, run: Run, level: Floats) -> Iterator[str]:
        for said in model.card.beside:
            yield f"{model.title}: {said}."
        if driver != model.driver and model.driver.site != NOT_STATED:
            yield (
                f"{model.title}: driven by the {driver.site} curve of {run.model.id}, because this prediction has no "
                f"{model.driver.site} one; the source's site was {model.driver.site}."
            )
        if model.card.enantiomer == "S + R" and any(dose.drug == "esketamine" for dose in self.prediction.doses):
            yield (
                f"{model.title}: found with the racemate; S-ketamine is taken to carry the effect, so esketamine "
                "counts twice."
            )
        if model.card.shape == "line":
            limit, shown = model.typical["limit"], self._readable(level, self.prediction.unread_min)
            reaching = shown[shown.max(axis=-1) > limit]
            most = bands(reaching)[-1].max() if reaching.size else 0.0
            if most > limit:
                yield (
                    f"{model.title}: {most:.0f} ng/mL or more in one of twenty virtual patients; above {limit:g} ng/mL "
                    "nothing was studied, and the effect saturates instead of being extrapolated."
                )
        if model.card.slow and self._course_min() < model.typical["studied_course"]:
            yield (
                f"{model.title}: found after one infusion of {model.typical['studied_course'] / MINUTES_PER_HOUR:g} h; "
                "what a shorter course does is an extrapolation."
            )
        if self.prediction.unread_min and not model.card.slow:
            yield f"{model.title}: do not read the first minutes after a bolus."
        if self.norketamine and model.card.opposed is not None:
            yield f"{model.title}: norketamine counts against it, as asked; other studies found no part of it."

    def _course_min(self) -> float:
        """From the first dose to the end of the last one."""
        doses = self.prediction.doses
        return max(dose.end_min for dose in doses) - min(dose.start_min for dose in doses)

    def _readable(self, level: Floats, spans: Iterable[tuple[float, float]]) -> Floats:
        """The levels outside the `spans` after a bolus, where no peak is read."""
        unread = _unread(self.times_min, spans)
        return level if unread.all() else level[~unread]


def _unread(times_min: Floats, spans: Iterable[tuple[float, float]]) -> NDArray[np.bool_]:
    """At which times no peak is read."""
    found = np.zeros(len(times_min), dtype=bool)
    for start, end in spans:
        found |= (times_min >= start) & (times_min < end)
    return found


def _check_level(model: EffectModel, level: Floats) -> None:
    """Refuses concentrations (times, draws) far below those that the effect tells of: its number would say nothing."""
    most = float(bands(level)[-1].max())
    if most < model.told_from:
        message = (
            f"{model.title}: tells nothing below {model.told_from:.0f} ng/mL, and after these doses nineteen of twenty "
            f"virtual patients stay below {most:.0f} ng/mL; that does not mean that nobody is sedated"
        )
        raise NotCoveredError("dose_not_covered", message)


def _site(run: Run) -> str | None:
    return run.model.card.analytes.get("ketamine")


def _read_only(values: Floats) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
