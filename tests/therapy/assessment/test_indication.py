"""The catalogue of indications: 22 rows, each claim with its letter, labels that change with place and day."""

from datetime import date

import pytest

from norket import knowledge
from norket.knowledge import KnowledgeError
from norket.therapy.assessment import indication, indications, unmet

BASE = knowledge.read()
ROWS = indications(BASE)
ON = date(2027, 3, 1)


def test_there_are_twenty_two_rows_and_no_key_is_written_twice() -> None:
    keys = [key for row in ROWS for key in row.keys]
    assert len(ROWS) == 22
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_no_row_claims_anything_without_its_letter_and_source(row: object) -> None:
    row = next(each for each in ROWS if each is row)
    entry = BASE.entry(row.id)
    cited = {source.key for source in entry.sources}
    assert row.evidence
    for claim in row.evidence:
        assert claim.source in cited or claim.certainty in ("D", "M")
        assert claim.certainty not in ("D", "M") or not claim.source
    for record in row.labels:
        assert not record.source or BASE.reference(record.source)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_racemic_ketamine_is_off_label_for_everything_but_anaesthesia(row: object) -> None:
    row = next(each for each in ROWS if each is row)
    expected = "on" if "anaesthesia" in row.keys else "off"
    assert row.label("ketamine", "US", ON) == expected
    assert row.label("ketamine", "AU", ON) == expected


@pytest.mark.parametrize(
    ("key", "place", "on", "label"),
    [
        ("trd", "US", date(2019, 3, 30), "off"),
        ("trd", "US", date(2019, 3, 31), "on"),
        ("trd", "EU", ON, "on"),
        ("trd", "AU", date(2025, 4, 30), "off"),
        ("trd", "AU", date(2025, 5, 1), "on"),
        ("trd", "NZ", ON, "unknown"),
        ("mdd_si", "EU", ON, "on"),
        ("mdd_si", "US", ON, "unknown"),
        ("crps", "US", ON, "off"),
    ],
)
def test_the_label_of_esketamine_depends_on_use_place_and_day(key: str, place: str, on: date, label: str) -> None:
    assert indication(BASE, key).label("esketamine", place, on) == label


def test_two_names_may_mean_one_row_and_a_free_text_means_none() -> None:
    assert indication(BASE, "sad") == indication(BASE, "gad")
    with pytest.raises(KnowledgeError, match="known are"):
        indication(BASE, "tinnitus")


def test_anaesthesia_is_in_the_catalogue_and_not_offered() -> None:
    assert indication(BASE, "anaesthesia").offered is False
    with pytest.raises(KnowledgeError, match="not offered"):
        indication(BASE, "anaesthesia", offered=True)


@pytest.mark.parametrize("case", BASE.entry("indications.ind_06").cases, ids=lambda case: case.name)
def test_what_a_row_asks_for_must_be_there(case: knowledge.Case) -> None:
    row = indication(BASE, case.given["row"])
    assert unmet(row, frozenset(case.given["documents"]), base=BASE).state == case.expect


def test_what_is_asked_for_is_known_to_the_base() -> None:
    for row in ROWS:
        for each in row.prerequisites:
            assert BASE.entry(each.document).kind == "class"
