"""The way to the door: time and score and gates, and leaving before them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.recovery.gates import findings
from norket.therapy.session import recovery_events
from norket.therapy.session.decide import decide
from norket.therapy.session.schedule import earliest_discharge

VITALS = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "hr_per_min": 70.0, "spo2_percent": 98.0, "rr_per_min": 14.0}
RULES = [
    "recovery.gate.time",
    "recovery.gate.score",
    "recovery.gate.sedation_orientation",
    "recovery.gate.blood_pressure",
    "recovery.gate.no_open_alert",
    "recovery.gate.suicide_risk",
    "recovery.gate.cannula",
    "recovery.gate.escort",
    "recovery.gate.instructions",
    "recovery.oxygen",
]


def states(chair: Any, minute: float, **samples: Any) -> dict[str, str]:
    return {f.rule: f.state for f in findings(chair.state, samples, chair.at(minute), chair.base)}


def test_every_gate_of_the_knowledge_base_is_judged(recovering: Any) -> None:
    known = [entry.id for entry in recovering.base.entries if entry.id.startswith("recovery.gate.")]
    assert set(known) <= set(states(recovering, 160))
    assert list(states(recovering, 160)) == RULES


def test_with_every_gate_clear_the_patient_goes_home(recovering: Any) -> None:
    assert set(states(recovering, 160).values()) == {"clear"}
    (event,) = recovering.do(160, "discharge")
    assert (recovering.state.phase, event.escort_name) == ("discharged", "Eva")
    assert len(event.gates) == len(RULES)


def test_a_minute_too_early_is_too_early(recovering: Any) -> None:
    refused = recovering.refused(159.99, "discharge")
    assert refused.code == "gates_not_met"
    assert [f.rule for f in refused.findings] == ["recovery.gate.time"]


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (("record_escort", {"status": "expected"}), "recovery.gate.escort"),
        (("record_escort", {"status": "no_show"}), "recovery.gate.escort"),
        (("record_escort", {"status": "present", "name": " "}), "recovery.gate.escort"),
        (("record_gate", {"gate": "oriented", "answer": "no"}), "recovery.gate.sedation_orientation"),
        (("record_gate", {"gate": "gait_steady", "answer": "unknown"}), "recovery.gate.sedation_orientation"),
        (("record_gate", {"gate": "cannula_removed", "answer": "no"}), "recovery.gate.cannula"),
        (("record_gate", {"gate": "suicide_risk_reviewed", "answer": "no"}), "recovery.gate.suicide_risk"),
        (("record_gate", {"gate": "instructions_given", "answer": "unknown"}), "recovery.gate.instructions"),
        (("record_score", {"score": "moaas", "value": 4}), "recovery.gate.sedation_orientation"),
        (("record_vitals", {"vitals": {"sbp_mmhg": 165.0, "dbp_mmhg": 80.0}}), "recovery.gate.blood_pressure"),
        (
            ("record_recovery_score", {"activity": 1, "respiration": 1, "consciousness": 2, "saturation": 2}),
            "recovery.gate.score",
        ),
        (("record_vitals", {"vitals": {"on_oxygen": True, "spo2_percent": 97.0}}), "recovery.oxygen"),
    ],
)
def test_a_discharge_that_lacks_one_thing_names_it(recovering: Any, act: tuple[str, dict[str, Any]], rule: str) -> None:
    recovering.do(159, act[0], **act[1])
    refused = recovering.refused(160, "discharge")
    assert rule in {f.rule for f in refused.findings}
    assert all(f.resolves_by for f in refused.findings)


def test_nothing_recorded_is_unknown_and_unknown_is_never_met(running: Any) -> None:
    running.watch(41)
    running.do(41, "start_recovery")
    found = states(running, 400)
    assert {rule for rule, state in found.items() if state == "unknown"} == set(RULES) - {
        "recovery.gate.time",
        "recovery.gate.no_open_alert",
        "recovery.gate.escort",
        "recovery.oxygen",
    }
    assert found["recovery.gate.escort"] != "clear"
    assert running.refused(400, "discharge").code == "gates_not_met"


def test_an_open_high_alert_holds_and_an_advice_does_not(recovering: Any) -> None:
    recovering.do(158, "record_score", score="watched_distress", value=2)
    recovering.watch(158)
    assert states(recovering, 160)["recovery.gate.no_open_alert"] == "clear"
    recovering.do(159, "record_event", event="chest_pain")
    recovering.watch(159)
    assert states(recovering, 160)["recovery.gate.no_open_alert"] == "fires"


def test_suicide_risk_is_asked_once_oriented_and_only_in_a_psychiatric_indication(new_chair: Any) -> None:
    for psychiatric, expected in ((True, "unknown"), (False, "clear")):
        chair = new_chair(plan={"psychiatric_indication": psychiatric}).start()
        chair.watch(41)
        chair.do(60, "record_gate", gate="suicide_risk_reviewed", answer="yes")
        assert states(chair, 61)["recovery.gate.suicide_risk"] == expected
        chair.do(62, "record_gate", gate="oriented", answer="yes")
        chair.do(63, "record_gate", gate="suicide_risk_reviewed", answer="no")
        chair.do(64, "record_gate", gate="suicide_risk_reviewed", answer="yes")
        assert states(chair, 65)["recovery.gate.suicide_risk"] == "clear"


def test_an_old_pressure_is_no_pressure(recovering: Any) -> None:
    assert states(recovering, 170)["recovery.gate.blood_pressure"] == "clear"
    assert states(recovering, 170.1)["recovery.gate.blood_pressure"] == "unknown"


def test_the_cuff_of_the_monitor_counts(recovering: Any) -> None:
    cuff = {name: [recovering.sample(180, name, value)] for name, value in (("sbp_mmhg", 125.0), ("dbp_mmhg", 80.0))}
    assert states(recovering, 181, **cuff)["recovery.gate.blood_pressure"] == "clear"


def test_high_but_falling_below_the_limit_is_enough(recovering: Any) -> None:
    recovering.do(156, "record_vitals", vitals={"sbp_mmhg": 158.0, "dbp_mmhg": 90.0})
    assert states(recovering, 160)["recovery.gate.blood_pressure"] == "fires"
    recovering.do(158, "record_vitals", vitals={"sbp_mmhg": 152.0, "dbp_mmhg": 88.0})
    assert states(recovering, 160)["recovery.gate.blood_pressure"] == "clear"


# ---- the score -----------------------------------------------------------------------------------------------------


def test_circulation_is_computed_from_the_own_baseline(recovering: Any) -> None:
    (event,) = recovering.do(
        158, "record_recovery_score", activity=2, respiration=2, consciousness=2, saturation=2, sbp_mmhg=150.0
    )
    assert (event.circulation, event.total) == (1, 9)


def test_without_a_baseline_the_score_is_not_computable(new_chair: Any) -> None:
    chair = new_chair(order=None)
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    chair.do(40, "stop_infusion")
    chair.do(41, "start_recovery")
    (event,) = chair.do(
        160, "record_recovery_score", activity=2, respiration=2, consciousness=2, saturation=2, sbp_mmhg=120.0
    )
    assert (event.circulation, event.total) == (None, None)
    assert states(chair, 161)["recovery.gate.score"] == "unknown"


def test_what_was_seen_before_a_rescue_sedative_does_not_count(recovering: Any) -> None:
    recovering.do(
        157.5,
        "give_rescue",
        drug="midazolam",
        amount=2.0,
        unit="mg",
        route="iv",
        sedative=True,
        rescue_class="sedative",
        **{"as": "happened"},
    )
    seen = ("oriented", "gait_steady", "dissociation_settled", "suicide_risk_reviewed", "instructions_given")
    for gate in (*seen, "cannula_removed"):
        recovering.do(215, "record_gate", gate=gate, answer="yes")
    recovering.do(215, "record_escort", status="present", name="Eva", phone="1")
    recovering.do(216, "record_vitals", vitals=VITALS)
    found = states(recovering, 218)
    assert (found["recovery.gate.time"], found["recovery.gate.score"]) == ("clear", "unknown")
    assert found["recovery.gate.sedation_orientation"] == "unknown"
    recovering.do(216, "record_score", score="moaas", value=5)
    recovering.do(217, "record_recovery_score", activity=2, respiration=2, consciousness=2, saturation=2)
    assert set(states(recovering, 218).values()) == {"clear"}


def test_an_antiemetic_or_oxygen_puts_nothing_in_doubt(recovering: Any) -> None:
    recovering.do(
        158,
        "give_rescue",
        drug="ondansetron",
        amount=4.0,
        unit="mg",
        route="oral",
        rescue_class="antiemetic",
        **{"as": "happened"},
    )
    assert set(states(recovering, 160).values()) == {"clear"}


def test_what_was_seen_before_recovery_began_does_not_count(running: Any) -> None:
    running.watch(41)
    running.do(42, "record_recovery_score", activity=2, respiration=2, consciousness=2, saturation=2)
    running.do(42, "record_score", score="moaas", value=5)
    running.do(42, "record_gate", gate="oriented", answer="yes")
    running.do(43, "start_recovery")
    found = states(running, 44)
    assert found["recovery.gate.score"] == found["recovery.gate.sedation_orientation"] == "unknown"
    assert "oriented" in next(
        f.why
        for f in findings(running.state, {}, running.at(44), running.base)
        if f.rule == "recovery.gate.sedation_orientation"
    )


@pytest.mark.parametrize(
    ("minute", "rule", "state"),
    [
        (171, "recovery.gate.score", "clear"),
        (171.1, "recovery.gate.score", "unknown"),
        (165, "recovery.gate.sedation_orientation", "clear"),
        (165.1, "recovery.gate.sedation_orientation", "unknown"),
    ],
)
def test_what_was_seen_long_ago_does_not_count(recovering: Any, minute: float, rule: str, state: str) -> None:
    """The score is of minute 156, the orientation of minute 150."""
    assert states(recovering, minute)[rule] == state


def test_an_orientation_that_is_asked_again_counts_again(recovering: Any) -> None:
    recovering.do(165, "record_gate", gate="oriented", answer="yes")
    assert states(recovering, 166)["recovery.gate.sedation_orientation"] == "clear"
    assert states(recovering, 166.1)["recovery.gate.sedation_orientation"] == "unknown"  # MOAA/S is of minute 151


@pytest.mark.parametrize(("value", "state"), [(0, "clear"), (1, "unknown"), (2, "unknown")])
def test_a_drowsy_look_asks_for_a_new_sedation_score(recovering: Any, value: int, state: str) -> None:
    recovering.do(158, "record_score", score="watched_sedation", value=value)
    assert states(recovering, 160)["recovery.gate.sedation_orientation"] == state
    recovering.do(159, "record_score", score="moaas", value=5)
    assert states(recovering, 160)["recovery.gate.sedation_orientation"] == "clear"


# ---- oxygen --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minute", "spo2", "state"),
    [
        (139.9, 97.0, "fires"),
        (140, 97.0, "clear"),
        (140, 92.0, "fires"),
        (140, 93.0, "clear"),
        (109, 97.0, "unknown"),
    ],
)
def test_after_oxygen_the_saturation_is_measured_on_air_long_enough_after_it(
    recovering: Any,
    minute: float,
    spo2: float,
    state: str,
) -> None:
    recovering.do(100, "record_vitals", vitals={"spo2_percent": 98.0, "on_oxygen": True})
    recovering.do(110, "record_vitals", vitals={"on_oxygen": False})
    recovering.ledger = [r for r in recovering.ledger if not (r.at == recovering.at(155) and "vitals" in r.event.type)]
    recovering.do(minute, "record_vitals", vitals={"spo2_percent": spo2})
    assert states(recovering, 160)["recovery.oxygen"] == state
    by_monitor = {"spo2_percent": [recovering.sample(159, "spo2_percent", 98.0)]}
    assert states(recovering, 160, **by_monitor)["recovery.oxygen"] == "clear"


def test_a_saturation_on_air_that_a_clinician_found_too_low_keeps_the_gate_closed(recovering: Any) -> None:
    recovering.do(158, "record_gate", gate="room_air_saturation", answer="no")
    assert states(recovering, 160)["recovery.oxygen"] == "fires"
    recovering.do(159, "record_gate", gate="room_air_saturation", answer="yes")
    assert states(recovering, 160)["recovery.oxygen"] == "clear"


def test_a_score_from_before_the_last_drug_does_not_count(recovering: Any) -> None:
    recovering.do(158, "give_bolus", amount_mg=5.0, **{"as": "happened"})
    assert states(recovering, 400)["recovery.gate.score"] == "unknown"


# ---- the clock -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "minute", "earliest"),
    [
        ("sedative", 110, 170),
        ("sedative", 80, 160),
        ("antihypertensive", 120, 180),
        ("reversal", 100, 220),
        ("antiemetic", 150, 160),
        ("oxygen", 150, 160),
        ("other", 100, 220),
        (None, 100, 220),
    ],
)
def test_a_rescue_moves_the_earliest_time_home(running: Any, kind: str | None, minute: float, earliest: float) -> None:
    running.watch(41)
    running.do(
        minute, "give_rescue", drug="x", amount=1.0, unit="mg", route="iv", rescue_class=kind, **{"as": "happened"}
    )
    assert earliest_discharge(running.state, running.at(200), running.base) == running.at(earliest)


def test_a_restart_anchors_the_clock_at_the_last_stop(running: Any) -> None:
    running.do(10, "stop_infusion")
    running.do(30, "start_infusion", **running.start_command(volume_ml=10.0), **{"as": "happened"})
    assert earliest_discharge(running.state, running.at(35), running.base) is None
    running.do(36, "stop_infusion")
    assert earliest_discharge(running.state, running.at(40), running.base) == running.at(156)


def test_a_change_of_the_clocks_changes_no_minute(new_chair: Any) -> None:
    """The same session over the night in which the clocks of Berlin go back."""
    berlin = ZoneInfo("Europe/Berlin")
    chair = new_chair().start()
    chair.do(10, "stop_infusion")
    shift = datetime(2026, 10, 25, 0, 30, tzinfo=UTC) - chair.at(10)
    moved = [event.model_copy(update={"at": (event.at + shift).astimezone(berlin)}) for event in chair.ledger]
    chair.ledger = moved
    earliest = earliest_discharge(chair.state, moved[-1].at + timedelta(hours=1), chair.base)
    assert earliest is not None
    assert earliest.astimezone(UTC) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


# ---- phases and leaving --------------------------------------------------------------------------------------------


def test_recovery_begins_after_the_drug(running: Any, chair: Any) -> None:
    assert running.refused(5, "start_recovery").code == "still_running"
    assert chair.refused(5, "start_recovery").code == "nothing_given"
    running.do(5, "stop_infusion")
    assert running.refused(6, "discharge").code == "not_in_recovery"
    running.do(6, "start_recovery")
    assert running.refused(7, "start_recovery").code == "already_in_recovery"


def test_gates_that_nobody_evaluated_are_not_met(recovering: Any) -> None:
    nurse = Actor(id="n", name="n", roles=frozenset({"nurse"}))
    answer = decide(
        recovering.state, recovery_events.Discharge(), by=nurse, now=recovering.at(200), base=recovering.base
    )
    assert isinstance(answer, Refused)
    assert answer.code == "gates_not_met"


def test_leaving_before_the_gates_is_recorded_with_what_follows(recovering: Any) -> None:
    recovering.do(158, "record_capacity", capacity="yes")
    event, called = recovering.do(159, "leave_early", cannula_in="no")
    assert (event.capacity, event.capacity_by) == ("yes", "nurse-1")
    assert (called.rule, called.tier) == ("recovery.left_before", "T2")
    assert {"call_prescriber", "welfare_call_same_evening", "offer_against_advice_signature"} <= set(event.tasks)
    assert recovering.state.phase == "left"
    assert recovering.state.tasks == event.tasks


@pytest.mark.parametrize("capacity", ["no", "unknown", None])
def test_no_signature_against_advice_without_capacity_that_a_clinician_found(
    recovering: Any, capacity: str | None
) -> None:
    if capacity is not None:
        recovering.do(158, "record_capacity", capacity=capacity)
    event, _ = recovering.do(159, "leave_early", cannula_in="no")
    assert "offer_against_advice_signature" not in event.tasks
    assert "stay_call_escort_local_emergency_policy" in event.tasks


@pytest.mark.parametrize("cannula", ["yes", "unknown"])
def test_leaving_with_a_cannula_or_nobody_knows_is_an_emergency(running: Any, cannula: str) -> None:
    events = running.do(10, "leave_early", cannula_in=cannula)
    assert [event.type for event in events] == ["infusion_stopped", "left_early", "alert_raised", "alert_raised"]
    assert events[-1].tier == "T3"
    assert running.state.phase == "left"
    running.watch(11)
    assert running.alert("cannula").escalation_step == 2
    running.do(20, "record_gate", gate="cannula_removed", answer="yes")
    running.do(20, "record_contact", whom="prescriber", reached="yes")
    running.watch(20)
    assert running.open_alerts() == []


def test_a_cannula_recorded_as_removed_raises_nothing(recovering: Any) -> None:
    events = recovering.do(100, "leave_early")
    assert [getattr(event, "rule", event.type) for event in events] == ["left_early", "recovery.left_before"]


def test_a_session_ends_once(recovering: Any) -> None:
    recovering.do(160, "discharge")
    assert recovering.refused(161, "discharge").code == "not_in_recovery"
    assert recovering.refused(161, "leave_early").code == "session_ended"
    assert recovering.do(162, "note", text="called the escort")
