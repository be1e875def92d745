"""Any mix of routes before an adult disposition: what goes in comes out, and nothing more is promised than is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import Dose, Patient, knowledge, predict
from norket.pharmacology import models
from norket.pharmacology.engine import solve
from norket.pharmacology.models.absorption import DEPOTS, SUFFIX
from norket.pharmacology.reference import solve_plainly
from norket.pharmacology.refusals import NotCoveredError
from norket.pharmacology.uncertainty import draw_effects

ADULT = Patient(70, 40, "female")
ROUTES = ("iv", "im", "sc", "sublingual", "oral", "intranasal")
COMPOSITES = ("adult_arterial", "adult_venous")
MANY = 4000
NINETY_PERCENT = 2 * 1.645


@pytest.fixture(params=COMPOSITES)
def composite(request: pytest.FixtureRequest) -> models.Model:
    return models.model(request.param)


def test_every_route_has_a_depot_or_is_the_vein(composite: models.Model) -> None:
    assert set(composite.card.routes) == set(ROUTES) == {"iv", *DEPOTS} == {"iv", *SUFFIX}


@pytest.mark.parametrize(
    ("composite_id", "disposition"), [("adult_arterial", "kamp_2020"), ("adult_venous", "otto_2021")]
)
def test_into_the_vein_a_composite_is_its_disposition(composite_id: str, disposition: str) -> None:
    times = np.arange(0.0, 300.0, 7.0)
    ours, theirs = (
        predict(ADULT, ["20 mg iv over 40 min", "5 mg iv at 2 h"], model=one, times_min=times, draws=200)
        for one in (composite_id, disposition)
    )
    for track in theirs.tracks:
        same = ours.track(track.analyte)
        assert np.allclose(same.typical, track.typical, rtol=1e-11, atol=1e-12)
    assert np.allclose(ours.ketamine.p95, theirs.ketamine.p95, rtol=1e-11, atol=1e-12)


def test_no_bioavailability_passes_one_in_any_draw(composite: models.Model) -> None:
    system = composite.system(ADULT, draw_effects(composite, MANY, seed=3))
    for route in DEPOTS:
        whole = sum(vectors.sum(axis=1) for way, vectors in system.inputs.items() if way.partition(" ")[0] == route)
        assert (whole > 0).all()
        assert (whole <= 1).all()


def test_the_share_that_reaches_the_blood_spans_the_range_of_its_route() -> None:
    arterial = models.model("adult_arterial")
    system = arterial.system(ADULT, draw_effects(arterial, MANY, seed=4))
    for route, entry_id in (("im", "im"), ("sc", "sc"), ("intranasal", "intranasal_racemate"), ("oral", "oral")):
        shares = system.inputs[route].sum(axis=1)
        stated = next(v for v in knowledge.read().entry(f"routes.{entry_id}").values if v.name == "F")
        assert np.median(shares) == pytest.approx(stated.value, rel=0.05)
        assert np.percentile(shares, [5, 95]) == pytest.approx([stated.low, stated.high], abs=0.04)


def test_the_variances_are_those_of_the_ranges_and_of_their_sources() -> None:
    base = knowledge.read()
    own = {value.name: value.value for value in base.entry("models.adult_venous").values}
    for name in ("variance.V1", "variance.CL", "covariance.V1.CL", "variance.VM", "variance.CLM", "covariance.VM.CLM"):
        assert own[name] == base.figure("models.otto_2021", name).value
    for name in ("residual.ketamine", "residual.norketamine"):
        assert own[name] == base.figure("models.otto_2021", name).value
    for route in ("im", "sc"):
        stated = next(v for v in base.entry(f"routes.{route}").values if v.name == "KA")
        spread = math.log(stated.high / stated.low) / NINETY_PERCENT
        assert own[f"variance.KA_{SUFFIX[route]}"] == pytest.approx(spread**2, rel=0.03)
    low, high = (math.log(share / (1 - share)) for share in (0.08, 0.50))
    assert own["variance.F_IN"] == pytest.approx(((high - low) / NINETY_PERCENT) ** 2, rel=0.01)
    assert own["variance.F_SL"] == pytest.approx((0.17 / (0.32 * 0.68)) ** 2, rel=0.01)
    assert own["variance.KA_SL"] == pytest.approx(math.log1p((0.51 / 0.76) ** 2), rel=0.01)
    oral = 0.15 / (
        0.15 + 0.85 * np.exp(-math.sqrt(own["variance.F_PO"]) * np.random.default_rng(1).normal(size=100_000))
    )
    assert oral.std() / oral.mean() == pytest.approx(0.40, abs=0.015)


def test_figures_that_stand_in_two_entries_agree() -> None:
    base = knowledge.read()
    assert base.figure("routes.oral", "KA").value == base.figure("models.ashraf_2018", "KA").value
    assert base.figure("routes.intranasal_racemate", "KA").value == base.figure("models.perez_ruixo_2021", "KA_N").value


def test_both_composites_meet_the_same_patients() -> None:
    arterial, venous = (models.model(one) for one in COMPOSITES)
    shared = len(arterial.varying)
    assert venous.varying[:shared] == arterial.varying
    assert np.allclose(draw_effects(arterial, 50, 7), draw_effects(venous, 50, 7)[:, :shared], rtol=0, atol=1e-14)


def test_mass_only_moves_or_leaves(composite: models.Model) -> None:
    system = composite.system(ADULT, draw_effects(composite, 50, seed=5))
    rates = system.A.copy()
    if composite.id == "adult_arterial":
        rates = np.delete(np.delete(rates, 3, axis=1), 3, axis=2)  # the effect site holds a concentration, no mass
    columns = rates.sum(axis=1)
    assert (columns <= 1e-12).all()
    off_diagonal = rates - rates * np.eye(rates.shape[1])
    assert (off_diagonal >= 0).all()


def test_what_reaches_the_blood_is_cleared_once_and_no_more() -> None:
    # Area of ketamine is F / CL; area of norketamine is (F + what passed beside the blood) / CL of norketamine.
    venous = models.model("adult_venous")
    typical, system = venous.typical, venous.system(ADULT, np.zeros((1, len(venous.varying))))
    area = np.linalg.inv(-system.A[0])
    for route, suffix in SUFFIX.items():
        entry = sum(vector[0] for way, vector in system.inputs.items() if way.partition(" ")[0] == route)
        share = typical[f"F_{suffix}"]
        beside = (1 - share) * typical["FNK"] if route in ("oral", "sublingual", "intranasal") else 0.0
        ketamine, norketamine = (float(system.outputs[name][0] @ area @ entry) for name in ("ketamine", "norketamine"))
        assert ketamine == pytest.approx(1000 * share / typical["CL"], rel=1e-9)
        assert norketamine == pytest.approx(1000 * (share + beside) / typical["CLM"], rel=1e-9)


doses = st.lists(
    st.tuples(st.sampled_from(ROUTES), st.floats(0.5, 150.0), st.integers(0, 300)), min_size=1, max_size=4
).map(lambda drawn: [Dose(amount, route=route, start_min=float(start)) for route, amount, start in drawn])


@pytest.mark.parametrize("model_id", COMPOSITES)
@settings(max_examples=12, deadline=None)
@given(history=doses)
def test_any_mix_of_routes_agrees_with_the_reference_and_is_the_sum_of_its_doses(
    model_id: str, history: list[Dose]
) -> None:
    model = models.model(model_id)
    times = np.linspace(1.0, 700.0, 25)
    segments = model.segments(ADULT, history, draw_effects(model, 3, seed=11))
    apart = solve(segments, model.inputs(history, range(len(history)), [1.0] * len(history)), times, len(history))
    together = model.inputs(history, [0] * len(history), [1.0] * len(history))
    whole = solve(segments, together, times, 1)
    plainly = solve_plainly(segments, together, times, draw=2)
    for name, curves in whole.items():
        top = curves.max()
        assert (curves >= -1e-12 * top).all()
        assert np.allclose(curves[0, :, 2], plainly[name], rtol=0, atol=1e-9 * top)
        assert np.allclose(apart[name].sum(axis=0), curves[0], rtol=0, atol=1e-11 * top)


def test_nasal_esketamine_is_refused_and_nasal_racemate_is_not(composite: models.Model) -> None:
    composite.check(ADULT, [Dose(20.0, route="intranasal")])
    composite.check(ADULT, [Dose(20.0, route="sublingual", drug="esketamine")])
    with pytest.raises(NotCoveredError, match="perez_ruixo_2021") as refused:
        composite.check(ADULT, [Dose(20.0), Dose(28.0, route="intranasal", drug="esketamine")])
    assert refused.value.code == "dose_not_covered"


def test_a_sublingual_dose_is_given_at_once(composite: models.Model) -> None:
    composite.check(ADULT, [Dose(20.0, route="sublingual")])
    with pytest.raises(NotCoveredError, match="at once") as refused:
        composite.check(ADULT, [Dose(20.0, route="sublingual", duration_min=10.0)])
    assert refused.value.code == "dose_not_covered"


def test_children_are_refused_and_adults_are_not(composite: models.Model) -> None:
    composite.check(Patient(70, 18, "male"), [Dose(20.0, route="im")])
    with pytest.raises(NotCoveredError, match="18") as refused:
        composite.check(Patient(70, 17.9, "male"), [Dose(20.0, route="im")])
    assert refused.value.code == "patient_not_covered"


def test_every_curve_says_that_its_absorption_is_not_calibrated(composite: models.Model) -> None:
    said = composite.warnings(ADULT, [Dose(20.0, route="im")])
    assert any("not calibrated" in text and composite.id in text for text in said)
    assert composite.entry.certainty == "D"
    assert composite.entry.policy == "to-be-signed"


def test_an_injection_into_muscle_is_no_bolus_whose_peak_is_hidden(composite: models.Model) -> None:
    assert composite.unread(ADULT, [Dose(35.0, route="im")]) == ()
    assert composite.unread(ADULT, [Dose(35.0)]) == ((0.0, 5.0),)


@pytest.mark.parametrize("route", DEPOTS)
def test_without_a_named_model_the_composites_answer_for_ketamine_after_the_racemate(route: str) -> None:
    found = {(row.analyte, row.purpose): row.model for row in models.defaults([Dose(20.0, route=route)])}
    assert found["ketamine", "concentration that drives effect"] == "adult_arterial"
    assert found["effect_site", "effect"] == "adult_arterial"
    sampled = {"oral": "ashraf_2018"}.get(route, "adult_venous")
    assert found["ketamine", "comparison with a venous sample"] == sampled
    assert found["norketamine", "metabolite"] == ("simons_2022" if route == "sublingual" else sampled)


def test_a_mix_of_routes_has_one_model_for_each_site() -> None:
    mixed = [Dose(20.0), Dose(20.0, route="oral"), Dose(20.0, route="im"), Dose(20.0, route="intranasal")]
    found = predict(ADULT, mixed, draws=20, times_min=[0.0, 30.0])
    assert {track.model for track in found.tracks} == set(COMPOSITES)
    assert {track.model for track in predict(ADULT, mixed[:1], draws=20, times_min=[0.0]).tracks}.isdisjoint(COMPOSITES)
