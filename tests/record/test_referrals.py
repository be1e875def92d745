"""Referrals on disk: kept once, answered by people, brought into a chart with their source, and never changed."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record import append_only
from norket.record.audit.models import AuditLine
from norket.record.care import queries as care
from norket.record.care.admission import Measured, NewPatient, admit
from norket.record.care.models import CareEvent
from norket.record.people.models import Clinic, Patient
from norket.record.referral import actions, queries, quota
from norket.record.referral.models import Referral, ReferralEvent
from norket.record.verify import verify
from norket.therapy.finding import Refused
from norket.therapy.referral import events as e
from norket.therapy.referral.shapes import Answered, Referrer, Risk, RiskState, Someone
from norket.therapy.referral.shapes import Referral as Sent

pytestmark = pytest.mark.django_db
BORN = date(1985, 5, 5)
MEDICINES = "oxycodone 40 mg in the morning\n\n  a blue pill  \nnone for sleep"


@pytest.fixture
def clinic(world: World) -> Clinic:
    return Clinic.objects.create(name="A clinic without referrals")


def sent(risk: RiskState = "not_said", given: str = "Ada", **changed: Any) -> Sent:
    person = Someone(given_name=given, family_name="Glass", birth_date=BORN, sex="female", contact="070 1")
    answers = (
        Answered(question="questions.glaucoma", status="yes"),
        Answered(question="questions.seizures", status="no"),
        Answered(question="questions.thyroid", status="unknown"),
        Answered(question="questions.medicines_complete", status="yes"),
        Answered(question="questions.of_another_edition", status="yes"),
    )
    told: dict[str, Any] = {"origin": "self-check", "person": person, "answers": answers, "medicines": MEDICINES}
    return Sent(**told | {"risk": Risk(state=risk), "edition": read().edition} | changed)


def receive(clinic: Clinic, one: Sent | None = None, *, command_id: str = "", minutes: float = 0.0) -> UUID:
    done = actions.receive(
        clinic,
        one or sent(),
        by="self-check",
        now=NOW + timedelta(minutes=minutes),
        command_id=command_id or str(uuid4()),
    )
    assert isinstance(done, UUID)
    return done


def happens(referral: UUID, event: e.Event, command_id: str = "") -> Any:
    return actions.record(referral, event, by="somebody", now=NOW, command_id=command_id or str(uuid4()))


def new(mrn: str = "N-1", given: str = "Ada", **changed: Any) -> NewPatient:
    return NewPatient(
        **{"mrn": mrn, "given_name": given, "family_name": "Glass", "birth_date": BORN, "sex": "female"} | changed
    )


def accept(referral: UUID, to: Any, command_id: str = "accept", **how: Any) -> Any:
    return actions.accept(referral, to, by="somebody", now=NOW, command_id=command_id, **how)


def test_what_was_sent_is_kept_whole_and_is_new(clinic: Clinic) -> None:
    standing = queries.standing(receive(clinic))
    assert standing.referral == sent()
    assert (standing.state, standing.received.by) == ("new", "self-check")


def test_the_same_again_is_kept_once(clinic: Clinic) -> None:
    first = receive(clinic, command_id="a")
    assert receive(clinic, command_id="a") == first
    assert receive(clinic, command_id="b") == first
    assert Referral.objects.filter(clinic=clinic).count() == 1


def test_after_an_answer_the_same_words_are_a_new_referral(clinic: Clinic) -> None:
    first = receive(clinic)
    happens(first, e.Declined(reason="too far", instead="the clinic in town"))
    assert receive(clinic) != first


def test_an_id_used_for_something_else_is_refused(clinic: Clinic) -> None:
    receive(clinic, command_id="a")
    refused = actions.receive(clinic, sent(given="Eve"), by="x", now=NOW, command_id="a")
    assert isinstance(refused, Refused)
    assert refused.code == "command_id_reused"


def test_danger_stands_first_then_what_is_not_known_then_the_oldest(clinic: Clinic) -> None:
    later = receive(clinic, sent(given="Late"), minutes=2)
    early = receive(clinic, sent(given="Early"), minutes=1)
    open_ = receive(clinic, sent("not_known", given="Open"), minutes=3)
    danger = receive(clinic, sent("said", given="Danger"), minutes=4)
    assert [one for one, _ in queries.open_ones(clinic.pk)] == [danger, open_, early, later]
    found = queries.waiting(clinic.pk)
    assert (found.unread, found.danger, found.oldest) == (4, 1, NOW + timedelta(minutes=1))


def test_danger_waits_until_somebody_spoke_and_reading_it_is_not_enough(clinic: Clinic) -> None:
    one = receive(clinic, sent("said"))
    happens(one, e.Seen())
    assert queries.waiting(clinic.pk).danger == 1
    happens(one, e.Spoken(reached=False, note="no answer; crisis team told"))
    assert (queries.waiting(clinic.pk).danger, queries.waiting(clinic.pk).unread) == (0, 0)
    assert queries.standing(one).is_open


def test_nobody_sees_the_referrals_of_another_clinic(world: World, clinic: Clinic) -> None:
    receive(clinic)
    other = UUID(world.clinic(1)["id"])
    before = len(queries.open_ones(clinic.pk))
    assert queries.waiting(other).unread == before == 1
    assert queries.open_ones(other)[0][1].referral.person.family_name.startswith("canary")


def test_whoever_answers_has_looked(clinic: Clinic) -> None:
    one = receive(clinic)
    standing = happens(one, e.Declined(reason="too far", instead="the clinic in town"), "x")
    assert standing.seen is not None
    assert [row.type for row in ReferralEvent.objects.filter(referral=one).order_by("n")] == [
        "received",
        "seen",
        "declined",
    ]
    assert happens(one, e.Declined(reason="too far", instead="the clinic in town"), "x") == standing
    assert happens(one, e.Seen(), "x").code == "command_id_reused"


def test_danger_is_never_declined_before_somebody_spoke(clinic: Clinic) -> None:
    one = receive(clinic, sent("said"))
    refused = happens(one, e.Declined(reason="too far", instead="elsewhere"))
    assert isinstance(refused, Refused)
    assert refused.code == "speak_first"
    assert queries.standing(one).state == "new"


def test_an_accepted_referral_is_a_patient_with_a_chart(clinic: Clinic) -> None:
    one = receive(clinic)
    patient = accept(one, new(contact="070 1"))
    assert (patient.mrn, patient.name, patient.sex, patient.contact) == ("N-1", "Ada Glass", "female", "070 1")
    found = care.care(patient.pk)
    answers = {
        line.item.code: (line.item.status, line.item.source, line.item.day)
        for line in found.lines
        if line.place == "answers"
    }
    assert answers == {
        "questions.glaucoma": ("yes", "self-check", NOW.date()),
        "questions.seizures": ("no", "self-check", NOW.date()),
        "questions.thyroid": ("unknown", "self-check", NOW.date()),
    }
    assert [line.item.text for line in found.lines if line.place == "medicines"] == [
        "oxycodone 40 mg in the morning",
        "a blue pill",
        "none for sleep",
    ]
    assert {(line.item.status, line.item.code) for line in found.lines if line.place == "medicines"} == {("yes", "")}
    (kept,) = found.referrals
    assert kept.event.referral == sent()
    assert queries.standing(one).patient == patient.pk


def test_who_refers_is_the_source_of_its_lines(clinic: Clinic) -> None:
    by_letter = sent(origin="referrer", referrer=Referrer(name="Dr Bee", contact="bee"))
    patient = accept(receive(clinic, by_letter), new())
    assert {line.item.source for line in care.care(patient.pk).lines} == {"referral by Dr Bee"}


def test_accepting_twice_makes_one_patient(clinic: Clinic) -> None:
    one = receive(clinic)
    assert accept(one, new()) == accept(one, new())
    assert accept(one, new("N-2"), "other").code == "referral_closed"
    assert Patient.objects.filter(family_name="Glass").count() == 1


def test_somebody_alike_must_be_decided(clinic: Clinic) -> None:
    first, second, third = (receive(clinic, sent(given=name)) for name in ("Ada", "ADA-", "Ad"))
    known = accept(first, new())
    assert accept(second, new("N-2", "ADA")).code == "maybe_known"
    assert queries.standing(second).state == "new"
    same = accept(second, known, "same")
    assert same == known
    assert queries.standing(second).closed.event == e.Accepted(patient=known.pk, known_before=True)
    assert len(care.care(known.pk).referrals) == 2
    other = accept(third, new("N-3", "Ada"), "else", another=True)
    assert other.pk != known.pk


def test_what_a_stranger_sends_never_takes_the_place_of_an_answer_that_objects(clinic: Clinic) -> None:
    known = accept(receive(clinic), new())
    calmer = sent(given="Ada", medicines="", answers=tuple(
        Answered(question=one, status=status)
        for one, status in (
            ("questions.glaucoma", "no"), ("questions.thyroid", "no"), ("questions.seizures", "yes"),
            ("questions.diabetes", "no"),
        )
    ))  # fmt: skip
    accept(receive(clinic, calmer), known, "same")
    newest = {line.item.code: line.item.status for line in care.care(known.pk).lines if line.place == "answers"}
    assert newest == {
        "questions.glaucoma": "yes",
        "questions.thyroid": "unknown",
        "questions.seizures": "yes",
        "questions.diabetes": "no",
    }
    assert len(care.care(known.pk).referrals) == 2


def test_a_taken_number_leaves_nothing_behind(clinic: Clinic) -> None:
    accept(receive(clinic, sent(given="Eve")), new("N-1", "Bo", birth_date=date(1950, 1, 1), family_name="Ho"))
    one = receive(clinic)
    events = CareEvent.objects.count()
    assert accept(one, new("N-1")).code == "mrn_taken"
    assert queries.standing(one).state == "new"
    assert CareEvent.objects.count() == events


def test_a_referral_never_goes_to_a_patient_of_another_clinic(clinic: Clinic, world: World) -> None:
    stranger = Patient.objects.filter(clinic_id=world.clinic(1)["id"]).order_by("pk")[0]
    assert accept(receive(clinic), stranger).code == "patient_unknown"


def test_a_new_patient_has_weight_and_height_with_day_and_source(clinic: Clinic) -> None:
    day = NOW.date() - timedelta(days=3)
    measured = new(weight_kg=Measured(70.5, day, "our scale"), height_cm=Measured(168.0, day, "passport"))
    patient = admit(clinic, measured, another=False, by="x", now=NOW, command_id="a")
    assert isinstance(patient, Patient)
    assert (patient.weight_kg, patient.weight_measured_on, patient.height_cm) == (70.5, day, 168.0)
    lines = {line.item.code: line.item for line in care.care(patient.pk).lines}
    assert (lines["observations.weight"].value, lines["observations.weight"].unit) == (70.5, "kg")
    assert (lines["observations.height"].at, lines["observations.height"].source) == (day, "passport")


def test_nothing_is_measured_in_days_to_come(clinic: Clinic) -> None:
    tomorrow = new(weight_kg=Measured(70.0, NOW.date() + timedelta(days=1), "scale"))
    refused = admit(clinic, tomorrow, another=False, by="x", now=NOW, command_id="a")
    assert isinstance(refused, Refused)
    assert refused.code == "measured_later"


@pytest.mark.parametrize(
    ("zone", "hour", "days", "taken"),
    [
        ("Pacific/Auckland", 21, 1, True),  # ten in the morning there, of the next day in UTC
        ("Pacific/Auckland", 21, 2, False),
        ("America/Los_Angeles", 3, 0, False),  # still the evening before there
        ("America/Los_Angeles", 3, -1, True),
    ],
)
def test_days_to_come_are_those_of_the_clinic(clinic: Clinic, zone: str, hour: int, days: int, taken: bool) -> None:
    clinic.timezone = zone
    clinic.save()
    measured = new(weight_kg=Measured(70.0, NOW.date() + timedelta(days=days), "scale"))
    done = admit(clinic, measured, another=False, by="x", now=NOW.replace(hour=hour), command_id="a")
    assert isinstance(done, Patient) is taken


def test_the_chain_knows_every_referral_and_says_nothing_of_what_is_in_it(clinic: Clinic) -> None:
    one = receive(clinic, sent("said"))
    line = AuditLine.objects.order_by("-seq")[0]
    assert (line.kind, line.subject, line.actor) == ("referral", f"referral:{one}", "self-check")
    assert not {"Ada", "Glass", "oxycodone", "glaucoma"} & set(line.data.replace('"', " ").split())
    assert verify()["ok"]


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (ReferralEvent, {"data": '{"type":"seen"}'}),
        (ReferralEvent, {"by": "somebody else"}),
        (ReferralEvent, {"n": 2}),
        (Referral, {"sha256": "0" * 64}),
        (Referral, {"received_at": NOW - timedelta(days=9)}),
        (Referral, {"command_id": "other"}),
    ],
)
def test_a_changed_referral_is_found(clinic: Clinic, model: Any, change: dict[str, Any]) -> None:
    one = receive(clinic)
    append_only.remove(connection)
    assert verify()["ok"]
    wanted = {"referral_id": one} if model is ReferralEvent else {"pk": one}
    model.objects.filter(**wanted).update(**change)
    assert AuditLine.objects.get(seq=verify()["first_bad"]).kind == "referral"


@pytest.mark.parametrize("deed", ["slipped in", "removed", "without entries"])
def test_a_referral_slipped_in_or_removed_is_found(clinic: Clinic, deed: str) -> None:
    one = receive(clinic)
    append_only.remove(connection)
    if deed == "slipped in":
        row = ReferralEvent.objects.get(referral_id=one)
        row.pk, row.n, row.command_id, row._state.adding = uuid4(), 2, "slipped", True
        row.save(force_insert=True)
    elif deed == "removed":
        ReferralEvent.objects.filter(referral_id=one)._raw_delete(ReferralEvent.objects.db)
        Referral.objects.filter(pk=one)._raw_delete(Referral.objects.db)
    else:
        Referral.objects.create(clinic=clinic, command_id="x", sha256="0" * 64, received_at=NOW)
    assert not verify()["ok"]


@pytest.mark.parametrize("model", [Referral, ReferralEvent])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_a_referral(clinic: Clinic, model: Any, change: str) -> None:
    receive(clinic)
    rows = model.objects.all()
    attempt = {"update": lambda: rows.update(command_id="x"), "delete": lambda: rows._raw_delete(rows.db)}[change]
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        attempt()
    assert model.objects.exists()


def test_one_address_sends_a_few_within_an_hour_and_all_together_not_many_more() -> None:
    few = quota.Limit(of_one=2, of_all=3)
    taken = [quota.admit(few, address, NOW) for address in ("a", "a", "a", "b", "b")]
    assert taken == [True, True, False, True, False]
    assert quota.admit(few, "a", NOW + quota.HOUR)


def test_a_network_of_ipv6_is_one_sender() -> None:
    one = quota.Limit(of_one=1, of_all=9)
    assert quota.admit(one, "2001:db8::1", NOW)
    assert not quota.admit(one, "2001:db8::ffff", NOW)
    assert quota.admit(one, "2001:db8:0:1::1", NOW)


def test_the_networks_of_one_customer_of_ipv6_have_a_bound_together() -> None:
    site = quota.Limit(of_one=6, of_all=120, of_site=24)
    taken = [quota.admit(site, f"2001:db8:1:{n:x}::1", NOW) for n in range(30)]
    assert taken == [True] * 24 + [False] * 6
    assert quota.admit(site, "2001:db8:2::1", NOW)
    assert quota.admit(site, "203.0.113.1", NOW)
    assert quota.admit(site, "2001:db8:1::1", NOW + quota.HOUR)


def test_no_customer_shuts_the_doors_for_everybody() -> None:
    for limit in (quota.PAGES, quota.SENT, quota.DANGER):
        assert limit.of_site is not None
        assert limit.of_one < limit.of_site <= limit.of_all // 5


def test_addresses_beyond_what_is_kept_are_counted_as_one_whole() -> None:
    wide = quota.Limit(of_one=1, of_all=quota.KEPT + 10)
    taken = sum(quota.admit(wide, f"10.0.{n // 250}.{n % 250}", NOW) for n in range(quota.KEPT + 50))
    assert taken == quota.KEPT + 10
    assert len(quota._windows) <= quota.KEPT
