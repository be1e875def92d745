"""Draws a prediction: median and band of each analyte, told apart by hue, line style and label, above the doses."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from norket.pharmacology.doses import Dose
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.track import Floats, Track
from norket.units.quantities import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, QUIET, GRID = "#1f2328", "#6b7280", "#e5e7eb"
# Two hues that stay apart in every common colour blindness; the line style says the same without colour.
LOOKS: dict[str, dict[str, Any]] = {
    "ketamine": {"color": "#0f5fb4", "linestyle": "-"},
    "norketamine": {"color": "#b4540a", "linestyle": (0, (6, 2.5))},
    "effect_site": {"color": "#0f5fb4", "linestyle": (0, (1.2, 1.8))},
}
OTHER = {"color": QUIET, "linestyle": (0, (3, 1.5, 1, 1.5))}
MINUTES_AXIS_UP_TO = 240.0
NAMED_DOSES = 3
MARGIN = 0.01
HEADROOM = 1.08


def draw(
    times_min: Floats,
    tracks: Sequence[Track],
    doses: Sequence[Dose],
    about: str,
    path: str | Path | None = None,
    *,
    unread_min: Sequence[tuple[float, float]] = (),
) -> Figure:
    """The figure of the total tracks, above the doses, with `about` in its corner.

    The axis ends above the highest value that may be read; what the spans `unread_min` (after a bolus) have above it
    is cut off, and the figure says so.
    Written to `path` if given; the ending chooses the format, and one that is not known raises `NotCoveredError`.
    """
    figure = Figure(figsize=(9.6, 6.0), dpi=150, layout="constrained", facecolor="white")
    curves, lane = figure.subplots(2, 1, sharex=True, height_ratios=(8, 1))
    start, end = float(times_min[0]), float(times_min[-1])
    scale, unit = (1.0, "min") if end - start <= MINUTES_AXIS_UP_TO else (MINUTES_PER_HOUR, "h")
    shown = [track for track in tracks if track.enantiomer == "S + R"]
    named = set()
    for track in shown:
        _curve(curves, track, times_min / scale, first=track.analyte not in named)
        named.add(track.analyte)
    _doses(lane, doses, end, scale)
    margin = MARGIN * (end - start or 1.0)
    curves.set_xlim((start - margin) / scale, (end + margin) / scale)
    lane.xaxis.set_major_locator(MaxNLocator(9, steps=(1, 1.5, 3, 6, 10) if scale == 1 else (1, 2, 3, 4, 6, 10)))
    _title(curves, doses, about)
    _dress(figure, curves, lane, unit)
    _cut(curves, times_min, shown, unread_min, scale)
    if path is not None:
        _save(figure, Path(path))
    return figure


def _cut(
    axes: "Axes", times_min: Floats, shown: Sequence[Track], unread_min: Sequence[tuple[float, float]], scale: float
) -> None:
    """Ends the axis above what may be read and marks the spans that reach beyond it."""
    unread = np.zeros(len(times_min), dtype=bool)
    for start, end in unread_min:
        unread |= (times_min >= start) & (times_min < end)
    tops = np.max([np.maximum(track.p50, track.p95) for track in shown], axis=0)
    if unread.all() or not unread.any() or tops[unread].max() <= tops[~unread].max() * HEADROOM:
        return
    axes.set_ylim(0, tops[~unread].max() * HEADROOM)
    for start, end in unread_min:
        axes.axvspan(
            start / scale, end / scale, facecolor="none", edgecolor=QUIET, alpha=0.35, hatch="////", linewidth=0
        )
    said = "Hatched: just after a bolus. Curves are cut off there;\npeaks are not to be read."
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    axes.text(0.995, 0.97, said, transform=axes.transAxes, ha="right", va="top", fontsize=9, color=QUIET, bbox=box)


def _save(figure: Figure, path: Path) -> None:
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in known:
        raise NotCoveredError("file_not_known", f"{path}: the ending must be one of {', '.join(sorted(known))}")
    figure.savefig(path)


def _curve(axes: "Axes", track: Track, times: Any, *, first: bool) -> None:
    look = LOOKS.get(track.analyte, OTHER)
    banded = first and track.analyte != "effect_site"
    width = 2.2 if banded else 1.3
    style = look if first else OTHER
    if banded:
        axes.fill_between(times, track.p5, track.p95, color=look["color"], alpha=0.14, linewidth=0)
    axes.plot(times, track.p50, linewidth=width, label=_curve_label(track, banded=banded), **style)


def _curve_label(track: Track, *, banded: bool) -> str:
    name = track.analyte.replace("_", " ")
    where = track.model if track.site == name else f"{track.site}, {track.model}"
    label = f"{name} ({where}): median"
    if banded:
        label += ", 5th–95th percentile"
    if banded and track.assumption:
        label += f"\n{track.assumption}"
    return label


def _doses(axes: "Axes", doses: Sequence[Dose], until_min: float, scale: float) -> None:
    for dose in doses:
        if dose.start_min > until_min:
            continue
        start, end = dose.start_min / scale, min(dose.end_min, until_min) / scale
        if dose.duration_min > 0:
            axes.axvspan(start, end, ymin=0.25, ymax=0.75, color=INK, alpha=0.75, linewidth=0)
        else:
            axes.plot([start], [0.5], marker="v", color=INK, markersize=7, clip_on=False)
    axes.set_ylim(0, 1)


def _title(axes: "Axes", doses: Sequence[Dose], about: str) -> None:
    named = "; ".join(_dose_label(dose) for dose in doses[:NAMED_DOSES])
    more = f"; and {len(doses) - NAMED_DOSES} more" if len(doses) > NAMED_DOSES else ""
    axes.set_title(named + more, loc="left", fontsize=12, color=INK, fontweight="bold")
    axes.set_title(about, loc="right", fontsize=9, color=QUIET)


def _dress(figure: Figure, curves: "Axes", doses: "Axes", unit: str) -> None:
    curves.set_ylabel("concentration (ng/mL)", color=INK)
    curves.set_ylim(bottom=0)
    curves.yaxis.set_major_locator(MaxNLocator(6))
    curves.grid(axis="y", color=GRID, linewidth=0.8)
    curves.set_axisbelow(True)
    handles, labels = curves.get_legend_handles_labels()
    place: Literal["outside lower center"] = "outside lower center"
    figure.legend(handles, labels, loc=place, ncols=2, frameon=False, fontsize=8.5, labelcolor=INK)
    doses.set_yticks([])
    doses.set_ylabel("doses", rotation=0, ha="right", va="center", color=QUIET)
    doses.set_xlabel(f"time ({unit})", color=INK)
    for axes in (curves, doses):
        axes.tick_params(colors=QUIET, labelsize=9)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(GRID)


def _dose_label(dose: Dose) -> str:
    if dose.text:
        return dose.text
    return f"{dose.drug} {dose.amount_mg:g} mg {dose.route}"
