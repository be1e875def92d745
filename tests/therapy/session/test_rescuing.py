"""Ordering a rescue medicine: from a signed template alone; unknown holds the order, and what was given is recorded."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.rescue_signing import SignedRescue
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import rescuing
from norket.therapy.session import state as s
from norket.therapy.session.decide import decide
from norket.therapy.session.dosing import needs_prescriber
from norket.therapy.session.rescuing import RescueContext

BASE = knowledge.read()
IDS = ("MRN-1", "1980-01-01")
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
THERAPIST = Actor(id="th-1", name="Tom", roles=frozenset({"therapist"}))
AT = datetime(2026, 11, 1, tzinfo=UTC)


def template(template: str, agent: str, *checks: str, **changes: Any) -> SignedRescue:
    usual: dict[str, Any] = {
        "route": "iv", "least": 0.5, "most": 2.0, "unit": "mg", "interval_min": 5.0, "max_total": 4.0, "version": 3,
        "signed_by": "director", "signed_at": AT, "edition": "e",
    }  # fmt: skip
    named = tuple(f"rescue.check.{check}" for check in checks)
    return SignedRescue(
        **(usual | {"template": f"rescue.template_{template}", "agent": agent, "checks": named} | changes)
    )


MIDAZOLAM = template("benzodiazepine", "midazolam", "breathing", "sedation", "other_sedatives")
ONDANSETRON = template("antiemetic", "ondansetron", "qt", least=4.0, most=8.0, interval_min=240.0, max_total=8.0)
LABETALOL = template("antihypertensive", "labetalol", "heart_rate", "asthma", least=5.0, most=20.0, max_total=60.0)
SIGNED = RescueContext(signed=(MIDAZOLAM, ONDANSETRON, LABETALOL))
LOT = {"product_id": "midazolam", "lot": "M1"}
ONE_MG: dict[str, Any] = {"drug": "midazolam", "amount": 1.0, "unit": "mg", "route": "iv", "identifiers": IDS, **LOT}
FOUR_MG: dict[str, Any] = {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "iv", "identifiers": IDS}


def answer(chair: Any, minute: float, by: Actor = NURSE, beside: RescueContext | None = SIGNED, **data: Any) -> Any:
    """What is decided of `give_rescue`, and recorded where it is an event."""
    policy_signed = data.pop("policy_signed", True)
    command = e.COMMAND.validate_python({"type": "give_rescue", **data})
    now = chair.at(minute)
    found = decide(chair.state, command, by=by, now=now, base=chair.base, rescue=beside, policy_signed=policy_signed)
    if not isinstance(found, Refused):
        for decided in found:
            chair.record(decided.at, decided.event, by.id, now)
        return found[0].event
    return found


@pytest.fixture
def watched(running: Any) -> Any:
    """Paused, with breathing and sedation just looked at."""
    running.do(8, "record_vitals", vitals={"rr_per_min": 14.0, "spo2_percent": 98.0, "hr_per_min": 80.0})
    running.do(8, "record_score", score="watched_sedation", value=0)
    running.do(9, "pause")
    return running


def held(refused: Any) -> dict[str, str]:
    assert isinstance(refused, Refused), refused
    assert refused.code == "rescue_held"
    return {one.rule: one.state for one in refused.findings}


# ---- the signature -------------------------------------------------------------------------------------------------


def test_a_signed_template_is_ordered_from_with_its_version(watched: Any) -> None:
    event = answer(watched, 10, **ONE_MG)
    assert (event.template, event.version) == ("rescue.template_benzodiazepine", 3)
    assert (event.sedative, event.rescue_class, event.flags) == (True, "sedative", ())


@pytest.mark.parametrize(
    "beside",
    [None, RescueContext(), RescueContext(signed=(MIDAZOLAM.model_copy(update={"withdrawn": True}),))],
)
def test_without_a_signed_template_nothing_is_ordered(watched: Any, beside: RescueContext | None) -> None:
    assert answer(watched, 10, beside=beside, **ONE_MG).code == "rescue_template_unsigned"


@pytest.mark.parametrize("change", [{"route": "im"}, {"drug": "lorazepam"}])
def test_another_route_or_medicine_than_the_signed_one_is_not_ordered(watched: Any, change: dict[str, str]) -> None:
    assert answer(watched, 10, **(ONE_MG | change)).code == "rescue_template_unsigned"


def test_templates_are_in_force_only_with_the_clinics_policy(watched: Any) -> None:
    assert answer(watched, 10, policy_signed=False, **ONE_MG).code == "rescue_template_unsigned"


def test_two_identifiers_of_this_patient_are_needed(watched: Any) -> None:
    assert answer(watched, 10, **(ONE_MG | {"identifiers": None})).code == "identifiers_missing"
    assert answer(watched, 10, **(ONE_MG | {"identifiers": ("MRN-1", "other")})).code == "identity_mismatch"


def test_a_therapist_orders_none_and_may_say_that_it_was_given(watched: Any) -> None:
    assert answer(watched, 10, THERAPIST, **ONE_MG).code == "role_not_allowed"
    event = answer(watched, 10, THERAPIST, **(ONE_MG | {"as": "happened"}))
    assert event.flags == ("role_not_allowed",)


# ---- the limits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "code"), [(0.4, "rescue_below_least"), (2.1, "rescue_above_most")])
def test_less_than_the_least_or_more_than_the_most_is_not_ordered(watched: Any, amount: float, code: str) -> None:
    assert answer(watched, 10, **(ONE_MG | {"amount": amount})).code == code


@pytest.mark.parametrize("amount", [0.5, 2.0])
def test_the_least_and_the_most_themselves_are(watched: Any, amount: float) -> None:
    assert answer(watched, 10, **(ONE_MG | {"amount": amount})).amount == amount


def test_the_interval_is_kept(watched: Any) -> None:
    answer(watched, 10, **ONE_MG)
    assert answer(watched, 14.9, **ONE_MG).code == "rescue_too_soon"
    assert answer(watched, 15, **ONE_MG).amount == 1.0


def test_what_other_sessions_of_the_day_gave_counts_to_the_total(watched: Any) -> None:
    rescue = d.RescueGiven(drug="Midazolam", amount=3.5, unit="mg", route="iv", rescue_class="sedative", sedative=True)
    earlier = (s.TimedRescue(at=watched.at(-600), rescue=rescue),)
    beside = SIGNED.model_copy(update={"earlier": earlier})
    assert answer(watched, 10, beside=beside, **ONE_MG).code == "rescue_above_total"
    assert answer(watched, 10, beside=beside, **(ONE_MG | {"amount": 0.5})).amount == 0.5


def test_an_amount_that_nobody_wrote_down_holds_the_next_order(watched: Any) -> None:
    answer(watched, 10, **{"drug": "midazolam", "as": "happened"})
    assert answer(watched, 20, **ONE_MG).code == "rescue_total_unknown"
    entry = watched.ledger[-1]
    watched.do(
        21, "correct", corrects=entry.n, reason="completed", data={"drug": "midazolam", "amount": 1.0, "unit": "mg"}
    )
    assert answer(watched, 22, **ONE_MG).code == "rescue_held"  # breathing is old by now


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.floats(0.1, 3.0).map(lambda x: round(x, 1)), max_size=6), step=st.floats(1, 30))
def test_whatever_is_ordered_stays_within_the_total_and_the_interval(amounts: list[float], step: float) -> None:
    before: list[s.TimedRescue] = []
    for n, amount in enumerate(amounts):
        at = datetime.fromtimestamp(AT.timestamp() + n * step * 60, UTC)
        command = d.GiveRescue(drug="midazolam", amount=amount, unit="mg", route="iv")
        if not list(rescuing.limits(MIDAZOLAM, command, before, at)):
            before.append(s.TimedRescue(at=at, rescue=d.RescueGiven(drug="midazolam", amount=amount, unit="mg")))
    assert sum(one.rescue.amount or 0 for one in before) <= MIDAZOLAM.max_total + 1e-9
    gaps = [(b.at - a.at).total_seconds() / 60 for a, b in pairwise(before)]
    assert all(gap >= MIDAZOLAM.interval_min for gap in gaps)


# ---- the checks ----------------------------------------------------------------------------------------------------


def test_what_is_not_known_holds_the_order_and_not_the_record(running: Any) -> None:
    running.do(9, "pause")
    assert held(answer(running, 10, **ONE_MG)) == {
        "rescue.check.breathing": "unknown",
        "rescue.check.sedation": "unknown",
    }
    event = answer(running, 10, **(ONE_MG | {"as": "happened"}))
    assert "rescue_held" in event.flags


def test_slow_breathing_and_deep_sedation_hold_a_sedative(watched: Any) -> None:
    watched.do(10, "record_vitals", vitals={"rr_per_min": 11.0, "spo2_percent": 98.0})
    watched.do(10, "record_score", score="moaas", value=3)
    assert held(answer(watched, 11, **ONE_MG)) == {"rescue.check.breathing": "fires", "rescue.check.sedation": "fires"}


@pytest.mark.parametrize(
    ("chart", "said", "state"),
    [("unknown", "unknown", "unknown"), ("unknown", "yes", "fires"), ("yes", "no", "fires"), ("no", "unknown", None)],
)
def test_a_long_qt_holds_ondansetron(watched: Any, chart: Any, said: str, state: str | None) -> None:
    beside = SIGNED.model_copy(update={"chart": {"rescue.check.qt": chart}})
    found = answer(watched, 10, beside=beside, **FOUR_MG, answers={"qt": said})
    if state is None:
        assert found.rescue_class == "antiemetic"
    else:
        assert held(found) == {"rescue.check.qt": state}


def test_pressure_is_treated_in_a_t2_or_t3_and_never_in_a_t1(watched: Any) -> None:
    command = {
        "drug": "labetalol",
        "amount": 5.0,
        "unit": "mg",
        "route": "iv",
        "identifiers": IDS,
        "answers": {"asthma": "no"},
    }
    watched.do(10, "record_vitals", vitals={"sbp_mmhg": 165.0, "dbp_mmhg": 95.0, "hr_per_min": 80.0})
    watched.watch(10)
    assert held(answer(watched, 10.1, **command)) == {"rescue.pressure": "fires"}
    watched.do(11, "record_vitals", vitals={"sbp_mmhg": 185.0, "dbp_mmhg": 95.0, "hr_per_min": 80.0})
    watched.watch(11)
    assert held(answer(watched, 11.1, **command)) == {"rescue.pressure": "fires"}  # the first of two readings
    watched.do(13, "record_vitals", vitals={"sbp_mmhg": 186.0, "dbp_mmhg": 96.0, "hr_per_min": 80.0})
    watched.watch(13)
    assert answer(watched, 13.1, **command).rescue_class == "antihypertensive"


LABETALOL = {"drug": "labetalol", "amount": 5.0, "unit": "mg", "route": "iv", "identifiers": IDS}


def test_a_low_pressure_takes_no_medicine_that_lowers_it(watched: Any) -> None:
    watched.do(10, "record_event", event="palpitations")
    watched.do(10, "record_vitals", vitals={"sbp_mmhg": 85.0, "dbp_mmhg": 50.0, "hr_per_min": 80.0})
    watched.watch(10)
    found = held(answer(watched, 10.1, **LABETALOL, answers={"asthma": "no"}))
    assert found["rescue.pressure"] == "fires"


def test_another_alert_with_a_usual_pressure_asks_for_no_medicine_that_lowers_it(watched: Any) -> None:
    watched.do(10, "record_event", event="palpitations")
    watched.do(10, "record_vitals", vitals={"sbp_mmhg": 125.0, "dbp_mmhg": 80.0, "hr_per_min": 80.0})
    watched.watch(10)
    assert held(answer(watched, 10.1, **LABETALOL, answers={"asthma": "no"})) == {"rescue.pressure": "fires"}


# ---- what follows --------------------------------------------------------------------------------------------------


def test_after_a_sedative_more_ketamine_is_the_prescribers_word(watched: Any) -> None:
    assert not needs_prescriber(watched.state)
    answer(watched, 10, **ONE_MG)
    assert watched.refused(12, "resume").code == "prescriber_must_resume"


def test_a_sedative_waits_for_the_pump_to_be_paused(running: Any) -> None:
    assert answer(running, 10, **ONE_MG).code == "sedative_while_running"
    event = answer(running, 10, **(ONE_MG | {"as": "happened"}))
    assert "sedative_while_running" in event.flags
    running.watch(10)
    assert running.alert("flag_sedative_while_running").tier == "T2"


def test_an_antiemetic_asks_for_prevention_at_the_next_visit(watched: Any) -> None:
    answer(watched, 10, **FOUR_MG, answers={"qt": "no"})
    assert watched.state.tasks == ("sickness_prevention_next_visit",)


def test_a_controlled_medicine_needs_its_lot(watched: Any) -> None:
    assert answer(watched, 10, **(ONE_MG | {"lot": ""})).code == "register_lot_missing"
    event = answer(watched, 10, **(ONE_MG | {"lot": "", "as": "happened"}))
    assert event.flags == ("register_lot_missing",)


def test_the_class_is_the_knowledge_bases_and_not_the_hands(watched: Any) -> None:
    event = answer(watched, 10, **{"drug": "Midazolam", "rescue_class": "oxygen", "as": "happened"})
    assert (event.rescue_class, event.sedative) == ("sedative", True)
