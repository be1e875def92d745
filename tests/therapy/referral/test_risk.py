"""Danger is heard in answers and in words, and what is left open is never taken for "no"."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.knowledge import read
from norket.therapy.referral.risk import ENTRY, heard_in, risk

BASE = read()
FIRST, HIGH = BASE.entry(ENTRY).data["questions"]
PHRASES: list[str] = BASE.entry(ENTRY).data["phrases"]
CALM = {FIRST: "no"}


@pytest.mark.parametrize("case", BASE.entry(ENTRY).cases, ids=lambda one: one.name)
def test_the_words_of_the_knowledge_base_are_heard_and_others_are_not(case: Any) -> None:
    assert risk(BASE, CALM, [case.given["text"]]).state == case.expect


@pytest.mark.parametrize("question", [FIRST, HIGH])
def test_a_question_of_risk_answered_yes_is_enough(question: str) -> None:
    found = risk(BASE, {**CALM, question: "yes"}, [])
    assert (found.state, found.because) == ("said", (question,))


@pytest.mark.parametrize("answers", [{}, {FIRST: "unknown"}, {HIGH: "no"}])
def test_an_open_question_of_risk_is_not_known_and_never_no(answers: Any) -> None:
    assert risk(BASE, answers, []).state == "not_known"


def test_no_danger_is_said_only_after_a_plain_no() -> None:
    assert risk(BASE, CALM, ["", "nothing else"]).state == "not_said"


@given(st.sampled_from(PHRASES), st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_a_phrase_is_heard_wherever_it_stands(phrase: str, before: str, after: str, loud: bool) -> None:
    said = phrase.rstrip("*")
    text = f"{before} {said.upper() if loud else said} {after}"
    assert risk(BASE, CALM, [text]).state == "said"


@pytest.mark.parametrize(
    "text",
    [
        "I don't want to live",
        "I don’t want to live",
        "i DONT   want\nto live",
        "SUICÍDIO",
        "kill\u200b myself",
        "self-harm",
    ],
)
def test_signs_accents_and_spaces_hide_nothing(text: str) -> None:
    assert list(heard_in(text, PHRASES))


def test_words_inside_other_words_are_not_heard() -> None:
    assert not list(heard_in("I want to diet; my skills; kmsx", PHRASES))
