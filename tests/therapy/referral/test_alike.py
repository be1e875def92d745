"""Two people on paper who may be one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.referral.alike import alike

BORN, OTHER = date(1980, 1, 2), date(1981, 1, 2)
ZOE = ("Zoë", "O'Neill", BORN)


@pytest.mark.parametrize(
    "other",
    [
        ("Zoe", "ONeill", BORN),
        ("ZOE", "O NEILL", BORN),
        ("O'Neill", "Zoë", BORN),
        ("Zoe", "Married", BORN),
        ("Zoltan", "O'Neill", BORN),
        ("Zoe", "O’Neill", OTHER),
    ],
)
def test_the_same_birth_date_with_a_name_or_the_same_whole_name_is_alike(other: tuple[str, str, date]) -> None:
    assert alike(ZOE, other)
    assert alike(other, ZOE)


@pytest.mark.parametrize("other", [("Adam", "Smith", BORN), ("Zoe", "Smith", OTHER)])
def test_a_date_alone_or_one_name_alone_is_not(other: tuple[str, str, date]) -> None:
    assert not alike(ZOE, other)


@given(st.text(min_size=1).filter(str.isalnum), st.text(min_size=1).filter(str.isalnum), st.dates())
def test_everybody_is_like_themselves(given_name: str, family: str, born: date) -> None:
    assert alike((given_name, family, born), (given_name, family, born))
