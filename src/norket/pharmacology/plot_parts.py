"""The marks of a picture: doses, names at the ends of curves, target ranges, measured points, what may not be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from norket.pharmacology.doses import Dose
from norket.pharmacology.target_ranges import TargetRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

INK, QUIET, GRID = "#1f2328", "#6b7280", "#e5e7eb"
TARGET_HUES = ("#7f7f7f", "#b8860b", "#4b6584", "#8e5572")
LINE_PT = 11.5
POINTS_PER_INCH = 72
ROUTE_MARKS = {"iv": "v", "oral": "o", "sublingual": "D", "intranasal": "P", "im": "^", "sc": "s"}


@dataclass(frozen=True, eq=False)
class Label:
    """A name to be written where its curve ends, at `value`."""

    text: str
    value: float
    colour: str
    bold: bool
    line: "Line2D"


class Point(Protocol):
    """A measured concentration."""

    @property
    def time_min(self) -> float: ...
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def label(self) -> str: ...


def draw_labels(axes: "Axes", labels: Sequence[Label]) -> None:
    """Writes each name to the right of the axes where its curve ends, pushed apart where they would touch."""
    ordered = sorted(((_share(axes, label.value), label) for label in labels), key=lambda pair: pair[0])
    sizes = [(label.text.count("\n") + 1) * LINE_PT / _height_pt(axes) for _, label in ordered]
    for place, (share, label) in zip(_spread([share for share, _ in ordered], sizes), ordered, strict=True):
        at, weight = axes.transAxes, "bold" if label.bold else "normal"
        (leader,) = axes.plot(
            (1.0, 1.008, 1.02), (share, share, place), color=label.colour, linewidth=0.7, transform=at, clip_on=False
        )
        leader.set_label("_leader")
        axes.text(
            1.024,
            place,
            label.text,
            transform=at,
            va="center",
            fontsize=8.5,
            linespacing=1.05,
            color=label.colour,
            fontweight=weight,
        )


def draw_key(axes: "Axes", labels: Sequence[Label]) -> None:
    """A key at the right, in the order of drawing, where too many curves end together for names of their own."""
    key = axes.legend(
        [label.line for label in labels],
        [label.text for label in labels],
        loc="center left",
        bbox_to_anchor=(1.005, 0.5),
        frameon=False,
        fontsize=8.5,
        handlelength=3.2,
        labelspacing=0.35,
    )
    for text, label in zip(key.get_texts(), labels, strict=True):
        text.set_color(label.colour)
        text.set_fontweight("bold" if label.bold else "normal")


def _spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Centres near `wanted` (rising) that leave each its size, pushed up from below and then down from above."""
    places: list[float] = []
    below = 0.0
    for share, size in zip(wanted, sizes, strict=True):
        places.append(max(share, below + size / 2))
        below = places[-1] + size / 2
    above = max(1.0, sum(sizes))
    for number in reversed(range(len(places))):
        places[number] = min(places[number], above - sizes[number] / 2)
        above = places[number] - sizes[number] / 2
    return places


def _share(axes: "Axes", value: float) -> float:
    """How far up the axes a value lies, 0 to 1."""
    low = axes.get_ylim()[0]
    shown = max(value, low)
    return float(min(max(axes.transAxes.inverted().transform(axes.transData.transform((0, shown)))[1], 0.0), 1.0))


def _height_pt(axes: "Axes") -> float:
    figure = axes.get_figure()
    inches = axes.get_position().height * (figure.get_figheight() if figure is not None else 1.0)  # type: ignore[union-attr]
    return float(inches * POINTS_PER_INCH)


def draw_targets(axes: "Axes", targets: Sequence[TargetRange]) -> None:
    """Each range as a pale span with its ends drawn, one number as a line; name and source stand inside."""
    top = axes.get_ylim()[1]
    for number, one in enumerate(targets):
        hue = TARGET_HUES[number % len(TARGET_HUES)]
        if one.high > one.low:
            axes.axhspan(one.low, min(one.high, top), facecolor=hue, alpha=0.10, linewidth=0, zorder=0)
        for level in {one.low, one.high}:
            if level <= top:
                axes.axhline(level, color=hue, linewidth=0.9, linestyle=(0, (2, 2)), zorder=1)
        at = min(one.high, top)
        axes.annotate(
            one.label,
            xy=(1.0, at),
            xycoords=("axes fraction", "data"),
            xytext=(-4, -2.5),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=7.5,
            color=hue,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        )


def draw_seen(axes: "Axes", seen: Sequence[Point], scale: float) -> None:
    """Measured points with their spread."""
    for one in seen:
        spread = None
        if one.low is not None and one.high is not None:
            spread = [[max(one.value - one.low, 0.0)], [max(one.high - one.value, 0.0)]]
        axes.errorbar(
            [one.time_min / scale],
            [one.value],
            yerr=spread,
            fmt="o",
            markersize=5.5,
            markerfacecolor="white",
            markeredgecolor=INK,
            markeredgewidth=1.3,
            ecolor=INK,
            elinewidth=1.0,
            capsize=2.5,
            zorder=5,
            label=one.label,
        )


def hatch_unread(axes: "Axes", spans: Sequence[tuple[float, float]], scale: float) -> None:
    """Marks the minutes after a bolus, whose peaks reach beyond the axis and are not to be read."""
    for start, end in spans:
        axes.axvspan(
            start / scale, end / scale, facecolor="none", edgecolor=QUIET, alpha=0.35, hatch="////", linewidth=0
        )


def draw_doses(axes: "Axes", doses: Sequence[Dose], until_min: float, scale: float) -> None:
    """A lane of its own: a bar for what is given over time, a mark for what is given at once, by route."""
    for dose in doses:
        if dose.start_min > until_min:
            continue
        start, end = dose.start_min / scale, min(dose.end_min, until_min) / scale
        if dose.duration_min > 0:
            axes.axvspan(start, end, ymin=0.25, ymax=0.75, color=INK, alpha=0.75, linewidth=0)
        else:
            axes.plot([start], [0.5], marker=ROUTE_MARKS[dose.route], color=INK, markersize=7, clip_on=False)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel("doses", rotation=0, ha="right", va="center", color=QUIET)
    axes.tick_params(colors=QUIET, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


def dose_label(dose: Dose) -> str:
    """What stands in the title."""
    if dose.text:
        return dose.text
    return f"{dose.drug} {dose.amount_mg:g} mg {dose.route}"
