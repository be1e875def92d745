"""The watcher of the site: a fault in one session spares the others and is said by name."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError
from support.worlds import World

from norket.knowledge import KnowledgeError
from norket.record.session import actions, chunks, heads, queries
from norket.record.session.samples import HUB
from norket.site import clock, watch
from norket.therapy.session import limits
from norket.therapy.session.events import COMMAND
from norket.therapy.session.samples import Sample


@pytest.mark.django_db
def test_a_fault_in_one_session_is_logged_by_name_and_spares_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[UUID] = []

    def look(session_id: UUID, samples: Any, now: Any, known: Any) -> tuple[()]:
        seen.append(session_id)
        if session_id == world.session(0, side=0):
            raise OperationalError("the disk is full")
        return ()

    monkeypatch.setattr(actions, "watch", look)
    monkeypatch.setattr(clock, "now", lambda: world.now)
    with caplog.at_level(logging.ERROR, logger="norket.watch"):
        assert watch.look() == 0
    assert {world.session(0, side=0), world.session(0, side=1)} <= set(seen)
    assert ["OperationalError" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [OverflowError("date value out of range"), TypeError("no"), ZeroDivisionError("0")])
def test_a_session_that_cannot_be_watched_calls_people_once_and_spares_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    seen: list[str] = []

    def due(state: Any, *_: Any) -> tuple[()]:
        seen.append(state.session)
        if state.session == str(world.session(0, side=0)):
            raise fault
        return ()

    monkeypatch.setattr(actions, "due", due)
    monkeypatch.setattr(clock, "now", lambda: world.now)
    assert [watch.look(), watch.look()] == [2, 0]
    assert str(world.session(0, side=1)) in seen
    alerts = [alert for alert in queries.view(world.session(0), world.now).alerts if alert.open]
    assert [(alert.technical, alert.tier, type(fault).__name__ in alert.why) for alert in alerts] == [
        (True, "T2", True)
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("looks", [(1, 2), (2,)], ids=["a look after each message", "one look that comes late"])
def test_a_dip_of_one_second_is_an_alert_however_late_the_look(
    world: World, monkeypatch: pytest.MonkeyPatch, looks: tuple[int, ...]
) -> None:
    world.start()
    session = world.clinic()["sessions"][0]
    for second, value in ((1, 80.0), (2, 97.0)):
        at = world.now + timedelta(seconds=second)
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        found = Sample(channel="spo2_percent", value=value, unit="%", at=at, received_at=at, device="m", interval_s=1.0)
        name, raw = f"m{second}", f"MSH|{second}".encode()
        actions.receive(world.clinic()["device"], session["mrn"], [found], message_id=name, raw=raw, now=at)
        if second in looks:
            watch.look_at([world.session()])
    raised = [alert for alert in queries.state(world.session()).alerts if "spo2" in alert.rule]
    assert [(alert.tier, alert.raised_at) for alert in raised] == [("T3", world.now + timedelta(seconds=1))]


@pytest.mark.django_db
@pytest.mark.parametrize(("values", "judged"), [((97.0, 97.0, 97.0), [3]), ((97.0, 80.0, 97.0), [2, 3])])
def test_a_late_look_judges_in_its_turn_only_what_may_call_somebody(
    world: World, monkeypatch: pytest.MonkeyPatch, values: tuple[float, ...], judged: list[int]
) -> None:
    world.start()
    session, instants = world.clinic()["sessions"][0], list[datetime]()
    for second, value in enumerate(values, start=1):
        at = world.now + timedelta(seconds=second)
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        found = Sample(channel="spo2_percent", value=value, unit="%", at=at, received_at=at, device="m", interval_s=1.0)
        name, raw = f"m{second}", f"MSH|{second}".encode()
        actions.receive(world.clinic()["device"], session["mrn"], [found], message_id=name, raw=raw, now=at)

    def watched(_: UUID, __: Any, now: datetime, ___: Any, *, as_of: datetime | None = None) -> tuple[()]:
        instants.append(as_of or now)
        return ()

    monkeypatch.setattr(actions, "watch", watched)
    watch.look_at([world.session()])
    assert instants == [world.now + timedelta(seconds=second) for second in judged]


@pytest.mark.django_db
def test_what_was_judged_before_a_restart_is_not_judged_in_its_turn_again(world: World) -> None:
    session = world.clinic()["sessions"][0]
    for second in (1, 2):
        at = world.now + timedelta(seconds=second)
        found = Sample(channel="spo2_percent", value=97.0, unit="%", at=at, received_at=at, device="m", interval_s=1.0)
        name, raw = f"m{second}", f"MSH|{second}".encode()
        actions.receive(world.clinic()["device"], session["mrn"], [found], message_id=name, raw=raw, now=at)
    came = [world.now + timedelta(seconds=second) for second in (1, 2)]
    unjudged, last = HUB.unjudged(world.session())
    assert [sample.received_at for sample in unjudged] == came
    HUB.judged(world.session(), last)
    assert HUB.unjudged(world.session()) == ([], last)
    chunks.flush(world.now)
    HUB.forget()
    assert queries.samples(world.session())["spo2_percent"]
    assert HUB.unjudged(world.session()) == ([], last)


@pytest.mark.django_db
def test_the_call_for_an_unwatched_session_stands_until_a_person_answers_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start()
    actions.watch_failed(world.session(), "OverflowError", world.now)
    actions.watch(world.session(), {}, world.later(0.1))
    alert = next(one for one in queries.state(world.session()).alerts if one.rule == actions.UNWATCHED)
    assert alert.cleared_at is None
    answer = COMMAND.validate_python({"type": "acknowledge_alert", "alert_id": alert.alert_id})
    actions.act(world.session(), answer, by=world.actor("nurse"), now=world.later(0.2), command_id="seen")
    actions.watch(world.session(), {}, world.later(60))
    assert next(a for a in queries.state(world.session()).alerts if a.alert_id == alert.alert_id).cleared_at


def test_the_watcher_goes_on_after_a_look_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def active() -> list[UUID]:
        looks.append(1)
        raise OperationalError("the database is away")

    async def for_a_moment() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(watch.run(), 0.3)

    monkeypatch.setattr(heads, "active", active)
    monkeypatch.setattr(watch, "EACH_S", 0.05)
    asyncio.run(for_a_moment())
    assert len(looks) >= 2


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", "record", check=True, dry_run=True, verbosity=0)


def test_who_has_a_value_past_an_emergency_limit_is_looked_at_first() -> None:
    many, grave = [uuid4() for _ in range(9)], uuid4()
    rota = watch.Rota()
    rota.round([*many, grave], 0.0)
    for one in many:
        rota.arrived(one)
    rota.arrived(grave, grave=True)
    assert rota.next(0.0) == [grave, *many[:3]]
    assert rota.next(0.1) == many[3:7]


def test_who_sends_grave_values_all_the_time_keeps_nobody_else_from_a_look() -> None:
    rota, storming, others = watch.Rota(), [uuid4() for _ in range(4)], [uuid4() for _ in range(4)]
    rota.round([*storming, *others], 0.0)
    seen: list[UUID] = []
    for turn in range(4):
        for one in storming:
            rota.arrived(one, grave=True)
        seen += rota.next(turn * watch.APART_S / 4)
    assert set(others) <= set(seen)


@pytest.mark.parametrize(
    ("value", "artefact", "grave"), [(80.0, False, True), (97.0, False, False), (80.0, True, False)]
)
def test_a_value_is_grave_past_a_limit_of_the_highest_tier(value: float, artefact: bool, grave: bool) -> None:
    assert watch._grave([_saturation(97.0), _saturation(value, artefact=artefact)]) is grave


def test_where_a_limit_is_missing_the_value_counts_as_grave(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> bool:
        raise KnowledgeError("no such figure")

    monkeypatch.setattr(limits, "is_emergency", missing)
    assert watch._grave([_saturation(97.0)])


def _saturation(value: float, *, artefact: bool = False) -> Sample:
    at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    return Sample(
        channel="spo2_percent",
        value=value,
        unit="%",
        at=at,
        received_at=at,
        device="m",
        interval_s=1.0,
        artefact=artefact,
    )
