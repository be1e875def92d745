"""Rescue templates of a clinic and what is ordered from them: versions, the audit, the chart, the register."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.people.models import Clinic, Person
from norket.record.plan import rescues
from norket.record.register import queries as register
from norket.record.session import actions
from norket.record.session.actions import Acted
from norket.record.session.models import SessionRecord
from norket.record.session.rescue import prevention
from norket.site.worlds import rescue
from norket.therapy.finding import Refused
from norket.therapy.plan.rescue_signing import Filled
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db

ONDANSETRON = Filled(
    template="rescue.template_antiemetic",
    agent="ondansetron",
    route="iv",
    least=4.0,
    most=8.0,
    unit="mg",
    interval_min=240.0,
    max_total=16.0,
)


def person(world: World, role: str) -> Person:
    return Person.objects.get(pk=world.person(role)["id"])


def sign(world: World, filled: Filled = ONDANSETRON, role: str = "medical_director", **options: Any) -> Any:
    return rescues.sign(person(world, role), filled, now=world.now, **options)


def test_the_medical_director_alone_signs(world: World) -> None:
    for role in ("prescriber", "nurse", "manager"):
        refused = sign(world, role=role)
        assert isinstance(refused, Refused)
        assert refused.code == "not_permitted"
    signed = sign(world)
    assert (signed.version, signed.signed_by) == (1, world.person("medical_director")["id"])
    assert AuditLine.objects.order_by("-seq")[0].kind == "rescue_signed"


def test_a_later_version_takes_the_place_of_the_earlier_and_both_are_kept(world: World) -> None:
    sign(world)
    clinic = person(world, "medical_director").clinic_id
    sign(world, ONDANSETRON.model_copy(update={"most": 6.0}))
    assert [(one.version, one.most) for one in rescues.in_force(clinic)] == [(2, 6.0)]
    sign(world, withdrawn=True)
    assert rescues.in_force(clinic) == ()
    assert sorted(one.version for one in rescues.history(clinic)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"least": 0.0}, "figure_missing"),
        ({"interval_min": float("nan")}, "figure_missing"),
        ({"max_total": float("inf")}, "figure_missing"),
        ({"most": 3.9}, "figures_disagree"),
        ({"max_total": 7.9}, "figures_disagree"),
        ({"agent": "midazolam"}, "not_of_the_template"),
        ({"template": "rescue.template_other"}, "no_such_template"),
        ({"checks": ("rescue.check.other",)}, "no_such_check"),
    ],
)
def test_each_figure_is_needed_and_they_agree(world: World, change: dict[str, Any], code: str) -> None:
    refused = sign(world, ONDANSETRON.model_copy(update=change))
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_the_checks_of_the_template_cannot_be_left_out(world: World) -> None:
    assert sign(world).checks == ("rescue.check.qt",)
    assert sign(world, ONDANSETRON.model_copy(update={"checks": ("rescue.check.sedation",)})).checks == (
        "rescue.check.qt",
        "rescue.check.sedation",
    )


def give(world: World, body: dict[str, Any]) -> Any:
    identifiers = world.clinic()["sessions"][0]["identifiers"][:2]
    command = COMMAND.validate_python({"type": "give_rescue", "identifiers": identifiers, **body})
    return actions.act(world.session(), command, by=world.actor("nurse"), now=world.now, command_id=str(uuid4()))


def test_an_order_is_given_from_the_clinics_own_template(world: World) -> None:
    body = {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "iv", "answers": {"qt": "no"}}
    refused = give(world, body)
    assert isinstance(refused, Refused)
    assert refused.code == "rescue_template_unsigned"
    sign(world)
    done = give(world, body)
    assert isinstance(done, Acted), done
    assert done.events[-1].event.version == 1  # type: ignore[union-attr]


def test_a_medicine_against_nausea_asks_for_prevention_at_the_next_visit(world: World) -> None:
    given = {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "iv", "as": "happened"}
    first, other = SessionRecord.objects.get(pk=world.session()), SessionRecord.objects.get(pk=world.session(1))
    SessionRecord.objects.filter(pk=other.pk).update(patient_id=first.patient_id)
    next_one = SessionRecord.objects.get(pk=other.pk)
    assert prevention(next_one) is None
    assert isinstance(give(world, given), Acted)
    assert prevention(next_one) == world.now
    assert prevention(first) is None


def test_a_controlled_medicine_leaves_its_lot_with_what_was_wasted(world: World) -> None:
    clinic = Clinic.objects.get(pk=world.clinic()["id"])
    staff = {"director": "medical_director", "pharmacist": "pharmacist", "nurse": "nurse"}
    rescue.plant({name: person(world, role) for name, role in staff.items()}, clinic, world.now)
    body = {
        "drug": "midazolam",
        "amount": 1.0,
        "unit": "mg",
        "route": "iv",
        "product_id": "midazolam",
        "lot": rescue.LOT,
        "wasted_mg": 4.0,
        "witness": world.person("prescriber")["id"],
        "as": "happened",
    }
    before = register.balance_mg(clinic.pk, "midazolam", rescue.LOT)
    done = give(world, body)
    assert isinstance(done, Acted), done
    assert register.balance_mg(clinic.pk, "midazolam", rescue.LOT) == before - 5.0
    assert [line.kind for line in register.lines(clinic.pk) if line.product_id == "midazolam"][:2] in (
        ["wasted", "drawn"],
        ["drawn", "wasted"],
    )


def test_the_made_up_templates_of_the_demo_say_that_they_are(world: World) -> None:
    clinic = Clinic.objects.get(pk=world.clinic()["id"])
    staff = {"director": "medical_director", "pharmacist": "pharmacist", "nurse": "nurse"}
    rescue.plant({name: person(world, role) for name, role in staff.items()}, clinic, world.now + timedelta(days=1))
    assert rescues.in_force(clinic.pk)
    assert all(one.simulation for one in rescues.in_force(clinic.pk))
