"""The questionnaires that are shipped: all of them, with their licence, and no wording that may not be here."""

import re
from pathlib import Path

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.instrument_check import instrument_faults

BASE = knowledge.read()
ENTRIES = {entry.id: entry for entry in BASE.entries}
FORMS = BASE.of_kind("instrument")
ROOT = Path(__file__).parents[2]
TEXTS = [
    path
    for folder in ("src/norket", "docs")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".yaml", ".html", ".py", ".md", ".po", ".js") and path.name != "knowledge.md"
]
WORDED = {
    "phq_9", "phq_2", "gad_7", "gad_2", "pcl_5", "pc_ptsd_5", "nrs_pain", "audit_c", "moaas", "urinary_screen",
    "aldrete", "padss", "session_scale",
}  # fmt: skip
# Wording of forms that may not be shipped, and a code of procedures with its owner's mark.
FORBIDDEN = (
    r"wished you were dead",
    r"thoughts of killing yourself",
    r"apparent sadness",
    r"inability to feel",
    r"relates? to dejected mood",
    r"falling asleep: ",
    r"things seem to be moving in slow motion",
    r"pain has interfered",
    r"interfered with your enjoyment",
    r"abuse more than one drug",
    r"draw a clock",
    r"drinking once you had started",
    r"\bcpt.?4\b|\bcpt\W+codes?\b",
    r"american medical association.{0,40}all rights",
    r"\b9(6365|6366|6374|6372|9202|9215|9415|0791|0792|0832|0834|0837|3000|6127)\b",
)


def by_id(entry: Entry) -> str:
    return entry.id


@pytest.mark.parametrize("entry", FORMS, ids=by_id)
def test_a_form_can_be_scored_and_may_be_shipped(entry: Entry) -> None:
    assert list(instrument_faults(BASE, entry, ENTRIES)) == []


def test_only_what_may_be_shipped_has_words() -> None:
    worded = {entry.id for entry in FORMS if any(item.get("text") for item in entry.data.get("items", ()))}
    assert worded == {f"instruments.{name}" for name in WORDED}
    assert {ENTRIES[name].data["licence"] for name in worded} == {"PD"}


def test_every_licence_that_is_not_free_says_what_the_clinic_loads() -> None:
    for entry in FORMS:
        if entry.data["licence"] in ("ASK", "NO"):
            assert entry.data["loads"], entry.id


@pytest.mark.parametrize("words", FORBIDDEN)
def test_nothing_that_is_shipped_holds_licensed_words_or_codes_of_procedures(words: str) -> None:
    assert len(TEXTS) > 100
    for path in TEXTS:
        found = re.search(words, " ".join(path.read_text(encoding="utf-8").split()), re.IGNORECASE)
        assert found is None, f"{path.name}: {found}"


def test_every_code_has_the_form_of_loinc_and_its_check_digit() -> None:
    for entry in FORMS:
        items = [item["loinc"] for item in entry.data.get("items", ()) if "loinc" in item]
        for code in [*items, *entry.data.get("loinc", {}).values()]:
            number, _, digit = code.partition("-")
            doubled = "".join(str(int(d) * (2 if at % 2 == 0 else 1)) for at, d in enumerate(reversed(number)))
            assert (-sum(map(int, doubled))) % 10 == int(digit), (entry.id, code)


def test_the_form_whose_code_belongs_to_its_forerunner_has_none() -> None:
    assert "70221-7" not in str(ENTRIES["instruments.pcl_5"].data)
    assert "loinc" not in ENTRIES["instruments.pcl_5"].data


def broken(name: str, **data: object) -> list[str]:
    entry = ENTRIES[name]
    return list(instrument_faults(BASE, entry.model_copy(update={"data": entry.data | data}), ENTRIES))


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("instruments.phq_9", {"licence": "ASK"}, "may not be shipped"),
        ("instruments.phq_9", {"attribution": ""}, "attribution"),
        ("instruments.madrs", {"loads": ""}, "loads"),
        ("instruments.phq_9", {"by": "anybody"}, "is none of"),
        ("instruments.phq_9", {"scoring": {"rule": "product"}}, "scoring rule"),
        ("instruments.phq_9", {"remission": {"below": "nothing"}}, "no figure"),
        ("instruments.phq_9", {"missing": {"never": ["11"]}}, "is no item"),
        ("instruments.phq_9", {"observation": "observations.none"}, "is no class"),
        ("instruments.phq_9", {"options": [{"value": 4, "text": "Always"}]}, "lies outside"),
        ("instruments.aldrete", {"defined_by": ["recovery.none"]}, "not in this base"),
    ],
)
def test_a_form_that_would_mislead_is_a_fault(name: str, data: dict[str, object], fault: str) -> None:
    assert any(fault in each for each in broken(name, **data))


def test_every_owner_of_what_is_shipped_is_named() -> None:
    notice = " ".join((ROOT / "src/norket/knowledge/data/NOTICE.md").read_text(encoding="utf-8").split())
    for entry in FORMS:
        if entry.data.get("attribution") and "this project" not in entry.data["attribution"]:
            assert entry.data["label"] in notice, entry.id
    assert all(name in notice for name in ("LOINC", "UCUM", "RxNorm", "ICD-10-CM", "ATC"))


def test_only_code_systems_that_may_be_shipped_are_in_classes() -> None:
    systems = {system for entry in BASE.of_kind("class") for system in entry.data.get("codes", {})}
    assert systems <= {"icd10cm", "rxnorm", "atc", "loinc"}
