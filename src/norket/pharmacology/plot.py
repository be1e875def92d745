"""Draws a prediction: curves with their bands, named where they end, above the doses.

A model keeps its colour and a site its line style in every picture: arterial is drawn through, venous is dashed, the
effect site is dotted. What may not be read just after a bolus is hatched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from norket.pharmacology.doses import Dose
from norket.pharmacology.envelope import ANY_SITE, Together
from norket.pharmacology.plot_parts import (
    GRID,
    INK,
    QUIET,
    Label,
    dose_label,
    draw_doses,
    draw_key,
    draw_labels,
    draw_seen,
    draw_targets,
    hatch_unread,
)
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target_ranges import TargetRange
from norket.pharmacology.track import Floats, Track
from norket.units.quantities import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Hues that stay apart in every common colour blindness (Okabe and Ito); the line style says the site without them.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, BROWN = "#C98A00", "#56B4E9", "#7A4B2A"
COLOURS = {
    "ensemble": INK,
    "kamp_2020": BLUE,
    "otto_2021": ORANGE,
    "simons_2022": GREEN,
    "perez_ruixo_2021": PINK,
    "ashraf_2018": AMBER,
    "adult_arterial": SKY,
    "adult_venous": BROWN,
    "herd_2007": BLUE,
    "flint_2017": GREEN,
    "brunette_2011": PINK,
}
OF_ANALYTE = {"ketamine": BLUE, "effect_site": BLUE, "norketamine": ORANGE, "hydroxynorketamine": GREEN}
OF_SITE = {"arterial": BLUE, "venous": ORANGE}
STYLES: dict[str, Any] = {"arterial": "-", "venous": (0, (6, 2.2)), "effect site": (0, (1.2, 1.6))}
OTHER_STYLE: Any = (0, (3, 1.5, 1, 1.5))
ORDER = ("ketamine", "effect_site", "norketamine", "hydroxynorketamine")
SHARED = {"effect_site": "ketamine"}
MINUTES_AXIS_UP_TO = 240.0
NAMED_DOSES = 3
MARGIN = 0.01
HEADROOM = 1.08
MOST_SHOWN, LEAST_SHOWN = 1000.0, 30.0
WIDTH_IN, FIRST_PANEL_IN, PANEL_IN, LANE_IN, WORDS_IN = 11.0, 4.0, 2.3, 0.45, 1.2
ONE_PANEL_IN = 5.0
ENSEMBLE = "ensemble"
NAMED_AT_THEIR_ENDS = 5
FOUND_WITH_RACEMATE = "Target ranges were found with the racemate; S-ketamine does the same at about half of them."
# Of effects a picture takes these units first, and leaves out what nobody would feel.
UNITS, MOST_UNITS, LEAST_FELT = ("1", "mmHg", "/min"), 3, 0.1


class EffectCurve(Protocol):
    """What is drawn of an effect."""

    @property
    def title(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def times_min(self) -> Floats: ...
    @property
    def p5(self) -> Floats: ...
    @property
    def p50(self) -> Floats: ...
    @property
    def p95(self) -> Floats: ...


@dataclass(frozen=True)
class Seen:
    """A measured concentration to be drawn: `value` ng/mL at `time_min`, with its spread where one was printed."""

    analyte: str
    time_min: float
    value: float
    low: float | None = None
    high: float | None = None
    label: str = "observed"


@dataclass(frozen=True, eq=False)
class Scene:
    """What is drawn. `targets` are ranges of concentration, `seen` measured points, `effects` go below the curves."""

    times_min: Floats
    tracks: Sequence[Track]
    doses: Sequence[Dose]
    about: str
    unread_min: Sequence[tuple[float, float]] = ()
    together: Together | None = None
    log: bool = False
    targets: Sequence[TargetRange] = ()
    seen: Sequence[Seen] = ()
    effects: Mapping[str, EffectCurve] = field(default_factory=dict)


@dataclass(frozen=True)
class _Panel:
    """The analytes that share one pair of axes."""

    title: str
    analytes: tuple[str, ...]


def draw(scene: Scene, path: str | Path | None = None) -> Figure:
    """The figure of a scene, written to `path` if given.

    The ending chooses the format, and one that is not known raises `NotCoveredError`. Concentration axes end above the
    highest value that may be read; what the spans after a bolus have above it is cut off, and the figure says so.
    """
    shown = [track for track in scene.tracks if track.enantiomer == "S + R" and not _is_copy(track, scene)]
    panels = _panels(shown, scene)
    groups, untold = _effect_groups(list(scene.effects.values()))
    first = ONE_PANEL_IN if len(panels) == 1 else FIRST_PANEL_IN
    heights = [first] + [PANEL_IN] * (len(panels) + len(groups) - 1) + [LANE_IN]
    figure = Figure(figsize=(WIDTH_IN, sum(heights) + WORDS_IN), dpi=150, layout="constrained", facecolor="white")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    start, end = float(scene.times_min[0]), float(scene.times_min[-1])
    scale, unit = (1.0, "min") if end - start <= MINUTES_AXIS_UP_TO else (MINUTES_PER_HOUR, "h")
    margin = MARGIN * (end - start or 1.0)
    axes[0].set_xlim((start - margin) / scale, (end + margin) / scale)
    for panel, one in zip(panels, axes, strict=False):
        _draw_panel(one, panel, shown, scene, scale)
    for own, one in zip(groups, axes[len(panels) : -1], strict=True):
        _draw_effects(one, own, scale)
    draw_doses(axes[-1], scene.doses, end, scale)
    axes[-1].set_xlabel(f"time ({unit})", color=INK)
    axes[-1].xaxis.set_major_locator(MaxNLocator(9, steps=(1, 1.5, 3, 6, 10) if scale == 1 else (1, 2, 3, 4, 6, 10)))
    _title(axes[0], scene)
    notes = [*_notes(shown, scene), *([f"Effects not drawn: {', '.join(untold)}."] if untold else [])]
    figure.supxlabel("\n".join(notes), x=0.01, ha="left", fontsize=7.5, color=QUIET)
    if path is not None:
        _save(figure, Path(path))
    return figure


def _panels(shown: Sequence[Track], scene: Scene) -> list[_Panel]:
    """One for all analytes, or one each when several models are side by side or axes are logarithmic."""
    names = list(dict.fromkeys(SHARED.get(track.analyte, track.analyte) for track in shown))
    names.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    present = {track.analyte for track in shown}
    with_site = {
        name: (name, *(also for also, home in SHARED.items() if home == name and also in present)) for name in names
    }
    if scene.together is None:
        return [_Panel(" and ".join(names), tuple(also for name in names for also in with_site[name]))]
    return [_Panel(name, with_site[name]) for name in names]


def _is_copy(track: Track, scene: Scene) -> bool:
    """Whether a mixture has one part only, which is drawn itself."""
    return track.model == ENSEMBLE and len(_beside(track, scene)) == 1


def _beside(track: Track, scene: Scene) -> list[Track]:
    """The tracks of the models that count, of the same analyte and site."""
    members = scene.together.members if scene.together else ()
    return [
        one for one in scene.tracks if (one.analyte, one.site) == (track.analyte, track.site) and one.model in members
    ]


def _draw_panel(axes: "Axes", panel: _Panel, shown: Sequence[Track], scene: Scene, scale: float) -> None:
    own = [track for track in shown if track.analyte in panel.analytes]
    times = scene.times_min / scale
    if scene.together is not None and scene.together.kind != ENSEMBLE:
        _draw_envelopes(axes, scene.together, panel, times)
    labels = []
    named: set[str] = set()
    for track in own:
        labels.append(_draw_track(axes, track, times, scene, first=track.analyte not in named))
        named.add(track.analyte)
    targets = [one for one in scene.targets if one.analyte in panel.analytes]
    seen = [one for one in scene.seen if one.analyte in panel.analytes]
    _set_heights(axes, own, scene, [*(one.low for one in targets), *(one.value for one in seen)])
    draw_targets(axes, targets)
    draw_seen(axes, seen, scale)
    if _is_cut(own, scene):
        hatch_unread(axes, scene.unread_min, scale)
    _dress(axes, f"{panel.title.replace('_', ' ')} (ng/mL)" if scene.together else "concentration (ng/mL)")
    if len(labels) <= NAMED_AT_THEIR_ENDS:
        draw_labels(axes, labels)
    else:
        draw_key(axes, labels)


def _set_heights(axes: "Axes", own: Sequence[Track], scene: Scene, others: Sequence[float]) -> None:
    top = _top(own, scene)
    bottom = 0.0
    if scene.log:
        axes.set_yscale("log")
        bottom = _bottom(own, top)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.set_ylim(bottom, max([top, *(one * HEADROOM for one in others)]))


def _draw_track(axes: "Axes", track: Track, times: Floats, scene: Scene, *, first: bool) -> Label:
    together = scene.together
    mixed = track.model == ENSEMBLE
    alone = together is not None and track.model in together.members and len(_beside(track, scene)) == 1
    banded = track.analyte != "effect_site" and (mixed or alone or (together is None and first))
    colour, fill, width = _look(track, together, banded=banded)
    if banded:
        axes.fill_between(times, track.p5, track.p95, color=fill, alpha=0.15, linewidth=0)
    curve = track.p50 if banded else track.typical
    name = track.analyte.replace("_", " ")
    style = STYLES.get(track.site, OTHER_STYLE)
    who = name if track.site == name else f"{track.site} {name}"
    (line,) = axes.plot(times, curve, color=colour, linewidth=width, linestyle=style, label=f"{who} ({track.model})")
    said = f"{track.model}, {track.site}" if together else f"{who}\n{track.model}"
    return Label(said + (", band" if banded else ""), float(curve[-1]), colour, bold=banded, line=line)


def _look(track: Track, together: Together | None, *, banded: bool) -> tuple[str, str, float]:
    """Colour of the line, colour of the band, width. A model keeps its colour; alone, an analyte has it."""
    if together is None:
        colour = OF_ANALYTE.get(track.analyte, QUIET)
        return colour, colour, 2.4 if banded else 1.3
    if track.model in together.apart:
        return QUIET, QUIET, 0.9
    colour = COLOURS.get(track.model, QUIET)
    return colour, OF_SITE.get(track.site, QUIET), 2.6 if track.model == ENSEMBLE else 1.6


def _draw_envelopes(axes: "Axes", together: Together, panel: _Panel, times: Floats) -> None:
    for one in together.envelopes:
        if one.analyte in panel.analytes and one.site != ANY_SITE and one.analyte not in SHARED and len(one.models) > 1:
            label = f"envelope of {len(one.models)} {one.site} models"
            colour = OF_SITE.get(one.site, QUIET)
            axes.fill_between(times, one.low, one.high, color=colour, alpha=0.13, linewidth=0, label=label)


def _readable(scene: Scene) -> Any:
    unread = np.zeros(len(scene.times_min), dtype=bool)
    for start, end in scene.unread_min:
        unread |= (scene.times_min >= start) & (scene.times_min < end)
    return ~unread if not unread.all() else ~np.zeros_like(unread)


def _tops(own: Sequence[Track]) -> Floats:
    highest: Floats = np.max([np.maximum(track.typical, track.p95) for track in own], axis=0)
    return highest


def _top(own: Sequence[Track], scene: Scene) -> float:
    highest = _tops(own)
    return float(highest[_readable(scene)].max() if _is_cut(own, scene) else highest.max()) * HEADROOM


def _is_cut(own: Sequence[Track], scene: Scene) -> bool:
    highest, readable = _tops(own), _readable(scene)
    return not readable.all() and highest[~readable].max() > highest[readable].max() * HEADROOM


def _bottom(own: Sequence[Track], top: float) -> float:
    """A power of ten below what the curves fall to after their tops, one and a half to three decades below the top."""
    lows = [track.p50[np.argmax(track.p50) :] for track in own]
    least = min((float(low[low > 0].min()) for low in lows if (low > 0).any()), default=top)
    return float(10 ** np.floor(np.log10(np.clip(least, top / MOST_SHOWN, top / LEAST_SHOWN))))


def _effect_groups(effects: Sequence[EffectCurve]) -> tuple[list[list[EffectCurve]], list[str]]:
    """The effects that are drawn, by unit, and the titles of those that are not: next to nothing, or too many units."""
    felt = [one for one in effects if one.unit != "1" or float(one.p95.max()) >= LEAST_FELT]
    units = sorted(dict.fromkeys(one.unit for one in felt), key=lambda unit: (*UNITS, unit).index(unit))[:MOST_UNITS]
    groups = [[one for one in felt if one.unit == unit] for unit in units]
    drawn = {one.title for own in groups for one in own}
    return groups, [one.title for one in effects if one.title not in drawn]


def _draw_effects(axes: "Axes", own: Sequence[EffectCurve], scale: float) -> None:
    labels = []
    for number, one in enumerate(own):
        colour = (BLUE, ORANGE, GREEN, PINK, AMBER, SKY, BROWN)[number % 7]
        times = one.times_min / scale
        axes.fill_between(times, one.p5, one.p95, color=colour, alpha=0.12, linewidth=0)
        (line,) = axes.plot(times, one.p50, color=colour, linewidth=1.8, label=one.title)
        labels.append(Label(one.title, float(one.p50[-1]), colour, bold=False, line=line))
    unit = "part of maximum" if own[0].unit == "1" else own[0].unit
    axes.set_ylim(bottom=min([0.0, *(float(one.p5.min()) for one in own)]))
    _dress(axes, f"effect ({unit})")
    if len(labels) <= NAMED_AT_THEIR_ENDS:
        draw_labels(axes, labels)
    else:
        draw_key(axes, labels)


def _title(axes: "Axes", scene: Scene) -> None:
    named = "; ".join(dose_label(dose) for dose in scene.doses[:NAMED_DOSES])
    more = f"; and {len(scene.doses) - NAMED_DOSES} more" if len(scene.doses) > NAMED_DOSES else ""
    axes.set_title(named + more, loc="left", fontsize=12, color=INK, fontweight="bold", pad=20)
    axes.text(0, 1.015, scene.about, transform=axes.transAxes, fontsize=9, color=QUIET, va="bottom")


def _notes(shown: Sequence[Track], scene: Scene) -> list[str]:
    """What must stand below a picture: what the bands are, and what each model takes for granted."""
    notes = [_band_note(shown, scene.together)]
    if any(_is_cut([track], scene) for track in shown):
        notes.append("Hatched: just after a bolus. Curves are cut off there; peaks are not to be read.")
    if any(one.enantiomer == "S + R" for one in scene.targets) and any(one.drug == "esketamine" for one in scene.doses):
        notes.append(FOUND_WITH_RACEMATE)
    if scene.together is not None and scene.together.apart:
        notes.append(f"Thin grey, not counted: {', '.join(scene.together.apart)}.")
    assumed: dict[str, list[str]] = {}
    for track in shown:
        if track.assumption and track.model != ENSEMBLE and track.model not in assumed.get(track.assumption, []):
            assumed.setdefault(track.assumption, []).append(track.model)
    return [*notes, *(f"{', '.join(models)}: {said}." for said, models in assumed.items())]


def _band_note(shown: Sequence[Track], together: Together | None) -> str:
    if together is None:
        return "Bands: 5th to 95th percentile between patients, with the median; thin lines: typical patient."
    if any(track.model == ENSEMBLE for track in shown):
        return (
            "Black with band: ensemble (median, 5th to 95th percentile), every model with equal weight, arterial and "
            "venous apart; thin lines: typical patient of each model."
        )
    return "Shaded: lowest 5th to highest 95th percentile of the models of one site; lines: typical patient of each."


def _dress(axes: "Axes", label: str) -> None:
    axes.set_ylabel(label, color=INK, fontsize=9.5)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=9)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)


def _save(figure: Figure, path: Path) -> None:
    known = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in known:
        raise NotCoveredError("file_not_known", f"{path}: the ending must be one of {', '.join(sorted(known))}")
    figure.savefig(path)
