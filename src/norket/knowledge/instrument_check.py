"""Whether a questionnaire may stand: every figure it names is there, and no wording is shipped that may not be."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from norket.knowledge.entry import Entry
from norket.knowledge.reader import KnowledgeBase, KnowledgeError

NEEDED = ("label", "title", "about", "by", "recall", "licence", "entry")
CHOICES = {
    "by": ("patient", "clinician"),
    "licence": ("PD", "OK-ATTR", "ASK", "NO"),
    "entry": ("items", "total", "none"),
}
SHIPPED = ("PD", "OK-ATTR")
RULES = ("sum", "mean", "domain_maxima", "each", "levels")
ACTIONS = ("TASK", "HOLD", "WARN")
BOTH = 2


def instrument_faults(base: KnowledgeBase, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[str]:
    """What keeps an instrument from being scored or shipped; nothing for an entry of another kind."""
    if entry.kind != "instrument":
        return
    data = entry.data
    absent = [name for name in NEEDED if name not in data]
    if absent:
        yield f"an instrument needs in its data: {', '.join(absent)}"
        return
    for name, allowed in CHOICES.items():
        if data[name] not in allowed:
            yield f"{name} '{data[name]}' is none of {', '.join(allowed)}"
    yield from _licence_faults(data)
    yield from _item_faults(entry)
    yield from _figure_faults(base, entry)
    yield from _link_faults(data, entries)
    if len({repr(case.expect) for case in entry.cases}) < BOTH and data["entry"] != "none":
        yield "an instrument needs cases on both sides of what it decides"


def _licence_faults(data: Mapping[str, Any]) -> Iterator[str]:
    worded = [*(item["code"] for item in data.get("items", ()) if item.get("text")), *(["lead"] * ("lead" in data))]
    if data["licence"] not in SHIPPED and (worded or any("options" in item for item in data.get("items", ()))):
        yield f"licence {data['licence']}: its wording may not be shipped; take out the text of {', '.join(worded)}"
    if worded and not data.get("attribution"):
        yield "shipped wording without 'attribution'; say who wrote it and that it may be shipped"
    if not worded and not data.get("loads"):
        yield "no wording and no 'loads'; say what the clinic loads itself"


def _item_faults(entry: Entry) -> Iterator[str]:
    data = entry.data
    items: list[Mapping[str, Any]] = data.get("items", [])
    codes = [item["code"] for item in items]
    if (data["entry"] == "items") != bool(items):
        yield "entry 'items' goes with a list of items, and only with one"
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two items have the code '{code}'"
    ranges = {value.name: value for value in entry.values if value.low is not None and value.high is not None}
    for item in items:
        name = item.get("range", "item")
        if name not in ranges:
            yield f"item '{item['code']}': no figure '{name}' with low and high; a missing limit blocks"
        elif any(not _inside(option["value"], ranges[name]) for option in item.get("options", data.get("options", ()))):
            yield f"item '{item['code']}': an answer lies outside the figure '{name}'"
    scoring = data.get("scoring", {})
    if items and scoring.get("rule") not in RULES:
        yield f"scoring rule '{scoring.get('rule')}' is none of {', '.join(RULES)}"
    for code in _named_codes(data):
        if code not in codes:
            yield f"'{code}' is named by a rule and is no item"


def _inside(number: float, span: Any) -> bool:
    return bool(span.low <= number <= span.high)


def _named_codes(data: Mapping[str, Any]) -> Iterable[str]:
    scoring = data.get("scoring", {})
    for group in (*scoring.get("subscales", {}).values(), *scoring.get("domains", {}).values()):
        yield from group
    for level in scoring.get("levels", ()):
        yield from level["any"]
    for flag in (*data.get("flags", ()), *data.get("change_flags", ())):
        yield from flag.get("items", ())
        yield from [flag["item"]] if "item" in flag else []
    yield from (item["after"]["item"] for item in data.get("items", ()) if "after" in item)
    yield from data.get("missing", {}).get("never", ())


def _figure_faults(base: KnowledgeBase, entry: Entry) -> Iterator[str]:
    for name in named_figures(entry.data):
        other, _, figure = name.rpartition(":")
        try:
            base.figure(other or entry.id, figure)
        except KnowledgeError as error:
            yield from error.faults


def named_figures(data: Mapping[str, Any]) -> Iterator[str]:
    """The figures that the rules of an instrument name, as "figure" or "entry:figure"."""
    scoring = data.get("scoring", {})
    yield from scoring.get("needs", {}).values()
    yield from [scoring["endorsed"]] if "endorsed" in scoring else []
    yield from (band["from"] for band in data.get("bands", ()) if "from" in band)
    for rule in ("positive", "response", "remission", "meaningful"):
        yield from data.get(rule, {}).values()
    for flag in data.get("flags", ()):
        yield from (flag[each] for each in ("at_least", "at_most", "total_at_least", "total_below") if each in flag)
    yield from (flag["rises"] for flag in data.get("change_flags", ()))
    yield from [f"{data['missing']['limit']}:value"] if "limit" in data.get("missing", {}) else []


def _link_faults(data: Mapping[str, Any], entries: Mapping[str, Entry]) -> Iterator[str]:
    for flag in (*data.get("flags", ()), *data.get("change_flags", ())):
        if flag["leads_to"] not in entries:
            yield f"flag '{flag['code']}' leads to '{flag['leads_to']}', which is not in this base; correct the id"
        if flag["action"] not in ACTIONS:
            yield f"flag '{flag['code']}': action '{flag['action']}' is none of {', '.join(ACTIONS)}"
    watched = [data["observation"]] if data.get("observation") else []
    watched += [item["observation"] for item in data.get("items", ()) if "observation" in item]
    for name in watched:
        if name not in entries or entries[name].kind != "class":
            yield f"observation '{name}' is no class of this base; correct the id"
    for name in data.get("defined_by", ()):
        if name not in entries:
            yield f"defined_by '{name}' is not in this base; correct the id"
