"""One entry for a terminal: what it says and does first, who says so after it, wrapped to the width of the window."""

from collections.abc import Iterator
from textwrap import fill

from norket.knowledge.entry import Entry
from norket.knowledge.manual import standing
from norket.knowledge.parts import STEP, Part, parts, said
from norket.knowledge.reader import KnowledgeBase
from norket.knowledge.seeds import facts
from norket.knowledge.spoken import shown

WIDTH = 100
NAME = 24  # the names of pairs stand in a column of this width
MARGIN = "  "


def printed(entry: Entry, base: KnowledgeBase, width: int = WIDTH) -> str:
    """The entry as text; `width` is that of a line in characters."""
    title = " ".join(str(entry.data.get(name, "")) for name in ("code", "label") if entry.data.get(name))
    blocks = [
        "\n".join(filter(None, (entry.id, title))),
        fill(" ".join(entry.statement.split()), width),
        fill(standing(entry), width),
        *("\n".join(_part(part, width)) for part in (*parts(entry, base), *_common(entry, base))),
    ]
    return "\n\n".join(blocks) + "\n"


def _common(entry: Entry, base: KnowledgeBase) -> Iterator[Part]:
    """What every kind has: figures, examples, sources, how it was reached, the facts it takes up."""
    rows = tuple((value.name, f"{shown(value)}{_note(value.note)}") for value in entry.values)
    found = [
        Part("Figures", rows),
        Part("Examples", tuple((case.name, said(case.expect, base)) for case in entry.cases)),
        Part("Where sources disagree", ((entry.conflict,),) if entry.conflict else ()),
        Part("How it was reached", ((entry.derivation,),) if entry.derivation else ()),
        Part("Who says so", tuple((f"{base.reference(s.key).citation.strip()} ({s.place})",) for s in entry.sources)),
    ]
    texts = {fact.id: fact.text for fact in facts()}
    found.append(Part("Founding facts", tuple((seed, texts[seed]) for seed in entry.seeds)))
    yield from (part for part in found if part.rows)


def _note(note: str) -> str:
    return f" ({' '.join(note.split())})" if note else ""


def _part(part: Part, width: int) -> Iterator[str]:
    yield fill(part.title, width)
    if part.heads:
        yield fill(" · ".join(part.heads), width, initial_indent=MARGIN, subsequent_indent=MARGIN * 2)
    for row in part.rows:
        yield _row(row, bool(part.heads), width)


def _row(row: tuple[str, ...], table: bool, width: int) -> str:
    if table or len(row) == 1:
        text = " · ".join(filter(None, (" ".join(cell.split()) for cell in row)))
        depth = MARGIN * (1 + text.count(STEP))
        return fill(text.replace(STEP, ""), width, initial_indent=depth, subsequent_indent=depth + MARGIN)
    name, value = row
    text = f"{name:{NAME}} {' '.join(value.split())}" if len(name) <= NAME else f"{name}: {' '.join(value.split())}"
    return fill(text, width, initial_indent=MARGIN, subsequent_indent=MARGIN + " " * (NAME + 1))
