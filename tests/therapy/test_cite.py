"""Figures in the words of an alert: each number with its unit, and the unit once."""

from norket import knowledge
from norket.therapy.cite import shown
from norket.therapy.session.points import FEED

BASE = knowledge.read()


def test_a_unit_is_said_after_its_number_and_not_before_it_too() -> None:
    assert shown(BASE, FEED) == "3 intervals; least 10 s"


def test_each_figure_of_an_entry_is_said_with_its_name() -> None:
    assert shown(BASE, "screening.scr_03") == "systolic 180 mmHg; diastolic 110 mmHg; max age 30 d"
