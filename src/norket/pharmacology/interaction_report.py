"""What another drug does, route by route: as text for a terminal, as plain data, and as a picture."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from norket.pharmacology.interactions import Explanation, Interaction, Observation, RouteRatio, route_ratios
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units.dose_text import Route

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, GRID = "#1f2328", "#6b7280", "#e5e7eb"
AREA, PEAK, SEEN = "#0f5fb4", "#6b7280", "#b4540a"
ROUTES_DOWNWARD: tuple[Route, ...] = ("iv", "im", "sc", "intranasal", "sublingual", "oral")
# How far the peak's row lies below the area's, and where each panel stands on its grid.
BELOW, COLUMNS = 0.28, 2
TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
ENDS = (0.09, 4.5)


def interactions_text(known: Sequence[Interaction]) -> str:
    """One line per drug: its name, what it does to the curve, and what was measured or what to watch."""
    width = max(len(one.drug) for one in known)
    does = {"curve": "changes the curve", "none-found": "no change found", "alert-only": "alert only"}
    return "\n".join(f"{one.drug:{width}}  {does[one.kind]:<17}  {_measured(one) or one.alert}" for one in known)


def interaction_text(one: Interaction, patient: Patient) -> str:
    """What one drug does by each route, the explanations it rests on, what was measured, warnings and sources."""
    lines = [one.title, " ".join(one.entry.statement.split()), ""]
    if one.kind == "curve":
        who = f"{patient.weight_kg:g} kg"
        lines += [f"with / without, typical patient of {who} (lowest to highest of all explanations)"]
        lines += [f"{'route':<12}{'area':>22}{'peak':>22}   measured"]
        lines += [_row(ratio) for ratio in route_ratios(one.drug, patient)]
        lines += ["", "Multipliers of the intrinsic clearances"]
        lines += [f"  - {way.text}: liver x {way.liver}, gut wall x {way.gut}" for way in one.explanations]
        lines += [f"  - refuted: {way.text}: liver x {way.liver}, gut wall x {way.gut}" for way in one.refuted]
    lines += ["", "Warnings", *(f"  - {text}" for text in one.warnings)]
    certain = f"Certainty {one.entry.certainty}" + (", to be signed" if one.entry.policy else "")
    keys = dict.fromkeys(source.key for entry in one.entries for source in entry.sources)
    return "\n".join([*lines, "", f"{certain}. Sources: {', '.join(keys)}."])


def interaction_document(one: Interaction, patient: Patient | None = None) -> dict[str, Any]:
    """The same as plain data; the ratios only with a `patient` and for a drug that changes the curve."""
    document: dict[str, Any] = {
        "drug": one.drug,
        "title": one.title,
        "kind": one.kind,
        "statement": " ".join(one.entry.statement.split()),
        "certainty": one.entry.certainty,
        "policy": one.entry.policy,
        "explanations": [_way(way, refuted=False) for way in one.explanations]
        + [_way(way, refuted=True) for way in one.refuted],
        "observed": [_seen(seen) for seen in one.observed],
        "alert": one.alert,
        "warnings": list(one.warnings),
        "sources": list(dict.fromkeys(source.key for entry in one.entries for source in entry.sources)),
    }
    if patient is not None and one.kind == "curve":
        ratios = route_ratios(one.drug, patient)
        document["routes"] = {r.route: {"auc_ratio": asdict(r.auc), "cmax_ratio": asdict(r.cmax)} for r in ratios}
    return document


def draw(changing: Sequence[Interaction], patient: Patient, path: str | Path | None = None) -> "Figure":
    """A panel for each drug that changes the curve: by each route the ratio of areas and of peaks, and what was seen.

    Written to `path` if given; its ending chooses the format, and one that is not known raises `NotCoveredError`.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 -- matplotlib is slow to load and rarely needed

    if not changing:
        raise NotCoveredError("interaction_not_known", "there is no drug here that changes a curve, so nothing to draw")
    rows = -(-len(changing) // COLUMNS)
    columns = min(COLUMNS, len(changing))
    figure = Figure(figsize=(5.4 * columns, 0.9 + 3.0 * rows), dpi=150, layout="constrained", facecolor="white")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for one, panel in zip(changing, panels.flat, strict=False):
        _panel(panel, one, route_ratios(one.drug, patient))
    for panel in panels.flat[len(changing) :]:
        panel.set_visible(False)
    who = (
        f"typical patient of {patient.weight_kg:g} kg; Ashraf 2018 and its composite; ranges are proposals to be signed"
    )
    _legend(figure, panels.flat[0], who)
    figure.suptitle("Ketamine with another drug: ratio to ketamine alone", color=INK, fontsize=13, x=0.01, ha="left")
    if path is not None:
        _save(figure, Path(path))
    return figure


def _panel(panel: "Axes", one: Interaction, ratios: Sequence[RouteRatio]) -> None:
    by_route = {ratio.route: ratio for ratio in ratios}
    panel.axvline(1.0, color=INK, linewidth=0.8)
    for row, route in enumerate(ROUTES_DOWNWARD):
        ratio = by_route[route]
        for span, height, hue, mark, label in (
            (ratio.auc, row, AREA, "o", "area, computed"),
            (ratio.cmax, row + BELOW, PEAK, "s", "peak, computed"),
        ):
            panel.plot(
                [span.low, span.high], [height, height], color=hue, linewidth=3, solid_capstyle="butt", alpha=0.45
            )
            panel.plot(span.typical, height, mark, color=hue, markersize=5, label=label if row == 0 else None)
        for seen in ratio.observed:
            _mark_seen(panel, seen, row)
    panel.set_title(one.title, color=INK, fontsize=10, loc="left")
    panel.set_xscale("log")
    panel.set_xlim(*ENDS)
    panel.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS], minor=False)
    panel.minorticks_off()
    panel.set_yticks(range(len(ROUTES_DOWNWARD)), ROUTES_DOWNWARD)
    panel.set_ylim(len(ROUTES_DOWNWARD) - 0.3, -0.6)
    panel.grid(visible=True, axis="x", color=GRID, linewidth=0.8)
    panel.tick_params(colors=INK, labelsize=8, length=0)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)


def _mark_seen(panel: "Axes", seen: Observation, row: int) -> None:
    for span, height, fitted in ((seen.auc_ratio, row, seen.fitted), (seen.cmax_ratio, row + BELOW, False)):
        if span is None:
            continue
        panel.plot([span.low, span.high], [height, height], color=SEEN, linewidth=1)
        panel.plot(span.typical, height, "D", color=SEEN, markersize=5, markerfacecolor="white" if fitted else SEEN)


def _legend(figure: "Figure", panel: "Axes", about: str) -> None:
    """Under all panels; the two kinds of diamond are not on every panel."""
    handles, labels = panel.get_legend_handles_labels()
    for label, face in (("measured, multipliers fitted to it", "white"), ("measured, not fitted", SEEN)):
        handles += panel.plot([], [], "D", color=SEEN, markersize=5, markerfacecolor=face)
        labels.append(label)
    place: Literal["outside lower center"] = "outside lower center"
    columns = len(labels) if len(figure.axes) > 1 else 2
    legend = figure.legend(handles, labels, loc=place, ncols=columns, frameon=False, fontsize=8, title=about)
    legend.get_title().set(color=QUIET, fontsize=8)


def _save(figure: "Figure", path: Path) -> None:
    ending = path.suffix.removeprefix(".").lower()
    known = figure.canvas.get_supported_filetypes()
    if ending not in known:
        raise NotCoveredError("file_not_known", f"{path}: a picture is one of {', '.join(sorted(known))}")
    figure.savefig(path)


def _measured(one: Interaction) -> str:
    return "; ".join(f"{seen.route} area x {seen.auc_ratio.typical:g}" for seen in one.observed)


def _row(ratio: RouteRatio) -> str:
    seen = [f"area {one.auc_ratio}" + (f", peak {one.cmax_ratio}" if one.cmax_ratio else "") for one in ratio.observed]
    return f"{ratio.route:<12}{ratio.auc!s:>22}{ratio.cmax!s:>22}   {'; '.join(seen) or '-'}"


def _way(way: Explanation, *, refuted: bool) -> dict[str, Any]:
    return {**asdict(way), "refuted": refuted}


def _seen(seen: Observation) -> dict[str, Any]:
    return {
        "entry": seen.entry.id,
        "route": seen.route,
        "auc_ratio": asdict(seen.auc_ratio),
        "cmax_ratio": asdict(seen.cmax_ratio) if seen.cmax_ratio else None,
        "fitted": seen.fitted,
        "certainty": seen.entry.certainty,
    }
