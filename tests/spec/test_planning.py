"""Planning a dose, in the situations that are easily got wrong.

Each sentence is a test. An order is drafted from a dose text by a row of the dose library: every equivalent is computed
and shown, every limit is compared, and what objects is named. Nobody signs what lies above a ceiling; what needs a
reason or a second person says so.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from support.charts import BASE, OUTPATIENT, healthy, medicine

from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused
from norket.therapy.medicines import review
from norket.therapy.plan.exposure import Exposure, PriorDose, is_first, lifetime_mg
from norket.therapy.plan.limits import Draft, DraftError, Weighed, draft_order, sign
from norket.therapy.plan.preparation import Preparation, balance, check
from norket.units import DoseTextError

THURSDAY = datetime(2026, 11, 19, 9, tzinfo=UTC)
TODAY = THURSDAY.date()
DOCTOR = Actor(id="doc", name="Pia", roles=frozenset({"prescriber"}))
ANAESTHETIST = Actor(id="ana", name="Ana", roles=frozenset({"anaesthetist"}))


def drafted(text: str, row: str = "D01", **changes: Any) -> Draft:
    """An order for a person of 45 years and 70 kg who was weighed today, in a later session."""
    usual = {
        "weight_kg": 70.0, "weight_measured_on": TODAY, "concentration_mg_ml": 1.0, "frail": False, "age_y": 45.0,
        "base": BASE, "on": TODAY, "first_session": False, "at": THURSDAY,
    }  # fmt: skip
    return draft_order(row=row, dose_text=text, **(usual | changes))


def refusal(made: Draft, **signing: Any) -> str | None:
    """The code with which a prescriber is refused; None when the order is signed."""
    answer = sign(made, **({"by": DOCTOR, "now": THURSDAY, "order_id": "o", "policy_signed": True} | signing))
    return answer.code if isinstance(answer, Refused) else None


def of(made: Draft, rule: str) -> Finding:
    return next(one for one in made.findings if one.rule == rule)


def prior(
    hours_ago: float, amount_mg: float | None, route: Any, drug: Any = "ketamine", where: str = "here"
) -> PriorDose:
    source: Any = "session" if where == "here" else "reported"
    at = THURSDAY - timedelta(hours=hours_ago)
    return PriorDose(at=at, route=route, drug=drug, amount_mg=amount_mg, where=where, source=source)


# ---- A dose and a rate of the same number are two doses --------------------------------------------------------


def test_half_a_milligram_a_kilogram_an_hour_for_40_min_is_two_thirds_of_the_dose_over_40_min() -> None:
    rate, dose = drafted("0.5 mg/kg/h iv for 40 min"), drafted("0.5 mg/kg iv over 40 min")
    assert (round(rate.mg_kg, 3), round(rate.rate_mg_kg_h, 3)) == (0.333, 0.5)
    assert (round(dose.mg_kg, 3), round(dose.rate_mg_kg_h, 3)) == (0.5, 0.75)


@pytest.mark.parametrize("text", ["0.5 mg/kg/h iv over 40 min", "0.5 mg/kg iv for 40 min"])
def test_a_text_that_could_mean_both_is_refused_with_both_written_out(text: str) -> None:
    with pytest.raises(DoseTextError) as refused:
        drafted(text)
    said = str(refused.value)
    assert "Two readings are possible" in said
    assert "'0.5 mg/kg iv over 40 min'" in said
    assert "'0.5 mg/kg/h iv for 40 min'" in said


@pytest.mark.parametrize("text", ["0.5 iv over 40 min", "0.5 mg iv", "ketamine 0.5", "0,5 mg/kg iv over 40 min"])
def test_a_bare_number_or_a_dose_without_its_time_is_no_order(text: str) -> None:
    with pytest.raises((DoseTextError, DraftError)):
        drafted(text)


def test_every_equivalent_is_shown_and_one_that_disagrees_by_more_than_a_percent_is_not_signed() -> None:
    made = drafted("0.5 mg/kg iv over 40 min")
    assert (made.amount_mg, made.mg_kg, made.rate_mg_h, made.rate_mg_kg_h) == (35.0, 0.5, 52.5, 0.75)
    assert (made.volume_ml, made.rate_ml_h) == (35.0, 52.5)
    assert refusal(made.model_copy(update={"rate_ml_h": 53.0})) is None
    assert refusal(made.model_copy(update={"rate_ml_h": 53.1})) == "equivalents_disagree"


# ---- Strength and salt -----------------------------------------------------------------------------------------


def syringe(**changes: Any) -> list[str]:
    """What stands against a bag of 500 mg in 500 mL, made from 50 mL of a vial of 10 mg/mL, with changes."""
    usual = {"product_id": "ketamine-10", "vial_ml": 50.0, "diluent_ml": 450.0, "stated_mg": 500.0, "label_mg_ml": 1.0}
    drug = changes.pop("drug", "ketamine")
    made = Preparation(**(usual | changes))
    found = check(BASE, made, drug=drug, ordered_mg=35.0, ordered_mg_ml=1.0, on=TODAY)
    return [one.why for one in found if one.state != "clear" and one.action == "BLOCK-HARD"]


def test_a_bag_that_was_made_as_it_is_written_has_nothing_against_it() -> None:
    assert syringe() == []


def test_a_vial_of_100_in_a_template_for_10_is_ten_times_the_dose_and_is_caught_before_the_start() -> None:
    found = syringe(product_id="ketamine-100")
    assert len(found) == 3
    assert all("10 times too much" in why for why in found)


def test_the_same_vial_is_caught_in_the_end_by_what_was_drawn_given_and_wasted() -> None:
    found = balance(BASE, drawn_mg=5000.0, given_mg=35.0, wasted_mg=465.0, on=TODAY)
    assert (found.state, found.action) == ("fires", "HOLD")
    assert "10 times too much" in found.why


def test_a_table_of_dilutions_that_is_wrong_five_fold_is_caught_by_the_mass() -> None:
    """A table says that 10 mL of 50 mg/mL in 100 mL make 1 mg/mL; they make 5."""
    found = syringe(product_id="ketamine-50", vial_ml=10.0, diluent_ml=90.0)
    assert any("5 times too much" in why for why in found)


def test_hydrochloride_read_as_base_is_caught_and_named() -> None:
    (why,) = syringe(stated_mg=576.5)
    assert "hydrochloride to base" in why
    assert syringe(stated_mg=576.5, basis="hydrochloride") == []


def test_the_racemate_is_no_esketamine_and_neither_is_drawn_or_written_for_the_other() -> None:
    assert any("ordered is esketamine" in why for why in syringe(drug="esketamine"))
    with pytest.raises(DraftError, match="esketamine"):
        drafted("56 mg intranasal", "D04", concentration_mg_ml=None)
    with pytest.raises(DraftError, match="ketamine iv"):
        drafted("esketamine 0.5 mg/kg iv over 40 min")


def test_nothing_stronger_than_half_of_the_strongest_vial_goes_into_a_vein() -> None:
    assert drafted("0.5 mg/kg iv over 40 min", concentration_mg_ml=50.0).verdict == "ok"
    assert drafted("0.5 mg/kg iv over 40 min", concentration_mg_ml=100.0).verdict == "never"


# ---- Weight ----------------------------------------------------------------------------------------------------


def test_pounds_typed_as_kilograms_are_caught_where_an_earlier_weight_exists() -> None:
    made = drafted("0.3 mg/kg iv over 40 min", weight_kg=154.3, earlier_weights=(Weighed(70.0, date(2026, 10, 1)),))
    assert of(made, "plausibility.weight_unit").state == "fires"
    assert refusal(made, reason="r", second=ANAESTHETIST, second_reason="r") == "above_ceiling"


def test_without_an_earlier_weight_nobody_can_tell_and_the_order_says_so() -> None:
    assert of(drafted("0.5 mg/kg iv over 40 min"), "plausibility.weight_unit").state == "unknown"


def test_a_weight_of_fourteen_months_ago_needs_a_reason() -> None:
    made = drafted("0.5 mg/kg iv over 40 min", weight_measured_on=date(2025, 9, 19))
    assert (of(made, "plausibility.weight_age").state, of(made, "plausibility.weight_age").action) == ("fires", "HOLD")
    assert refusal(made) == "reason_missing"
    assert refusal(made, reason="cannot stand; measured in bed tomorrow") is None


def test_at_a_body_mass_index_of_45_the_milligrams_bind_before_the_milligrams_a_kilogram() -> None:
    heavy: dict[str, Any] = {"weight_kg": 130.0, "height_cm": 170.0}
    half, whole = drafted("0.5 mg/kg iv over 40 min", **heavy), drafted("1 mg/kg iv over 60 min", **heavy)
    assert (half.amount_mg, half.verdict) == (65.0, "ok")
    assert (whole.amount_mg, whole.mg_kg, whole.verdict) == (130.0, 1.0, "never")
    assert drafted("1 mg/kg iv over 60 min").verdict == "needs_reason"
    assert "actual weight" in of(half, "plausibility.mass_index").why


# ---- Cumulative exposure ---------------------------------------------------------------------------------------

WEEK = (
    prior(44.5, 56.0, "intranasal", "esketamine", "another clinic"),
    prior(50, 30.0, "sublingual", where="at home"),
    prior(26, 30.0, "sublingual", where="at home"),
    prior(2, 30.0, "sublingual", where="at home"),
)


def test_a_spray_elsewhere_on_tuesday_troches_at_home_and_an_infusion_on_thursday_are_one_ledger() -> None:
    known = Exposure(doses=WEEK, asked_at=THURSDAY)
    assert (lifetime_mg(known, "ketamine"), lifetime_mg(known, "esketamine")) == (90.0, 56.0)
    made = drafted("0.5 mg/kg iv over 40 min", prior=known)
    held = of(made, "doses.interval")
    assert (held.state, held.action) == ("fires", "HOLD")
    assert "at home" in held.why
    assert refusal(made) == "reason_missing"


def test_what_was_taken_this_morning_counts_in_the_limits_of_the_infusion() -> None:
    made = drafted("0.5 mg/kg iv over 40 min", prior=Exposure(doses=WEEK, asked_at=THURSDAY))
    assert of(made, "doses.exposure").inputs == {"counted_mg": 30.0}
    more = drafted("1 mg/kg iv over 60 min", prior=Exposure(doses=WEEK, asked_at=THURSDAY))
    assert more.verdict == "never"  # 100 mg with those of the morning, for 70 kg


def test_esketamine_elsewhere_counts_twice_towards_an_infusion() -> None:
    spray = prior(5, 28.0, "intranasal", "esketamine", "another clinic")
    made = drafted("0.25 mg/kg iv over 40 min", prior=Exposure(doses=(spray,), asked_at=THURSDAY))
    assert of(made, "doses.exposure").inputs == {"counted_mg": 56.0}
    assert made.verdict == "needs_second"


def test_what_nobody_was_asked_is_not_known_and_never_none() -> None:
    made = drafted("0.5 mg/kg iv over 40 min", prior=Exposure())
    assert of(made, "doses.elsewhere").state == "unknown"
    unknown = drafted("0.5 mg/kg iv over 40 min", prior=Exposure(doses=(prior(3, None, "oral", where="at home"),)))
    assert of(unknown, "doses.exposure").state == "unknown"
    assert refusal(unknown) == "reason_missing"


def test_intervals_of_28_21_and_14_days_at_a_dose_that_creeps_are_looked_at_though_each_step_is_small() -> None:
    doses = tuple(prior(24 * day, mg, "iv") for day, mg in ((63, 28.0), (35, 30.8), (14, 33.9)))
    made = drafted("0.53 mg/kg iv over 40 min", prior=Exposure(doses=doses, asked_at=THURSDAY))
    assert (of(made, "plans.drift").state, of(made, "plans.drift").action) == ("fires", "HOLD")
    assert of(made, "doses.d01").state == "clear"
    assert refusal(made) == "reason_missing"


# ---- Another route is another plan -----------------------------------------------------------------------------


def test_the_dose_of_an_infusion_is_not_copied_to_another_route() -> None:
    with pytest.raises(DraftError, match="at once"):
        drafted("0.5 mg/kg oral over 40 min", "D07", concentration_mg_ml=None, switched_on=frozenset({"D07"}))
    with pytest.raises(DraftError, match="This row is ketamine oral"):
        drafted("0.5 mg/kg iv over 40 min", "D07", switched_on=frozenset({"D07"}))


def test_ketamine_by_mouth_is_off_until_the_clinic_wants_it() -> None:
    with pytest.raises(DraftError, match="off in this clinic"):
        drafted("0.5 mg/kg oral", "D07", concentration_mg_ml=None)


def test_an_inhibitor_that_is_little_by_vein_more_than_doubles_the_exposure_by_mouth() -> None:
    chart, area = healthy(medicines=(medicine("clarithromycin"),)), {}
    for route in ("iv", "oral"):
        (line,) = review(chart, base=BASE, on=TODAY, context=replace(OUTPATIENT, route=route))
        (strength,) = line.strength
        assert strength.area is not None
        area[route] = strength.area.typical
    assert area["iv"] < 1.4
    assert area["oral"] > 2


def test_the_first_dose_by_another_route_is_a_first_dose() -> None:
    known = Exposure(doses=(prior(24 * 30, 35.0, "iv"),), asked_at=THURSDAY)
    assert not is_first(known, "ketamine", "iv")
    assert is_first(known, "ketamine", "oral")
    assert is_first(known, "esketamine", "iv")


def test_at_72_years_the_first_spray_is_one_device() -> None:
    spray: dict[str, Any] = {"concentration_mg_ml": None, "age_y": 72.0, "first_session": True}
    assert drafted("esketamine 28 mg intranasal", "D05", **spray).verdict == "ok"
    assert drafted("esketamine 56 mg intranasal", "D05", **spray).verdict == "needs_reason"
    assert drafted("esketamine 56 mg intranasal", "D04", **spray).verdict == "needs_reason"
