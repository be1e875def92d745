"""From when the drug is low: the crossing, its probability, and what is never said."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import norket
from norket import Patient
from norket.pharmacology.effects import ready_level, ready_to_leave
from norket.pharmacology.refusals import NotCoveredError

HALF = "0.5 mg/kg iv over 40 min"


@pytest.fixture(scope="module")
def prediction(patient: Patient) -> norket.Prediction:
    return norket.predict(patient, [HALF], draws=400)


def test_the_typical_crossing_is_where_the_typical_curve_meets_the_level(patient: Patient) -> None:
    found = ready_to_leave(norket.predict(patient, [HALF], draws=5), 50)
    assert found.typical_min is not None
    at = norket.predict(patient, [HALF], times_min=[found.typical_min], draws=1)
    assert at.effect_site.typical[0] == pytest.approx(50, rel=1e-4)


def test_plasma_of_either_site_can_be_asked(patient: Patient, prediction: norket.Prediction) -> None:
    for site in ("arterial", "venous"):
        found = ready_to_leave(prediction, 50, analyte="ketamine", site=site)
        at = norket.predict(patient, [HALF], times_min=[found.typical_min or math.nan], draws=1)
        assert (found.site, at.track("ketamine", site=site).typical[0]) == (site, pytest.approx(50, rel=1e-4))


def test_nobody_is_ready_before_the_last_dose_has_ended(patient: Patient) -> None:
    two = norket.predict(patient, ["5 mg iv over 5 min", "5 mg iv over 5 min at 90 min"], draws=50)
    found = ready_to_leave(two, 400)
    assert found.earliest_min >= 95
    assert (found.probability[found.times_min < 95] == 0).all()
    assert found.p5_min is not None
    assert found.p5_min >= 95
    assert found.probability[-1] == 1


def test_staying_below_counts_and_not_the_first_time_below(patient: Patient) -> None:
    once = ready_to_leave(norket.predict(patient, ["35 mg iv over 40 min"], draws=50), 60)
    again = ready_to_leave(
        norket.predict(patient, ["35 mg iv over 40 min", "35 mg iv over 40 min at 4 h"], draws=50), 60
    )
    assert once.median_min is not None
    assert again.median_min is not None
    assert once.median_min < 240
    assert again.median_min > 280


def test_a_swallowed_dose_is_not_ready_before_it_has_peaked(patient: Patient) -> None:
    found = ready_to_leave(norket.predict(patient, ["100 mg oral"], draws=100), 50)
    assert found.earliest_min > 20
    assert found.probability[0] == 0


def test_the_probability_rises_with_time_and_with_the_level(prediction: norket.Prediction) -> None:
    strict, loose = (ready_to_leave(prediction, level) for level in (30, 60))
    for found in (strict, loose):
        assert (np.diff(found.probability) >= 0).all()
        assert found.p5_min is not None
        assert found.median_min is not None
        assert found.p95_min is not None
        assert found.earliest_min <= found.p5_min <= found.median_min <= found.p95_min
        half = np.interp(found.median_min, found.times_min, found.probability)
        assert half == pytest.approx(0.5, abs=0.02)
    assert (loose.probability >= strict.probability).all()


@settings(deadline=None, max_examples=15)
@given(st.floats(1, 400))
def test_any_level_gives_times_in_order(level: float) -> None:
    short = norket.predict(Patient(70, 40, "male"), [HALF], draws=40, times_min=[0.0, 60.0])
    found = ready_to_leave(short, level)
    moments = [math.inf if one is None else one for one in (found.p5_min, found.median_min, found.p95_min)]
    assert moments == sorted(moments)
    assert moments[0] >= found.earliest_min


def test_a_level_that_is_not_reached_in_time_has_no_moment(prediction: norket.Prediction) -> None:
    found = ready_to_leave(prediction, 0.001)
    assert (found.median_min, found.p95_min, found.typical_min) == (None, None, None)
    assert (found.probability == 0).all()
    json.dumps(found.as_dict(), allow_nan=False)


def test_a_level_above_the_peak_is_met_at_once(prediction: norket.Prediction) -> None:
    found = ready_to_leave(prediction, 5000)
    assert found.p95_min == found.earliest_min
    assert 40 <= found.earliest_min <= 42


def test_not_before_the_minute_that_is_named(prediction: norket.Prediction) -> None:
    found = ready_to_leave(prediction, 50, after_min=200)
    assert found.earliest_min == 200
    assert (found.probability[found.times_min < 200] == 0).all()


@pytest.mark.parametrize("level", [float("nan"), float("inf"), 0, -5, None, True, "50"])
def test_a_level_that_is_no_level_is_refused(prediction: norket.Prediction, level: object) -> None:
    with pytest.raises(NotCoveredError) as refusal:
        ready_to_leave(prediction, level)  # type: ignore[arg-type]
    assert refusal.value.code == "level_not_valid"


def test_what_the_prediction_does_not_have_is_refused(patient: Patient, prediction: norket.Prediction) -> None:
    with pytest.raises(NotCoveredError, match="norketamine"):
        ready_to_leave(prediction, 50, analyte="norketamine")
    arterial = norket.predict(patient, [HALF], model="kamp_2020", draws=5)
    for site in ("venous", "moon"):
        with pytest.raises(NotCoveredError, match=site):
            ready_to_leave(arterial, 50, analyte="ketamine", site=site)
    with pytest.raises(NotCoveredError):
        ready_to_leave(prediction, 50, after_min=float("nan"))


def test_it_always_says_that_it_is_no_gate(prediction: norket.Prediction) -> None:
    assert any("never replaces the clinical gates" in text for text in ready_to_leave(prediction, 50).warnings)


def test_it_says_that_it_is_one_model_with_a_borrowed_spread(patient: Patient, prediction: norket.Prediction) -> None:
    said = " ".join(ready_to_leave(prediction, 50).warnings)
    assert "one model, kamp_2020" in said
    assert "borrowed from otto_2021" in said
    own = norket.predict(patient, [HALF], model="otto_2021", draws=20)
    assert not any("borrowed" in text for text in ready_to_leave(own, 50).warnings)


def test_the_other_models_that_cover_it_are_asked_the_same(patient: Patient, prediction: norket.Prediction) -> None:
    found = ready_to_leave(prediction, 50)
    assert set(found.others) == {"ashraf_2018", "otto_2021", "perez_ruixo_2021", "simons_2022"}
    for name, median in found.others.items():
        alone = ready_to_leave(norket.predict(patient, [HALF], model=name, draws=400), 50)
        assert median == pytest.approx(alone.median_min)
    ends = sorted((minute or math.inf, name) for name, minute in found.others.items())
    for minute, name in (ends[0], ends[-1]):
        assert any(f"minute {minute:.0f} ({name})" in text for text in found.warnings)


def test_of_plasma_only_models_of_the_same_site_are_asked(prediction: norket.Prediction) -> None:
    assert set(ready_to_leave(prediction, 50, analyte="ketamine", site="arterial").others) == {"simons_2022"}
    venous = ready_to_leave(prediction, 50, analyte="ketamine", site="venous")
    assert set(venous.others) == {"ashraf_2018", "perez_ruixo_2021"}


def test_a_disposition_is_not_asked_twice(patient: Patient) -> None:
    composite = norket.predict(patient, ["25 mg im"], draws=20)
    found = ready_to_leave(composite, 50)
    assert (found.model, set(found.others)) == ("adult_arterial", {"adult_venous"})
    same = ready_to_leave(norket.predict(patient, [HALF], model="adult_arterial", draws=20), 50)
    assert "kamp_2020" not in same.others
    assert "otto_2021" in same.others


def test_where_no_other_model_covers_it_that_is_said(patient: Patient) -> None:
    found = ready_to_leave(norket.predict(patient, ["esketamine 56 mg intranasal"], draws=20), 25)
    assert found.others == {}
    assert any("No other model" in text for text in found.warnings)


def test_beside_another_drug_it_is_compared_with_the_same_model_alone(patient: Patient) -> None:
    found = ready_to_leave(norket.predict(patient, [HALF], draws=20, interactions=["clarithromycin"]), 50)
    plain = ready_to_leave(norket.predict(patient, [HALF], draws=20, model="ashraf_2018"), 50)
    assert (found.model, found.others) == ("ashraf_2018", {})
    assert found.typical_min is not None
    assert plain.typical_min is not None
    assert found.typical_min > plain.typical_min + 5
    wanted = f"minute {plain.typical_min:.0f} for the typical patient, and minute {found.typical_min:.0f} with it"
    assert any(wanted in text for text in found.warnings)


def test_nothing_is_told_from_the_levels_of_a_model_of_ratios(patient: Patient) -> None:
    nose = norket.predict(patient, ["esketamine 56 mg intranasal"], draws=5, interactions=["clarithromycin"])
    with pytest.raises(NotCoveredError, match="interactions and ratios only"):
        ready_to_leave(nose, 25)


def test_the_level_of_policy_is_lower_after_esketamine(patient: Patient) -> None:
    racemate, esketamine = (
        norket.predict(patient, [dose], draws=1).doses for dose in (HALF, "esketamine 20 mg iv over 40 min")
    )
    assert (ready_level(racemate).value, ready_level(esketamine).value) == (50, 25)
    assert ready_level(racemate).entry.policy == "to-be-signed"
    assert ready_level((*racemate, *esketamine)).value == 25


def test_a_model_that_changes_with_time_is_not_followed_beyond_its_course() -> None:
    child = Patient(12, 3, "male")
    prediction = norket.predict(child, ["esketamine 0.3 mg/kg/h iv for 120 h"], model="flint_2017", draws=5)
    found = ready_to_leave(prediction, 1, analyte="ketamine")
    assert (found.site, found.horizon_min) == ("not stated", 144 * 60)
    with pytest.raises(NotCoveredError, match="effect_site"):
        ready_to_leave(prediction, 1)
