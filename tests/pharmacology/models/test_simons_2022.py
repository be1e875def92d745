"""Simons 2022 as a structure: judged by its equations written out again in moles, and by what must balance."""

from collections.abc import Mapping

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import norket
from norket import Dose, Patient
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.uncertainty import draw_effects

ANALYTES = ("ketamine", "norketamine", "hydroxynorketamine")
PATIENT = Patient(70, 24, "female")
FILM = Dose(50.0, route="sublingual", drug="esketamine")
TIMES = np.array([5.0, 12, 20, 45, 90, 200, 359, 365, 380, 420, 480])
WEEK_MIN = 7 * 24 * 60.0


@pytest.fixture(scope="module")
def simons() -> models.Model:
    return models.model("simons_2022")


def curves(
    model: models.Model, doses: list[Dose], times: np.ndarray, effects: np.ndarray | None = None, who: Patient = PATIENT
) -> dict[str, np.ndarray]:
    """Each analyte (times, draws) of the individuals with these random effects; the typical one if none are given."""
    drawn = np.zeros((1, len(model.varying))) if effects is None else effects
    inputs = model.inputs(doses, [0] * len(doses), [1.0] * len(doses))
    return {name: found[0] for name, found in solve(model.segments(who, doses, drawn), inputs, times, 1).items()}


def in_moles(p: Mapping[str, float], weight_kg: float, doses: list[Dose], times: np.ndarray) -> dict[str, np.ndarray]:
    """The published equations in micromoles, integrated without anything of the engine."""
    size = weight_kg / 70
    v1, v2, v3, vn2, vh1, vh2 = (p[name] * size for name in ("V1", "V2", "V3", "VN2", "VH1", "VH2"))
    cl, q2, q3, cln, qn, clh, qh = (p[n] * size**0.75 for n in ("CL", "Q2", "Q3", "CLN", "QN", "CLH", "QH"))
    to_nk, to_hnk = 2 / p["MTT_NK"], 2 / p["MTT_HNK"]

    def inflow(time: float, route: str, lasting: float | None) -> float:
        rates = [
            one.amount_mg / 237.73 * 1000 / (lasting or one.duration_min)
            for one in doses
            if one.route == route and one.start_min <= time < one.start_min + (lasting or one.duration_min)
        ]
        return sum(rates)

    def change(time: float, x: np.ndarray) -> list[float]:
        film, gut, portal, k, k2, k3, a1, a2, n, n2, b1, b2, h, h2 = x
        ck, cn, ch = k / v1, n / v1, h / vh1
        return [
            p["F1"] * inflow(time, "sublingual", p["D1"]) - p["KA1"] * film,
            p["F2"] * inflow(time, "sublingual", p["D2"]) - p["KA2"] * gut,
            p["KA2"] * gut - portal / p["MTTG"],
            inflow(time, "iv", None) + p["KA1"] * film - cl * ck - q2 * (ck - k2 / v2) - q3 * (ck - k3 / v3),
            q2 * (ck - k2 / v2),
            q3 * (ck - k3 / v3),
            cl * ck + portal / p["MTTG"] - to_nk * a1,
            to_nk * (a1 - a2),
            0.8 * to_nk * a2 - cln * cn - qn * (cn - n2 / vn2),
            qn * (cn - n2 / vn2),
            cln * cn - to_hnk * b1,
            to_hnk * (b1 - b2),
            0.7 * to_hnk * b2 - clh * ch - qh * (ch - h2 / vh2),
            qh * (ch - h2 / vh2),
        ]

    found = solve_ivp(change, (0, times[-1]), np.zeros(14), "LSODA", times, rtol=1e-9, atol=1e-10, max_step=0.5)
    ng_ml = zip(ANALYTES, ((3, v1, 237.73), (8, v1, 223.70), (12, vh1, 239.70)), strict=True)
    return {name: found.y[place] / volume * mass for name, (place, volume, mass) in ng_ml}


@pytest.mark.parametrize("weight_kg", [53.0, 70.0, 93.0])
def test_the_equations_written_out_in_moles_give_the_same_curves(simons: models.Model, weight_kg: float) -> None:
    doses = [FILM, Dose(20.0, drug="esketamine", start_min=360, duration_min=20)]
    found = curves(simons, doses, TIMES, who=Patient(weight_kg, 24, "male"))
    for name, curve in in_moles(simons.typical, weight_kg, doses, TIMES).items():
        assert found[name][:, 0] == pytest.approx(curve, rel=2e-5), name


def test_a_drawn_volunteer_has_the_equations_with_the_drawn_parameters(simons: models.Model) -> None:
    effects = draw_effects(simons, 3, seed=5, occasions=1)
    found = curves(simons, [FILM], TIMES, effects)
    names = (*simons.varying, *simons.occasion_varying)
    for draw in range(3):
        own = dict(simons.typical)
        for name, effect in zip(names, effects[draw], strict=True):
            own[name] *= np.exp(effect)
        for name, curve in in_moles(own, 70, [FILM], TIMES).items():
            assert found[name][:, draw] == pytest.approx(curve, rel=2e-5), name


def test_the_fast_engine_is_the_plain_one_for_drawn_volunteers_over_two_visits(simons: models.Model) -> None:
    doses = [FILM, Dose(20.0, drug="esketamine", start_min=360, duration_min=20)]
    doses.append(Dose(100.0, route="sublingual", drug="esketamine", start_min=1440))
    times = np.concatenate([TIMES, TIMES + 1440])
    effects = draw_effects(simons, 3, seed=9, occasions=2)
    segments = simons.segments(PATIENT, doses, effects)
    inputs = simons.inputs(doses, [0] * 3, [1.0] * 3)
    fast = solve(segments, inputs, times, 1)
    for draw in range(3):
        for name, curve in solve_plainly(segments, inputs, times, draw).items():
            assert np.abs(fast[name][0, :, draw] - curve).max() <= 1e-9 * curve.max(), name


def test_mass_leaves_only_where_the_paper_lets_it(simons: models.Model) -> None:
    p = simons.typical
    system = simons.system(PATIENT, np.zeros((1, len(simons.varying))))
    lost = -system.A[0].sum(axis=0)
    delay, second, end = (1 - 0.8) * 2 / p["MTT_NK"], (1 - 0.7) * 2 / p["MTT_HNK"], p["CLH"] / p["VH1"]
    expected = np.zeros(system.states)
    expected[[7, 11, 12]] = delay, second, end
    assert lost == pytest.approx(expected, abs=1e-12)
    assert (system.A[0] - np.diag(np.diag(system.A[0])) >= 0).all()
    assert {way: vector.sum() for way, vector in system.inputs.items()} == {
        "iv": 1.0,
        "sublingual": pytest.approx(0.263),
        "sublingual swallowed": pytest.approx(1.16),
    }


def test_areas_to_infinity_are_what_the_fractions_and_clearances_say(simons: models.Model) -> None:
    p = simons.typical
    for dose, as_ketamine, in_metabolism in (
        ("esketamine 50 mg sublingual", p["F1"], p["F1"] + p["F2"]),
        ("esketamine 50 mg iv over 20 min", 1, 1),
    ):
        found = norket.predict(PATIENT, [dose], model=simons, times_min=[60.0], draws=1).summaries
        mg_min_l = {name: summary.auc_ng_h_ml * 60 / 1000 for name, summary in found.items()}
        norketamine = 50 * in_metabolism * 0.8 * 223.70 / 237.73
        assert mg_min_l["ketamine"] * p["CL"] == pytest.approx(50 * as_ketamine, rel=1e-9)
        assert mg_min_l["norketamine"] * p["CLN"] == pytest.approx(norketamine, rel=1e-9)
        assert mg_min_l["hydroxynorketamine"] * p["CLH"] == pytest.approx(norketamine * 0.7 * 239.70 / 223.70, rel=1e-9)


def test_what_is_swallowed_never_reaches_the_blood_as_ketamine(simons: models.Model) -> None:
    none, twice = {"F2": 1e-12}, {"F2": 2.0}
    effects = np.zeros((1, len(simons.varying)))
    inputs = simons.inputs([FILM], [0], [1.0])
    without, more = (solve(simons.segments(PATIENT, [FILM], effects, one), inputs, TIMES, 1) for one in (none, twice))
    assert without["ketamine"] == pytest.approx(more["ketamine"], rel=1e-9)
    assert (without["norketamine"] < 0.6 * more["norketamine"]).all()


def test_no_drawn_curve_is_below_zero(simons: models.Model) -> None:
    doses = [FILM, Dose(20.0, drug="esketamine", start_min=360, duration_min=20)]
    for name, curve in curves(simons, doses, TIMES, draw_effects(simons, 400, seed=1, occasions=1)).items():
        assert (curve > 0).all(), name


def test_a_film_of_another_day_has_its_own_occasion_and_the_first_is_carried_over(simons: models.Model) -> None:
    again = Dose(50.0, route="sublingual", drug="esketamine", start_min=WEEK_MIN)
    same_visit = Dose(20.0, drug="esketamine", start_min=360, duration_min=20)
    assert simons.occasions([FILM, same_visit]) == (0.0,)
    assert simons.occasions([FILM, again]) == (0.0, WEEK_MIN)
    effects = draw_effects(simons, 2, seed=3, occasions=2)
    late = TIMES + WEEK_MIN
    found = curves(simons, [FILM, again], np.concatenate([TIMES, late]), effects)
    alone = curves(simons, [FILM], TIMES, effects[:, : -len(simons.occasion_varying)])
    for name in ANALYTES:
        assert found[name][: len(TIMES)] == pytest.approx(alone[name], rel=1e-9)
        assert not np.allclose(found[name][len(TIMES) :], alone[name], rtol=0.02)


def test_variances_and_errors_are_those_of_table_4(simons: models.Model) -> None:
    between = dict(zip(simons.varying, np.diag(simons.covariance), strict=True))
    assert between == {
        **{"V1": 0.057, "CL": 0.029, "Q3": 0.026, "MTT_NK": 0.021},
        **{"CLN": 0.050, "VH1": 1.22, "CLH": 0.103, "QH": 0.287},
    }
    within = dict(zip(simons.occasion_varying, np.diag(simons.occasion_covariance), strict=True))
    assert within == {
        **{"F1": 0.060, "D1": 0.154, "KA1": 0.062, "F2": 0.057, "D2": 0.611, "KA2": 0.376},
        **{"MTTG": 0.937, "MTT_NK": 0.751, "VH2": 0.152, "CLH": 0.008},
    }
    assert simons.residual("ketamine").proportional == pytest.approx(np.sqrt(0.012), abs=5e-5)
    assert simons.residual("norketamine").additive_ng_ml == pytest.approx(0.058 * 223.70)
    assert simons.residual("hydroxynorketamine").additive_ng_ml == pytest.approx(0.020 * 239.70)


def test_every_relative_error_is_the_printed_standard_error_over_the_estimate(simons: models.Model) -> None:
    # Table 4, estimate and standard error as printed.
    printed = {
        **{"F1": (26.3, 1.2), "D1": (13.1, 1.0), "KA1": (0.040, 0.002), "F2": (116, 6), "D2": (29.9, 3.5)},
        **{"KA2": (0.049, 0.007), "MTTG": (10.7, 1.7), "V1": (11.6, 0.9), "V2": (39.0, 2.9), "V3": (174, 11)},
        **{"CL": (1.48, 0.06), "Q2": (2.43, 0.24), "Q3": (1.21, 0.08), "MTT_NK": (20.1, 1.0), "VN2": (221, 13)},
        **{"CLN": (1.00, 0.04), "QN": (2.63, 0.15), "MTT_HNK": (1.12, 0.51), "VH1": (4.4, 2.0), "VH2": (87.5, 6.5)},
        **{"CLH": (0.933, 0.068), "QH": (1.70, 0.25)},
    }
    assert set(simons.relative_errors) == set(printed)
    for name, (estimate, error) in printed.items():
        assert simons.relative_errors[name] == pytest.approx(error / estimate, abs=6e-5), name
        assert simons.typical[name] == pytest.approx(estimate / (100 if name in {"F1", "F2"} else 1))


@pytest.mark.parametrize("route", ["oral", "im", "sc", "intranasal"])
def test_other_routes_are_refused_by_name(simons: models.Model, route: str) -> None:
    simons.check(PATIENT, [FILM])
    with pytest.raises(NotCoveredError, match=route) as refused:
        simons.check(PATIENT, [Dose(50.0, route=route, drug="esketamine")])
    assert refused.value.code == "route_not_covered"


def test_a_film_is_laid_at_once_and_not_over_a_time(simons: models.Model) -> None:
    with pytest.raises(NotCoveredError, match="sublingual") as refused:
        simons.check(PATIENT, [Dose(50.0, route="sublingual", drug="esketamine", duration_min=10)])
    assert refused.value.code == "dose_not_covered"


def test_it_says_what_is_assumed_for_weight_racemate_site_and_whom_it_studied(simons: models.Model) -> None:
    said = " ".join(simons.warnings(PATIENT, [FILM]))
    for words in ("arterial", "assumed", "19 to 32"):
        assert words in said
    assert "R-ketamine" not in said
    assert "R-ketamine" in " ".join(simons.warnings(PATIENT, [Dose(50.0, route="sublingual")]))
    for weight_kg, outside in ((53, False), (93, False), (52.9, True), (93.1, True)):
        said = " ".join(simons.warnings(Patient(weight_kg, 24, "male"), [FILM]))
        assert ("extrapolation" in said) is outside


def test_a_racemic_film_is_twice_the_curve_of_its_s_half(simons: models.Model) -> None:
    whole = norket.predict(PATIENT, ["100 mg sublingual"], model=simons, times_min=TIMES, draws=1)
    half = norket.predict(PATIENT, ["esketamine 50 mg sublingual"], model=simons, times_min=TIMES, draws=1)
    for name in ANALYTES:
        assert whole.track(name).typical == pytest.approx(2 * half.track(name).typical)
        assert whole.track(f"s_{name}").typical == pytest.approx(half.track(f"s_{name}").typical)
        assert whole.track(name).assumption == "R-ketamine taken as S-ketamine"


def test_the_document_of_a_prediction_holds_hydroxynorketamine() -> None:
    found = norket.predict(PATIENT, ["esketamine 50 mg sublingual"], times_min=[76.0], draws=5)
    assert found.to_json()["hydroxynorketamine_ng_ml"]["typical"] == pytest.approx([95.4], rel=5e-3)
    assert found.track("hydroxynorketamine").model == "simons_2022"
    assert found.norketamine.model == "simons_2022"


def test_the_terminal_half_life_of_a_metabolite_is_not_that_of_its_delay(simons: models.Model) -> None:
    found = norket.predict(PATIENT, [FILM], model=simons, times_min=[60.0], draws=1).summaries
    late = curves(simons, [FILM], np.array([6000.0, 6060.0]))
    for name in ANALYTES:
        fall_per_h = -np.log(late[name][1, 0] / late[name][0, 0])
        assert found[name].half_life_h == pytest.approx(np.log(2) / fall_per_h, rel=1e-2), name
