"""Numbers typed by people: plain ASCII digits with an optional point, and nothing that Python would also take."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.units import NumberError, parse_number, render_number

GRAMMAR = r"[0-9]{1,4}(\.[0-9]{1,3})?"


@given(st.from_regex(re.compile(GRAMMAR, re.ASCII), fullmatch=True))
def test_every_text_of_the_grammar_is_its_decimal_value(text: str) -> None:
    assert parse_number(text) == float(text)


@given(st.text(max_size=12))
def test_every_other_text_is_refused(text: str) -> None:
    if re.fullmatch(GRAMMAR, text, re.ASCII):
        return
    with pytest.raises(NumberError) as refused:
        parse_number(text)
    assert 0 <= refused.value.position <= len(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("9_7", 1),
        ("1e3", 1),
        ("٤٠", 0),
        ("４０", 0),
        ("4٠", 1),
        ("nan", 0),
        ("inf", 0),
        (".5", 0),
        ("5.", 2),
        ("-1", 0),
        ("+1", 0),
        ("0,5", 1),
        ("12345", 4),
        ("1.2345", 5),
        (" 1", 0),
        ("1 ", 1),
        ("1\n", 1),
        ("", 0),
        ("0x10", 1),
        ("1.2.3", 3),
        ("²", 0),
    ],
)
def test_hostile_numbers_are_refused_at_their_place(text: str, position: int) -> None:
    with pytest.raises(NumberError) as refused:
        parse_number(text)
    assert refused.value.position == position
    caret = str(refused.value).splitlines()[-3]
    assert caret == "  " + " " * position + "^"


@given(st.integers(0, 9_999_999))
def test_rendering_and_reading_return_the_same_value(thousandths: int) -> None:
    value = thousandths / 1000
    assert parse_number(render_number(value)) == value


@pytest.mark.parametrize("value", [0.0001, 10_000.0, -1.0, float("nan"), float("inf"), 1 / 3])
def test_a_value_that_the_grammar_cannot_write_is_not_rounded_silently(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        render_number(value)
