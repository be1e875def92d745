"""The watch writes what time has made due, once, whoever watches and however often."""

from datetime import timedelta

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.session import actions, queries
from norket.record.session.models import SessionEvent
from norket.therapy.actor import SYSTEM

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


def test_a_quiet_look_costs_one_query_and_writes_nothing(world: World, django_assert_num_queries: object) -> None:
    actions.watch(world.session(1), {}, world.now)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert actions.watch(world.session(1), {}, world.now + timedelta(seconds=1)) == ()


def test_the_watch_looks_at_sessions_that_have_begun_and_not_at_plans(world: World) -> None:
    active = queries.active()
    assert world.session(0) in active
    assert world.session(1) not in active
