"""A witness of waste is a person of the clinic other than the maker who signs as themselves; whoever else is named is
recorded and counts for nothing."""

from typing import Any
from uuid import uuid4

import pytest
from support.worlds import World

from norket.record.people.models import Person
from norket.record.register import queries as register
from norket.record.register.models import RegisterEntry
from norket.record.session import actions, held, queries
from norket.record.session.actions import Acted
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND, Recorded
from norket.therapy.session.wasting import unwitnessed

pytestmark = pytest.mark.django_db


def act(world: World, body: dict[str, Any], role: str = "nurse") -> Recorded:
    command = COMMAND.validate_python(body)
    done = actions.act(world.session(), command, by=world.actor(role), now=world.now, command_id=str(uuid4()))
    assert isinstance(done, Acted), done
    return done.events[-1]


def draw(world: World, checker: str) -> Recorded:
    planned = world.clinic()["sessions"][0]
    return act(
        world,
        {
            "type": "prepare_dose",
            "product_id": planned["product_id"],
            "lot": planned["lot"],
            "drawn_mg": planned["amount_mg"],
            "volume_ml": planned["volume_ml"],
            "concentration_mg_ml": planned["concentration_mg_ml"],
            "checker": checker,
        },
    )


def waste(world: World, witness: str, amount_mg: float = 1.0) -> Recorded:
    return act(world, {"type": "record_waste", "amount_mg": amount_mg, "witness": witness})


def sign(world: World, wasted: Recorded, role: str = "prescriber") -> Acted | Refused:
    command = COMMAND.validate_python({"type": "witness_waste", "waste": wasted.n})
    return actions.act(world.session(), command, by=world.actor(role), now=world.now, command_id=str(uuid4()))


def flags(recorded: Recorded) -> set[str]:
    return set(recorded.event.flags)  # type: ignore[union-attr]


def test_a_colleague_by_id_or_sign_in_name_is_a_witness_and_a_checker(world: World) -> None:
    other = world.person("prescriber")
    assert not flags(draw(world, other["id"]))
    for said in (other["id"], other["username"]):
        wasted = waste(world, said)
        assert wasted.event.witness == other["id"]  # type: ignore[union-attr]
        assert not flags(wasted)
    assert RegisterEntry.objects.order_by("-id")[0].witness is None


def test_a_waste_is_witnessed_by_a_signature_and_not_by_a_name(world: World) -> None:
    other = world.person("prescriber")
    draw(world, other["id"])
    wasted = waste(world, other["id"])
    assert not queries.state(world.session()).waste_witnessed
    assert isinstance(sign(world, wasted), Acted)
    assert queries.state(world.session()).waste_witnessed
    lines = list(RegisterEntry.objects.order_by("id").values_list("kind", "amount_mg", "by", "witness"))[-2:]
    nurse = world.person("nurse")["id"]
    assert lines == [("wasted", 1.0, nurse, None), ("waste_witnessed", 1.0, nurse, other["id"])]
    assert held.unposted(world.session(), queries.state(world.session())) == 0


@pytest.mark.parametrize(("role", "code"), [("nurse", "witness_is_maker"), ("therapist", "not_permitted")])
def test_neither_the_maker_nor_somebody_without_the_part_signs(world: World, role: str, code: str) -> None:
    draw(world, world.person("prescriber")["id"])
    refused = sign(world, waste(world, world.person("prescriber")["id"]), role)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert not queries.state(world.session()).waste_witnessed


def test_a_waste_queued_without_the_network_is_stored_and_owed(world: World) -> None:
    draw(world, world.person("prescriber")["id"])
    late = world.later(-20).isoformat()
    wasted = act(world, {"type": "record_waste", "amount_mg": 2.0, "at": late})
    assert [one.n for one in unwitnessed(queries.state(world.session()))] == [wasted.n]
    assert RegisterEntry.objects.filter(kind="wasted", amount_mg=2.0, witness=None).exists()


@pytest.mark.parametrize(
    "who", ["Mickey Mouse", "", "id of another clinic", "somebody who left", "the auditor", "an id of nobody"]
)
def test_who_is_not_a_person_of_the_clinic_in_such_a_role_is_no_witness(world: World, who: str) -> None:
    colleague = world.person("prescriber")
    said = {
        "": " ",
        "id of another clinic": world.person("prescriber", side=1)["id"],
        "somebody who left": colleague["id"],
        "the auditor": world.person("auditor")["id"],
        "an id of nobody": str(uuid4()),
    }.get(who, who)
    if who == "somebody who left":
        Person.objects.filter(pk=colleague["id"]).update(is_active=False)
    drawn, wasted = draw(world, said), waste(world, said)
    assert "checker_unknown" in flags(drawn)
    assert "witness_unknown" in flags(wasted)
    assert not queries.state(world.session()).waste_witnessed
    assert not RegisterEntry.objects.filter(witness=said).exists()


def test_the_maker_is_not_their_own_witness_by_any_name(world: World) -> None:
    maker = world.person("nurse")
    for said in (maker["id"], maker["id"].upper(), maker["username"]):
        assert "checker_is_preparer" in flags(draw(world, said))
        assert "witness_is_maker" in flags(waste(world, said))
    assert not queries.state(world.session()).waste_witnessed


def test_a_correction_cannot_invent_a_witness(world: World) -> None:
    draw(world, world.person("prescriber")["id"])
    wasted = waste(world, world.person("prescriber")["id"])
    for said, role in (
        ("Mickey Mouse", "nurse"),
        (world.person("nurse")["id"], "prescriber"),
        (world.person("prescriber")["id"], "prescriber"),
    ):
        data = {"amount_mg": 2.0, "witness": said}
        act(world, {"type": "correct", "corrects": wasted.n, "reason": "miscounted", "data": data}, role)
        assert not queries.state(world.session()).waste_witnessed
    data = {"amount_mg": 2.0, "witness": world.person("prescriber")["username"]}
    act(world, {"type": "correct", "corrects": wasted.n, "reason": "miscounted", "data": data})
    assert not queries.state(world.session()).waste_witnessed


def test_the_register_knows_which_waste_nobody_has_signed_for(world: World) -> None:
    draw(world, world.person("prescriber")["id"])
    first, second = waste(world, ""), waste(world, "")
    third = waste(world, "", amount_mg=2.0)
    sign(world, first)
    lines = {row.pk: row.amount_mg for row in RegisterEntry.objects.filter(kind="wasted").order_by("id")}
    assert [lines[pk] for pk in sorted(register.unwitnessed(RegisterEntry.objects.all()))] == [1.0, 2.0]
    act(world, {"type": "correct", "corrects": third.n, "reason": "never thrown"})
    sign(world, second)
    assert register.unwitnessed(RegisterEntry.objects.all()) == set()
