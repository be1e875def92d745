"""What patients may read: plain words, nothing promised, nothing of what they must never be told."""

import re

import pytest

from norket import knowledge
from norket.knowledge import Entry

PATIENT = [one for one in knowledge.read().entries if one.data.get("audience") == "patient"]
# Promises, words for the state that invite to it, verdicts of a machine, and advice that could kill.
NEVER = (
    r"\b70 ?%",
    r"no (known )?long-term (side )?effects",
    r"(?<!not a )\bcures?\b",
    r"\btrip\b",
    r"k-hole",
    r"little risk",
    r"\beligible\b",
    r"\bsafe to (leave|go)",
    r"ng/ml",
    r"stop (taking )?(your )?(naltrexone|benzodiazepine|antidepressant)",
)
HARDEST_GRADE = 11.0
COMPARED = ("for_whom", "speed", "lasting", "burden", "speaks_for", "speaks_against")


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower()))
    return max(1, groups - (word.lower().endswith("e") and groups > 1))


def grade(text: str) -> float:
    """The school grade of Flesch and Kincaid (1975), with syllables counted as groups of vowels."""
    words, sentences = re.findall(r"[A-Za-z'-]+", text), max(1, len(re.findall(r"[.!?;:](?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_there_are_texts_for_patients() -> None:
    assert len(PATIENT) > 20


def shown(entry: Entry) -> str:
    """What a patient reads of an entry: its text, or its statement where it has none apart, and what is compared."""
    compared = (str(entry.data[name]) for name in COMPARED if name in entry.data)
    return " ".join([str(entry.data.get("text", entry.statement)), *compared])


@pytest.mark.parametrize("entry", PATIENT, ids=lambda one: one.id)
def test_a_text_for_patients_says_nothing_that_they_must_never_be_told(entry: Entry) -> None:
    for words in NEVER:
        assert not re.search(words, shown(entry), re.IGNORECASE), words


@pytest.mark.parametrize("entry", PATIENT, ids=lambda one: one.id)
def test_a_text_for_patients_is_easy_to_read(entry: Entry) -> None:
    assert grade(shown(entry)) <= HARDEST_GRADE, shown(entry)
