"""Eleven synthetic patients of a public collection, read whole."""

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from norket.exchange.fhir import read_bundle
from norket.knowledge import read
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.screen import BEFORE_THE_DAY, screen

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "synthea"
FILES = sorted(FOLDER.glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason=f"no bundles of Synthea in ../shared/data/synthea ({FOLDER})")
READ = {"Condition", "Procedure", "Observation", "MedicationRequest"}
WHOLE_S = 5.0  # of processor time, so that what else runs on the machine decides nothing
ON = date(2026, 11, 22)


@pytest.fixture(scope="module")
def bundles() -> dict[str, Any]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_every_resource_is_in_the_chart_or_in_the_list(bundles: dict[str, Any], name: str) -> None:
    chart, not_read = read_bundle(bundles[name])
    resources = [entry["resource"] for entry in bundles[name]["entry"]]
    in_chart = {item.source for field in (chart.conditions, chart.medicines, chart.observations) for item in field}
    listed = {one.resource for one in not_read}
    for resource in resources:
        own = f"{resource['resourceType']}/{resource['id']}"
        if resource["resourceType"] in READ:
            assert f"fhir {own}" in in_chart
        elif resource["resourceType"] != "Patient":
            assert own in listed
    assert chart.patient.birth_date is not None
    assert chart.patient.sex in {"female", "male"}


def test_each_pressure_becomes_two_numbers_with_their_unit(bundles: dict[str, Any]) -> None:
    for given in bundles.values():
        chart, _ = read_bundle(given)
        pressures = [item for item in chart.observations if item.code in {"8480-6", "8462-4"}]
        panels = [e for e in given["entry"] if e["resource"].get("code", {}).get("text") == "Blood Pressure"]
        assert len(pressures) == 2 * len(panels)
        assert {item.unit for item in pressures} == {"mm[Hg]"}


def test_all_are_read_from_their_texts_in_time() -> None:
    texts = [path.read_bytes() for path in FILES]
    begun = time.process_time()
    charts = [read_bundle(text)[0] for text in texts]
    assert time.process_time() - begun < WHOLE_S
    assert all(chart.observations for chart in charts)


def test_all_are_screened_whole_in_time() -> None:
    texts = [path.read_bytes() for path in FILES]
    base = read()
    rules = {entry.id for entry, rule, _ in compiled(base).rules if rule.stage in BEFORE_THE_DAY}
    begun = time.process_time()
    screened = [screen(read_bundle(text)[0], base=base, on=ON, context=Context(route="iv")) for text in texts]
    assert time.process_time() - begun < WHOLE_S
    for screening in screened:
        assert {finding.rule for finding in screening.findings} == rules
        assert any(finding.state == "unknown" for finding in screening.findings)


def test_what_the_bundles_tell_is_found() -> None:
    def fires(name: str) -> set[str]:
        text = next(path for path in FILES if path.name.startswith(name)).read_bytes()
        found = screen(read_bundle(text)[0], base=read(), on=ON, context=Context(route="iv"))
        return {finding.rule for finding in found.findings if finding.state == "fires"}

    assert fires("Basil") >= {
        "screening.scr_20",
        "screening.scr_21",
        "screening.scr_27",
    }  # diazepam, 16 years, seizures
    assert fires("Tasha") >= {"screening.scr_07", "screening.scr_22"}  # heart failure, 88 years
