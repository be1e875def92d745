"""A handover names the nurse of the session's row; an evacuation marks every chair of the clinic, and no other."""

from typing import Any
from uuid import uuid4

import pytest
from support.worlds import World

from norket.record.people.models import Person
from norket.record.session import actions, evacuation, queries
from norket.record.session.actions import Acted
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def act(world: World, body: dict[str, Any], role: str = "nurse") -> Any:
    return actions.act(
        world.session(), COMMAND.validate_python(body), by=world.actor(role), now=world.now, command_id=str(uuid4())
    )


def nurse_of(world: World) -> str:
    return str(SessionRecord.objects.get(pk=world.session()).nurse_id)


def clinic_of(world: World) -> Any:
    return SessionRecord.objects.select_related("patient").get(pk=world.session()).patient.clinic_id


def test_whoever_accepts_is_the_nurse_of_the_session(world: World) -> None:
    before, to = nurse_of(world), world.person("anaesthetist")["id"]
    assert isinstance(act(world, {"type": "offer_handover", "to": to}), Acted)
    assert nurse_of(world) == before
    assert queries.page(world.session(), world.now)["handover"]["to"] == to
    assert isinstance(act(world, {"type": "accept_handover"}, "anaesthetist"), Acted)
    page = queries.page(world.session(), world.now)
    assert (nurse_of(world), page["nurse"]["id"], page["handover"]) == (to, to, None)


@pytest.mark.parametrize("who", ["an id of nobody", "Mickey Mouse", "another clinic", "the therapist", "left"])
def test_an_offer_to_nobody_of_the_clinic_is_recorded_with_a_flag_and_not_taken(world: World, who: str) -> None:
    left = world.person("anaesthetist")["id"]
    to = {
        "an id of nobody": str(uuid4()),
        "another clinic": world.person("nurse", side=1)["id"],
        "the therapist": world.person("therapist")["id"],
        "left": left,
    }.get(who, who)
    if who == "left":
        Person.objects.filter(pk=left).update(is_active=False)
    before = nurse_of(world)
    done = act(world, {"type": "offer_handover", "to": to})
    assert isinstance(done, Acted)
    assert done.events[-1].event.flags == ("person_unknown",)  # type: ignore[union-attr]
    assert queries.page(world.session(), world.now)["handover"]["known"] is False
    assert nurse_of(world) == before


def test_an_offer_to_a_colleague_carries_no_flag_and_takes_the_place_of_a_wrong_one(world: World) -> None:
    act(world, {"type": "offer_handover", "to": "Mickey Mouse"})
    done = act(world, {"type": "offer_handover", "to": world.person("anaesthetist")["username"]})
    assert done.events[-1].event.flags == ()
    handover = queries.page(world.session(), world.now)["handover"]
    assert (handover["to"], handover["known"]) == (world.person("anaesthetist")["id"], True)


def test_a_therapist_takes_no_session_over(world: World) -> None:
    assert act(world, {"type": "accept_handover"}, "therapist").code == "not_permitted"


def test_an_evacuation_marks_every_chair_of_the_clinic_once(world: World) -> None:
    for _ in range(2):
        failed = evacuation.evacuate(clinic_of(world), by=world.actor("manager"), now=world.now, command_id="tap")
        assert failed == ()
    marked = SessionEvent.objects.filter(type="evacuation_recorded")
    assert [row.session_id for row in marked] == [world.session()]


def test_the_roster_names_who_is_here_and_who_was_seen(world: World) -> None:
    world.start()
    evacuation.evacuate(clinic_of(world), by=world.actor("nurse"), now=world.now, command_id="tap")
    (one,) = evacuation.roster(clinic_of(world), world.now)
    assert (one.session, one.pump_ran, one.cannula_in, one.accounted_at) == (world.session(), True, True, None)
    act(world, {"type": "account_for", "place": "car park"})
    (one,) = evacuation.roster(clinic_of(world), world.now)
    assert (one.accounted_at, one.place) == (world.now, "car park")


def test_a_chair_that_cannot_be_read_is_named_and_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(queries, "_states", broken)
    failed = evacuation.evacuate(clinic_of(world), by=world.actor("nurse"), now=world.now, command_id="tap")
    (one,) = evacuation.roster(clinic_of(world), world.now)
    assert failed == (world.session(),)
    assert (one.session, one.fault, one.pump_ran) == (world.session(), "ValueError", None)
