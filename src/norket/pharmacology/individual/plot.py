"""Draws an update: the population's band and the patient's over time, with what was observed as points on them."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from norket.pharmacology.individual.curves import Individual
from norket.pharmacology.individual.joint import Answer, Joint
from norket.pharmacology.plot_parts import GRID, INK, QUIET, draw_doses
from norket.pharmacology.refusals import NotCoveredError
from norket.units.quantities import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
POINTS = 400
MINUTES_AXIS_UP_TO = 240.0
AFTER, LATER = 120.0, 1.15
# A point's bar: nine of ten samples at the mode would fall within this many standard deviations of it.
NINE_OF_TEN = 1.645
# Hues that stay apart in every common colour blindness (Okabe and Ito).
COLOURS = {"ketamine": "#0072B2", "norketamine": "#D55E00", "hydroxynorketamine": "#009E73"}
EFFECT_COLOUR, OTHER_COLOUR = "#CC79A7", "#7A4B2A"


def draw(joint: Joint, mode: Floats, found: Individual, about: str, path: str | Path | None) -> Figure:
    """The figure, a panel for each analyte and site and for each effect that was observed, above the doses.

    `mode` is the patient's; the bars around the observations are drawn for it. `about` stands above everything.
    """
    times = found.times_min
    panels = _panels(joint)
    figure = Figure(figsize=(9.6, 1.6 + 3.4 * len(panels)), dpi=150, layout="constrained", facecolor="white")
    axes = np.atleast_1d(figure.subplots(len(panels) + 1, 1, sharex=True, height_ratios=[8] * len(panels) + [1]))
    scale, unit = (1.0, "min") if times[-1] - times[0] <= MINUTES_AXIS_UP_TO else (MINUTES_PER_HOUR, "h")
    for one, answers in zip(axes, panels, strict=False):
        _panel(one, found, answers, scale)
        _points(one, answers, joint, mode, scale)
        _dress(one, below_zero=any(seen.observation.value < 0 for seen in answers))
    draw_doses(axes[-1], joint.doses, float(times[-1]), scale)
    axes[-1].set_xlabel(f"time ({unit})", color=INK)
    figure.supxlabel("bars: where nine of ten measurements around the mode would lie", fontsize=8.5, color=QUIET)
    figure.suptitle(about, x=0.01, ha="left", fontsize=11, color=INK, fontweight="bold")
    if path is not None:
        _save(figure, Path(path))
    return figure


def plot_times(joint: Joint, until_min: float | None) -> Floats:
    """The times of the curves: from the start to soon after the last dose or observation, or to `until_min`."""
    first = min(0.0, *(one.start_min for one in joint.doses))
    last = max([one.end_min + AFTER for one in joint.doses] + [LATER * one.observation.at_min for one in joint.answers])
    if until_min is not None:
        last = until_min
    events = [time for one in joint.doses for time in (one.start_min, one.end_min) if first <= time <= last]
    return np.unique([*np.linspace(first, last, POINTS), *events])


def _panels(joint: Joint) -> list[list[Answer]]:
    """The answers by what is drawn together: one analyte of one model, or one effect."""
    found: dict[tuple[str, str], list[Answer]] = {}
    for one in joint.answers:
        what = one.observation.what if one.effect is not None else f"{one.output} {one.enantiomer}"
        found.setdefault((one.model.id, what), []).append(one)
    return sorted(found.values(), key=lambda answers: answers[0].effect is not None)


def _panel(axes: "Axes", found: Individual, answers: Sequence[Answer], scale: float) -> None:
    first = answers[0]
    colour = _colour(first)
    times = found.times_min / scale
    if first.effect is not None:
        band = found.effects[first.effect.id]
        before, after = band.prior, band.posterior
        unit = "" if first.effect.unit == "1" else f" ({first.effect.unit})"
        axes.set_ylabel("\n".join(wrap(first.effect.card.says, 26)) + unit, color=INK)
        label = f"{first.effect.title}, from {first.model.id}"
    else:
        before, after = _bands(found, first)
        axes.set_ylabel("concentration (ng/mL)", color=INK)
        form = "" if first.enantiomer == "S + R" else f"{first.enantiomer}-"
        label = f"{form}{first.output} ({first.observation.site}, {first.model.id})"
    axes.fill_between(times, before[0], before[2], color=QUIET, alpha=0.13, linewidth=0)
    axes.plot(times, before[1], color=QUIET, linewidth=1.3, linestyle=(0, (4, 3)), label="population: median, 5th-95th")
    axes.fill_between(times, after[0], after[2], color=colour, alpha=0.25, linewidth=0)
    axes.plot(times, after[1], linewidth=2.2, label=f"{label}: this patient", color=colour)


def _colour(answer: Answer) -> str:
    return EFFECT_COLOUR if answer.effect is not None else COLOURS.get(answer.output, OTHER_COLOUR)


def _bands(found: Individual, answer: Answer) -> tuple[Floats, Floats]:
    name = answer.output if answer.enantiomer == "S + R" else f"s_{answer.output}"
    shown = []
    for prediction in (found.prior, found.posterior):
        track = prediction.track(name, model=answer.model.id)
        half = 0.5 if answer.enantiomer == "R" else 1.0
        shown.append(half * np.array([track.p5, track.p50, track.p95]))
    return shown[0], shown[1]


def _points(axes: "Axes", answers: Sequence[Answer], joint: Joint, mode: Floats, scale: float) -> None:
    """The observations, with the error that a sample at the mode would have."""
    errors, everybody = joint.errors, list(joint.answers)
    predicted = joint.measured(mode[None])[:, 0]
    colour = _colour(answers[0])
    for one in answers:
        number = everybody.index(one)
        at, value = one.observation.at_min / scale, one.observation.value
        if one.observation.below:
            axes.plot([at], [value], marker="v", color="white", markeredgecolor=colour, markersize=9, zorder=5)
            axes.annotate("below", (at, value), xytext=(6, 4), textcoords="offset points", fontsize=8, color=QUIET)
            continue
        spread = float(np.hypot(errors.share[number] * predicted[number], errors.added[number]))
        if errors.log[number]:
            low = -value * np.expm1(-NINE_OF_TEN * errors.share[number])
            high = value * np.expm1(NINE_OF_TEN * errors.share[number])
        else:
            low = high = NINE_OF_TEN * spread
        axes.errorbar(
            [at],
            [value],
            yerr=[[low], [high]],
            fmt="o",
            color=INK,
            markerfacecolor=colour,
            markersize=7,
            elinewidth=1.2,
            capsize=3,
            zorder=5,
        )


def _dress(axes: "Axes", *, below_zero: bool) -> None:
    if not below_zero:
        axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.99), ncols=2, frameon=False, fontsize=8.5, labelcolor=INK)


def _save(figure: Figure, path: Path) -> None:
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in known:
        raise NotCoveredError("file_not_known", f"{path}: the ending must be one of {', '.join(sorted(known))}")
    figure.savefig(path)
