"""Reads the data folder into one frozen knowledge base, or refuses it with every fault named.

A figure that is missing, empty or not a number is an error here: a missing limit blocks, it never passes as "no limit".
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, SequenceNode

from norket.knowledge.entry import Entry, Kind, Reference, Value
from norket.knowledge.kept import kept
from norket.knowledge.rules import entry_faults, raw_faults

PACKAGED = Path(__file__).with_name("data")
REFERENCES_FILE = "sources.yaml"
# Tables of other rooms that live beside the entries: hashed into the edition, read by their own readers.
TABLES = frozenset({"devices.yaml"})

try:
    from yaml import CSafeLoader as _Yaml
except ImportError:  # PyYAML built without libyaml: same grammar, slower
    from yaml import SafeLoader as _Yaml  # type: ignore[assignment]


class _Loader(_Yaml):
    """Only true and false are truth values; yes, no, on and off are words, as YAML 1.2 has it."""

    yaml_implicit_resolvers = {  # noqa: RUF012 -- as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:bool"]
        for first, known in _Yaml.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


class KnowledgeError(ValueError):
    """The knowledge base cannot answer. `faults` names each file, entry, what is wrong and what to do."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Figure:
    """One finite number of an entry with its unit and range; `entry` carries its sources and certainty."""

    value: float
    low: float | None
    high: float | None
    unit: str
    entry: Entry


MOST_FIGURES = 20_000


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """All entries and references of one edition. `edition` is the SHA-256 (hex) over every data file."""

    edition: str
    entries: tuple[Entry, ...]
    references: tuple[Reference, ...]
    files: dict[str, str] = field(default_factory=dict)  # entry id -> file, as a path below the data folder

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def _kinds(self) -> dict[Kind, tuple[Entry, ...]]:
        kinds = {entry.kind for entry in self.entries}
        return {kind: tuple(entry for entry in self.entries if entry.kind == kind) for kind in kinds}

    @cached_property
    def _references(self) -> dict[str, Reference]:
        return {reference.key: reference for reference in self.references}

    @cached_property
    def _figures(self) -> dict[tuple[str, str, date | None], Figure]:
        """What was asked for before: a watch of two hundred sessions asks ten thousand times a second."""
        return {}

    def entry(self, id: str) -> Entry:  # noqa: A002 -- the field's own name
        """The entry `id`; an id that is not there raises `KnowledgeError`."""
        if id not in self._entries:
            raise KnowledgeError(f"no entry '{id}' in edition {self.edition[:12]}: see `norket knowledge list`")
        return self._entries[id]

    def find(self, id: str) -> Entry | None:  # noqa: A002 -- the field's own name
        """The entry `id`, or None where there is none."""
        return self._entries.get(id)

    def reference(self, key: str) -> Reference:
        """The source `key` that entries cite; an unknown key raises `KnowledgeError`."""
        if key not in self._references:
            raise KnowledgeError(f"no source '{key}' in edition {self.edition[:12]}: add it to {REFERENCES_FILE}")
        return self._references[key]

    def of_kind(self, kind: Kind) -> tuple[Entry, ...]:
        """The entries of one kind, ordered by file and by place in it."""
        return self._kinds.get(kind, ())

    def figure(self, id: str, name: str = "value", on: date | None = None) -> Figure:  # noqa: A002
        """The figure `name` of entry `id`, as it holds on the day `on`.

        `from` is the first day and `until` the last day on which a figure holds. A dated figure needs `on`. A figure
        that is missing, null or out of date, and a day that it does not cover, raise `KnowledgeError`.
        """
        known = self._figures.get((id, name, on))
        if known is not None:
            return known
        entry = self.entry(id)
        named = [value for value in entry.values if value.name == name]
        if on is None and any(value.from_ or value.until for value in named):
            raise KnowledgeError(f"{id}: the figure '{name}' changes with the date; say the day that is meant")
        held = [value for value in named if on is None or _holds(value, on)]
        if not held:
            when = f" on {on}" if on else ""
            raise KnowledgeError(f"{id}: no figure '{name}'{when}; a missing limit blocks. Add it with unit and source")
        value = held[0]
        number: object = value.value
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise KnowledgeError(f"{id}: the figure '{name}' has no number; a missing limit blocks. Write its value")
        if len(self._figures) >= MOST_FIGURES:
            self._figures.clear()
        return self._figures.setdefault((id, name, on), Figure(number, value.low, value.high, value.unit, entry))


def _holds(value: Value, on: date) -> bool:
    return (value.from_ is None or value.from_ <= on) and (value.until is None or on <= value.until)


def read(folder: Path | None = None) -> KnowledgeBase:
    """The knowledge base in `folder`, or the packaged one (read once).

    Every `*.yaml` directly in the folder holds a list `entries:`, or `references:` in `sources.yaml`; files in
    subfolders may hold entries too. All faults of all files come in one `KnowledgeError`.
    """
    return _packaged() if folder is None else _read(folder)


@lru_cache(maxsize=1)
def _packaged() -> KnowledgeBase:
    texts = _texts(PACKAGED)
    return kept(texts, KnowledgeBase, lambda: _parsed(PACKAGED, texts))


def _read(folder: Path) -> KnowledgeBase:
    return _parsed(folder, _texts(folder))


def _texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _text(path) for path in sorted(folder.rglob("*.yaml"))}


def _parsed(folder: Path, texts: dict[str, str]) -> KnowledgeBase:
    if REFERENCES_FILE not in texts:
        raise KnowledgeError(f"{folder}: no {REFERENCES_FILE} here; a knowledge folder lists its sources in that file")
    faults: list[str] = []
    entries: list[Entry] = []
    references: list[Reference] = []
    files: dict[str, str] = {}
    for name, text in texts.items():
        for item in _items(name, text, faults):
            if isinstance(item, Entry):
                if item.id in files:
                    faults.append(f"{name}: {item.id}: this id is already in {files[item.id]}; give one another id")
                files.setdefault(item.id, name)
                entries.append(item)
            else:
                references.append(item)
    keys = [reference.key for reference in references]
    faults += [f"{REFERENCES_FILE}: {key}: written twice; keep one" for key in sorted(set(keys)) if keys.count(key) > 1]
    for entry in entries:
        faults += [f"{files[entry.id]}: {entry.id}: {fault}" for fault in entry_faults(entry, frozenset(keys))]
    if faults:
        raise KnowledgeError(*faults)
    return KnowledgeBase(_edition(texts), tuple(entries), tuple(references), files)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise KnowledgeError(f"{path.name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from error


def _edition(texts: dict[str, str]) -> str:
    """One hash for all data: names and texts in a fixed order, with the same line ends on every platform."""
    digest = sha256()
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()


def _items(name: str, text: str, faults: list[str]) -> Iterator[Entry | Reference]:
    """The entries or references of one file; what cannot be read is added to `faults`."""
    document = _load(name, text, faults)
    if document is None:
        return
    wanted = "references" if name == REFERENCES_FILE else "entries"
    raw = document.get(wanted)
    if raw is None and ("/" in name or name in TABLES):
        return
    if not isinstance(raw, list) or len(document) > 1:
        faults.append(f"{name}: a file here holds one list, '{wanted}:', and nothing beside it")
        return
    shape: type[Entry] | type[Reference] = Reference if wanted == "references" else Entry
    for number, item in enumerate(raw, start=1):
        label = f"{name}: {_label(item, number)}"
        found = list(raw_faults(item)) if shape is Entry else []
        if found:
            faults += [f"{label}: {fault}" for fault in found]
            continue
        try:
            yield shape.model_validate(item)
        except ValidationError as error:
            faults += [f"{label}: {fault}" for fault in _shape_faults(error, shape)]


def _label(item: Any, number: int) -> str:
    if isinstance(item, dict):
        for key in ("id", "key"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return f"item {number}"


def _shape_faults(error: ValidationError, shape: type[BaseModel]) -> Iterator[str]:
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        yield f"{place}: {detail['msg']}; the fields of {shape.__name__} are {', '.join(shape.model_fields)}"


def _load(name: str, text: str, faults: list[str]) -> dict[str, Any] | None:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        found = (
            list(_key_faults(node, set())) if node is not None else ["the file is empty; write its list or remove it"]
        )
        faults += [f"{name}: {fault}" for fault in found]
        document = None if found else loader.construct_document(node)
    except yaml.YAMLError as error:
        faults.append(f"{name}: not readable as YAML: {' '.join(str(error).split())}")
        return None
    finally:
        loader.dispose()
    if document is not None and not isinstance(document, dict):
        faults.append(f"{name}: the file must start with 'entries:' (or 'references:' in {REFERENCES_FILE})")
        return None
    return document


def _key_faults(node: Node, seen: set[int]) -> Iterator[str]:
    """Keys written twice (YAML would keep the last one silently) and keys that are not text."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, SequenceNode):
        for child in node.value:
            yield from _key_faults(child, seen)
    if isinstance(node, MappingNode):
        keys: set[str] = set()
        for key, child in node.value:
            line = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                yield f"line {line}: the key '{key.value}' reads as something else than text; put it in quotes"
            elif key.value in keys:
                yield f"line {line}: the key '{key.value}' is written twice; keep one"
            keys.add(str(key.value))
            yield from _key_faults(child, seen)
