"""The page on screening a chart: what it shows is what comes out, and its tables name what there is."""

import json
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from norket.cli import app
from norket.knowledge.criteria import Route
from norket.therapy.chart import SYSTEMS, Item, MedicineItem, Patient, read_chart
from norket.therapy.finding import Action, Finding

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "screen-a-chart.md").read_text(encoding="utf-8")
CHART = ROOT / "docs" / "how-to" / "screen-a-chart" / "chart.json"
SHOWN = [
    (command, [line for line in lines if line.strip() and line != "…"])
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for command, *lines in (part.splitlines() for part in block.split("$ ")[1:])
]


@pytest.mark.parametrize(("command", "lines"), SHOWN, ids=["on the day", "after six weeks"])
def test_a_command_of_the_page_prints_the_lines_that_it_shows(
    command: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    program, *arguments = shlex.split(command)
    done = CliRunner().invoke(app, arguments)
    assert (program, done.exit_code) == ("norket", 0)
    printed = iter(done.stdout.splitlines())
    assert lines
    assert [line for line in lines if line not in printed] == []


def test_the_chart_that_is_shown_is_the_beginning_of_the_one_that_lies_beside_the_page() -> None:
    shown = read_chart(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    whole = read_chart(CHART.read_text(encoding="utf-8"))
    assert shown.patient == whole.patient
    assert set(shown.conditions) < set(whole.conditions)


def test_the_tables_name_every_action_route_system_and_field() -> None:
    named = set(re.findall(r"`([a-z_A-Z0-9-]+)`", PAGE))
    assert set(get_args(Action)) <= named
    assert set(SYSTEMS.values()) <= named
    fields = {*Item.model_fields, *MedicineItem.model_fields, *Patient.model_fields}
    assert fields - {"source", "birth_date", "sex", "pregnancy_potential"} <= named
    assert all(f"`{route}`" in PAGE or f"--route {route}`" in PAGE for route in get_args(Route))


def test_the_document_that_is_shown_has_the_fields_of_a_finding() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])
    assert set(shown["findings"][0]) == set(Finding.model_fields) - {"edition"}
    assert set(shown) == {"edition", "on", "findings", "not_read", "not_classified"}
