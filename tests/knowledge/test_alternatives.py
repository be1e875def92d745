"""What else there is: the founding documents' four ways, each with all that a patient compares."""

import pytest

from norket import knowledge
from norket.knowledge import Entry

BASE = knowledge.read()
WAYS = [entry for entry in BASE.entries if entry.id.startswith("alternatives.")]
COMPARED = ("for_whom", "speed", "lasting", "burden", "speaks_for", "speaks_against")
ASKED_FOR = {
    "alternatives.antidepressants": "SEED-000-43",
    "alternatives.ect": "SEED-000-44",
    "alternatives.tms": "SEED-000-45",
    "alternatives.cbt": "SEED-000-46",
}


def by_id(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", WAYS, ids=by_id)
def test_a_way_can_be_compared_in_every_respect(entry: Entry) -> None:
    assert all(entry.data[name] for name in COMPARED)
    assert set(entry.data["groups"]) <= {"psychiatric", "pain", "addiction"}
    assert entry.data["audience"] == "patient"


def test_the_four_ways_that_were_asked_for_are_there_with_what_speaks_for_and_against_them() -> None:
    for way, seed in ASKED_FOR.items():
        assert {seed, "SEED-000-47", "SEED-000-48"} <= set(BASE.entry(way).seeds)


def test_each_group_is_offered_ketamine_another_way_and_none() -> None:
    for group in ("psychiatric", "pain", "addiction"):
        ways = [entry.id for entry in WAYS if group in entry.data["groups"]]
        assert {"alternatives.ketamine", "alternatives.wait"} < set(ways)


def test_they_stand_in_one_order() -> None:
    orders = [entry.data["order"] for entry in WAYS]
    assert orders == sorted(set(orders))
