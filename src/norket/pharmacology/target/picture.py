"""Draws a plan: the curve in its target range with its band, above the rates of the pump."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from norket.pharmacology.patient import Patient
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.target.allowed import SEARCHED_CHANGES, Limits
from norket.pharmacology.target.parts import Step, WakeUp
from norket.pharmacology.track import Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, QUIET, GRID, CURVE, RANGE = "#1f2328", "#6b7280", "#e5e7eb", "#0f5fb4", "#2e7d4f"
DPI = 100
TAIL_MIN = 60.0
HEADROOM = 1.08
# More rates than a nurse can follow have no room for their names.
NAMED = SEARCHED_CHANGES + 1
WORDS = "A plan is never an order."


class Drawn(Protocol):
    """What of a plan is drawn."""

    @property
    def patient(self) -> Patient: ...
    @property
    def target_ng_ml(self) -> float: ...
    @property
    def enantiomer(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def horizon_min(self) -> float: ...
    @property
    def in_range_by_min(self) -> float: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def steps(self) -> tuple[Step, ...]: ...
    @property
    def bolus_mg(self) -> float: ...
    @property
    def total_mg(self) -> float: ...
    @property
    def reached(self) -> bool: ...
    @property
    def prediction(self) -> Prediction: ...
    @property
    def wake_up(self) -> WakeUp: ...
    @property
    def track(self) -> Track: ...


def draw(plan: Drawn, path: str | Path | None = None) -> Figure:
    """The figure, written to `path` if given; an ending that is not known raises `NotCoveredError`."""
    figure = Figure(figsize=(8.8, 5.6), dpi=DPI, layout="constrained", facecolor="white")
    curves, rates = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    _curves(curves, plan)
    _rates(rates, plan)
    _dress(figure, curves, rates, plan)
    if path is not None:
        _save(figure, Path(path))
    return figure


def _curves(axes: "Axes", plan: Drawn) -> None:
    times, track = plan.prediction.times_min, plan.track
    shown = times <= _end(plan)
    low, high = (plan.target_ng_ml * (1 + sign * plan.tolerance) for sign in (-1, 1))
    span = (plan.in_range_by_min, plan.horizon_min)
    label = f"target {plan.target_ng_ml:g} ng/mL, within {plan.tolerance:.0%}"
    axes.fill_between(span, low, high, color=RANGE, alpha=0.22, linewidth=0, label=label)
    axes.plot(span, [plan.target_ng_ml] * 2, color=RANGE, linewidth=1.0, linestyle=(0, (1, 2)))
    band = "5th–95th percentile of patients"
    axes.fill_between(times[shown], track.p5[shown], track.p95[shown], color=CURVE, alpha=0.13, linewidth=0, label=band)
    axes.plot(times[shown], track.typical[shown], color=CURVE, linewidth=2.2, label="typical patient")
    readable = np.ones(shown.sum(), dtype=bool)
    for start, end in plan.prediction.unread_min:
        readable &= (times[shown] < start) | (times[shown] >= end)
        axes.axvspan(start, end, facecolor="none", edgecolor=QUIET, alpha=0.35, hatch="////", linewidth=0)
    axes.set_ylim(0, max(high, float(track.p95[shown][readable].max())) * HEADROOM)
    wake = plan.wake_up
    axes.axhline(wake.below_ng_ml, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.annotate(
        f"{wake.below_ng_ml:g} ng/mL", (_end(plan), wake.below_ng_ml), xytext=(-2, 3), textcoords="offset points",
        ha="right", fontsize=8.5, color=QUIET,
    )  # fmt: skip


def _end(plan: Drawn) -> float:
    """The end of the plan, and what follows until nearly all patients are below the level that was asked for."""
    wake = plan.wake_up
    after = wake.looked_min if wake.p95_min is None else max(wake.p95_min, TAIL_MIN)
    return min(plan.horizon_min + after, float(plan.prediction.times_min[-1]))


def _rates(axes: "Axes", plan: Drawn) -> None:
    highest = max(step.rate_mg_h for step in plan.steps)
    edges = [*(step.at_min for step in plan.steps), plan.horizon_min]
    rates = [step.rate_mg_h for step in plan.steps]
    axes.stairs(rates, edges, color=INK, alpha=0.16, linewidth=0, fill=True)
    axes.stairs(rates, edges, color=INK, linewidth=1.8, baseline=None)
    for step in plan.steps if len(plan.steps) <= NAMED else ():
        volume = "" if step.rate_ml_h is None else f"{step.rate_ml_h:g} mL/h\n"
        axes.annotate(
            f"{volume}{step.rate_mg_h:g} mg/h", (step.at_min + step.for_min / 2, step.rate_mg_h), xytext=(0, 4),
            textcoords="offset points", ha="center", fontsize=8.5, color=INK, clip_on=False,
        )  # fmt: skip
    if plan.bolus_mg:
        axes.plot([0], [0], marker="^", color=INK, markersize=8, clip_on=False)
        axes.annotate(
            f"bolus {plan.bolus_mg:g} mg", (0, 0), xytext=(8, 3), textcoords="offset points", fontsize=8.5, color=INK
        )
    axes.set_ylim(0, highest * (1.7 if plan.limits.concentration_mg_ml is None else 2.2))


def _dress(figure: Figure, curves: "Axes", rates: "Axes", plan: Drawn) -> None:
    what = "ketamine (S + R)" if plan.enantiomer == "S + R" else "S-ketamine"
    held = "" if plan.reached else " NOT REACHED."
    curves.set_title(f"{WORDS}{held}", loc="left", fontsize=12, color=INK, fontweight="bold")
    who = f"{plan.patient.weight_kg:g} kg, {plan.patient.age_y:g} years, {plan.patient.sex}"
    curves.set_title(f"{who}; {plan.prediction.draws} virtual patients", loc="right", fontsize=9, color=QUIET)
    curves.set_ylabel(f"{what}, {plan.track.site}\n(ng/mL, {plan.model})", color=INK)
    rates.set_ylabel("rate (mg/h)", color=INK)
    rates.set_xlabel(f"time (min); {plan.total_mg:.1f} mg in all", color=INK)
    curves.set_xlim(-0.01 * _end(plan), _end(plan))
    rates.xaxis.set_major_locator(MaxNLocator(9, steps=(1, 1.5, 3, 6, 10)))
    curves.yaxis.set_major_locator(MaxNLocator(6))
    rates.yaxis.set_major_locator(MaxNLocator(3))
    curves.grid(axis="y", color=GRID, linewidth=0.8)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9, labelcolor=INK)
    for axes in (curves, rates):
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
