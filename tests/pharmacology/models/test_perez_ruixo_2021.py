"""Perez-Ruixo 2021 as a structure: its equations written out again, devices and sessions, covariates, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

import norket
from norket import Dose, Patient, knowledge
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.models.perez_ruixo_2021 import ways
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.uncertainty import draw_effects

PATIENT = Patient(70, 45, "female")
TIMES = np.array([2.0, 10, 19, 25, 32, 40, 60, 120, 240, 720, 1440])
NOSE, LATER = "intranasal", "intranasal later"


@pytest.fixture(scope="module")
def perez() -> models.Model:
    return models.model("perez_ruixo_2021")


def nasal(mg: float, at_min: float = 0.0, **other: float | str) -> Dose:
    return Dose(mg, route="intranasal", drug="esketamine", start_min=at_min, **other)


def of_race(race: str, age_y: float = 45) -> Patient:
    return Patient(70, age_y, "female", covariates={"race": race})


def curves(
    model: models.Model, doses: list[Dose], times: np.ndarray, effects: np.ndarray | None = None, who: Patient = PATIENT
) -> dict[str, np.ndarray]:
    """Each analyte (times, draws) of the individuals with these random effects; the typical one if none are given."""
    drawn = np.zeros((1, len(model.varying))) if effects is None else effects
    inputs = model.inputs(doses, [0] * len(doses), [1.0] * len(doses))
    return {name: found[0] for name, found in solve(model.segments(who, doses, drawn), inputs, times, 1).items()}


def by_hand(dose: Dose, who: Patient, times: np.ndarray) -> dict[str, np.ndarray]:
    """The published equations in hours with the printed numbers, integrated without anything of the engine."""
    race = who.covariates.get("race")
    asian, japanese = race in {"asian", "japanese"}, race == "japanese"
    devices = dose.amount_mg / 28
    nose = 0.54 * (1.34 if japanese else 1) * (1 + 0.62 * (devices - 1)) / devices
    kel, cln = 1.11 * (0.36 if asian else 1), 38 * (0.81 if asian else 1)
    qh = 151 - 2.19 * max(0, who.age_y - 60)
    swallowed, lasting, ka = (1 - nose) * 0.64, 0.53, 1.45
    if dose.route == "oral":
        nose, swallowed, lasting, ka = 0, 0.64, 0.32, 0.97

    def change(hour: float, x: np.ndarray) -> list[float]:
        depot, mouth, c, p1, p2, liver, nk, nk2 = x
        out = 84.3 * (c / 192 - p1 / 143), 37.6 * (c / 192 - p2 / 417), qh * (c / 192 - liver / 101)
        to_tissue = 26.1 * (nk / 70 - nk2 / 115)
        return [
            -2.93 * depot,
            (dose.amount_mg * swallowed / lasting if hour < lasting else 0) - ka * mouth,
            2.93 * depot - sum(out),
            out[0],
            out[1],
            out[2] + ka * mouth - (kel + 2.77) * liver,
            2.77 * liver - cln / 70 * nk - to_tissue,
            to_tissue,
        ]

    start = np.zeros(8)
    start[0] = dose.amount_mg * nose
    found = solve_ivp(change, (0, times[-1] / 60), start, "LSODA", times / 60, rtol=1e-9, atol=1e-10, max_step=0.01)
    return {"ketamine": found.y[2] / 192 * 1000, "norketamine": found.y[6] / 70 * 1000}


@pytest.mark.parametrize("who", [PATIENT, of_race("asian"), of_race("japanese", 70), Patient(40, 86, "male")])
@pytest.mark.parametrize("dose", [nasal(28), nasal(84), Dose(84.0, route="oral", drug="esketamine")])
def test_the_equations_written_out_by_hand_give_the_same_curves(perez: models.Model, dose: Dose, who: Patient) -> None:
    found = curves(perez, [dose], TIMES, who=who)
    for name, curve in by_hand(dose, who, TIMES).items():
        assert found[name][:, 0] == pytest.approx(curve, rel=2e-5), name


def test_the_fast_engine_is_the_plain_one_for_drawn_patients_by_every_route(perez: models.Model) -> None:
    doses = [nasal(56), nasal(28, 5), Dose(84.0, route="oral", drug="esketamine", start_min=90)]
    doses += [Dose(28.0, drug="esketamine", start_min=200, duration_min=40), nasal(28, 1440)]
    times = np.unique([*TIMES, 95, 110, 205, 240, 1460, 1500, 2000])
    segments = perez.segments(of_race("japanese", 70), doses, draw_effects(perez, 3, seed=9))
    inputs = perez.inputs(doses, [0] * len(doses), [1.0] * len(doses))
    fast = solve(segments, inputs, times, 1)
    for draw in range(3):
        for name, curve in solve_plainly(segments, inputs, times, draw).items():
            assert np.abs(fast[name][0, :, draw] - curve).max() <= 1e-9 * curve.max(), name


def test_mass_leaves_only_the_liver_and_the_metabolite(perez: models.Model) -> None:
    system = perez.system(PATIENT, np.zeros((1, len(perez.varying))))
    expected = np.zeros(system.states)
    expected[[6, 7]] = 1.11 / 60, 38 / 70 / 60
    assert -system.A[0].sum(axis=0) == pytest.approx(expected, abs=1e-12)
    entering = {way: vector.sum() for way, vector in system.inputs.items()}
    assert entering == pytest.approx(
        {
            **{"iv": 1.0, "oral": 0.64, NOSE: 0.54, LATER: 0.54 * 0.62},
            "intranasal swallowed": 0.46 * 0.64,
            "intranasal later swallowed": (1 - 0.54 * 0.62) * 0.64,
        }
    )


def test_no_drawn_curve_is_below_zero_and_no_nasal_part_above_one(perez: models.Model) -> None:
    effects = draw_effects(perez, 400, seed=1)
    effects[0, perez.varying.index("FRN")] = 8.0
    for who in (PATIENT, of_race("japanese", 86)):
        system = perez.system(who, effects)
        for way, vector in system.inputs.items():
            assert (vector >= 0).all(), way
            assert (vector.sum(axis=1) <= 1).all(), way
        for name, curve in curves(perez, [nasal(84)], TIMES, effects, who).items():
            assert (curve > 0).all(), name


def test_the_nasal_fraction_varies_on_the_logit_and_race_acts_before_it(perez: models.Model) -> None:
    effect = np.zeros((1, len(perez.varying)))
    effect[0, perez.varying.index("FRN")] = 0.708
    for who, typical in ((PATIENT, 0.54), (of_race("japanese"), 0.54 * 1.34)):
        odds = typical / (1 - typical)
        moved = odds * np.exp(0.708) / (1 + odds * np.exp(0.708))
        assert perez.system(who, 0 * effect).inputs[NOSE].sum() == pytest.approx(typical)
        assert perez.system(who, effect).inputs[NOSE].sum() == pytest.approx(moved)


def test_variances_are_those_of_the_printed_coefficients_of_variation(perez: models.Model) -> None:
    printed = {
        **{"VC": 27.5, "QH": 23.2, "VP1": 49.3, "VH": 34.6, "KEL": 120, "KA_N": 61.5},
        **{"KA_SW": 132, "KA_PO": 132, "VCN": 31.6, "CLN": 25.4},
    }
    variance = dict(zip(perez.varying, np.diag(perez.covariance), strict=True))
    assert set(variance) == {*printed, "FRN"}
    assert variance.pop("FRN") == pytest.approx(0.708**2)
    for name, cv_percent in printed.items():
        assert variance[name] == pytest.approx(np.log((cv_percent / 100) ** 2 + 1), rel=1e-4), name
    assert perez.residual("ketamine").log == 0.276
    assert perez.residual("norketamine").log == 0.422


def test_what_the_paper_left_blank_is_said_and_not_filled(perez: models.Model) -> None:
    assert "KMET" not in perez.varying
    assert any("KMET" in text and "blank" in text for text in perez.card.limits)
    assert any("AUC" in text or "area" in text for text in perez.card.limits)


@pytest.mark.parametrize(("mg", "nose"), [(28, 0.54), (56, 0.4374), (84, 0.4032)])
def test_more_devices_leave_a_smaller_part_in_the_nose(perez: models.Model, mg: float, nose: float) -> None:
    system = perez.system(PATIENT, np.zeros((1, len(perez.varying))))
    entering = sum(one.amount_mg * system.inputs[one.way][0] for one in perez.inputs([nasal(mg)], [0], [1.0]))
    assert entering[0] / mg == pytest.approx(nose)
    assert entering[1] / mg == pytest.approx((1 - nose) * 0.64)


def test_devices_written_one_by_one_are_the_session_written_at_once(perez: models.Model) -> None:
    whole = curves(perez, [nasal(84)], TIMES)
    for doses in ([nasal(28)] * 3, [nasal(56), nasal(28)], [nasal(28), nasal(56)]):
        for name, curve in curves(perez, doses, TIMES).items():
            assert curve == pytest.approx(whole[name], rel=1e-9)


def test_devices_five_minutes_apart_are_one_session_and_peak_a_little_lower(perez: models.Model) -> None:
    apart = [nasal(28), nasal(28, 5), nasal(28, 10)]
    taken = ways(apart, perez.typical)
    assert [one[NOSE] for one in taken] == [1, 0, 0]
    assert [one[LATER] for one in taken] == [0, 1, 1]
    grid = np.arange(0.0, 120.0)
    together = curves(perez, [nasal(84)], grid)["ketamine"].max()
    assert 0.95 * together < curves(perez, apart, grid)["ketamine"].max() < together


def test_the_order_in_which_a_history_is_written_changes_nothing(perez: models.Model) -> None:
    history = [nasal(28, 7 * 24 * 60), nasal(28, 5), nasal(56), Dose(20.0, drug="esketamine", duration_min=40)]
    for name, curve in curves(perez, history, TIMES).items():
        assert curve == pytest.approx(curves(perez, history[::-1], TIMES)[name], rel=1e-9)


@given(st.lists(st.sampled_from([28.0, 56.0, 84.0]), min_size=1, max_size=4))
def test_every_part_of_every_device_is_accounted_for_once(sessions: list[float]) -> None:
    perez = models.model("perez_ruixo_2021")
    doses = [nasal(mg, 24 * 60 * day) for day, mg in enumerate(sessions)]
    for dose, parts in zip(doses, ways(doses, perez.typical), strict=True):
        assert parts[NOSE] + parts[LATER] == pytest.approx(1)
        assert parts[NOSE] == pytest.approx(28 / dose.amount_mg)
        assert (parts["intranasal swallowed"], parts["intranasal later swallowed"]) == (parts[NOSE], parts[LATER])


def assert_refused(perez: models.Model, doses: list[Dose], words: str) -> None:
    with pytest.raises(NotCoveredError, match=words) as refused:
        perez.check(PATIENT, doses)
    assert refused.value.code == "dose_not_covered"


@pytest.mark.parametrize("mg", [27.9, 28.1, 14, 42, 1e-9])
def test_parts_of_a_device_are_refused(perez: models.Model, mg: float) -> None:
    perez.check(PATIENT, [nasal(28)])
    assert_refused(perez, [nasal(mg)], "whole devices of 28 mg")


def test_three_devices_are_a_session_and_four_are_refused_however_written(perez: models.Model) -> None:
    perez.check(PATIENT, [nasal(84)])
    perez.check(PATIENT, [nasal(28, 5.0 * number) for number in range(3)])
    for doses in ([nasal(112)], [nasal(56), nasal(56, 5)], [nasal(28, 5.0 * number) for number in range(4)]):
        assert_refused(perez, doses, "up to 3")


def test_a_later_device_is_of_the_session_or_of_another_and_nothing_between(perez: models.Model) -> None:
    within = knowledge.read().figure("models.nasal_session", "SESSION_WITHIN").value
    apart = knowledge.read().figure("models.occasion", "gap").value * 60
    assert ways([nasal(28), nasal(28, within)], perez.typical)[1][LATER] == 1
    assert ways([nasal(84), nasal(84, apart)], perez.typical)[1][NOSE] == pytest.approx(1 / 3)
    for minutes in (within + 0.1, apart - 0.1):
        assert_refused(perez, [nasal(28), nasal(28, minutes)], "after the first")


def test_a_nasal_spray_of_the_racemate_is_refused_and_a_racemic_infusion_is_not(perez: models.Model) -> None:
    assert_refused(perez, [Dose(28.0, route="intranasal")], "racemic")
    infusion = Dose(35.0, duration_min=40)
    perez.check(PATIENT, [infusion])
    assert any("R-ketamine" in text for text in perez.warnings(PATIENT, [infusion]))
    found = norket.predict(PATIENT, [infusion], model=perez, times_min=[40.0], draws=1)
    assert found.s_ketamine.typical == pytest.approx(found.ketamine.typical / 2)
    assert found.ketamine.assumption == "R-ketamine taken as S-ketamine"


def test_a_device_is_used_at_once_and_not_over_a_time(perez: models.Model) -> None:
    assert_refused(perez, [nasal(28, duration_min=10)], "given at once")


@pytest.mark.parametrize("route", ["im", "sc", "sublingual"])
def test_other_routes_are_refused_by_name(perez: models.Model, route: str) -> None:
    with pytest.raises(NotCoveredError, match=route) as refused:
        perez.check(PATIENT, [Dose(28.0, route=route, drug="esketamine")])
    assert refused.value.code == "route_not_covered"


def test_race_is_one_of_the_groups_that_were_told_apart(perez: models.Model) -> None:
    for race in ("asian", "japanese", "other"):
        perez.check(of_race(race), [nasal(28)])
    for covariates in ({"race": "martian"}, {"height": "tall"}):
        with pytest.raises(NotCoveredError) as refused:
            perez.check(Patient(70, 45, "male", covariates=covariates), [nasal(28)])
        assert refused.value.code == "covariate_not_known"
    plain, other = (curves(perez, [nasal(28)], TIMES, who=who) for who in (PATIENT, of_race("other")))
    assert (plain["ketamine"] == other["ketamine"]).all()


def test_flow_falls_above_60_years_only_and_ends_where_none_is_left(perez: models.Model) -> None:
    def clearance_l_h(age_y: float) -> float:
        return float(perez.system(Patient(70, age_y, "male"), np.zeros((1, len(perez.varying)))).A[0][6, 3]) * 192 * 60

    assert clearance_l_h(18) == clearance_l_h(60) == pytest.approx(151)
    assert clearance_l_h(61) == pytest.approx(151 - 2.19)
    assert clearance_l_h(86) == pytest.approx(151 - 26 * 2.19)
    last = 60 + 151 / 2.19
    assert clearance_l_h(last - 0.001) > 0
    with pytest.raises(NotCoveredError, match="years") as refused:
        clearance_l_h(last + 0.001)
    assert refused.value.code == "patient_not_covered"


def test_weight_changes_nothing(perez: models.Model) -> None:
    light, heavy = (curves(perez, [nasal(56)], TIMES, who=Patient(kg, 45, "male")) for kg in (39, 170))
    assert (light["ketamine"] == heavy["ketamine"]).all()


def test_the_default_table_gives_nasal_esketamine_and_mixes_to_this_model() -> None:
    for doses in (["esketamine 56 mg intranasal"], ["esketamine 28 mg intranasal", "esketamine 10 mg oral at 24 h"]):
        found = norket.predict(PATIENT, doses, times_min=[40.0], draws=5)
        assert {track.model for track in found.tracks} == {"perez_ruixo_2021"}
        assert (found.ketamine.site, set(found.analytes)) == (
            "venous",
            {"ketamine", "norketamine", "s_ketamine", "s_norketamine"},
        )
