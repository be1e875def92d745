"""An emergency that nobody has ended is never silent for more than two minutes, whatever people and monitors do.

A machine of steps: values get bad and good, alerts are answered, limits set, the patient walks, the feed is lost and
comes back. After every five seconds of it the promise is looked at.
"""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import arrival_events, facts
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import watch_events as o
from norket.therapy.session.decide import decide
from norket.therapy.session.fold import evolve, fold
from norket.therapy.session.samples import UNITS, Sample
from norket.therapy.session.state import SessionState
from norket.therapy.session.view import is_sounding
from norket.therapy.session.watch import due

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STEP_S, MOST_S = 5, 120
NURSE = Actor(id="n", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="p", name="Pia", roles=frozenset({"prescriber"}))
GOOD_SPO2, BAD_SPO2, GOOD_SBP, BAD_SBP = 97.0, 80.0, 120.0, 210.0
BASE = knowledge.read()


class Emergencies(RuleBasedStateMachine):
    """One running session. `bad` are the emergencies that stand, as the world knows them."""

    @initialize()
    def start(self) -> None:
        self.now, self.state = START, fold([], "s")
        self.recent: dict[str, deque[Sample]] = {"spo2_percent": deque()}
        self.spo2: float | None = GOOD_SPO2
        self.bad: set[str] = set()
        self.sounded = START
        self.happened(
            e.SessionPlanned(
                patient_id="p",
                identifiers=("a", "b"),
                chair="1",
                age_y=45.0,
                sex="female",
                psychiatric_indication=True,
                first_session=False,
            )
        )
        self.happened(arrival_events.CheckedIn())
        self.happened(arrival_events.PreflightRecorded(item="cannula_in", answer="yes"))
        self.happened(
            p.InfusionStarted(order_id="o", product_id="k", concentration_mg_ml=1.0, rate_ml_h=5.0, volume_ml=35.0)
        )

    def happened(self, event: e.Event, by: str = "n", at: datetime | None = None) -> None:
        n = self.state.version + 1
        recorded = e.Recorded(
            session="s", n=n, at=at or self.now, recorded_at=self.now, by=by, command_id=f"c{n}", event=event
        )
        self.state: SessionState = evolve(self.state, recorded)

    def asks(self, type_: str, by: Actor = NURSE, **data: Any) -> None:
        command = e.COMMAND.validate_python({"type": type_, **data})
        answer = decide(self.state, command, by=by, now=self.now, base=BASE)
        if not isinstance(answer, Refused):
            for decided in answer:
                self.happened(decided.event, by.id, decided.at)

    # ---- what the world does ---------------------------------------------------------------------------------------

    @rule(seconds=st.integers(1, 40).map(lambda n: n * STEP_S))
    def time_goes_on(self, seconds: int) -> None:
        for _ in range(seconds // STEP_S):
            self.now += timedelta(seconds=STEP_S)
            self.looks()

    @rule(by_monitor=st.booleans())
    def it_gets_bad(self, by_monitor: bool) -> None:
        if by_monitor and self.spo2 is not None:
            self.spo2 = BAD_SPO2
            self.bad.add("spo2")
        else:
            self.asks("record_vitals", vitals={"sbp_mmhg": BAD_SBP})
            self.bad.add("sbp")

    @rule()
    def somebody_faints(self) -> None:
        self.asks("record_event", event="syncope", grade=3)
        self.bad.add("syncope")

    @rule()
    def it_gets_good(self) -> None:
        if self.spo2 is not None:
            self.spo2 = GOOD_SPO2
            self.bad.discard("spo2")
        self.asks("record_vitals", vitals={"sbp_mmhg": GOOD_SBP})
        self.asks("record_event", event="syncope", resolved=True)
        self.bad -= {"sbp", "syncope"}

    @rule()
    def the_feed_is_lost(self) -> None:
        self.spo2 = None

    @precondition(lambda self: self.spo2 is None)
    @rule()
    def the_feed_is_back(self) -> None:
        self.spo2 = BAD_SPO2 if "spo2" in self.bad else GOOD_SPO2

    # ---- what people do --------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 5), minutes=st.sampled_from([0.0, 0.5, 2.0, 10.0]))
    def somebody_answers(self, which: int, minutes: float) -> None:
        open_ = [alert for alert in self.state.alerts if alert.cleared_at is None]
        if open_:
            self.asks("acknowledge_alert", alert_id=open_[which % len(open_)].alert_id, pause_min=minutes)

    @rule()
    def everything_is_answered(self) -> None:
        for alert in self.state.alerts:
            if alert.cleared_at is None:
                self.asks("acknowledge_alert", alert_id=alert.alert_id)

    @rule(away=st.booleans())
    def the_patient_walks(self, away: bool) -> None:
        self.asks("suspend_monitoring" if away else "resume_monitoring")

    @rule(
        sign=st.sampled_from(["t3.sbp_high", "t2.sbp_high", "t3.spo2_very_low", "t3.spo2_low", "t2.spo2_low"]),
        value=st.sampled_from([None, 60.0, 84.0, 95.0, 170.0, 199.0, 205.0, 250.0]),
        by=st.sampled_from([NURSE, PRESCRIBER]),
    )
    def a_limit_is_set(self, sign: str, value: float | None, by: Actor) -> None:
        until = self.now + timedelta(minutes=10)
        self.asks("set_limit", by, rule=f"escalation.{sign}", value=value, reason="treated", expires_at=until)

    # ---- the watch, and the promise --------------------------------------------------------------------------------

    def looks(self) -> None:
        if self.spo2 is not None:
            tail = self.recent["spo2_percent"]
            tail.append(
                Sample(
                    channel="spo2_percent",
                    value=self.spo2,
                    unit=UNITS["spo2_percent"],
                    at=self.now,
                    received_at=self.now,
                    device="m",
                    interval_s=float(STEP_S),
                )
            )
            while self.now - tail[0].at > timedelta(minutes=3):
                tail.popleft()
        for item in due(self.state, self.recent, self.now, BASE):
            self.happened(item.event, "system", item.at)
        loud = [a for a in self.state.alerts if a.tier == "T3" and is_sounding(a, self.now)]
        if loud or not self.bad:
            self.sounded = self.now
        silent_s = (self.now - self.sounded).total_seconds()
        assert silent_s <= MOST_S, f"{sorted(self.bad)} silent for {silent_s:.0f} s"


def play(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Emergencies,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
            phases=[Phase.generate],
        ),
    )


def test_an_emergency_is_never_silent_for_more_than_two_minutes() -> None:
    play(examples=8, steps=20)


@pytest.mark.faults
@pytest.mark.long
def test_the_same_for_five_hundred_courses() -> None:
    play(examples=500, steps=50)


# ---- planted bugs: each has to be noticed --------------------------------------------------------------------------


def test_an_answer_that_silences_for_ever_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = facts.checked

    def for_ever(state: SessionState, command: Any, *rest: Any) -> Any:
        event = checked(state, command, *rest)
        endless = datetime(9999, 1, 1, tzinfo=UTC)
        return event.model_copy(update={"pause_until": endless}) if isinstance(event, o.AlertAcknowledged) else event

    monkeypatch.setattr(facts, "checked", for_ever)
    with pytest.raises(AssertionError, match="silent for"):
        play(examples=40, steps=30)


def test_a_pause_of_ten_minutes_for_an_emergency_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "number", lambda *_: 10.0)
    with pytest.raises(AssertionError, match="silent for"):
        play(examples=40, steps=30)
