"""Device samples: only of the bound device for the right patient, each message once, in chunks that the chain knows."""

import json
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.worlds import NOW, World

from norket.record import relations
from norket.record.access.models import Device
from norket.record.audit.models import AuditLine
from norket.record.session import actions, bound, chunks, queries, quota
from norket.record.session.actions import Acted, Quarantined, Received
from norket.record.session.models import QuarantinedMessage, SampleChunk
from norket.record.session.samples import FEW, HUB, RECENT, Hub, as_json
from norket.record.verify import verify
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND
from norket.therapy.session.fold import fold
from norket.therapy.session.samples import Sample

pytestmark = pytest.mark.django_db


def sample(value: float = 97.0, at: datetime = NOW, channel: Any = "spo2_percent", device: str = "m") -> Sample:
    return Sample(channel=channel, value=value, unit="%", at=at, received_at=at, device=device, interval_s=1.0)


def receive(world: World, samples: list[Sample], **other: Any) -> Received | Quarantined:
    said = {"device": world.clinic()["device"], "patient": world.clinic()["sessions"][0]["mrn"], "message_id": "m1"}
    said |= {"raw": b"MSH|1", "now": world.now} | other
    device, patient = said.pop("device"), said.pop("patient")
    return actions.receive(device, patient, samples, **said)


def test_the_bound_device_of_the_right_patient_is_charted(world: World) -> None:
    assert receive(world, [sample()]) == Received(world.session())
    assert [one.value for one in queries.samples(world.session())["spo2_percent"]] == [97.0]
    assert queries.view(world.session(), world.now).vitals["spo2_percent"].value == 97.0


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"device": "nobody"}, "unknown device"),
        ({"patient": "N-0"}, "the patient is not the one of the bound session"),
        ({"patient": ""}, "the patient is not the one of the bound session"),
    ],
)
def test_another_device_or_patient_is_kept_apart_whole_and_never_shown(
    world: World, other: dict[str, Any], why: str
) -> None:
    assert receive(world, [sample()], **other) == Quarantined(why)
    kept = QuarantinedMessage.objects.order_by("-id")[0]
    assert (bytes(kept.raw), kept.reason) == (b"MSH|1", why)
    assert AuditLine.objects.order_by("-seq")[0].kind == "quarantined"
    assert queries.samples(world.session()) == {}


def test_the_patient_of_another_clinic_is_kept_apart(world: World) -> None:
    foreign = world.clinic(1)["sessions"][0]["mrn"]
    assert isinstance(receive(world, [sample()], patient=foreign), Quarantined)


def test_an_unbound_device_is_kept_apart(world: World) -> None:
    unbind = COMMAND.validate_python({"type": "unbind_device", "device_id": world.clinic()["device"]})
    actions.act(world.session(), unbind, by=world.actor("nurse"), now=world.now, command_id="u")
    assert receive(world, [sample()]) == Quarantined("the device is bound to no session")


def test_a_device_bound_twice_is_kept_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by our own doing: a record that came from elsewhere."""
    monkeypatch.setattr(bound, "objection", lambda *_: None)
    bind(world, place=1)
    assert isinstance(receive(world, [sample()]), Quarantined)


def test_one_look_through_the_sessions_finds_every_monitor(world: World, django_assert_num_queries: Any) -> None:
    here, there = (world.clinic(side) for side in (0, 1))
    bound._where.clear()
    assert bound.bond(here["device"]) == bound.Bond(world.session(0, 0), here["sessions"][0]["mrn"])
    with django_assert_num_queries(2):  # the devices in use, and where that one ledger stands
        assert bound.bond(there["device"]) == bound.Bond(world.session(0, 1), there["sessions"][0]["mrn"])


def test_a_session_that_cannot_be_read_keeps_no_other_monitor_from_being_heard(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(events: Any, session: str) -> Any:
        if session == str(world.session(0, 1)):
            raise ValueError("this ledger cannot be read")
        return fold(events, session)

    monkeypatch.setattr(queries, "fold", damaged)
    monkeypatch.setattr(queries, "_folded", OrderedDict())
    bound._where.clear()
    assert bound.bond(world.clinic(1)["device"]) is None
    assert bound.bond(world.clinic(0)["device"]) is not None


def test_a_device_at_another_session_is_bound_only_after_it_was_unbound_there(world: World) -> None:
    refused = bind(world, place=1)
    assert isinstance(refused, Refused)
    assert refused.code == "device_in_use"
    unbind = COMMAND.validate_python({"type": "unbind_device", "device_id": world.clinic()["device"]})
    actions.act(world.session(), unbind, by=world.actor("nurse"), now=world.now, command_id="u")
    assert isinstance(bind(world, place=1), Acted)
    assert receive(world, [sample()], patient=world.clinic()["sessions"][1]["mrn"]) == Received(world.session(1))


def test_a_device_of_a_session_that_is_over_is_free(world: World) -> None:
    leave(world)
    assert isinstance(bind(world, place=1), Acted)


@pytest.mark.parametrize("name", ["nobody", "", "x" * 200])
def test_a_device_that_nobody_knows_is_not_bound(world: World, name: str) -> None:
    refused = bind(world, device=name or "other")
    assert isinstance(refused, Refused)
    assert refused.code == "device_unknown"


def test_neither_a_device_of_another_clinic_nor_one_out_of_use_is_bound(world: World) -> None:
    foreign = bind(world, device=world.clinic(1)["device"])
    Device.objects.filter(identity=world.clinic()["device"]).update(active=False)
    for refused in (foreign, bind(world)):
        assert isinstance(refused, Refused)
        assert refused.code == "device_unknown"


def test_a_session_that_is_over_binds_nothing(world: World) -> None:
    leave(world)
    refused = bind(world)
    assert isinstance(refused, Refused)
    assert refused.code == "session_ended"


def test_a_correction_cannot_bind_what_a_command_could_not(world: World) -> None:
    made = next(event for event in queries.events(world.session()) if event.event.type == "device_bound")
    body = {"type": "correct", "corrects": made.n, "reason": "typed wrongly", "data": {"device_id": "nobody"}}
    done = actions.act(
        world.session(), COMMAND.validate_python(body), by=world.actor("nurse"), now=world.now, command_id="c"
    )
    assert isinstance(done, Refused)
    assert done.code == "device_unknown"


def test_a_device_reads_its_session_until_it_is_over(world: World) -> None:
    device = Device.objects.get(identity=world.clinic()["device"])
    assert relations.holds("bound", device, {"session_id": world.session()})
    leave(world)
    assert not relations.holds("bound", device, {"session_id": world.session()})


def bind(world: World, place: int = 0, device: str = "") -> Acted | Refused:
    pair = world.clinic()["sessions"][place]["identifiers"][:2]
    done: Acted | Refused | None = None
    for body in (
        {"type": "check_in", "identifiers": pair},
        {"type": "bind_device", "device_id": device or world.clinic()["device"], "identifiers": pair},
    ):
        command = COMMAND.validate_python(body)
        done = actions.act(
            world.session(place), command, by=world.actor("nurse"), now=world.now, command_id=str(uuid4())
        )
    assert done is not None
    return done


def leave(world: World) -> None:
    body = {"type": "leave_early", "cannula_in": "no"}
    command = COMMAND.validate_python(body)
    actions.act(world.session(), command, by=world.actor("nurse"), now=world.now, command_id="left")


def test_a_message_sent_twice_is_charted_once(world: World) -> None:
    receive(world, [sample()])
    assert receive(world, [sample()]) == Received(world.session(), duplicate=True)
    assert HUB.last_n(world.session()) == 1


def test_a_message_id_with_other_content_is_kept_apart(world: World) -> None:
    receive(world, [sample()])
    assert isinstance(receive(world, [sample(50.0)], raw=b"MSH|2"), Quarantined)
    assert HUB.last_n(world.session()) == 1


def test_samples_never_move_the_version(world: World) -> None:
    before = queries.state(world.session()).version
    receive(world, [sample()])
    chunks.flush(world.now)
    assert queries.state(world.session()).version == before


def test_a_flush_writes_one_chunk_whose_hash_is_in_the_chain(world: World) -> None:
    receive(world, [sample(), sample(96.0)])
    assert chunks.flush(world.now) == 1
    assert chunks.flush(world.now) == 0
    chunk = SampleChunk.objects.get(session=world.session())
    assert (chunk.first_n, chunk.last_n) == (1, 2)
    assert chunk.sha256 in AuditLine.objects.order_by("-seq")[0].data
    assert verify()["ok"]


def test_after_a_restart_the_numbers_the_values_and_the_messages_go_on(world: World) -> None:
    receive(world, [sample(), sample(96.0)])
    chunks.flush(world.now)
    HUB.forget()
    assert receive(world, [sample()]) == Received(world.session(), duplicate=True)
    receive(world, [sample(95.0)], message_id="m2", raw=b"MSH|3")
    assert [(n, one.value) for n, one in HUB.after(world.session(), 0)] == [(1, 97.0), (2, 96.0), (3, 95.0)]


def test_what_waits_is_written_a_few_sessions_at_a_time_each_in_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "AT_ONCE", 1)
    both = [world.session(0, side) for side in (0, 1)]
    for side in (0, 1):
        there = world.clinic(side)
        receive(world, [sample()], device=there["device"], patient=there["sessions"][0]["mrn"])
    turns = [chunks.waiting(turn) for turn in range(chunks.TURNS)]
    assert sorted(few for turn in turns for few in turn) == sorted([session] for session in both)
    assert turns == [chunks.waiting(chunks.TURNS + turn) for turn in range(chunks.TURNS)]
    monkeypatch.setattr(chunks, "TURNS", 1)
    assert chunks.waiting(0) == [[session] for session in both]
    assert chunks.flush(world.now, both[1:]) == 1
    assert chunks.waiting(0) == [both[:1]]
    assert list(SampleChunk.objects.filter(session__in=both).values_list("session", flat=True)) == both[1:]


def test_a_failed_flush_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    receive(world, [sample()])
    with monkeypatch.context() as broken:
        broken.setattr("norket.record.audit.actions.append", fail)
        with pytest.raises(OSError, match="disk"):
            chunks.flush(world.now)
    assert not SampleChunk.objects.filter(session=world.session()).exists()
    assert chunks.flush(world.now) == 1


def test_samples_of_a_session_that_came_to_nothing_hold_up_no_other(world: World) -> None:
    nothing = uuid4()
    HUB.open(nothing, 0, [], {})
    HUB.take(nothing, [sample()], "m9", "digest")
    receive(world, [sample()])
    assert chunks.flush(world.now) == 1
    assert SampleChunk.objects.filter(session=world.session()).exists()
    assert not HUB.is_open(nothing)


def test_no_flush_begins_while_another_one_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both would write the same samples, and the second would be told that the record cannot be written."""
    receive(world, [sample()])
    free: list[bool] = []
    write = chunks._write

    def meanwhile(*given: Any) -> None:
        other = threading.Thread(target=lambda: free.append(chunks._flushing.acquire(blocking=False)))
        other.start()
        other.join()
        write(*given)

    monkeypatch.setattr("norket.record.session.chunks._write", meanwhile)
    assert chunks.flush(world.now) == 1
    assert free == [False]
    assert chunks._flushing.acquire(blocking=False)
    chunks._flushing.release()


def test_old_samples_of_a_busy_channel_are_let_go_and_a_few_of_a_quiet_one_stay(world: World) -> None:
    later = NOW + RECENT + timedelta(seconds=1)
    receive(
        world, [sample(at=NOW + timedelta(seconds=n)) for n in range(FEW + 5)] + [sample(120.0, channel="sbp_mmhg")]
    )
    receive(world, [sample(at=later), sample(121.0, at=later, channel="sbp_mmhg")], message_id="m2", raw=b"2")
    recent = queries.samples(world.session())
    assert min(one.at for one in recent["spo2_percent"]) > NOW
    assert [one.value for one in recent["sbp_mmhg"]] == [120.0, 121.0]


@given(moments=st.lists(st.integers(0, int(2 * RECENT.total_seconds())), min_size=1, max_size=60))
def test_in_whatever_order_values_come_they_stand_by_measured_time(moments: list[int]) -> None:
    session, hub, came = uuid4(), Hub(), NOW + RECENT
    hub.open(session, 0, (), {})
    sent = [sample(float(n), at=NOW + timedelta(seconds=moment)) for n, moment in enumerate(moments)]
    arrived = [one.model_copy(update={"received_at": came + n * RECENT / 30}) for n, one in enumerate(sent)]
    for n, one in enumerate(arrived):
        hub.take(session, [one], f"m{n}", "")
        numbered = [late for _, late in hub.after(session, 0)]
        assert list(hub.recent(session)["spo2_percent"]) == sorted(numbered, key=lambda kept: kept.at)


def test_a_viewer_who_missed_much_gets_a_thinned_curve_with_the_newest_value(world: World) -> None:
    values = [sample(float(n % 100), at=NOW + timedelta(seconds=n)) for n in range(100)]
    receive(world, [*values, sample(120.0, channel="sbp_mmhg")])
    shown = queries.samples_after(world.session(), 0, most=10)
    assert [n for n, _ in shown] == sorted(n for n, _ in shown)
    assert len(shown) == 11
    assert {100, 101} <= {n for n, _ in shown}
    assert [n for n, _ in queries.samples_after(world.session(), 99, most=10)] == [100, 101]


def test_a_sample_in_a_stream_says_channel_value_unit_and_time() -> None:
    assert as_json(sample()) == {
        "channel": "spo2_percent",
        "value": 97.0,
        "unit": "%",
        "at": NOW.isoformat().replace("+00:00", "Z"),
    }


def test_a_flood_from_one_sender_is_kept_up_to_its_quota_and_then_counted(world: World) -> None:
    kept, audited = QuarantinedMessage.objects.count(), AuditLine.objects.count()
    for n in range(quota.OF_ONE_SENDER + 70):
        assert receive(world, [sample()], device="wild", raw=b"%d" % n) == Quarantined("unknown device")
    assert QuarantinedMessage.objects.count() == kept + quota.OF_ONE_SENDER
    assert AuditLine.objects.count() == audited + quota.OF_ONE_SENDER
    receive(world, [sample()], device="another")
    assert QuarantinedMessage.objects.count() == kept + quota.OF_ONE_SENDER + 1
    actions.settle(world.later(1))
    line = AuditLine.objects.order_by("-seq")[0]
    assert (line.kind, line.actor, json.loads(line.data)["count"]) == ("quarantine_quota", "device:wild", 70)
    actions.settle(world.later(1))
    assert AuditLine.objects.order_by("-seq")[0].seq == line.seq
    receive(world, [sample()], device="wild", now=world.later(1))
    assert QuarantinedMessage.objects.count() == kept + quota.OF_ONE_SENDER + 2
    assert verify()["ok"]


def test_a_flood_under_ever_new_names_is_kept_up_to_the_quota_of_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "OF_ALL", 10)
    kept = QuarantinedMessage.objects.count()
    for n in range(50):
        receive(world, [sample()], device=f"wild {n}")
    assert QuarantinedMessage.objects.count() == kept + 10
    actions.settle(world.later(1))
    assert json.loads(AuditLine.objects.order_by("-seq")[0].data)["count"] == 40


def test_strangers_have_a_budget_of_bytes_for_a_day_and_the_devices_of_a_clinic_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "BYTES_OF_STRANGERS", 250)
    kept = QuarantinedMessage.objects.count()
    for n in range(4):
        receive(world, [sample()], device=f"wild {n}", raw=b"x" * 100)
    assert QuarantinedMessage.objects.count() == kept + 2
    receive(world, [sample()], patient="N-0", raw=b"x" * 100)
    assert QuarantinedMessage.objects.count() == kept + 3
    receive(world, [sample()], device="wild 9", raw=b"x" * 100, now=world.now + quota.DAY - timedelta(minutes=1))
    assert QuarantinedMessage.objects.count() == kept + 3
    receive(world, [sample()], device="wild 9", raw=b"x" * 100, now=world.now + quota.DAY)
    assert QuarantinedMessage.objects.count() == kept + 4


def test_everybody_together_has_a_budget_of_bytes_for_a_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "BYTES_OF_ALL", 100)
    kept = QuarantinedMessage.objects.count()
    for raw in (b"x" * 100, b"x"):
        receive(world, [sample()], patient="N-0", raw=raw)
    assert QuarantinedMessage.objects.count() == kept + 1


def test_what_no_database_keeps_is_replaced_in_the_names_and_stays_in_the_raw_message(world: World) -> None:
    actions.quarantine(b"a\0b", "why\0", "sender\0\ud800", world.now, message_id="\0")
    row = QuarantinedMessage.objects.order_by("-id")[0]
    assert bytes(row.raw) == b"a\0b"
    assert not any("\0" in text or "\ud800" in text for text in (row.reason, row.sender, row.message_id))
    assert verify()["ok"]


def test_a_session_that_is_over_leaves_the_memory_once_it_is_on_disk(world: World) -> None:
    receive(world, [sample()])
    leave(world)
    assert chunks.flush(world.now) == 1
    chunks.flush(world.now)
    assert not HUB.is_open(world.session())
    assert [n for n, _ in queries.samples_after(world.session(), 0, most=10)] == [1]


def test_a_living_session_stays_in_memory(world: World) -> None:
    receive(world, [sample()])
    chunks.flush(world.now)
    chunks.flush(world.now)
    assert HUB.is_open(world.session())
