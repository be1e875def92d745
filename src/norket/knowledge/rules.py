"""What makes an entry fit to stand: its numbers, units, dates, sources and its authority."""

import math
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

from norket.knowledge.entry import Entry, Value
from norket.knowledge.vocabulary import UNITS

NUMBERS = ("value", "low", "high")


def raw_faults(item: Any) -> Iterator[str]:
    """Faults that must be seen before types are read: a text or a yes/no where a number belongs, NaN, infinity."""
    if not isinstance(item, dict):
        yield "an entry is a mapping with id, kind, statement and the other fields"
        return
    values = item.get("values", [])
    for value in values if isinstance(values, list) else []:
        for name in NUMBERS if isinstance(value, dict) else ():
            number = value.get(name)
            if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
                yield (
                    f"values.{value.get('name', 'value')}.{name}: {number!r} is not a number; "
                    "write digits, or leave the line out if it is not known (a missing limit blocks)"
                )
    yield from _not_finite(item, "")


def _not_finite(item: Any, place: str) -> Iterator[str]:
    if isinstance(item, dict):
        for key, child in item.items():
            yield from _not_finite(child, f"{place}.{key}" if place else str(key))
    elif isinstance(item, list):
        for number, child in enumerate(item):
            yield from _not_finite(child, f"{place}.{number}")
    elif isinstance(item, float) and not math.isfinite(item):
        yield f"{place}: {item} is not a number that limits anything; write a finite number"


def entry_faults(entry: Entry, keys: frozenset[str]) -> Iterator[str]:
    """What keeps this entry from standing beside sources with these `keys`; nothing if it may stand."""
    for source in entry.sources:
        if source.key not in keys:
            yield f"the source '{source.key}' is not in sources.yaml; add it there with its full citation"
    yield from _authority_faults(entry)
    for value in entry.values:
        yield from _value_faults(value)
    for one, other in combinations(entry.values, 2):
        if one.name == other.name and _overlap(one, other):
            yield f"values.{one.name}: two figures of this name hold on the same day; end one with 'until'"


def _authority_faults(entry: Entry) -> Iterator[str]:
    proposal = entry.certainty == "D"
    if proposal and entry.policy is None:
        yield "certainty D is this project's proposal; write 'policy: to-be-signed'"
    if not proposal and entry.policy is not None:
        yield f"policy 'to-be-signed' goes with certainty D only, not {entry.certainty}; correct one of them"
    if proposal and not entry.derivation.strip():
        yield "certainty D without 'derivation'; write how the figure was reached"
    if not proposal and not entry.sources:
        yield "no source; name one with its place, or make it certainty D with a derivation"
    if entry.signed_by is not None and entry.policy is None:
        yield "'signed_by' without 'policy: to-be-signed'; only clinic policy is signed"
    if entry.kind in ("figure", "dose") and not entry.values:
        yield f"an entry of kind {entry.kind} needs 'values'"


def _value_faults(value: Value) -> Iterator[str]:
    name = f"values.{value.name}"
    if value.unit not in UNITS:
        yield f"{name}: the unit '{value.unit}' is not in the closed list of norket.knowledge.vocabulary"
    if value.from_ and value.until and value.until < value.from_:
        yield f"{name}: 'until' {value.until} lies before 'from' {value.from_}; swap or correct them"
    numbers = [number for number in (value.low, value.value, value.high) if number is not None]
    if numbers != sorted(numbers):
        yield f"{name}: low, value and high are not in this order; correct them"


def _overlap(one: Value, other: Value) -> bool:
    latest_start = max(one.from_ or date.min, other.from_ or date.min)
    return latest_start <= min(one.until or date.max, other.until or date.max)
