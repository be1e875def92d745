"""Orders: signed under their limits by those who may, and in force only for their own patient before the start."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.care import actions as care
from norket.record.draft import draft as order_draft
from norket.record.people.models import Patient, Person
from norket.record.plan import actions as plan
from norket.record.plan import queries
from norket.record.plan.models import OrderRecord, PolicySignature
from norket.record.session import actions
from norket.record.session import queries as sessions
from norket.record.session.actions import Acted
from norket.record.session.course import has_had_drug
from norket.therapy.care.events import DoseReported
from norket.therapy.finding import Refused
from norket.therapy.plan.exposure import PriorDose
from norket.therapy.plan.order import AnyOrder, DoseOrder, Order
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def patient(world: World, place: int = 0, side: int = 0) -> Patient:
    return Patient.objects.get(pk=world.clinic(side)["sessions"][place]["patient_id"])


def sign(
    world: World, who: str = "prescriber", text: str = "0.4 mg/kg iv over 40 min", place: int = 0
) -> AnyOrder | Refused:
    one = patient(world, place)
    draft = order_draft(
        one, row="doses.d01", dose_text=text, concentration_mg_ml=1.0, on=world.now.date(), first_session=False
    )
    return plan.sign_order(one.pk, draft, by=world.actor(who), now=world.now)


def test_a_signed_order_is_kept_as_it_was_signed_with_an_audit_line(world: World) -> None:
    signed = sign(world)
    assert isinstance(signed, Order)
    assert queries.order(UUID(signed.id)) == signed
    assert queries.orders(patient(world).pk)[0] == signed
    assert AuditLine.objects.order_by("-seq")[0].kind == "order_signed"


@pytest.mark.parametrize("role", ["nurse", "pharmacist", "medical_director"])
def test_who_may_not_sign_is_refused_and_nothing_is_kept(world: World, role: str) -> None:
    before = OrderRecord.objects.count()
    assert isinstance(sign(world, role), Refused)
    assert OrderRecord.objects.count() == before
    assert AuditLine.objects.order_by("-seq")[0].kind == "refused"


def test_an_order_above_the_ceiling_is_refused(world: World) -> None:
    refused = sign(world, text="5 mg/kg iv over 40 min")
    assert isinstance(refused, Refused)
    assert refused.code == "above_ceiling"


def test_without_the_clinics_signature_nothing_is_ordered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "policy_signed", lambda _: False)
    refused = sign(world)
    assert isinstance(refused, Refused)
    assert refused.code == "policy_unsigned"


def test_only_the_medical_director_signs_the_figures_and_once(world: World) -> None:
    nurse = Person.objects.get(pk=world.person("nurse")["id"])
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    assert isinstance(plan.sign_policy(nurse, now=world.now), Refused)
    before = PolicySignature.objects.count()
    again = plan.sign_policy(director, now=world.now + timedelta(days=1))
    assert isinstance(again, PolicySignature)
    assert PolicySignature.objects.count() == before
    assert queries.policy_signed(UUID(world.clinic()["id"]))
    assert not queries.policy_signed(uuid4())


def attach(world: World, order: AnyOrder | Refused, place: int = 0) -> Acted | Refused:
    assert isinstance(order, Order)
    return actions.attach_order(world.session(place), UUID(order.id), by=world.actor("prescriber"), now=world.now)


def test_a_new_order_comes_into_force_before_the_start_and_once(world: World) -> None:
    signed = sign(world)
    first, again = attach(world, signed), attach(world, signed)
    assert isinstance(first, Acted)
    assert isinstance(again, Acted)
    assert (again.version, again.replay) == (first.version, True)
    assert sessions.state(world.session()).order == signed


def test_an_order_of_another_patient_does_not(world: World) -> None:
    refused = attach(world, sign(world, place=1))
    assert isinstance(refused, Refused)
    assert refused.code == "order_mismatch"


def at_once(world: World) -> DoseOrder:
    one = patient(world)
    draft = order_draft(
        one, row="doses.d03", dose_text="0.5 mg/kg im", concentration_mg_ml=50.0, on=world.now.date(),
        first_session=False,
    )  # fmt: skip
    signed = plan.sign_order(one.pk, draft, by=world.actor("prescriber"), now=world.now)
    assert isinstance(signed, DoseOrder)
    return signed


def test_an_order_of_a_dose_at_once_is_kept_and_read_back(world: World) -> None:
    signed = at_once(world)
    assert queries.order(UUID(signed.id)) == signed
    assert queries.orders(patient(world).pk)[0] == signed


def test_an_order_of_a_dose_at_once_comes_into_force_and_starts_no_pump(world: World) -> None:
    signed = at_once(world)
    done = actions.attach_order(world.session(), UUID(signed.id), by=world.actor("prescriber"), now=world.now)
    assert isinstance(done, Acted)
    assert sessions.state(world.session()).order == signed
    start = {
        "type": "start_infusion", "order_id": signed.id, "product_id": "ketamine-50", "concentration_mg_ml": 1.0,
        "rate_ml_h": 30.0, "identifiers": list(patient(world).identifiers)[:2],
    }  # fmt: skip
    version = sessions.state(world.session()).version
    for as_, code in (("intended", "order_is_a_dose"), ("happened", None)):
        answer = actions.act(
            world.session(),
            COMMAND.validate_python(start | {"as": as_}),
            by=world.actor("nurse"),
            now=world.now,
            command_id=f"start {as_}",
            expected_version=version,
        )
        assert (answer.code if isinstance(answer, Refused) else None) == code


@pytest.mark.parametrize(
    ("hours", "part", "code"),
    [
        (45, 9.0, None),
        (3, 1.0, "too_soon"),  # told after the signature, which gives no reason
        (3, 1.01, "above_cap"),
        (3, 1.51, "above_ceiling"),
        (1, 1.51, "above_ceiling"),
        (1, 0.1, "too_soon"),
        (1, None, "too_soon"),
    ],
)
def test_what_was_taken_on_the_day_counts_at_the_start(
    world: World, hours: float, part: float | None, code: str | None
) -> None:
    """The order, signed 2 h ago, is half of its cap: as much again is the cap, and half as much more the ceiling."""
    planned = world.clinic()["sessions"][0]
    ordered = queries.order(UUID(planned["order_id"]))
    amount_mg = None if part is None else round(ordered.amount_mg * part, 6)
    at = world.now - timedelta(hours=hours)
    dose = PriorDose(at=at, route="oral", drug="ketamine", amount_mg=amount_mg, where="at home", source="reported")
    care.record(patient(world).pk, [DoseReported(dose=dose)], by="nurse-1", now=world.now, command_id="told")
    names = ("order_id", "product_id", "concentration_mg_ml", "rate_ml_h", "volume_ml")
    start = {"type": "start_infusion", "identifiers": planned["identifiers"][:2]} | {n: planned[n] for n in names}
    for as_, refusal in (("intended", code), ("happened", None)):
        answer = actions.act(
            world.session(),
            COMMAND.validate_python(start | {"as": as_}),
            by=world.actor("nurse"),
            now=world.now,
            command_id=f"start {as_}",
            expected_version=sessions.state(world.session()).version,
        )
        held = answer.code if isinstance(answer, Refused) else None
        assert held == refusal or (refusal is None and held == "preflight_missing")


def test_an_id_that_is_none_is_the_order_of_nobody(world: World) -> None:
    assert queries.order_of("no id", patient(world).pk) is None
    assert queries.order_of(at_once(world).id, patient(world, 1).pk) is None


def test_an_order_does_not_change_under_a_running_infusion(world: World) -> None:
    world.start()
    refused = attach(world, sign(world))
    assert isinstance(refused, Refused)
    assert refused.code == "already_started"


def test_a_session_that_came_to_nothing_leaves_the_next_dose_the_first(world: World) -> None:
    one = patient(world)
    assert one.sessions.exclude(phase="planned").exists()
    assert not has_had_drug(one)
    stop(world)
    assert not has_had_drug(one)


def test_after_a_session_with_drug_the_next_dose_is_no_first_one(world: World) -> None:
    world.start(minutes_ago=10)
    stop(world)
    assert has_had_drug(patient(world))


def test_a_start_that_was_taken_back_leaves_the_next_dose_the_first(world: World) -> None:
    world.start(minutes_ago=10)
    stop(world)
    for event in sessions.events(world.session()):
        if event.event.type in {"infusion_started", "infusion_stopped"}:
            back = COMMAND.validate_python({"type": "correct", "corrects": event.n, "reason": "not this patient"})
            done = actions.act(
                world.session(), back, by=world.actor("nurse"), now=world.now, command_id=f"back {event.n}"
            )
            assert isinstance(done, Acted), done
    assert not has_had_drug(patient(world))


def test_the_first_dose_is_judged_as_one(world: World) -> None:
    asked = {"row": "doses.d01", "dose_text": "0.75 mg/kg iv over 60 min", "concentration_mg_ml": 1.0}
    first, later = (
        order_draft(patient(world), on=world.now.date(), first_session=is_first, **asked) for is_first in (True, False)
    )
    assert first.verdict != "ok"
    assert later.verdict == "ok"


@pytest.mark.parametrize(("zone", "before"), [("America/Los_Angeles", "after 35 mg"), ("Europe/London", "after 15 mg")])
def test_a_session_before_is_of_a_day_of_the_clinic(world: World, zone: str, before: str) -> None:
    """At half past three and half past four in the afternoon of Los Angeles: two days in London."""
    midnight, one = world.now.replace(hour=0) - timedelta(days=7), patient(world)
    doses = [
        PriorDose(at=midnight + timedelta(hours=off), route="iv", drug="ketamine", amount_mg=mg, where="another clinic",
                  source="reported")
        for off, mg in ((-0.5, 20.0), (0.5, 15.0))
    ]  # fmt: skip
    care.record(one.pk, [DoseReported(dose=dose) for dose in doses], by="nurse-1", now=world.now, command_id="told")
    one.clinic.timezone = zone
    asked = {"row": "doses.d01", "dose_text": "0.5 mg/kg iv over 40 min", "concentration_mg_ml": 1.0}
    made = order_draft(one, on=world.now.date(), first_session=False, now=world.now, **asked)
    assert before in next(found.why for found in made.findings if found.rule == "plans.titration")


def stop(world: World) -> None:
    command = COMMAND.validate_python({"type": "stop_infusion"})
    actions.act(world.session(), command, by=world.actor("nurse"), now=world.now, command_id="stop")
