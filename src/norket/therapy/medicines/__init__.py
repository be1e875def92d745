"""What becomes of each medicine beside ketamine: it goes on, moves in time, is looked at, or waits for a decision."""

from norket.therapy.medicines.equivalents import Daily, daily
from norket.therapy.medicines.review import MedicineLine, Verdict, review
from norket.therapy.medicines.strength import Strength, strengths
from norket.therapy.medicines.wording import advises_ending

__all__ = ["Daily", "MedicineLine", "Strength", "Verdict", "advises_ending", "daily", "review", "strengths"]
