"""The guard over words: what would end a medicine is caught, and no rule of the base says it."""

import pytest

from norket import knowledge
from norket.therapy.medicines import advises_ending

BASE = knowledge.read()
SAID = ("says", "says_otherwise", "resolves_by", "text", "heading", "patient_words", "in_words")


@pytest.mark.parametrize(
    "text",
    [
        "Stop naltrexone 3 days before the session.",
        "Hold on to water. Discontinue lorazepam today.",
        "Antidepressants should be stopped first.",
        "Skip it on the day.",
        "Taper the benzodiazepines before the first infusion.",
        "Do not take Vivitrol this month.",
        "Go without your medicines that morning.",
        "Withhold lithium.",
    ],
)
def test_advice_to_end_a_protected_medicine_is_caught(text: str) -> None:
    assert advises_ending(text, BASE)


@pytest.mark.parametrize(
    "text",
    [
        "Never stop naltrexone because of a session.",
        "Do not stop your antidepressant.",
        "You can say stop at any time and we will stop.",
        "The patient goes on taking lorazepam.",
        "Tell us all medicines.",
    ],
)
def test_what_forbids_ending_or_speaks_of_something_else_is_let_through(text: str) -> None:
    assert advises_ending(text, BASE) == ()


RULES = [
    e for e in BASE.entries if BASE.files[e.id] in ("medicines.yaml", "tests.yaml", "consent.yaml", "indications.yaml")
]


@pytest.mark.parametrize("entry", RULES, ids=lambda entry: entry.id)
def test_no_entry_of_these_topics_advises_ending_a_medicine(entry: knowledge.Entry) -> None:
    said = [entry.statement, *(str(entry.data[name]) for name in SAID if name in entry.data)]
    assert [advises_ending(text, BASE) for text in said if advises_ending(text, BASE)] == []
