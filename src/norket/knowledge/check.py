"""Whether the entries of one base fit together: what the reader cannot see by looking at one entry alone.

A base that reads may still be wrong as a whole: a cap above its ceiling, an advisory limit beyond the emergency one, a
limit without an example on each side. `check` names these; it evaluates no rule.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from norket.knowledge.criteria import ACTIONS
from norket.knowledge.entry import Entry
from norket.knowledge.instrument_check import instrument_faults
from norket.knowledge.reader import KnowledgeBase, KnowledgeError
from norket.knowledge.rule_check import rule_faults

DOSE_UNITS = ("mg_kg", "mg", "mg_h", "mg_kg_h")
DOSE_LEVELS = ("soft_low", "soft_high", "cap", "ceiling")
TIERS = ("T1", "T2", "T3")
CRITERION = ("tier", "channel", "comparison", "for_s", "readings", "repeat_within_min", "needs", "advice")
CONFLICT = ("code", "label", "sides", "lives")
RISING, FALLING, NAMED = frozenset({">", ">="}), frozenset({"<", "<="}), frozenset({"is"})


def check(base: KnowledgeBase, on: date | None = None) -> list[str]:
    """The faults of `base` as a whole, each naming its entry and what to do; empty when it holds together.

    With a day `on`, entries whose review is over are faults too.
    """
    faults: list[str] = []
    entries = {entry.id: entry for entry in base.entries}
    for entry in base.entries:
        own = [*_dose_faults(base, entry), *_criterion_faults(entry), *_case_faults(entry), *_link_faults(base, entry)]
        own += rule_faults(base, entry, entries)
        own += instrument_faults(base, entry, entries)
        if on is not None and entry.review_by < on:
            own.append(f"its review was due by {entry.review_by}; read its sources again and set a new date")
        faults += [f"{base.files.get(entry.id, '?')}: {entry.id}: {fault}" for fault in own]
    return faults + list(_order_of_tiers(base))


def is_criterion(entry: Entry) -> bool:
    """Whether the entry is one criterion of an escalation tier, to be evaluated from `data` and its figure."""
    return "tier" in entry.data and "channel" in entry.data


def _dose_faults(base: KnowledgeBase, entry: Entry) -> Iterator[str]:
    if entry.kind != "dose" or entry.data.get("orderable") is not True:
        return
    for unit in DOSE_UNITS:
        levels = []
        for level in DOSE_LEVELS:
            try:
                levels.append((level, base.figure(entry.id, f"{level}_{unit}").value))
            except KnowledgeError:
                yield f"orderable but without {level}_{unit}; write the limit, or 'orderable: false'"
        for (lower, small), (upper, large) in pairwise(levels):
            if small > large:
                yield f"{lower}_{unit} {small:g} lies above {upper}_{unit} {large:g}; correct one of them"
    named = {value.name for value in entry.values}
    for name in ("start", "start_frail_or_65"):
        if not named & {f"{name}_mg_kg", f"{name}_mg"}:
            yield f"orderable but without {name}_mg_kg or {name}_mg; write it, or 'orderable: false'"
    once = entry.data.get("form") == "dose"
    for name in ("interval_h",) if once else ("duration_min", "interval_h"):
        if name not in named:
            yield f"orderable but without {name}; write it, or 'orderable: false'"


def _criterion_faults(entry: Entry) -> Iterator[str]:
    if not is_criterion(entry):
        return
    absent = [name for name in CRITERION if name not in entry.data]
    if absent:
        yield f"a criterion needs in its data: {', '.join(absent)}"
    if entry.data["tier"] not in TIERS:
        yield f"tier '{entry.data['tier']}' is none of {', '.join(TIERS)}"
    comparison = entry.data.get("comparison")
    if comparison not in RISING | FALLING | NAMED:
        yield f"comparison '{comparison}' is none of >, >=, <, <=, is"
    if comparison in NAMED and not entry.data.get("code"):
        yield "comparison 'is' needs the code that it is compared with"
    if comparison in RISING | FALLING and all(value.name != "value" for value in entry.values):
        yield "a compared channel needs a figure named 'value'"


def _case_faults(entry: Entry) -> Iterator[str]:
    offered = entry.kind == "dose" and entry.data.get("orderable") is True
    limits = offered or is_criterion(entry) or (entry.kind == "figure" and "action" in entry.data)
    if limits and entry.values and len({repr(case.expect) for case in entry.cases}) < len(("one side", "the other")):
        yield "a limit needs cases on both sides of it; add what is given and what is expected"
    if entry.data.get("action", ACTIONS[-1]) not in ACTIONS:
        yield f"action '{entry.data['action']}' is none of {', '.join(ACTIONS)}"
    names = [case.name for case in entry.cases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two cases are named '{name}'; name each by what it shows"


def _link_faults(base: KnowledgeBase, entry: Entry) -> Iterator[str]:
    ids = {other.id for other in base.entries}
    named: list[Any] = [
        *entry.data.get("figures", []),
        *entry.data.get("for_rules", []),
        *([entry.data["monitoring"]] if "monitoring" in entry.data else []),
    ]
    if entry.kind == "conflict":
        yield from (f"a conflict needs '{name}' in its data" for name in CONFLICT if not entry.data.get(name))
        yield from [] if entry.derivation else ["a conflict without 'derivation'; write why this was chosen"]
        named += entry.data.get("lives", [])
    for other in named:
        if other not in ids:
            yield f"it points to '{other}', which is not in this base; correct the id"


def _order_of_tiers(base: KnowledgeBase) -> Iterator[str]:
    """A graver tier begins further out, or it would never be reached."""
    criteria = [entry for entry in base.entries if is_criterion(entry) and entry.data.get("comparison") not in NAMED]
    for side, sign in ((RISING, 1.0), (FALLING, -1.0)):
        for channel in sorted({entry.data["channel"] for entry in criteria}):
            chosen = [e for e in criteria if e.data["channel"] == channel and e.data.get("comparison") in side]
            yield from _out_of_order(base, chosen, sign)


def _out_of_order(base: KnowledgeBase, criteria: Sequence[Entry], sign: float) -> Iterator[str]:
    for mild in criteria:
        for grave in criteria:
            if mild.data["tier"] < grave.data["tier"]:
                inner, outer = base.figure(mild.id).value, base.figure(grave.id).value
                if sign * inner > sign * outer:
                    yield f"{mild.id} at {inner:g} lies beyond the graver {grave.id} at {outer:g}; correct one of them"
