"""The 375 facts of the five documents that the project began with, and where each of them lives.

An entry names in its `seeds` the facts that it takes up: as a rule, a figure, a model or a text. A fact that no entry
names would be lost.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from norket.knowledge.reader import KnowledgeBase

FACTS = Path(__file__).with_name("data") / "seeds.csv"


@dataclass(frozen=True)
class Fact:
    """One fact: `id` such as SEED-004-102, the `lines` of the document it was read in, its topic, and what it says."""

    id: str
    lines: str
    topic: str
    text: str


@lru_cache(maxsize=1)
def facts() -> tuple[Fact, ...]:
    """All facts, in the order of the documents."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return tuple(Fact(row["id"], row["lines"], row["topic"], row["fact"]) for row in csv.DictReader(file))


def homes(base: KnowledgeBase) -> dict[str, tuple[str, ...]]:
    """For each fact the ids of the entries that take it up; empty for one that is lost."""
    found: dict[str, list[str]] = {fact.id: [] for fact in facts()}
    for entry in base.entries:
        for seed in entry.seeds:
            found[seed].append(entry.id)
    return {seed: tuple(entries) for seed, entries in found.items()}
