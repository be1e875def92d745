"""An observation written as text: what it means, and where a mistake is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import Observation
from norket.pharmacology.individual.text import ObservationTextError
from norket.pharmacology.refusals import NotCoveredError


def test_a_level_has_an_analyte_a_value_a_site_and_a_time() -> None:
    assert Observation.parse_level("ketamine 120 ng/mL venous at 45 min") == Observation(
        "level", "ketamine", 120.0, "ng/mL", 45.0, "venous", text="ketamine 120 ng/mL venous at 45 min"
    )


def test_the_error_of_an_assay_is_per_cent_or_ng_ml() -> None:
    share = Observation.parse_level("norketamine 60 ng/mL arterial at 2 h assay 10 %")
    added = Observation.parse_level("norketamine 60 ng/mL arterial at 2 h assay 1.5 ng/mL")
    assert (share.at_min, share.error_cv, share.error_sd) == (120.0, 0.1, 0.0)
    assert (added.error_cv, added.error_sd) == (0.0, 1.5)


def test_a_form_of_the_drug_and_a_limit_of_quantification_are_said_in_words() -> None:
    found = Observation.parse_level("s-norketamine below 5 ng/mL venous at 10 h")
    assert (found.what, found.enantiomer, found.below, found.value) == ("norketamine", "S", True, 5.0)
    assert Observation.parse_level("r-ketamine 5 ng/mL venous at 10 h").enantiomer == "R"


def test_a_score_has_the_unit_of_its_effect_or_none_and_may_be_below_zero() -> None:
    rise = Observation.parse_score("systolic_pressure 18 mmHg at 40 min")
    fall = Observation.parse_score("systolic_pressure -4.5 mmHg at 40 min error 5")
    part = Observation.parse_score("dissociation_olofsen_2022 0.4 at 40 min error 0.1")
    assert (rise.kind, rise.what, rise.value, rise.unit) == ("score", "systolic_pressure", 18.0, "mmHg")
    assert (fall.value, fall.error_sd) == (-4.5, 5.0)
    assert (part.unit, part.error_sd) == ("1", 0.1)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "an analyte"),
        ("Ketamine 120 ng/mL venous at 45 min", 0, "an analyte"),
        ("x- 120 ng/mL venous at 45 min", 0, "an analyte"),
        ("ketamine", 8, "a level"),
        ("ketamine 1e3 ng/mL venous at 45 min", 10, "1 to 4 digits"),
        ("ketamine 120ng/mL venous at 45 min", 12, "a space"),
        ("ketamine 0 ng/mL venous at 45 min", 9, "above zero"),
        ("ketamine below 0 ng/mL venous at 45 min", 15, "above zero"),
        ("ketamine 120 ug/L venous at 45 min", 13, "ng/mL"),
        ("ketamine 120 ng/mL at 45 min", 19, "venous or arterial"),
        ("ketamine 120 ng/mL capillary at 45 min", 19, "venous or arterial"),
        ("ketamine 120 ng/mL venous", 25, "'at'"),
        ("ketamine 120 ng/mL venous at noon", 29, "a time"),
        ("ketamine 120 ng/mL venous at 45", 31, "min or h"),
        ("ketamine 120 ng/mL venous at 45 min after", 36, "'assay'"),
        ("ketamine 120 ng/mL venous at 45 min assay 0 %", 42, "above zero"),
        ("ketamine 120 ng/mL venous at 45 min assay 10", 44, "%"),
        ("ketamine 120 ng/mL venous at 45 min assay 10%", 44, "a space"),
        ("ketamine 120 ng/mL venous at 45 min assay 10 % twice", 47, "the end"),
    ],
)
def test_a_mistake_in_a_level_is_pointed_at_with_an_example(text: str, position: int, words: str) -> None:
    with pytest.raises(ObservationTextError) as caught:
        Observation.parse_level(text)
    assert (caught.value.position, words in caught.value.expected) == (position, True), str(caught.value)
    assert Observation.parse_level(caught.value.example)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("18 mmHg at 40 min", 0, "an effect"),
        ("systolic_pressure mmHg at 40 min", 18, "a score"),
        ("systolic_pressure --4 mmHg at 40 min", 19, "a score"),
        ("systolic_pressure 18", 20, "a unit"),
        ("systolic_pressure 18 mmHg 40 min", 26, "'at'"),
        ("systolic_pressure 18 mmHg at 40 min error", 41, "standard deviation"),
        ("systolic_pressure 18 mmHg at 40 min error 0", 42, "above zero"),
        ("systolic_pressure 18 mmHg at 40 min error 5 mmHg", 44, "the end"),
    ],
)
def test_a_mistake_in_a_score_is_pointed_at_with_an_example(text: str, position: int, words: str) -> None:
    with pytest.raises(ObservationTextError) as caught:
        Observation.parse_score(text)
    assert (caught.value.position, words in caught.value.expected) == (position, True), str(caught.value)
    assert Observation.parse_score(caught.value.example)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_with_a_place_in_it(text: str) -> None:
    for read in (Observation.parse_level, Observation.parse_score):
        with pytest.raises(ObservationTextError) as caught:
            read(text)
        assert 0 <= caught.value.position <= len(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"value": 0.0},
        {"value": -1.0},
        {"value": float("nan")},
        {"value": True},
        {"at_min": float("inf")},
        {"error_cv": -0.1},
        {"error_sd": -0.1},
        {"unit": "ug/L"},
        {"site": ""},
        {"site": "capillary"},
        {"enantiomer": "T"},
        {"kind": "guess"},
    ],
)
def test_numbers_and_words_that_no_measurement_gives_are_refused(fields: dict[str, object]) -> None:
    good = {"kind": "level", "what": "ketamine", "value": 1.0, "unit": "ng/mL", "at_min": 0.0, "site": "venous"}
    assert Observation(**good)  # type: ignore[arg-type]
    with pytest.raises(NotCoveredError) as caught:
        Observation(**{**good, **fields})  # type: ignore[arg-type]
    assert caught.value.code == "observation_not_valid"
