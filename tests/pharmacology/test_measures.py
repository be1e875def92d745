"""The numbers that papers print, read off a prediction: each in its unit, none where the engine does not read."""

import math

import pytest

from norket.pharmacology.measures import MEASURES, measured
from norket.pharmacology.observed import Check
from norket.pharmacology.refusals import NotCoveredError

ADULT = {"weight_kg": 70, "age_y": 45, "sex": "female"}
INFUSION = ["0.5 mg/kg iv over 40 min"]


def check(measure: str, **asked: object) -> Check:
    told = {"figure": "x", "measure": measure, "model": "kamp_2020", "doses": INFUSION, "patient": ADULT, **asked}
    return Check.model_validate(told)


def test_every_measure_but_none_has_its_function() -> None:
    measures = set(Check.model_fields["measure"].annotation.__args__)  # type: ignore[union-attr]
    assert measures - {"none"} == set(MEASURES)


@pytest.mark.parametrize(
    ("measure", "unit", "number"),
    [
        ("cmax", "ng/mL", 253.052),
        ("tmax", "min", 40.0),
        ("tmax", "h", 40 / 60),
        ("clearance", "L/h", 84.0),
        ("clearance", "L/h/70kg", 84.0),
        ("clearance", "mL/min/kg", 20.0),
    ],
)
def test_a_number_comes_in_the_unit_of_the_observation(measure: str, unit: str, number: float) -> None:
    assert measured(check(measure), unit) == pytest.approx(number, rel=1e-3)


def test_an_area_ends_where_the_window_ends() -> None:
    whole = measured(check("auc", to_min=480.0), "ng.h/mL")
    late = measured(check("auc", from_min=60.0, to_min=480.0), "ng.h/mL")
    early = measured(check("auc", to_min=60.0), "ng.h/mL")
    assert early + late == pytest.approx(whole, rel=1e-3)
    assert measured(check("auc", to_min=480.0), "ng.min/mL") == pytest.approx(60 * whole)
    assert measured(check("auc_per_mg", to_min=480.0), "ug.h/L/mg") == pytest.approx(whole / 35)


def test_a_concentration_is_that_of_its_minute() -> None:
    assert measured(check("concentration", at_min=60.0), "ng/mL") == pytest.approx(95.860, rel=1e-3)


def test_the_whole_of_an_intravenous_dose_is_absorbed() -> None:
    assert measured(check("bioavailability", beside=["10 mg iv over 5 min"]), "1") == pytest.approx(1.0)


def test_a_peak_just_after_a_bolus_is_not_read() -> None:
    with pytest.raises(NotCoveredError, match="no peak is read"):
        measured(check("cmax", doses=["10 mg iv over 1 min"]), "ng/mL")
    later = check("cmax", doses=["10 mg iv over 1 min"], model="otto_2021", analyte="norketamine")
    assert measured(later, "ng/mL") > 0


def test_the_apparent_half_life_is_that_of_the_window() -> None:
    early = measured(check("apparent_half_life", from_min=60.0, to_min=120.0), "min")
    late = measured(check("apparent_half_life", from_min=360.0, to_min=480.0), "min")
    levels = [measured(check("concentration", at_min=at), "ng/mL") for at in (60.0, 120.0)]
    assert early == pytest.approx(60 * math.log(2) / math.log(levels[0] / levels[1]), rel=1e-6)
    assert early < late < measured(check("half_life"), "min")


def test_the_terminal_volume_is_clearance_over_rate() -> None:
    expected = measured(check("clearance"), "L/h") * measured(check("half_life"), "h") / math.log(2)
    assert measured(check("terminal_volume"), "L") == pytest.approx(expected)
    assert measured(check("terminal_volume"), "L/kg") == pytest.approx(expected / 70)


def test_figures_of_a_model_add_up() -> None:
    assert measured(check("parameter", parameters=["V1", "V2", "V3"]), "L") == 238
    with pytest.raises(NotCoveredError, match="missing"):
        measured(check("parameter", parameters=["V9"]), "L")


def test_shares_of_the_virtual_patients_are_two_sides_of_one_level() -> None:
    asked = {"at_min": 40.0, "levels_ng_ml": [253.0]}
    below, above = (measured(check(name, **asked), "1") for name in ("share_below", "share_above"))
    assert below + above == pytest.approx(1.0)
    assert below == pytest.approx(0.5, abs=0.03)


def test_an_effect_comes_in_its_own_unit() -> None:
    rise = check("effect_peak", model="otto_2021", effect="systolic_pressure", to_min=240.0)
    assert measured(rise, "mmHg") == pytest.approx(0.086 * 158.04, rel=1e-2)
    output = check("effect_at", effect="cardiac_output_sigtermans_2009", levels_ng_ml=[320.0])
    assert measured(output, "%") == pytest.approx(45.0)


def test_no_answer_before_the_first_published_response() -> None:
    assert measured(check("response", at_min=1440.0), "%") == pytest.approx(52.2)
    with pytest.raises(NotCoveredError, match="no rate of response"):
        measured(check("response", at_min=60.0), "%")


def test_an_unknown_unit_and_a_missing_moment_are_refused() -> None:
    with pytest.raises(NotCoveredError, match="no measure answers in"):
        measured(check("cmax"), "dB")
    with pytest.raises(NotCoveredError, match="at_min"):
        measured(check("share_below", levels_ng_ml=[1.0]), "1")
