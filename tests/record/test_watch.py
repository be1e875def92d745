"""The watch writes what time has made due, once, whoever watches and however often."""

from datetime import timedelta
from uuid import UUID

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.session import actions, heads, queries
from norket.record.session.models import SessionEvent
from norket.therapy.actor import SYSTEM
from norket.therapy.session.events import COMMAND
from norket.therapy.session.watch import due

pytestmark = pytest.mark.django_db


def test_two_watchers_write_what_one_writes(world: World) -> None:
    """The monitor is bound and silent, so an alert is due."""
    world.start()
    at = world.later(10)
    first = actions.watch(world.session(), {}, at)
    assert "alert_raised" in {event.event.type for event in first}
    assert {event.by for event in first} == {SYSTEM.id}
    assert len({event.command_id for event in first}) == len(first)
    before = SessionEvent.objects.count(), AuditLine.objects.count()
    assert actions.watch(world.session(), {}, at) == ()
    assert (SessionEvent.objects.count(), AuditLine.objects.count()) == before


def test_the_same_step_has_the_same_command_id_so_that_a_second_watcher_cannot_repeat_it(world: World) -> None:
    world.start()
    raised = next(e for e in actions.watch(world.session(), {}, world.later(10)) if e.event.type == "alert_raised")
    assert raised.command_id == f"watch:{raised.event.alert_id}:alert_raised"  # type: ignore[union-attr]


def test_what_nobody_answers_escalates_with_time(world: World) -> None:
    world.start()
    seen = [
        event.event.type
        for minutes in range(1, 30)
        for event in actions.watch(world.session(), {}, world.later(minutes))
    ]
    assert "alert_escalated" in seen


def test_an_alert_that_was_armed_again_escalates_as_the_first_time(world: World) -> None:
    world.start()
    raised = [e.event for e in actions.watch(world.session(), {}, world.later(1)) if e.event.type == "alert_raised"]
    alert_id = next(alert.alert_id for alert in raised if alert.rule.startswith("monitoring."))
    before = _types(world, 2, 20)
    answer = COMMAND.validate_python({"type": "acknowledge_alert", "alert_id": alert_id})
    actions.act(world.session(), answer, by=world.actor("nurse"), now=world.later(20.5), command_id="seen")
    after = _types(world, 21, 50)
    steps = before.count(f"alert_escalated {alert_id}")
    assert steps > 0
    assert after.count(f"alert_rearmed {alert_id}") == 1
    assert after.count(f"alert_escalated {alert_id}") == steps


def test_a_client_that_imitates_the_watch_does_not_silence_it(world: World) -> None:
    world.start()
    note = COMMAND.validate_python({"type": "note", "text": "I am the watch"})
    guess = next(iter(due(queries.state(world.session()), {}, world.later(10), queries.base())))
    guessed = actions._watch_id(guess, queries.state(world.session()))
    actions.act(world.session(), note, by=world.actor("nurse"), now=world.now, command_id=guessed)
    assert guess.event in [event.event for event in actions.watch(world.session(), {}, world.later(10))]
    assert actions.watch(world.session(), {}, world.later(10)) == ()


def _types(world: World, first: int, last: int) -> list[str]:
    return [
        f"{event.event.type} {getattr(event.event, 'alert_id', '')}"
        for minutes in range(first, last)
        for event in actions.watch(world.session(), {}, world.later(minutes))
    ]


def test_a_quiet_look_costs_one_query_and_writes_nothing(world: World, django_assert_num_queries: object) -> None:
    actions.watch(world.session(1), {}, world.now)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert actions.watch(world.session(1), {}, world.now + timedelta(seconds=1)) == ()


def test_the_watch_looks_at_sessions_that_have_begun_and_not_at_plans(world: World) -> None:
    active = heads.active()
    assert world.session(0) in active
    assert world.session(1) not in active


def test_a_patient_who_left_with_an_alert_open_stays_watched_and_on_the_board(world: World) -> None:
    leave = COMMAND.validate_python({"type": "leave_early", "cannula_in": "yes"})
    actions.act(world.session(), leave, by=world.actor("nurse"), now=world.now, command_id="left")
    state = queries.state(world.session())
    assert state.phase == "left"
    assert queries.is_alarmed(state)
    assert world.session() in heads.active()
    clinic = UUID(world.clinic()["id"])
    assert str(world.session()) in [card.session for card in queries.board(world.later(1), clinic)]
    assert any(kind.startswith("alert_escalated") for kind in _types(world, 1, 30))


def test_a_patient_who_left_with_nothing_open_is_off_the_board(world: World) -> None:
    leave = COMMAND.validate_python({"type": "leave_early", "cannula_in": "no"})
    actions.act(world.session(), leave, by=world.actor("nurse"), now=world.now, command_id="left")
    actions.watch(world.session(), {}, world.later(1))
    assert queries.state(world.session()).phase == "left"
    assert world.session() not in heads.active()
    clinic = UUID(world.clinic()["id"])
    assert str(world.session()) not in [card.session for card in queries.board(world.later(1), clinic)]


def test_drug_that_is_recorded_after_a_transfer_brings_the_session_back_to_board_and_watch(world: World) -> None:
    gone = COMMAND.validate_python({"type": "transfer", "to": "the emergency department"})
    actions.act(world.session(), gone, by=world.actor("nurse"), now=world.now, command_id="gone")
    actions.watch(world.session(), {}, world.later(1))
    assert world.session() not in heads.active()
    late = {"type": "give_dose", "route": "oral", "product_id": "lozenge", "amount_mg": 5.0, "as": "happened"}
    by, drug = world.actor("nurse"), COMMAND.validate_python(late)
    told = actions.act(world.session(), drug, by=by, now=world.later(2), command_id="late")
    assert isinstance(told, actions.Acted)
    assert [event.event.type for event in told.events] == ["dose_given", "alert_raised"]
    assert world.session() in heads.active()
    clinic = UUID(world.clinic()["id"])
    assert str(world.session()) in [card.session for card in queries.board(world.later(2), clinic)]
    assert any(kind.startswith("alert_escalated") for kind in _types(world, 3, 30))
