"""Effects and readiness as plain lines for a terminal."""

import textwrap
from collections.abc import Iterable, Iterator

import numpy as np

from norket.pharmacology.effects.predict import Effects, EffectTrack
from norket.pharmacology.effects.readiness import Readiness

PERCENT = 100.0
WIDTH = 118
# Parts and probabilities are told in per cent.
PART = "1"
STEPS_MIN, MOST_STEPS, CERTAIN = (15.0, 30.0, 60.0, 120.0), 12, 0.995


def effects_text(effects: Effects) -> list[str]:
    """One line for each effect at its typical peak, what is left out and why, and what must stand beside them."""
    heads = f"{'effect, where it is highest':<55}{'at min':>7}{'typical':>9}{'median (5th-95th)':>22}"
    lines = [heads, *(_effect_line(track) for track in effects.values())]
    if effects.left_out:
        lines += ["", "Not computed", *_points(effects.left_out.values())]
    said = dict.fromkeys(text for track in effects.values() for text in track.warnings)
    if said:
        lines += ["", "Beside the effects", *_points(said)]
    lines += ["", "Limits and sources of one effect: norket knowledge show effect_models.ID"]
    return lines


def readiness_text(readiness: Readiness) -> list[str]:
    """From when the drug is low, in the typical patient and the virtual ones, and the probability at some times."""
    where = "effect site" if readiness.analyte == "effect_site" else f"{readiness.site} plasma"
    named = (
        ("typical patient", readiness.typical_min),
        ("half of the virtual patients", readiness.median_min),
        ("one in twenty", readiness.p5_min),
        ("nineteen in twenty", readiness.p95_min),
    )
    lines = [f"Ketamine ({where}, {readiness.model}) below {readiness.level_ng_ml:g} ng/mL and staying below:"]
    lines += [f"  {name:<30}{_moment(minute, readiness)}" for name, minute in named]
    lines += ["", "  from minute   probability", *_steps(readiness)]
    return [*lines, "", *_points(readiness.warnings)]


def _effect_line(track: EffectTrack) -> str:
    peak = int(track.typical.argmax())
    scale = PERCENT if track.unit == PART else 1.0
    typical, low, median, high = (scale * curve[peak] for curve in (track.typical, track.p5, track.p50, track.p95))
    band = f"{median:.1f} ({low:.1f}-{high:.1f})"
    told = f"% {track.says}" if track.unit == PART else track.says
    return f"{track.title:<55}{track.times_min[peak]:>7g}{typical:>9.1f}{band:>22}  {told}"


def _moment(minute: float | None, readiness: Readiness) -> str:
    if minute is None:
        return f"later than minute {readiness.horizon_min:.0f}, which is as far as was looked"
    after = minute - readiness.earliest_min
    return f"minute {minute:.0f} ({after:.0f} min after minute {readiness.earliest_min:.0f})"


def _steps(readiness: Readiness) -> Iterator[str]:
    """The probability at even steps, from the earliest minute until it is all but certain."""
    open_ = (readiness.times_min >= readiness.earliest_min) & (readiness.probability < CERTAIN)
    span = float(np.ptp(readiness.times_min[open_])) if open_.any() else 0.0
    step = next((one for one in STEPS_MIN if span / one <= MOST_STEPS), STEPS_MIN[-1])
    due = readiness.earliest_min
    for minute, probability in zip(readiness.times_min, readiness.probability, strict=True):
        if minute >= due:
            yield f"  {minute:11.0f}   {PERCENT * probability:9.0f} %"
            due = minute + step
            if probability >= CERTAIN:
                return


def _points(sentences: Iterable[str]) -> list[str]:
    wrapped = (textwrap.wrap(one, WIDTH, initial_indent="  - ", subsequent_indent="    ") for one in sentences)
    return [line for lines in wrapped for line in lines]
