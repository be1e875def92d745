"""Asks the kernel for the fewest changes: what one unit of rate does to the curve, and what the limits allow."""

from dataclasses import dataclass, replace
from functools import cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.kernels.few_steps import Problem, search
from norket.pharmacology.models import Model
from norket.pharmacology.patient import Patient
from norket.pharmacology.target.allowed import DECIMALS, Limits
from norket.pharmacology.track import Floats
from norket.units.dose_text import Drug
from norket.units.quantities import MINUTES_PER_HOUR

SAMPLES = 240
# A plan exactly at a limit is allowed although a linear program is solved in floating point. Finer than any dose text.
AT_LIMIT, ROUNDING, TOTAL_DECIMALS = 1 + 1e-10, 1e-9, 9
NO_LIMIT = np.inf
# Where no plan is inside the tolerance: how many choices of moments are tried, and how far they are moved afterwards.
TRIED, AROUND = 1500, 2
# What 0, 1, 2 and 3 changes buy is always told; more of them only if fewer are not enough.
SHOWN = 3
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Aim:
    """The level to reach in ng/mL, from `in_range_by_min` to `horizon_min`, within `tolerance` (share of the target).

    `analyte` is the model's output, `part` how much of a dose counts (a half, if S-ketamine of the racemate).
    """

    target_ng_ml: float
    analyte: str
    part: float
    drug: Drug
    in_range_by_min: float
    horizon_min: float
    tolerance: float


@dataclass(frozen=True)
class Caps:
    """The limits as the search needs them, for one patient; one that is lifted to see why is infinite."""

    rate_mg_h: float
    rate_step_mg_h: float
    bolus_mg: float
    total_mg: float
    interval_min: float
    earliest_min: float
    grid_min: float
    changes: int
    rate_resolution_mg_h: float
    bolus_resolution_mg: float

    @classmethod
    def of(cls, limits: Limits, weight_kg: float) -> "Caps":
        """The caps that `limits` mean for a patient of this weight."""
        return cls(
            limits.rate_mg_h(weight_kg),
            limits.max_rate_step_mg_h,
            limits.max_bolus_mg,
            limits.total_mg(weight_kg),
            limits.shortest_interval_min,
            limits.earliest_change_min,
            limits.change_grid_min,
            limits.most_changes,
            limits.rate_resolution_mg_h,
            limits.bolus_resolution_mg,
        )


@dataclass(frozen=True)
class Candidate:
    """Rates in mg/h from the marks in minutes on (the last is the end), a bolus at the start, the worst deviation."""

    marks_min: tuple[float, ...]
    rates_mg_h: tuple[float, ...]
    bolus_mg: float
    deviation: float

    @property
    def total_mg(self) -> float:
        """All drug of the plan."""
        spans = np.diff(self.marks_min)
        return round(self.bolus_mg + float(np.dot(self.rates_mg_h, spans)) / MINUTES_PER_HOUR, TOTAL_DECIMALS)


@dataclass(frozen=True, eq=False)
class Question:
    """One patient, model, aim and set of caps, with the curves that the answer is made of."""

    patient: Patient
    model: Model
    aim: Aim
    caps: Caps
    samples_min: Floats

    @classmethod
    def of(cls, patient: Patient, model: Model, aim: Aim, caps: Caps) -> "Question":
        """The question with samples each minute, wider for long plans, and at every moment of a possible change."""
        every = max(1.0, aim.horizon_min / SAMPLES)
        even = np.append(np.arange(0.0, aim.horizon_min, every), [aim.in_range_by_min, aim.horizon_min])
        return cls(patient, model, aim, caps, np.unique(np.concatenate([even, _moments(aim, caps)])))

    def looking_also_at(self, *moments_min: float) -> "Question":
        """The same question with more samples."""
        return replace(self, samples_min=np.unique(np.append(self.samples_min, moments_min)))

    @cached_property
    def moments_min(self) -> Floats:
        """The start, every moment at which a change may lie, and the end."""
        return _moments(self.aim, self.caps)

    @cached_property
    def unit_curves(self) -> Floats:
        """(moments, samples) in targets: 1 mg/h from each moment to the end; in the last row 1 mg at the start."""
        end, drug = self.aim.horizon_min, self.aim.drug
        rates = [
            Dose((end - at) / MINUTES_PER_HOUR, "iv", drug, float(at), float(end - at)) for at in self.moments_min[:-1]
        ]
        doses = [*rates, Dose(1.0, "iv", drug)]
        segments = self.model.segments(self.patient, doses, np.zeros((1, len(self.model.varying))))
        inputs = self.model.inputs(doses, range(len(doses)), [self.aim.part] * len(doses))
        curves = solve(segments, inputs, self.samples_min, len(doses))[self.aim.analyte][:, :, 0]
        return curves / self.aim.target_ng_ml

    @cached_property
    def _scales(self) -> tuple[float, float]:
        """What makes the levels and the bolus of the linear program about as large as the distances."""
        return float(self.unit_curves[:-1].max()), float(self.unit_curves[-1].max())

    @cached_property
    def _problem(self) -> Problem:
        caps, (scale, bolus_scale) = self.caps, self._scales
        limited = np.isfinite(caps.total_mg)
        share = 1.0 / (caps.total_mg * AT_LIMIT) if limited else 1.0
        hours = (self.aim.horizon_min - self.moments_min) / MINUTES_PER_HOUR
        return (
            np.ascontiguousarray(np.vstack([self.unit_curves[:-1], np.zeros(len(self.samples_min))]) / scale),
            self.unit_curves[-1] / bolus_scale,
            np.zeros(len(self.samples_min)),
            int(np.searchsorted(self.samples_min, self.aim.in_range_by_min)),
            hours * share / scale,
            share / bolus_scale,
            1.0 if limited else NO_LIMIT,
            caps.rate_step_mg_h * AT_LIMIT * scale,
        )

    def best(self, changes: int, before: Candidate | None = None) -> Candidate | None:
        """The best plan with exactly `changes` changes; None if none is better than the one `before`.

        Inside the tolerance it is the best of all. When none is inside, the moments of change are chosen from few
        enough to try (all of them up to two changes in four hours), and then moved to the best ones around.
        """
        every = np.arange(len(self.moments_min))
        stride = next(n for n in range(1, len(every) + 1) if comb(len(every) // n, changes) <= TRIED)
        near = self._near(changes, every, stride, before) if stride > 1 else None
        known = min((one.deviation for one in (before, near) if one is not None), default=np.inf)
        found = self._found(changes, every, min(known, np.nextafter(self.aim.tolerance, np.inf)))
        if found is None and stride == 1 and known > self.aim.tolerance:
            return self._found(changes, every, known)
        return found or near

    def _near(self, changes: int, every: Integers, stride: int, before: Candidate | None) -> Candidate | None:
        """A good plan quickly: changes at each `stride`-th moment, then moved to the best moments around."""
        known = np.inf if before is None else before.deviation
        coarse = self._found(changes, np.unique(np.append(every[::stride], every[-1])), known)
        if coarse is None:
            return None
        marks = np.searchsorted(self.moments_min, coarse.marks_min)
        around = np.unique(np.clip(np.add.outer(marks, np.arange(-AROUND, AROUND + 1)), 0, every[-1]))
        return self._found(changes, around, coarse.deviation) or coarse

    def _found(self, changes: int, moments: Integers, known: float) -> Candidate | None:
        """The best plan with changes at some of the `moments` (numbers, the first and the last among them)."""
        caps, scales = self.caps, np.array(self._scales)
        steps = np.array([caps.rate_resolution_mg_h, caps.bolus_resolution_mg])
        highest = np.array([_most(caps.rate_mg_h, steps[0]), _most(caps.bolus_mg, steps[1])])
        answer, places = np.zeros(changes + 3), np.zeros(changes + 3, dtype=np.int64)
        at_min = self.moments_min[moments]
        late, quick, base, due, amounts, bolus, budget, step = self._problem
        found, complete = search(
            (late[moments], quick, base, due, amounts[moments], bolus, budget, step),
            changes,
            at_min,
            np.searchsorted(self.samples_min, at_min).astype(np.int64),
            (caps.interval_min, caps.earliest_min, self.aim.horizon_min),
            highest * scales,
            steps * scales,
            float(known),
            answer,
            places,
        )
        if not complete:
            raise ArithmeticError("the search for a plan gave up; this is a fault of the program, please report it")
        if not found < known:
            return None
        marks = (*(float(at_min[place]) for place in places[: changes + 1]), self.aim.horizon_min)
        rates = tuple(stepped(level, steps[0]) for level in answer[: changes + 1] / scales[0])
        return Candidate(marks, rates, stepped(answer[changes + 1] / scales[1], steps[1]), found)

    def ladder(self, *, at_least: int = SHOWN) -> list[Candidate]:
        """For 0, 1, … changes the best plan with at most so many; each is at least as good as the one before.

        Beyond `at_least` changes it ends with the first plan inside the tolerance.
        """
        ladder: list[Candidate] = []
        for changes in range(self.caps.changes + 1):
            before = ladder[-1] if ladder else None
            found = self.best(changes, before) or before
            if found is not None:
                ladder.append(found)
            if changes >= at_least and found is not None and found.deviation <= self.aim.tolerance:
                break
        return ladder


def _moments(aim: Aim, caps: Caps) -> Floats:
    count = int(np.ceil(aim.horizon_min / caps.grid_min))
    return np.append(np.arange(count) * caps.grid_min, aim.horizon_min)


def _most(limit: float, step: float) -> float:
    """The largest multiple of `step` under the limit."""
    if not np.isfinite(limit) or not step:
        return limit
    return float(np.floor(limit / step + ROUNDING)) * step


def stepped(value: float, step: float) -> float:
    """The multiple of `step` that `value` is, without the noise; any value if there are no steps."""
    return round(round(float(value) / float(step)) * float(step), DECIMALS) if step else float(value)
