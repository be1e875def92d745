"""The pages of the manual that are made from the knowledge base: its reference, and the schema of an entry."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

from norket.knowledge.criteria import STAGES
from norket.knowledge.entry import Certainty, Entry, Kind, Value
from norket.knowledge.reader import KnowledgeBase, KnowledgeError
from norket.knowledge.vocabulary import UNITS

CERTAINTY = {
    "A": "read in the primary source",
    "B": "read in its abstract or label",
    "C": "read in a secondary source",
    "D": "proposal of this project",
    "M": "from memory, never a default",
}


def render(base: KnowledgeBase) -> str:
    """The reference page in Markdown: each topic file, each entry with statement, figures, sources and standing."""
    return "\n".join(_page(base)).strip() + "\n"


def entry_schema() -> str:
    """The JSON Schema (draft 2020-12) of one entry as stored, with the closed list of units; ends with a line end."""
    schema = Entry.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Knowledge entry"
    schema["$defs"]["Value"]["properties"]["unit"]["enum"] = sorted(UNITS)
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def document(entry: Entry, base: KnowledgeBase) -> dict[str, Any]:
    """One entry as JSON, with its file, the edition, and the full references that it cites."""
    cited = (base.reference(source.key) for source in entry.sources)
    return entry.model_dump(mode="json", by_alias=True) | {
        "edition": base.edition,
        "file": base.files[entry.id],
        "references": [reference.model_dump(mode="json") for reference in cited],
    }


@dataclass(frozen=True)
class Chosen:
    """Which entries a list shows; None takes all. `signed` is True for policy that is signed, False for policy that
    waits for a signature. A word that no entry could have raises `KnowledgeError`."""

    kind: str | None = None
    stage: str | None = None
    certainty: str | None = None
    signed: bool | None = None

    def __post_init__(self) -> None:
        for name, given, known in (
            ("kind", self.kind, get_args(Kind)),
            ("stage", self.stage, STAGES),
            ("certainty", self.certainty, get_args(Certainty)),
        ):
            if given is not None and given not in known:
                raise KnowledgeError(f"there is no {name} '{given}'; those there are: {', '.join(known)}")

    def takes(self, entry: Entry) -> bool:
        """Whether the list shows this entry."""
        return (
            self.kind in (None, entry.kind)
            and self.stage in (None, entry.data.get("stage"))
            and self.certainty in (None, entry.certainty)
            and (self.signed is None or (entry.policy is not None and (entry.signed_by is not None) is self.signed))
        )


def summary(base: KnowledgeBase, chosen: Chosen) -> list[dict[str, Any]]:
    """What a list shows of each chosen entry, as JSON."""
    fields = {"id", "kind", "statement", "certainty", "policy", "signed_by", "review_by"}
    return [
        entry.model_dump(mode="json", include=fields)
        | {"file": base.files[entry.id], "stage": entry.data.get("stage"), "label": entry.data.get("label")}
        for entry in base.entries
        if chosen.takes(entry)
    ]


def lines(base: KnowledgeBase, chosen: Chosen) -> Iterator[str]:
    """The list for a terminal, one entry a line."""
    found = summary(base, chosen)
    width = max((len(row["id"]) for row in found), default=0)
    for row in found:
        signed = f"signed by {row['signed_by']}" if row["signed_by"] else row["policy"] or ""
        statement = " ".join(row["statement"].split())
        yield f"{row['id']:{width}}  {row['kind']:10}  {row['certainty']}  {signed:12}  {statement}".rstrip()


def _page(base: KnowledgeBase) -> Iterator[str]:
    yield "<!-- Made by script/docs. Change the knowledge files, not this page. -->"
    yield "# Knowledge\n"
    yield f"Edition `{base.edition}`, {len(base.entries)} entries.\n"
    yield (
        "Certainty says how a statement was read: "
        + "; ".join(f"{key} {text}" for key, text in CERTAINTY.items())
        + "."
    )
    yield "An entry of certainty D is clinic policy: a medical director signs it before it acts on patients.\n"
    topics = list(dict.fromkeys(base.files[entry.id] for entry in base.entries))
    for topic in topics:
        name = topic.removesuffix(".yaml")
        yield f"## {name}\n"
        for entry in base.entries:
            if base.files[entry.id] == topic:
                yield from _entry(entry, base)
    yield "## Sources\n"
    yield from table(
        ("key", "citation", "identifier", "how it was read"),
        ((f"`{each.key}`", each.citation, each.doi, each.read) for each in base.references),
    )


def _entry(entry: Entry, base: KnowledgeBase) -> Iterator[str]:
    yield f"### {entry.id}\n"
    yield f"{' '.join(entry.statement.split())}\n"
    yield f"{standing(entry)}\n"
    if entry.values:
        yield from table(("figure", "value", "range", "unit", "note"), map(_row, entry.values))
        yield ""
    for source in entry.sources:
        quote = f": “{source.quote}”" if source.quote else ""
        yield f"- {base.reference(source.key).citation.strip()} ({source.place}){quote}"
    if entry.sources:
        yield ""
    for title, text in (("Conflict", entry.conflict), ("Derivation", entry.derivation)):
        if text:
            yield f"{title}: {' '.join(text.split())}\n"
    if entry.seeds:
        yield f"Asked for by: {', '.join(entry.seeds)}\n"


def standing(entry: Entry) -> str:
    """How sure an entry is, who has to sign it, where it holds and when it is read again, in one line."""
    parts = [f"Kind {entry.kind}, certainty {entry.certainty} ({CERTAINTY[entry.certainty]})"]
    if entry.policy:
        parts.append(f"clinic policy, {'signed by ' + entry.signed_by if entry.signed_by else 'to be signed'}")
    if entry.jurisdiction:
        parts.append(f"in {entry.jurisdiction}")
    return ", ".join([*parts, f"review by {entry.review_by}"]) + "."


def _row(value: Value) -> tuple[str, str, str, str, str]:
    span = "" if value.low is None and value.high is None else f"{_number(value.low)} to {_number(value.high)}"
    dates = " ".join(f"{word} {day}" for word, day in (("from", value.from_), ("until", value.until)) if day)
    return f"`{value.name}`", _number(value.value), span, value.unit, "; ".join(filter(None, (value.note, dates)))


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.10g}"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table, line by line; a bar inside a cell is escaped."""
    titles = list(heads)
    yield "| " + " | ".join(titles) + " |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |"
