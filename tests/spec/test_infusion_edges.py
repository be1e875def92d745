"""Where an infusion goes wrong without a sound: a cuff that fails, a pump that did not run as ordered, two chairs and
one nurse, a page that slept.

A value grows old before every eye and is never shown as new. What was delivered follows what happened, entered late or
not; the order stays what was signed. Whoever is in the chair is known by two identifiers, a monitor by its bond. What
was done without a network keeps its own time, and no alert is answered by anybody but a person.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from support.walk import Walk
from support.worlds import World, _fresh_memory, world

from norket.record.people.models import Patient
from norket.record.session import account, actions, loudness, prediction, queries, replay
from norket.record.session.actions import Acted, Quarantined, Received
from norket.therapy.finding import Refused
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.events import COMMAND
from norket.therapy.session.recovery_events import RecoveryScoreRecorded
from norket.therapy.session.schedule import earliest_discharge

__all__ = ["_fresh_memory", "world"]
pytestmark = pytest.mark.django_db

OVERDUE = "monitoring.overdue"
CUFF = {"sbp_mmhg": 128.0, "dbp_mmhg": 80.0}
HAND = CUFF | {"hr_per_min": 72.0, "spo2_percent": 98.0, "rr_per_min": 14.0}


@pytest.fixture
def walk(world: World) -> Walk:
    """Begun at minute 0."""
    return Walk(world, begun_min=0)


# ---- 1. the silent monitor -----------------------------------------------------------------------------------------


def fails_at_12(walk: Walk) -> Walk:
    """The cuff measures at 4, 8 and 12 minutes, 128/80 at last, then no more; the oximeter goes on."""
    for minute in range(0, 45, 4):
        walk.sense(minute, spo2_percent=97.0, **(CUFF if 0 < minute <= 12 else {}))
    return walk


@pytest.mark.parametrize(
    ("minute", "stale", "called"),
    [
        (18.9, False, {}),  # due since 17
        (19.0, False, {OVERDUE: "T1"}),
        (21.9, False, {OVERDUE: "T1"}),
        (22.0, False, {OVERDUE: "T2"}),
        (22.1, True, {OVERDUE: "T2"}),
    ],
)
def test_a_pressure_whose_cuff_has_failed_ages_and_calls(
    walk: Walk, minute: float, stale: bool, called: dict[str, str]
) -> None:
    for sent in (4, 8, 12):
        walk.sense(sent, **CUFF)
    walk.sense(minute, spo2_percent=97.0)
    walk.watch(minute)
    shown = queries.view(walk.session, walk.at(minute)).vitals["sbp_mmhg"]
    assert (shown.value, shown.at, shown.age_s) == (128.0, walk.at(12), pytest.approx((minute - 12) * 60))
    assert shown.stale is stale
    assert {rule: tier for rule, tier in walk.technical().items() if rule == OVERDUE} == called


@pytest.mark.parametrize(("minute", "prompts"), [(26.9, False), (27.0, True)])
def test_fifteen_minutes_after_the_last_pressure_the_pause_is_asked_for(
    walk: Walk, minute: float, prompts: bool
) -> None:
    for sent in (4, 8, 12):
        walk.sense(sent, **CUFF)
    walk.sense(minute, spo2_percent=97.0)
    walk.watch(minute)
    advice = " ".join(alert.advice for alert in walk.state.alerts if alert.rule == OVERDUE)
    assert ("Pause the pump" in advice) is prompts


def test_nobodys_pressure_is_carried_forward_into_chart_or_record(walk: Walk) -> None:
    fails_at_12(walk)
    walk.do(40, "stop_infusion")
    drawn = replay.reel(walk.session, walk.at(44))["samples"]
    printed = account.account(walk.session, walk.at(44))["samples"]
    for samples in (drawn, printed):
        pressures = [one["at"] for one in samples if one["channel"] == "sbp_mmhg"]
        assert pressures == [f"{walk.at(minute):%Y-%m-%dT%H:%M:%S}Z" for minute in (4, 8, 12)]
        assert max(one["at"] for one in samples) > max(pressures)
    assert [reading.at for reading in walk.state.readings if reading.at >= walk.at(0)] == []
    assert replay.page_at(walk.session, walk.at(30))["vitals"]["sbp_mmhg"]["stale"] is True


@pytest.mark.parametrize(("taken", "total"), [(39, None), (144.9, None), (145, 10)])
def test_a_recovery_score_takes_no_pressure_that_is_older_than_the_door_would(
    walk: Walk, taken: float, total: int | None
) -> None:
    """The infusion ended at 40, the score is of minute 160."""
    steps: list[tuple[float, str, dict[str, Any]]] = [
        (40, "stop_infusion", {}),
        (41, "start_recovery", {}),
        (taken, "record_vitals", {"vitals": HAND | {"sbp_mmhg": 120.0}}),
    ]
    for minute, kind, data in sorted(steps, key=lambda step: step[0]):
        walk.do(minute, kind, **data)
    seen: dict[str, Any] = {"activity": 2, "respiration": 2, "consciousness": 2, "saturation": 2}
    scored = walk.do(160, "record_recovery_score", **seen)
    assert isinstance(scored, RecoveryScoreRecorded)
    assert scored.total == total
    found = queries.view(walk.session, walk.at(160)).recovery
    assert found is not None
    gates = {one.rule: one.state for one in found.gates}
    assert (gates["recovery.gate.blood_pressure"] == "unknown") is (total is None)


# ---- 2. what was really delivered ----------------------------------------------------------------------------------


def test_delivery_follows_what_happened_and_the_order_keeps_the_original(walk: Walk) -> None:
    """Paused at 8, resumed at 20, 5 mg by the anaesthetist at 24; at 30 it is told that the pump stood from 25 on."""
    order = walk.state.order
    assert order is not None
    mg_min = order.amount_mg / order.duration_min
    before = queries.view(walk.session, walk.at(0)).planned_end_at
    walk.do(8, "pause")
    walk.do(20, "resume", "prescriber")
    walk.do(24, "give_bolus", "anaesthetist", **{"amount_mg": 5.0, "as": "happened"})
    ran_on = delivered_mg(walk.state, walk.at(30))
    assert ran_on == pytest.approx(18 * mg_min + 5)
    walk.do(30, "pause", at=walk.at(25))
    assert delivered_mg(walk.state, walk.at(30)) == pytest.approx(13 * mg_min + 5)
    walk.do(31, "resume", "prescriber")
    view = queries.view(walk.session, walk.at(31))
    assert view.planned_end_at is not None
    assert before is not None
    assert view.planned_end_at - before == timedelta(minutes=12 + 6)
    assert walk.state.order == order
    assert view.order is not None
    assert (view.order.amount_mg, view.order.text) == (order.amount_mg, order.text)


def test_a_late_entry_moves_the_curve_the_end_and_the_way_home(walk: Walk) -> None:
    walk.do(8, "pause")
    walk.do(20, "resume", "prescriber")
    unaware = curve(walk, 30)
    walk.do(30, "give_bolus", "anaesthetist", **{"amount_mg": 5.0, "as": "happened", "at": walk.at(25)})
    aware = curve(walk, 30)
    assert [dose["kind"] for dose in unaware["doses"]] == ["given", "given", "planned"]
    assert [dose["amount_mg"] for dose in aware["doses"] if dose["start_min"] == pytest.approx(25)] == [5.0]
    level = "ketamine_ng_ml"
    assert level_at(aware, level, 24) == pytest.approx(level_at(unaware, level, 24))
    assert level_at(aware, level, 27) > level_at(unaware, level, 27)
    walk.do(60, "stop_infusion", at=walk.at(57))
    assert earliest_discharge(walk.state, walk.at(60), queries.base()) == walk.at(57 + 120)
    late = {one["type"]: one["late_s"] for one in account.account(walk.session, walk.at(61))["events"]}
    assert (late["bolus_given"], late["infusion_stopped"]) == (300, 180)


def curve(walk: Walk, minute: float) -> dict[str, Any]:
    found = prediction.prediction(walk.session, walk.at(minute))
    assert not isinstance(found, Refused), found
    return found


def level_at(found: dict[str, Any], track: str, minute: float) -> float:
    return float(found[track]["typical"][found["times_min"].index(minute)])


# ---- 5. several chairs, one nurse, a lost network ------------------------------------------------------------------


@pytest.fixture
def namesake(walk: Walk) -> Any:
    """The patient of the next chair, who has the same surname and the same given name."""
    here = Patient.objects.get(pk=walk.world.clinic()["sessions"][0]["patient_id"])
    other = Patient.objects.get(pk=walk.world.clinic()["sessions"][1]["patient_id"])
    other.family_name = here.family_name
    other.save()
    return other


def test_two_patients_of_the_same_surname_are_told_apart_by_two_identifiers(walk: Walk, namesake: Patient) -> None:
    own, foreign = walk.identifiers, namesake.identifiers
    walk.do(1, "unbind_device", device_id=(device := walk.world.clinic()["device"]))
    of_another = ([foreign[0], foreign[2]], [own[0], foreign[2]], [foreign[0], own[1]], [own[0], foreign[1]])
    for read in (*of_another, [own[0], namesake.family_name], [own[0], own[0]]):
        assert walk.refused(5, "bind_device", device_id=device, identifiers=read).code == "identity_mismatch"
        bolus = {"amount_mg": 1.0, "identifiers": read}
        assert walk.refused(5, "give_bolus", "anaesthetist", **bolus).code == "identity_mismatch"
    assert (walk.state.devices, walk.state.boluses) == ((), ())
    walk.do(6, "bind_device", device_id=device, identifiers=own)


def test_a_monitor_that_was_unbound_charts_for_nobody_and_is_missed(walk: Walk, namesake: Patient) -> None:
    device = walk.world.clinic()["device"]
    assert walk.sense(1, spo2_percent=97.0) == Received(walk.session)
    assert walk.sense(2, spo2_percent=80.0, patient=namesake.mrn) == Quarantined(
        "the patient is not the one of the bound session"
    )
    walk.do(3, "unbind_device", device_id=device)
    assert walk.sense(4, spo2_percent=80.0) == Quarantined("the device is bound to no session")
    assert [sample.value for sample in queries.samples(walk.session)["spo2_percent"]] == [97.0]
    walk.watch(4)
    assert walk.technical()["monitoring.feed_dead"] == "T2"


def test_what_was_done_while_the_page_slept_keeps_its_own_time_and_an_order_that_slept_is_void(walk: Walk) -> None:
    walk.do(20, "record_vitals", vitals=HAND, at=walk.at(6))
    walk.do(20, "pause", at=walk.at(8))
    recorded = walk.state.ledger[-1]
    assert (recorded.at, recorded.recorded_at) == (walk.at(8), walk.at(20))
    assert delivered_mg(walk.state, walk.at(20)) == pytest.approx(delivered_mg(walk.state, walk.at(8)))
    expires_s = queries.base().figure("offline.order_expiry", "expires_s").value
    for late_s, code in ((expires_s + 1, "order_expired"), (expires_s, "")):
        given_at = walk.at(20) - timedelta(seconds=late_s)
        done = walk.try_(20, "resume", "prescriber", given_at=given_at)
        assert (done.code if isinstance(done, Refused) else "") == code


def test_no_alert_is_ever_answered_by_anybody_but_a_person(walk: Walk) -> None:
    """Three hours in which nobody touches anything: alerts go further and further, and none is acknowledged."""
    walk.sense(1, spo2_percent=97.0)
    walk.do(2, "record_vitals", vitals=HAND | {"sbp_mmhg": 185.0, "dbp_mmhg": 112.0})
    walk.do(4, "record_vitals", vitals=HAND | {"sbp_mmhg": 186.0, "dbp_mmhg": 112.0})
    for minute in (4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 60, 90, 120, 180):
        walk.watch(minute)
    kinds = [item.event.type for item in walk.state.ledger]
    assert {"alert_raised", "alert_escalated"} <= set(kinds)
    assert "alert_acknowledged" not in kinds
    alert = next(one for one in walk.state.alerts if one.tier == "T2" and not one.technical)
    answer = COMMAND.validate_python({"type": "acknowledge_alert", "alert_id": alert.alert_id})
    monitor = walk.world.actor("nurse").model_copy(update={"roles": frozenset({"device"})})
    refused = actions.act(walk.session, answer, by=monitor, now=walk.at(181), command_id="monitor")
    assert isinstance(refused, Refused)
    assert isinstance(walk.try_(181, "acknowledge_alert", alert_id=alert.alert_id), Acted)


def test_how_loud_the_session_was_can_be_read_of_it(walk: Walk) -> None:
    """One alert about the patient, answered after a minute; those about the monitor that sends nothing and about the
    start without its questions are not."""
    walk.do(2, "record_event", event="chest_pain", grade=3)
    walk.watch(2)
    pain = next(one for one in walk.state.alerts if one.rule == "escalation.t3.chest_pain")
    walk.do(3, "acknowledge_alert", alert_id=pain.alert_id)
    clinic = UUID(walk.world.clinic()["id"])
    whole = loudness.month(clinic, walk.at(0).date(), "UTC", walk.at(60)).whole
    assert (whole.sounding, whole.answered, whole.answered_after_s) == (3, 1, 60.0)
