"""`norket.predict`: the tracks, their bands, their working, and what is refused."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import norket
from norket import Dose, Patient
from norket.pharmacology import models
from norket.pharmacology.predict import MOST_VALUES, predict_delivered, warm_up
from norket.pharmacology.refusals import NotCoveredError

HALF = "0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def prediction(patient: Patient) -> norket.Prediction:
    return norket.predict(patient, [HALF])


def test_kamp_drives_ketamine_and_effect_and_otto_gives_norketamine(prediction: norket.Prediction) -> None:
    assert (prediction.ketamine.model, prediction.ketamine.site) == ("kamp_2020", "arterial")
    assert (prediction.effect_site.model, prediction.effect_site.site) == ("kamp_2020", "effect site")
    assert (prediction.norketamine.model, prediction.norketamine.site) == ("otto_2021", "venous")
    venous = prediction.track("ketamine", site="venous")
    assert (venous.model, venous.enantiomer) == ("otto_2021", "S + R")


def test_the_default_times_are_every_minute_until_8_hours_after_the_dose(prediction: norket.Prediction) -> None:
    assert prediction.times_min.tolist() == [float(minute) for minute in range(521)]


def test_a_long_history_has_a_bounded_number_of_default_times(patient: Patient) -> None:
    times = norket.predict(patient, ["0.1 mg/kg/h iv for 100 h"], draws=5).times_min
    assert times[0] == 0
    assert times[-1] >= 108 * 60
    assert len(times) <= 1002


def test_the_band_lies_around_the_median_everywhere(prediction: norket.Prediction) -> None:
    for track in prediction.tracks:
        assert (track.p5 <= track.p50).all()
        assert (track.p50 <= track.p95).all()
        assert (track.p5[1:] < track.p95[1:]).all()


def test_the_median_of_many_patients_is_close_to_the_typical_one(prediction: norket.Prediction) -> None:
    for track in prediction.tracks:
        assert track.p50[1:] == pytest.approx(track.typical[1:], rel=0.05)


def test_half_of_a_racemate_is_s_and_all_of_esketamine(patient: Patient) -> None:
    racemate = norket.predict(patient, [HALF], draws=50)
    esketamine = norket.predict(patient, [f"esketamine {HALF}"], draws=50)
    for analyte in ("ketamine", "norketamine", "effect_site"):
        total, s_only = racemate.track(analyte), racemate.track(f"s_{analyte}")
        assert s_only.enantiomer == "S"
        assert s_only.typical == pytest.approx(total.typical / 2)
        assert s_only.p95 == pytest.approx(total.p95 / 2)
        assert esketamine.track(f"s_{analyte}").typical == pytest.approx(total.typical)


def test_a_mixed_history_keeps_the_two_forms_apart(patient: Patient) -> None:
    mixed = norket.predict(patient, ["10 mg iv", "esketamine 10 mg iv at 60 min"], times_min=[30.0, 61.0], draws=10)
    assert mixed.s_ketamine.typical[0] == pytest.approx(mixed.ketamine.typical[0] / 2)
    r_only = mixed.ketamine.typical[1] - mixed.s_ketamine.typical[1]
    assert 0 < r_only < mixed.s_ketamine.typical[1] / 3


def test_every_assumption_is_written_on_its_track(prediction: norket.Prediction, patient: Patient) -> None:
    assert prediction.ketamine.assumption == "variability borrowed from otto_2021"
    assert prediction.norketamine.assumption == "R-ketamine taken as S-ketamine"
    assert prediction.track("s_norketamine").assumption == ""
    assert "taken alike" in prediction.s_ketamine.assumption
    esketamine = norket.predict(patient, [f"esketamine {HALF}"], draws=10)
    assert "taken alike" in esketamine.ketamine.assumption
    assert any("measured S-ketamine only" in text for text in prediction.warnings)
    assert not any("measured S-ketamine only" in text for text in esketamine.warnings)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_does_not(patient: Patient) -> None:
    one, same, other = (norket.predict(patient, [HALF], draws=60, seed=seed) for seed in (4, 4, 5))
    for first, second, third in zip(one.tracks, same.tracks, other.tracks, strict=True):
        assert (first.p95 == second.p95).all()
        assert (first.typical == third.typical).all()
        assert (first.p95[1:] != third.p95[1:]).any()


def test_a_prediction_leaves_the_global_random_state_alone(patient: Patient) -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()  # type: ignore[index,union-attr]
    norket.predict(patient, [HALF], draws=10)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index,union-attr]


def test_the_shares_of_the_doses_add_up_to_the_typical_curve(patient: Patient) -> None:
    doses = ["5 mg iv", HALF, "esketamine 4 mg iv at 20 min"]
    prediction = norket.predict(patient, doses, draws=10)
    assert [dose.text for dose in prediction.doses] == doses
    for analyte, track in prediction.analytes.items():
        if track.enantiomer == "S + R":
            together = np.sum([share[analyte] for share in prediction.shares], axis=0)
            assert together == pytest.approx(track.typical, rel=1e-12)
    assert (prediction.shares[2]["ketamine"][:20] == 0).all()


def test_a_prediction_is_frozen_to_the_last_number(prediction: norket.Prediction) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        prediction.seed = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        prediction.ketamine.p50[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        prediction.times_min[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        prediction.shares[0]["ketamine"][0] = 1.0


def test_delivered_milligrams_predict_the_same_as_the_text(patient: Patient) -> None:
    times = np.arange(0.0, 240.0)
    text = norket.predict(patient, [HALF], times_min=times, draws=30, seed=9)
    pieces = [Dose(7.0, start_min=start, duration_min=8.0) for start in range(0, 40, 8)]
    delivered = predict_delivered(patient, pieces, times, draws=30, seed=9)
    for one, other in zip(text.tracks, delivered.tracks, strict=True):
        assert other.p50 == pytest.approx(one.p50, rel=1e-11)
    assert len(delivered.shares) == 5


@settings(deadline=None, max_examples=15)
@given(
    st.floats(0.05, 2.0).map(lambda x: round(x, 3)),
    st.integers(1, 300),
    st.floats(39.0, 170.0).map(lambda x: round(x, 1)),
    st.floats(18.0, 86.0).map(lambda x: round(x, 1)),
)
def test_every_covered_patient_and_dose_gives_finite_curves(
    mg_kg: float, minutes: int, weight_kg: float, age_y: float
) -> None:
    found = norket.predict(Patient(weight_kg, age_y, "male"), [f"{mg_kg} mg/kg iv over {minutes} min"], draws=8)
    for track in found.tracks:
        for curve in (track.typical, track.p5, track.p50, track.p95):
            assert np.isfinite(curve).all()
            assert (curve >= 0).all()


def test_the_document_holds_what_the_manual_promises(prediction: norket.Prediction) -> None:
    document = json.loads(json.dumps(prediction.to_json(), allow_nan=False))
    assert (document["model"], document["site"]) == ("kamp_2020", "arterial")
    count = len(document["times_min"])
    for name in ("ketamine_ng_ml", "norketamine_ng_ml", "effect_site_ng_ml"):
        assert set(document[name]) == {"typical", "p5", "p50", "p95"}
        assert all(len(curve) == count for curve in document[name].values())
    for analyte in ("ketamine", "norketamine"):
        assert {"cmax_ng_ml", "tmax_min", "auc_ng_h_ml", "half_life_h"} <= set(document["summary"][analyte])
    assert document["doses"][0]["amount_mg"] == 35.0
    assert document["warnings"]
    assert document["unread_min"] == []
    assert all(source["citation"] for source in document["sources"])
    assert len(document["edition"]) == 64
    assert (document["seed"], document["draws"]) == (0, 1000)


def test_the_summary_is_that_of_the_typical_curve(prediction: norket.Prediction) -> None:
    ketamine = prediction.summaries["ketamine"]
    assert ketamine.cmax_ng_ml == pytest.approx(prediction.ketamine.typical.max())
    assert ketamine.tmax_min == pytest.approx(40.0)
    assert ketamine.auc_ng_h_ml == pytest.approx(35 / 84 * 1000)  # dose over clearance
    norketamine = prediction.summaries["norketamine"]
    assert norketamine.auc_ng_h_ml == pytest.approx(35 / 57.72 * 1000)  # all of it formed, over its clearance
    late = prediction.ketamine.typical[[-61, -1]]
    assert ketamine.half_life_h == pytest.approx(np.log(2) / np.log(late[0] / late[1]), rel=0.02)


def test_the_area_is_the_one_under_the_curve_out_to_where_nothing_is_left(patient: Patient) -> None:
    times = np.arange(0.0, 100 * 60.0)
    found = norket.predict(patient, [HALF], times_min=times, draws=1)
    for name, summary in found.summaries.items():
        assert summary.auc_ng_h_ml == pytest.approx(np.trapezoid(found.track(name).typical, times) / 60, rel=2e-4)
        assert summary.as_dict()["auc"] == "0-inf"


@pytest.mark.parametrize("times_min", [[10.0], [0.0, 10.0], [500.0, 600.0], list(range(241))])
def test_the_summary_does_not_depend_on_the_times_asked_for(patient: Patient, times_min: list[float]) -> None:
    found = norket.predict(patient, [HALF], times_min=times_min, draws=1).summaries
    assert found["ketamine"].cmax_ng_ml == pytest.approx(253.052, rel=1e-5)
    assert found["ketamine"].tmax_min == pytest.approx(40.0)
    assert found["ketamine"].auc_ng_h_ml == pytest.approx(416.667, rel=1e-6)
    assert found == norket.predict(patient, [HALF], draws=1).summaries


@settings(deadline=None, max_examples=20)
@given(
    st.lists(
        st.tuples(st.floats(1, 100), st.integers(0, 600), st.sampled_from([0, 1, 40, 480])), min_size=1, max_size=4
    )
)
def test_no_time_has_a_higher_concentration_than_the_peak(doses: list[tuple[float, int, int]]) -> None:
    history = [Dose(amount, start_min=start, duration_min=minutes) for amount, start, minutes in doses]
    times = np.linspace(0, 2000, 8001)
    found = predict_delivered(Patient(70, 40, "male"), history, times, draws=1)
    for name, summary in found.summaries.items():
        highest = float(found.track(name).typical.max())
        assert highest <= summary.cmax_ng_ml * (1 + 1e-9)
        assert summary.cmax_ng_ml == pytest.approx(highest, rel=1e-3)


@pytest.mark.parametrize(
    ("doses", "options", "code"),
    [
        ([], {}, "dose_not_valid"),
        (["35 mg im"], {"model": "kamp_2020"}, "route_not_covered"),
        (["10 mg iv", "50 mg oral at 1 h"], {"model": "otto_2021"}, "route_not_covered"),
        ([HALF], {"model": "domino"}, "model_not_known"),
        ([HALF], {"interactions": ["sugar"]}, "interaction_not_known"),
        ([HALF], {"draws": 0}, "draws_not_valid"),
        ([HALF], {"draws": 1.5}, "draws_not_valid"),
        ([HALF], {"seed": -1}, "draws_not_valid"),
        ([HALF], {"times_min": []}, "times_not_valid"),
        ([HALF], {"times_min": [1.0, 1.0]}, "times_not_valid"),
        ([HALF], {"times_min": [2.0, 1.0]}, "times_not_valid"),
        ([HALF], {"times_min": [0.0, float("nan")]}, "times_not_valid"),
        ([HALF], {"times_min": [[0.0, 1.0]]}, "times_not_valid"),
        ([HALF], {"times_min": np.arange(1001.0), "draws": MOST_VALUES // 1001 + 1}, "draws_not_valid"),
    ],
)
def test_what_is_not_covered_is_refused_by_name(
    patient: Patient, doses: list[str], options: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotCoveredError) as refused:
        norket.predict(patient, doses, **options)
    assert refused.value.code == code


def test_a_single_model_gives_only_its_own_tracks(patient: Patient) -> None:
    otto = norket.predict(patient, [HALF], model="otto_2021", draws=10)
    assert {track.model for track in otto.tracks} == {"otto_2021"}
    assert otto.ketamine.site == "venous"
    with pytest.raises(NotCoveredError, match="effect_site") as refused:
        _ = otto.effect_site
    assert refused.value.code == "analyte_not_known"
    assert "effect_site_ng_ml" not in otto.to_json()


def test_warming_up_leaves_nothing_to_compile() -> None:
    from norket.pharmacology import kernels

    warm_up()
    for kernel in (kernels.propagate, kernels.exponentials, kernels.percentiles):
        assert kernel.signatures  # type: ignore[attr-defined]


def test_sessions_over_months_carry_over_exactly(patient: Patient) -> None:
    days = [0, 3, 7, 10, 14, 17, *range(45, 200, 28)]
    course = [Dose(35.0, start_min=1440.0 * day, duration_min=40.0) for day in days]
    times = np.array([1440.0 * day + minute for day in days for minute in (0, 40, 240)])
    together = norket.predict(patient, course, times_min=times, draws=20)
    alone = [norket.predict(patient, [dose], times_min=times, draws=20) for dose in course]
    for name in ("ketamine", "norketamine", "effect_site"):
        added = sum(one.track(name).typical for one in alone)
        assert together.track(name).typical == pytest.approx(added, rel=1e-9, abs=1e-9)
        assert sum(one[name] for one in together.shares) == pytest.approx(added, rel=1e-9, abs=1e-9)
    left = together.norketamine.typical[3 * days.index(3)] / together.norketamine.typical.max()
    assert 0 < left < 0.02  # three days later some norketamine of the first session is still there


def test_the_uncertainty_of_the_fit_and_of_a_sample_widen_the_band_of_the_same_patients(patient: Patient) -> None:
    asked = {"model": "otto_2021", "times_min": [40.0, 120.0], "draws": 4000}
    plain = norket.predict(patient, [HALF], **asked)
    fit = norket.predict(patient, [HALF], parameter_uncertainty=True, **asked)
    sample = norket.predict(patient, [HALF], residual_error=True, **asked)
    for wider in (fit, sample):
        assert wider.norketamine.typical == pytest.approx(plain.norketamine.typical, rel=1e-12)
        assert (wider.norketamine.p95 - wider.norketamine.p5 > plain.norketamine.p95 - plain.norketamine.p5).all()
    spread = np.std(np.log(sample.individuals("ketamine") / plain.individuals("ketamine")), axis=1)
    assert spread == pytest.approx([0.2361, 0.2361], rel=0.1)  # the published proportional error, on the same patients


def test_a_residual_error_that_no_source_gives_is_refused(patient: Patient) -> None:
    with pytest.raises(NotCoveredError, match="residual error of ketamine") as refused:
        norket.predict(patient, [HALF], model="domino_1984", residual_error=True, draws=5)
    assert refused.value.code == "residual_not_known"


def test_nobody_samples_an_effect_site(patient: Patient) -> None:
    plain, sample = (norket.predict(patient, [HALF], residual_error=error, draws=50) for error in (False, True))
    assert (plain.effect_site.p95 == sample.effect_site.p95).all()
    assert (plain.ketamine.p95 != sample.ketamine.p95).any()


def test_a_hint_names_no_model_that_tells_ratios_only() -> None:
    with pytest.raises(NotCoveredError) as refused:
        norket.predict(Patient(70, 45, "female"), ["esketamine 40 mg intranasal"], draws=2)
    assert "ashraf_routes" not in str(refused.value)
    assert "ashraf_routes" not in models.level_models()
    assert "ashraf_2018" in models.level_models()


def test_a_covariate_out_of_range_is_told_by_a_model_that_knows_it() -> None:
    patient = Patient(70, 45, "female", covariates={"liver_function": 0.05})
    with pytest.raises(NotCoveredError, match=r"'liver_function' must be a number from 0\.1 to 1, not 0\.05"):
        norket.predict(patient, ["0.5 mg/kg iv over 40 min"], draws=2)
