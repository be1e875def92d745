"""The words for patients: both lists, held over every text that patients read."""

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.therapy.consent import faults, left_out

BASE = knowledge.read()
LISTS = BASE.entry("consent.words_for_patients").data
PATIENT = [entry for entry in BASE.entries if entry.data.get("audience") == "patient"]
ROWS = BASE.of_kind("indication")


def texts(entry: Entry) -> list[str]:
    named = ("text", "heading", "label", "patient_words", "in_words", "title")
    return [entry.statement, *(str(entry.data[name]) for name in named if name in entry.data)]


@pytest.mark.parametrize("entry", [*PATIENT, *ROWS, *BASE.of_kind("question")], ids=lambda entry: entry.id)
def test_no_text_for_patients_says_what_it_must_not(entry: Entry) -> None:
    for text in texts(entry):
        assert faults(text, BASE) == ()


def test_there_are_texts_for_patients_to_hold_the_lists_over() -> None:
    assert len(PATIENT) >= len([entry for entry in BASE.entries if entry.id.startswith("consent.topic.")]) > 0


@pytest.mark.parametrize("phrase", LISTS["never"])
def test_every_phrase_of_the_list_is_caught_in_any_case_and_across_lines(phrase: str) -> None:
    assert faults(f"We say that {phrase.upper()} here.", BASE)
    assert faults("It is " + phrase.replace(" ", "\n"), BASE)


@pytest.mark.parametrize("phrase", LISTS["allowed"])
def test_what_is_allowed_is_let_through(phrase: str) -> None:
    assert faults(f"This is {phrase}.", BASE) == ()


def test_a_word_inside_another_is_not_caught() -> None:
    assert faults("A striped shirt, a secure place, tripled care.", BASE) == ()


@pytest.mark.parametrize("name", [*LISTS["must"], *LISTS["must_off_label"]])
def test_every_statement_that_is_missing_is_named(name: str) -> None:
    every = {**LISTS["must"], **LISTS["must_off_label"]}
    rest = " ".join(words for other, words in every.items() if other != name)
    missing = left_out(rest, BASE)
    assert name in missing or every[name].casefold() in rest.casefold()
    assert left_out(" ".join(every.values()), BASE) == ()


def test_an_approved_use_needs_no_words_that_it_is_not() -> None:
    text = " ".join(LISTS["must"].values())
    assert left_out(text, BASE) == ("not_approved",)
    assert left_out(text, BASE, label="on") == ()
