"""When is the drug below a chosen level, and stays there? The probability at each time, for one patient with the band.

This helps to plan the day. It never opens a door: going home is decided by the clinical gates of recovery.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket import knowledge
from norket.knowledge import Figure
from norket.pharmacology.doses import Dose
from norket.pharmacology.effects.comparable import check_levels, without_drug
from norket.pharmacology.effects.curves import Forms, Predicted, curves, run_at
from norket.pharmacology.effects.others import other_runs
from norket.pharmacology.effects.shelf import PREFIX, effect_model
from norket.pharmacology.models.figures import engine_number
from norket.pharmacology.models.shelf import PREFIX as MODELS
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.run import Run
from norket.units.quantities import MINUTES_PER_HOUR

Floats = NDArray[np.float64]
LEVELS = PREFIX + "ready_levels"
# Whose delay the effect site has.
DELAYED = "dissociation_olofsen_2022"
NEVER_A_GATE = (
    "Says when the drug is low. It never replaces the clinical gates of recovery, which decide about going home."
)
ESKETAMINE = "The level is met by total ketamine; after esketamine all of it is the S form, which carries the effect."
FINE_MIN, FINE_FOR_H, COARSE_MIN = 1.0, 8.0, 5.0
SITES = ("arterial", "venous", "not stated")
EFFECT_SITE = "effect_site"


@dataclass(frozen=True, eq=False)
class Readiness:
    """From when the `analyte` stays below `level_ng_ml` (total ketamine, S and R).

    Minutes are those of the history; None is later than `horizon_min`; who was never above it has `earliest_min`.
    `probability` (0 to 1, at `times_min`) is the part of the virtual patients who are below by then and stay so; it is
    0 before `earliest_min`, when the last dose has ended (`last_end_min`) and the typical curve has peaked. `others`
    has the median minute of every other model that covers the same; it is empty with an interacting drug, which
    those do not know.
    """

    level_ng_ml: float
    analyte: str
    site: str
    model: str
    last_end_min: float
    earliest_min: float
    horizon_min: float
    times_min: Floats
    probability: Floats
    typical_min: float | None
    median_min: float | None
    p5_min: float | None
    p95_min: float | None
    others: Mapping[str, float | None]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The answer as plain data."""
        names = ("level_ng_ml", "analyte", "site", "model", "last_end_min", "earliest_min", "horizon_min")
        moments = ("typical_min", "median_min", "p5_min", "p95_min")
        lists = {name: getattr(self, name).tolist() for name in ("times_min", "probability")}
        rest = {"others": dict(self.others), "warnings": list(self.warnings)}
        return {name: getattr(self, name) for name in (*names, *moments)} | lists | rest


def ready_level(doses: Sequence[Dose]) -> Figure:
    """The level (ng/mL) of clinic policy for these doses; if any is esketamine, the lower one of esketamine."""
    esketamine = any(dose.drug == "esketamine" for dose in doses)
    return knowledge.read().figure(LEVELS, "esketamine" if esketamine else "ketamine")


def ready_to_leave(
    prediction: Predicted,
    level_ng_ml: float,
    *,
    analyte: str = "effect_site",
    site: str | None = None,
    after_min: float | None = None,
    times_min: ArrayLike | None = None,
    beside: bool = True,
) -> Readiness:
    """When `analyte` ("effect_site", or "ketamine" in plasma) is below the level and stays so, after the last dose.

    Not before the typical curve has peaked: somebody who has just swallowed the drug is not ready.

    `after_min`: not before this minute either. `times_min`: where the probability is told (default: the prediction's
    times). `site`: of the plasma curve; default arterial, else venous. `beside`: whether other models are asked too.
    Raises `NotCoveredError` for a level that is missing or not above zero, and for an analyte that the prediction does
    not have or has from a model of ratios only.
    """
    level = _level(level_ng_ml)
    run, found = site_run(prediction, analyte, site)
    check_levels(run)
    last_end = max(dose.end_min for dose in prediction.doses)
    earliest = last_end
    if after_min is not None:
        if not math.isfinite(after_min):
            raise NotCoveredError("times_not_valid", f"after_min must be a finite number of minutes, not {after_min!r}")
        earliest = max(earliest, after_min)
    asked = _Asked(prediction, analyte, level, earliest)
    below = asked.below(run, found)
    others = {} if run.assumed or not beside else asked.others(run, found)
    times = prediction.times_min if times_min is None else np.asarray(times_min, dtype=np.float64)
    p5, median, p95 = (below.quantile(part) for part in (0.05, 0.5, 0.95))
    return Readiness(
        level_ng_ml=level,
        analyte=analyte,
        site=found,
        model=run.model.id,
        last_end_min=last_end,
        earliest_min=float(below.grid[0]),
        horizon_min=float(below.grid[-1]),
        times_min=times,
        probability=np.mean(below.each[None, :] <= times[:, None], axis=1),
        typical_min=_finite(below.typical),
        median_min=median,
        p5_min=p5,
        p95_min=p95,
        others=others,
        warnings=tuple(asked.warnings(run, found, below, others if beside else None)),
    )


@dataclass(frozen=True, eq=False)
class _Below:
    """From when one model's typical and virtual patients stay below, on the minutes that were looked at."""

    grid: Floats
    typical: float
    each: Floats

    def quantile(self, part: float) -> float | None:
        return _finite(np.quantile(self.each, part, method="higher"))


@dataclass(frozen=True, eq=False)
class _Asked:
    prediction: Predicted
    analyte: str
    level: float
    earliest: float

    def below(self, run: Run, site: str) -> _Below:
        grid = _grid(self.earliest, _horizon(run, self.earliest))
        forms = site_forms(self.prediction, run, self.analyte, site, grid)
        peak = int(np.argmax(forms.typical))
        grid = grid[peak:]
        typical = stays_below(forms.typical[peak:, None], grid, self.level)[0]
        return _Below(grid, float(typical), stays_below(forms.drawn[peak:], grid, self.level))

    def others(self, run: Run, site: str) -> dict[str, float | None]:
        """The median of every other model; of plasma only at the same site."""
        sites = _sites(self.analyte) if self.analyte == EFFECT_SITE else (site,)
        found = {}
        for one in other_runs(self.prediction, run, self.earliest, len(run.effects)):
            at = one.analytes.get("ketamine")
            if at in sites:
                found[one.model_id] = self.below(one, at).quantile(0.5)
        return found

    def warnings(self, run: Run, site: str, below: _Below, others: Mapping[str, float | None] | None) -> Iterator[str]:
        yield NEVER_A_GATE
        yield from _of_model(run)
        if run.assumed:
            plain = self.below(without_drug(run), site)
            drug = " and ".join(run.assumed)
            yield (
                f"{drug.capitalize()}: the same model without it says {_told(plain.typical)} for the typical patient, "
                f"and {_told(below.typical)} with it. Only the difference of these two is the drug's; do not compare "
                "with the usual models."
            )
        elif others is not None:
            yield _beside(others)
        if self.analyte == EFFECT_SITE and site != SITES[0]:
            yield "The effect site follows the venous curve here: this prediction has no arterial one."
        if any(dose.drug == "esketamine" for dose in self.prediction.doses):
            yield ESKETAMINE


def _of_model(run: Run) -> Iterator[str]:
    yield f"The times above are those of one model, {run.model_id}: their spread is that of its virtual patients."
    lender = run.model.card.variability_from
    if lender is not None:
        yield (
            f"How far patients differ is borrowed from {lender.removeprefix(MODELS)}, because its own was not "
            "readable: one in twenty and nineteen in twenty are a guess of the spread."
        )


def _beside(others: Mapping[str, float | None]) -> str:
    """The range of medians of the other models."""
    if not others:
        return "No other model here covers the same, so nothing stands beside this one."
    ordered = sorted(others, key=lambda name: _or_never(others[name]))
    first, last = ordered[0], ordered[-1]
    if first == last:
        return f"Another model, {first}, says {_told(_or_never(others[first]))} for half of its virtual patients."
    return (
        f"The same question of {len(others)} other models: half of their virtual patients from "
        f"{_told(_or_never(others[first]))} ({first}) to {_told(_or_never(others[last]))} ({last})."
    )


def _or_never(minute: float | None) -> float:
    return math.inf if minute is None else minute


def _told(minute: float) -> str:
    return f"minute {minute:.0f}" if math.isfinite(minute) else "later than was looked"


def _level(level_ng_ml: object) -> float:
    if isinstance(level_ng_ml, bool) or not isinstance(level_ng_ml, int | float):
        raise NotCoveredError("level_not_valid", f"a level in ng/mL is needed, not {level_ng_ml!r}")
    if not math.isfinite(level_ng_ml) or level_ng_ml <= 0:
        raise NotCoveredError(
            "level_not_valid", f"the level must be a finite number above zero, not {level_ng_ml!r} ng/mL"
        )
    return float(level_ng_ml)


def site_run(prediction: Predicted, analyte: str, site: str | None) -> tuple[Run, str]:
    """The run from which `analyte` is told, and the site of its plasma; raises `NotCoveredError` without one."""
    if analyte not in (EFFECT_SITE, "ketamine"):
        message = f"a level is looked for in 'effect_site' or in 'ketamine' (plasma), not in {analyte!r}"
        raise NotCoveredError("analyte_not_known", message)
    known = _sites(analyte)
    for one in known if site is None else set(known) & {site}:
        run = run_at(prediction, "ketamine", one)
        if run is not None:
            return run, one
    sites = " or ".join(known) if site is None else site
    message = f"this prediction has no ketamine at the site '{sites}' from which '{analyte}' could be told"
    raise NotCoveredError("analyte_not_known", message)


def _sites(analyte: str) -> tuple[str, ...]:
    """The sites that may answer, the preferred one first."""
    return SITES if analyte == "ketamine" else tuple(driver.site for driver in effect_model(DELAYED).drivers)


def _horizon(run: Run, earliest: float) -> float:
    """How far ahead is looked: as policy says, but not beyond the course that a stepped model covers."""
    until = earliest + knowledge.read().figure(LEVELS, "horizon").value * MINUTES_PER_HOUR
    if run.model.card.stepped:
        first = min(dose.start_min for dose in run.history)
        until = min(until, first + engine_number(run.model.entry, "longest_course"))
    return until


def _grid(earliest: float, until: float) -> Floats:
    fine = min(until, earliest + FINE_FOR_H * MINUTES_PER_HOUR)
    steps = (np.arange(earliest, fine, FINE_MIN), np.arange(fine, until, COARSE_MIN), np.array([until]))
    return np.unique(np.concatenate(steps))


def site_forms(prediction: Predicted, run: Run, analyte: str, site: str, grid: Floats) -> Forms:
    """The curves of `analyte` on `grid`, the effect site with its delay behind the plasma at `site`."""
    if analyte == "ketamine":
        return curves(run, "ketamine", grid)
    model = effect_model(DELAYED)
    driver = next(one for one in model.drivers if one.site == site)
    drawn = model.draw(len(run.effects), prediction.seed)
    name = driver.delay or ""
    return curves(run, "ketamine", grid, (model.typical[name], drawn[name]))


def stays_below(curve: Floats, grid: Floats, level: float) -> Floats:
    """For each column of `curve` (times, draws) the first minute from which it is below for good; infinite if never.

    Between two looks a falling concentration is taken as exponential.
    """
    above = curve >= level
    last = len(grid) - 1 - np.argmax(above[::-1], axis=0)
    columns = np.arange(curve.shape[1])
    later = np.minimum(last + 1, len(grid) - 1)
    high, low = curve[last, columns], curve[later, columns]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.log(high / level) / np.log(high / low)
    crossed = grid[last] + np.nan_to_num(part) * (grid[later] - grid[last])
    never_above = np.where(above.any(axis=0), crossed, grid[0])
    return np.where(above[-1], np.inf, never_above)


def _finite(minute: float) -> float | None:
    return float(minute) if math.isfinite(minute) else None
