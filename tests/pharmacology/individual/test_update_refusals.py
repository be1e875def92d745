"""What an update does not answer, by name, and what it answers just beside that."""

import pytest

import norket
from norket import Observation
from norket.pharmacology.refusals import NotCoveredError
from norket.units import DoseTextError

INFUSION = ["0.5 mg/kg iv over 40 min"]
LEVEL, SCORE = Observation.parse_level, Observation.parse_score


@pytest.mark.parametrize(
    ("model", "given", "code", "words"),
    [
        ("kamp_2020", LEVEL("ketamine 120 ng/mL venous at 45 min"), "site_not_covered", "otto_2021"),
        ("otto_2021", LEVEL("ketamine 120 ng/mL arterial at 45 min"), "site_not_covered", "kamp_2020"),
        ("kamp_2020", LEVEL("norketamine 60 ng/mL venous at 45 min"), "analyte_not_known", "otto_2021"),
        ("otto_2021", LEVEL("alfentanil 60 ng/mL venous at 45 min"), "analyte_not_known", "no model"),
        ("otto_2021", SCORE("dissociation_olofsen_2022 0.4 at 40 min"), "residual_not_known", "error"),
        ("otto_2021", SCORE("systolic_pressure 3 at 40 min"), "observation_not_valid", "mmHg"),
        ("otto_2021", SCORE("systolic_pressure 150 mmHg at 40 min"), "observation_not_valid", "rise above rest"),
        ("otto_2021", SCORE("diastolic_pressure 46 mmHg at 40 min"), "observation_not_valid", "rise above rest"),
        ("otto_2021", SCORE("sleep 3 at 40 min"), "effect_not_known", "systolic_pressure"),
        ("kamp_2020", SCORE("systolic_pressure 18 mmHg at 40 min"), "site_not_covered", "venous"),
        ("otto_2021", SCORE("pain_relief_dahan_2011 0.5 at 40 min error 0.1"), "observation_not_covered", "responds"),
        (None, LEVEL("ketamine 120 ng/mL venous at 0 min"), "observation_not_valid", "nothing there"),
    ],
)
def test_an_observation_that_nothing_answers_is_refused_with_what_to_use(
    patient: norket.Patient, model: str | None, given: Observation, code: str, words: str
) -> None:
    with pytest.raises(NotCoveredError) as caught:
        norket.update(patient, INFUSION, [given], model=model, draws=500)
    assert caught.value.code == code
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("otto_2021", LEVEL("ketamine 120 ng/mL venous at 45 min")),
        ("kamp_2020", LEVEL("ketamine 120 ng/mL arterial at 45 min")),
        ("otto_2021", SCORE("dissociation_olofsen_2022 0.4 at 40 min error 0.1")),
        ("otto_2021", SCORE("systolic_pressure 18 mmHg at 40 min")),
        ("otto_2021", SCORE("systolic_pressure 60 mmHg at 40 min")),
        ("otto_2021", SCORE("systolic_pressure -3 mmHg at 40 min")),
        (None, LEVEL("ketamine 12 ng/mL venous at 1 min")),
        ("simons_2022", LEVEL("norketamine 60 ng/mL arterial at 45 min")),
    ],
)
def test_and_its_neighbour_is_answered(patient: norket.Patient, model: str | None, given: Observation) -> None:
    assert norket.update(patient, INFUSION, [given], model=model, draws=500).effective > 50


def test_a_model_that_does_not_state_its_site_reads_a_level_and_says_so() -> None:
    child = norket.Patient(20, 6, "female")
    course = ["esketamine 0.5 mg/kg/h iv for 24 h"]
    level = LEVEL("ketamine 300 ng/mL venous at 20 h")
    found = norket.update(child, course, [level], model="flint_2017", draws=500)
    assert any("site was not checked" in one for one in found.warnings)
    assert not any(
        "site was not checked" in one
        for one in norket.update(
            norket.Patient(70, 45, "female"), INFUSION, [LEVEL("ketamine 120 ng/mL venous at 45 min")], draws=500
        ).warnings
    )


def test_what_a_refusal_says_to_use_covers_the_patient_and_the_doses() -> None:
    child = norket.Patient(20, 6, "female")
    with pytest.raises(NotCoveredError) as caught:
        norket.update(child, ["esketamine 20 mg oral"], [LEVEL("norketamine 60 ng/mL venous at 45 min")], draws=500)
    assert "otto_2021" not in str(caught.value)


def test_an_observation_before_the_first_dose_is_refused_and_one_after_it_is_not(patient: norket.Patient) -> None:
    later = ["0.5 mg/kg iv over 40 min at 30 min"]
    with pytest.raises(NotCoveredError, match="before the first dose"):
        norket.update(patient, later, [LEVEL("ketamine 50 ng/mL venous at 29 min")], draws=500)
    assert norket.update(patient, later, [LEVEL("ketamine 50 ng/mL venous at 50 min")], draws=500)


@pytest.mark.parametrize(("draws", "seed"), [(499, 0), (1_000_001, 0), (1000.0, 0), (True, 0), (1000, -1), (1000, 0.5)])
def test_draws_and_seed_must_be_whole_numbers_in_range(patient: norket.Patient, draws: object, seed: object) -> None:
    with pytest.raises(NotCoveredError) as caught:
        norket.update(patient, INFUSION, (), draws=draws, seed=seed)  # type: ignore[arg-type]
    assert caught.value.code == "draws_not_valid"


def test_what_a_prediction_refuses_an_update_refuses_too(patient: norket.Patient) -> None:
    level = [LEVEL("ketamine 50 ng/mL venous at 50 min")]
    with pytest.raises(NotCoveredError, match="at least one dose"):
        norket.update(patient, [], level)
    with pytest.raises(DoseTextError):
        norket.update(patient, ["0.5 mg/kg iv for 40 min"], level)
    with pytest.raises(NotCoveredError, match="weight"):
        norket.update(norket.Patient(300, 45, "female"), INFUSION, level)
    with pytest.raises(NotCoveredError, match="there is no model"):
        norket.update(patient, INFUSION, level, model="nobody_1900")


def test_nothing_is_learned_from_a_level_that_next_to_nobody_has(patient: norket.Patient) -> None:
    seldom, never = (LEVEL(f"ketamine {value} ng/mL venous at 45 min") for value in (350, 1200))
    assert norket.update(patient, INFUSION, [seldom], draws=500).taught[0].p_prior < 0.05
    with pytest.raises(NotCoveredError, match="fewer than 1 in 1,000,000") as caught:
        norket.update(patient, INFUSION, [never], draws=500)
    assert caught.value.code == "observation_not_covered"
