"""Five situations that screening must get right, each as it happens in a clinic."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from support.charts import BASE, ON, OUTPATIENT, answers, found, healthy, measured, medicine, own

from norket.therapy.chart import Chart, Item
from norket.therapy.screening import screen

INFARCT = date(2027, 1, 18)


def chart_with_infarct(**more: object) -> Chart:
    line = {"onset": INFARCT, "at": INFARCT + timedelta(days=2)} | more
    return healthy(conditions=(own("conditions.major_cv_event", **line),), answers=answers(cv_event=None))


# ---- 1. A date is judged against the session, not against the referral ------------------------------------------


def test_the_verdict_on_a_heart_attack_flips_exactly_once_as_the_session_moves_by_a_day() -> None:
    days = [INFARCT + timedelta(days=n) for n in range(30, 60)]
    states = [found("screening.scr_05", chart_with_infarct(), on=day).state for day in days]
    flips = [day for day, one, other in zip(days[1:], states, states[1:], strict=False) if one != other]
    assert flips == [INFARCT + timedelta(days=43)]
    assert (states[0], states[-1]) == ("fires", "clear")


def test_a_session_three_weeks_after_the_referral_is_judged_on_its_own_day() -> None:
    referral = INFARCT + timedelta(weeks=5)
    assert found("screening.scr_05", chart_with_infarct(), on=referral).state == "fires"
    assert found("screening.scr_05", chart_with_infarct(), on=referral + timedelta(weeks=3)).state == "clear"


def test_a_heart_attack_of_an_unknown_day_holds() -> None:
    finding = found("screening.scr_05", chart_with_infarct(onset=None))
    assert (finding.state, finding.action) == ("unknown", "HOLD")


def test_an_old_record_does_not_say_that_nothing_happened_since() -> None:
    chart = chart_with_infarct(onset=date(2015, 6, 1), at=date(2015, 6, 2))
    assert found("screening.scr_05", chart).state == "unknown"


# ---- 2. Missing is not "no" ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, "unknown"])
def test_a_blank_aneurysm_question_and_not_sure_both_hold(answer: str | None) -> None:
    for rule in ("screening.scr_04", "screening.scr_04_other"):
        finding = found(rule, healthy(answers=answers(aneurysm=answer)))
        assert (finding.state, finding.action) == ("unknown", "HOLD")


def test_a_list_of_diagnoses_without_a_malformation_is_no_answer() -> None:
    listed = (Item(system="icd10cm", code="F33.2", text="Depression", status="yes", at=ON),)
    chart = healthy(conditions=listed, answers=answers(aneurysm=None))
    assert found("screening.scr_04_other", chart).state == "unknown"


def test_a_later_no_of_the_patient_does_not_clear_a_coded_diagnosis() -> None:
    coded = (Item(system="icd10cm", code="Q28.2", status="yes", at=date(2026, 1, 1), source="hospital"),)
    assert found("screening.scr_04_other", healthy(conditions=coded)).state == "fires"


def test_a_suspected_diagnosis_is_not_cleared_by_a_no_either() -> None:
    suspected = (Item(system="icd10cm", code="Q28.2", status="unknown", at=date(2026, 1, 1)),)
    assert found("screening.scr_04_other", healthy(conditions=suspected)).state == "unknown"


def test_free_text_is_listed_and_never_taken_for_a_no() -> None:
    told = (Item(text="something in the head, long ago", status="no", at=ON),)
    chart = healthy(conditions=told, answers=answers(aneurysm=None, raised_icp=None))
    assert found("screening.scr_16", chart).state == "unknown"
    assert screen(chart, base=BASE, on=ON).not_classified == ("conditions.0: something in the head, long ago",)


# ---- 3. One person, two rules ----------------------------------------------------------------------------------


def alcohol_on_naltrexone() -> Chart:
    return healthy(
        conditions=(Item(system="icd10cm", code="F10.20", status="yes", at=ON),),
        medicines=(medicine("naltrexone 380 MG extended release injection", last_taken=date(2027, 2, 10)),),
    )


def test_alcohol_disorder_on_depot_naltrexone_meets_the_addiction_plan_and_the_question_of_efficacy() -> None:
    context = replace(OUTPATIENT, indication="aud")
    assert found("screening.scr_11", alcohol_on_naltrexone(), context=context).state == "clear"
    assert found("screening.scr_11_treated", alcohol_on_naltrexone(), context=context).action == "HOLD"
    naltrexone = found("medicines.med_04", alcohol_on_naltrexone(), context=context)
    assert (naltrexone.state, naltrexone.action) == ("fires", "HOLD")


def test_beside_another_indication_the_disorder_itself_holds() -> None:
    assert found("screening.scr_11", alcohol_on_naltrexone()).state == "fires"
    assert found("screening.scr_11_treated", alcohol_on_naltrexone()).state == "clear"


def test_no_finding_ever_says_to_end_naltrexone() -> None:
    for indication in ("aud", "trd"):
        context = replace(OUTPATIENT, indication=indication)
        for finding in screen(alcohol_on_naltrexone(), base=BASE, on=ON, context=context).findings:
            said = f"{finding.why} {finding.resolves_by}".lower()
            assert not [word for word in ("stop ", "discontinue", "withhold", "cease") if word in said], finding.rule


# ---- 4. Intoxicated ----------------------------------------------------------------------------------------------


def test_who_is_intoxicated_is_not_treated_that_day_and_nobody_may_decide_otherwise() -> None:
    finding = found("screening.scr_12", healthy(answers=answers(intoxicated_now="yes")))
    assert (finding.state, finding.action) == ("fires", "BLOCK")
    assert BASE.entry("screening.scr_12").data.get("overridden_by") is None
    assert "consent" in finding.resolves_by


def test_sobriety_of_yesterday_says_nothing_of_today() -> None:
    yesterday = own("questions.intoxicated_now", status="no", at=ON - timedelta(days=1))
    chart = healthy(answers=(*answers(intoxicated_now=None), yesterday))
    assert found("screening.scr_12", chart).state == "unknown"


# ---- 5. Suicidality is a reason to treat and a crisis at once ---------------------------------------------------


def test_thoughts_of_suicide_make_a_task_of_the_same_day_and_exclude_nobody() -> None:
    calm = screen(healthy(), base=BASE, on=ON, context=OUTPATIENT)
    chart = healthy(observations=measured(phq9_item9=1.0))
    risk = screen(chart, base=BASE, on=ON, context=OUTPATIENT)
    (task,) = [finding for finding in risk.findings if finding.rule == "screening.scr_25"]
    assert (task.state, task.action) == ("fires", "TASK")
    assert BASE.figure("screening.scr_25", "due").value == 0
    blocks = [[(f.rule, f.state) for f in each.findings if f.action != "TASK"] for each in (calm, risk)]
    assert blocks[0] == blocks[1]


def test_intent_is_a_task_that_cannot_wait_and_no_exclusion_either() -> None:
    chart = healthy(answers=answers(suicidal_thoughts="yes", suicide_risk_high="yes"))
    high = found("screening.scr_25_high", chart)
    assert (high.state, high.action) == ("fires", "TASK")
    assert "stays with the patient" in high.resolves_by


# ---- and --------------------------------------------------------------------------------------------------------


def test_a_pregnancy_test_of_day_0_is_stale_at_session_6() -> None:
    later = replace(OUTPATIENT, first_session=False)
    assert found("screening.scr_17_test", healthy()).state == "clear"
    assert found("screening.scr_17_test", healthy(), on=ON + timedelta(days=28), context=later).state == "clear"
    assert found("screening.scr_17_test", healthy(), on=ON + timedelta(days=29), context=later).state == "fires"


def test_a_pregnancy_test_can_be_valid_for_booking_and_invalid_for_the_first_dose() -> None:
    day = ON + timedelta(days=8)
    booking, dosing = replace(OUTPATIENT, first_session=False), OUTPATIENT
    assert found("screening.scr_17_test", healthy(), on=day, context=booking).state == "clear"
    assert found("screening.scr_17_test", healthy(), on=day, context=dosing).state == "fires"
