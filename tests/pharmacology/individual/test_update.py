"""From measurements to one patient's parameters: what must hold whatever was measured."""

import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

import norket
from norket import Observation
from norket.pharmacology.individual.posterior import Posterior
from norket.pharmacology.models import Model, model

INFUSION = ["0.5 mg/kg iv over 40 min"]
EARLY = Observation.parse_level("ketamine 120 ng/mL venous at 45 min")
LATE = Observation.parse_level("ketamine 60 ng/mL venous at 150 min assay 10 %")
METABOLITE = Observation.parse_level("norketamine 90 ng/mL venous at 150 min")
PRESSURE = Observation.parse_score("systolic_pressure 25 mmHg at 40 min")
ALL = (EARLY, LATE, METABOLITE, PRESSURE)


def with_error(share: float) -> Model:
    """Otto 2021 with another residual error of both analytes."""
    own = model("otto_2021")
    values = tuple(
        value.model_copy(update={"value": share}) if value.name.startswith("residual.") else value
        for value in own.entry.values
    )
    return replace(own, entry=own.entry.model_copy(update={"values": values}))


@pytest.fixture(scope="module")
def learned(patient: norket.Patient) -> Posterior:
    return norket.update(patient, INFUSION, ALL)


def test_without_an_observation_the_posterior_is_the_prior(patient: norket.Patient) -> None:
    found = norket.update(patient, INFUSION, ())
    assert (found.method, found.bits, found.effective) == ("prior", 0.0, len(found.weights))
    assert not found.mode.any()
    assert not found.mean.any()
    assert np.array_equal(found.covariance, found.prior_covariance)
    assert set(found.weights) == {1 / len(found.weights)}
    assert np.cov(found.draws, rowvar=False) == pytest.approx(found.covariance, abs=0.005)
    assert all(abs(one.learned) < 0.05 for one in found.parameters)


@pytest.mark.parametrize("order", list(permutations(range(3)))[1:])
def test_the_order_of_the_observations_changes_nothing(patient: norket.Patient, order: tuple[int, ...]) -> None:
    given = (EARLY, LATE, PRESSURE)
    one = norket.update(patient, INFUSION, given, draws=1000)
    other = norket.update(patient, INFUSION, [given[number] for number in order], draws=1000)
    assert one.to_json() == other.to_json()
    assert np.array_equal(one.weights, other.weights)


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(patient: norket.Patient) -> None:
    one, same, other = (norket.update(patient, INFUSION, ALL, draws=1000, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.draws, same.draws)
    assert one.to_json() == same.to_json()
    assert not np.array_equal(one.draws, other.draws)
    assert np.array_equal(one.mode, other.mode)


def test_weights_add_up_and_moments_are_those_of_the_draws(learned: Posterior) -> None:
    assert learned.weights.sum() == pytest.approx(1)
    assert learned.mean == pytest.approx(learned.weights @ learned.draws)
    away = learned.draws - learned.mean
    assert learned.covariance == pytest.approx(away.T @ (learned.weights[:, None] * away))
    assert learned.effective == pytest.approx(1 / (learned.weights**2).sum())
    for array in (learned.draws, learned.weights, learned.mode, learned.mean, learned.covariance):
        assert not array.flags.writeable


def test_the_mode_is_higher_than_everything_around_it(learned: Posterior) -> None:
    from norket.pharmacology.update import Problem

    problem = Problem(learned.joint)
    top = np.linalg.solve(learned.joint.root, learned.mode)
    chance = np.random.default_rng(0).standard_normal((200, len(top)))
    around = top + 0.02 * chance / np.linalg.norm(chance, axis=1)[:, None]
    assert problem.log_posterior(top[None])[0] > problem.log_posterior(around).max()


@pytest.mark.parametrize("share", [0.02, 0.005])
def test_very_precise_levels_pin_the_curve(patient: norket.Patient, share: float) -> None:
    precise = with_error(share)
    given = [Observation.level("ketamine", 150.0, 40.0, "venous"), Observation.level("ketamine", 50.0, 120.0, "venous")]
    found = norket.update(patient, INFUSION, given, model=precise)
    band = found.predict(times_min=[40.0, 120.0]).posterior.ketamine
    for value, low, middle, high in zip((150.0, 50.0), band.p5, band.p50, band.p95, strict=True):
        assert low < value * (1 + 2 * share)
        assert high > value * (1 - 2 * share)
        assert middle == pytest.approx(value, rel=2 * share)
        assert (high - low) / middle < 4 * share
    assert found.effective_fraction > 0.1


def test_a_vague_level_teaches_nothing_and_a_precise_one_much(patient: norket.Patient) -> None:
    vague = norket.update(patient, INFUSION, [replace(EARLY, error_sd=1e5)], draws=500).bits
    usual, precise = (
        norket.update(patient, INFUSION, [EARLY], model=with_error(share), draws=500).bits for share in (0.2361, 0.01)
    )
    assert vague < 0.001 < usual < 1 < precise


def test_an_assay_error_makes_a_level_teach_less(patient: norket.Patient) -> None:
    bits = [
        norket.update(patient, INFUSION, [replace(EARLY, error_cv=cv, error_sd=sd)], draws=500).bits
        for cv, sd in ((0.0, 0.0), (0.2, 0.0), (0.2, 30.0))
    ]
    assert bits[0] > bits[1] > bits[2] > 0


def test_bits_in_the_order_of_time_add_up_to_all_that_was_learned(learned: Posterior) -> None:
    assert [one.at_min for one in learned.observations] == [40, 45, 150, 150]
    assert learned.bits == pytest.approx(sum(one.bits for one in learned.taught))
    whole = np.array([one.sd_with for one in learned.taught])
    assert (np.array([one.sd_without for one in learned.taught]) >= whole * (1 - 1e-12)).all()
    assert all(one.bits_lost >= 0 for one in learned.taught)


@pytest.mark.parametrize("left_out", range(4))
def test_what_is_lost_by_leaving_one_out_is_what_a_run_without_it_loses(learned: Posterior, left_out: int) -> None:
    given = [one for number, one in enumerate(learned.observations) if number != left_out]
    without = norket.update(learned.patient, INFUSION, given)
    told = dict(zip(learned.names, learned.taught[left_out].sd_without, strict=True))
    for name, spread in zip(without.names, without.taught[0].sd_with, strict=True):
        assert spread == pytest.approx(told[name], rel=0.1)
    lost = learned.bits - without.bits
    assert learned.taught[left_out].bits_lost == pytest.approx(lost, abs=0.1)


def test_a_level_below_the_limit_pulls_the_curve_down_and_a_high_limit_does_not(patient: norket.Patient) -> None:
    low = norket.update(patient, INFUSION, [Observation.parse_level("ketamine below 20 ng/mL venous at 2 h")])
    high = norket.update(patient, INFUSION, [Observation.parse_level("ketamine below 900 ng/mL venous at 2 h")])
    usual = model("otto_2021")
    typical = norket.predict(patient, INFUSION, model=usual, times_min=[120.0], draws=1).ketamine.typical[0]
    assert low.predict(times_min=[120.0]).posterior.ketamine.p50[0] < 0.9 * typical
    assert high.bits < 1e-6
    assert np.abs(high.mean).max() < 0.01


def test_the_s_form_of_a_racemate_and_both_forms_say_the_same(patient: norket.Patient) -> None:
    both = norket.update(patient, INFUSION, [Observation.level("ketamine", 120.0, 45.0, "venous")])
    for form in ("S", "R"):
        half = norket.update(patient, INFUSION, [Observation.level("ketamine", 60.0, 45.0, "venous", enantiomer=form)])
        assert half.mode == pytest.approx(both.mode, abs=1e-5)


def test_what_a_venous_level_teaches_reaches_the_arterial_curve(patient: norket.Patient) -> None:
    cleared = Observation.parse_level("ketamine 20 ng/mL venous at 150 min")
    found = norket.update(patient, INFUSION, [cleared]).predict(times_min=[40.0, 240.0])
    after, before = (one.track("ketamine", site="arterial") for one in (found.posterior, found.prior))
    assert after.model == "kamp_2020"
    assert after.p50[1] < 0.9 * before.p50[1]
    assert after.p95[1] - after.p5[1] < before.p95[1] - before.p5[1]


def test_the_individual_curve_is_that_of_the_mode_and_its_summary_too(learned: Posterior) -> None:
    found = learned.predict(times_min=[45.0, 150.0])
    track = found.posterior.track("ketamine", model="otto_2021")
    told = {one.observation.split(" at ")[0]: one.predicted for one in learned.taught}
    assert track.typical == pytest.approx([told["ketamine 120 ng/mL venous"], told["ketamine 60 ng/mL venous"]])
    assert found.prior.track("ketamine", model="otto_2021").typical != pytest.approx(track.typical, rel=0.01)
    assert (found.posterior.times_min == found.prior.times_min).all()
    summary = found.posterior.preferred["norketamine"].summary("norketamine")
    assert summary != found.prior.preferred["norketamine"].summary("norketamine")
    assert (track.p5 < track.typical).all()
    assert (track.typical < track.p95).all()


def test_a_later_dose_is_predicted_with_what_was_learned(learned: Posterior) -> None:
    plan = [*INFUSION, "0.5 mg/kg iv over 40 min at 24 h"]
    found = learned.predict(plan, times_min=[24 * 60 + 40.0])
    track = found.posterior.track("norketamine")
    before = found.prior.track("norketamine")
    assert track.p50[0] > before.p50[0]
    assert track.p95[0] / track.p5[0] < before.p95[0] / before.p5[0]


def test_occasions_have_random_effects_of_their_own_and_one_to_come_is_not_learned(patient: norket.Patient) -> None:
    film = ["50 mg sublingual"]
    given = [Observation.parse_level("ketamine 40 ng/mL arterial at 60 min")]
    found = norket.update(patient, film, given, model="simons_2022")
    first = next(one for one in found.parameters if one.label == "F1 (occasion at 0 min)")
    assert first.learned > 0.1
    later = found.predict([*film, "50 mg sublingual at 24 h"], times_min=[60.0, 1500.0])
    spread = [one.p95 / one.p5 for one in (later.posterior.ketamine, later.prior.ketamine)]
    assert spread[0][0] < 0.8 * spread[1][0]
    assert 0.8 * spread[1][1] < spread[0][1] < spread[1][1] * 1.1


def test_the_document_is_plain_data_and_names_everything(learned: Posterior) -> None:
    document = json.loads(json.dumps(learned.to_json(), allow_nan=False))
    assert document["models"] == ["otto_2021"]
    assert len(document["parameters"]) == len(document["names"]) == len(document["mode"]) == 5
    assert {one["observation"] for one in document["taught"]} == {one.described for one in learned.observations}
    assert document["sources"]
    assert document["edition"] == learned.edition
    assert document["effective_fraction"] == pytest.approx(learned.effective / 10_000)
    assert {"otto-2021", "yale-pressure-2024"} <= {one["key"] for one in document["sources"]}


def test_a_conflict_is_named_and_a_fit_is_not(patient: norket.Patient, learned: Posterior) -> None:
    assert not any("ng/mL" in one.split(":")[0] for one in learned.warnings)
    odd = Observation.parse_level("ketamine 100 ng/mL venous at 150 min")
    found = norket.update(patient, INFUSION, [EARLY, METABOLITE, odd])
    named = [one for one in found.warnings if "ng/mL" in one.split(":")[0]]
    assert [one.split(":")[0] for one in named] == [odd.described]
    assert next(one for one in found.taught if one.observation == odd.described).p_prior < 0.001


def test_two_levels_that_contradict_each_other_are_named_though_each_could_be(patient: norket.Patient) -> None:
    pair = [
        Observation.parse_level(f"ketamine {value} ng/mL venous at {at} min") for value, at in ((78, 58), (128, 60))
    ]
    precise = with_error(0.05)
    alone = [norket.update(patient, INFUSION, [one], draws=500, model=precise) for one in pair]
    together = norket.update(patient, INFUSION, pair, draws=500, model=precise)
    assert all(one.taught[0].p_prior > 0.005 for one in alone)
    assert any(
        "do not fit together" in one and all(each.described in one for each in pair) for one in together.warnings
    )


def test_a_sample_just_after_a_bolus_is_warned_about(patient: norket.Patient) -> None:
    soon = Observation.parse_level("ketamine 200 ng/mL venous at 4 min")
    later = Observation.parse_level("ketamine 100 ng/mL venous at 6 min")
    found = norket.update(patient, ["10 mg iv"], [soon, later], draws=500)
    assert [one.split(":")[0] for one in found.warnings if "not to be read" in one and "ng/mL" in one] == [
        soon.described
    ]
