"""What was seen in people against what the effects say: by sign, by time of the peak, and by size within 1.5-fold."""

import numpy as np
import pytest

import norket
from norket import Dose
from norket.pharmacology import mood
from norket.pharmacology.effects import effect_model, predict_effects
from norket.pharmacology.predict import predict_delivered

FOLD = 1.5
ADULT = norket.Patient(weight_kg=70, age_y=45, sex="female")
DAY = 24 * 60.0


def close(predicted: float, seen: float) -> bool:
    return seen / FOLD < predicted < seen * FOLD


def test_cardiac_output_rises_by_half_of_itself_at_320_ng_ml() -> None:
    # 20 volunteers, S-ketamine in steps to 320 ng/mL arterial over 2 h: +40 to 50 % (Sigtermans 2009).
    trial = norket.predict(ADULT, ["esketamine 60 mg iv over 2 h"], times_min=[120.0], draws=1)
    amount = 60 * 320 / trial.s_ketamine.typical[0]
    steps = norket.predict(ADULT, [f"esketamine {amount:.1f} mg iv over 2 h"], draws=50)
    output = predict_effects(steps, ["cardiac_output_sigtermans_2009"])["cardiac_output_sigtermans_2009"]
    assert steps.times_min[output.typical.argmax()] == 120
    assert close(output.typical.max(), 45)


def test_pressure_during_half_a_milligram_a_kilogram() -> None:
    # 138 patients, 2,342 infusions: +16.0 (SD 11.2) and +11.0 (SD 8.45) mmHg, highest at 40 min (Yale 2024).
    infusion = norket.predict(ADULT, ["0.5 mg/kg iv over 40 min"], draws=2000)
    for name, seen, spread in (("systolic_pressure", 16.0, 11.2), ("diastolic_pressure", 11.0, 8.45)):
        track = predict_effects(infusion, [name])[name]
        assert infusion.times_min[track.typical.argmax()] == 40
        for peak in (track.typical[40], track.p50[40], track.mean[40]):
            assert close(peak, seen)
        # A fifth to ninety-fifth percentile of a log-normal spread holds about as much as the seen SD says.
        assert close((track.p95[40] - track.p5[40]) / 3.29, spread)


def test_pressure_and_perception_after_the_spray() -> None:
    # Sedation and perception highest at 30 to 45 min, pressure at about 40 min and back within about 4 h.
    spray = norket.predict(ADULT, ["esketamine 84 mg intranasal"], draws=200)
    found = predict_effects(spray, ["dissociation_olofsen_2022", "systolic_pressure"])
    perception, pressure = found["dissociation_olofsen_2022"], found["systolic_pressure"]
    assert 30 <= spray.times_min[perception.typical.argmax()] <= 45
    assert 40 / FOLD <= spray.times_min[pressure.typical.argmax()] <= 40 * FOLD
    assert pressure.typical[240] < pressure.typical.max() / 3
    assert perception.typical[240] < perception.typical.max() / 5


def hundred_hours() -> norket.Prediction:
    """S-ketamine from 5 to 20 mg/h in four steps of 25 h, followed for eleven weeks."""
    doses = [
        Dose(rate * 25.0, "iv", "esketamine", 25 * 60.0 * step, 25 * 60.0) for step, rate in enumerate((5, 10, 15, 20))
    ]
    return predict_delivered(ADULT, doses, np.arange(0, 81 * DAY, DAY / 4), draws=2000)


def test_relief_outlasts_a_hundred_hours_by_weeks() -> None:
    # 60 patients: 67 % respond, half-life of the effect 10.9 d, relief for about 50 d after the end (Dahan 2011).
    course = hundred_hours()
    relief = predict_effects(course, ["pain_relief_dahan_2011"])["pain_relief_dahan_2011"]
    model = effect_model("pain_relief_dahan_2011")
    assert model.draw(2000, 0)["responder"].mean() == pytest.approx(0.67, abs=0.1)
    end = 100 * 60.0
    at = {days: float(np.interp(end + days * DAY, relief.times_min, relief.typical)) for days in (0, 20, 30.9, 50)}
    assert at[0] > 0.5
    assert relief.times_min[relief.typical.argmax()] == pytest.approx(end, abs=DAY)
    odds = {days: part / (1 - part) for days, part in at.items()}
    assert odds[20] / odds[30.9] == pytest.approx(2, rel=0.02)
    assert 0.05 < at[50] < at[0] / 2
    # The drug itself is gone after two days.
    assert np.interp(end + 2 * DAY, course.times_min, course.ketamine.typical) < 1


def test_a_short_infusion_hardly_moves_the_slow_effect() -> None:
    short = norket.predict(ADULT, ["0.5 mg/kg iv over 40 min"], draws=50)
    relief = predict_effects(short, ["pain_relief_dahan_2011"])["pain_relief_dahan_2011"]
    assert relief.typical.max() < 0.05


def test_mood_after_one_session() -> None:
    # 9 randomised trials, 368 patients: response 52.2, 47.9 and 39.8 % at 24 h, 72 h and 7 d (Han 2016).
    found = mood.response([0], [1, 3, 7])
    assert found.probability == pytest.approx((0.522, 0.479, 0.398))
    assert set(found.basis) == {"published"}


def test_perception_is_nearly_straight_where_it_was_seen_to_be() -> None:
    # Ratings rise in a straight line from 50 to 200 ng/mL racemate at steady state (Bowdle 1998).
    model = effect_model("dissociation_olofsen_2022")
    levels = np.linspace(50, 200, 16)
    parts = model.response(levels / 2, model.typical)
    assert np.corrcoef(levels, parts)[0, 1] > 0.98
