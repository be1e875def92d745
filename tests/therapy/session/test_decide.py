"""What each command leaves, and why it is refused. Orders are judged; facts are recorded."""

import math
from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.therapy.actor import SYSTEM, Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.order import Limit, Order
from norket.therapy.session import decide as decide_module
from norket.therapy.session import events as e
from norket.therapy.session import preflight, recovery_events
from norket.therapy.session import pump_events as p
from norket.therapy.session.decide import NurseLoad, decide
from norket.therapy.session.delivered import committed_mg, total_mg
from norket.therapy.session.dosing import limit_objections
from norket.therapy.session.view import view

NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
DOCTOR = Actor(id="doc-2", name="Dana", roles=frozenset({"prescriber", "anaesthetist"}))
THERAPIST = Actor(id="th-1", name="Tom", roles=frozenset({"therapist"}))
IDS = ("MRN-1", "1980-01-01")
HAPPENED = {"as": "happened"}


def codes(refused: Refused) -> set[str]:
    return {item.rule for item in refused.findings}


def test_every_command_has_an_answer() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(e.Command)[0])}
    assert kinds == decide_module._HANDLERS.keys()


# ---- the start -----------------------------------------------------------------------------------------------------

VITALS = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "hr_per_min": 70.0, "spo2_percent": 98.0, "rr_per_min": 14.0}
ITEMS = {
    "sober_today": "preflight.sober",
    "suicide_screen": "preflight.suicide_screen",
    "medicines_unchanged": "preflight.medicines",
    "glucose_checked": "preflight.glucose",
    "interpreter": "preflight.interpreter",
    "identity": "preflight.identity",
    "consent": "preflight.consent",
    "fasting": "preflight.fasting",
    "escort_booked": "preflight.escort",
    "allergies_checked": "preflight.allergies",
    "cannula_in": "preflight.cannula",
    "alert_sound_tested": "preflight.alert_sound",
    "weight": "preflight.weight",
    "baseline": "preflight.baseline",
    "stock": "preflight.stock",
    "time_out nurse-1": "preflight.time_out",
    "time_out doc-1": "preflight.time_out",
}


@pytest.mark.parametrize(("item", "rule"), ITEMS.items())
def test_a_start_names_the_one_thing_that_is_missing(chair: Any, item: str, rule: str) -> None:
    refused = chair.prepare(but=item).refused(0, "start_infusion", **chair.start_command())
    assert refused.code == "preflight_missing"
    assert codes(refused) == {rule}


def test_a_start_names_all_that_is_missing(chair: Any) -> None:
    refused = chair.refused(0, "start_infusion", **chair.start_command())
    assert codes(refused) >= set(ITEMS.values())
    assert all(item.why and item.resolves_by for item in refused.findings)


def test_with_everything_in_hand_the_pump_starts(running: Any) -> None:
    assert running.state.phase == "running"
    assert running.state.volume_to_infuse_ml == 35.0
    assert running.state.flags == ()


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_an_answer_that_is_not_yes_holds_the_start(chair: Any, answer: str) -> None:
    chair.prepare().do(-1, "record_preflight", item="consent", answer=answer)
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.consent"}


@pytest.mark.parametrize(
    "ids",
    [
        ("MRN-1", "MRN-1"),
        ("MRN-1", "1980-01-02"),
        ("MRN-2", "1980-01-01"),
        ("1980-01-01", " 1980-01-01 "),
    ],
)
def test_wrong_identifiers_start_nothing(chair: Any, ids: tuple[str, str]) -> None:
    chair.prepare()
    assert chair.refused(0, "start_infusion", **chair.start_command(identifiers=ids)).code == "identity_mismatch"
    assert chair.refused(0, "bind_device", device_id="m", identifiers=ids).code == "identity_mismatch"


def test_identifiers_are_read_without_their_blanks_and_case(chair: Any) -> None:
    chair.prepare()
    assert chair.do(0, "start_infusion", **chair.start_command(identifiers=("1980-01-01", " mrn-1 ")))


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        (52.5, None),
        (53.025, None),
        (51.975, None),
        (53.03, "rate_disagrees"),
        (51.97, "rate_disagrees"),
        (525.0, "rate_disagrees"),
        (5.25, "rate_disagrees"),
    ],
)
def test_the_rate_entered_must_be_the_ordered_one(chair: Any, rate: float, code: str | None) -> None:
    answer = chair.prepare().judge(0, "start_infusion", **chair.start_command(rate_ml_h=rate))
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_another_strength_another_order_and_another_product_start_nothing(chair: Any) -> None:
    chair.prepare()
    wrong = {"concentration_mg_ml": 10.0}, {"order_id": "order-2"}, {"product_id": "ketamine-50"}
    found = [chair.refused(0, "start_infusion", **chair.start_command(**change)).code for change in wrong]
    assert found == ["concentration_disagrees", "order_mismatch", "product_disagrees"]


def test_a_therapist_starts_nothing_but_may_stop(running: Any, chair: Any) -> None:
    assert chair.prepare().refused(0, "start_infusion", THERAPIST, **chair.start_command()).code == "role_not_allowed"
    assert running.do(5, "stop_infusion", THERAPIST)


def test_an_infusion_starts_once(running: Any) -> None:
    running.do(5, "stop_infusion")
    assert running.refused(6, "start_infusion", **running.start_command()).code == "already_started"


def test_the_two_readings_come_from_two_people(chair: Any) -> None:
    chair.prepare(but="time_out doc-1").do(-1, "time_out", rate_ml_h=52.5, volume_ml=35.0, identifiers=IDS)
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.time_out"}


def test_a_reading_that_differs_holds_the_start_until_it_is_read_again(chair: Any) -> None:
    chair.prepare(but="time_out doc-1")
    (event,) = chair.do(-1, "time_out", PRESCRIBER, rate_ml_h=525.0, volume_ml=35.0, identifiers=IDS)
    assert (event.agrees, event.flags) == (False, ("rate_disagrees",))
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.time_out"}
    chair.do(1, "time_out", PRESCRIBER, rate_ml_h=52.5, volume_ml=35.0, identifiers=IDS)
    assert chair.do(2, "start_infusion", **chair.start_command())


def test_readings_grow_old(chair: Any) -> None:
    chair.prepare()
    assert chair.refused(8.1, "start_infusion", **chair.start_command()).code == "preflight_missing"
    assert not isinstance(chair.judge(8, "start_infusion", **chair.start_command()), Refused)


def test_a_device_takes_no_time_out_and_answers_no_alert(chair: Any) -> None:
    device = Actor(id="m", name="monitor", roles=frozenset({"device"}))
    reading = {"rate_ml_h": 52.5, "volume_ml": 35.0, "identifiers": IDS}
    assert chair.refused(0, "time_out", device, **reading).code == "role_not_allowed"
    assert chair.refused(0, "acknowledge_alert", SYSTEM, alert_id="x").code == "role_not_allowed"


def test_a_drug_that_does_not_cover_the_order_holds_the_start(chair: Any) -> None:
    chair.prepare(but="stock").do(
        -5,
        "prepare_dose",
        product_id="ketamine-10",
        lot="L",
        drawn_mg=34.9,
        volume_ml=34.9,
        concentration_mg_ml=1.0,
        checker="doc-1",
    )
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.stock"}


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"concentration_mg_ml": 10.0, "drawn_mg": 500.0}, "other_strength"),
        ({"drawn_mg": 500.0}, "label_disagrees"),
        ({"checker": "nurse-1"}, "checker_is_preparer"),
        ({"balance_mg": 49.0}, "above_register_balance"),
        ({"vial_ml": 0.5}, "vial_disagrees"),
        ({"vial_ml": 5.1}, "vial_disagrees"),
    ],
)
def test_a_syringe_that_does_not_stand_is_recorded_flagged_and_holds_the_start(
    chair: Any,
    change: dict[str, Any],
    flag: str,
) -> None:
    usual = {
        "product_id": "ketamine-10",
        "lot": "L",
        "drawn_mg": 50.0,
        "volume_ml": 50.0,
        "concentration_mg_ml": 1.0,
        "checker": "doc-1",
    }
    (event,) = chair.prepare(but="stock").do(-5, "prepare_dose", **(usual | change))
    assert flag in event.flags
    told = {"preflight.alerts"} if flag == "other_strength" else set()  # the prescriber has to know of it
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.stock"} | told


@pytest.mark.parametrize(("product_id", "holds"), [("ketamine-10", False), ("esketamine-28", True)])
def test_a_product_of_another_drug_than_the_ordered_infusion_holds_the_start(
    chair: Any, product_id: str, holds: bool
) -> None:
    drawn = {"lot": "L", "drawn_mg": 50.0, "volume_ml": 50.0, "concentration_mg_ml": 1.0, "checker": "doc-1"}
    (event,) = chair.prepare(but="stock").do(-5, "prepare_dose", product_id=product_id, **drawn)
    assert ("product_disagrees" in event.flags) is holds
    start = chair.start_command(product_id=product_id)
    assert isinstance(chair.judge(0, "start_infusion", **start), Refused) is holds
    if holds:  # and the prescriber has to know of it
        assert codes(chair.refused(0, "start_infusion", **start)) == {"preflight.stock", "preflight.alerts"}


@pytest.mark.parametrize(
    ("product_id", "vial_ml", "flags"),
    [
        ("ketamine-10", 5.0, ()),
        ("ketamine-50", 1.0, ()),
        ("ketamine-10", None, ()),
        ("ketamine-100", 5.0, ("vial_disagrees",)),
        ("a vial that nobody knows", 5.0, ("vial_disagrees",)),
        ("a vial that nobody knows", None, ()),
    ],
)
def test_the_millilitres_that_left_the_vial_are_computed_into_milligrams(
    chair: Any, product_id: str, vial_ml: float | None, flags: tuple[str, ...]
) -> None:
    (event,) = chair.prepare(but="stock").do(
        -5, "prepare_dose", product_id=product_id, lot="L", drawn_mg=50.0, volume_ml=50.0, concentration_mg_ml=1.0,
        checker="doc-1", vial_ml=vial_ml,
    )  # fmt: skip
    assert (event.flags, event.vial_ml) == (flags, vial_ml)


def test_the_nurse_who_has_two_takes_no_third(chair: Any) -> None:
    chair.prepare()
    far = chair.at(300)
    one = NurseLoad(session="a", first_session=False, peak_at=far)
    two = (one, NurseLoad(session="b", first_session=False, peak_at=far))
    assert not isinstance(chair.judge(0, "start_infusion", **chair.start_command(), other_sessions=(one,)), Refused)
    refused = chair.refused(0, "start_infusion", **chair.start_command(), other_sessions=two)
    assert codes(refused) == {"preflight.nurse_load"}
    first = NurseLoad(session="a", first_session=True, peak_at=far)
    assert chair.refused(0, "start_infusion", **chair.start_command(), other_sessions=(first,)).findings


def test_two_peaks_of_one_nurse_stay_apart(chair: Any) -> None:
    chair.prepare()
    near, apart = (NurseLoad(session="a", first_session=False, peak_at=chair.at(m)) for m in (54.9, 55))
    assert codes(chair.refused(0, "start_infusion", **chair.start_command(), other_sessions=(near,)))
    assert not isinstance(chair.judge(0, "start_infusion", **chair.start_command(), other_sessions=(apart,)), Refused)


def test_an_unsigned_policy_starts_nothing(chair: Any) -> None:
    refused = chair.prepare().refused(0, "start_infusion", **chair.start_command(), policy_signed=False)
    assert codes(refused) == {"preflight.policy"}


def test_a_weight_far_from_the_ordered_one_needs_a_newly_signed_order(chair: Any) -> None:
    """77.5 kg, measured twice, under an order for 70 kg: the order is for another weight, however sure the weight."""
    chair.prepare()
    for minute, weight, says in (
        (-10, 77.5, "Weigh again"),
        (-9, 77.0, "Two measurements agree"),
        (-8, 84.5, "84.5 kg"),
    ):
        chair.do(minute, "record_baseline", weight_kg=weight)
        refused = chair.refused(0, "start_infusion", **chair.start_command())
        found = next(f for f in preflight.findings(chair.state, chair.at(0), chair.base) if f.rule.endswith("weight"))
        assert (refused.code, found.state) == ("weight_changed", "fires")
        assert says in found.why
    new = order_for(chair, 84.5)
    chair.record(chair.at(1), e.OrderSigned(order=new))
    for by in (NURSE, PRESCRIBER):
        chair.do(2, "time_out", by, rate_ml_h=new.rate_ml_h, volume_ml=new.volume_ml, identifiers=IDS)
    assert chair.do(3, "start_infusion", **chair.start_command())


def order_for(chair: Any, weight_kg: float) -> Order:
    signed: Order = chair.state.order.model_copy(update={"weight_kg": weight_kg})
    return signed


@pytest.mark.parametrize(
    ("weight", "code"), [(76.9, None), (63.1, None), (77.0, "weight_changed"), (63.0, "weight_changed")]
)
def test_a_tenth_of_the_ordered_weight_is_the_limit(chair: Any, weight: float, code: str | None) -> None:
    chair.prepare().do(-10, "record_baseline", weight_kg=weight)
    answer = chair.judge(0, "start_infusion", **chair.start_command())
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_two_weights_that_contradict_each_other_confirm_nothing(chair: Any) -> None:
    """70 kg and 77.5 kg: two measurements, but not of one weight."""
    chair.prepare().do(-10, "record_baseline", weight_kg=77.5)
    found = next(f for f in preflight.findings(chair.state, chair.at(0), chair.base) if f.rule.endswith("weight"))
    assert "Weigh again to confirm" in found.why


def test_a_stated_weight_starts_nothing(chair: Any) -> None:
    chair.prepare(but="weight").do(-7, "record_baseline", weight_kg=70.0, weight_source="stated")
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.weight"}


@pytest.mark.parametrize(("weight", "code"), [(69.9, "above_cap"), (70.0, None), (70.1, None)])
def test_limits_per_kilogram_take_the_lower_weight(new_chair: Any, weight: float, code: str | None) -> None:
    """70 mg are ordered for 70 kg, which is the cap of 1 mg/kg."""
    chair = new_chair(amount_mg=70.0, duration_min=60.0).prepare()
    chair.do(-10, "record_baseline", weight_kg=weight)
    answer = chair.judge(0, "start_infusion", **chair.start_command())
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_a_corrected_weight_is_judged_again(new_chair: Any) -> None:
    chair = new_chair(amount_mg=70.0, duration_min=60.0).start()
    n = next(r.n for r in chair.ledger if r.event.type == "baseline_recorded")
    (event,) = chair.do(5, "correct", corrects=n, reason="pounds", data={"weight_kg": 55.0})
    assert {"above_ceiling", "weight_changed"} <= set(event.flags)
    assert "weight_changed" in chair.state.flags


@pytest.mark.parametrize(
    ("weight", "flags"),
    [
        (55.0, {"above_ceiling", "above_cap", "weight_changed"}),
        (70.0, set()),
        (78.0, {"weight_changed"}),
    ],
)
def test_a_weight_that_comes_while_drug_runs_judges_the_session_again(
    new_chair: Any,
    weight: float,
    flags: set[str],
) -> None:
    chair = new_chair(amount_mg=70.0, duration_min=60.0).start()
    (event,) = chair.do(5, "record_baseline", weight_kg=weight)
    assert set(event.flags) == flags == set(chair.state.flags)


@pytest.mark.parametrize(
    ("late", "zone", "state"),
    [
        (-120, "UTC", "clear"),
        (-600, "UTC", "fires"),
        (-600, "Pacific/Auckland", "clear"),
        (-120, "Pacific/Honolulu", "clear"),
    ],
)
def test_today_is_the_day_of_the_clinic(chair: Any, late: float, zone: str, state: str) -> None:
    """09:00 UTC is 22:00 in Auckland, where ten hours before is still the same day; in London it was yesterday."""
    chair.prepare(but="weight").do(-10, "record_baseline", weight_kg=70.0, late=late)
    found = preflight.findings(chair.state, chair.at(0), chair.base, zone=zone)
    assert next(f.state for f in found if f.rule == "preflight.weight") == state
    shown = {f.rule for f in view(chair.state, {}, chair.at(0), chair.base, zone=zone).missing}
    assert ("preflight.weight" in shown) is (state == "fires")


@pytest.mark.parametrize(("minutes", "state"), [(60, "clear"), (60.1, "fires")])
def test_a_visit_over_midnight_is_one_day(chair: Any, minutes: float, state: str) -> None:
    """Weighed ten minutes before midnight in Tongatapu, which is 10:50 UTC."""
    chair.prepare(but="weight").do(110, "record_baseline", weight_kg=70.0)
    found = preflight.findings(chair.state, chair.at(110 + minutes), chair.base, zone="Pacific/Tongatapu")
    assert next(f.state for f in found if f.rule == "preflight.weight") == state


# ---- one volume ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volume", "code"),
    [
        (35.0, None),
        (35.35, None),
        (34.65, None),
        (35.36, "volume_disagrees"),
        (34.64, "volume_disagrees"),
        (350.0, "volume_disagrees"),
    ],
)
def test_the_volume_entered_is_the_ordered_one(chair: Any, volume: float, code: str | None) -> None:
    answer = chair.prepare().judge(0, "start_infusion", **chair.start_command(volume_ml=volume))
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_the_volume_entered_is_the_one_of_the_time_out(chair: Any) -> None:
    """Both within 1 % of the order, but not of each other."""
    chair.prepare()
    for by in (NURSE, PRESCRIBER):
        chair.do(-1, "time_out", by, rate_ml_h=52.5, volume_ml=34.7, identifiers=IDS)
    assert chair.refused(0, "start_infusion", **chair.start_command(volume_ml=35.3)).code == "volume_disagrees"
    (event,) = chair.do(0, "start_infusion", **chair.start_command())
    assert event.volume_ml == 34.7


def test_limits_are_judged_on_the_volume_that_is_recorded(chair: Any) -> None:
    (event,) = chair.prepare().do(0, "start_infusion", **chair.start_command(volume_ml=350.0), **HAPPENED)
    assert event.volume_ml == 350.0
    assert {"volume_disagrees", "above_ceiling"} <= set(event.flags)


# ---- fit to start --------------------------------------------------------------------------------------------------


def test_a_high_pressure_waits_for_a_note(chair: Any) -> None:
    chair.prepare().do(-3, "record_baseline", vitals={"sbp_mmhg": 145.0, "dbp_mmhg": 80.0})
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == {"preflight.pressure_hold"}
    chair.do(-1, "record_preflight", item="benefit_risk_noted", answer="yes", detail="treated, stable")
    assert chair.do(0, "start_infusion", **chair.start_command())


def test_the_note_excuses_a_mild_pressure_only(chair: Any) -> None:
    chair.prepare()
    chair.do(-2, "record_preflight", item="benefit_risk_noted", answer="yes")
    for sbp, dbp, fires in ((179.0, 109.0, False), (180.0, 80.0, True), (150.0, 110.0, True)):
        chair.do(-1, "record_baseline", vitals={"sbp_mmhg": sbp, "dbp_mmhg": dbp})
        found = {f.rule for f in preflight.missing(preflight.findings(chair.state, chair.at(-1), chair.base))}
        assert ("preflight.pressure_hold" in found) is fires


WOULD_STOP = [
    ({"dbp_mmhg": 111.0}, {"preflight.would_stop", "preflight.pressure_hold"}),
    ({"spo2_percent": 84.0}, {"preflight.would_stop"}),
    ({"sbp_mmhg": 205.0}, {"preflight.do_not_start", "preflight.pressure_hold"}),
    ({"hr_per_min": 40.0}, {"preflight.do_not_start"}),
]


@pytest.mark.parametrize(("change", "rules"), WOULD_STOP)
def test_the_newest_reading_decides_whether_a_session_may_start(
    chair: Any,
    change: dict[str, float],
    rules: set[str],
) -> None:
    """The baseline was good; what was read after it is not, by hand or by the monitor."""
    usual = {"sbp_mmhg": 120.0, "dbp_mmhg": 75.0}
    chair.prepare()
    ((channel, value),) = change.items()
    tail = {channel: [chair.sample(-1, channel, value)]}
    refused = decide(
        chair.state,
        e.COMMAND.validate_python({"type": "start_infusion", **chair.start_command()}),
        by=NURSE,
        now=chair.at(0),
        base=chair.base,
        samples=tail,
    )
    assert isinstance(refused, Refused)
    assert codes(refused) == rules | {"preflight.alerts"}  # what the watch has not told yet holds too
    assert rules <= {f.rule for f in view(chair.state, tail, chair.at(0), chair.base).missing}
    chair.do(-1, "record_vitals", vitals=usual | change)
    assert codes(chair.refused(0, "start_infusion", **chair.start_command())) == rules | {"preflight.alerts"}
    chair.watch(-1)
    for minute in (0, 3):
        chair.do(minute, "record_vitals", vitals=VITALS)
        chair.watch(minute)
    answer = chair.judge(3, "start_infusion", PRESCRIBER, **chair.start_command())
    assert not isinstance(answer, Refused) or codes(answer) == {"preflight.alerts"}  # an emergency stays until seen


def test_an_artefact_neither_holds_the_start_nor_becomes_the_baseline(chair: Any) -> None:
    chair.prepare()
    chair.do(-1, "record_vitals", vitals={"spo2_percent": 60.0, "artefact": True})
    chair.do(-1, "record_baseline", vitals={"sbp_mmhg": 60.0, "artefact": True})
    assert chair.state.baseline.vitals.sbp_mmhg == VITALS["sbp_mmhg"]
    assert chair.do(0, "start_infusion", **chair.start_command())


def test_a_finding_says_which_values_it_is_about(chair: Any) -> None:
    chair.do(-1, "record_vitals", vitals={"sbp_mmhg": 205.0, "dbp_mmhg": 125.0, "hr_per_min": 70.0})
    whys = {f.rule: f.why for f in preflight.findings(chair.state, chair.at(0), chair.base)}
    assert whys["preflight.do_not_start"] == "Systolic pressure 205 mmHg, heart rate 70 /min, breathing not known."
    assert whys["preflight.would_stop"] == ("Diastolic pressure 125 mmHg, saturation not known, MOAA/S not known.")


def test_a_patient_who_is_not_awake_is_not_started(chair: Any) -> None:
    chair.prepare().do(-1, "record_score", score="moaas", value=3)
    refused = chair.refused(0, "start_infusion", **chair.start_command())
    assert codes(refused) == {"preflight.would_stop", "preflight.alerts"}


def test_an_open_alert_of_the_upper_tiers_holds_the_start(chair: Any) -> None:
    chair.prepare().do(-5, "record_event", event="chest_pain", grade=3)
    chair.watch(-4.9)
    refused = chair.refused(0, "start_infusion", **chair.start_command())
    assert codes(refused) == {"preflight.alerts"}
    assert refused.findings[0].why.startswith("Open alert: ")
    chair.do(-1, "record_event", event="chest_pain", resolved=True)
    chair.watch(-0.5)
    assert chair.do(0, "start_infusion", **chair.start_command())


@pytest.mark.parametrize(
    ("food", "fluid", "state"),
    [
        (-40, None, "fires"),
        (None, -40, "fires"),
        (-400, None, "unknown"),
        (None, -400, "unknown"),
        (-400, -400, "clear"),
        (-400, -40, "fires"),
    ],
)
def test_each_known_time_of_a_meal_decides_alone(
    chair: Any,
    food: float | None,
    fluid: float | None,
    state: str,
) -> None:
    times = {name: chair.at(m) for name, m in (("last_food_at", food), ("last_fluid_at", fluid)) if m is not None}
    chair.prepare().do(-5, "record_preflight", item="fasting", answer="yes", **times)
    found = preflight.findings(chair.state, chair.at(0), chair.base)
    assert next(f.state for f in found if f.rule == "preflight.fasting") == state


# ---- rate, bolus, resume -------------------------------------------------------------------------------------------


def test_the_rate_moves_inside_the_ordered_band_only(running: Any) -> None:
    inside = [20.0, 80.0]
    outside = [math.nextafter(20.0, 0), math.nextafter(80.0, 100), 0.0, 525.0]
    assert [running.judge(5, "change_rate", rate_ml_h=r)[0].event.rate_ml_h for r in inside] == inside
    assert {running.refused(5, "change_rate", rate_ml_h=r).code for r in outside} == {"outside_band"}


def test_the_rate_of_a_pump_that_does_not_run_is_not_changed(chair: Any) -> None:
    assert chair.refused(0, "change_rate", rate_ml_h=50.0).code == "not_running"


@pytest.mark.parametrize(("rate", "code"), [(150.0, None), (150.0001, "above_cap"), (187.5001, "above_ceiling")])
def test_a_wide_band_does_not_pass_the_limits(new_chair: Any, rate: float, code: str | None) -> None:
    chair = new_chair(rate_high_mg_h=1000.0, weight_kg=100.0).start()
    answer = chair.judge(5, "change_rate", rate_ml_h=rate)
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_a_second_signature_passes_the_cap_but_never_the_ceiling(new_chair: Any) -> None:
    chair = new_chair(rate_high_mg_h=1000.0, weight_kg=100.0, second_signer="doc-2").start()
    assert not isinstance(chair.judge(5, "change_rate", rate_ml_h=187.5), Refused)
    assert chair.refused(5, "change_rate", rate_ml_h=187.6).code == "above_ceiling"


def pain(new_chair: Any, **changes: Any) -> Any:
    """A pain session of 70 mg over 2 h for 100 kg: the row that knows a bolus."""
    limit = {"mg_kg": 2.0, "mg": 200.0, "mg_h": 100.0, "mg_kg_h": 1.0}
    usual = {
        "dose_row": "doses.d19",
        "amount_mg": 70.0,
        "duration_min": 120.0,
        "weight_kg": 100.0,
        "cap": Limit(**limit),
        "ceiling": Limit(**(limit | {"mg_kg": 2.5, "mg": 250.0})),
    }
    return new_chair(**(usual | changes)).start()


def test_a_nurse_gives_no_bolus(new_chair: Any) -> None:
    assert pain(new_chair).refused(5, "give_bolus", amount_mg=5.0, identifiers=IDS).code == "role_not_allowed"


def test_a_bolus_needs_the_patient_the_row_and_a_running_pump(new_chair: Any, running: Any, chair: Any) -> None:
    session = pain(new_chair)
    assert session.do(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS)
    assert session.refused(5, "give_bolus", ANAESTHETIST, amount_mg=5.0).code == "identity_mismatch"
    assert running.refused(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS).code == "bolus_not_in_row"
    assert chair.refused(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS).code == "not_running"
    assert session.refused(6, "give_bolus", PRESCRIBER, amount_mg=5.0, identifiers=IDS).code == "role_not_allowed"


@pytest.mark.parametrize(
    ("weight", "second", "amount", "code"),
    [
        (100.0, None, 25.0, None),
        (100.0, None, math.nextafter(25.0, 40), "above_cap"),
        (100.0, "doc-2", 35.0, None),
        (100.0, "doc-2", math.nextafter(35.0, 40), "above_ceiling"),
        (100.0, None, 36.0, "above_ceiling"),
        (60.0, None, 21.0, None),
        (60.0, "doc-2", math.nextafter(21.0, 40), "above_ceiling"),
    ],
)
def test_the_bolus_of_the_row_has_its_own_cap_and_ceiling(
    new_chair: Any,
    weight: float,
    second: str | None,
    amount: float,
    code: str | None,
) -> None:
    session = pain(new_chair, weight_kg=weight, second_signer=second, amount_mg=40.0)
    answer = session.judge(5, "give_bolus", ANAESTHETIST, amount_mg=amount, identifiers=IDS)
    assert (answer.code if isinstance(answer, Refused) else None) == code


@pytest.mark.parametrize(
    ("minute", "amount", "code"),
    [(64, 15.0, None), (64, 15.1, "above_cap"), (64, 26.0, "above_ceiling"), (65, 25.0, None)],
)
def test_boluses_within_an_hour_count_as_one(new_chair: Any, minute: float, amount: float, code: str | None) -> None:
    """The row allows 25 mg at 100 kg; 10 mg are given in the fifth minute."""
    session = pain(new_chair, amount_mg=40.0)
    session.do(5, "give_bolus", ANAESTHETIST, amount_mg=10.0, identifiers=IDS)
    answer = session.judge(minute, "give_bolus", ANAESTHETIST, amount_mg=amount, identifiers=IDS)
    assert (answer.code if isinstance(answer, Refused) else None) == code


@pytest.mark.parametrize(("limit_mg", "code"), [(95.0, None), (94.99, "above_cap")])
def test_limits_count_what_was_given_and_what_still_runs(new_chair: Any, limit_mg: float, code: str | None) -> None:
    """70 mg are ordered; a bolus of 25 mg in the middle makes 95 mg, whatever has run by then."""
    cap = Limit(mg_kg=2.0, mg=limit_mg, mg_h=100.0, mg_kg_h=1.0)
    answer = pain(new_chair, cap=cap).judge(60, "give_bolus", ANAESTHETIST, amount_mg=25.0, identifiers=IDS)
    assert (answer.code if isinstance(answer, Refused) else None) == code


def test_a_stopped_pump_commits_nothing_and_a_paused_one_all_that_is_left(new_chair: Any) -> None:
    cap = Limit(mg_kg=2.0, mg=90.0, mg_h=100.0, mg_kg_h=1.0)
    session = pain(new_chair, cap=cap)
    session.do(60, "pause")
    assert session.refused(61, "give_bolus", ANAESTHETIST, amount_mg=24.0, identifiers=IDS).code == "above_cap"


def test_resume_after_a_high_alert_is_the_prescribers(running: Any) -> None:
    running.do(5, "record_event", event="palpitations")
    running.watch(5)
    running.do(6, "pause")
    assert running.refused(7, "resume").code == "prescriber_must_resume"
    assert running.refused(7, "resume", ANAESTHETIST).code == "prescriber_must_resume"
    assert running.do(8, "resume", PRESCRIBER)
    running.do(9, "pause")
    assert running.refused(10, "resume").code == "prescriber_must_resume"  # it is not over
    running.do(11, "record_event", event="palpitations", resolved=True)
    assert running.do(12, "resume")


@pytest.mark.parametrize(("late", "flags"), [(10, 2), (20, 1)])
def test_a_second_stop_moves_no_clock_and_takes_no_milligrams_away(running: Any, late: float, flags: int) -> None:
    running.do(20, "stop_infusion")
    (told,) = running.do(25, "stop_infusion", late=late)
    assert len(told.flags) == flags
    assert (running.state.stopped_at, told.delivered_mg) == (running.at(20), 17.5)


def test_a_correction_moves_the_stop(running: Any) -> None:
    running.do(20, "stop_infusion")
    running.do(25, "correct", corrects=running.state.version, reason="misread", data={"delivered_mg": 0}, late=10)
    assert running.state.stopped_at == running.at(10)


def test_only_a_paused_pump_resumes_and_only_with_volume_left(running: Any) -> None:
    assert running.refused(5, "resume").code == "not_paused"
    running.do(45, "pause")
    assert running.refused(46, "resume").code == "nothing_left"


def test_a_rate_recorded_above_the_limits_is_not_resumed(running: Any) -> None:
    running.do(5, "change_rate", rate_ml_h=400.0, **HAPPENED)
    running.do(6, "pause")
    assert running.refused(7, "resume", PRESCRIBER).code == "above_ceiling"
    assert running.refused(7, "resume").code == "prescriber_must_resume"


# ---- facts ---------------------------------------------------------------------------------------------------------


def test_what_happened_is_never_refused_and_says_what_stands_against_it(chair: Any) -> None:
    (event,) = chair.do(0, "start_infusion", THERAPIST, **chair.start_command(rate_ml_h=525.0), **HAPPENED)
    assert {"role_not_allowed", "rate_disagrees", "preflight_missing", "above_ceiling"} <= set(event.flags)
    assert chair.state.phase == "running"
    assert set(event.flags) <= set(chair.state.flags)


FACTS = {
    "change_rate": {"rate_ml_h": 9000.0},
    "give_bolus": {"amount_mg": 9000.0},
    "give_rescue": {"drug": "midazolam", "amount": 2.0, "unit": "mg", "route": "iv"},
    "give_dose": {"route": "im", "product_id": "ketamine-50", "amount_mg": 9000.0},
    "start_infusion": {
        "order_id": "?",
        "product_id": "?",
        "concentration_mg_ml": 100.0,
        "rate_ml_h": 9000.0,
        "identifiers": ("?", "?"),
    },
}


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("phase", ["planned", "running", "stopped", "discharged"])
def test_every_dose_that_happened_is_recorded_in_every_phase(new_chair: Any, kind: str, phase: str) -> None:
    chair = new_chair()
    if phase != "planned":
        chair.start()
    if phase in ("stopped", "discharged"):
        chair.do(10, "stop_infusion")
    if phase == "discharged":
        chair.record(chair.at(200), recovery_events.Discharged())
    event, *called = chair.do(210, kind, THERAPIST, **FACTS[kind], **HAPPENED)
    is_over = chair.state.phase == "discharged"  # a pump that started is watched again, and calls by itself
    assert [one.type for one in called] == (["alert_raised"] if is_over else [])
    assert event.flags
    assert chair.refused(210, kind, **FACTS[kind])


def test_nothing_is_refused_for_a_figure_that_the_knowledge_lacks_if_it_happened(chair: Any) -> None:
    empty = knowledge.KnowledgeBase("none", (), ())
    command = e.COMMAND.validate_python({"type": "start_infusion", **chair.start_command()})
    happened = command.model_copy(update={"as_": "happened"})
    ask = {"by": NURSE, "now": chair.at(0), "base": empty}
    refused = decide(chair.state, command, **ask)
    assert isinstance(refused, Refused)
    assert refused.code == "limit_missing"
    recorded = decide(chair.state, happened, **ask)
    assert not isinstance(recorded, Refused)
    assert "limit_missing" in recorded[0].event.flags  # type: ignore[union-attr]


def test_rescue_and_other_routes_are_not_ordered_here(running: Any) -> None:
    assert running.refused(5, "give_rescue", PRESCRIBER, **FACTS["give_rescue"]).code == "rescue_template_unsigned"
    named = FACTS["give_dose"] | {"identifiers": IDS}
    assert running.refused(5, "give_dose", PRESCRIBER, **named).code == "no_order_for_route"


@pytest.mark.parametrize("kind", ["pause", "stop_infusion"])
def test_a_stop_is_one_tap_in_any_phase_by_anyone(new_chair: Any, kind: str) -> None:
    chair = new_chair()
    (event,) = chair.do(0, kind, THERAPIST)
    assert event.flags == ("nothing_was_running",)
    assert chair.state.phase == "planned"
    session = new_chair().start()
    (event,) = session.do(5, kind, Actor(id="x", name="x", roles=frozenset()))
    assert event.flags == ()
    assert session.state.phase == {"pause": "paused", "stop_infusion": "stopped"}[kind]


def test_a_fact_from_a_clock_that_runs_ahead_happened_now(running: Any) -> None:
    answer = running.judge(5, "pause", at=running.at(6))
    assert answer[0].at == running.at(5)


def test_a_fact_entered_late_has_both_instants(running: Any) -> None:
    running.do(9, "pause", late=4)
    assert (running.ledger[-1].at, running.ledger[-1].recorded_at) == (running.at(4), running.at(9))


def test_a_waste_needs_another_pair_of_eyes(running: Any) -> None:
    running.do(10, "stop_infusion")
    (event,) = running.do(11, "record_waste", amount_mg=10.0, witness="nurse-1")
    assert "witness_is_maker" in event.flags
    assert not running.state.waste_witnessed
    (event,) = running.do(12, "record_waste", amount_mg=34.0, witness="doc-1")
    assert event.flags == ("above_what_was_drawn",)
    assert not running.state.waste_witnessed


def test_another_strength_in_a_running_session_is_recorded_and_flagged(running: Any) -> None:
    (event,) = running.do(
        10,
        "change_syringe",
        product_id="ketamine-50",
        lot="L2",
        concentration_mg_ml=2.0,
        drawn_mg=50.0,
        volume_ml=25.0,
        checker="doc-1",
    )
    assert event.flags == ("other_strength",)
    assert running.state.segments[-1].concentration_mg_ml == 2.0


@pytest.mark.parametrize(
    ("kind", "data", "cannula"),
    [
        ("give_bolus", {"amount_mg": 10.0}, "unknown"),
        ("give_rescue", {"drug": "ondansetron", "amount": 4.0, "unit": "mg", "route": "iv"}, "unknown"),
        ("give_dose", {"route": "oral", "product_id": "lozenge", "amount_mg": 50.0}, "no"),
    ],
)
def test_what_went_into_a_vein_went_through_a_cannula(
    chair: Any,
    kind: str,
    data: dict[str, Any],
    cannula: str,
) -> None:
    """Nobody recorded a cannula; whoever leaves after a dose by vein may have it in."""
    chair.do(0, kind, **data, **HAPPENED)
    left = next(event for event in chair.do(5, "leave_early") if event.type == "left_early")
    assert left.cannula_in == cannula


SYRINGE = {"product_id": "ketamine-50", "lot": "L2", "drawn_mg": 50.0, "volume_ml": 5.0, "checker": "doc-1"}


def test_a_stronger_syringe_is_judged_by_what_will_run_from_it(running: Any) -> None:
    """Ten times the strength: 26.25 mL still to run are 262.5 mg, at 525 mg/h."""
    (event,) = running.do(10, "change_syringe", concentration_mg_ml=10.0, **SYRINGE)
    assert {"other_strength", "above_cap", "above_ceiling"} <= set(event.flags) <= set(running.state.flags)


def test_after_another_strength_the_pump_is_read_again_before_any_order(new_chair: Any) -> None:
    session = pain(new_chair)
    weak = SYRINGE | {"volume_ml": 100.0, "concentration_mg_ml": 0.5}
    session.do(10, "change_syringe", **weak)
    orders = (
        ("change_rate", PRESCRIBER, {"rate_ml_h": 60.0}),
        ("give_bolus", DOCTOR, {"amount_mg": 5.0, "identifiers": IDS}),
    )
    assert {session.refused(11, kind, by, **data).code for kind, by, data in orders} == {"time_out_again"}
    session.do(11, "pause")
    assert session.refused(12, "resume").code == "prescriber_must_resume"
    assert session.refused(12, "resume", PRESCRIBER).code == "time_out_again"
    read = {"rate_ml_h": 35.0, "volume_ml": 64.0, "identifiers": IDS}  # of 70 mL after nearly eleven minutes
    session.do(12, "time_out", NURSE, **read)
    assert session.refused(12.5, "resume", PRESCRIBER).code == "time_out_again"
    (event,) = session.do(13, "time_out", ANAESTHETIST, **read | {"rate_ml_h": 70.0})
    assert (event.agrees, event.flags) == (False, ("rate_disagrees",))
    assert session.refused(13.5, "resume", PRESCRIBER).code == "time_out_again"
    session.do(14, "time_out", ANAESTHETIST, **read)
    assert session.do(15, "resume", PRESCRIBER)


def test_a_syringe_of_the_same_strength_needs_no_new_reading(running: Any) -> None:
    running.do(10, "change_syringe", concentration_mg_ml=1.0, **SYRINGE | {"volume_ml": 50.0})
    assert running.do(11, "change_rate", rate_ml_h=50.0)


# ---- what happened, and when ---------------------------------------------------------------------------------------


def test_a_pump_that_was_found_running_again_is_recorded(running: Any) -> None:
    """At the pump a nurse let it run on after a T2; the record says so, and since when."""
    running.do(5, "pause")
    running.do(6, "record_event", event="palpitations")
    running.watch(6)
    assert running.refused(10, "resume").code == "prescriber_must_resume"
    (event,) = running.do(10, "resume", late=8, **HAPPENED)
    assert event.flags == ("resumed_without_prescriber",)
    assert running.state.phase == "running"
    assert running.state.segments[-1].start == running.at(8)
    assert running.state.resume_needs_prescriber


def test_a_pump_that_runs_after_its_stop_runs(running: Any) -> None:
    running.do(10, "stop_infusion")
    (event,) = running.do(15, "resume", late=12, **HAPPENED)
    assert event.flags == ("not_paused",)
    assert (running.state.phase, running.state.stopped_at) == ("running", None)
    assert total_mg(running.state, running.at(20)) == pytest.approx(52.5 * 18 / 60)


@pytest.mark.parametrize(
    ("kind", "late", "phase"),
    [
        ("stop_infusion", -50, "stopped"),
        ("pause", -50, "paused"),
        ("pause", 7.9, "paused"),
    ],
)
def test_a_halt_at_a_time_at_which_it_had_no_effect_halts_now(
    running: Any,
    kind: str,
    late: float,
    phase: str,
) -> None:
    running.do(5, "pause")
    running.do(8, "resume")
    (event,) = running.do(8.2, kind, late=late)
    assert event.flags == ("no_effect_at_this_time",)
    assert running.state.phase == phase
    assert running.ledger[-1].at == running.at(8.2)


def test_a_stop_entered_late_stands_at_its_own_time(running: Any) -> None:
    (event,) = running.do(12, "stop_infusion", late=10)
    assert (event.flags, running.state.stopped_at) == ((), running.at(10))
    assert event.delivered_mg == pytest.approx(8.75)


@pytest.mark.parametrize(("ahead_s", "is_far"), [(60, False), (61, True), (86400, True)])
def test_nothing_happened_in_the_future(running: Any, ahead_s: float, is_far: bool) -> None:
    at = running.at(5 + ahead_s / 60)
    flags = ("in_the_future",) if is_far else ()
    (stop,) = running.judge(5, "stop_infusion", at=at)
    assert (stop.at, stop.event.flags) == (running.at(5), flags)
    (rate,) = running.judge(5, "change_rate", rate_ml_h=50.0, at=at, **HAPPENED)
    assert (rate.at, rate.event.flags) == (running.at(5), flags)
    for kind, data in (("record_vitals", {"vitals": VITALS}), ("record_score", {"score": "moaas", "value": 5})):
        answer = running.judge(5, kind, at=at, **data)
        assert (answer.code if isinstance(answer, Refused) else None) == ("in_the_future" if is_far else None)


def test_a_stop_is_recorded_without_any_knowledge(running: Any) -> None:
    command = e.COMMAND.validate_python({"type": "stop_infusion", "at": running.at(6)})
    empty = knowledge.KnowledgeBase("none", (), ())
    answer = decide(running.state, command, by=NURSE, now=running.at(5), base=empty)
    assert not isinstance(answer, Refused)
    assert answer[0].event.flags == ("in_the_future",)  # type: ignore[union-attr]


def test_only_the_prescriber_raises_the_rate_after_a_high_alert(running: Any) -> None:
    assert not isinstance(running.judge(4, "change_rate", rate_ml_h=60.0), Refused)
    running.do(5, "record_event", event="palpitations")
    running.watch(5)
    assert running.refused(6, "change_rate", rate_ml_h=52.6).code == "prescriber_must_raise"
    assert running.refused(6, "change_rate", ANAESTHETIST, rate_ml_h=52.6).code == "prescriber_must_raise"
    assert running.do(7, "change_rate", rate_ml_h=52.5)
    assert running.do(8, "change_rate", rate_ml_h=40.0)
    assert running.do(9, "change_rate", PRESCRIBER, rate_ml_h=52.5)
    (event,) = running.do(10, "change_rate", rate_ml_h=60.0, **HAPPENED)
    assert event.flags == ("prescriber_must_raise",)


# ---- correction, alerts, devices -----------------------------------------------------------------------------------


def test_a_correction_names_an_event_that_can_be_corrected(running: Any) -> None:
    assert running.refused(5, "correct", corrects=999, reason="x").code == "no_such_event"
    assert running.refused(5, "correct", corrects=1, reason="x").code == "not_correctable"
    start = running.state.version
    assert running.refused(5, "correct", corrects=start, reason="x", data={"rate_ml_h": "fast"}).code == (
        "invalid_correction"
    )


def test_a_correction_that_brings_the_dose_above_a_limit_is_recorded_and_flagged(running: Any) -> None:
    running.do(10, "change_rate", rate_ml_h=60.0)
    (event,) = running.do(
        11, "correct", corrects=running.state.version, reason="typed wrong", data={"rate_ml_h": 600.0}
    )
    assert "above_ceiling" in event.flags
    assert running.state.rate_set_ml_h == 600.0


IMPOSSIBLE = [
    ("give_bolus", {"amount_mg": 10.0}, {"amount_mg": -100}),
    ("give_bolus", {"amount_mg": 10.0}, {"amount_mg": "nan"}),
    ("give_bolus", {"amount_mg": 10.0}, {"amount_mg": "inf"}),
    ("give_bolus", {"amount_mg": 10.0}, {"amount_mg": 0}),
    ("give_bolus", {"amount_mg": 10.0}, {"amount_mg": math.nan}),
    ("change_rate", {"rate_ml_h": 50.0}, {"rate_ml_h": -50.0}),
    (
        "give_dose",
        {"route": "oral", "product_id": "x", "amount_mg": 5.0},
        {"route": "rectal", "product_id": "x", "amount_mg": 5.0},
    ),
    ("record_score", {"score": "moaas", "value": 5}, {"score": "moaas", "value": 9}),
    ("record_score", {"score": "pain", "value": 5}, {"score": "pain", "value": 11}),
    ("record_score", {"score": "watched_sedation", "value": 1}, {"score": "watched_sedation", "value": 4}),
    ("record_baseline", {"weight_kg": 70.0}, {"weight_kg": 0}),
    ("record_baseline", {"moaas": 5}, {"moaas": 9}),
    ("record_vitals", {"vitals": VITALS}, {"vitals": {"sbp_mmhg": -1}}),
    ("record_waste", {"amount_mg": 5.0, "witness": "doc-1"}, {"amount_mg": -5.0, "witness": "doc-1"}),
    ("record_event", {"event": "nausea"}, {"event": "nausea", "grade": 6}),
    ("change_syringe", SYRINGE | {"concentration_mg_ml": 10.0}, SYRINGE | {"concentration_mg_ml": 0}),
]


@pytest.mark.parametrize(("kind", "data", "wrong"), IMPOSSIBLE)
def test_what_no_command_may_say_no_correction_says(
    running: Any,
    kind: str,
    data: dict[str, Any],
    wrong: dict[str, Any],
) -> None:
    happened = HAPPENED if kind in FACTS else {}
    running.do(5, kind, **data, **happened)
    refused = running.refused(6, "correct", corrects=running.state.version, reason="x", data=wrong)
    assert refused.code in {"invalid_correction", "not_on_the_scale"}


def test_what_is_computed_is_computed_again_in_a_correction(running: Any, recovering: Any) -> None:
    n = next(r.n for r in running.ledger if r.event.type == "time_out_recorded")
    (event,) = running.do(
        5, "correct", corrects=n, reason="misread", data={"rate_ml_h": 525.0, "volume_ml": 35.0, "agrees": True}
    )
    assert (event.replacement["agrees"], event.replacement["flags"]) == (False, ["rate_disagrees"])
    n = next(r.n for r in recovering.ledger if r.event.type == "recovery_score_recorded")
    items = {"activity": 1, "respiration": 2, "consciousness": 2, "saturation": 2}
    (event,) = recovering.do(170, "correct", corrects=n, reason="misread", data=items | {"circulation": 2, "total": 10})
    assert event.replacement["total"] == 9


@pytest.mark.parametrize(("score", "value"), [("watched_sedation", 4), ("watched_distress", 10), ("moaas", 6)])
def test_a_value_that_the_scale_does_not_have_is_not_recorded(running: Any, score: str, value: int) -> None:
    assert running.refused(5, "record_score", score=score, value=value).code == "not_on_the_scale"
    assert running.do(5, "record_score", score="dissociation", value=10)


@pytest.mark.parametrize(("event", "limit"), [("chest_pain", 2.0), ("palpitations", 5.0), ("anxiety", 10.0)])
def test_an_alert_is_paused_no_longer_than_its_tier_allows(running: Any, event: str, limit: float) -> None:
    running.do(5, "record_event", event=event)
    running.watch(5)
    alert = running.alert(event).alert_id
    assert running.refused(5, "acknowledge_alert", alert_id=alert, pause_min=limit + 0.1).code == "pause_too_long"
    running.do(5, "acknowledge_alert", alert_id=alert, pause_min=limit)
    assert running.alert(event).acknowledged_by == "nurse-1"
    assert running.alert(event).paused_until == running.at(5 + limit)
    assert running.refused(5, "acknowledge_alert", alert_id="nothing").code == "no_such_alert"


def test_a_technical_alert_has_its_own_pause(running: Any) -> None:
    running.watch(20)
    alert = running.alert("monitoring.overdue").alert_id
    assert running.refused(20, "acknowledge_alert", alert_id=alert, pause_min=5.1).code == "pause_too_long"
    assert running.do(20, "acknowledge_alert", alert_id=alert, pause_min=5.0)


def test_an_acknowledgement_without_a_time_still_ends(running: Any) -> None:
    running.do(5, "record_event", event="chest_pain")
    running.watch(5)
    running.do(5, "acknowledge_alert", alert_id=running.alert("chest_pain").alert_id)
    assert running.alert("chest_pain").paused_until == running.at(7)


def test_devices_come_and_go(running: Any) -> None:
    running.do(1, "bind_device", device_id="monitor-1", identifiers=IDS)
    assert running.state.devices == ("monitor-1",)
    running.do(2, "unbind_device", device_id="monitor-1")
    assert running.state.devices == ()


def test_check_in_is_for_the_right_patient_and_once(chair: Any) -> None:
    assert chair.refused(0, "check_in", identifiers=("a", "b")).code == "identity_mismatch"
    chair.do(0, "check_in", identifiers=IDS)
    assert chair.refused(1, "check_in", identifiers=IDS).code == "already_checked_in"


def test_who_is_there_is_checked_in_also_after_the_pump_was_started(chair: Any) -> None:
    chair.prepare(but="identity").do(0, "start_infusion", **chair.start_command(), **HAPPENED)
    assert chair.do(2, "check_in", identifiers=IDS)
    assert (chair.state.phase, chair.state.checked_in_at) == ("running", chair.at(2))
    assert chair.refused(3, "check_in", identifiers=IDS).code == "already_checked_in"


# ---- no limit, no order --------------------------------------------------------------------------------------------

BROKEN = st.sampled_from([None, math.nan, math.inf, -math.inf, "", "abc", "1.0", True, 0.0, -1.0])
UNITS = st.sampled_from(["mg_kg", "mg", "mg_h", "mg_kg_h"])


@given(UNITS, st.sampled_from(["cap", "ceiling"]), BROKEN)
def test_a_limit_without_a_number_blocks(unit: str, level: str, broken: Any) -> None:
    whole = {"mg_kg": 1.0, "mg": 100.0, "mg_h": 150.0, "mg_kg_h": 1.5}
    damaged = Limit.model_construct(**(whole | {unit: broken}))
    fine = Limit(**whole)
    order = Order.model_construct(
        id="o",
        dose_row="doses.d01",
        weight_kg=70.0,
        cap=fine,
        ceiling=fine,
        second_signer=None,
        weight_measured_on=date(2026, 1, 1),
        signed_at=datetime(2026, 1, 1, tzinfo=UTC),
    ).model_copy(update={level: damaged})
    assert [r.code for r in limit_objections(order, total_mg=0.001, rate_mg_h=0.001)] == ["limit_missing"]


@given(BROKEN, st.sampled_from(["rate_low_mg_h", "rate_high_mg_h", "weight_kg"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_band_or_weight_without_a_number_blocks_the_rate(running: Any, broken: Any, name: str) -> None:
    state = running.state
    damaged = state.model_copy(update={"order": state.order.model_copy(update={name: broken})})
    command = p.ChangeRate(rate_ml_h=52.5)
    answer = decide(damaged, command, by=NURSE, now=running.at(5), base=running.base)
    assert isinstance(answer, Refused)
    assert answer.code == "limit_missing"


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(1, 300))
def test_no_order_above_a_ceiling_is_accepted(total: float, rate: float, weight: float) -> None:
    ceiling = Limit(mg_kg=1.25, mg=125.0, mg_h=187.5, mg_kg_h=1.875)
    order = Order.model_construct(weight_kg=weight, cap=ceiling, ceiling=ceiling, second_signer="doc-2")
    allowed = not list(limit_objections(order, total_mg=total, rate_mg_h=rate))
    slack = 1e-9
    inside = (
        total <= 125 + slack
        and total / weight <= 1.25 + slack
        and rate <= 187.5 + slack
        and rate / weight <= 1.875 + slack
    )
    assert allowed <= inside
    clearly_inside = total <= 124 and total / weight <= 1.24 and rate <= 187 and rate / weight <= 1.87
    assert allowed >= clearly_inside


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["change_rate", "give_bolus", "pause", "resume", "stop_infusion", "start_infusion", "give_dose"]
        ),
        st.floats(0.5, 200),
        st.integers(1, 20),
    ),
    max_size=15,
)


@given(ORDERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_sequence_of_orders_passes_the_cap(new_chair: Any, acts: list[tuple[str, float, int]]) -> None:
    """Random orders by the one who may give all of them: given and committed stay under the cap at every instant."""
    session = pain(new_chair, rate_high_mg_h=1e6, rate_low_mg_h=0.1)
    everyone = Actor(id="all", name="All", roles=frozenset({"prescriber", "anaesthetist", "nurse"}))
    minute = 0
    for kind, value, gap in acts:
        minute += gap
        data = {
            "change_rate": {"rate_ml_h": value},
            "give_bolus": {"amount_mg": value, "identifiers": IDS},
            "start_infusion": session.start_command(rate_ml_h=value),
            "give_dose": {"route": "im", "product_id": "k", "amount_mg": value},
        }.get(kind, {})
        answer = session.judge(minute, kind, everyone, **data)
        if not isinstance(answer, Refused):
            session.do(minute, kind, everyone, **data)
        state, now = session.state, session.at(minute)
        assert total_mg(state, now) + committed_mg(state, now) <= 200 + 1e-9
        assert (state.rate_set_ml_h or 0) * (state.concentration_mg_ml or 0) <= 100 + 1e-9
