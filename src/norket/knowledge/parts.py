"""What is particular to an entry, as people read it: in words, lists and tables instead of data.

One reading for the terminal and the browser. What no kind of entry is known for is shown by its own name, so that
nothing that is stored stays hidden.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from norket.knowledge.entry import Entry
from norket.knowledge.reader import KnowledgeBase
from norket.knowledge.spoken import criterion_lines, name_of, number, shown

HIDDEN = frozenset({"label", "title", "audience", "code", "order", "when"})  # shown elsewhere, or in words
STEP = "› "
LICENCES = {
    "PD": "free: the words are shipped here",
    "OK-ATTR": "may be shipped with its source",
    "ASK": "scored here; the words wait for permission",
    "NO": "only a total is entered; no words are shipped",
}
TAKEN = {
    "items": "the answers, and the score is computed",
    "total": "a total that a clinician enters",
    "none": "nothing",
}
SCORED = {
    "sum": "the sum of the answers",
    "mean": "the mean of the answers",
    "domain_maxima": "the highest answer of each domain, added",
    "each": "each answer by itself",
    "levels": "the first level of which an answer is yes",
}


@dataclass(frozen=True)
class Part:
    """A part of an entry: `title`, and `rows` under `heads`. Without heads a row of two is a name and what it is, a row
    of one is a line."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    heads: tuple[str, ...] = ()


def parts(entry: Entry, base: KnowledgeBase) -> tuple[Part, ...]:
    """The parts of an entry in the order in which they are read; empty ones are left out."""
    own = OWN.get(entry.kind)
    taken: set[str] = set(HIDDEN)
    found: list[Part] = []
    criterion = tuple((STEP * depth + text,) for depth, text in criterion_lines(entry, base))
    if criterion:
        found.append(Part("When it fires", criterion))
    if own is not None:
        names, make = own
        taken |= names
        found += make(entry, base)
    found += _rest(entry, base, frozenset(taken))
    return tuple(part for part in found if part.rows)


# ---- any kind ------------------------------------------------------------------------------------------------------


def _rest(entry: Entry, base: KnowledgeBase, taken: frozenset[str]) -> Iterator[Part]:
    """What is left: short things as names and values, lists of records as tables, records as lists."""
    pairs = []
    for name, value in entry.data.items():
        if name in taken or value in (None, "", [], {}):
            continue
        title = _words(name)
        if _records(value):
            yield _table(title.capitalize(), value, base)
        elif isinstance(value, dict):
            yield Part(title.capitalize(), tuple((_words(key), said(each, base)) for key, each in value.items()))
        else:
            pairs.append((title, said(value, base)))
    yield Part("In short", tuple(pairs))


def _records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _table(title: str, records: list[Mapping[str, Any]], base: KnowledgeBase) -> Part:
    heads = tuple(dict.fromkeys(key for record in records for key in record))
    rows = tuple(tuple(said(record.get(head, ""), base) for head in heads) for record in records)
    return _filled(Part(title, rows, tuple(_words(head) for head in heads)))


def _filled(part: Part) -> Part:
    """The table without the columns in which nothing stands."""
    kept = [at for at in range(len(part.heads)) if any(row[at] for row in part.rows)]
    rows = tuple(tuple(row[at] for at in kept) for row in part.rows)
    return Part(part.title, rows, tuple(part.heads[at] for at in kept))


def _words(name: object) -> str:
    return str(name).replace("_", " ")


def said(value: Any, base: KnowledgeBase) -> str:
    """A stored value in words: yes and no, names instead of ids, lists with commas, records with semicolons."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return "; ".join(f"{_words(key)}: {said(each, base)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(said(each, base) for each in value) or "none"
    text = str(value)
    if " " in text:
        return text
    return name_of(base, text) if "." in text else _words(text)


# ---- kinds of their own --------------------------------------------------------------------------------------------


def _rule(entry: Entry, base: KnowledgeBase) -> Iterator[Part]:
    data = entry.data
    wanted = (
        ("action", "action"),
        ("outside hospital", "outpatient_action"),
        ("belongs to", "stage"),
        ("resolved by", "resolves_by"),
        ("may go on with it", "overridden_by"),
        ("and one of", "second_signer"),
        ("task for", "task_for"),
        ("done within", "due_d"),
    )
    figures = {f"@{value.name}": shown(value) for value in entry.values}
    pairs = [(title, figures.get(str(data[name]), said(data[name], base))) for title, name in wanted if data.get(name)]
    if data.get("action") == "BLOCK-HARD":
        pairs.append(("may go on with it", "nobody"))
    yield Part("What it does", tuple(pairs))


def _class(entry: Entry, base: KnowledgeBase) -> Iterator[Part]:
    data = entry.data
    yield Part("Codes", tuple((system, ", ".join(codes)) for system, codes in data.get("codes", {}).items()))
    yield Part("Names", ((", ".join(data["names"]),),) if data.get("names") else ())
    yield Part("Holds further", tuple((name_of(base, one),) for one in data.get("includes", ())))
    yield Part("Asked by", tuple((base.entry(one).statement,) for one in data.get("asked_by", ())))


def _conflict(entry: Entry, base: KnowledgeBase) -> Iterator[Part]:
    data = entry.data
    sides = tuple((side["says"], ", ".join(side.get("seeds", ())) or "read since") for side in data["sides"])
    yield Part("What is said", sides, ("statement", "founding facts"))
    yield Part("Where the choice lives", tuple((name_of(base, one), one) for one in data["lives"]), ("entry", "id"))


def _instrument(entry: Entry, base: KnowledgeBase) -> Iterator[Part]:
    data = entry.data
    codes = data.get("loinc", {})
    pairs = [
        ("name", data["title"]),
        ("about", _words(data["about"])),
        ("filled in by", data["by"]),
        ("asks about", data["recall"]),
        ("licence", LICENCES[data["licence"]]),
        ("taken here", TAKEN[data["entry"]]),
        ("score", SCORED.get(data.get("scoring", {}).get("rule", ""), "")),
        ("chart", name_of(base, data["observation"]) if "observation" in data else ""),
        *((f"LOINC {name}", code) for name, code in codes.items()),
        ("to load", data.get("loads", "")),
        ("to print", data.get("attribution", "")),
    ]
    yield Part("The form", tuple((name, value) for name, value in pairs if value))
    yield _items(entry)
    yield Part(
        "Answers to choose from", tuple((number(each["value"]), each["text"]) for each in data.get("options", ()))
    )
    yield Part("Bands", tuple(_bands(entry)))
    yield Part("What a score decides", tuple(_decides(entry)))
    flags = [*data.get("flags", ()), *data.get("change_flags", ())]
    yield Part(
        "What a person must do",
        tuple((flag["action"], flag["text"], name_of(base, flag["leads_to"])) for flag in flags),
        ("action", "what", "goes on with"),
    )


def _items(entry: Entry) -> Part:
    data = entry.data
    ranges = {value.name: shown(value) for value in entry.values}
    rows = []
    for item in data.get("items", ()):
        answers = "; ".join(f"{number(each['value'])} {each['text']}" for each in item.get("options", ()))
        note = "" if item.get("counted", True) else " (not counted)"
        text = item.get("text") or "the clinic loads the words"
        span = "" if "options" in data and "range" not in item else ranges[item.get("range", "item")]
        rows.append((item["code"], text + note, answers or span, item.get("loinc", "")))
    return _filled(Part(data.get("lead") or "Questions", tuple(rows), ("item", "question", "answers", "LOINC")))


def _bands(entry: Entry) -> Iterator[tuple[str, str]]:
    figures = {value.name: shown(value) for value in entry.values}
    for band in entry.data.get("bands", ()):
        yield band["name"], f"from {figures[band['from']]}" if "from" in band else "below"


def _decides(entry: Entry) -> Iterator[tuple[str, str]]:
    figures = {value.name: shown(value) for value in entry.values}
    told = {
        "positive": "screen positive",
        "response": "response: fall by",
        "remission": "remission",
        "meaningful": "a change that matters",
    }
    for rule, title in told.items():
        for how, name in entry.data.get(rule, {}).items():
            yield f"{title}, {_words(how)}", figures.get(name, name)


OWN: Mapping[str, tuple[frozenset[str], Callable[[Entry, KnowledgeBase], Iterator[Part]]]] = {
    "rule": (
        frozenset(
            {
                "action",
                "outpatient_action",
                "stage",
                "resolves_by",
                "overridden_by",
                "second_signer",
                "task_for",
                "due_d",
            }
        ),
        _rule,
    ),
    "class": (frozenset({"codes", "names", "includes", "asked_by"}), _class),
    "conflict": (frozenset({"sides", "lives"}), _conflict),
    "instrument": (
        frozenset(
            {
                "about",
                "by",
                "recall",
                "licence",
                "entry",
                "scoring",
                "observation",
                "loinc",
                "loads",
                "attribution",
                "items",
                "options",
                "lead",
                "bands",
                "positive",
                "response",
                "remission",
                "meaningful",
                "flags",
                "change_flags",
                "missing",
                "whole",
            }
        ),
        _instrument,
    ),
}
