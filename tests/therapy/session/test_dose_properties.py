"""What holds for every sequence of commands: the limits, the volumes, and that no fact is ever refused.

The judge is slow and plain: it steps through the session second by second with what the pump was told, and knows
nothing of the fold.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.order import DoseOrder, Limit
from norket.therapy.session import dose_events as d
from norket.therapy.session.delivered import committed_mg, delivered_mg, total_mg
from norket.therapy.session.giving import in_hand_mg

BASE = knowledge.read()
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist", "prescriber"}))
IDS = ("MRN-1", "1980-01-01")
NEAR = 1e-6
LAST_MIN = 90

MINUTE = st.integers(0, LAST_MIN)
ACTS = st.lists(
    st.one_of(
        st.tuples(MINUTE, st.just("change_rate"), st.sampled_from([0.0, 20.0, 40.0, 52.5, 79.9, 80.0, 80.1, 150.0])),
        st.tuples(MINUTE, st.just("pause"), st.just(0.0)),
        st.tuples(MINUTE, st.just("resume"), st.just(0.0)),
        st.tuples(MINUTE, st.just("give_bolus"), st.sampled_from([1.0, 5.0, 10.0, 15.0, 30.0, 60.0, 65.0, 90.0])),
        st.tuples(MINUTE, st.just("stop_infusion"), st.just(0.0)),
        st.tuples(MINUTE, st.just("give_dose"), st.sampled_from([5.0, 28.0, 64.9, 65.1])),
    ),
    max_size=10,
)


def body(kind: str, value: float) -> dict[str, Any]:
    match kind:
        case "change_rate":
            return {"rate_ml_h": value}
        case "give_bolus":
            return {"amount_mg": value, "identifiers": IDS}
        case "give_dose":
            return {"route": "im", "product_id": "ketamine-50", "amount_mg": value, "identifiers": IDS}
        case _:
            return {}


class Pump:
    """One second after the other, by what was accepted: a rate, a volume to go, and single doses."""

    def __init__(self, rate_ml_h: float, volume_ml: float, strength: float) -> None:
        self.rate, self.left, self.strength = rate_ml_h, volume_ml, strength
        self.given, self.runs, self.over = 0.0, True, False

    def second(self) -> None:
        if self.runs and self.left > 0:
            step = min(self.left, self.rate / 3600)
            self.left -= step
            self.given += step * self.strength

    def told(self, kind: str, value: float) -> None:
        if kind == "change_rate":
            self.rate = value
        elif kind in ("give_bolus", "give_dose"):
            self.given += value
        elif kind == "stop_infusion":
            self.runs, self.over, self.left = False, True, 0.0
        elif not self.over:
            self.runs = kind == "resume"

    @property
    def committed(self) -> float:
        return self.left * self.strength


def played(chair: Any, acts: Sequence[tuple[int, str, float]]) -> list[tuple[int, float, float]]:
    """Sends the acts in order and steps the judge beside them: minute, given, committed."""
    pump, seen, clock_s = Pump(52.5, 35.0, 1.0), [], 0
    for minute, kind, value in sorted(acts, key=lambda act: act[0]):
        while clock_s < minute * 60:
            pump.second()
            clock_s += 1
        chair.watch(minute)
        answer = chair.judge(minute, kind, ANAESTHETIST, **body(kind, value))
        if not isinstance(answer, Refused):
            for decided in answer:
                chair.record(decided.at, decided.event, ANAESTHETIST.id, chair.at(minute))
            if not any(getattr(decided.event, "flags", ()) for decided in answer):
                pump.told(kind, value)
        seen.append((minute, pump.given, pump.committed))
    return seen


@given(acts=ACTS)
@settings(max_examples=15, deadline=None)
def test_given_and_committed_never_pass_a_limit_whatever_is_ordered(acts: list[tuple[int, str, float]]) -> None:
    chair = running()
    cap = chair.state.order.cap  # nobody signed second
    most_mg = min(cap.mg, cap.mg_kg * 70.0) + NEAR
    for _, given_mg, still_mg in played(chair, acts):
        assert given_mg + still_mg <= most_mg
    ended = chair.at(LAST_MIN)
    committed = committed_mg(chair.state, ended)
    assert committed is not None
    assert total_mg(chair.state, ended) + committed <= most_mg


def test_the_judge_sees_boluses_that_were_given_and_one_that_was_refused() -> None:
    chair = running()
    (_, first, _), (_, second, still), (_, third, _) = played(
        chair, [(5, "give_bolus", 10.0), (15, "give_bolus", 14.0), (25, "give_bolus", 30.0)]
    )
    assert (first, second, third) == (pytest.approx(14.375), pytest.approx(37.125), pytest.approx(45.875))
    assert still == pytest.approx(21.875)
    assert total_mg(chair.state, chair.at(25)) == pytest.approx(45.875)  # the third was above the row's bolus


@given(acts=ACTS)
@settings(max_examples=15, deadline=None)
def test_the_ledger_and_the_slow_judge_agree_on_what_was_given(acts: list[tuple[int, str, float]]) -> None:
    chair = running()
    for minute, given_mg, still_mg in played(chair, acts):
        committed = committed_mg(chair.state, chair.at(minute))
        state_mg = delivered_mg(chair.state, chair.at(minute))
        if minute == max(act[0] for act in acts):
            assert state_mg == pytest.approx(given_mg, abs=0.05)
            assert committed == pytest.approx(still_mg, abs=0.05)


def running() -> Any:
    """A fresh session each time: hypothesis runs many."""
    from tests.therapy.conftest import Chair, order

    return Chair(BASE, order(dose_row="doses.d19", concentration_mg_ml=1.0)).start()


# ---- volumes by two ways -------------------------------------------------------------------------------------------


@given(amount=st.floats(0.5, 84.0), strength=st.sampled_from([1.0, 2.0, 5.0, 10.0, 50.0]))
def test_the_volume_of_a_dose_is_the_same_by_two_ways(amount: float, strength: float) -> None:
    level = Limit(mg_kg=9.0, mg=900.0, mg_h=900.0, mg_kg_h=9.0)
    signed = DoseOrder(
        id="o", dose_row="doses.d03", drug="ketamine", route="im", text="", amount_mg=amount, weight_kg=70.0,
        weight_measured_on=date(2026, 11, 20), concentration_mg_ml=strength, cap=level, ceiling=level, edition="",
        signed_by="d", signed_at="2026-11-20T09:00:00Z",
    )  # fmt: skip
    volume = signed.volume_ml
    assert volume is not None
    look = d.CheckDose(
        product_id="ketamine-50", route="im", volume_ml=volume, concentration_mg_ml=strength, allergies="yes",
        identifiers=IDS,
    )  # fmt: skip
    assert in_hand_mg(look, datetime(2026, 11, 20, tzinfo=UTC), BASE) == pytest.approx(amount, rel=1e-9)
    assert volume * strength == pytest.approx(signed.mg_kg * 70.0, rel=1e-9)


# ---- facts ---------------------------------------------------------------------------------------------------------

FACTS = st.lists(
    st.tuples(
        MINUTE,
        st.sampled_from(["change_rate", "give_bolus", "give_dose", "resume"]),
        st.sampled_from([0.5, 80.0, 200.0, 5000.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@given(facts=FACTS)
@settings(max_examples=15, deadline=None)
def test_no_fact_is_refused_and_every_one_above_a_limit_is_flagged(facts: list[tuple[int, str, float, bool]]) -> None:
    chair = running()
    therapist = Actor(id="th-1", name="Tom", roles=frozenset({"therapist"}))
    for minute, kind, value, late in sorted(facts, key=lambda fact: fact[0]):
        told = body(kind, value) | {"as": "happened"} | ({"late": max(0, minute - 5)} if late else {})
        answer = chair.judge(minute, kind, therapist, **told)
        assert not isinstance(answer, Refused)
        (decided,) = answer
        if kind in ("give_bolus", "give_dose") and value >= 200.0:
            assert "above_ceiling" in decided.event.flags
        if kind == "change_rate" and value >= 200.0 and chair.state.phase in ("running", "paused"):
            assert {"outside_band", "above_ceiling"} <= set(decided.event.flags)
        chair.record(decided.at, decided.event, therapist.id, chair.at(minute))


def test_a_pump_that_was_paused_at_once_has_all_of_its_volume_left() -> None:
    chair = running()
    chair.do(0, "pause")
    assert committed_mg(chair.state, chair.at(1)) == pytest.approx(35.0)
    assert chair.do(1, "resume")
