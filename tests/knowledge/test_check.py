"""The check of a whole base: each way in which entries that stand alone do not fit together."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from norket.knowledge import read
from norket.knowledge.check import DOSE_LEVELS, DOSE_UNITS, check

PROPOSAL = {
    "statement": "A limit.",
    "certainty": "D",
    "policy": "to-be-signed",
    "derivation": "Chosen for this test.",
    "review_by": date(2027, 11, 30),
}
TWO_SIDES = [
    {"name": "in", "given": {"x": 1}, "expect": "clear"},
    {"name": "out", "given": {"x": 2}, "expect": "fires"},
]
LEVELS = {f"{level}_{unit}": float(n) for n, level in enumerate(DOSE_LEVELS, 1) for unit in DOSE_UNITS}
STARTS = {"start_mg_kg": 1.0, "start_frail_or_65_mg_kg": 1.0, "duration_min": 40.0, "interval_h": 44.0}
UNIT = {"mg_kg": "mg/kg", "mg": "mg", "mg_h": "mg/h", "mg_kg_h": "mg/kg/h"}


def row(orderable: bool = True, **changes: float | None) -> dict[str, Any]:
    """A dose row that holds together, with changes; a change to nothing takes the figure away."""
    figures = {name: number for name, number in (LEVELS | STARTS | changes).items() if number is not None}
    unit = {name: next((UNIT[u] for u in UNIT if name.endswith(f"_{u}")), "min") for name in figures}
    values = [{"name": name, "value": number, "unit": unit[name]} for name, number in figures.items()]
    data = {"orderable": orderable}
    return PROPOSAL | {"id": "doses.x", "kind": "dose", "values": values, "cases": TWO_SIDES, "data": data}


def criterion(tier: str, comparison: str, value: float | None, **data: Any) -> dict[str, Any]:
    """An escalation criterion on heart rate that holds together, with changes to its data."""
    whole = {"tier": tier, "channel": "hr_per_min", "comparison": comparison, "for_s": 0, "readings": 1}
    whole |= {"repeat_within_min": None, "needs": [], "advice": "Look."} | data
    values = [] if value is None else [{"value": value, "unit": "/min"}]
    name = f"escalation.{tier.lower()}.hr"
    return PROPOSAL | {"id": name, "kind": "rule", "values": values, "cases": TWO_SIDES, "data": whole}


def faults(folder: Path, *entries: dict[str, Any]) -> list[str]:
    (folder / "sources.yaml").write_text("references: []\n", encoding="utf-8")
    (folder / "topic.yaml").write_text(yaml.safe_dump({"entries": list(entries)}), encoding="utf-8")
    return check(read(folder))


def test_a_whole_row_and_whole_tiers_pass(tmp_path: Path) -> None:
    tiers = [criterion("T1", ">=", 110), criterion("T2", ">=", 120), criterion("T3", ">", 150)]
    assert faults(tmp_path, row(), *tiers) == []


@pytest.mark.parametrize("name", [*LEVELS, *STARTS])
def test_an_orderable_row_needs_every_limit(tmp_path: Path, name: str) -> None:
    assert [f"orderable but without {name}" in fault for fault in faults(tmp_path, row(**{name: None}))] == [True]


def test_a_row_that_cannot_be_ordered_may_lack_limits(tmp_path: Path) -> None:
    assert faults(tmp_path, row(orderable=False, cap_mg=None)) == []


def test_a_dose_at_once_has_no_duration_and_may_start_in_milligrams(tmp_path: Path) -> None:
    once = row(
        duration_min=None, start_mg_kg=None, start_frail_or_65_mg_kg=None, start_mg=1.0, start_frail_or_65_mg=1.0
    )
    assert faults(tmp_path, once | {"data": {"orderable": True, "form": "dose"}}) == []
    assert len(faults(tmp_path, once)) == 1


@pytest.mark.parametrize("unit", DOSE_UNITS)
def test_a_cap_may_equal_its_ceiling_and_never_pass_it(tmp_path: Path, unit: str) -> None:
    ceiling = LEVELS[f"ceiling_{unit}"]
    assert faults(tmp_path, row(**{f"cap_{unit}": ceiling})) == []
    found = faults(tmp_path, row(**{f"cap_{unit}": ceiling + 0.1}))
    assert len(found) == 1
    assert f"cap_{unit} 4.1 lies above ceiling_{unit} 4" in found[0]


@pytest.mark.parametrize(
    ("comparison", "mild", "same", "grave"), [(">=", 110.0, 120.0, 120.0), ("<", 50.0, 45.0, 45.0)]
)
def test_a_graver_tier_begins_further_out(
    tmp_path: Path, comparison: str, mild: float, same: float, grave: float
) -> None:
    assert faults(tmp_path, criterion("T1", comparison, mild), criterion("T3", comparison, grave)) == []
    assert faults(tmp_path, criterion("T1", comparison, same), criterion("T3", comparison, grave)) == []
    found = faults(tmp_path, criterion("T1", comparison, grave), criterion("T3", comparison, mild))
    assert len(found) == 1
    assert "lies beyond the graver escalation.t3.hr" in found[0]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (criterion("T4", ">", 100), "tier 'T4' is none of T1, T2, T3"),
        (criterion("T1", "=", 100), "comparison '=' is none of"),
        (criterion("T1", ">", None), "needs a figure named 'value'"),
        (criterion("T1", "is", None), "comparison 'is' needs the code"),
        (row() | {"data": {"orderable": True, "action": "ALARM"}}, "action 'ALARM' is none of BLOCK-HARD, BLOCK"),
        (row() | {"cases": TWO_SIDES[:1]}, "a limit needs cases on both sides of it"),
        (row() | {"cases": [TWO_SIDES[0], TWO_SIDES[1] | {"name": "in"}]}, "two cases are named 'in'"),
        (row() | {"data": {"orderable": True, "monitoring": "monitoring.none"}}, "points to 'monitoring.none'"),
        (row() | {"data": {"orderable": True, "figures": ["doses.none"]}}, "points to 'doses.none'"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    found = faults(tmp_path, entry)
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith(f"topic.yaml: {entry['id']}: ")


def test_a_criterion_with_data_left_out_is_named(tmp_path: Path) -> None:
    entry = criterion("T1", ">", 100)
    del entry["data"]["advice"]
    assert ["needs in its data: advice" in fault for fault in faults(tmp_path, entry)] == [True]


@pytest.mark.parametrize(("day", "due"), [(date(2027, 11, 30), False), (date(2027, 12, 1), True)])
def test_a_review_is_due_the_day_after_its_last(tmp_path: Path, day: date, due: bool) -> None:
    faults(tmp_path, row())
    assert [True for fault in check(read(tmp_path), on=day) if "its review was due" in fault] == [True] * due
