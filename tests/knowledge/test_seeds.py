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


def test_none_of_the_facts_is_lost() -> None:
    base = knowledge.read()
    found = homes(base)
    assert len(found) == sum(FACTS_OF_EACH_DOCUMENT.values())
    lost = {seed for seed, entries in found.items() if not settled(base, entries)}
    assert lost == set()


def settled(base: knowledge.KnowledgeBase, entries: tuple[str, ...]) -> bool:
    """Whether a fact has a home that acts or is read; to be named as one side of a conflict is none."""
    return any(base.entry(entry).kind != "conflict" for entry in entries)


def test_a_fact_that_only_a_conflict_names_would_be_lost() -> None:
    assert not settled(knowledge.read(), ("conflicts.x01",))
    assert not settled(knowledge.read(), ())


PLACES = {
    "SEED-000-21": "plans.titration",
    "SEED-000-28": "staffing.team",
    "SEED-000-30": "side_effects.dizziness",
    "SEED-000-36": "consent.topic.benefit",
    "SEED-000-41": "follow_up.plan",
    "SEED-000-43": "alternatives.antidepressants",
    "SEED-001-19": "doses.d01",
    "SEED-003-11": "plans.booster",
    "SEED-003-17": "route_choice.compounded_spray",
    "SEED-003-27": "monitoring.blood_pressure",
    "SEED-003-29": "rescue.antiemetics",
    "SEED-004-07": "legal.approval_us",
    "SEED-004-29": "route_choice.oral",
    "SEED-004-30": "route_choice.sublingual",
    "SEED-004-31": "route_choice.im",
    "SEED-004-34": "benefits.what_for",
    "SEED-004-82": "side_effects.site",
    "SEED-004-136": "medicines.med_20",
    "SEED-004-137": "tests.judgement",
    "SEED-004-164": "staffing.education",
    "SEED-004-171": "staffing.setting_inpatient",
    "SEED-004-192": "legal.schedule_au",
    "SEED-004-209": "route_choice.esketamine",
}


def test_facts_that_are_easily_misplaced_live_where_they_act() -> None:
    found = homes(knowledge.read())
    assert {seed: place for seed, place in PLACES.items() if place not in found[seed]} == {}
