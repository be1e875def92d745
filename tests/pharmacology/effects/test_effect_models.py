"""The effect models: what each answers for a concentration, who varies how, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import norket
from norket.pharmacology.effects import effect_ids, effect_model, shelf
from norket.pharmacology.refusals import NotCoveredError

EVERY = sorted(shelf())
LEVELS = st.floats(0, 20_000)


@pytest.mark.parametrize("name", EVERY)
def test_a_model_says_what_it_rests_on(name: str) -> None:
    model = effect_model(name)
    assert model.title
    assert model.population
    assert any(limit.startswith("Tolerance: ") for limit in model.limits)
    assert any(entry.sources for entry in model.entries)
    assert model.certainty in "ABCD"
    assert model.driver.site in ("arterial", "venous", "not stated")


@pytest.mark.parametrize("name", EVERY)
def test_nothing_given_does_nothing(name: str) -> None:
    model = effect_model(name)
    assert float(model.response(np.zeros(1), model.typical)[0]) == 0
    assert (model.response(np.zeros((3, 50)), model.draw(50, seed=1)) == 0).all()


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(EVERY), LEVELS, LEVELS, st.integers(0, 5))
def test_more_drug_never_has_less_effect(name: str, one: float, other: float, seed: int) -> None:
    model, (low, high) = effect_model(name), sorted((one, other))
    drawn = model.draw(20, seed)
    few, many = (model.response(np.full((1, 20), level), drawn) for level in (low, high))
    assert (few >= 0).all()
    assert (few <= many + 1e-12).all()


@pytest.mark.parametrize("name", EVERY)
def test_an_effect_has_a_ceiling(name: str) -> None:
    model = effect_model(name)
    drawn = model.draw(200, seed=2)
    high, higher = (model.response(np.full((1, 200), level), drawn) for level in (1e7, 1e8))
    assert high == pytest.approx(higher, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "half"),
    [
        ("dissociation_olofsen_2022", 121),
        ("drug_high_simons_2022", 71),
        ("antinociception_olofsen_2022", 121),
        ("antinociception_simons_2022", 339),
        ("pain_relief_dahan_2011", 10.5),
    ],
)
def test_a_part_of_the_maximum_is_one_half_at_the_published_concentration(name: str, half: float) -> None:
    model = effect_model(name)
    assert float(model.response(np.array([half]), model.typical)[0]) == pytest.approx(0.5)
    assert model.driver.enantiomer == "S"


def test_two_studies_of_antinociception_stand_side_by_side() -> None:
    one, other = effect_model("antinociception_olofsen_2022"), effect_model("antinociception_simons_2022")
    assert (one.card.alternative, other.card.alternative) == (other.id, one.id)
    assert 2 < other.typical["C50"] / one.typical["C50"] < 3


@pytest.mark.parametrize(("level", "rise"), [(100, 8.6), (185, 15.91), (250, 21.5)])
def test_pressure_rises_straight_in_the_studied_range(level: float, rise: float) -> None:
    model = effect_model("systolic_pressure")
    assert float(model.response(np.array([level]), model.typical)[0]) == pytest.approx(rise)


def test_pressure_bends_above_its_range_and_ends_at_its_ceiling() -> None:
    model = effect_model("systolic_pressure")
    at, just_above, far = (float(model.response(np.array([x]), model.typical)[0]) for x in (250.0, 251.0, 1e5))
    assert 0.07 < just_above - at < 0.086
    assert far == pytest.approx(21.5 * 1.4)
    assert far < 0.086 * 500


def test_a_sensitive_patient_gains_no_more_above_the_range_than_anybody() -> None:
    model = effect_model("systolic_pressure")
    drawn = model.draw(500, seed=3)
    gained = model.response(np.full((1, 500), 1e6), drawn) - model.response(np.full((1, 500), 250.0), drawn)
    assert gained == pytest.approx(np.full((1, 500), 0.4 * 21.5))


def test_the_half_of_adults_are_anaesthetised_at_two_milligrams_a_litre() -> None:
    for name, middle in (("anaesthesia_adult", 2000.0), ("awakening_adult", 740.0)):
        model = effect_model(name)
        below, about, above = (float(model.response(np.array([x * middle]), model.typical)[0]) for x in (0.5, 1.0, 2.0))
        assert below < 0.1
        assert about == pytest.approx(0.5, abs=0.08)
        assert above > 0.95


def test_sedation_of_children_ends_at_fully_asleep() -> None:
    model = effect_model("sedation_herd_2008")
    assert float(model.response(np.array([560.0]), model.typical)[0]) == pytest.approx(4.695 / 2)
    assert (model.response(np.full((1, 1000), 1e6), model.draw(1000, seed=0)) <= 5).all()


def test_the_same_seed_gives_the_same_patients_and_another_does_not() -> None:
    for model in shelf().values():
        one, same, other = model.draw(40, 4), model.draw(40, 4), model.draw(40, 5)
        for name in one:
            assert (one[name] == same[name]).all()
        for name in model.varying:
            assert (one[name] != other[name]).any()


def test_a_patient_is_the_same_in_models_that_share_a_figure() -> None:
    one, other = (
        effect_model(name).draw(30, 7) for name in ("dissociation_olofsen_2022", "antinociception_olofsen_2022")
    )
    assert (one["C50"] == other["C50"]).all()
    assert (one["half_time"] == other["half_time"]).all()


@pytest.mark.parametrize("name", EVERY)
def test_the_draws_have_the_covariance_that_the_model_states(name: str) -> None:
    model = effect_model(name)
    drawn = model.draw(20_000, seed=11)
    for number, parameter in enumerate(model.varying):
        logs = np.log(drawn[parameter] / model.typical[parameter])
        assert logs.mean() == pytest.approx(0, abs=0.05)
        assert logs.var() == pytest.approx(model.covariance[number, number], rel=0.05)


def test_the_delay_is_drawn_over_its_published_interval() -> None:
    half_times = effect_model("dissociation_olofsen_2022").draw(20_000, seed=0)["half_time"]
    low, middle, high = np.percentile(half_times, [2.5, 50, 97.5])
    assert low == pytest.approx(5.1, rel=0.06)
    assert middle == pytest.approx(8.3, rel=0.02)
    assert high == pytest.approx(13.0, rel=0.06)


def test_what_is_not_known_of_the_mean_rise_of_the_heart_rate_is_sampled() -> None:
    # 4.09 a minute (0.55 to 7.63) at 185 ng/mL: a standard error of 44 %. Patients differ by 70 % besides.
    model, pressure = effect_model("heart_rate"), effect_model("systolic_pressure")
    error = (7.63 - 0.55) / (2 * 1.96) / 4.09
    doubt = model.covariance[0, 0] - pressure.covariance[0, 0]
    assert np.sqrt(np.expm1(doubt)) == pytest.approx(error, rel=0.01)
    slopes = model.draw(20_000, seed=0)["slope"]
    assert np.median(slopes) == pytest.approx(0.022, rel=0.03)
    assert np.percentile(slopes, 95) / np.percentile(slopes, 5) > 11


def test_the_plain_steepness_of_slow_relief_is_a_proposal() -> None:
    model = effect_model("pain_relief_dahan_2011")
    assert model.typical["hill"] == 1
    assert "hill" not in {value.name for value in model.entry.values}
    shared = model.related["effect_models.shared"]
    assert (shared.certainty, shared.policy, model.certainty) == ("D", "to-be-signed", "D")
    assert "Hill 1" in shared.derivation


def test_patients_differ_in_how_far_their_pain_falls() -> None:
    model = effect_model("pain_intensity_olofsen_2012")
    falls = model.response(np.full((1, 20_000), 100.0), model.draw(20_000, seed=0))
    assert float(model.response(np.array([100.0]), model.typical)[0]) == pytest.approx(3.8)
    assert np.median(falls) == pytest.approx(3.8, rel=0.02)
    assert (falls > 3.8 * 1.5).mean() > 0.1
    assert falls.std() / falls.mean() == pytest.approx(0.4, abs=0.02)
    assert any("spread" in text and "proposal" in text for text in model.card.beside)
    # Above the reference nobody gains more, however sensitive.
    assert model.response(np.full((1, 50), 900.0), model.draw(50, 1)) == pytest.approx(
        model.response(np.full((1, 50), 100.0), model.draw(50, 1))
    )


def test_the_delay_of_pain_intensity_is_that_of_its_own_source() -> None:
    model = effect_model("pain_intensity_olofsen_2012")
    assert (model.typical["half_time"], model.driver.delay) == (11.8, "half_time")
    (source,) = model.entry.sources
    assert (source.key, "11.8 (pain intensity)" in source.quote) == ("olofsen-2012", True)


@pytest.mark.parametrize(("name", "figure"), [("systolic_pressure", "pooled_sbp_rise_mmhg"),
                                              ("diastolic_pressure", "pooled_dbp_rise_mmhg")])  # fmt: skip
def test_the_pooled_rise_stands_beside_that_of_the_largest_series(name: str, figure: str) -> None:
    pooled = norket.knowledge.read().figure("effects.blood_pressure_course", figure)
    said = " ".join(effect_model(name).card.beside)
    assert f"{pooled.value:.1f} ({pooled.low:.1f} to {pooled.high:.1f})" in said
    assert "largest mean rise" in said
    assert "too wide" in said


def test_only_a_threshold_has_a_concentration_below_which_it_says_nothing() -> None:
    told = {name: model.told_from for name, model in shelf().items() if model.told_from}
    assert told == pytest.approx({"awakening_adult": 740 - 2 * 240, "anaesthesia_adult": 2000 - 2 * 500})


def test_responders_are_a_matter_of_chance_as_often_as_published() -> None:
    drawn = effect_model("pain_relief_dahan_2011").draw(20_000, seed=0)["responder"]
    assert set(drawn) == {0.0, 1.0}
    assert drawn.mean() == pytest.approx(0.67, abs=0.02)


@pytest.mark.parametrize(("name", "age", "covered"), [
    ("dissociation_olofsen_2022", 18, True),
    ("dissociation_olofsen_2022", 17.9, False),
    ("systolic_pressure", 18, True),
    ("systolic_pressure", 17.9, False),
    ("sedation_herd_2008", 17.9, True),
    ("sedation_herd_2008", 18, False),
    ("sedation_herd_2008", 1.3, True),
    ("sedation_herd_2008", 1.29, False),
])  # fmt: skip
def test_an_age_outside_the_covered_one_is_refused(name: str, age: float, covered: bool) -> None:
    if covered:
        effect_model(name).check(age)
        return
    with pytest.raises(NotCoveredError, match="covers ages") as refusal:
        effect_model(name).check(age)
    assert refusal.value.code == "patient_not_covered"


def test_the_youngest_child_of_sedation_is_two_standard_deviations_below_the_mean() -> None:
    age = next(value for value in effect_model("sedation_herd_2008").entry.values if value.name == "age")
    assert age.low == pytest.approx(8.3 - 2 * 3.5)


def test_an_effect_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(NotCoveredError, match="dissociation_olofsen_2022") as refusal:
        effect_model("happiness")
    assert refusal.value.code == "effect_not_known"
    assert "dissociation_olofsen_2022" in effect_ids()


def test_one_reading_of_pressure_has_an_error_and_a_part_of_an_effect_has_none() -> None:
    assert effect_model("systolic_pressure").residual_sd == 8
    assert effect_model("dissociation_olofsen_2022").residual_sd is None
