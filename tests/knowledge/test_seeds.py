"""The facts that the project began with."""

from norket import knowledge
from norket.knowledge.seeds import facts, homes

FACTS_OF_EACH_DOCUMENT = {"000": 51, "001": 38, "002": 30, "003": 33, "004": 223}


def test_each_document_has_all_its_facts_once() -> None:
    ids = [fact.id for fact in facts()]
    assert len(set(ids)) == len(ids)
    counted = {document: sum(one.startswith(f"SEED-{document}-") for one in ids) for document in FACTS_OF_EACH_DOCUMENT}
    assert counted == FACTS_OF_EACH_DOCUMENT
    for document, number in FACTS_OF_EACH_DOCUMENT.items():
        assert {int(one.rpartition("-")[2]) for one in ids if one[5:8] == document} == set(range(1, number + 1))


def test_every_fact_says_something_and_where_it_was_read() -> None:
    assert all(fact.text and fact.topic and fact.lines[0].isdigit() for fact in facts())


def test_what_an_entry_takes_up_is_a_fact_of_the_documents() -> None:
    known = {fact.id for fact in facts()}
    for entry in knowledge.read().entries:
        assert set(entry.seeds) <= known, entry.id


def test_the_entries_of_a_fact_are_those_that_name_it() -> None:
    base = knowledge.read()
    found = homes(base)
    assert "doses.d01" in found["SEED-004-35"]
    for seed, entries in found.items():
        assert all(seed in base.entry(entry).seeds for entry in entries)
