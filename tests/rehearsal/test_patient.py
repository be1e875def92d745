"""The simulated patient answers to the dose as the literature says, and gives the same session for the same seed."""

import statistics

import pytest

from norket.pharmacology.doses import Dose
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.physiology import physiology
from norket.rehearsal.scenario import SCENARIOS, Vitals

USUAL = [Dose(35, start_min=5, duration_min=40)]
MINUTES = [float(minute) for minute in range(185)]


def course(seed: int = 1, scenario: str = "uneventful", doses: list[Dose] | None = None) -> list[Vitals]:
    return VirtualPatient(seed, scenario=scenario).course(MINUTES, USUAL if doses is None else doses)  # type: ignore[arg-type]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_seed_gives_the_same_session_to_the_last_bit(scenario: str) -> None:
    assert course(7, scenario) == course(7, scenario)


def test_another_seed_gives_another_session() -> None:
    assert course(7) != course(8)


def test_the_mean_pressure_rises_by_16_and_11_with_its_peak_near_40_minutes() -> None:
    rises = []
    for one in map(VirtualPatient, range(150)):
        sbp, dbp = one.baseline("sbp_mmhg"), one.baseline("dbp_mmhg")
        rises.append([(v.sbp_mmhg - sbp, v.dbp_mmhg - dbp) for v in one.course(MINUTES, USUAL)])
    means = [statistics.fmean(one[minute][0] for one in rises) for minute in range(185)]
    peak = max(means)
    since_start = means.index(peak) - 5
    assert 13 <= peak <= 19
    assert 33 <= since_start <= 50
    assert 9 <= statistics.fmean(one[since_start + 5][1] for one in rises) <= 13
    assert 7 <= statistics.stdev(one[since_start + 5][0] for one in rises) <= 16


def test_the_usual_peak_at_the_effect_site_is_the_one_that_the_slopes_are_scaled_by() -> None:
    peak = max(vitals.effect_site_ng_ml for vitals in course())
    assert peak == pytest.approx(physiology().value("rehearsal.effect_site", "usual_peak_ng_ml"), rel=0.01)


def test_the_climber_passes_the_pause_limit_and_not_the_emergency_limit() -> None:
    peaks = [max(v.sbp_mmhg for v in course(seed, "climber")) for seed in range(20)]
    assert all(peak >= 180 for peak in peaks)
    assert statistics.fmean(peaks) < 200


def test_without_a_dose_nothing_rises() -> None:
    quiet = course(3, doses=[])
    assert statistics.fmean(v.sbp_mmhg for v in quiet) == pytest.approx(VirtualPatient(3).baseline("sbp_mmhg"), abs=1.5)
    assert {(v.moaas, v.dissociation, v.effect_site_ng_ml) for v in quiet} == {(5, 0, 0.0)}


def test_stopping_early_lets_the_pressure_fall_early() -> None:
    stopped = course(2, doses=[Dose(35 / 4, start_min=5, duration_min=10)])
    assert max(v.effect_site_ng_ml for v in stopped) < max(v.effect_site_ng_ml for v in course(2)) / 2


def test_dissociation_comes_and_goes_and_sedation_stays_light_at_the_usual_dose() -> None:
    usual = course(4)
    assert max(v.dissociation for v in usual) >= 3
    assert usual[-1].dissociation <= 2
    assert min(v.moaas for v in usual) >= 4


def test_a_tenfold_overdose_sedates_slows_breathing_and_stays_plausible() -> None:
    over = course(4, doses=[Dose(350, start_min=5, duration_min=40)])
    assert min(v.moaas for v in over) <= 1
    assert min(v.rr_per_min or 99 for v in over) < 10
    assert min(v.spo2_percent or 99 for v in over) < 88
    assert max(v.sbp_mmhg for v in over) < 260
    assert all(v.dbp_mmhg < v.sbp_mmhg for v in over)


def test_breathing_is_untouched_up_to_half_of_the_sedating_level() -> None:
    patient = VirtualPatient(4)
    resting, half = patient.signs(0.0), patient._sedating_level() / 2
    for sign in ("rr_per_min", "spo2_percent"):
        assert patient.signs(half)[sign] == pytest.approx(resting[sign])
        assert patient.signs(half * 1.1)[sign] < resting[sign]


def test_a_sensor_that_is_off_reads_nothing_and_not_zero() -> None:
    begins = 5 + physiology().value("rehearsal.sensor_off", "begins_min")
    off = [v for v in course(1, "sensor_off") if v.spo2_percent is None]
    assert [v.time_min for v in off] == [begins, begins + 1]


def test_the_desaturation_reaches_its_lowest_value_and_comes_back() -> None:
    values = [v.spo2_percent or 0 for v in course(1, "desaturation")]
    assert 85 <= min(values) <= 88
    assert values[-1] > 94


def test_on_the_walk_to_the_toilet_every_sensor_is_off_and_the_pulse_is_faster_after() -> None:
    walk = course(1, "toilet_walk")
    off = [v for v in walk if v.hr_per_min is None]
    assert len(off) == 4
    assert all(v.spo2_percent is None and v.rr_per_min is None and v.cuff_fails for v in off)
    back = walk[int(off[-1].time_min) + 1]
    usual = course(1)[int(back.time_min)]
    assert (back.hr_per_min or 0) - (usual.hr_per_min or 0) > 10


def test_a_chosen_baseline_replaces_the_drawn_one() -> None:
    assert VirtualPatient(1, resting={"sbp_mmhg": 141.0}).baseline("sbp_mmhg") == 141.0


def test_the_number_of_a_calm_heart_may_stand_for_half_a_minute_while_the_heart_goes_on() -> None:
    """A number that does not move is no sign of a dead feed: the age of the reading is."""
    patient = VirtualPatient(1, 58.0, 34.0, "female", 160.0)
    rates = [signs.hr_per_min for signs in patient.course([(3500 + second) / 60 for second in range(46)], [])]
    assert {f"{rate:.0f}" for rate in rates} == {"74"}
    assert max(rates) - min(rates) > 0.5


@pytest.mark.parametrize(
    "dose",
    [
        Dose(56, "intranasal", "esketamine"),
        Dose(35, "im", "ketamine"),
        Dose(100, "oral"),
        Dose(17.5, "iv", "esketamine"),
    ],
)
def test_a_dose_by_any_route_is_felt(dose: Dose) -> None:
    felt = course(5, doses=[dose])
    assert max(one.effect_site_ng_ml for one in felt) > 0
    rested = VirtualPatient(5).baseline("sbp_mmhg")
    assert max(one.sbp_mmhg for one in felt) > rested


def test_expired_co2_rises_when_breathing_slows_and_is_not_read_when_nothing_is() -> None:
    deep = VirtualPatient(5).course([0.0, 10.0], [Dose(700.0, "iv", duration_min=1.0)])
    rest, under = deep
    assert rest.etco2_mmhg is not None
    assert under.etco2_mmhg is not None
    assert under.rr_per_min is not None
    assert rest.rr_per_min is not None
    assert under.rr_per_min < rest.rr_per_min
    assert 30 < rest.etco2_mmhg < 46 < under.etco2_mmhg
    begins = physiology().value("rehearsal.toilet_walk", "begins_min")
    walking = VirtualPatient(5, scenario="toilet_walk").at(begins + 1, [Dose(35.0, "iv", duration_min=40.0)])
    assert (walking.rr_per_min, walking.etco2_mmhg) == (None, None)
