"""Screening, in the situations that are easily got wrong.

Each sentence is a test. Screening answers a chart for the day of a session with findings: a rule objects, has nothing
against it, or cannot be known, and what cannot be known is never taken for a no.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from support.charts import BASE, ON, OUTPATIENT, answers, found, healthy, measured, medicine, own

from norket.exchange.fhir import read_bundle
from norket.therapy.chart import Chart, Item
from norket.therapy.consent import Capacity, Consent, Interpreter, Scope, Signing, current, document, sign, void
from norket.therapy.finding import Refused
from norket.therapy.medicines import review
from norket.therapy.medicines.wording import advises_ending
from norket.therapy.screening import screen

INFARCT = date(2027, 1, 18)


def chart_with_infarct(**more: object) -> Chart:
    line = {"onset": INFARCT, "at": INFARCT + timedelta(days=2)} | more
    return healthy(conditions=(own("conditions.major_cv_event", **line),), answers=answers(cv_event=None))


# ---- A date is judged against the session, not against the referral ------------------------------------------


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


def test_a_session_that_is_moved_forward_by_a_day_is_judged_anew() -> None:
    booked = INFARCT + timedelta(days=43)
    assert found("screening.scr_05", chart_with_infarct(), on=booked).state == "clear"
    moved = found("screening.scr_05", chart_with_infarct(), on=booked - timedelta(days=1))
    assert (moved.state, moved.action) == ("fires", "BLOCK-HARD")


def test_in_hospital_two_people_may_decide_otherwise_and_outside_nobody() -> None:
    day, inside = INFARCT + timedelta(days=42), replace(OUTPATIENT, setting="inpatient")
    assert found("screening.scr_05", chart_with_infarct(), on=day, context=inside).action == "BLOCK"
    assert found("screening.scr_05", chart_with_infarct(), on=day).action == "BLOCK-HARD"
    unsaid = replace(OUTPATIENT, setting=None)
    assert found("screening.scr_05", chart_with_infarct(), on=day, context=unsaid).action == "BLOCK-HARD"


def test_a_heart_attack_of_an_unknown_day_holds() -> None:
    finding = found("screening.scr_05", chart_with_infarct(onset=None))
    assert (finding.state, finding.action) == ("unknown", "HOLD")


def test_an_old_record_does_not_say_that_nothing_happened_since() -> None:
    chart = chart_with_infarct(onset=date(2015, 6, 1), at=date(2015, 6, 2))
    assert found("screening.scr_05", chart).state == "unknown"


# ---- Missing is not "no" ------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [None, "unknown"])
def test_a_blank_aneurysm_question_and_not_sure_both_hold(answer: str | None) -> None:
    for rule in ("screening.scr_04", "screening.scr_04_other"):
        finding = found(rule, healthy(answers=answers(aneurysm=answer)))
        assert (finding.state, finding.action) == ("unknown", "HOLD")


def test_a_list_of_diagnoses_without_a_malformation_is_no_answer() -> None:
    listed = (Item(system="icd10cm", code="F33.2", text="Depression", status="yes", at=ON),)
    chart = healthy(conditions=listed, answers=answers(aneurysm=None))
    assert found("screening.scr_04_other", chart).state == "unknown"


def test_a_list_of_diagnoses_imported_from_a_hospital_without_a_malformation_is_no_answer_either() -> None:
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
    }
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-01-01"}
    chart, _ = read_bundle({"resourceType": "Bundle", "entry": [{"resource": one} for one in (patient, condition)]})
    for rule in ("screening.scr_04", "screening.scr_04_other"):
        finding = found(rule, chart)
        assert (finding.state, finding.action) == ("unknown", "HOLD")


def test_a_no_of_today_beside_a_diagnosis_that_somebody_else_wrote_as_absent_does_not_clear_it() -> None:
    coded = Item(system="icd10cm", code="Q28.2", status="yes", at=date(2026, 1, 1), source="hospital")
    denied = Item(system="icd10cm", code="Q28.2", status="no", at=ON, source="patient")
    for lines in ((coded, denied), (denied, coded)):
        assert found("screening.scr_04_other", healthy(conditions=lines)).state == "fires"


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


# ---- One person, two rules ----------------------------------------------------------------------------------


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


def test_the_review_of_medicines_holds_the_session_and_lets_naltrexone_go_on() -> None:
    for indication in ("aud", "oud", "trd"):
        context = replace(OUTPATIENT, indication=indication)
        (line,) = review(alcohol_on_naltrexone(), base=BASE, on=ON, context=context)
        assert line.verdict == "hold"
        assert "goes on as prescribed" in line.opening
        assert not advises_ending(" ".join(line.why), BASE)


def test_the_tablet_of_yesterday_and_the_injection_of_last_month_are_both_naltrexone() -> None:
    for text, last in (("naltrexone 50 MG Oral Tablet", 1), ("Vivitrol 380 MG injection", 28)):
        taken = medicine(text, last_taken=ON - timedelta(days=last))
        assert found("medicines.med_04", healthy(medicines=(taken,))).state == "fires"


def test_no_finding_ever_says_to_end_naltrexone() -> None:
    for indication in ("aud", "trd"):
        context = replace(OUTPATIENT, indication=indication)
        for finding in screen(alcohol_on_naltrexone(), base=BASE, on=ON, context=context).findings:
            said = f"{finding.why} {finding.resolves_by}".lower()
            assert not [word for word in ("stop ", "discontinue", "withhold", "cease") if word in said], finding.rule


# ---- Intoxicated, or sedated, and asked to consent ----------------------------------------------------------


def test_who_is_intoxicated_is_not_treated_that_day_and_nobody_may_decide_otherwise() -> None:
    finding = found("screening.scr_12", healthy(answers=answers(intoxicated_now="yes")))
    assert (finding.state, finding.action) == ("fires", "BLOCK")
    assert BASE.entry("screening.scr_12").data.get("overridden_by") is None
    assert "consent" in finding.resolves_by


def test_sobriety_of_yesterday_says_nothing_of_today() -> None:
    yesterday = own("questions.intoxicated_now", status="no", at=ON - timedelta(days=1))
    chart = healthy(answers=(*answers(intoxicated_now=None), yesterday))
    assert found("screening.scr_12", chart).state == "unknown"


SCOPE = Scope(
    indication="trd",
    drug="ketamine",
    route="iv",
    setting="outpatient",
    jurisdiction="US",
    dose_low=20,
    dose_high=60,
    dose_unit="mg",
)
SIGNED = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def signing(at: datetime = SIGNED, **more: Any) -> Consent | Refused:
    """A consent of a patient of whom nothing speaks against it, but for `more`."""
    text = document(BASE, SCOPE, on=at.date(), contact="the clinic", emergency="112")
    able = Capacity(understands="yes", retains="yes", weighs="yes", communicates="yes", by="Pia")
    sound: dict[str, Any] = {"teach_back": "yes", "capacity": able, "interpreter": Interpreter(needed="no")}
    sound |= dict.fromkeys(("sedative_given", "intoxicated", "above_usual_dose", "stable_sedative"), "no")
    who: dict[str, Any] = {"signed_name": "Ada", "identifiers": ("MRN-1", "1980-01-01"), "witness": "Nora"}
    topics = frozenset(text.topics)
    made = Signing(sha256=text.sha256, way="typed", acknowledged=topics, **(who | sound | more))
    return sign(text, made, base=BASE, now=at)


def signed(at: datetime = SIGNED) -> Consent:
    answer = signing(at)
    assert isinstance(answer, Consent)
    return answer


@pytest.mark.parametrize("known", ["yes", "unknown"])
@pytest.mark.parametrize("what", ["sedative_given", "intoxicated", "above_usual_dose"])
def test_nobody_signs_who_is_sedated_or_intoxicated_or_of_whom_that_is_not_known(what: str, known: str) -> None:
    answer = signing(**{what: known})
    assert isinstance(answer, Refused)
    assert answer.code == "consent_not_sound"


def test_a_signature_after_the_first_sedative_is_void_and_dosing_waits_for_a_new_one_on_the_next_day() -> None:
    one = signed()
    gone = void(one, by="Pia", at=SIGNED + timedelta(hours=1), sedative_at=SIGNED - timedelta(minutes=1))
    assert gone is not None
    assert current((one,), (gone,), SCOPE, base=BASE, on=ON).action == "BLOCK"
    again_today, tomorrow = signed(SIGNED + timedelta(hours=3)), signed(SIGNED + timedelta(days=1))
    assert current((one, again_today), (gone,), SCOPE, base=BASE, on=ON).state == "fires"
    assert current((one, tomorrow), (gone,), SCOPE, base=BASE, on=ON + timedelta(days=1)).state == "clear"


def test_a_signature_during_a_positive_test_is_void() -> None:
    one = signed()
    gone = void(one, by="Pia", at=SIGNED + timedelta(hours=1), intoxicated="yes")
    assert gone is not None
    assert current((one,), (gone,), SCOPE, base=BASE, on=ON).state == "fires"


def test_a_signature_before_the_first_sedative_stands() -> None:
    assert void(signed(), by="Pia", at=SIGNED, sedative_at=SIGNED + timedelta(minutes=1)) is None


# ---- Suicidality is a reason to treat and a crisis at once ---------------------------------------------------


def test_thoughts_of_suicide_make_a_task_of_the_same_day_and_exclude_nobody() -> None:
    calm = screen(healthy(), base=BASE, on=ON, context=OUTPATIENT)
    chart = healthy(observations=measured(phq9_item9=1.0))
    risk = screen(chart, base=BASE, on=ON, context=OUTPATIENT)
    (task,) = [finding for finding in risk.findings if finding.rule == "screening.scr_25"]
    assert (task.state, task.action) == ("fires", "TASK")
    assert BASE.figure("screening.scr_25", "due").value == 0
    blocks = [[(f.rule, f.state) for f in each.findings if f.action != "TASK"] for each in (calm, risk)]
    assert blocks[0] == blocks[1]


def crisis_words() -> Iterator[str]:
    for rule in ("screening.scr_25", "screening.scr_25_high"):
        yield f"{BASE.entry(rule).statement} {BASE.entry(rule).data['resolves_by']}".casefold()


def test_twenty_minutes_to_midnight_is_still_the_same_day() -> None:
    """Item 9 answered with 1 at 23:40, judged at once: the task is due on the day of the answer, not the next one."""
    perth = timezone(timedelta(hours=8))
    at = datetime(2027, 3, 1, 23, 40, tzinfo=perth)
    item9 = own("observations.phq9_item9", value=1.0, unit="{score}", status="unknown", at=at)
    rest = tuple(item for item in measured() if item.code != "observations.phq9_item9")
    task = found("screening.scr_25", healthy(observations=(*rest, item9)), on=at.date())
    assert (task.state, task.action) == ("fires", "TASK")
    assert BASE.figure("screening.scr_25", "due").value == 0


def test_nothing_that_is_said_of_it_declines_the_patient_or_names_a_later_appointment() -> None:
    for words in crisis_words():
        assert "today" in words or "not left alone" in words
        assert not [word for word in ("appointment", "next week", "declin", "not eligible", "exclud") if word in words]


def test_intent_is_a_task_that_cannot_wait_and_no_exclusion_either() -> None:
    chart = healthy(answers=answers(suicidal_thoughts="yes", suicide_risk_high="yes"))
    high = found("screening.scr_25_high", chart)
    assert (high.state, high.action) == ("fires", "TASK")
    assert "stays with the patient" in high.resolves_by


# ---- A test has its day --------------------------------------------------------------------------------------


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
