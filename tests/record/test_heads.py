"""Where a ledger stands is known without the disk, and never as it was before a commit that was told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from support.worlds import World

from norket.record.access.models import Device
from norket.record.session import actions, bound, heads, queries
from norket.record.session.actions import Acted, Received
from norket.record.session.models import SessionRecord
from norket.therapy.session.events import COMMAND
from norket.therapy.session.samples import Sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As outside of the test's own transaction, where the writer tells at once."""
    heads._kept.clear()
    bound._where.clear()
    bound._in_use = (0.0, {})
    monkeypatch.setattr(heads, "in_transaction", lambda: False)
    monkeypatch.setattr(transaction, "on_commit", lambda tell, robust=False: tell())
    yield
    heads._kept.clear()
    bound._where.clear()
    bound._in_use = (0.0, {})


def said(world: World, command_id: str = "c1") -> Acted:
    body = {"type": "record_vitals", "vitals": {"sbp_mmhg": 120, "dbp_mmhg": 70, "hr_per_min": 70}}
    done = actions.act(
        world.session(),
        COMMAND.validate_python(body),
        by=world.actor("nurse"),
        now=world.now + timedelta(seconds=1),
        command_id=command_id,
    )
    assert isinstance(done, Acted)
    return done


def elsewhere(session_id: UUID, version: int) -> None:
    """As another process writes it: nobody here is told."""
    SessionRecord.objects.filter(pk=session_id).update(version=version)


def test_one_look_at_all_is_enough_for_each(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        active = heads.active()
    assert world.session() in active
    with django_assert_num_queries(0):
        assert heads.of(active).keys() == set(active)
        assert heads.at_hand(world.session()) is not None


def test_what_this_process_commits_is_known_at_once(world: World) -> None:
    before = heads.of([world.session()])[world.session()]
    assert heads.of([world.session()])[world.session()].version == before.version
    done = said(world)
    after = heads.of([world.session()])[world.session()]
    assert after.version == done.version > before.version
    assert after.head != before.head
    assert queries.known([world.session()])[world.session()].version == done.version


def test_what_another_process_commits_is_known_with_the_next_look_at_all(world: World) -> None:
    before = heads.of([world.session()])[world.session()].version
    elsewhere(world.session(), before + 5)
    assert heads.of([world.session()])[world.session()].version == before
    heads.active()
    assert heads.of([world.session()])[world.session()].version == before + 5


@pytest.mark.parametrize(("after_s", "known"), [(heads.KEPT_S - 0.01, True), (heads.KEPT_S, False)])
def test_without_a_look_it_is_kept_for_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch, after_s: float, known: bool
) -> None:
    monkeypatch.setattr("norket.record.session.heads.time.monotonic", lambda: 100.0)
    heads.of([world.session()])
    monkeypatch.setattr("norket.record.session.heads.time.monotonic", lambda: 100.0 + after_s)
    assert (heads.at_hand(world.session()) is not None) is known


def test_a_look_during_which_something_is_committed_is_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = heads.Head

    def slowly(*fields: Any) -> heads.Head:
        if not SessionRecord.objects.filter(pk=world.session(), version__gt=fields[0]).exists():
            said(world, str(uuid4()))
        return asked(*fields)

    monkeypatch.setattr(heads, "Head", slowly)
    stale = heads.of([world.session()])[world.session()]
    monkeypatch.setattr(heads, "Head", asked)
    assert heads.at_hand(world.session()) is None
    assert heads.of([world.session()])[world.session()].version > stale.version


def test_in_a_transaction_the_disk_is_asked_and_nothing_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    version = heads.of([world.session()])[world.session()].version
    elsewhere(world.session(), version + 1)
    monkeypatch.setattr(heads, "in_transaction", lambda: True)
    assert heads.of([world.session()])[world.session()].version == version + 1
    monkeypatch.setattr(heads, "in_transaction", lambda: False)
    assert heads.of([world.session()])[world.session()].version == version


def test_a_message_of_a_known_monitor_takes_no_look_at_the_disk(world: World, django_assert_num_queries: Any) -> None:
    assert send_at_hand(world, "m1") is None
    assert send(world, "m1") == Received(world.session())
    heads.active()  # as the watch asks each second
    with django_assert_num_queries(0):
        assert send_at_hand(world, "m2") == Received(world.session())
        assert send_at_hand(world, "m2") == Received(world.session(), duplicate=True)
        assert send_at_hand(world, "m2", raw=b"other") is None
        assert send_at_hand(world, "m3", patient="N-0") is None
    assert len(queries.samples(world.session())["spo2_percent"]) == 2


def test_a_monitor_that_was_unbound_is_not_at_hand(world: World) -> None:
    send(world, "m1")
    unbind = COMMAND.validate_python({"type": "unbind_device", "device_id": world.clinic()["device"]})
    actions.act(world.session(), unbind, by=world.actor("nurse"), now=world.now, command_id="u")
    heads.active()
    assert send_at_hand(world, "m2") is None


def test_a_monitor_that_went_out_of_use_is_soon_not_at_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    send(world, "m1")
    Device.objects.filter(identity=world.clinic()["device"]).update(active=False)
    later = bound.time.monotonic() + bound.IN_USE_S
    monkeypatch.setattr("norket.record.session.bound.time.monotonic", lambda: later)
    heads.active()
    assert send_at_hand(world, "m2") is None
    assert bound.bond(world.clinic()["device"]) is None


def found() -> list[Sample]:
    at = datetime(2026, 1, 5, 10, tzinfo=UTC)
    return [Sample(channel="spo2_percent", value=97.0, unit="%", at=at, received_at=at, device="m", interval_s=1.0)]


def send(world: World, message_id: str) -> Any:
    patient = world.clinic()["sessions"][0]["mrn"]
    return actions.receive(
        world.clinic()["device"], patient, found(), message_id=message_id, raw=b"MSH|1", now=world.now
    )


def send_at_hand(world: World, message_id: str, *, patient: str = "", raw: bytes = b"MSH|1") -> Received | None:
    patient = patient or world.clinic()["sessions"][0]["mrn"]
    return actions.receive_at_hand(world.clinic()["device"], patient, found(), message_id=message_id, raw=raw)
