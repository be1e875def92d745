"""Plans on record: signed with their first order or not at all, once for each command, and ended in the ledger."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.courses import LICENSED, STARTS, TODAY, course, draft, well
from support.worlds import NOW, World

from norket.record.audit.models import AuditLine
from norket.record.care import actions as care
from norket.record.care import queries as care_of
from norket.record.care import screening
from norket.record.care.models import CareEvent
from norket.record.course import actions, queries
from norket.record.exposure import exposure
from norket.record.people.models import Patient
from norket.record.plan import queries as plan
from norket.record.plan.models import OrderRecord
from norket.record.session import actions as sessions
from norket.record.session.models import SessionRecord
from norket.record.session.queries import state_of
from norket.therapy.care.events import Asked, CourseSigned, LineRecorded
from norket.therapy.chart import OWN, Item
from norket.therapy.finding import Refused
from norket.therapy.plan.course import Authority, SignedCourse
from norket.therapy.screening.override import Clinician, clinician

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(world: World) -> Patient:
    """Somebody who has had nothing here yet, and against whom nothing stands."""
    one = Patient.objects.get(pk=world.clinic()["sessions"][1]["patient_id"])
    well(one)
    return one


def signed(world: World, patient: Patient, **changes: Any) -> SignedCourse | Refused:
    usual: dict[str, Any] = {
        "by": world.actor("prescriber"),
        "authority": LICENSED,
        "now": NOW,
        "command_id": "plan-1",
        "reason": "as discussed",
    }
    plan_ = course(**changes.pop("course", {}))
    return actions.sign(patient.pk, plan_, changes.pop("draft", None) or draft(patient), **(usual | changes))


def made(world: World, patient: Patient, **changes: Any) -> SignedCourse:
    done = signed(world, patient, **changes)
    assert isinstance(done, SignedCourse), done
    return done


def kept(patient: Patient) -> tuple[int, int]:
    events = CareEvent.objects.filter(patient=patient, type="course_signed").count()
    return events, OrderRecord.objects.filter(patient=patient).count()


def test_a_plan_is_in_the_ledger_with_its_findings_and_its_order_is_an_order(world: World, patient: Patient) -> None:
    before = kept(patient)
    done = made(world, patient)
    assert kept(patient) == (before[0] + 1, before[1] + 1)
    assert care_of.care(patient.pk).course == done
    assert plan.order(UUID(done.order.id)) == done.order
    assert {one.edition for one in done.findings} == {done.edition}
    assert [line.kind for line in AuditLine.objects.order_by("-seq")[:2]] == ["care", "order_signed"]


def test_a_session_can_be_started_from_the_order_of_a_plan(world: World, patient: Patient) -> None:
    done = made(world, patient)
    session = sessions.plan_session(
        patient.pk, None, order_id=UUID(done.order.id), nurse_id=None, planned_for=NOW + timedelta(days=7),
        by=world.actor("prescriber"), now=NOW,
    )  # fmt: skip
    assert state_of(SessionRecord.objects.get(pk=session)).order == done.order


def test_the_same_command_again_gives_the_same_plan_and_writes_nothing(world: World, patient: Patient) -> None:
    done = made(world, patient)
    before = kept(patient)
    assert made(world, patient, now=NOW + timedelta(minutes=5)) == done
    assert kept(patient) == before


def test_a_second_plan_waits_until_the_first_has_ended(world: World, patient: Patient) -> None:
    made(world, patient)
    refused = signed(world, patient, command_id="plan-2")
    assert isinstance(refused, Refused)
    assert refused.code == "course_running"
    by = world.actor("prescriber")
    ended = actions.end(patient.pk, on=TODAY, why="completed", words="", by=by, now=NOW, command_id="end-1")
    assert not isinstance(ended, Refused)
    assert care_of.care(patient.pk).course is None
    again = signed(world, patient)
    assert isinstance(again, Refused)
    assert again.code == "command_id_reused"
    assert made(world, patient, command_id="plan-2").id != ""
    old = actions.end(patient.pk, on=TODAY, why="completed", words="", by=by, now=NOW, command_id="end-1")
    assert isinstance(old, Refused)
    assert old.code == "command_id_reused"
    assert care_of.care(patient.pk).course is not None
    assert len(care_of.care(patient.pk).courses) == 2


def test_an_end_is_recorded_once_and_only_of_a_plan_that_runs(world: World, patient: Patient) -> None:
    said: dict[str, Any] = {"on": TODAY, "why": "harm", "words": "a rash", "by": world.actor("prescriber"), "now": NOW}
    refused = actions.end(patient.pk, **said, command_id="end-0")
    assert isinstance(refused, Refused)
    assert refused.code == "no_course"
    made(world, patient)
    assert actions.end(patient.pk, **said, command_id="end-1") == actions.end(patient.pk, **said, command_id="end-1")
    assert CareEvent.objects.filter(patient=patient, type="course_ended").count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"authority": Authority()}, "plan_authority"),
        ({"course": {"goals": ()}}, "plan_goals"),
        ({"course": {"review_on": None}}, "plan_review"),
    ],
)
def test_what_is_refused_leaves_neither_plan_nor_order_but_a_line_in_the_chain(
    world: World, patient: Patient, changes: dict[str, Any], code: str
) -> None:
    before = kept(patient)
    refused = signed(world, patient, **changes)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert kept(patient) == before
    assert AuditLine.objects.order_by("-seq")[0].kind == "refused"


def test_what_comes_into_the_chart_after_the_page_was_read_still_holds(world: World, patient: Patient) -> None:
    line = Item(system=OWN, code="conditions.glaucoma", text="glaucoma", status="yes", at=NOW)
    event = LineRecorded(place="conditions", item=line)
    care.record(patient.pk, [event], by="somebody", now=NOW, command_id=str(uuid4()))
    refused = signed(world, patient)
    assert isinstance(refused, Refused)
    assert (refused.code, [one.rule for one in refused.findings]) == ("findings_open", ["screening.scr_15"])


def test_what_two_people_went_on_against_for_this_session_lets_the_plan_be_signed(
    world: World, patient: Patient
) -> None:
    line = Item(system=OWN, code="conditions.glaucoma", text="glaucoma", status="yes", at=NOW)
    event = LineRecorded(place="conditions", item=line)
    care.record(patient.pk, [event], by="somebody", now=NOW, command_id=str(uuid4()))
    asked = queries.asked_for(patient, course())
    other = Clinician(id=None, name="Ada Glass", competences=frozenset({"ophthalmologist"}))

    def go_on(session: Asked) -> None:
        done = screening.go_on(
            patient, session, "screening.scr_15", by=clinician(world.actor("prescriber")), reason="treated",
            second=other, second_reason="18 mmHg", now=NOW, command_id=str(uuid4()),
        )  # fmt: skip
        assert not isinstance(done, Refused)

    go_on(asked.model_copy(update={"on": STARTS + timedelta(days=1)}))
    assert isinstance(signed(world, patient), Refused)
    go_on(asked)
    done = made(world, patient)
    assert done.overridden == ("screening.scr_15",)
    assert "screening.scr_15" in {one.rule for one in done.screened}


def test_when_the_ledger_refuses_the_order_is_not_kept_either(
    world: World, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = kept(patient)
    monkeypatch.setattr(actions.care, "record", lambda *_, **__: Refused(code="no", why="no"))
    refused = signed(world, patient)
    assert isinstance(refused, Refused)
    assert kept(patient) == before


def test_the_calendar_asks_for_a_consent_and_for_what_grows_old(world: World, patient: Patient) -> None:
    found = queries.visits(patient, made(world, patient), NOW)
    sessions_ = [one for one in found if one.kind == "session"]
    assert sessions_[0].on == STARTS
    assert all(any(must.what == "consent" and must.standing == "open" for must in one.must) for one in sessions_)
    assert not any(one.ready for one in sessions_)


def test_what_was_given_before_is_known_with_day_and_route(world: World) -> None:
    world.start(minutes_ago=60)
    one = Patient.objects.get(pk=world.clinic()["sessions"][0]["patient_id"])
    known = exposure(one, NOW)
    assert queries.given_days(known, care_of.zone(one)) == (TODAY,)
    assert queries.history(known, care_of.zone(one)).routes == {"iv"}
    assert queries.history(known, care_of.zone(one)).days == (TODAY,)


def test_a_plan_begins_on_its_day_in_the_clinic_and_never_before_now(patient: Patient) -> None:
    begins = queries.begins(patient, course(), NOW)
    assert begins.astimezone(care_of.zone(patient)).date() == STARTS
    assert queries.begins(patient, course(starts_on=TODAY), NOW) == NOW


def test_an_event_of_a_plan_reads_back_as_it_was_written(world: World, patient: Patient) -> None:
    made(world, patient)
    (one,) = care_of.care(patient.pk).courses
    assert isinstance(one.event, CourseSigned)
    assert CourseSigned.model_validate_json(one.event.model_dump_json()) == one.event
