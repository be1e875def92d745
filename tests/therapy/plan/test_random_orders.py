"""Any order at all: none above a ceiling is accepted, none without a number for each limit and for the weight, and a
slip of a digit is stopped.

A part of the run goes through `RowLimits.verdict`, which is the body of `judge`, with the limits of each row read once;
a sample of it through `judge` itself and a further one through `draft_order` and `sign`, which answer the same. What is
expected is computed here alone, over whole arrays.
"""

import math
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.compare import UNITS
from norket.therapy.plan.library import LEVELS, RowLimits, Verdict, figure_or_none, judge, limit_of
from norket.therapy.plan.limits import DraftError, draft_order, sign
from norket.therapy.plan.preparation import Preparation, check
from norket.units import DoseTextError, NumberError, render_number

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BASE = knowledge.read()
ROWS = tuple(entry for entry in BASE.of_kind("dose") if entry.data["orderable"])
ALL_ON = frozenset({"D07", "D08"})
DOCTOR = Actor(id="doc", name="Pia", roles=frozenset({"prescriber"}))
SECOND = Actor(id="ana", name="Ana", roles=frozenset({"anaesthetist"}))
NO_NUMBERS: tuple[Any, ...] = (None, math.nan, math.inf, -math.inf, 0.0, -70.0, "70", "abc", True)
SLIPS = (10, 100, 1000)
BLOCK = 50_000
Floats = NDArray[np.float64]


def log_uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Floats:
    return np.exp(rng.uniform(math.log(low), math.log(high), n))


def expected(row: RowLimits, weight: Floats, amount: Floats, minutes: Floats, before: Floats) -> tuple[Any, Any]:
    """The verdicts computed over whole arrays, and where a figure lies so near a limit that rounding decides."""
    rate = amount if row.form == "dose" else amount / minutes * 60
    figures = np.stack([(amount + before) / weight, amount + before, rate, rate / weight])
    found, near = np.full(len(weight), "ok", dtype=object), np.zeros(len(weight), dtype=bool)
    for level, verdict in (
        ("soft_low", "needs_reason"),
        ("soft_high", "needs_reason"),
        ("cap", "needs_second"),
        ("ceiling", "never"),
    ):
        limit = np.array([getattr(getattr(row, level), unit) for unit in UNITS])[:, None]
        past = (figures < limit if level == "soft_low" else figures > limit).any(axis=0)
        found[past] = verdict
        near |= (np.abs(figures / limit - 1) < 1e-8).any(axis=0)
    return found, near


def run_block(entry: Any, rng: np.random.Generator, n: int, seen: Counter[str]) -> None:
    """`n` random orders of one row, one in fifty with something that is no number."""
    row = RowLimits.of(BASE, entry.id, TODAY)
    weight, amount = log_uniform(rng, 5, 1000, n), log_uniform(rng, 1e-2, 1e5, n)
    minutes, before = log_uniform(rng, 0.5, 1e4, n), np.where(rng.random(n) < 0.8, 0.0, log_uniform(rng, 1, 500, n))
    want, near = expected(row, weight, amount, minutes, before)
    once = row.form == "dose"
    for i, (kg, mg, long_min, had) in enumerate(
        zip(weight.tolist(), amount.tolist(), minutes.tolist(), before.tolist(), strict=True)
    ):
        given: dict[str, Any] = {
            "weight_kg": kg, "amount_mg": mg, "duration_min": None if once else long_min, "delivered_mg": had,
        }  # fmt: skip
        broken = i % 50 == 0
        if broken:
            name = ("weight_kg", "amount_mg", "duration_min", "delivered_mg")[(i // 50) % 4]
            values = NO_NUMBERS[1:4] if name == "delivered_mg" else NO_NUMBERS[once and name == "duration_min" :]
            given[name] = values[(i // 200) % len(values)]
        said = row.verdict(**given)
        seen[said] += 1
        assert said == "unknown" if broken else said == want[i] or near[i], (entry.id, given, said)
        if i % 1000 == 0:
            assert judge(BASE, entry.id, on=TODAY, **given) == said


def random_orders(total: int, seed: int) -> Counter[str]:
    """The whole run in blocks, the rows in turn."""
    rng, seen, done, turn = np.random.default_rng(seed), Counter[str](), 0, 0
    while done < total:
        n = min(BLOCK, total - done, max(1, total // len(ROWS)))
        run_block(ROWS[turn % len(ROWS)], rng, n, seen)
        done, turn = done + n, turn + 1
    return seen


def test_no_random_order_passes_a_ceiling_or_lacks_a_number() -> None:
    seen = random_orders(60_000, seed=1)
    assert sum(seen.values()) == 60_000
    assert all(seen[verdict] > 0 for verdict in ("ok", "needs_reason", "needs_second", "never", "unknown"))


@pytest.mark.long
def test_none_of_ten_million_random_orders_passes_a_ceiling_or_lacks_a_number() -> None:
    seen = random_orders(10_000_000, seed=2)
    assert sum(seen.values()) == 10_000_000


# ---- damaged rows --------------------------------------------------------------------------------------------------


def damaged(row: str, level: str, unit: str, value: Any) -> KnowledgeBase:
    """The base with one limit of one row gone, or with something that is no number in its place."""
    entry, name = BASE.entry(row), f"{level}_{unit}"
    values = tuple(
        one.model_copy(update={"value": value}) if one.name == name else one
        for one in entry.values
        if one.name != name or value != "gone"
    )
    changed = entry.model_copy(update={"values": values})
    entries = tuple(changed if one is entry else one for one in BASE.entries)
    return KnowledgeBase("damaged", entries, BASE.references)


def no_order_of_damaged_rows(every: int) -> int:
    """Each limit of each row, damaged in each way: nothing at all is accepted. `every`-th of them is tried."""
    rng, tried = np.random.default_rng(3), 0
    ways = ("gone", *NO_NUMBERS)
    places = [(row, level, unit, way) for row in ROWS for level in LEVELS for unit in UNITS for way in ways]
    for row, level, unit, way in places[::every]:
        base = damaged(row.id, level, unit, way)
        for kg, mg in zip(log_uniform(rng, 30, 250, 3), log_uniform(rng, 1, 200, 3), strict=True):
            minutes = None if row.data["form"] == "dose" else 60.0
            said = judge(base, row.id, weight_kg=float(kg), amount_mg=float(mg), duration_min=minutes, on=TODAY)
            assert said == "unknown", (row.id, level, unit, way)
            tried += 1
    return tried


def test_a_row_with_a_damaged_limit_accepts_no_order() -> None:
    assert no_order_of_damaged_rows(every=23) > 200


@pytest.mark.long
def test_no_row_with_any_limit_damaged_in_any_way_accepts_an_order() -> None:
    assert no_order_of_damaged_rows(every=1) == len(ROWS) * len(LEVELS) * len(UNITS) * (len(NO_NUMBERS) + 1) * 3


# ---- slips of a digit ----------------------------------------------------------------------------------------------


def usual(entry: Any, rng: np.random.Generator) -> dict[str, Any]:
    """An order as it is usually written by this row: inside the usual range, in the usual time, for a usual weight."""
    data, device_mg = entry.data, figure_or_none(BASE, entry.id, "device_mg", TODAY)
    kg = round(float(rng.uniform(45, 110)), 1)
    low, high = (limit_of(BASE, entry.id, level, TODAY) for level in ("soft_low", "soft_high"))
    per_kg = max(low.mg_kg, low.mg / kg), min(high.mg_kg, high.mg / kg)
    mg_kg = float(rng.uniform(*per_kg))
    in_mg = device_mg is not None or rng.random() < 0.5
    amount = device_mg * int(rng.integers(1, 4)) if device_mg else round(mg_kg * (kg if in_mg else 1), 3)
    made = {"amount": amount, "unit": "mg" if in_mg else "mg/kg", "weight_kg": kg, "minutes": None}
    if data["form"] == "infusion":
        span = BASE.figure(entry.id, "duration_min", on=TODAY)
        made["minutes"] = round(float(rng.uniform(span.low or span.value, span.high or span.value)), 0)
    return made | {"strength": 1.0 if data["route"] == "iv" else 10.0 if data["route"] in ("im", "sc") else None}


def signs(entry: Any, order: dict[str, Any]) -> Verdict | str:
    """The verdict on an order that one prescriber signs without a word, or how it fails before that."""
    drug = "" if entry.data["drug"] == "ketamine" else f"{entry.data['drug']} "
    try:
        over = "" if order["minutes"] is None else f" over {render_number(order['minutes'])} min"
        text = f"{drug}{render_number(order['amount'])} {order['unit']} {entry.data['route']}{over}"
        made = draft_order(
            row=entry.id, dose_text=text, weight_kg=order["weight_kg"], weight_measured_on=TODAY, frail=False,
            age_y=45.0, concentration_mg_ml=order["strength"], base=BASE, on=TODAY, first_session=False,
            switched_on=ALL_ON,
        )  # fmt: skip
    except (DraftError, DoseTextError, NumberError, ValueError) as error:
        return type(error).__name__
    signed = sign(made, by=DOCTOR, now=NOW, order_id="o", policy_signed=True)
    assert isinstance(signed, Refused) == (made.verdict != "ok")
    return made.verdict


def slipped(order: dict[str, Any], what: str, times: int) -> dict[str, Any]:
    """The order with one figure wrong by a power of ten: too much, too fast, or for a weight that is too high."""
    if what == "minutes":
        return order | {"minutes": round(order["minutes"] / times, 3)}
    return order | {what: round(order[what] * times, 3)}


def planted(total: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """How the slips of `total` usual orders end, and how the orders themselves did."""
    rng, ends, before = np.random.default_rng(seed), Counter[str](), Counter[str]()
    for n in range(total):
        entry, times = ROWS[n % len(ROWS)], SLIPS[n // len(ROWS) % len(SLIPS)]
        order = usual(entry, rng)
        places = ["amount", "weight_kg", *(["minutes"] if order["minutes"] else [])]
        before[signs(entry, order)] += 1
        ends[signs(entry, slipped(order, places[int(rng.integers(len(places)))], times))] += 1
    return ends, before


def share_stopped(ends: Counter[str]) -> float:
    return 1 - ends["ok"] / sum(ends.values())


def test_a_slip_of_a_power_of_ten_is_stopped() -> None:
    ends, before = planted(600, seed=4)
    assert share_stopped(ends) >= 0.999, ends
    assert before["ok"] / before.total() > 0.99, before  # else all would be stopped, slip or none


@pytest.mark.long
def test_of_many_planted_slips_all_but_one_in_a_thousand_are_stopped() -> None:
    ends, before = planted(10_000, seed=5)
    assert share_stopped(ends) >= 0.999, ends
    assert before["ok"] / before.total() > 0.98, before


@pytest.mark.parametrize("times", SLIPS)
@pytest.mark.parametrize("what", ["label_mg_ml", "stated_mg", "vial_ml", "diluent_ml"])
@pytest.mark.parametrize("vial", ["ketamine-10", "ketamine-50", "ketamine-100"])
def test_a_slip_in_the_strength_of_a_syringe_is_stopped(vial: str, what: str, times: int) -> None:
    strength = float(vial.removeprefix("ketamine-"))
    made = {"vial_ml": 50 / strength, "diluent_ml": 50 - 50 / strength, "stated_mg": 50.0, "label_mg_ml": 1.0}
    for factor, states in ((1, {"clear"}), (times, {"clear", "fires"})):
        one = Preparation(product_id=vial, **made | {what: made[what] * factor})
        found = check(BASE, one, drug="ketamine", ordered_mg=35.0, ordered_mg_ml=1.0, on=TODAY)
        assert {each.state for each in found} == states
