"""A look without the disk finds a session quiet only where a whole look would write nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from support.worlds import World

from norket.record.session import actions, bound, heads, queries, unwritten
from norket.record.session.samples import HUB
from norket.site import clock, watch
from norket.therapy.session.events import COMMAND
from norket.therapy.session.samples import Sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _running(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A running infusion with a monitor, at hand as after the look of each second."""
    heads._kept.clear()
    bound._where.clear()
    world.start()
    nurse = world.actor("nurse")
    vitals = {"sbp_mmhg": 120, "dbp_mmhg": 70, "spo2_percent": 98, "hr_per_min": 70}
    body = {"type": "record_vitals", "vitals": vitals}
    actions.act(world.session(), COMMAND.validate_python(body), by=nurse, now=world.now, command_id="v")
    monkeypatch.setattr(heads, "in_transaction", lambda: False)
    at_second(world, monkeypatch, 1)
    said(world, 1, 97.0)
    watch.look_at([world.session()])
    seen_by_all(world)
    yield
    heads._kept.clear()
    bound._where.clear()


def at_second(world: World, monkeypatch: pytest.MonkeyPatch, second: float) -> None:
    monkeypatch.setattr(clock, "now", lambda: world.now + timedelta(seconds=second))


def said(world: World, second: int, value: float) -> None:
    at, session = world.now + timedelta(seconds=second), world.clinic()["sessions"][0]
    found = [
        Sample(channel=channel, value=shown, unit=unit, at=at, received_at=at, device="m", interval_s=1.0)
        for channel, shown, unit in (("spo2_percent", value, "%"), ("hr_per_min", 70.0, "/min"))
    ]
    name, raw = f"m{second}", f"MSH|{second}".encode()
    actions.receive(world.clinic()["device"], session["mrn"], found, message_id=name, raw=raw, now=at)


def seen_by_all(world: World) -> None:
    """The look of each second at all sessions, and the fold of this one."""
    heads._kept.clear()
    heads.active()
    queries.known([world.session()])


def test_an_ordinary_value_is_judged_without_the_disk(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    at_second(world, monkeypatch, 2)
    said(world, 2, 97.0)
    with django_assert_num_queries(0):
        assert watch.is_quiet(world.session())
    assert HUB.unjudged(world.session())[0] == []
    assert watch.look_at([world.session()]) == 0


@pytest.mark.parametrize(
    ("values", "quiet"),
    [((97.0, 97.0), True), ((97.0, 80.0), False), ((80.0, 97.0), False)],
    ids=["ordinary", "a dip", "a dip that is over"],
)
def test_a_value_past_a_limit_is_left_to_the_whole_look(
    world: World, monkeypatch: pytest.MonkeyPatch, values: tuple[float, ...], quiet: bool
) -> None:
    for second, value in enumerate(values, start=2):
        at_second(world, monkeypatch, second)
        said(world, second, value)
    waits = HUB.unjudged(world.session())[0]
    assert watch.is_quiet(world.session()) is quiet
    assert HUB.unjudged(world.session())[0] == ([] if quiet else waits)
    assert (watch.look_at([world.session()]) == 0) is quiet


@pytest.mark.parametrize("silent_s", [2, 14, 400, 4000])
def test_what_time_makes_due_is_left_to_the_whole_look(
    world: World, monkeypatch: pytest.MonkeyPatch, silent_s: int
) -> None:
    at_second(world, monkeypatch, silent_s)
    assert watch.is_quiet(world.session()) is (silent_s == 2)
    assert (watch.look_at([world.session()]) == 0) is (silent_s == 2)


def test_an_open_alert_that_waits_is_quiet_until_it_goes_further(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_second(world, monkeypatch, 2)
    said(world, 2, 80.0)
    assert watch.look_at([world.session()]) == 1
    seen_by_all(world)
    found = []
    for second in range(3, 64):
        at_second(world, monkeypatch, second)
        said(world, second, 80.0)
        quiet = watch.is_quiet(world.session())
        assert (watch.look_at([world.session()]) == 0) is quiet
        seen_by_all(world)
        found.append(quiet)
    assert {True, False} == set(found)


def test_a_session_that_is_not_at_hand_is_left_to_the_whole_look(world: World) -> None:
    assert watch.is_quiet(world.session())
    heads._kept.clear()
    assert not watch.is_quiet(world.session())
    seen_by_all(world)
    queries._folded.clear()
    assert not watch.is_quiet(world.session())


def test_samples_that_are_only_on_disk_are_left_to_the_whole_look(world: World) -> None:
    HUB.forget()
    assert not watch.is_quiet(world.session())


def test_what_could_not_be_written_is_left_to_the_whole_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    unwritten.trouble(world.session(), "the disk is full", world.now)
    assert not watch.is_quiet(world.session())


@pytest.mark.parametrize("fault", [ZeroDivisionError("0"), KeyError("no")])
def test_a_fault_is_left_to_the_whole_look_which_tells_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fails(*_: Any) -> tuple[()]:
        raise fault

    monkeypatch.setattr(watch, "due", fails)
    assert not watch.is_quiet(world.session())
    monkeypatch.setattr(actions, "due", fails)
    assert watch.look_at([world.session()]) == 2


def test_a_disk_that_does_not_answer_keeps_no_quiet_session_from_its_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr(heads, "_asked", gone)
    monkeypatch.setattr(queries, "known", gone)
    assert watch.is_quiet(world.session())
