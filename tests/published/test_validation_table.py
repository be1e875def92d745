"""The table of published figures: every row answered or explained, verdicts as on record, the manual's page fresh."""

import importlib.util
import json
import math
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from norket.cli import app
from norket.cli import validate as command
from norket.knowledge import Value
from norket.pharmacology import validate as room
from norket.pharmacology.gallery import OVERVIEW, group, groups, overview
from norket.pharmacology.observed import Check, accepted_fold, rows
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.validate import Outcome, totals, validate
from norket.pharmacology.validation_report import validation_text

DOCS = Path(__file__).parents[2] / "docs"
DEVELOPMENT_ROWS = range(1, 25)


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    return validate()


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery_page", DOCS / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_development_row_is_there_once() -> None:
    assert [row.row for _, row in rows()] == list(DEVELOPMENT_ROWS)


def test_every_verdict_is_the_one_on_record(outcomes: Sequence[Outcome]) -> None:
    changed = [(one.row, one.figure, one.verdict, one.expected) for one in outcomes if not one.as_expected]
    assert changed == []


def test_what_is_not_inside_has_a_reason(outcomes: Sequence[Outcome]) -> None:
    assert [(one.row, one.figure) for one in outcomes if one.verdict != "inside" and not one.reason] == []


def test_a_check_is_computed_with_a_ratio_or_counted_as_not_computed(outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        assert (one.predicted is None) == (one.verdict == "not computed") == (one.ratio is None)
        assert one.predicted is None or math.isfinite(one.predicted)
    count = totals(outcomes)
    assert count["inside"] + count["outside"] + count["not_computed"] == count["checks"] == len(outcomes)


def test_rows_that_are_missed_stay_visible_with_their_reason(outcomes: Sequence[Outcome]) -> None:
    missed = [one for one in outcomes if one.verdict == "outside"]
    text = validation_text(outcomes)
    assert missed
    for one in missed:
        assert one.reason in text


def test_the_device_strata_are_met_within_two_per_cent(outcomes: Sequence[Outcome]) -> None:
    strata = [one for one in outcomes if one.row == 7]
    assert len(strata) == 9
    assert all(one.ratio is not None and abs(one.ratio - 1) <= 0.02 for one in strata)


def test_a_row_made_from_the_same_study_is_told_apart(outcomes: Sequence[Outcome]) -> None:
    independent = {one.row for one in outcomes if one.independent}
    assert {1, 9, 10, 11, 13} <= independent
    assert not independent & {3, 4, 5, 7, 8, 17, 22, 23}


@pytest.mark.parametrize(
    ("predicted", "verdict"), [(150.0, "inside"), (151.0, "outside"), (100 / 1.5, "inside"), (66.0, "outside")]
)
def test_a_fold_counts_in_both_directions(predicted: float, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert decide(monkeypatch, predicted, {"measure": "cmax", "within": 1.5}, Value(value=100, unit="ng/mL")) == verdict


@pytest.mark.parametrize(
    ("predicted", "verdict"), [(100.0, "inside"), (99.9, "outside"), (250.0, "inside"), (250.1, "outside")]
)
def test_an_observed_range_may_be_the_limit(predicted: float, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = {"measure": "cmax", "within": "interval"}
    assert decide(monkeypatch, predicted, check, Value(low=100, high=250, unit="ng/mL")) == verdict


@pytest.mark.parametrize(
    ("predicted", "verdict"), [(1.2, "inside"), (1.01, "inside"), (1.0, "outside"), (0.99, "outside")]
)
def test_no_effect_has_no_sign(predicted: float, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check = {"measure": "clearance_by_sex", "within": "sign and size"}
    assert decide(monkeypatch, predicted, check, Value(value=1.2, unit="1")) == verdict


def decide(monkeypatch: pytest.MonkeyPatch, predicted: float, asked: dict[str, object], seen: Value) -> str:
    """The verdict of the first row's entry for this answer of the engine."""
    entry, row = rows()[0]
    monkeypatch.setattr(room, "measured", lambda check, unit: predicted)
    monkeypatch.setattr(room, "observation", lambda entry, check: seen)
    check = Check.model_validate({"figure": "x", **asked})
    return room._outcome(entry, row, row.asked(check)).verdict


def test_a_refusal_of_the_engine_is_not_computed_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(check: Check, unit: str) -> float:
        raise NotCoveredError("route_not_covered", "nobody goes there")

    entry, row = rows()[0]
    monkeypatch.setattr(room, "measured", refused)
    found = room._outcome(entry, row, row.asked(row.checks[0]))
    assert (found.verdict, found.as_expected, found.reason) == ("not computed", False, "nobody goes there")


def test_a_verdict_other_than_inside_needs_its_reason_in_the_data() -> None:
    with pytest.raises(ValueError, match="because"):
        Check.model_validate({"figure": "x", "measure": "cmax", "expect": "outside"})
    with pytest.raises(ValueError, match="computes nothing"):
        Check.model_validate({"figure": "x", "measure": "none"})


def test_single_studies_and_exposures_have_their_own_limits() -> None:
    assert (accepted_fold("cmax"), accepted_fold("auc")) == (1.5, 1.25)


def run(outcomes: Sequence[Outcome], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(room, "validate", lambda: tuple(outcomes))
    done = CliRunner().invoke(app, ["validate", *arguments])
    return done.exit_code, done.stdout


def test_the_command_prints_one_document(outcomes: Sequence[Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    status, printed = run(outcomes, monkeypatch, "--json")
    document = json.loads(printed)
    assert status == 0
    assert document["totals"]["checks"] == len(document["checks"])
    wanted = {
        "row",
        "regimen",
        "model",
        "predicted",
        "observed",
        "ratio",
        "verdict",
        "expected",
        "reason",
        "sources",
        "independent",
    }
    assert wanted <= set(document["checks"][0])


def test_a_changed_verdict_ends_with_status_1(outcomes: Sequence[Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    other = [replace(outcomes[0], expected="outside"), *outcomes[1:]]
    status, printed = run(other, monkeypatch)
    assert status == command.CHANGED == 1
    assert "Verdicts that differ from those on record" in printed
    assert run(outcomes, monkeypatch)[0] == 0


def test_a_picture_shows_every_computed_check_of_its_group(outcomes: Sequence[Outcome]) -> None:
    for name in groups(outcomes):
        own = [one for one in outcomes if one.group == name and one.ratio is not None]
        ratios = group(name, outcomes).axes[-1]
        labels = [text.get_text() for text in ratios.get_yticklabels()]
        assert len(labels) == len(own)
        assert all(label.startswith(f"{one.row}  ") for label, one in zip(labels, own, strict=True))


def test_the_overview_has_a_line_for_every_row(outcomes: Sequence[Outcome]) -> None:
    axes = overview(outcomes).axes[0]
    assert len(axes.get_yticklabels()) == len(DEVELOPMENT_ROWS)
    assert any("not computed" in text.get_text() for text in axes.texts)


def test_the_page_of_the_manual_says_what_the_engine_says(gallery: ModuleType, outcomes: Sequence[Outcome]) -> None:
    fresh = "\n".join(gallery.page(outcomes)).strip() + "\n"
    assert (DOCS / "explanation" / "validation.md").read_text(encoding="utf-8") == fresh, "run docs/gallery.py"


def test_no_picture_of_the_manual_was_made_from_other_figures(gallery: ModuleType, outcomes: Sequence[Outcome]) -> None:
    assert gallery.stale_pictures(outcomes) == [], "run docs/gallery.py"


def test_the_pictures_of_the_manual_are_small(outcomes: Sequence[Outcome]) -> None:
    pictures = [*(DOCS / "images" / "validation").glob("*.png"), *(DOCS / "images" / "curves").glob("*.png")]
    assert {OVERVIEW} <= {path.stem for path in pictures}
    assert [path.name for path in pictures if path.stat().st_size > 60_000] == []
