"""When is the drug below a chosen level, and stays there? The probability at each time, for one patient with the band.

This helps to plan the day. It never opens a door: going home is decided by the clinical gates of recovery.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from norket import knowledge
from norket.knowledge import Figure
from norket.pharmacology.doses import Dose
from norket.pharmacology.effects.curves import Forms, Predicted, curves, run_at
from norket.pharmacology.effects.shelf import PREFIX, effect_model
from norket.pharmacology.models.figures import engine_number
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
FINE_MIN, FINE_FOR_H, COARSE_MIN = 1.0, 8.0, 5.0
SITES = ("arterial", "venous", "not stated")


@dataclass(frozen=True, eq=False)
class Readiness:
    """From when the `analyte` stays below `level_ng_ml` (total ketamine, S and R).

    Minutes are those of the history; None is later than `horizon_min`. `probability` (0 to 1, at `times_min`) is the
    part of the virtual patients who are below by then and stay so; it is 0 before `earliest_min`, when the last dose
    has ended and the typical curve has peaked.
    """

    level_ng_ml: float
    analyte: str
    site: str
    model: str
    earliest_min: float
    horizon_min: float
    times_min: Floats
    probability: Floats
    typical_min: float | None
    median_min: float | None
    p5_min: float | None
    p95_min: float | None
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The answer as plain data."""
        names = ("level_ng_ml", "analyte", "site", "model", "earliest_min", "horizon_min")
        moments = ("typical_min", "median_min", "p5_min", "p95_min")
        lists = {name: getattr(self, name).tolist() for name in ("times_min", "probability")}
        return {name: getattr(self, name) for name in (*names, *moments)} | lists | {"warnings": list(self.warnings)}


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
) -> Readiness:
    """When `analyte` ("effect_site", or "ketamine" in plasma) is below the level and stays so, after the last dose.

    Not before the typical curve has peaked: somebody who has just swallowed the drug is not ready.

    `after_min`: not before this minute either. `times_min`: where the probability is told (default: the prediction's
    times). `site`: of the plasma curve; default arterial, else venous. Raises `NotCoveredError` for a level that is
    missing or not above zero, and for an analyte that the prediction does not have.
    """
    level = _level(level_ng_ml)
    run, found = _run(prediction, analyte, site)
    earliest = max(dose.end_min for dose in prediction.doses)
    if after_min is not None:
        if not math.isfinite(after_min):
            raise NotCoveredError("times_not_valid", f"after_min must be a finite number of minutes, not {after_min!r}")
        earliest = max(earliest, after_min)
    grid = _grid(earliest, _horizon(run, earliest))
    forms = _forms(prediction, run, analyte, found, grid)
    peak = int(np.argmax(forms.typical))
    grid = grid[peak:]
    each = _stays_below(forms.drawn[peak:], grid, level)
    typical = _stays_below(forms.typical[peak:, None], grid, level)[0]
    times = prediction.times_min if times_min is None else np.asarray(times_min, dtype=np.float64)
    p5, median, p95 = (_finite(np.quantile(each, part, method="higher")) for part in (0.05, 0.5, 0.95))
    probability = np.mean(each[None, :] <= times[:, None], axis=1)
    return Readiness(
        level_ng_ml=level,
        analyte=analyte,
        site=found,
        model=run.model.id,
        earliest_min=float(grid[0]),
        horizon_min=float(grid[-1]),
        times_min=times,
        probability=probability,
        typical_min=_finite(typical),
        median_min=median,
        p5_min=p5,
        p95_min=p95,
        warnings=tuple(_warnings(prediction, analyte, found)),
    )


def _level(level_ng_ml: object) -> float:
    if isinstance(level_ng_ml, bool) or not isinstance(level_ng_ml, int | float):
        raise NotCoveredError("level_not_valid", f"a level in ng/mL is needed, not {level_ng_ml!r}")
    if not math.isfinite(level_ng_ml) or level_ng_ml <= 0:
        raise NotCoveredError(
            "level_not_valid", f"the level must be a finite number above zero, not {level_ng_ml!r} ng/mL"
        )
    return float(level_ng_ml)


def _run(prediction: Predicted, analyte: str, site: str | None) -> tuple[Run, str]:
    if analyte not in ("effect_site", "ketamine"):
        message = f"a level is looked for in 'effect_site' or in 'ketamine' (plasma), not in {analyte!r}"
        raise NotCoveredError("analyte_not_known", message)
    known = SITES if analyte == "ketamine" else tuple(driver.site for driver in effect_model(DELAYED).drivers)
    for one in known if site is None else set(known) & {site}:
        run = run_at(prediction, "ketamine", one)
        if run is not None:
            return run, one
    sites = " or ".join(known) if site is None else site
    message = f"this prediction has no ketamine at the site '{sites}' from which '{analyte}' could be told"
    raise NotCoveredError("analyte_not_known", message)


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


def _forms(prediction: Predicted, run: Run, analyte: str, site: str, grid: Floats) -> Forms:
    if analyte == "ketamine":
        return curves(run, "ketamine", grid)
    model = effect_model(DELAYED)
    driver = next(one for one in model.drivers if one.site == site)
    drawn = model.draw(len(run.effects), prediction.seed)
    name = driver.delay or ""
    return curves(run, "ketamine", grid, (model.typical[name], drawn[name]))


def _stays_below(curve: Floats, grid: Floats, level: float) -> Floats:
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


def _warnings(prediction: Predicted, analyte: str, site: str) -> list[str]:
    said = [NEVER_A_GATE]
    if analyte == "effect_site" and site != SITES[0]:
        said.append("The effect site follows the venous curve here: this prediction has no arterial one.")
    if any(dose.drug == "esketamine" for dose in prediction.doses):
        said.append(
            "The level is met by total ketamine; after esketamine all of it is the S form, which carries the effect."
        )
    return said
