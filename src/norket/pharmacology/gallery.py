"""The pictures of the validation: every row's ratios at once, and per group the curves with what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from norket.knowledge import Value
from norket.pharmacology.observed import Check, observation, rows
from norket.pharmacology.plot import BLUE, GREEN, ORANGE, STYLES
from norket.pharmacology.plot_parts import GRID, INK, QUIET
from norket.pharmacology.predict import predict
from norket.pharmacology.validate import Outcome
from norket.pharmacology.validation_report import by_row, words
from norket.units.quantities import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OVERVIEW = "overview"
COLOURS = {"ketamine": BLUE, "norketamine": ORANGE, "hydroxynorketamine": GREEN}
VERDICTS = {"inside": BLUE, "outside": ORANGE}
RATIOS = (0.25, 0.5, 0.67, 1.0, 1.5, 2.0, 4.0)
DRAWS, TIMES, SPAN_MIN = 400, 241, 480.0
MINUTES_AXIS_UP_TO = 240.0
WIDTH_IN, CURVE_IN, LINE_IN, ROOM_IN = 10.0, 3.0, 0.24, 1.0
ACROSS = 3
TITLE_CHARACTERS, ROOM_FOR_KEY = 44, 1.25
# So many measured times are a whole curve, which is better judged on a logarithmic axis.
WHOLE_CURVE = 6


@dataclass(frozen=True, eq=False)
class _Panel:
    """Checks on the curves of one regimen in one patient."""

    doses: tuple[str, ...]
    numbers: list[int]
    checks: list[tuple[Check, Value]]

    @property
    def title(self) -> str:
        """Which rows, and what was given."""
        numbers = ", ".join(str(number) for number in dict.fromkeys(self.numbers))
        many = "s" if len(set(self.numbers)) > 1 else ""
        return "\n".join(wrap(f"Row{many} {numbers}: {', then '.join(self.doses)}", TITLE_CHARACTERS))


def draw_all(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """One picture per group of rows and the overview, as PNG in `folder` (made if missing); answers their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {OVERVIEW: overview(outcomes)} | {slug(name): group(name, outcomes) for name in groups(outcomes)}
    paths = []
    for name, figure in pictures.items():
        paths.append(folder / f"{name}.png")
        figure.savefig(paths[-1])
    return paths


def groups(outcomes: Sequence[Outcome]) -> list[str]:
    """The names of the groups, in the order of their first rows."""
    return list(dict.fromkeys(one.group for one in outcomes))


def slug(name: str) -> str:
    """A group's name as a file name."""
    return name.lower().replace(" ", "-")


def overview(outcomes: Sequence[Outcome]) -> Figure:
    """All rows: predicted through observed, one dot per check; hollow where the model was made from the same study."""
    found = list(by_row(outcomes))
    figure = Figure(figsize=(WIDTH_IN, len(found) * LINE_IN + ROOM_IN + 0.6), dpi=100, layout="constrained")
    axes = figure.subplots()
    for place, (_, own) in enumerate(found):
        shown = [one for one in own if one.ratio is not None]
        axes.axhline(place, color=GRID, linewidth=0.8, zorder=0)
        for one in shown:
            _dot(axes, one, place)
        missing = len(own) - len(shown)
        if missing:
            axes.annotate(
                f"{missing} not computed", (1.0, place), xycoords=("axes fraction", "data"), xytext=(-4, 0),
                textcoords="offset points", ha="right", va="center", fontsize=8, color=QUIET,
            )  # fmt: skip
    _ratio_axis(axes, [f"{row}  {own[0].title}" for row, own in found])
    axes.axvspan(1 / 1.5, 1.5, color=BLUE, alpha=0.06, linewidth=0)
    axes.axvspan(1 / 1.25, 1.25, color=BLUE, alpha=0.08, linewidth=0)
    _heading(
        axes,
        "Predicted through observed, every row",
        "shaded: 1.25-fold and 1.5-fold; hollow: the model was made from the same study",
    )
    return figure


def group(name: str, outcomes: Sequence[Outcome]) -> Figure:
    """One group: its curves with the measured points, and below them every ratio with the span that counts as met."""
    own = [one for one in outcomes if one.group == name]
    dots = [one for one in own if one.ratio is not None]
    panels = _panels(name)
    across = min(len(panels), ACROSS) if len(panels) != ACROSS + 1 else (ACROSS + 1) // 2
    lines = -(-len(panels) // across) if panels else 0
    low = len(dots) * LINE_IN + ROOM_IN
    figure = Figure(figsize=(WIDTH_IN, lines * CURVE_IN + low), dpi=100, layout="constrained")
    if not panels:
        _draw_ratios(figure.subplots(), dots)
        return figure
    above, below = figure.subfigures(2, 1, height_ratios=(lines * CURVE_IN, low), squeeze=False)[:, 0]
    places = above.subplots(lines, across, squeeze=False).ravel()
    for axes, panel in zip(places, panels, strict=False):
        _draw_panel(axes, panel)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    _draw_ratios(below.subplots(), dots)
    return figure


def _panels(name: str) -> list[_Panel]:
    """The regimens of a group whose checks lie on a curve of concentration."""
    found: dict[tuple[Any, ...], _Panel] = {}
    for entry, row in rows():
        for check in (row.asked(one) for one in row.checks if row.group == name):
            on_curve = check.measure in ("cmax", "tmax", "concentration") and not check.interacting
            if on_curve:
                key = (check.doses, tuple(check.patient.items()))
                panel = found.setdefault(key, _Panel(check.doses, [], []))
                panel.numbers.append(row.row)
                panel.checks.append((check, observation(entry, check)))
    return list(found.values())


def _draw_panel(axes: "Axes", panel: _Panel) -> None:
    checks = [check for check, _ in panel.checks]
    start = min(check.from_min for check in checks)
    until = max(check.to_min or check.at_min or SPAN_MIN for check in checks)
    until = min(until, SPAN_MIN) if all(check.measure != "concentration" for check in checks) else until
    scale, unit = (1.0, "min") if until - start <= MINUTES_AXIS_UP_TO else (MINUTES_PER_HOUR, "h")
    times = np.linspace(start, until, TIMES)
    curves = list(dict.fromkeys((check.model, check.analyte) for check in checks))
    drawn: set[str] = set()
    for model, analyte in curves:
        found = predict(checks[0].person, checks[0].doses, model=model, times_min=times, draws=DRAWS)
        track = found.track(analyte)
        keep = np.ones(len(times), dtype=bool)
        for begin, end in found.unread_min:
            keep &= ~((times >= begin) & (times < end))
        colour, shown = COLOURS.get(analyte, INK), times[keep] / scale
        again = analyte in drawn and track.site == "venous"
        axes.fill_between(shown, track.p5[keep], track.p95[keep], color=colour, alpha=0.12, linewidth=0)
        axes.plot(
            shown,
            track.typical[keep],
            color=colour,
            linestyle=(0, (1, 1.3)) if again else STYLES.get(track.site, "-"),
            linewidth=1.7,
            label=f"{analyte.replace('_', ' ')} ({model}, {track.site})",
        )
        drawn.add(analyte)
    for check, seen, at in _points(panel):
        _draw_seen(axes, check, seen, at, scale)
    if any(at is not None for _, _, at in _points(panel)):
        axes.plot([], [], "o", color=QUIET, markerfacecolor="white", markersize=5, label="observed, with its spread")
    whole = sum(check.measure == "concentration" for check in checks) >= WHOLE_CURVE
    if whole:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(bottom=min(seen.value for _, seen in panel.checks if seen.value) / 2)
    else:
        axes.set_ylim(0, axes.get_ylim()[1] * ROOM_FOR_KEY)
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 1.5, 2, 3, 6, 10)))
    axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=INK)
    axes.set_ylabel("ng/mL", fontsize=8.5, color=INK)
    axes.set_title(panel.title, loc="left", fontsize=8.5, color=INK, fontweight="bold")
    axes.legend(frameon=False, fontsize=7.5, handlelength=2.6, loc="upper right", labelspacing=0.25)
    _plain(axes)


def _points(panel: _Panel) -> list[tuple[Check, Value, float | None]]:
    """The observations that have a height, each with its time in minutes where one was measured."""
    named = {check.figure: (check, seen) for check, seen in panel.checks}
    found: list[tuple[Check, Value, float | None]] = []
    for check, seen in panel.checks:
        if check.measure == "concentration":
            found.append((check, seen, check.at_min))
        elif check.measure == "cmax":
            _, timed = named.get(f"{check.figure}_time", (check, None))
            minutes = None if timed is None or timed.value is None else timed.value
            hours = timed is not None and timed.unit == "h" and minutes is not None
            found.append((check, seen, minutes * MINUTES_PER_HOUR if hours and minutes is not None else minutes))
    once = {(check.analyte, seen.value, seen.low, seen.high, at): (check, seen, at) for check, seen, at in found}
    return list(once.values())


def _draw_seen(axes: "Axes", check: Check, seen: Value, at_min: float | None, scale: float) -> None:
    colour = COLOURS.get(check.analyte, INK)
    if seen.value is None:
        if seen.low is not None and seen.high is not None:
            axes.axhspan(seen.low, seen.high, color=QUIET, alpha=0.12, linewidth=0, zorder=0)
            said = f"observed range {seen.low:g} to {seen.high:g}"
            axes.annotate(
                said, (1, seen.low), xycoords=("axes fraction", "data"), xytext=(-3, 2), textcoords="offset points",
                ha="right", va="bottom", fontsize=7.5, color=QUIET,
            )  # fmt: skip
        return
    if at_min is None:
        axes.axhline(seen.value, color=colour, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
        said = f"observed peak {seen.value:g}"
        axes.annotate(
            said, (1, seen.value), xycoords=("axes fraction", "data"), xytext=(-3, -2), textcoords="offset points",
            ha="right", va="top", fontsize=7.5, color=colour,
        )  # fmt: skip
        return
    spread = None
    if seen.low is not None and seen.high is not None:
        spread = [[seen.value - seen.low], [seen.high - seen.value]]
    axes.errorbar(
        [at_min / scale], [seen.value], yerr=spread, fmt="o", markersize=5, markerfacecolor="white",
        markeredgecolor=colour, markeredgewidth=1.4, ecolor=colour, elinewidth=0.9, capsize=2.5, zorder=5,
    )  # fmt: skip


def _draw_ratios(axes: "Axes", dots: Sequence[Outcome]) -> None:
    for place, one in enumerate(dots):
        met = (1 / one.fold, one.fold) if one.fold is not None else _observed_span(one)
        if met is not None:
            axes.plot(met, (place, place), color=GRID, linewidth=7, solid_capstyle="butt", zorder=0)
        _dot(axes, one, place)
    _ratio_axis(axes, [f"{one.row}  {words(one)} ({one.model})" for one in dots])
    _heading(
        axes, "Predicted through observed", "grey: what counts as met; hollow: the model was made from the same study"
    )


def _observed_span(one: Outcome) -> tuple[float, float] | None:
    if one.observed is None or one.low is None or one.high is None:
        return None
    return one.low / one.observed, one.high / one.observed


def _dot(axes: "Axes", one: Outcome, place: float) -> None:
    colour = VERDICTS[one.verdict]
    marker = "o" if one.verdict == "inside" else "D"
    face = colour if one.independent else "white"
    low, high = RATIOS[0], RATIOS[-1]
    shown = min(max(one.ratio or low, low), high)
    axes.plot([shown], [place], marker=marker, markersize=6, color=colour, markerfacecolor=face, markeredgewidth=1.4)


def _ratio_axis(axes: "Axes", labels: Sequence[str]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(RATIOS[0], RATIOS[-1])
    axes.axvline(1.0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_locator(FixedLocator(RATIOS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    _plain(axes)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0, labelsize=8, labelcolor=INK)


def _heading(axes: "Axes", title: str, beside: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, color=INK, fontweight="bold")
    axes.set_xlabel(f"predicted / observed; {beside}", fontsize=8.5, color=INK)


def _plain(axes: "Axes") -> None:
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
