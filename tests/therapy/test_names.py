"""Who of one day could be taken for another: by the surname, however it is written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.names import Named, folded, namesakes

DAY, NEXT_DAY = date(2026, 11, 20), date(2026, 11, 21)


def one(who: str, given_name: str, family: str, day: date = DAY) -> Named:
    return Named(f"session of {who}", who, given_name, family, day)


@pytest.mark.parametrize("family", ["Okafor", "OKAFOR", "Ókafor", " okafor", "O'kafor"])
def test_a_surname_is_the_same_however_it_is_written(family: str) -> None:
    found = namesakes([one("a", "Amara", "Okafor"), one("b", "Ben", family)])
    assert found == {"session of a": "surname", "session of b": "surname"}


def test_a_whole_name_that_is_the_same_is_said_as_such() -> None:
    found = namesakes([one("a", "Amara", "Okafor"), one("b", "amara", "Okafor"), one("c", "Chi", "Okafor")])
    assert found == {"session of a": "name", "session of b": "name", "session of c": "surname"}


@pytest.mark.parametrize("other", [one("b", "Amara", "Marsh"), one("b", "Amara", "Okafor", NEXT_DAY)])
def test_another_surname_or_another_day_is_marked_nowhere(other: Named) -> None:
    assert namesakes([one("a", "Amara", "Okafor"), other]) == {}


def test_two_sessions_of_one_patient_are_one_person() -> None:
    again = one("a", "Amara", "Okafor")._replace(key="the second session")
    assert namesakes([one("a", "Amara", "Okafor"), again]) == {}


@pytest.mark.parametrize("family", ["", " ", "-"])
def test_a_surname_that_is_missing_is_shared_with_nobody(family: str) -> None:
    assert namesakes([one("a", "Amara", family), one("b", "Ben", family)]) == {}


@given(st.lists(st.tuples(st.sampled_from(["Li", "LI", "Ng", ""]), st.sampled_from(["A", "B"])), max_size=6))
def test_whoever_is_marked_has_somebody_to_be_taken_for(names: list[tuple[str, str]]) -> None:
    people = [one(str(n), given_name, family) for n, (family, given_name) in enumerate(names)]
    found = namesakes(people)
    for person in people:
        others = [other for other in people if other.who != person.who and folded(other.family)]
        alike = [other for other in others if folded(other.family) == folded(person.family)]
        assert (person.key in found) == bool(alike)
        assert (found.get(person.key) == "name") == any(other.given == person.given for other in alike)
