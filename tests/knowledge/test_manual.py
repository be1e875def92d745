"""What the manual says of the knowledge base is what the base says now, and its schema judges the stored entries."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from norket.knowledge import read
from norket.knowledge.manual import entry_schema, render
from norket.knowledge.reader import PACKAGED

BASE = read()
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
STORED: list[dict[str, Any]] = [
    json.loads(json.dumps(entry, default=date.isoformat))
    for path in sorted(PACKAGED.rglob("*.yaml"))
    for entry in (yaml.safe_load(path.read_text(encoding="utf-8")).get("entries") or [])
]


def test_the_published_schema_is_fresh() -> None:
    published = (REFERENCE / "knowledge-entry.schema.json").read_text(encoding="utf-8")
    assert published == entry_schema(), "run: script/docs"


def test_the_published_page_is_fresh() -> None:
    assert (REFERENCE / "knowledge.md").read_text(encoding="utf-8") == render(BASE), "run: script/docs"


def test_the_page_shows_every_entry_figure_unit_source_and_standing() -> None:
    page = render(BASE)
    for entry in BASE.entries:
        part = page[page.index(f"### {entry.id}\n") :].split("\n### ")[0]
        assert " ".join(entry.statement.split()) in part
        assert f"certainty {entry.certainty}" in part
        assert ("clinic policy, to be signed" in part) == (entry.policy is not None)
        for value in entry.values:
            assert f"| `{value.name}` |" in part
            assert f"| {value.unit} |" in part
        for source in entry.sources:
            assert BASE.reference(source.key).citation.strip() in part


def test_the_schema_is_a_schema_and_accepts_every_stored_entry() -> None:
    schema = json.loads(entry_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    assert len(STORED) == len(BASE.entries)
    for entry in STORED:
        assert [error.message for error in judge.iter_errors(entry)] == [], entry["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"certainty": "E"},
        {"kind": "number"},
        {"id": "Not An Id"},
        {"statement": ""},
        {"policy": "signed"},
        {"review_by": "soon"},
        {"remark": "x"},
        {"values": [{"value": "1.5", "unit": "mg"}]},
        {"values": [{"value": 1.5, "unit": "furlong"}]},
        {"values": [{"value": 1.5}]},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(change: dict[str, Any]) -> None:
    judge = jsonschema.Draft202012Validator(json.loads(entry_schema()), format_checker=jsonschema.FormatChecker())
    assert list(judge.iter_errors(STORED[0])) == []
    assert list(judge.iter_errors(STORED[0] | change))
