"""The rules, classes and questions of one knowledge edition, read once so that a chart is judged by look-up."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import Criterion, Rule, is_rule, rule_of
from norket.therapy.chart import OWN, Item, Status

BY_PREFIX = frozenset({"icd10cm", "atc"})
ANY = "?"  # in a code of a class that is taken by its beginning: any one character
Key = TypeVar("Key")
_KIND_IN_TEXT = re.compile(r"\s*\((?:disorder|finding|situation|procedure|event|substance|product)\)$")
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")


@dataclass(frozen=True, eq=False)
class Compiled:
    """What screening needs of a base.

    `rules` in the order of the files. `asked_by` names the questions whose "no" answers for a class, `adverse` the
    answer of each question that objects, `complete` the questions whose "yes" says that the list of medicines is whole,
    `ruled_out` what recorded of the person means that a class of which nothing is written cannot be,
    `equivalents` how much of a class's standard drug one unit of each named drug or code is, `beside` the words that
    may stand beside the names of some classes: with any other word a line is not of that class, `not_swallowed` the
    words that say that a medicine is not taken by mouth.
    """

    base: KnowledgeBase
    rules: tuple[tuple[Entry, Rule, Criterion], ...]
    exact: Mapping[tuple[str, str], frozenset[str]]
    prefixes: Mapping[str, tuple[tuple[str, str], ...]]
    patterns: Mapping[str, tuple[tuple[str, str], ...]]
    names: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    parents: Mapping[str, frozenset[str]]
    asked_by: Mapping[str, tuple[str, ...]]
    adverse: Mapping[str, Status]
    complete: tuple[str, ...]
    equivalents: Mapping[str, tuple[tuple[str, float], ...]]
    ruled_out: Mapping[str, Mapping[str, str]]
    labels: Mapping[str, str]
    beside: Mapping[str, frozenset[str]]
    not_swallowed: Mapping[str, frozenset[str]]

    def members(self, item: Item, *, drug: bool = False) -> frozenset[str]:
        """The classes of which an item is a member, by code or by name. A drug's name may stand inside the text."""
        found: set[str] = set()
        system, code = item.short_system, _plain(item.short_system, item.code)
        found |= self.exact.get((system, code), frozenset())
        if code:
            found |= {each for prefix, each in self.prefixes.get(system, ()) if code.startswith(prefix)}
            found |= {each for pattern, each in self.patterns.get(system, ()) if _fits(code, pattern)}
        if item.text:
            text = _KIND_IN_TEXT.sub("", " ".join(item.text.lower().split()))
            found |= self.names.get(text, frozenset())
            found |= self._inside(text) if drug else set()
        for each in tuple(found):
            found |= self.parents.get(each, frozenset())
        return frozenset(found)

    def factor(self, class_: str, item: Item) -> float | None:
        """How much of the class's standard drug by mouth one unit of this medicine is; None where nobody knows.

        The factors hold for what is swallowed: of a line that names another way into the body none is known.
        """
        words = set(_WORD.findall(item.text.lower()))
        if words & self.not_swallowed.get(class_, frozenset()):
            return None
        named = [each for name, each in self.equivalents.get(class_, ()) if name == item.code or name in words]
        return max(named, default=None)

    def _inside(self, text: str) -> set[str]:
        words = tuple(_WORD.findall(text))
        hits = [
            (place, place + len(phrase), each)
            for place, word in enumerate(words)
            for phrase, each in self.phrases.get(word, ())
            if words[place : place + len(phrase)] == phrase
        ]
        return {each for _, _, each in hits if self._says_everything(each, words, hits)}

    def _says_everything(self, class_: str, words: tuple[str, ...], hits: list[tuple[int, int, str]]) -> bool:
        """Whether nothing is written but the names of the class and words that may stand beside them."""
        if class_ not in self.beside:
            return True
        named = {place for begin, end, each in hits if each == class_ for place in range(begin, end)}
        rest = (word.lstrip("0123456789") for place, word in enumerate(words) if place not in named)
        return all(not word or word in self.beside[class_] for word in rest)


def _plain(system: str, code: str) -> str:
    return code.replace(".", "").upper() if system in BY_PREFIX else code


def _fits(code: str, pattern: str) -> bool:
    return len(code) >= len(pattern) and all(one in (ANY, other) for one, other in zip(pattern, code, strict=False))


@lru_cache(maxsize=8)
def compiled(base: KnowledgeBase) -> Compiled:
    """The base made ready; a rule that does not parse raises `CriterionError` (`norket knowledge check` names it)."""
    rules = tuple(
        (entry, rule, rule.criterion) for entry in base.entries if is_rule(entry) for rule in (rule_of(entry),)
    )
    classes = base.of_kind("class")
    questions = base.of_kind("question")
    exact: dict[tuple[str, str], set[str]] = defaultdict(set)
    prefixes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    patterns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    names: dict[str, set[str]] = defaultdict(set)
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for entry in (*classes, *questions):
        exact[OWN, entry.id].add(entry.id)
    for entry in classes:
        for system, code in codes_of(entry.data):
            if system in BY_PREFIX:
                (patterns if ANY in code else prefixes)[system].append((_plain(system, code), entry.id))
            else:
                exact[system, code].add(entry.id)
        for name in entry.data.get("names", []):
            names[name].add(entry.id)
            words = tuple(_WORD.findall(name))
            phrases[words[0]].append((words, entry.id))
    return Compiled(
        base=base,
        rules=rules,
        exact=_frozen(exact),
        prefixes={system: tuple(each) for system, each in prefixes.items()},
        patterns={system: tuple(each) for system, each in patterns.items()},
        names=_frozen(names),
        phrases={word: tuple(each) for word, each in phrases.items()},
        parents=_parents(classes),
        asked_by={entry.id: tuple(entry.data.get("asked_by", ())) for entry in classes},
        adverse={entry.id: _status(entry.data.get("adverse", "yes")) for entry in questions},
        complete=tuple(entry.id for entry in questions if entry.data.get("completes") == "medicines"),
        equivalents={
            entry.id: tuple(
                (str(name), base.figure(entry.id, figure).value) for name, figure in entry.data["equivalents"].items()
            )
            for entry in classes
            if "equivalents" in entry.data
        },
        ruled_out={
            entry.id: {name: str(_word(value)) for name, value in entry.data["ruled_out"].items()}
            for entry in classes
            if "ruled_out" in entry.data
        },
        labels={entry.id: label(entry) for entry in (*classes, *questions)},
        beside={entry.id: frozenset(entry.data["beside"]) for entry in classes if "beside" in entry.data},
        not_swallowed={
            entry.id: frozenset(entry.data["not_swallowed"]) for entry in classes if "not_swallowed" in entry.data
        },
    )


def codes_of(data: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Each code of a class with its system."""
    return ((system, str(code)) for system, codes in data.get("codes", {}).items() for code in codes)


def label(entry: Entry) -> str:
    """What a person calls it."""
    return str(entry.data.get("label") or entry.id.rpartition(".")[2].replace("_", " "))


def _status(value: object) -> Status:
    return "no" if _word(value) == "no" else "yes"


def _word(value: object) -> object:
    """YAML reads a bare yes or no as true or false."""
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _frozen(found: Mapping[Key, set[str]]) -> dict[Key, frozenset[str]]:
    return {key: frozenset(each) for key, each in found.items()}


def _parents(classes: Iterable[Entry]) -> dict[str, frozenset[str]]:
    """Of each class the classes that include it, at any depth."""
    direct: dict[str, set[str]] = defaultdict(set)
    for entry in classes:
        for child in entry.data.get("includes", ()):
            direct[child].add(entry.id)

    def above(child: str, seen: frozenset[str]) -> set[str]:
        new = direct.get(child, set()) - seen
        return new.union(*(above(each, seen | new) for each in new)) if new else set()

    return {child: frozenset(above(child, frozenset({child}))) for child in direct}
