"""The way home where it is easy to get wrong.

The clock counts instants, from the last drug and from each rescue that may sedate or move the pressure, and says why.
A score against a pressure that nobody took is no score. Whoever leaves early was not discharged, and whoever leaves
after midnight has not slept. What is missing on paper holds the record, never the door.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.worlds import World, _fresh_memory, world

from norket import knowledge
from norket.record.session import actions, queries
from norket.therapy.actor import SYSTEM, Actor
from norket.therapy.finding import Refused
from norket.therapy.recovery import closing, driving, gates
from norket.therapy.recovery.monitoring_form import ASKED, FORM
from norket.therapy.recovery.tasks import tasks
from norket.therapy.session import arrival_events as a
from norket.therapy.session import clocks, shapes
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session.decide import decide
from norket.therapy.session.fold import fold
from norket.therapy.session.schedule import clock_from, earliest_discharge
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import due

__all__ = ["_fresh_memory", "world"]

LONDON = ZoneInfo("Europe/London")
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
CALM: dict[str, Any] = {
    "sbp_mmhg": 120.0,
    "dbp_mmhg": 75.0,
    "hr_per_min": 70.0,
    "spo2_percent": 98.0,
    "rr_per_min": 14.0,
}
WELL: dict[str, Any] = {"activity": 2, "respiration": 2, "consciousness": 2, "saturation": 2}
ANSWERS = ("oriented", "gait_steady", "dissociation_settled", "suicide_risk_reviewed", "cannula_removed")
BASE = knowledge.read()


class Session:
    """One session as its ledger; times are minutes from `start`."""

    def __init__(self, start: datetime = MORNING, *, baseline: bool = True) -> None:
        self.start, self.base, self.ledger = start, BASE, list[e.Recorded]()
        plan = {"age_y": 45.0, "sex": "female", "psychiatric_indication": True, "first_session": False}
        self.happened(-60, e.SessionPlanned(patient_id="p", identifiers=("a", "b"), chair="1", **plan))
        self.happened(-30, a.CheckedIn())
        if baseline:
            vitals = shapes.Vitals(**CALM)
            self.happened(-20, a.BaselineRecorded(weight_kg=70.0, vitals=vitals, moaas=5, dissociation=0))

    @property
    def state(self) -> SessionState:
        return fold(self.ledger, "s")

    def at(self, minute: float) -> datetime:
        return self.start + timedelta(minutes=minute)

    def happened(self, minute: float, event: e.Event, by: str = NURSE.id) -> None:
        n, at = len(self.ledger) + 1, self.at(minute)
        self.ledger.append(e.Recorded(session="s", n=n, at=at, recorded_at=at, by=by, command_id=f"c{n}", event=event))

    def judge(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> tuple[e.Decided, ...] | Refused:
        now, state = self.at(minute), self.state
        looked: dict[str, Any] = {
            "gates": gates.findings(state, {}, now, self.base),
            "closing": closing.findings(state, now, self.base, zone="Europe/London"),
        }
        command = e.COMMAND.validate_python({"type": type_, **data})
        return decide(state, command, by=by, now=now, base=self.base, **looked)

    def do(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> tuple[Any, ...]:
        answer = self.judge(minute, type_, by, **data)
        assert not isinstance(answer, Refused), answer
        for decided in answer:
            self.happened(minute, decided.event, by.id)
        return tuple(decided.event for decided in answer)

    def refused(self, minute: float, type_: str, by: Actor = NURSE, **data: Any) -> Refused:
        answer = self.judge(minute, type_, by, **data)
        assert isinstance(answer, Refused), answer
        return answer

    def infuse(self, begin: float, end: float) -> "Session":
        """The pump from `begin` to `end`, at 35 mg in 40 min."""
        pump = {"concentration_mg_ml": 1.0, "rate_ml_h": 52.5, "volume_ml": 35.0}
        self.happened(begin, p.InfusionStarted(order_id="o", product_id="ketamine-10", **pump))
        self.do(end, "stop_infusion")
        return self

    def spray(self, *minutes: float) -> "Session":
        """A device of 28 mg at each of these minutes."""
        self.do(minutes[0] - 10, "prepare_dose", product_id="esketamine-28", lot="L1", drawn_mg=28.0 * len(minutes),
                devices=len(minutes), checker=PRESCRIBER.id)  # fmt: skip
        device: dict[str, Any] = {"product_id": "esketamine-28", "amount_mg": 28.0, "device_of": len(minutes)}
        for n, minute in enumerate(minutes, 1):
            self.do(minute, "give_dose", route="intranasal", **(device | {"device_n": n, "as": "happened"}))
        return self

    def answered(self, minute: float) -> "Session":
        """What the watch calls for at this minute is answered, and over when the pause has run."""
        self.look(minute)
        for alert in self.state.alerts:
            self.do(minute, "acknowledge_alert", PRESCRIBER, alert_id=alert.alert_id)
        pauses = [alert.paused_until for alert in self.state.alerts if alert.paused_until is not None]
        self.look((max(pauses) - self.start) / timedelta(minutes=1))
        return self

    def look(self, minute: float) -> None:
        for decided in due(self.state, {}, self.at(minute), self.base):
            self.happened(minute, decided.event, SYSTEM.id)

    def rescue(self, minute: float, drug: str, **data: Any) -> None:
        given: dict[str, Any] = {"drug": drug, "amount": 0.1, "unit": "mg", "route": "oral", "as": "happened"}
        self.do(minute, "give_rescue", **(given | data))

    def home(self) -> datetime | None:
        """The earliest time home as it stands."""
        return earliest_discharge(self.state, self.ledger[-1].at, self.base)

    def reasons(self) -> list[tuple[str, datetime]]:
        return [(one.label, one.until) for one in clocks.reasons(self.state, self.ledger[-1].at, self.base)]

    def gate(self, minute: float, rule: str) -> Any:
        found = gates.findings(self.state, {}, self.at(minute), self.base)
        return next(one for one in found if one.rule == f"recovery.gate.{rule}")

    def recover(self, minute: float) -> "Session":
        """In recovery, with every gate but time answered well at this minute."""
        self.do(minute, "start_recovery")
        for name in ANSWERS:
            self.do(minute, "record_gate", gate=name, answer="yes")
        self.do(minute, "give_instructions", read_back="both")
        self.do(minute, "record_score", score="moaas", value=5)
        self.do(minute, "record_vitals", vitals=CALM)
        self.do(minute, "record_recovery_score", **WELL)
        self.do(minute, "record_escort", status="present", name="Eva", phone="1")
        return self


# ---- 1. the anchor of the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("night", "hour_at_the_stop"),
    [(date(2026, 10, 25), 0), (date(2026, 3, 29), 0), (date(2026, 6, 10), 0)],
    ids=["the clocks go back", "the clocks go forward", "an ordinary night"],
)
def test_two_hours_are_two_hours_whatever_the_clock_on_the_wall_does(night: date, hour_at_the_stop: int) -> None:
    stop = datetime(night.year, night.month, night.day, hour_at_the_stop, 10, tzinfo=LONDON)
    session = Session(stop.astimezone(UTC) - timedelta(minutes=40)).infuse(0, 40)
    home = session.home()
    assert home is not None
    assert home - stop.astimezone(UTC) == timedelta(hours=2)
    assert [f.state for f in (session.gate(159.9, "time"), session.gate(160, "time"))] == ["fires", "clear"]


def test_the_clock_of_the_spray_runs_from_the_last_device_and_not_the_first() -> None:
    session = Session().spray(0, 5, 10)
    assert clock_from(session.state) == session.at(10)
    assert session.home() == session.at(130)
    assert session.reasons() == [("last dose, spray 3 of 3", session.at(130))]


def test_an_infusion_stopped_early_and_started_again_counts_from_the_last_stop() -> None:
    session = Session().infuse(0, 10)
    assert session.home() == session.at(130)
    pump = {"concentration_mg_ml": 1.0, "rate_ml_h": 52.5, "volume_ml": 26.0}
    session.happened(30, p.InfusionStarted(order_id="o", product_id="ketamine-10", **pump))
    assert session.home() is None
    session.do(45, "stop_infusion")
    assert session.home() == session.at(165)
    assert session.reasons() == [("infusion ended", session.at(165))]


@pytest.mark.parametrize(
    ("minute", "home", "first"),
    [
        (40 + 59, 160, "infusion ended"),
        (40 + 61, 161, "clonidine given"),
        (40 + 70, 170, "clonidine given"),
    ],
)
def test_clonidine_holds_the_patient_for_an_hour_of_its_own(minute: float, home: float, first: str) -> None:
    session = Session().infuse(0, 40)
    session.rescue(minute, "clonidine", rescue_class="antihypertensive")
    assert session.home() == session.at(home)
    assert session.reasons()[0] == (first, session.at(home))
    assert {label for label, _ in session.reasons()} == {"infusion ended", "clonidine given"}


def test_a_rescue_during_the_infusion_does_not_shorten_the_clock_of_the_infusion() -> None:
    session = Session()
    session.rescue(20, "clonidine", rescue_class="antihypertensive")
    session.infuse(0, 40)
    assert session.home() == session.at(160)


# ---- 2. no escort, leaving early -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["expected", "no_show", "none"])
def test_without_an_escort_there_is_no_discharge_however_well_the_patient_is(status: str) -> None:
    session = Session().infuse(0, 40).recover(160)
    session.do(161, "record_escort", status=status)
    refused = session.refused(162, "discharge")
    assert [one.rule for one in refused.findings] == ["recovery.gate.escort"]


def test_whoever_leaves_early_has_left_and_is_never_discharged() -> None:
    session = Session().infuse(0, 40).recover(60)
    assert session.refused(61, "discharge").code == "gates_not_met"
    events = session.do(62, "leave_early", cannula_in="no")
    assert [event.type for event in events] == ["left_early", "alert_raised"]
    assert session.state.phase == "left"
    assert session.refused(300, "discharge").code == "not_in_recovery"
    due = {task.task for task in tasks(session.state, session.at(63), "Europe/London", session.base) if task.open}
    assert due == {"welfare_call", "review_leaving"}


# ---- 3. a relative score without a baseline ------------------------------------------------------------------------


def test_without_the_baseline_pressure_the_score_is_not_computable_and_nobody_types_it() -> None:
    session = Session(baseline=False).infuse(0, 40)
    session.do(41, "start_recovery")
    (scored,) = session.do(160, "record_recovery_score", **WELL, sbp_mmhg=120.0)
    assert (scored.circulation, scored.total) == (None, None)
    assert session.gate(161, "score").state == "unknown"
    with pytest.raises(ValueError, match="circulation"):
        session.judge(161, "record_recovery_score", **WELL, circulation=2)


def test_only_a_prescriber_judges_in_place_of_the_score_and_it_says_so() -> None:
    session = Session(baseline=False).infuse(0, 40)
    session.do(41, "start_recovery")
    assert session.refused(161, "record_clinical_judgement", reason="well").code == "role_not_allowed"
    session.do(161, "record_clinical_judgement", PRESCRIBER, reason="awake, warm, 118/74 twice")
    found = session.gate(162, "score")
    assert found.state == "clear"
    assert "judged by the prescriber" in found.why
    assert found.inputs["judged_by"] == PRESCRIBER.id


# ---- 4. late effects -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "may_drive"),
    [
        ("2026-11-20 23:50", "2026-11-21 23:30"),  # 24 h from the drug are the longer rule
        ("2026-11-21 00:10", "2026-11-22 00:00"),  # has not slept in the night that has begun
        ("2026-10-25 00:10", "2026-10-26 00:00"),  # the night of 25 hours
        ("2026-03-29 00:10", "2026-03-30 00:00"),  # the night of 23 hours
    ],
)
def test_after_a_discharge_at_midnight_a_whole_night_of_sleep_is_still_to_come(left: str, may_drive: str) -> None:
    at = datetime.fromisoformat(left).replace(tzinfo=LONDON).astimezone(UTC)
    last_drug = at - timedelta(minutes=20) if "23:50" in left else at - timedelta(hours=3)
    found = driving.not_before(at, last_drug, "Europe/London", at, BASE)
    assert found >= datetime.fromisoformat(may_drive).replace(tzinfo=LONDON).astimezone(UTC)
    assert found - last_drug >= timedelta(hours=24)
    assert found.astimezone(LONDON).date() > at.astimezone(LONDON).date()


def test_hours_alone_do_not_let_anybody_drive_and_sleep_alone_does_not_either() -> None:
    assert not driving.may_drive(0, 30.0, MORNING, BASE)
    assert not driving.may_drive(1, 20.0, MORNING, BASE)
    assert driving.may_drive(1, 24.0, MORNING, BASE)


# ---- 5. closing the record -----------------------------------------------------------------------------------------


def held(session: Session, minute: float) -> dict[str, str]:
    """What holds the record, by the last word of its rule."""
    found = closing.findings(session.state, session.at(minute), session.base, zone="Europe/London")
    return {one.rule.split(".")[-1]: one.why for one in found if one.state != "clear"}


@pytest.fixture
def sprayed() -> Session:
    """A session of two devices that was discharged; its form is still open."""
    session = Session().spray(0, 5).answered(6).recover(130)
    session.do(131, "discharge")
    return session


def test_a_form_that_is_not_complete_holds_the_record_for_seven_days_and_after(sprayed: Session) -> None:
    (due,) = (t for t in tasks(sprayed.state, sprayed.at(132), "Europe/London", BASE) if t.task == "esketamine_form")
    assert due.due_at == sprayed.at(0) + timedelta(days=7)
    assert "tasks" in held(sprayed, 132)
    sprayed.do(133, "complete_form", form=FORM, answers={}, sent=True)
    assert "tasks" in held(sprayed, 134)
    sprayed.do(135, "finish_task", task="esketamine_form", outcome="done", detail="sent by post")
    assert "tasks" in held(sprayed, 136)
    sprayed.do(137, "complete_form", form=FORM, answers=dict.fromkeys(ASKED, "no"), sent=True)
    assert "tasks" not in held(sprayed, 138)


def test_a_form_that_the_programme_does_not_ask_for_needs_a_reason(sprayed: Session) -> None:
    sprayed.do(133, "finish_task", task="esketamine_form", outcome="not_needed", detail=" ")
    assert "tasks" in held(sprayed, 134)
    sprayed.do(135, "finish_task", task="esketamine_form", outcome="not_needed", detail="no such programme here")
    assert "tasks" not in held(sprayed, 136)


def test_waste_without_a_witness_holds_the_record_and_not_the_patient() -> None:
    session = Session()
    session.do(-10, "prepare_dose", product_id="ketamine-10", lot="L1", volume_ml=50.0, drawn_mg=50.0,
               concentration_mg_ml=1.0, checker=PRESCRIBER.id)  # fmt: skip
    session.infuse(0, 40).recover(160)
    session.do(160, "record_waste", amount_mg=15.0, witness=PRESCRIBER.id)
    n = session.state.version
    session.do(161, "discharge")
    assert "Not witnessed: 15 mg" in held(session, 162)["mass_balance"]
    session.do(163, "sign_record", PRESCRIBER)
    refused = session.refused(164, "close_record")
    assert "products.mass_balance" in {one.rule for one in refused.findings}
    session.do(165, "witness_waste", PRESCRIBER, waste=n)
    assert "mass_balance" not in held(session, 166)


def test_new_thoughts_of_suicide_hold_the_door_until_a_plan_and_the_record_with_it() -> None:
    session = Session().infuse(0, 40).recover(160)
    session.do(161, "record_gate", gate="suicide_risk_reviewed", answer="no")
    assert [one.rule for one in session.refused(162, "discharge").findings] == ["recovery.gate.suicide_risk"]
    assert "safety" in held(session, 162)
    session.do(163, "record_safety_plan", PRESCRIBER, plan="stays tonight", decision="stays")
    assert session.refused(164, "discharge").findings[0].rule == "recovery.gate.suicide_risk"
    session.do(165, "record_safety_plan", PRESCRIBER, plan="sister stays; call at 9", decision="home_with_plan")
    assert session.do(166, "discharge")[0].type == "discharged"
    assert "safety" not in held(session, 167)


@pytest.mark.parametrize(
    ("ending", "phase"),
    [(("leave_early", {"cannula_in": "no"}), "left"), (("transfer", {"to": "General Hospital"}), "transferred")],
)
def test_with_a_gate_open_the_only_ways_out_are_leaving_early_and_the_transfer(
    ending: tuple[str, dict[str, Any]], phase: str
) -> None:
    session = Session().infuse(0, 40).recover(160)
    session.do(161, "record_gate", gate="suicide_risk_reviewed", answer="no")
    assert session.refused(162, "discharge").code == "gates_not_met"
    session.do(163, ending[0], **ending[1])
    assert session.state.phase == phase
    assert session.refused(164, "discharge").code == "not_in_recovery"
    assert session.refused(165, "close_record").code == "record_held"
    assert "safety" in held(session, 166)


# ---- the same in the record of a clinic ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_record_itself_neither_discharges_with_a_gate_open_nor_closes_with_a_task_open(world: World) -> None:
    world.start(minutes_ago=200)

    def act(role: str, minute: float, **body: Any) -> Any:
        command = e.COMMAND.validate_python(body)
        by, key = world.actor(role), f"{body['type']}-{minute}"
        seen = queries.state(world.session()).version
        return actions.act(
            world.session(), command, by=by, now=world.later(minute), command_id=key, expected_version=seen
        )

    assert isinstance(act("nurse", 0, type="stop_infusion"), actions.Acted)
    assert isinstance(act("nurse", 1, type="start_recovery"), actions.Acted)
    early = act("nurse", 2, type="discharge")
    assert isinstance(early, Refused)
    assert "recovery.gate.escort" in {one.rule for one in early.findings}
    assert isinstance(act("nurse", 3, type="leave_early", cannula_in="no"), actions.Acted)
    assert queries.state(world.session()).phase == "left"
    shut = act("prescriber", 4, type="close_record")
    assert isinstance(shut, Refused)
    assert "recovery.record.tasks" in {one.rule for one in shut.findings}
