"""What another drug does by each route: little by vein, much by mouth, never more certain than what was measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import Dose, Patient, knowledge, predict
from norket.pharmacology import interactions, models
from norket.pharmacology.interactions import Explanation, Interaction, RouteRatio, Span, factors, resolve, route_ratios
from norket.pharmacology.models import ashraf_2018
from norket.pharmacology.refusals import NotCoveredError

SEVENTY = Patient(70, 30, "male")
CHANGING = [one.drug for one in interactions.known() if one.kind == "curve"]
INHIBITORS = ("clarithromycin", "ticlopidine", "cyp2b6-blocked", "grapefruit")
INDUCERS = ("rifampicin", "st-johns-wort")
# Section "derived route ratios" of the evidence: liver and gut multiplier, then the area by vein, mouth, tongue, nose.
DERIVED = {
    "CYP2B6 fully blocked": (0.37, 1.0, 1.30, 2.70, 1.68, 1.44),
    "ticlopidine as observed by mouth": (1 / 2.4, 1.0, 1.25, 2.40, 1.56, 1.36),
    "clarithromycin, liver only": (1 / 2.6, 1.0, 1.28, 2.60, 1.64, 1.42),
    "clarithromycin, gut fully blocked and liver": (0.5225, 0.0, 1.16, 2.60, 1.55, 1.31),
    "rifampicin fitted to vein and mouth": (4.76, 2.89, 0.86, 0.14, 0.67, 0.79),
    "gut wall fully blocked, liver untouched": (1.0, 0.0, 1.00, 1.36, 1.10, 1.04),
}
ROUTES = ("iv", "oral", "sublingual", "intranasal")


def area(route: str, liver: float, gut: float, weight_kg: float = 70.0) -> float:
    """The area of one milligram in the typical patient, with these multipliers of the intrinsic clearances."""
    structure = models.model("ashraf_routes")
    dose = Dose(1.0, route, "esketamine")  # type: ignore[arg-type]
    changed = {"CLINT_LIVER": liver, "CLINT_GUT": gut}
    none = np.zeros((1, len(structure.varying)))
    (segment,) = structure.segments(Patient(weight_kg, 30, "male"), [dose], none, changed)
    system = segment.system
    entered = sum(system.inputs[one.way][0] * one.amount_mg for one in structure.inputs([dose], [0], [1.0]))
    return float(system.outputs["ketamine"][0] @ np.linalg.solve(system.A[0], -np.asarray(entered)))


def ratio(route: str, liver: float, gut: float, weight_kg: float = 70.0) -> float:
    return area(route, liver, gut, weight_kg) / area(route, 1.0, 1.0, weight_kg)


def by_route(drug: str) -> dict[str, RouteRatio]:
    return {one.route: one for one in route_ratios(drug, SEVENTY)}


@pytest.mark.parametrize(("route", "place"), [(route, place) for place, route in enumerate(ROUTES)])
@pytest.mark.parametrize("case", DERIVED)
def test_the_derived_table_of_routes_comes_out_within_two_hundredths(case: str, route: str, place: int) -> None:
    liver, gut, *expected = DERIVED[case]
    assert ratio(route, liver, gut) == pytest.approx(expected[place], abs=0.02)


def test_the_derived_cases_are_among_the_explanations() -> None:
    stated = {
        (e.liver.typical, e.gut.typical) for one in interactions.known() for e in (*one.explanations, *one.refuted)
    }
    for liver, gut, *_ in DERIVED.values():
        assert any(abs(liver - there) < 1e-3 and abs(gut - wall) < 1e-3 for there, wall in stated), (liver, gut)


@pytest.mark.parametrize("drug", CHANGING)
def test_every_multiplier_follows_from_the_measured_area_by_mouth(drug: str) -> None:
    """An oral area goes with the gain in passing the gut over the multiplier of the liver, exactly."""
    (one,) = resolve([drug])
    share = next(value for value in knowledge.read().entry("interactions.spread").values)
    assert share.low is not None
    assert share.high is not None
    oral = [seen for seen in one.observed if seen.route == "oral"]
    for seen in oral:
        span = seen.auc_ratio
        low, high = (
            (span.low, span.high) if span.low < span.high else (share.low * span.typical, share.high * span.typical)
        )
        for way in one.explanations:
            assert ratio("oral", way.liver.typical, way.gut.typical) == pytest.approx(span.typical, rel=5e-3)
            assert ratio("oral", way.liver.high, way.gut.high) == pytest.approx(low, rel=5e-3)
            # Ticlopidine stops where CYP2B6 is gone; every other range goes all the way.
            most = min(high, ratio("oral", 0.37, 1.0)) if drug == "ticlopidine" else high
            assert ratio("oral", way.liver.low, way.gut.low) == pytest.approx(most, rel=5e-3)


@pytest.mark.parametrize("drug", INHIBITORS)
def test_an_inhibitor_changes_the_vein_little_the_mouth_much_and_nose_and_tongue_between(drug: str) -> None:
    found = by_route(drug)
    iv, oral, tongue, nose = (found[route].auc.typical for route in ROUTES)
    assert 1.0 < iv < 1.35
    assert 2.4 - 1e-3 <= oral <= 3.0 + 1e-3
    assert iv < nose < tongue < oral
    for route in ("im", "sc"):
        assert found[route].auc.typical == pytest.approx(iv, rel=1e-9)


@pytest.mark.parametrize("drug", CHANGING)
def test_each_explanation_keeps_the_vein_under_1_35_fold(drug: str) -> None:
    (one,) = resolve([drug])
    for way in one.explanations:
        assert ratio("iv", way.liver.typical, way.gut.typical) < 1.35


@pytest.mark.parametrize("drug", INDUCERS)
def test_an_inducer_takes_most_from_the_mouth_and_least_from_the_vein(drug: str) -> None:
    found = by_route(drug)
    iv, oral, tongue, nose = (found[route].auc for route in ROUTES)
    assert oral.high < tongue.high < nose.high < iv.high < 1.0
    assert iv.low > 0.84


@pytest.mark.parametrize("drug", CHANGING)
def test_what_was_measured_lies_inside_the_stated_range(drug: str) -> None:
    found = by_route(drug)
    (one,) = resolve([drug])
    for seen in one.observed:
        span = found[seen.route].auc
        assert span.low <= seen.auc_ratio.typical * (1 + 5e-3)
        assert seen.auc_ratio.typical * (1 - 5e-3) <= span.high


def test_ticlopidine_by_nose_was_not_fitted_and_is_met() -> None:
    nose = by_route("ticlopidine")["intranasal"]
    (seen,) = nose.observed
    assert seen.auc_ratio.typical == 1.29
    assert nose.auc.low - 0.02 < 1.29 < nose.auc.high


def test_a_measured_peak_outside_the_range_is_listed_as_not_met() -> None:
    for drug in CHANGING:
        (one,) = resolve([drug])
        for seen in one.observed:
            if seen.cmax_ratio is None:
                continue
            span = by_route(drug)[seen.route].cmax
            if not span.low <= seen.cmax_ratio.typical <= span.high:
                assert any("peak" in text for text in one.not_met), (drug, seen.route, span)


def test_grapefruit_by_the_gut_wall_alone_is_refuted_and_listed_as_not_met() -> None:
    (one,) = resolve(["grapefruit"])
    (alone,) = one.refuted
    assert ratio("oral", alone.liver.typical, alone.gut.typical) == pytest.approx(1.36, abs=0.005)
    (seen,) = one.observed
    assert (seen.auc_ratio.low, seen.auc_ratio.high) == (2.4, 3.6)
    assert seen.auc_ratio.low > 1.36
    assert any("1.36-fold is the most" in text for text in one.not_met)
    assert any("2.4 to 3.6-fold" in text for text in one.warnings)


def test_norketamine_over_ketamine_tells_the_first_explanation_from_the_second() -> None:
    """Clarithromycin -54 %, grapefruit -57 %: nearer with the gut wall blocked than by the liver alone."""

    def metabolite_ratio(way: Explanation) -> float:
        structure = models.model("ashraf_2018")
        changed = {"CLINT_LIVER": way.liver.typical, "CLINT_GUT": way.gut.typical}
        dose = [Dose(1.0, "oral", "esketamine")]
        areas = []
        for change in ({}, changed):
            (segment,) = structure.segments(SEVENTY, dose, np.zeros((1, 5)), change)
            state = np.linalg.solve(segment.system.A[0], -segment.system.inputs["oral"][0])
            areas.append([segment.system.outputs[name][0] @ state for name in ("ketamine", "norketamine")])
        (ketamine, norketamine), (changed_ketamine, changed_norketamine) = areas
        return float((changed_norketamine / changed_ketamine) / (norketamine / ketamine))

    clarithromycin, grapefruit = resolve(["clarithromycin"])[0], resolve(["grapefruit"])[0]
    with_gut, liver_only = (metabolite_ratio(way) for way in clarithromycin.explanations)
    assert abs(with_gut - 0.46) < 0.02 < abs(liver_only - 0.46)
    assert metabolite_ratio(grapefruit.explanations[0]) == pytest.approx(0.43, abs=0.03)


@given(
    route=st.sampled_from(["iv", "im", "sc", "oral", "sublingual", "intranasal"]),
    weight_kg=st.floats(39, 170),
    liver=st.tuples(st.floats(0.05, 10), st.floats(0.05, 10)),
    gut=st.tuples(st.floats(0, 10), st.floats(0, 10)),
)
def test_more_enzyme_never_means_a_larger_area(
    route: str, weight_kg: float, liver: tuple[float, float], gut: tuple[float, float]
) -> None:
    small, large = area(route, max(liver), max(gut), weight_kg), area(route, min(liver), min(gut), weight_kg)
    assert small <= large * (1 + 1e-9)


@given(route=st.sampled_from(["iv", "im", "sc", "oral", "sublingual", "intranasal"]), weight_kg=st.floats(39, 170))
def test_a_factor_of_one_changes_nothing(route: str, weight_kg: float) -> None:
    assert ratio(route, 1.0, 1.0, weight_kg) == 1.0


@pytest.mark.parametrize("drug", CHANGING)
def test_drawn_factors_stay_in_the_range_of_their_explanation_and_follow_the_seed(drug: str) -> None:
    found, structure = resolve([drug]), models.model("ashraf_2018")
    typical, drawn = factors(found, structure, 400, seed=5)
    first = found[0].explanations[0]
    assert typical == {"CLINT_LIVER": first.liver.typical, "CLINT_GUT": first.gut.typical}
    liver, gut = drawn["CLINT_LIVER"], drawn["CLINT_GUT"]
    belongs = [
        (gut == way.gut.typical) & (liver >= way.liver.low * (1 - 1e-12)) & (liver <= way.liver.high * (1 + 1e-12))
        for way in found[0].explanations
    ]
    assert np.any(belongs, axis=0).all()
    for mine in belongs:  # each explanation has its share of the draws
        assert mine.mean() > 0.4 / len(belongs)
    again = factors(found, structure, 400, seed=5)[1]
    other = factors(found, structure, 400, seed=6)[1]
    assert np.array_equal(again["CLINT_LIVER"], liver)
    assert not np.array_equal(other["CLINT_LIVER"], liver)


def test_places_between_low_and_high_are_even_on_the_log_scale() -> None:
    ticlopidine = resolve(["ticlopidine"])
    span = ticlopidine[0].explanations[0].liver
    drawn = factors(ticlopidine, models.model("ashraf_2018"), 20_000, seed=1)[1]["CLINT_LIVER"]
    assert np.median(drawn) == pytest.approx(np.sqrt(span.low * span.high), rel=0.01)


@pytest.mark.parametrize("drug", INHIBITORS)
def test_no_inhibitor_ever_lowers_an_area_in_any_drawn_patient(drug: str) -> None:
    drawn = factors(resolve([drug]), models.model("ashraf_routes"), 40, seed=2)[1]
    for route in ROUTES:
        for liver, gut in zip(drawn["CLINT_LIVER"], drawn["CLINT_GUT"], strict=True):
            assert ratio(route, liver, gut) >= 1.0


def test_names_are_found_by_drug_class_or_other_name_in_any_case() -> None:
    for said, drug in (
        ("Clarithromycin", "clarithromycin"),
        ("  rifampin ", "rifampicin"),
        ("grapefruit juice", "grapefruit"),
        ("St John's wort", "st-johns-wort"),
        ("St John’s Wort", "st-johns-wort"),  # as a word processor writes it
        ("diazepam", "cns-depressant"),
        ("CNS depressants", "cns-depressant"),
    ):
        assert [one.drug for one in resolve([said])] == [drug]
    assert len(resolve(["diazepam", "morphine"])) == 1
    assert resolve([]) == ()


def test_an_unknown_drug_is_refused_with_the_drugs_that_are_known() -> None:
    for name in ("aspirin", "", "clarithromycinn"):
        with pytest.raises(NotCoveredError, match=r"known are: clarithromycin, ticlopidine") as refused:
            resolve(["ticlopidine", name])
        assert refused.value.code == "interaction_not_known"


def test_two_drugs_that_both_change_the_curve_are_refused_and_one_with_an_alert_is_not() -> None:
    with pytest.raises(NotCoveredError, match=r"clarithromycin and rifampicin .* was not studied"):
        resolve(["clarithromycin", "rifampicin"])
    assert [one.drug for one in resolve(["clarithromycin", "diazepam"])] == ["clarithromycin", "cns-depressant"]


@pytest.mark.parametrize("drug", ["diazepam", "tranylcypromine", "methylphenidate", "vasopressin", "theophylline"])
def test_a_drug_that_only_adds_to_an_effect_says_so_and_changes_no_curve(drug: str) -> None:
    found = resolve([drug])
    assert not interactions.changes_curve(found)
    assert factors(found, models.model("otto_2021"), 10, 0) == ({}, {})
    said, alert = found[0].warnings
    assert "no change of the concentration of ketamine is known" in said
    assert alert.startswith("Alert")
    with pytest.raises(NotCoveredError, match="no change of the concentration") as refused:
        route_ratios(drug, SEVENTY)
    assert refused.value.code == "interaction_not_known"


def test_itraconazole_was_studied_and_changed_nothing() -> None:
    (one,) = resolve(["itraconazole"])
    assert one.kind == "none-found"
    assert any("no rise" in text for text in one.warnings)


def test_a_model_without_intrinsic_clearances_takes_no_interaction() -> None:
    with pytest.raises(NotCoveredError, match="otto_2021 has no intrinsic clearances"):
        factors(resolve(["rifampicin"]), models.model("otto_2021"), 10, 0)


@pytest.mark.parametrize("drug", CHANGING)
def test_a_warning_says_what_was_assumed_the_range_and_the_structure(drug: str) -> None:
    (one,) = resolve([drug])
    text = one.warnings[0]
    assert "Ashraf 2018" in text
    assert "to be signed" in text
    for way in one.explanations:
        assert str(way.liver) in text
    for seen in one.observed:
        assert f"{seen.auc_ratio.typical:g}" in text


def test_nothing_signed_and_every_curve_change_is_a_proposal_with_its_derivation() -> None:
    for one in interactions.known():
        if one.kind == "curve":
            assert (one.entry.certainty, one.entry.policy) == ("D", "to-be-signed")
            assert one.entry.derivation


def test_a_prediction_with_clarithromycin_is_higher_by_mouth_and_says_why() -> None:
    without = predict(SEVENTY, ["0.25 mg/kg oral"], model="ashraf_2018", draws=50)
    found = predict(SEVENTY, ["0.25 mg/kg oral"], interactions=["clarithromycin", "diazepam"], draws=50)
    assert found.ketamine.model == "ashraf_2018"
    gain = found.summaries["ketamine"].auc_ng_h_ml / without.summaries["ketamine"].auc_ng_h_ml
    assert gain == pytest.approx(2.6, rel=5e-3)
    assert any("clarithromycin" in text and "Ashraf 2018" in text for text in found.warnings)
    assert any("with the same model without the drug" in text for text in found.warnings)
    assert any(text.startswith("Alert") for text in found.warnings)
    assert "hagelberg-2010" in {source.key for source in found.sources}


def test_by_other_routes_the_composite_answers() -> None:
    found = predict(SEVENTY, ["50 mg sublingual"], interactions=["rifampicin"], draws=20)
    assert found.ketamine.model == "ashraf_routes"


def test_an_alert_leaves_the_default_models_as_they_were() -> None:
    dose = ["0.5 mg/kg iv over 40 min"]
    plain, alerted = predict(SEVENTY, dose, draws=20), predict(SEVENTY, dose, draws=20, interactions=["diazepam"])
    assert [track.model for track in alerted.tracks] == [track.model for track in plain.tracks]
    assert np.array_equal(alerted.ketamine.p95, plain.ketamine.p95)
    assert any("sedation" in text for text in alerted.warnings)


def test_a_span_prints_its_range_and_a_point_only_itself() -> None:
    assert str(Span(0.4354, 0.5225, 0.6531)) == "0.52 (0.44 to 0.65)"
    assert str(Span(0.0, 0.0, 0.0)) == "0"


def test_the_passage_of_the_gut_at_70_kg_gains_what_the_derivations_say() -> None:
    typical = {name: np.array([value]) for name, value in models.model("ashraf_2018").typical.items()}
    through = ashraf_2018.passage(typical, {"weight_kg": 70.0, "liver_function": 1.0})
    assert 1 / through.gut[0] == pytest.approx(1.3585, abs=5e-5)


def test_every_known_interaction_reads() -> None:
    assert all(isinstance(one, Interaction) for one in interactions.known())
    assert {"clarithromycin", "ticlopidine", "cyp2b6-blocked", "grapefruit", "rifampicin"} <= set(CHANGING)
