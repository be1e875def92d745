"""Effects of a prediction: the right site and form, both kinds of spread, and what is said beside them."""

import json

import numpy as np
import pytest

import norket
from norket import Patient
from norket.pharmacology.effects import Effects, effect_model, predict_effects
from norket.pharmacology.effects.curves import curves, run_at
from norket.pharmacology.refusals import NotCoveredError

HALF = "0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def prediction(patient: Patient) -> norket.Prediction:
    return norket.predict(patient, [HALF], draws=400)


@pytest.fixture(scope="module")
def effects(prediction: norket.Prediction) -> Effects:
    return predict_effects(prediction)


def test_an_adult_has_every_effect_but_those_of_children_and_of_anaesthesia(effects: Effects) -> None:
    assert set(effects.left_out) == {"sedation_herd_2008", "awakening_adult", "anaesthesia_adult"}
    assert "covers ages" in effects.left_out["sedation_herd_2008"]
    assert len(effects) == 11


@pytest.mark.parametrize(("dose", "told"), [
    ("0.5 mg/kg iv over 40 min", set()),
    ("0.9 mg/kg iv over 40 min", {"awakening_adult"}),
    ("5 mg/kg iv over 40 min", {"awakening_adult", "anaesthesia_adult"}),
])  # fmt: skip
def test_anaesthesia_is_told_from_two_standard_deviations_below_its_level(
    patient: Patient, dose: str, told: set[str]
) -> None:
    prediction = norket.predict(patient, [dose], draws=400)
    found = predict_effects(prediction)
    most = prediction.track("ketamine", site="venous").p95.max()
    assert told == {name for name, least in (("awakening_adult", 260), ("anaesthesia_adult", 1000)) if most >= least}
    for name in ("awakening_adult", "anaesthesia_adult"):
        if name in told:
            assert any("does not mean that nobody is sedated" in text for text in found[name].warnings)
            continue
        assert "does not mean that nobody is sedated" in found.left_out[name]
        with pytest.raises(NotCoveredError, match="tells nothing below") as refusal:
            predict_effects(prediction, [name])
        assert refusal.value.code == "dose_not_covered"


@pytest.mark.parametrize(("dose", "model"), [(HALF, "ashraf_2018"), ("esketamine 56 mg intranasal", "ashraf_routes")])
def test_beside_another_drug_no_effect_is_told_but_the_ratio_of_the_same_model(
    patient: Patient, dose: str, model: str
) -> None:
    with_drug = norket.predict(patient, [dose], draws=20, interactions=["clarithromycin"])
    without = norket.predict(patient, [dose], draws=20, model=model)
    found = predict_effects(with_drug)
    assert not found
    one, plain = with_drug.summaries["ketamine"], without.summaries["ketamine"]
    ratios = (one.cmax_ng_ml / plain.cmax_ng_ml, one.auc_ng_h_ml / plain.auc_ng_h_ml)
    said = found.left_out["systolic_pressure"]
    assert "with clarithromycin" in said
    assert "{:.2f} times the peak and {:.2f} times the area".format(*ratios) in said
    assert min(ratios) > 1
    with pytest.raises(NotCoveredError, match="same model without the drug") as refusal:
        predict_effects(with_drug, ["systolic_pressure"])
    assert refusal.value.code == "interaction_not_known"


def test_a_drug_that_only_adds_to_effects_leaves_them_as_they_are(patient: Patient, effects: Effects) -> None:
    beside = predict_effects(norket.predict(patient, [HALF], draws=400, interactions=["naltrexone"]))
    assert set(beside) == set(effects)
    assert beside["systolic_pressure"].typical == pytest.approx(effects["systolic_pressure"].typical)


def test_no_effect_is_told_from_a_model_of_ratios(patient: Patient) -> None:
    ratios = norket.predict(patient, [HALF], model="ashraf_routes", draws=5)
    assert not predict_effects(ratios)
    with pytest.raises(NotCoveredError, match="interactions and ratios only"):
        predict_effects(ratios, ["systolic_pressure"])
    assert predict_effects(norket.predict(patient, [HALF], model="ashraf_2018", draws=5), ["systolic_pressure"])


def test_the_band_holds_the_interval_of_the_delay(patient: Patient) -> None:
    # Ten minutes into an infusion of the racemate: half-times from 5.1 to 13.0 min against 8.3 for everybody.
    prediction = norket.predict(patient, [HALF], draws=4000, times_min=[10.0])
    model, run = effect_model("dissociation_olofsen_2022"), run_at(prediction, "ketamine", "arterial")
    assert run is not None
    drawn = model.draw(4000, prediction.seed)
    assert np.percentile(drawn["half_time"], [2.5, 97.5]) == pytest.approx([5.1, 13.0], rel=0.06)
    levels = [
        curves(run, "ketamine", prediction.times_min, (8.3, delay)).s_drawn[0]
        for delay in (drawn["half_time"], np.full(4000, 8.3))
    ]
    wide, narrow = (np.log(np.percentile(level, 95) / np.percentile(level, 5)) for level in levels)
    assert wide > 1.4 * narrow
    parts = [model.response(level[None, :], drawn)[0] for level in levels]
    track = predict_effects(prediction, [model.id])[model.id]
    assert (track.p5[0], track.p95[0]) == pytest.approx(tuple(np.percentile(parts[0], [5, 95])), rel=0.02)
    sampled, fixed = (np.var(np.log(part / (1 - part))) for part in parts)
    assert sampled > fixed + 0.05


def test_dissociation_follows_arterial_and_pressure_venous_ketamine(effects: Effects) -> None:
    dissociation, pressure = effects["dissociation_olofsen_2022"], effects["systolic_pressure"]
    assert (dissociation.driver.site, dissociation.model) == ("arterial", "kamp_2020")
    assert (pressure.driver.site, pressure.model) == ("venous", "otto_2021")
    assert (effects["perception_bowdle_1998"].driver.site, dissociation.warnings) == ("venous", ())


def test_pressure_is_the_slope_times_the_venous_curve(prediction: norket.Prediction, effects: Effects) -> None:
    venous = prediction.track("ketamine", site="venous").typical
    assert effects["systolic_pressure"].typical == pytest.approx(0.086 * venous, rel=1e-9)
    assert effects["diastolic_pressure"].typical == pytest.approx(0.059 * venous, rel=1e-9)


def test_the_delay_is_as_exact_as_the_effect_site_of_the_model(prediction: norket.Prediction, effects: Effects) -> None:
    s_form = prediction.track("s_effect_site").typical
    expected = s_form**2 / (121**2 + s_form**2)
    assert effects["dissociation_olofsen_2022"].typical == pytest.approx(expected, rel=1e-9)


def test_the_times_asked_for_make_no_difference(prediction: norket.Prediction, effects: Effects) -> None:
    few = predict_effects(prediction, ["dissociation_olofsen_2022"], times_min=[41.0, 300.0])[
        "dissociation_olofsen_2022"
    ]
    all_of_them = effects["dissociation_olofsen_2022"]
    for name in ("typical", "p5", "p50", "p95", "mean"):
        assert getattr(few, name) == pytest.approx(getattr(all_of_them, name)[[41, 300]], rel=1e-9)


def test_the_band_lies_around_the_median_and_holds_both_kinds_of_spread(effects: Effects) -> None:
    for track in effects.values():
        assert (track.p5 <= track.p50).all()
        assert (track.p50 <= track.p95).all()
    pressure, output = effects["systolic_pressure"], effects["cardiac_output_sigtermans_2009"]
    # 70 % between patients in the slope is far wider than the concentrations alone.
    assert pressure.p95[40] / pressure.p5[40] > 6
    assert output.p95[40] / output.p5[40] < 2


def test_half_as_much_esketamine_does_the_same(patient: Patient, effects: Effects) -> None:
    s_only = predict_effects(norket.predict(patient, ["esketamine 0.25 mg/kg iv over 40 min"], draws=400))
    assert set(s_only) == set(effects)
    for name, track in s_only.items():
        assert track.typical == pytest.approx(effects[name].typical, rel=1e-9)
        assert track.p95 == pytest.approx(effects[name].p95, rel=1e-9)
    assert any("counts twice" in text for text in s_only["systolic_pressure"].warnings)
    assert not any("counts twice" in text for text in s_only["dissociation_olofsen_2022"].warnings)


def test_of_a_racemate_half_is_s(prediction: norket.Prediction) -> None:
    run = run_at(prediction, "ketamine", "arterial")
    assert run is not None
    found = curves(run, "ketamine", prediction.times_min)
    assert found.s_typical == pytest.approx(found.typical / 2)
    assert found.typical == pytest.approx(prediction.ketamine.typical)
    assert found.drawn == pytest.approx(prediction.individuals("ketamine"))


def test_a_mixed_history_counts_each_form(patient: Patient) -> None:
    mixed = norket.predict(patient, ["10 mg iv over 10 min", "esketamine 5 mg iv over 10 min"], draws=5)
    racemate = norket.predict(patient, ["20 mg iv over 10 min"], draws=5)
    one, other = (predict_effects(found, ["systolic_pressure"])["systolic_pressure"] for found in (mixed, racemate))
    assert one.typical == pytest.approx(other.typical, rel=1e-9)


def test_a_spray_without_an_arterial_curve_says_what_drove_it(patient: Patient) -> None:
    spray = norket.predict(patient, ["esketamine 56 mg intranasal"], draws=20)
    track = predict_effects(spray)["dissociation_olofsen_2022"]
    assert (track.driver.site, track.driver.delay) == ("venous", "venous_half_time")
    assert any("no arterial one" in text for text in track.warnings)


@pytest.mark.parametrize("asked", [None, "all", "ensemble"])
def test_one_model_drives_the_effect_and_the_others_of_its_site_stand_beside_it(
    patient: Patient, asked: str | None
) -> None:
    found = predict_effects(norket.predict(patient, [HALF], model=asked, draws=20))
    dissociation, pressure = found["dissociation_olofsen_2022"], found["systolic_pressure"]
    assert (dissociation.model, set(dissociation.others)) == ("kamp_2020", {"simons_2022"})
    assert (pressure.model, set(pressure.others)) == ("otto_2021", {"ashraf_2018", "perez_ruixo_2021"})
    for track in (dissociation, pressure):
        for name, highest in track.others.items():
            alone = predict_effects(norket.predict(patient, [HALF], model=name, draws=2), [track.id])[track.id]
            assert highest == pytest.approx(alone.typical.max())


def test_after_a_bolus_the_height_is_read_where_it_may_be(patient: Patient) -> None:
    push = norket.predict(patient, ["35 mg iv"], draws=20)
    track = predict_effects(push, ["systolic_pressure"])["systolic_pressure"]
    ((start, end),) = track.unread_min
    assert track.p50.argmax() < track.top
    assert start < track.times_min[track.top] == end
    slow = predict_effects(push, ["pain_relief_dahan_2011"])["pain_relief_dahan_2011"]
    assert slow.unread_min == ()
    early = predict_effects(push, ["systolic_pressure"], times_min=[0.0, 1.0, 2.0])["systolic_pressure"]
    assert early.top == early.p50.argmax()


def test_without_the_venous_curve_pressure_is_left_out_and_refused(patient: Patient) -> None:
    arterial = norket.predict(patient, [HALF], model="kamp_2020", draws=5)
    assert "systolic_pressure" in predict_effects(arterial).left_out
    with pytest.raises(NotCoveredError, match="venous"):
        predict_effects(arterial, ["systolic_pressure"])


def test_a_child_has_the_sedation_of_children_and_no_adult_effect(patient: Patient) -> None:
    child = norket.predict(Patient(32.5, 8.3, "male"), ["1 mg/kg iv over 1 min"], model="herd_2007", draws=200)
    found = predict_effects(child)
    assert set(found) == {"sedation_herd_2008"}
    # Half of the children were above 0.75 mg/L at 10 min at the most; sedation is deep early and gone within the hour.
    assert found["sedation_herd_2008"].typical[5] > 2
    assert found["sedation_herd_2008"].typical[60] < 0.5


@pytest.mark.parametrize(("dose", "warned"), [("0.3 mg/kg iv over 40 min", False), ("1.5 mg/kg iv over 40 min", True)])
def test_above_the_studied_range_the_effect_saturates_with_a_warning(patient: Patient, dose: str, warned: bool) -> None:
    track = predict_effects(norket.predict(patient, [dose], draws=200), ["systolic_pressure"])["systolic_pressure"]
    assert any("saturates" in text for text in track.warnings) == warned
    assert track.typical.max() < 0.086 * 250 * 1.4


def test_the_first_minutes_after_a_bolus_carry_a_warning(patient: Patient) -> None:
    bolus = predict_effects(norket.predict(patient, ["35 mg iv"], draws=20), ["systolic_pressure"])["systolic_pressure"]
    assert any("first minutes" in text for text in bolus.warnings)


@pytest.mark.parametrize(("hours", "warned"), [(99, True), (100, False)])
def test_a_course_shorter_than_the_studied_one_is_an_extrapolation(patient: Patient, hours: int, warned: bool) -> None:
    name = "pain_relief_dahan_2011"
    course = norket.predict(patient, [f"esketamine 5 mg/h iv for {hours} h"], draws=5, times_min=[0.0, 6000.0])
    assert any("extrapolation" in text for text in predict_effects(course, [name])[name].warnings) == warned


def test_norketamine_opposes_relief_only_when_asked(prediction: norket.Prediction) -> None:
    name = "pain_intensity_olofsen_2012"
    alone, opposed = (predict_effects(prediction, [name], norketamine=asked)[name] for asked in (False, True))
    assert (alone.typical[1:] > opposed.typical[1:]).all()
    s_norketamine = prediction.track("s_norketamine").typical
    assert (alone.typical - opposed.typical).max() < 1.5 * s_norketamine.max() / 50
    assert any("norketamine" in text for text in opposed.warnings)
    assert not any("norketamine" in text for text in alone.warnings)


def test_the_same_seed_gives_the_same_band(patient: Patient) -> None:
    one, same, other = (
        predict_effects(norket.predict(patient, [HALF], draws=60, seed=seed))["dissociation_olofsen_2022"].p95
        for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one[1:] != other[1:]).any()


def test_a_track_cannot_be_changed_and_can_be_written_as_json(effects: Effects) -> None:
    with pytest.raises(ValueError, match="read-only"):
        effects["systolic_pressure"].p50[0] = 1.0
    document = json.loads(json.dumps({name: track.as_dict() for name, track in effects.items()}, allow_nan=False))
    pressure = document["systolic_pressure"]
    assert pressure["driver"] == {"analyte": "ketamine", "enantiomer": "S + R", "site": "venous", "delay": None}
    assert (pressure["unit"], pressure["certainty"]) == ("mmHg", "D")
    assert "yale-pressure-2024" in pressure["sources"]


def test_times_that_do_not_increase_are_refused(prediction: norket.Prediction) -> None:
    for times in ([], [2.0, 1.0], [1.0, 1.0], [float("nan")], [[1.0]]):
        with pytest.raises(NotCoveredError):
            predict_effects(prediction, ["systolic_pressure"], times_min=times)


def test_every_source_of_an_effect_is_known(effects: Effects) -> None:
    known = {reference.key for reference in norket.knowledge.read().references}
    assert {key for track in effects.values() for key in track.sources} <= known


def test_parts_and_probabilities_stay_between_0_and_1(effects: Effects) -> None:
    for track in effects.values():
        if track.unit == "1":
            assert np.min(track.p5) >= 0
            assert np.max(track.p95) <= 1
