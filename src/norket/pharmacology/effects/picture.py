"""The picture of the page on effects: concentration to effect, one infusion, being ready, weeks of relief, mood."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from norket.pharmacology.effects.predict import EffectTrack
from norket.pharmacology.effects.readiness import Readiness
from norket.pharmacology.effects.shelf import effect_model
from norket.pharmacology.mood import MoodForecast
from norket.pharmacology.plot_parts import GRID, INK, QUIET
from norket.units.quantities import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
BLUE, ORANGE, GREEN, VIOLET = "#0f5fb4", "#b4540a", "#1c7c54", "#7b4bab"
PARTS = (
    ("drug_high_simons_2022", "drug high, Simons 2022", ORANGE, "-"),
    ("dissociation_olofsen_2022", "perception and antinociception, Olofsen 2022", BLUE, "-"),
    ("antinociception_simons_2022", "antinociception, Simons 2022", GREEN, (0, (5, 2))),
)
MOST_S_NG_ML = 600.0
MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR


def draw_page(
    track: EffectTrack,
    ready: Readiness,
    relief: EffectTrack,
    mood: MoodForecast,
    path: str | Path | None = None,
) -> Figure:
    """Six panels: the sigmoids, the line of pressure, `track` over minutes, `ready`, `relief` over days, and `mood`."""
    figure = Figure(figsize=(11.5, 11.0), dpi=130, layout="constrained", facecolor="white")
    axes = figure.subplots(3, 2)
    _draw_sigmoids(axes[0, 0])
    _draw_line(axes[0, 1])
    _draw_track(axes[1, 0], track, BLUE, (1.0, "min", "part of the maximum (%)"))
    axes[1, 0].set_title("Changed perception in one patient", loc="left", fontsize=10.5)
    _draw_ready(axes[1, 1], ready)
    _draw_track(axes[2, 0], relief, GREEN, (MINUTES_PER_DAY, "d", "part of the possible relief (%)"))
    axes[2, 0].set_title("Slow relief after 100 hours of S-ketamine", loc="left", fontsize=10.5)
    _draw_mood(axes[2, 1], mood)
    for one in axes.flat:
        _dress(one)
    if path is not None:
        figure.savefig(path)
    return figure


def _draw_sigmoids(axes: "Axes") -> None:
    levels = np.linspace(0, MOST_S_NG_ML, 301)
    for name, label, colour, style in PARTS:
        model = effect_model(name)
        drawn = model.response(levels[:, None], model.draw(2000, seed=0))
        low, high = np.percentile(drawn, [5, 95], axis=1)
        axes.fill_between(levels, 100 * low, 100 * high, color=colour, alpha=0.10, linewidth=0)
        axes.plot(levels, 100 * model.response(levels, model.typical), color=colour, linestyle=style, label=label)
        axes.plot([model.typical["C50"]], [50], "o", color=colour, markersize=5)
    axes.set(xlabel="S-ketamine at the effect site (ng/mL)", ylabel="part of the maximum (%)", ylim=(0, 100))
    axes.set_title("Three sigmoids; dots: half of the maximum as published", loc="left", fontsize=10.5)
    axes.legend(frameon=False, fontsize=8, loc="lower right")


def _draw_line(axes: "Axes") -> None:
    model = effect_model("systolic_pressure")
    levels = np.linspace(0, 1000, 401)
    drawn = model.response(levels[:, None], model.draw(2000, seed=0))
    low, high = np.percentile(drawn, [5, 95], axis=1)
    limit = model.typical["limit"]
    axes.axvspan(limit, levels[-1], facecolor="none", edgecolor=QUIET, alpha=0.25, hatch="////", linewidth=0)
    axes.fill_between(levels, low, high, color=ORANGE, alpha=0.14, linewidth=0, label="5th–95th percentile")
    axes.plot(levels, model.response(levels, model.typical), color=ORANGE, linewidth=2, label="typical patient")
    straight = model.typical["slope"] * levels
    axes.plot(levels, straight, color=QUIET, linewidth=1, linestyle=":", label="straight on: not believed")
    axes.set(xlabel="racemic ketamine in venous plasma (ng/mL)", ylabel="mmHg above rest", ylim=(0, 90))
    axes.set_title("Systolic pressure; hatched: nothing was studied", loc="left", fontsize=10.5)
    axes.legend(frameon=False, fontsize=8, loc="upper left")


def _draw_track(axes: "Axes", track: EffectTrack, colour: str, told: tuple[float, str, str]) -> None:
    """`told`: minutes in the unit of the axis, its name, and what stands beside the other axis."""
    scale, unit, label = told
    at = track.times_min / scale
    axes.fill_between(at, 100 * track.p5, 100 * track.p95, color=colour, alpha=0.14, linewidth=0)
    axes.plot(at, 100 * track.p50, color=colour, linewidth=2, label="median, 5th–95th percentile")
    axes.plot(at, 100 * track.typical, color=INK, linewidth=1, linestyle=(0, (4, 2)), label="typical patient")
    axes.set(xlabel=f"time ({unit})", ylabel=label)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _draw_ready(axes: "Axes", ready: Readiness) -> None:
    axes.plot(ready.times_min, 100 * ready.probability, color=VIOLET, linewidth=2)
    axes.axvline(ready.earliest_min, color=QUIET, linewidth=1, linestyle=(0, (2, 2)))
    axes.annotate("not before the last dose\nhas ended and the\ntypical curve has peaked", (ready.earliest_min, 78),
                  xytext=(5, 0), textcoords="offset points", fontsize=8, color=QUIET)  # fmt: skip
    for minute, part, name in ((ready.p5_min, 5, "one in twenty"), (ready.median_min, 50, "half"),
                               (ready.p95_min, 95, "nineteen in twenty")):  # fmt: skip
        if minute is not None:
            axes.plot([minute], [part], "o", color=VIOLET, markersize=5)
            axes.annotate(f"{name}: minute {minute:.0f}", (minute, part), xytext=(8, -4), textcoords="offset points",
                          fontsize=8, color=VIOLET)  # fmt: skip
    axes.set(xlabel="time (min)", ylabel="probability (%)", ylim=(0, 102))
    axes.set_title(
        f"Below {ready.level_ng_ml:g} ng/mL at the effect site, and staying below", loc="left", fontsize=10.5
    )


def _draw_mood(axes: "Axes", mood: MoodForecast) -> None:
    days = np.array(mood.times_days)
    known = np.array([one is not None for one in mood.probability])
    middle, low, high = (
        np.array([np.nan if one is None else 100 * one for one in curve])
        for curve in (mood.probability, mood.low, mood.high)
    )
    published = np.array([basis == "published" for basis in mood.basis])
    axes.fill_between(
        days[known], low[known], high[known], color=VIOLET, alpha=0.12, linewidth=0, label="wide interval"
    )
    axes.plot(days, middle, color=VIOLET, linewidth=1.6, linestyle=(0, (5, 2)), label="interpolated or extrapolated")
    axes.plot(days[published], middle[published], "o", color=VIOLET, label="published")
    axes.set(xlabel="time (d)", ylabel="probability of response (%)", ylim=(0, 100))
    axes.set_title(f"Mood: {mood.label}", loc="left", fontsize=10.5)
    axes.legend(frameon=False, fontsize=8, loc="upper right")


def _dress(axes: "Axes") -> None:
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=9)
    axes.set_xlim(left=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
