"""The dose of a draft order held against the rows of the dose library."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from norket.exchange.cds.draft import Draft
from norket.knowledge import KnowledgeBase
from norket.therapy.chart import Chart, Item
from norket.therapy.plan.limits import judge, rows

WEIGHT = ("loinc", "29463-7")
KG = {"kg": 1.0, "g": 0.001}
Said = Literal["inside", "unusual", "above_cap", "above_ceiling", "not_judged"]


@dataclass(frozen=True)
class Judged:
    """What the library says of a dose, by the mildest of the rows of its drug and route. `why` says what it read and,
    where it could not judge, what is missing."""

    said: Said
    why: str
    rows: tuple[str, ...] = ()


SAID: dict[str, Said] = {
    "ok": "inside",
    "needs_reason": "unusual",
    "needs_second": "above_cap",
    "never": "above_ceiling",
}


def dose(draft: Draft, chart: Chart, base: KnowledgeBase, on: date) -> Judged:
    """The verdict on the dose of a ketamine order; nothing is assumed that the order or the chart does not say."""
    weight = weight_kg(chart)
    at_once = draft.route is not None and draft.route != "iv"
    given = draft.dosage.given(weight[0] if weight else None, at_once=at_once)
    lacking = [words for words, said in (("the drug", draft.drug), ("the route", draft.route)) if said is None]
    if isinstance(given, str) or lacking or weight is None:
        wrong = [given] if isinstance(given, str) else [] if weight else ["it lacks a measured weight"]
        missing = [f"it lacks {' and '.join(lacking)}"] if lacking else []
        return Judged("not_judged", f"The dose cannot be judged: {'; '.join(missing + wrong)}.")
    amount, minutes = given
    over = "at once" if minutes is None else f"over {minutes:g} min"
    read = f"{amount:g} mg of {draft.drug} {draft.route} {over}, {weight[0]:g} kg ({weight[1]})"
    verdicts = {
        row.id: judge(base, row.id, weight_kg=weight[0], amount_mg=amount, duration_min=minutes, on=on)
        for row in rows(base, on)
        if _is_of(base, row.id, draft)
    }
    known = {row: SAID[verdict] for row, verdict in verdicts.items() if verdict in SAID}
    if not known:
        return Judged("not_judged", f"Read as {read}. The dose library has no row for this drug and route.")
    order = list(SAID.values())
    mildest = min(known.values(), key=order.index)
    labels = tuple(row for row, said in known.items() if said == mildest)
    words = {
        "inside": "Inside the usual range of a row of the dose library.",
        "unusual": "Outside the usual range of every row of the dose library for this drug and route.",
        "above_cap": "Above the cap of every row of the dose library for this drug and route.",
        "above_ceiling": "Above the ceiling of every row of the dose library for this drug and route.",
    }[mildest]
    return Judged(mildest, f"Read as {read}. {words}", labels)


def _is_of(base: KnowledgeBase, row: str, draft: Draft) -> bool:
    data = base.entry(row).data
    return bool(data.get("drug") == draft.drug and data.get("route") == draft.route)


def weight_kg(chart: Chart) -> tuple[float, str] | None:
    """The latest weight in the record and its day."""
    found = [one for one in chart.observations if (one.short_system, one.code) == WEIGHT and _in_kg(one) and one.day]
    if not found:
        return None
    latest = max(found, key=lambda one: one.day or date.min)
    return _in_kg(latest), str(latest.day)


def _in_kg(item: Item) -> float:
    return (item.value or 0.0) * KG.get(item.unit or "", 0.0)
