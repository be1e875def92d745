"""When the drug is low, as plain lines for a terminal."""

import textwrap
from collections.abc import Iterable, Iterator

import numpy as np

from norket.pharmacology.effects.readiness import Readiness

PERCENT = 100.0
WIDTH = 118
STEPS_MIN, MOST_STEPS, CERTAIN = (15.0, 30.0, 60.0, 120.0), 12, 0.995


def readiness_text(readiness: Readiness) -> list[str]:
    """From when the drug is low, in the typical patient and the virtual ones, and the probability at some times."""
    where = "effect site" if readiness.analyte == "effect_site" else f"{readiness.site} plasma"
    named = (
        ("nineteen in twenty", readiness.p95_min),
        ("half of the virtual patients", readiness.median_min),
        ("the quickest one in twenty", readiness.p5_min),
        ("typical patient", readiness.typical_min),
    )
    lines = [f"Ketamine ({where}, {readiness.model}) below {readiness.level_ng_ml:g} ng/mL and staying below:"]
    lines += [f"  {name:<30}{_moment(minute, readiness)}" for name, minute in named]
    lines += ["", "  by minute   part of the virtual patients", *_steps(readiness)]
    return [*lines, "", *_points(readiness.warnings)]


def _moment(minute: float | None, readiness: Readiness) -> str:
    if minute is None:
        return f"later than minute {readiness.horizon_min:.0f}, which is as far as was looked"
    if minute <= readiness.earliest_min:
        return f"not above it from minute {minute:.0f} on, where the search begins"
    after = minute - readiness.last_end_min
    return f"minute {minute:.0f} ({after:.0f} min after the end of the last dose)"


def _steps(readiness: Readiness) -> Iterator[str]:
    """The probability at even steps, from the earliest minute until it is all but certain."""
    open_ = (readiness.times_min >= readiness.earliest_min) & (readiness.probability < CERTAIN)
    span = float(np.ptp(readiness.times_min[open_])) if open_.any() else 0.0
    step = next((one for one in STEPS_MIN if span / one <= MOST_STEPS), STEPS_MIN[-1])
    due = readiness.earliest_min
    for minute, probability in zip(readiness.times_min, readiness.probability, strict=True):
        if minute >= due:
            yield f"  {minute:9.0f}   {_part(probability):>9}"
            due = minute + step
            if probability >= CERTAIN:
                return


def _part(probability: float) -> str:
    """In per cent; what was not seen in every virtual patient is never told as all or nobody."""
    rounded = round(PERCENT * probability)
    if rounded >= PERCENT and probability < 1:
        return "> 99 %"
    return "< 1 %" if rounded == 0 < probability else f"{rounded} %"


def _points(sentences: Iterable[str]) -> list[str]:
    wrapped = (textwrap.wrap(one, WIDTH, initial_indent="  - ", subsequent_indent="    ") for one in sentences)
    return [line for lines in wrapped for line in lines]
