"""Tests and medicines in the record: ordered, done, waived, decided, and what screening makes of it at once."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.worlds import NOW, World

from norket.record.care import actions, assessment, instruments, medicines, queries, screening
from norket.record.people.models import Patient
from norket.therapy.care import events as e
from norket.therapy.chart import OWN, Item, MedicineItem
from norket.therapy.finding import Refused
from norket.therapy.screening import Clinician

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 1)
ASKED = e.Asked(on=ON, route="iv", setting="outpatient", drug="ketamine", indication="trd", first_session=True)
PIA = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
LORAZEPAM = MedicineItem(text="lorazepam", status="yes", daily_dose=3.0, daily_unit="mg", at=NOW)


@pytest.fixture
def patient(world: World) -> Patient:
    return Patient.objects.order_by("pk")[0]


def record(patient: Patient, *events: e.Event) -> tuple[e.Recorded, ...]:
    done = actions.record(patient.pk, events, by="doc-1", now=NOW, command_id=str(uuid4()))
    assert not isinstance(done, Refused), done
    return done


def result(name: str, day: date, **more: Any) -> e.LineRecorded:
    item = Item(system=OWN, code=f"observations.{name}", text=name, status="no", at=day, source="laboratory", **more)
    return e.LineRecorded(place="observations", item=item)


def standing(patient: Patient, rule: str, asked: e.Asked = ASKED) -> assessment.Standing:
    found = assessment.tests(patient, queries.care(patient.pk), asked)
    return next(one for one in found if one.booking.rule == rule)


def open_rules(patient: Patient, asked: e.Asked = ASKED) -> set[str]:
    return {one.rule for one in screening.screening(patient, asked).open}


def order(patient: Patient, rule: str) -> Any:
    return assessment.order(patient, ASKED, rule, note="", by="doc-1", now=NOW, command_id=str(uuid4()))


def waive(patient: Patient, rule: str, **other: Any) -> Any:
    given = {"by": PIA, "reason": "healthy and 25", "now": NOW, "command_id": str(uuid4())} | other
    return assessment.let_go(patient, ASKED, rule, **given)


def decide(patient: Patient, verdict: Any = "review", note: str = "stable for years", asked: e.Asked = ASKED) -> Any:
    row = medicines.reviewed(patient, queries.care(patient.pk), asked)[0]
    where = (row.entry.n, row.entry.index)
    given = {"note": note, "together_with": "", "by": PIA, "now": NOW, "command_id": str(uuid4())}
    return medicines.go_through(patient, asked, at_line=where, seen=row.mark, verdict=verdict, **given)


def test_an_order_stands_until_a_result_comes(patient: Patient) -> None:
    (ordered,) = order(patient, "tests.tst_08")
    assert standing(patient, "tests.tst_08").ordered == ordered
    assert isinstance(ordered.event, e.TestOrdered)
    assert ordered.event.finding.state == "fires"
    assert order(patient, "tests.tst_08").code == "ordered_already"
    record(patient, result("alt", ON))
    assert standing(patient, "tests.tst_08").ordered == ordered
    record(patient, result("urinalysis", ON - timedelta(days=3)))
    assert standing(patient, "tests.tst_08").ordered is None
    assert "tests.tst_08" not in open_rules(patient)


def test_an_order_that_is_taken_back_stays_in_the_ledger_and_is_taken_back_once(patient: Patient) -> None:
    (ordered,) = order(patient, "tests.tst_08")
    record(patient, e.DecisionTakenBack(n=ordered.n, reason="wrong patient"))
    assert standing(patient, "tests.tst_08").ordered is None
    assert ordered in queries.ledger(patient.pk)
    again = actions.record(
        patient.pk, [e.DecisionTakenBack(n=ordered.n, reason="again")], by="doc-1", now=NOW, command_id="b"
    )
    assert isinstance(again, Refused)
    assert again.code == "decision_not_known"


def test_a_test_that_is_no_test_is_neither_ordered_nor_waived(patient: Patient) -> None:
    assert order(patient, "screening.scr_01").code == "test_not_known"
    assert waive(patient, "screening.scr_01").code == "test_not_known"


def test_a_waiver_counts_in_screening_until_it_is_taken_back(patient: Patient) -> None:
    assert "tests.tst_06" in open_rules(patient)
    (waived,) = waive(patient, "tests.tst_06")
    assert "tests.tst_06" not in open_rules(patient)
    assert not standing(patient, "tests.tst_06").open
    record(patient, e.DecisionTakenBack(n=waived.n, reason="was for another patient"))
    assert "tests.tst_06" in open_rules(patient)


def test_a_waiver_needs_its_role_its_reason_and_a_test_that_may_be_waived(patient: Patient) -> None:
    nora = Clinician(id="nurse-1", name="Nora", competences=frozenset())
    assert waive(patient, "tests.tst_06", by=nora).code == "waiver_not_yours"
    assert waive(patient, "tests.tst_06", reason=" ").code == "reason_missing"
    assert waive(patient, "tests.tst_01").code == "not_waivable"
    assert waive(patient, "tests.tst_03").code == "not_waivable"  # due on the day alone, when nobody may


def test_a_result_may_be_good_for_booking_and_too_old_for_the_dose_and_shows_both_days(patient: Patient) -> None:
    record(patient, e.PregnancyPotentialRecorded(status="yes"), result("pregnancy_test", ON - timedelta(days=8)))
    test = standing(patient, "tests.tst_10")
    assert (test.booking.finding.state, test.dosing.finding.state) == ("clear", "fires")
    ((booking, dosing),) = test.items
    assert (booking.until, dosing.until) == (ON + timedelta(days=20), ON - timedelta(days=1))


def test_a_decision_settles_what_it_was_made_on_and_a_change_asks_again(patient: Patient) -> None:
    record(patient, e.MedicineRecorded(item=LORAZEPAM))
    held = {one.rule for one in screening.in_the_way(patient, ASKED)}
    assert "medicines.med_01" in held
    decide(patient)
    assert {one.rule for one in screening.in_the_way(patient, ASKED)} == held - {"medicines.med_01"}
    (row,) = medicines.reviewed(patient, queries.care(patient.pk), ASKED)
    assert row.decision is not None
    record(patient, e.MedicineRecorded(item=LORAZEPAM.model_copy(update={"text": "diazepam"})))
    first, _ = medicines.reviewed(patient, queries.care(patient.pk), ASKED)
    assert (first.decision, len(first.before)) == (None, 1)
    assert "medicines.med_01" in {one.rule for one in screening.in_the_way(patient, ASKED)}


def test_a_decision_for_one_route_is_none_for_another(patient: Patient) -> None:
    record(patient, e.MedicineRecorded(item=LORAZEPAM))
    decide(patient)
    oral = ASKED.model_copy(update={"route": "oral"})
    assert medicines.reviewed(patient, queries.care(patient.pk), oral)[0].decision is None


def test_a_screening_that_was_kept_stays_as_it_was_when_a_test_is_waived_later(patient: Patient) -> None:
    screening.keep(patient, ASKED, by="doc-1", now=NOW, command_id="k1")
    waive(patient, "tests.tst_06")
    screening.keep(patient, ASKED, by="doc-1", now=NOW, command_id="k2")
    later, earlier = (one.event for one in queries.care(patient.pk).screenings)
    assert isinstance(earlier, e.Screened) and isinstance(later, e.Screened)  # noqa: PT018
    assert (earlier.waived, [one.rule for one in later.waived]) == ((), ["tests.tst_06"])
    assert "tests.tst_06" in {one.rule for one in earlier.findings if one.state == "fires"}


def test_a_list_that_was_called_whole_counts_as_gone_through_on_that_day(patient: Patient) -> None:
    said = Item(system=OWN, code="questions.medicines_complete", text="whole", status="yes", at=ON)
    before = assessment.context_of(queries.care(patient.pk), ASKED)
    assert "documents.medicines_review" not in before.documents
    record(patient, e.LineRecorded(place="answers", item=said))
    assert assessment.context_of(queries.care(patient.pk), ASKED).documents["documents.medicines_review"] == ON


def test_the_scales_of_the_indication_count_from_the_day_on_which_they_were_filled_in(patient: Patient) -> None:
    assert standing(patient, "tests.tst_14").booking.open
    answers = {str(n): 0.0 for n in range(1, 10)}
    day = ON - timedelta(days=7)
    done = instruments.keep_score(
        patient, "phq_9", answers, None, on=day, source="patient", by="doc-1", now=NOW, command_id="s"
    )
    assert isinstance(done, tuple)
    assert not standing(patient, "tests.tst_14").booking.open
    later = ASKED.model_copy(update={"on": ON + timedelta(days=1)})
    assert standing(patient, "tests.tst_14", later).booking.open
    pain = ASKED.model_copy(update={"indication": "crps"})
    assert standing(patient, "tests.tst_14", pain).booking.open
