"""A session played again: at every event the state is the fold of the ledger up to it, and nothing later is known."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from support.worlds import World

from norket.record.session import actions, ledger, queries, replay
from norket.record.session.models import SessionEvent
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND
from norket.therapy.session.fold import fold
from norket.therapy.session.samples import Sample

pytestmark = pytest.mark.django_db


def act(world: World, minutes: float, kind: str, **more: Any) -> None:
    command = COMMAND.validate_python({"type": kind, **more})
    done = actions.act(
        world.session(),
        command,
        by=world.actor("nurse"),
        now=world.later(minutes),
        command_id=f"{kind}-{minutes}",
        expected_version=queries.state(world.session()).version,
    )
    assert isinstance(done, actions.Acted), done


@pytest.fixture
def session(world: World) -> UUID:
    """Half an hour: a start, readings, a pause, one late entry, a resume, a stop."""
    world.start()
    act(world, 5, "record_vitals", vitals={"sbp_mmhg": 131.0, "dbp_mmhg": 84.0})
    act(world, 8, "pause")
    act(world, 12, "resume")
    act(world, 15, "record_vitals", vitals={"sbp_mmhg": 140.0}, at=world.later(11).isoformat())
    act(world, 20, "record_score", score="dissociation", value=4)
    act(world, 25, "stop_infusion")
    return world.session()


def test_at_every_event_the_state_is_the_fold_up_to_it(session: UUID) -> None:
    events = ledger.events(session)
    for event in events:
        known = [one for one in events if one.recorded_at <= event.recorded_at]
        assert replay.state_at(session, event.recorded_at) == fold(known, str(session))
    assert replay.state_at(session, events[-1].recorded_at) == queries.state(session)


def test_just_before_an_event_it_is_not_known(world: World, session: UUID) -> None:
    moment = world.later(8)
    assert replay.state_at(session, moment - timedelta(seconds=1)).phase == "running"
    assert replay.state_at(session, moment).phase == "paused"


def test_a_late_entry_is_there_from_when_it_was_recorded(world: World, session: UUID) -> None:
    assert len(replay.state_at(session, world.later(14)).readings) + 1 == len(
        replay.state_at(session, world.later(15)).readings
    )


def test_the_page_at_an_instant_has_the_amount_of_that_instant(world: World, session: UUID) -> None:
    planned = world.clinic()["sessions"][0]
    page = replay.page_at(session, world.later(4))
    assert page["delivered_ml"] == pytest.approx(planned["rate_ml_h"] * 4 / 60)
    assert (page["phase"], datetime.fromisoformat(page["now"])) == ("running", world.later(4))


def test_the_page_at_the_end_is_the_page_of_now(world: World, session: UUID) -> None:
    now = world.later(25)
    past, present = replay.page_at(session, now), queries.page(session, now)
    assert {name: past[name] for name in past if name not in {"next"}} == {
        name: present[name] for name in present if name not in {"next"}
    }


def test_a_sample_is_shown_from_when_it_came(world: World, session: UUID) -> None:
    device, patient = world.clinic()["device"], world.clinic()["sessions"][0]["mrn"]
    came = world.later(30)
    one = Sample(channel="spo2_percent", value=93.0, unit="%", at=came, received_at=came, device=device, interval_s=1.0)
    actions.receive(device, patient, [one], message_id="late", raw=b"MSH", now=came)
    assert replay.page_at(session, world.later(29))["vitals"]["spo2_percent"]["value"] != 93.0
    assert replay.page_at(session, came)["vitals"]["spo2_percent"]["value"] == 93.0


def test_the_prediction_then_knew_nothing_of_what_came_later(world: World, session: UUID) -> None:
    then = replay.prediction_at(session, world.later(6))
    assert not isinstance(then, Refused)
    planned = [dose for dose in then["doses"] if dose["kind"] == "planned"]
    assert planned
    assert then["now_min"] == pytest.approx(6)


def test_the_reel_begins_with_the_first_act_and_ends_with_the_last(world: World, session: UUID) -> None:
    found = replay.reel(session, world.later(60))
    assert datetime.fromisoformat(found["to"]) == world.later(25)
    assert datetime.fromisoformat(found["from"]) <= world.now.astimezone(UTC)
    assert [event["n"] for event in found["events"]] == list(
        range(1, SessionEvent.objects.filter(session_id=session).count() + 1)
    )


def test_a_replay_writes_nothing(world: World, session: UUID) -> None:
    before = SessionEvent.objects.count()
    replay.page_at(session, world.later(10))
    replay.prediction_at(session, world.later(10))
    replay.reel(session, world.later(40))
    assert SessionEvent.objects.count() == before
