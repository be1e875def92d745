"""The dose text: what is read, what is refused, and where the caret points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.units import (
    DRUGS,
    ROUTES,
    Amount,
    AmountPerWeight,
    AmountRate,
    AmountRatePerWeight,
    DoseText,
    DoseTextError,
    Duration,
)

positive = st.integers(1, 9_999_999).map(lambda thousandths: thousandths / 1000)
durations = st.one_of(positive.map(Duration), positive.map(Duration.of_hours))


@st.composite
def doses(draw: st.DrawFn) -> DoseText:
    kind = draw(st.sampled_from([Amount, AmountPerWeight, AmountRate, AmountRatePerWeight]))
    is_rate = kind in (AmountRate, AmountRatePerWeight)
    duration = draw(durations if is_rate else st.one_of(st.none(), durations))
    at = draw(st.one_of(st.just(Duration(0.0)), durations))
    return DoseText(kind(draw(positive)), draw(st.sampled_from(ROUTES)), duration, at, draw(st.sampled_from(DRUGS)))


def read_or_refusal(text: str) -> DoseText | DoseTextError:
    try:
        return DoseText.parse(text)
    except DoseTextError as refused:
        return refused


@given(doses())
def test_writing_and_reading_return_the_same_dose(dose: DoseText) -> None:
    assert DoseText.parse(str(dose)) == dose


@given(st.text(max_size=40))
def test_no_text_does_anything_but_read_or_be_refused_with_its_place(text: str) -> None:
    read = read_or_refusal(text)
    if isinstance(read, DoseTextError):
        assert 0 <= read.position <= len(text)
        assert read.expected
        assert DoseText.parse(read.example)
    else:
        assert DoseText.parse(str(read)) == read


@given(doses(), st.integers(0, 60), st.characters())
def test_one_changed_character_reads_as_another_dose_or_is_refused(dose: DoseText, place: int, char: str) -> None:
    text = str(dose)
    place %= len(text)
    changed = text[:place] + char + text[place + 1 :]
    read = read_or_refusal(changed)
    if isinstance(read, DoseTextError):
        assert 0 <= read.position <= len(changed)
    else:
        assert changed.isascii()
        assert DoseText.parse(str(read)) == read


@pytest.mark.parametrize(
    ("text", "quantity", "route", "duration_min", "at_min", "drug"),
    [
        ("0.5 mg/kg iv over 40 min", AmountPerWeight(0.5), "iv", 40, 0, "ketamine"),
        ("10 mg iv", Amount(10), "iv", None, 0, "ketamine"),
        ("0.1 mg/kg/h iv for 8 h at 60 min", AmountRatePerWeight(0.1), "iv", 480, 60, "ketamine"),
        ("7 mg/h iv for 90 min", AmountRate(7), "iv", 90, 0, "ketamine"),
        ("56 mg intranasal", Amount(56), "intranasal", None, 0, "ketamine"),
        ("esketamine 56 mg intranasal", Amount(56), "intranasal", None, 0, "esketamine"),
        ("ketamine 35 mg im", Amount(35), "im", None, 0, "ketamine"),
        ("50 mg sublingual", Amount(50), "sublingual", None, 0, "ketamine"),
        ("0.25 mg/kg oral at 2 h", AmountPerWeight(0.25), "oral", None, 120, "ketamine"),
        ("35 mg sc", Amount(35), "sc", None, 0, "ketamine"),
        ("10  mg   iv", Amount(10), "iv", None, 0, "ketamine"),
    ],
)
def test_the_examples_of_the_manual_read(
    text: str, quantity: object, route: str, duration_min: float | None, at_min: float, drug: str
) -> None:
    dose = DoseText.parse(text)
    assert (dose.quantity, dose.route, dose.drug) == (quantity, route, drug)
    assert (dose.duration and dose.duration.minutes) == duration_min
    assert dose.at.minutes == at_min


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "an amount"),
        ("0,5 mg iv", 1, "an amount"),
        ("9_7 mg iv", 1, "an amount"),
        ("1e3 mg iv", 1, "an amount"),
        ("٤٠ mg iv", 0, "an amount"),
        ("４０ mg iv", 0, "an amount"),
        ("nan mg iv", 0, "an amount"),
        ("inf mg iv", 0, "an amount"),
        (".5 mg iv", 0, "an amount"),
        ("5. mg iv", 2, "an amount"),
        ("-1 mg iv", 0, "an amount"),
        ("+1 mg iv", 0, "an amount"),
        ("0 mg iv", 0, "above zero"),
        ("0.000 mg iv", 0, "above zero"),
        ("12345 mg iv", 4, "an amount"),
        ("0.5mg iv", 3, "a space"),
        ("5 g iv", 2, "a unit"),
        ("5 mcg iv", 2, "a unit"),
        ("5 MG iv", 2, "a unit"),
        ("5 mL/h iv", 2, "a unit"),
        ("5", 1, "a unit"),
        ("5 mg", 4, "a route"),
        ("5 mg IV", 5, "a route"),
        ("5 mg rectal", 5, "a route"),
        ("5 mg iv over", 12, "a duration"),
        ("5 mg iv over 40", 15, "min or h"),
        ("5 mg iv over 40 minutes", 16, "min or h"),
        ("5 mg iv over 40min", 15, "a space"),
        ("5 mg iv over 0 min", 13, "above zero"),
        ("5 mg iv over 4 min over 4 min", 19, "the end"),
        ("5 mg iv over 4 min for 4 min", 19, "one duration"),
        ("5 mg iv at", 10, "a duration"),
        ("5 mg iv at 5 min over 4 min", 17, "the end"),
        ("5 mg iv now", 8, "'over'"),
        ("5 mg/h iv", 9, "'for'"),
        ("5 mg/h iv for 0 h", 14, "above zero"),
        ("5\tmg iv", 1, "an amount"),
        ("5 mg iv\n", 5, "a route"),
        ("midazolam 5 mg iv", 0, "an amount"),
        ("Esketamine 5 mg iv", 0, "an amount"),
    ],
)
def test_a_mistake_is_named_at_its_place(text: str, position: int, expected: str) -> None:
    with pytest.raises(DoseTextError) as refused:
        DoseText.parse(text)
    assert expected in refused.value.expected
    assert refused.value.position == position
    assert ("  " + " " * position + "^") in str(refused.value).splitlines()
    assert refused.value.example in str(refused.value)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("0.5 mg/kg iv for 40 min", ("0.5 mg/kg iv over 40 min", "0.5 mg/kg/h iv for 40 min")),
        ("0.1 mg/kg/h iv over 8 h", ("0.1 mg/kg iv over 8 h", "0.1 mg/kg/h iv for 8 h")),
        ("esketamine 7 mg/h sc over 2 h", ("esketamine 7 mg sc over 2 h", "esketamine 7 mg/h sc for 2 h")),
    ],
)
def test_the_wrong_pair_is_refused_with_both_readings(text: str, readings: tuple[str, str]) -> None:
    with pytest.raises(DoseTextError) as refused:
        DoseText.parse(text)
    for reading in readings:
        assert f"'{reading}'" in str(refused.value)
        assert DoseText.parse(reading)


def test_a_dose_that_cannot_be_written_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        DoseText(Amount(1 / 3), "iv")
    with pytest.raises(ValueError, match="above zero"):
        DoseText(Amount(0.0), "iv")
    with pytest.raises(ValueError, match="a rate needs"):
        DoseText(AmountRate(5.0), "iv")
