"""What becomes of each medicine beside ketamine: it goes on, moves in time, is looked at, or waits for a decision."""

from norket.therapy.medicines.decision import Decision, decide, mark, partners, settled
from norket.therapy.medicines.equivalents import Daily, Total, daily, totals
from norket.therapy.medicines.review import MedicineLine, Verdict, review
from norket.therapy.medicines.strength import Strength, by_route, strengths
from norket.therapy.medicines.wording import advises_ending

__all__ = [
    "Daily",
    "Decision",
    "MedicineLine",
    "Strength",
    "Total",
    "Verdict",
    "advises_ending",
    "by_route",
    "daily",
    "decide",
    "mark",
    "partners",
    "review",
    "settled",
    "strengths",
    "totals",
]
