"""Where the founding documents disagree: every contradiction is kept, with its choice and the rules that carry it."""

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.check import check

BASE = knowledge.read()
CONFLICTS = BASE.of_kind("conflict")
LAST = 22


def by_id(entry: Entry) -> str:
    return entry.id


def test_all_twenty_two_contradictions_are_kept() -> None:
    assert [entry.data["code"] for entry in CONFLICTS] == [f"X{number}" for number in range(1, LAST + 1)]


@pytest.mark.parametrize("entry", CONFLICTS, ids=by_id)
def test_a_contradiction_has_two_sides_a_choice_a_reason_and_a_place(entry: Entry) -> None:
    assert len(entry.data["sides"]) > 1
    assert all(side["says"] for side in entry.data["sides"])
    assert {seed for side in entry.data["sides"] for seed in side.get("seeds", ())} == set(entry.seeds)
    assert entry.statement != entry.data["label"]
    assert entry.derivation
    assert [BASE.entry(place).kind for place in entry.data["lives"]]


@pytest.mark.parametrize("entry", CONFLICTS, ids=by_id)
def test_the_choice_lives_in_something_that_acts_or_is_read(entry: Entry) -> None:
    kinds = {BASE.entry(place).kind for place in entry.data["lives"]}
    assert kinds - {"conflict", "question"}, entry.data["lives"]


def test_a_choice_that_lives_nowhere_is_a_fault() -> None:
    first = CONFLICTS[0]
    for changed in ({"lives": ["recovery.none"]}, {"lives": []}, {"sides": []}):
        broken = first.model_copy(update={"data": first.data | changed})
        entries = tuple(broken if entry.id == first.id else entry for entry in BASE.entries)
        base = knowledge.KnowledgeBase(BASE.edition, entries, BASE.references, BASE.files)
        assert any(first.id in fault for fault in check(base))
