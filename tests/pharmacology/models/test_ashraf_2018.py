"""Ashraf 2018 and its composite: the published structure, solved another way, and the figures that follow from it."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from norket import Dose, Patient, knowledge, predict
from norket.pharmacology import models
from norket.pharmacology.models import ashraf_2018
from norket.pharmacology.models.system import Floats
from norket.pharmacology.refusals import NotCoveredError

SEVENTY = Patient(70, 30, "male")
TIMES_MIN = [20.0, 40.0, 60.0, 120.0, 240.0, 480.0, 1440.0]


def figure(name: str) -> float:
    return knowledge.read().figure("models.ashraf_2018", name).value


def typical_passage(weight_kg: float = 70.0, liver_function: float = 1.0) -> ashraf_2018.Passage:
    parameters = {name: np.array([value]) for name, value in models.model("ashraf_2018").typical.items()}
    return ashraf_2018.passage(parameters, {"weight_kg": weight_kg, "liver_function": liver_function})


def by_the_published_equations(oral_mg: float, iv_mg: float, weight_kg: float) -> tuple[Floats, Floats]:
    """Gut wall, portal vein and liver written out as deposited (amounts in mg, hours), all organ volumes one litre."""
    f = {value.name: value.value for value in knowledge.read().entry("models.ashraf_2018").values}
    qh = f["QH"] * weight_kg ** f["flow_exponent"]
    qpv, qha = f["portal"] * qh, f["artery"] * qh
    qvi = f["VILLOUS"] * f["MUCOSAL"] * f["INTESTINAL"] * qh
    qgut = qvi * f["CLPERM"] / (qvi + f["CLPERM"])
    f_gut = qgut / (qgut + f["CLINT_GUT"])
    uptake = f["CLINT_LIVER"] * f["FU"] / f["BP"]
    e_liver = uptake / (qh + uptake)
    f_gut_nk = qvi / (qvi + f["CLINT_GUT_M"])
    f_liver_nk = qh / (qh + f["CLINT_LIVER_M"] * f["FUM"] / f["BPM"])

    def slope(_: float, state: Floats) -> list[float]:
        depot, central, fast, slow, nk, nk_tissue = state
        gut = f["KA"] * depot / qvi
        portal = (qvi * f_gut * gut + qpv / f["VC"] * central) / qpv
        liver = (qha / f["VC"] * central + qpv * portal) / qh
        gut_nk = (1 - f_gut) * gut
        portal_nk = (qvi * gut_nk * f_gut_nk + qpv / f["VM"] * nk) / qpv
        liver_nk = (qha / f["VM"] * nk + qpv * portal_nk + qh * e_liver * liver) / qh
        to_fast = f["Q1"] / f["VC"] * central - f["Q1"] / f["VP1"] * fast
        to_slow = f["Q2"] / f["VC"] * central - f["Q2"] / f["VP2"] * slow
        to_tissue = f["QM"] / f["VM"] * nk - f["QM"] / f["VM2"] * nk_tissue
        return [
            -f["KA"] * depot,
            (1 - e_liver) * qh * liver - (qha + qpv) / f["VC"] * central - to_fast - to_slow,
            to_fast,
            to_slow,
            f_liver_nk * qh * liver_nk - (qha + qpv) / f["VM"] * nk - to_tissue,
            to_tissue,
        ]

    start = [oral_mg, iv_mg, 0.0, 0.0, 0.0, 0.0]
    hours = np.array(TIMES_MIN) / 60
    found = solve_ivp(slope, (0, hours[-1]), start, "LSODA", hours, rtol=1e-11, atol=1e-13)
    return 1000 * found.y[1] / f["VC"], 1000 * found.y[4] / f["VM"]


@pytest.mark.parametrize(("route", "weight_kg"), [("oral", 70.0), ("iv", 70.0), ("oral", 52.0), ("iv", 88.0)])
def test_the_curves_are_those_of_the_published_equations_written_out(route: str, weight_kg: float) -> None:
    ketamine, norketamine = by_the_published_equations(
        14.0 if route == "oral" else 0.0, 14.0 if route == "iv" else 0.0, weight_kg
    )
    dose = Dose(14.0, route, "esketamine")  # type: ignore[arg-type]
    found = predict(Patient(weight_kg, 30, "male"), [dose], model="ashraf_2018", times_min=TIMES_MIN, draws=1)
    assert found.s_ketamine.typical == pytest.approx(ketamine, rel=1e-7)
    assert found.track("s_norketamine").typical == pytest.approx(norketamine, rel=1e-7)


def test_extraction_clearance_and_bioavailability_at_70_kg_are_as_derived() -> None:
    through = typical_passage()
    assert 1 - through.liver[0] == pytest.approx(0.823, abs=5e-4)
    assert through.flow[0] * 60 * (1 - through.liver[0]) == pytest.approx(74.7, abs=0.05)
    assert through.gut[0] == pytest.approx(0.736, abs=5e-4)
    assert through.swallowed[0] == pytest.approx(0.130, abs=5e-4)


def test_areas_follow_from_clearance_and_bioavailability() -> None:
    through = typical_passage()
    iv = predict(SEVENTY, [Dose(7.0, "iv", "esketamine")], model="ashraf_2018", draws=1)
    oral = predict(SEVENTY, [Dose(7.0, "oral", "esketamine")], model="ashraf_2018", draws=1)
    clearance_l_h = 60 * through.flow[0] * (1 - through.liver[0])
    norketamine_l_h = 60 * through.flow[0] * (1 - through.norketamine_liver[0])
    area = {name: iv.summaries[name].auc_ng_h_ml for name in ("ketamine", "norketamine")}
    assert area["ketamine"] == pytest.approx(7000 / clearance_l_h, rel=1e-9)
    assert area["norketamine"] == pytest.approx(7000 * through.norketamine_liver[0] / norketamine_l_h, rel=1e-9)
    swallowed = 7000 * through.swallowed[0] / clearance_l_h
    # Norketamine by mouth: that of the first pass, and that of the ketamine that came through.
    formed = through.swallowed_to_norketamine[0] + through.swallowed[0] * through.norketamine_liver[0]
    assert oral.summaries["ketamine"].auc_ng_h_ml == pytest.approx(swallowed, rel=1e-9)
    assert oral.summaries["norketamine"].auc_ng_h_ml == pytest.approx(7000 * formed / norketamine_l_h, rel=1e-9)


def test_by_mouth_there_is_five_to_sixteen_times_as_much_norketamine_as_ketamine() -> None:
    oral = predict(SEVENTY, [Dose(14.0, "oral", "esketamine")], model="ashraf_2018", draws=1)
    ratio = oral.summaries["norketamine"].auc_ng_h_ml / oral.summaries["ketamine"].auc_ng_h_ml
    assert 5 < ratio < 16


def test_weight_acts_through_the_blood_flow_alone() -> None:
    light, heavy = (models.model("ashraf_2018").system(Patient(kg, 30, "male"), np.zeros((1, 5))) for kg in (50, 88))
    names = ("gut", *ashraf_2018.BODY)
    fast, ketamine = names.index("fast"), names.index("ketamine")
    assert light.A[0, fast, ketamine] == heavy.A[0, fast, ketamine]
    assert typical_passage(88).flow[0] / typical_passage(50).flow[0] == pytest.approx((88 / 50) ** 0.75)


def test_a_weaker_liver_raises_an_oral_dose_far_more_than_an_infusion() -> None:
    def area(dose: Dose, **said: float) -> float:
        patient = Patient(70, 30, "male", covariates=said)
        return predict(patient, [dose], model="ashraf_2018", draws=1).summaries["ketamine"].auc_ng_h_ml

    oral, iv = Dose(10.0, "oral"), Dose(10.0, "iv", duration_min=40.0)
    assert area(oral, liver_function=1.0) == area(oral)
    # Well stirred: by mouth the area goes with one over the intrinsic clearance, by vein with one over the clearance.
    assert area(oral, liver_function=0.5) / area(oral) == pytest.approx(2.0)
    assert 1.1 < area(iv, liver_function=0.5) / area(iv) < 1.35


@pytest.mark.parametrize("said", [0.099, 1.001, 0.0, -1.0, float("nan"), "half"])
def test_a_liver_function_outside_a_tenth_to_one_is_refused(said: float | str) -> None:
    with pytest.raises(NotCoveredError, match="liver_function") as refused:
        predict(
            Patient(70, 30, "male", covariates={"liver_function": said}), ["10 mg oral"], model="ashraf_2018", draws=1
        )
    assert refused.value.code == "covariate_not_known"


@pytest.mark.parametrize("said", [0.1, 1.0, "0.5"])
def test_a_liver_function_from_a_tenth_to_one_is_taken(said: float | str) -> None:
    patient = Patient(70, 30, "male", covariates={"liver_function": said})
    assert predict(patient, ["10 mg oral"], model="ashraf_2018", draws=1).ketamine.typical.max() > 0


@pytest.mark.parametrize("analyte", ["ketamine", "norketamine"])
@pytest.mark.parametrize("route", ["oral", "iv"])
def test_the_composite_is_the_published_model_by_mouth_and_vein(route: str, analyte: str) -> None:
    dose = Dose(14.0, route, "esketamine")  # type: ignore[arg-type]
    one, other = (predict(SEVENTY, [dose], model=name, draws=1) for name in ("ashraf_2018", "ashraf_routes"))
    assert other.track(analyte).typical == pytest.approx(one.track(analyte).typical, rel=1e-9)


def test_the_composite_says_that_it_is_one() -> None:
    found = predict(SEVENTY, ["50 mg sublingual"], model="ashraf_routes", draws=1)
    assert any("composite" in text for text in found.warnings)
    assert "composite" in found.ketamine.assumption


def test_variances_copied_into_the_composite_are_those_of_their_sources() -> None:
    base = knowledge.read()
    copied = {value.name: value for value in base.entry("models.ashraf_routes").values}
    for name, value in copied.items():
        source = value.note.rpartition("as in ")[2]
        if source.startswith("models."):
            there = next(one for one in base.entry(source).values if one.name == name)
            assert (value.value, value.low, value.high) == (there.value, there.low, there.high), name
    assert copied["variance.FRN"].value == pytest.approx(0.708**2)


def test_during_an_infusion_it_gives_what_an_arterial_model_gives_and_says_so() -> None:
    dose = ["0.5 mg/kg iv over 40 min"]
    found = predict(SEVENTY, dose, model="ashraf_2018", times_min=[40.0], draws=1)
    assert found.ketamine.typical[0] == pytest.approx(269, abs=1)
    assert any("extrapolated and may be too high" in text for text in found.warnings)
    assert any("269 ng/mL" in text for text in models.model("ashraf_2018").card.limits)
