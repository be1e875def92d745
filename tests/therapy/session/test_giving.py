"""A dose without a pump: checked by two people, given under its own order, and never repeated by itself."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.order import DoseOrder, Limit
from norket.therapy.recovery.gates import findings as gates
from norket.therapy.session import events as e
from norket.therapy.session import ordered
from norket.therapy.session.delivered import committed_mg, history, total_mg
from norket.therapy.session.schedule import clock_from, next_pressure_at
from norket.therapy.session.view import view

NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
THERAPIST = Actor(id="th-1", name="Tom", roles=frozenset({"therapist"}))
IDS = ("MRN-1", "1980-01-01")
VITALS = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "hr_per_min": 70.0, "spo2_percent": 98.0, "rr_per_min": 14.0}


def dose_order(chair: Any, **changes: Any) -> DoseOrder:
    """35 mg into a muscle, drawn at 50 mg/mL, for 70 kg."""
    level = Limit(mg_kg=0.5, mg=50.0, mg_h=50.0, mg_kg_h=0.5)
    usual: dict[str, Any] = {
        "id": "dose-1", "dose_row": "doses.d03", "drug": "ketamine", "route": "im", "text": "0.5 mg/kg im",
        "amount_mg": 35.0, "weight_kg": 70.0, "weight_measured_on": date(2026, 11, 20), "cap": level, "ceiling": level,
        "edition": "test", "signed_by": "doc-1", "signed_at": chair.at(-60), "concentration_mg_ml": 50.0,
    }  # fmt: skip
    return DoseOrder(**(usual | changes))


def spray_order(chair: Any, devices: int = 3) -> DoseOrder:
    level = Limit(mg_kg=2.8, mg=84.0, mg_h=84.0, mg_kg_h=2.8)
    return dose_order(
        chair, dose_row="doses.d04", drug="esketamine", route="intranasal", text=f"{28 * devices} mg intranasal",
        amount_mg=28.0 * devices, devices=devices, concentration_mg_ml=None, cap=level, ceiling=level,
    )  # fmt: skip


def ready(chair: Any, signed: DoseOrder, *, but: str = "", **checked: Any) -> Any:
    """A chair under a dose order with everything before the dose, except what is named."""
    chair.record(chair.at(-50), e.OrderSigned(order=signed))
    chair.do(-30, "check_in", identifiers=IDS)
    chair.arrive()
    chair.do(-20, "record_preflight", item="alert_sound_tested", answer="yes")
    weight = {} if but == "weight" else {"weight_kg": 70.0}
    seen = {"moaas": 5, "dissociation": 0, "pain": 2, "mobility": "independent"}
    chair.do(-15, "record_baseline", vitals=VITALS, **weight, **seen)
    drawn = {"devices": signed.devices} if signed.devices else {"volume_ml": 0.7, "concentration_mg_ml": 50.0}
    product = "esketamine-28" if signed.devices else "ketamine-50"
    in_hand = {"product_id": product, **drawn}
    if but != "stock":
        chair.do(-10, "prepare_dose", lot="L1", drawn_mg=signed.amount_mg, checker="doc-1", **in_hand)
    for by in (NURSE, PRESCRIBER):
        if but != by.id:
            look = in_hand | {"route": signed.route, "allergies": "yes", "identifiers": IDS} | checked
            chair.do(-2, "check_dose", by, **look)
    return chair


def give(signed: DoseOrder, n: int | None = None, **changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"route": signed.route, "identifiers": IDS, "order_id": signed.id}
    if signed.devices:
        one = {"product_id": "esketamine-28", "amount_mg": 28.0, "device_n": n, "device_of": signed.devices}
    else:
        one = {"product_id": "ketamine-50", "amount_mg": signed.amount_mg, "volume_ml": 0.7, "site": "left deltoid"}
    return usual | one | changes


@pytest.fixture
def chair(new_chair: Any) -> Any:
    """A planned session without an order yet."""
    return new_chair(order=None)


@pytest.fixture
def injected(chair: Any) -> Any:
    signed = dose_order(chair)
    ready(chair, signed).do(0, "give_dose", **give(signed))
    return chair


def test_an_ordered_injection_is_given_and_watched(injected: Any) -> None:
    state = injected.state
    assert (state.phase, state.flags, total_mg(state, injected.at(1))) == ("observing", (), 35.0)
    assert state.other_doses[0].dose.order_id == "dose-1"
    assert clock_from(state) == injected.at(0)


@pytest.mark.parametrize(
    ("but", "rule"),
    [
        ("weight", "preflight.weight"), ("stock", "preflight.stock"), ("nurse-1", "preflight.dose_check"),
        ("doc-1", "preflight.dose_check"),
    ],
)  # fmt: skip
def test_an_injection_names_the_one_thing_that_is_missing(chair: Any, but: str, rule: str) -> None:
    signed = dose_order(chair)
    refused = ready(chair, signed, but=but).refused(0, "give_dose", **give(signed))
    assert (refused.code, {item.rule for item in refused.findings}) == ("preflight_missing", {rule})


def test_a_check_older_than_ten_minutes_is_done_again(chair: Any) -> None:
    signed = dose_order(chair)
    ready(chair, signed)
    assert chair.refused(8.1, "give_dose", **give(signed)).code == "preflight_missing"
    assert chair.do(8, "give_dose", **give(signed))


def test_neither_a_cannula_nor_a_pump_is_asked_for_without_an_infusion(chair: Any, base: Any) -> None:
    chair.record(chair.at(-50), e.OrderSigned(order=dose_order(chair)))
    missing = {item.rule for item in view(chair.state, {}, chair.at(0), base).missing}
    assert not missing & {"preflight.cannula", "preflight.time_out"}
    assert {"preflight.dose_check", "preflight.weight"} <= missing


def test_a_spray_asks_for_no_weight(chair: Any, base: Any) -> None:
    chair.record(chair.at(-50), e.OrderSigned(order=spray_order(chair)))
    missing = {item.rule for item in view(chair.state, {}, chair.at(0), base).missing}
    assert "preflight.weight" not in missing
    assert "preflight.dose_check" in missing


@pytest.mark.parametrize(
    ("checked", "flag"),
    [
        ({"concentration_mg_ml": 10.0}, "amount_disagrees"), ({"volume_ml": 7.0}, "amount_disagrees"),
        ({"route": "sc"}, "route_disagrees"), ({"allergies": "no"}, "allergies_open"),
        ({"allergies": "unknown"}, "allergies_open"), ({"product_id": "esketamine-28"}, "drug_disagrees"),
        ({"product_id": "aspirin"}, "product_unknown"),
    ],
)  # fmt: skip
def test_what_is_in_hand_and_not_as_ordered_holds_the_dose(chair: Any, checked: dict[str, Any], flag: str) -> None:
    signed = dose_order(chair)
    ready(chair, signed, **checked)
    assert flag in chair.state.flags
    refused = chair.refused(0, "give_dose", **give(signed))
    assert "preflight.dose_check" in {item.rule for item in refused.findings}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"identifiers": ("MRN-1", "MRN-2")}, "identity_mismatch"), ({"identifiers": None}, "identity_mismatch"),
        ({"route": "sc"}, "no_order_for_route"), ({"product_id": "ketamine-10"}, "product_disagrees"),
        ({"product_id": "esketamine-28"}, "product_disagrees"), ({"amount_mg": 30.0}, "volume_disagrees"),
        ({"amount_mg": 30.0, "volume_ml": 0.6}, "amount_disagrees"), ({"volume_ml": 7.0}, "volume_disagrees"),
        ({"amount_mg": 36.0, "volume_ml": 0.72}, "above_order"), ({"order_id": "other"}, "order_mismatch"),
    ],
)  # fmt: skip
def test_a_dose_that_is_not_the_ordered_one_is_refused_by_name(chair: Any, changes: dict[str, Any], code: str) -> None:
    signed = dose_order(chair)
    assert ready(chair, signed).refused(0, "give_dose", **give(signed, **changes)).code == code


def test_a_role_that_gives_no_drug_gives_none(chair: Any) -> None:
    signed = dose_order(chair)
    assert ready(chair, signed).refused(0, "give_dose", THERAPIST, **give(signed)).code == "role_not_allowed"


def test_an_injection_is_given_once(injected: Any) -> None:
    assert injected.refused(30, "give_dose", **give(injected.state.order)).code == "above_order"


# ---- devices of a spray --------------------------------------------------------------------------------------------


@pytest.fixture
def sprayed(chair: Any) -> Any:
    """The first device of three."""
    signed = spray_order(chair)
    ready(chair, signed).do(0, "give_dose", **give(signed, 1))
    return chair


@pytest.mark.parametrize(("late", "flagged"), [(4.9, True), (5.0, False), (25.0, False), (25.1, True), (35.0, False)])
def test_a_device_that_is_told_late_is_too_soon_by_when_it_was_given(sprayed: Any, late: float, flagged: bool) -> None:
    sprayed.do(30, "give_dose", **give(sprayed.state.order, 2))
    (told,) = sprayed.judge(60, "give_dose", late=late, **(give(sprayed.state.order, 3) | {"as": "happened"}))
    assert ("device_too_soon" in told.event.flags) is flagged


def test_five_minutes_lie_between_two_devices(sprayed: Any) -> None:
    signed = sprayed.state.order
    assert sprayed.refused(4.9, "give_dose", **give(signed, 2)).code == "device_too_soon"
    sprayed.do(5, "give_dose", **give(signed, 2))
    sprayed.do(10, "give_dose", **give(signed, 3))
    assert total_mg(sprayed.state, sprayed.at(10)) == 84.0
    assert clock_from(sprayed.state) == sprayed.at(10)
    assert sprayed.refused(15, "give_dose", **give(signed, 4)).code == "above_order"


@given(minutes=st.lists(st.floats(0, 40), max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_devices_passes_the_order_or_the_interval(sprayed: Any, minutes: list[float]) -> None:
    before = len(sprayed.ledger)
    for minute in sorted(minutes):
        given_ = len(sprayed.state.other_doses)
        answer = sprayed.judge(minute, "give_dose", **give(sprayed.state.order, given_ + 1))
        if not isinstance(answer, Refused):
            sprayed.record(answer[0].at, answer[0].event)
    times = [timed.at for timed in sprayed.state.other_doses]
    assert total_mg(sprayed.state, sprayed.at(60)) <= 84.0
    assert all(later - earlier >= timedelta(minutes=5) for earlier, later in pairwise(times))
    del sprayed.ledger[before:]


@pytest.mark.parametrize("n", [1, 3, None])
def test_devices_go_one_after_the_other(sprayed: Any, n: int | None) -> None:
    assert sprayed.refused(5, "give_dose", **give(sprayed.state.order, n)).code == "device_out_of_order"


def test_what_is_left_of_a_spray_is_committed_and_drawn(sprayed: Any) -> None:
    assert committed_mg(sprayed.state, sprayed.at(1)) == 56.0
    planned = [d for d in history(sprayed.state, sprayed.at(1), planned=True, apart_min=5.0) if d.kind == "planned"]
    assert [(d.start, d.amount_mg, d.drug) for d in planned] == [
        (sprayed.at(5), 28.0, "esketamine"), (sprayed.at(10), 28.0, "esketamine"),
    ]  # fmt: skip


def test_a_sneezed_device_counts_as_given_and_nothing_is_repeated(sprayed: Any) -> None:
    sprayed.do(1, "record_lost_dose", dose=sprayed.state.other_doses[0].n, how="sneezed")
    for minute, n in ((5, 2), (10, 3)):
        sprayed.do(minute, "give_dose", **give(sprayed.state.order, n))
    assert sprayed.refused(15, "give_dose", **give(sprayed.state.order, 4)).code == "above_order"
    assert total_mg(sprayed.state, sprayed.at(15)) == 84.0


def test_a_loss_of_no_dose_is_no_loss(sprayed: Any) -> None:
    assert sprayed.refused(1, "record_lost_dose", dose=1, how="sneezed").code == "no_such_dose"
    assert sprayed.refused(1, "record_hold", dose=1, held_min=5.0).code == "no_such_dose"


def test_an_open_alert_leaves_the_next_device_to_the_prescriber(sprayed: Any) -> None:
    sprayed.do(2, "record_vitals", vitals={"sbp_mmhg": 205.0, "dbp_mmhg": 100.0})
    sprayed.watch(2)
    assert sprayed.refused(5, "give_dose", **give(sprayed.state.order, 2)).code == "prescriber_must_go_on"


def test_pressure_after_a_spray_is_due_forty_minutes_after_the_last_device_and_until_it_falls(
    sprayed: Any, base: Any
) -> None:
    def due() -> float:
        at = next_pressure_at(sprayed.state, {}, sprayed.at(90), base)
        assert at is not None
        return (at - sprayed.at(0)) / timedelta(minutes=1)

    sprayed.do(5, "give_dose", **give(sprayed.state.order, 2))
    sprayed.do(10, "give_dose", **give(sprayed.state.order, 3))
    assert due() == 50
    for minute, sbp, then in ((20, 130.0, 50), (50, 150.0, 60), (60, 152.0, 70), (70, 140.0, 85)):
        sprayed.do(minute, "record_vitals", vitals={"sbp_mmhg": sbp, "dbp_mmhg": 80.0})
        assert due() == then


# ---- facts ---------------------------------------------------------------------------------------------------------


def test_a_dose_that_was_given_without_an_order_is_recorded_with_what_stands_against_it(new_chair: Any) -> None:
    chair = new_chair()
    event = chair.do(0, "give_dose", THERAPIST, route="im", product_id="x", amount_mg=500.0, **{"as": "happened"})[0]
    assert {"no_order_for_route", "above_ceiling"} <= set(event.flags)
    assert total_mg(chair.state, chair.at(0)) == 500.0


def test_a_late_entry_moves_the_clock_to_when_it_happened(chair: Any) -> None:
    signed = dose_order(chair)
    ready(chair, signed).do(20, "give_dose", late=5, **{"as": "happened"}, **give(signed))
    assert chair.state.other_doses[0].at == chair.at(5)
    assert clock_from(chair.state) == chair.at(5)


def test_recovery_follows_the_dose_and_counts_from_it(injected: Any, base: Any) -> None:
    injected.do(40, "start_recovery")
    shown = view(injected.state, {}, injected.at(41), base, gates=())
    assert shown.phase == "recovery"
    assert shown.recovery is not None
    assert shown.recovery.earliest_at == injected.at(120)


def test_no_pump_is_started_under_an_order_of_a_dose(chair: Any) -> None:
    signed = dose_order(chair)
    command = {"order_id": "dose-1", "product_id": "ketamine-50", "concentration_mg_ml": 1.0, "rate_ml_h": 5.0}
    assert ready(chair, signed).refused(0, "start_infusion", identifiers=IDS, **command).code == "order_is_a_dose"


def test_a_second_dose_has_its_own_order_signed_with_the_first_in_sight(injected: Any) -> None:
    room = Limit(mg_kg=2.0, mg=140.0, mg_h=140.0, mg_kg_h=2.0)
    again = {"id": "dose-2", "cap": room, "ceiling": room}
    blind = dose_order(injected, **again)
    injected.record(injected.at(20), e.OrderSigned(order=blind))
    assert injected.refused(21, "give_dose", **give(blind)).code == "too_soon"
    seen = dose_order(injected, **again, signed_at=injected.at(20), reason="half of the first leaked")
    injected.record(injected.at(20), e.OrderSigned(order=seen))
    refused = injected.refused(21, "give_dose", **give(seen))
    assert {item.rule for item in refused.findings} == {"preflight.dose_check", "preflight.stock"}


def test_no_cannula_is_removed_where_none_was_placed(injected: Any, base: Any) -> None:
    injected.do(40, "start_recovery")

    def cannula() -> str:
        return next(f.state for f in gates(injected.state, {}, injected.at(41), base) if "cannula" in f.rule)

    assert cannula() == "clear"
    injected.do(41, "record_preflight", item="cannula_in", answer="yes")
    assert cannula() == "unknown"


def written_over(chair: Any, minute: float, **data: Any) -> Any:
    """The first dose of the session after a correction with these data."""
    n = chair.state.other_doses[0].n
    usual = {"route": "intranasal", "product_id": "esketamine-28", "amount_mg": 28.0}
    chair.do(minute, "correct", corrects=n, reason="as it was", data=usual | data)
    return chair.state.other_doses[0].dose


def test_a_corrected_device_stays_one_of_its_order(sprayed: Any) -> None:
    before = sprayed.state.other_doses[0].dose
    after = written_over(sprayed, 2)
    assert (after.drug, after.order_id, after.given_by) == ("esketamine", before.order_id, before.given_by)
    assert (after.device_n, after.device_of) == (before.device_n, before.device_of)
    signed = sprayed.state.order
    assert ordered.given_mg(sprayed.state, signed) == 28.0
    assert sprayed.refused(6, "give_dose", **give(signed, 1)).code == "device_out_of_order"
    sprayed.do(6, "give_dose", **give(signed, 2))


def test_nobody_types_drug_or_order_into_a_correction(sprayed: Any) -> None:
    after = written_over(sprayed, 2, drug="ketamine", order_id="another", given_by="somebody else")
    before = sprayed.ledger[-2].event
    assert (after.drug, after.order_id) == ("esketamine", sprayed.state.order.id)
    assert after.given_by == before.given_by


def test_a_dose_that_went_in_by_another_route_is_none_of_the_order(sprayed: Any) -> None:
    after = written_over(sprayed, 2, route="im", product_id="ketamine-50")
    assert (after.drug, after.order_id) == ("ketamine", "")
