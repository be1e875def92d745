"""Screening a whole chart: what comes out, in which order, and how strict it is where."""

from dataclasses import replace
from datetime import date

import pytest
from support.charts import BASE, ON, OUTPATIENT, answers, found, healthy, measured, medicine, own

from norket.knowledge.criteria import ACTIONS, is_rule, rule_of
from norket.therapy.chart import Chart, Item, Patient
from norket.therapy.screening import Context, screen
from norket.therapy.screening.screen import STATES

SCREENING = ("screening",)


def test_nothing_of_screening_stands_against_a_healthy_person_with_every_question_answered() -> None:
    result = screen(healthy(), base=BASE, on=ON, context=OUTPATIENT, stages=SCREENING)
    kept = [finding.rule for finding in result.open]
    assert kept == ["screening.scr_25_high"]  # asked only where thoughts of suicide are known
    assert result.not_classified == ()


def test_everything_that_holds_is_open_for_an_empty_chart() -> None:
    result = screen(Chart(), base=BASE, on=ON, context=OUTPATIENT, stages=SCREENING)
    clear = {finding.rule for finding in result.findings if finding.state == "clear"}
    assert clear == {
        "screening.scr_04_esketamine",
        "screening.scr_11_treated",
    }  # about another drug, another indication


def test_findings_come_by_action_and_then_by_state() -> None:
    result = screen(healthy(answers=answers(glaucoma="yes", cv_event=None)), base=BASE, on=ON, context=OUTPATIENT)
    order = [(ACTIONS.index(finding.action), STATES.index(finding.state)) for finding in result.findings]
    assert order == sorted(order)
    assert len(result.findings) > 40


def test_every_finding_says_why_with_edition_sources_and_a_way_out() -> None:
    for finding in screen(healthy(answers=()), base=BASE, on=ON, context=OUTPATIENT).findings:
        entry = BASE.entry(finding.rule)
        assert finding.edition == BASE.edition
        assert finding.why.startswith(rule_of(entry).label)
        assert finding.sources == tuple(dict.fromkeys(source.key for source in entry.sources))
        assert bool(finding.resolves_by) == (finding.state != "clear")


def test_a_finding_carries_what_was_looked_at_and_the_figure() -> None:
    chart = healthy(observations=measured(sbp=186.0))
    finding = found("screening.scr_03", chart)
    assert finding.state == "fires"
    assert finding.figure == "180 mmHg"
    assert finding.inputs == {"Systolic blood pressure": ["norket observations.sbp 186 mm[Hg] [2027-03-01, clinic]"]}
    assert "186 mm[Hg]" in finding.why


@pytest.mark.parametrize("rule", ["scr_03", "scr_04", "scr_05"])
@pytest.mark.parametrize(
    ("setting", "action"),
    [
        ("inpatient", "BLOCK"),
        ("emergency", "BLOCK"),
        ("outpatient", "BLOCK-HARD"),
        ("home", "BLOCK-HARD"),
        (None, "BLOCK-HARD"),
    ],
)
def test_outside_a_hospital_and_where_it_is_not_said_the_stricter_action_counts(
    rule: str, setting: str | None, action: str
) -> None:
    chart = healthy(
        observations=measured(sbp=190.0),
        conditions=(
            own("conditions.major_cv_event", onset=date(2027, 2, 20)),
            own("conditions.dissection_or_intracranial_aneurysm"),
        ),
    )
    finding = found(f"screening.{rule}", chart, context=replace(OUTPATIENT, setting=setting))  # type: ignore[arg-type]
    assert (finding.state, finding.action) == ("fires", action)


def test_what_is_not_known_holds_however_hard_the_rule_blocks() -> None:
    blocking = [finding for finding in screen(Chart(), base=BASE, on=ON).findings if finding.state == "unknown"]
    rules = [rule_of(BASE.entry(finding.rule)) for finding in blocking]
    assert {rule.action for rule in rules} >= {"BLOCK-HARD", "BLOCK", "HOLD"}
    for finding, rule in zip(blocking, rules, strict=True):
        expected = "HOLD" if rule.action in ("BLOCK-HARD", "BLOCK", "HOLD") else rule.action
        assert finding.action == expected


def test_stages_choose_what_is_judged() -> None:
    stages = {rule_of(entry).stage for entry in BASE.entries if is_rule(entry)}
    for stage in stages:
        result = screen(Chart(), base=BASE, on=ON, stages=(stage,))
        assert {rule_of(BASE.entry(finding.rule)).stage for finding in result.findings} == {stage}


def test_what_no_class_explains_is_listed_with_its_place() -> None:
    chart = healthy(
        conditions=(Item(text="bad back", status="yes"), Item(system="snomed", code="1", status="yes")),
        medicines=(medicine("the blue one"),),
        allergies=(Item(text="nuts", status="yes"),),
        answers=(*answers(), Item(text="shoe size", status="yes")),
    )
    assert screen(chart, base=BASE, on=ON).not_classified == (
        "conditions.0: bad back",
        "conditions.1: snomed 1",
        "medicines.0: the blue one",
        "allergies.0: nuts",
        f"answers.{len(chart.answers) - 1}: shoe size",
    )


def test_no_day_no_context_and_no_chart_still_give_an_answer() -> None:
    result = screen(Chart(), base=BASE, on=ON, context=Context())
    assert result.on == ON
    assert not [finding for finding in result.findings if finding.state == "fires" and finding.action == "BLOCK-HARD"]


def test_a_person_of_seventeen_is_not_treated_here() -> None:
    minor = healthy(patient=Patient(birth_date=date(2009, 3, 2), sex="female", pregnancy_potential="no"))
    assert found("screening.scr_21", minor).state == "fires"
    assert found("screening.scr_21", minor, on=date(2027, 3, 2)).state == "clear"


def test_who_is_born_on_the_leap_day_is_eighteen_on_the_first_of_march() -> None:
    leap = healthy(patient=Patient(birth_date=date(2008, 2, 29)))
    assert found("screening.scr_21", leap, on=date(2026, 2, 28)).state == "fires"
    assert found("screening.scr_21", leap, on=date(2026, 3, 1)).state == "clear"


WHOLE = answers(medicines_complete="yes")


def test_a_common_medicine_that_no_rule_asks_about_leaves_the_list_of_medicines_whole() -> None:
    chart = healthy(medicines=(medicine("Paracetamol 500mg tablets, 1 g every 6 hours"),), answers=WHOLE)
    assert found("medicines.med_06", chart).state == "clear"
    assert screen(chart, base=BASE, on=ON).not_classified == ()


@pytest.mark.parametrize(
    "text", ["my sleeping tablets", "paracetamol and something for sleep", "calcium channel blocker"]
)
def test_a_medicine_that_may_be_anything_keeps_every_question_about_medicines_open_and_is_named(text: str) -> None:
    finding = found("medicines.med_06", healthy(medicines=(medicine(text),), answers=WHOLE))
    assert (finding.state, finding.action) == ("unknown", "HOLD")
    assert f"may be what is written as {text}" in finding.why


def test_a_dose_that_does_not_count_says_so() -> None:
    taken = medicine("buprenorphine 8 MG sublingual tablet", daily_dose=16, daily_unit="mg/d")
    finding = found("medicines.med_02", healthy(medicines=(taken,), answers=WHOLE))
    assert finding.state == "unknown"
    assert "not to be counted as oral morphine" in finding.why
