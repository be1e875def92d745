"""What the self-check asks and tells: every question of patients, once, in plain words; and never a verdict."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.knowledge import read
from norket.therapy.chart import Status
from norket.therapy.referral.words import help_in, parts, plain, told

BASE = read()
ASKED = [one for part in parts(BASE) for one in part.questions]
# A grade of school, by Flesch and Kincaid as for the other texts that patients read.
HARDEST_GRADE = 11.0
ANSWERS: list[Status] = ["yes", "no", "unknown"]


def grade(text: str) -> float:
    words, sentences = re.findall(r"[A-Za-z'-]+", text), max(1, len(re.findall(r"[.!?;:](?:\s|$)", text)))
    syllables = 0
    for word in words:
        groups = len(re.findall(r"[aeiouy]+", word.lower()))
        syllables += max(1, groups - (word.lower().endswith("e") and groups > 1))
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def test_safety_is_asked_first_and_alone() -> None:
    assert [one.id for one in parts(BASE)[0].questions] == ["questions.suicidal_thoughts"]


def test_every_question_of_patients_is_asked_once() -> None:
    wanted = {one.id for one in BASE.of_kind("question") if one.data.get("answered_by") == "patient"}
    ids = [one.id for one in ASKED]
    assert len(ids) == len(set(ids))
    assert set(ids) == wanted - {"questions.medicines_complete"}


def test_nobody_says_of_a_typed_list_that_it_is_whole() -> None:
    assert all(not one.data.get("completes") for one in ASKED)


@pytest.mark.parametrize("question", ASKED, ids=lambda one: one.id)
def test_a_question_is_easy_to_read(question: object) -> None:
    assert grade(plain(BASE, question)) <= HARDEST_GRADE  # type: ignore[arg-type]


@given(st.fixed_dictionaries({one.id: st.sampled_from([*ANSWERS, None]) for one in ASKED}))
def test_what_objects_is_to_be_talked_about_and_what_is_not_known_stays_open(given_: dict[str, Status | None]) -> None:
    answers: dict[str, Status] = {name: value for name, value in given_.items() if value}
    found = told(BASE, answers)
    assert len(found.talk) == sum(answers.get(one.id) == "yes" for one in ASKED)
    assert len(found.open) == sum(answers.get(one.id) in ("unknown", None) for one in ASKED)


@pytest.mark.parametrize(
    ("country", "call"), [("GB", "999"), ("US", "911"), ("AU", "000"), ("DE", "112"), ("IE", "112")]
)
def test_a_country_has_its_emergency_number(country: str, call: str) -> None:
    assert help_in(BASE, country).emergency[1] == call


@pytest.mark.parametrize("country", ["", "XX", "gb"])
def test_of_no_known_country_no_number_is_guessed(country: str) -> None:
    found = help_in(BASE, country)
    assert found.emergency[1] == ""
    assert found.lines == ()
