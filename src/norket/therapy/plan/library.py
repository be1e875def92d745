"""The dose library as it is ordered from: which rows are offered, and what their limits say of an amount.

A row of form `infusion` runs over its duration; a row of form `dose` is given at once (injection, spray, under the
tongue, by mouth) and its rates are judged as if it were given within one hour. A row that is reference only, or that
lacks a limit, judges everything as unknown, which blocks like `never`.
"""

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from operator import lt
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.therapy.plan.compare import UNITS, LimitMissingError, amounts, finite
from norket.therapy.plan.order import Limit

Verdict = Literal["ok", "needs_reason", "needs_second", "never", "unknown"]
Form = Literal["infusion", "dose"]
StartUnit = Literal["mg/kg", "mg"]
LEVELS = ("soft_low", "soft_high", "cap", "ceiling")
BOLUS = tuple(f"bolus_{level}_{unit}" for level in ("cap", "ceiling") for unit in ("mg_kg", "mg"))
LOCKOUT = "orders.bolus"
MINUTES_PER_HOUR = 60.0
ABOVE: tuple[tuple[str, Verdict], ...] = (
    ("ceiling", "never"),
    ("cap", "needs_second"),
    ("soft_high", "needs_reason"),
)


class Row(BaseModel):
    """A dose row as the order form offers it. `start` is the first dose in `start_unit`, `duration_min` the usual
    duration of an infusion (None: given at once), `device_mg` what one device holds where the dose is counted in
    devices, `interval_h` the least time to the next dose of ketamine, `step` the step between sessions (None: the dose
    is not titrated), `bolus_lockout_min` the least time between two boluses (None: the row knows none)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    code: str
    label: str
    statement: str
    drug: str
    route: str
    form: Form
    start: float
    start_unit: StartUnit
    start_mg_kg: float | None
    duration_min: float | None
    step: float | None
    device_mg: float | None
    interval_h: float
    bolus_lockout_min: float | None = None
    psychiatric: bool
    indications: tuple[str, ...]
    setting: str


@dataclass(frozen=True)
class RowLimits:
    """The four levels of limits of one row, each a number in each unit."""

    form: Form
    soft_low: Limit
    soft_high: Limit
    cap: Limit
    ceiling: Limit

    @classmethod
    def of(cls, base: KnowledgeBase, row: str, on: date) -> "RowLimits":
        """The limits of an orderable row; raises `KnowledgeError` or `ValueError` for one that is not or lacks one."""
        entry = base.entry(row)
        if entry.kind != "dose" or entry.data.get("orderable") is not True:
            raise KnowledgeError(f"{row} is reference, no row to order from")
        if entry.data.get("bolus"):
            _bolus_limits(base, row, on)
        return cls(form_of(entry), *(limit_of(base, row, level, on) for level in LEVELS))

    def rate_mg_h(self, amount_mg: float, duration_min: float | None) -> float:
        """The rate (mg/h) that the limits compare; a dose at once counts as given within one hour."""
        if self.form == "dose" and duration_min is None:
            return amount_mg
        duration = finite("duration_min", duration_min)
        return amount_mg if self.form == "dose" else amount_mg / duration * MINUTES_PER_HOUR

    def verdict(
        self, *, weight_kg: float | None, amount_mg: float, duration_min: float | None, delivered_mg: float = 0.0
    ) -> Verdict:
        """What the levels say; anything that is not a finite number gives `unknown`."""
        try:
            if not math.isfinite(delivered_mg) or delivered_mg < 0:
                return "unknown"
            rate_mg_h = self.rate_mg_h(finite("amount_mg", amount_mg), duration_min)
            figures = amounts(amount_mg + delivered_mg, rate_mg_h, finite("weight_kg", weight_kg)).values()
        except LimitMissingError:
            return "unknown"
        for limits, verdict in self._above:
            if any(figure > limit for figure, limit in zip(figures, limits, strict=True)):
                return verdict
        return "needs_reason" if any(map(lt, figures, self._low)) else "ok"

    @cached_property
    def _above(self) -> tuple[tuple[tuple[float, ...], Verdict], ...]:
        """The three upper levels, the gravest first, each with what is said above it."""
        return tuple((_in_order(getattr(self, level)), verdict) for level, verdict in ABOVE)

    @cached_property
    def _low(self) -> tuple[float, ...]:
        return _in_order(self.soft_low)


def _in_order(limit: Limit) -> tuple[float, ...]:
    """A level in the order of units in which figures are computed."""
    return tuple(getattr(limit, unit) for unit in UNITS)


def form_of(entry: Entry) -> Form:
    """How a row is given; a row of an older edition says nothing and is an infusion."""
    return "dose" if entry.data.get("form") == "dose" else "infusion"


def limit_of(base: KnowledgeBase, row: str, level: str, on: date) -> Limit:
    """One level of limits of a row; a missing unit raises `KnowledgeError`."""
    return Limit(**{unit: base.figure(row, f"{level}_{unit}", on=on).value for unit in UNITS})


def judge(
    base: KnowledgeBase,
    row: str,
    *,
    weight_kg: float | None,
    amount_mg: float,
    duration_min: float | None,
    on: date,
    delivered_mg: float = 0.0,
) -> Verdict:
    """The verdict on `amount_mg` over `duration_min` (None: at once) for a row, `delivered_mg` (all routes) counted
    with it. Anything that is not a finite number, in the dose or in the row, gives `unknown`."""
    try:
        limits = RowLimits.of(base, row, on)
    except (KnowledgeError, ValueError):
        return "unknown"
    return limits.verdict(
        weight_kg=weight_kg, amount_mg=amount_mg, duration_min=duration_min, delivered_mg=delivered_mg
    )


def _bolus_limits(base: KnowledgeBase, row: str, on: date) -> None:
    """Raises `KnowledgeError` where a row that knows a bolus lacks a limit of it, the lockout among them."""
    for name in BOLUS:
        base.figure(row, name, on=on)
    base.figure(LOCKOUT, "lockout_min", on=on)


def bolus_lockout_min(base: KnowledgeBase, entry: Entry, on: date) -> float | None:
    """How long (min) one bolus of a row waits for the next; None where it knows no bolus or nobody knows how long."""
    try:
        return base.figure(LOCKOUT, "lockout_min", on=on).value if entry.data.get("bolus") else None
    except KnowledgeError:
        return None


def rows(base: KnowledgeBase, on: date, switched_on: frozenset[str] = frozenset()) -> tuple[Row, ...]:
    """The rows that can be ordered, in the order of the knowledge base; a row lacking a limit is not among them, and
    one that is off by default only when `switched_on` names its code."""
    found = (_row(base, entry, on) for entry in base.of_kind("dose") if is_on(entry, switched_on))
    return tuple(row for row in found if row is not None)


def is_on(entry: Entry, switched_on: frozenset[str]) -> bool:
    """Whether a row is offered at all in this clinic."""
    return entry.data.get("orderable") is True and (
        not entry.data.get("off_by_default") or entry.data["row"] in switched_on
    )


def figure_or_none(base: KnowledgeBase, row: str, name: str, on: date) -> float | None:
    """A figure that a row may have; None where it has none."""
    named = any(value.name == name for value in base.entry(row).values)
    return base.figure(row, name, on=on).value if named else None


def start_of(base: KnowledgeBase, row: str, on: date, *, older: bool = False) -> tuple[float, StartUnit]:
    """The first dose of a row with its unit; `older` gives the lower one of a frail or older person."""
    name = "start_frail_or_65" if older else "start"
    per_kg = figure_or_none(base, row, f"{name}_mg_kg", on)
    return (per_kg, "mg/kg") if per_kg is not None else (base.figure(row, f"{name}_mg", on=on).value, "mg")


def is_older(base: KnowledgeBase, row: str, on: date, *, frail: bool, age_y: float) -> bool:
    """Whether the lower start of a row is meant: for a frail person, and from the age (a) that the row names."""
    return frail or age_y >= base.figure(row, "older_age_a", on=on).value


def _row(base: KnowledgeBase, entry: Entry, on: date) -> Row | None:
    """The row as offered, or None where a figure that ordering needs is missing."""
    row, form = entry.id, form_of(entry)
    try:
        RowLimits.of(base, row, on)
        start, unit = start_of(base, row, on)
        step = figure_or_none(base, row, f"step_{'mg_kg' if unit == 'mg/kg' else 'mg'}", on)
        return Row(
            id=row,
            code=entry.data["row"],
            label=entry.data["label"],
            statement=entry.statement,
            drug=entry.data["drug"],
            route=entry.data["route"],
            form=form,
            start=start,
            start_unit=unit,
            start_mg_kg=start if unit == "mg/kg" else None,
            duration_min=base.figure(row, "duration_min", on=on).value if form == "infusion" else None,
            step=step,
            device_mg=figure_or_none(base, row, "device_mg", on),
            interval_h=base.figure(row, "interval_h", on=on).value,
            bolus_lockout_min=bolus_lockout_min(base, entry, on),
            psychiatric=entry.data["psychiatric"],
            indications=tuple(entry.data.get("indications", ())),
            setting=entry.data["setting"],
        )
    except (KnowledgeError, ValueError):
        return None
