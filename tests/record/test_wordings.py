"""The clinic's own words for a licensed form reach its people; words that do not fit are not shown, and it says why."""

from pathlib import Path

import pytest
import yaml
from django.conf import LazySettings

from norket import knowledge
from norket.record.care.wordings import form

BASE = knowledge.read()
WORDS = {"licence": "Letter 17", "language": "en", "items": {"1": "First?", "2": "Second?", "3": "Third?"}}


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    settings.NORKET_WORDS = tmp_path
    return tmp_path


def test_without_a_file_a_form_says_that_the_clinic_loads_its_words(folder: Path) -> None:
    assert form(BASE, "peg").loads
    assert not any(item.text for item in form(BASE, "peg").items)


def test_with_a_file_a_form_has_its_words_and_names_the_licence(folder: Path) -> None:
    (folder / "peg.yaml").write_text(yaml.safe_dump(WORDS), encoding="utf-8")
    found = form(BASE, "instruments.peg")
    assert [item.text for item in found.items] == ["First?", "Second?", "Third?"]
    assert (found.loads, found.attribution) == ("", "Letter 17")


def test_words_that_do_not_fit_are_not_shown_and_the_form_says_why(folder: Path) -> None:
    (folder / "peg.yaml").write_text(yaml.safe_dump(WORDS | {"items": {"1": "First?"}}), encoding="utf-8")
    found = form(BASE, "peg")
    assert not any(item.text for item in found.items)
    assert "question '2' has no words" in found.loads
