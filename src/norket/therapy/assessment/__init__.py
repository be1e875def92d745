"""What has to be known before a dose: the indication and what it asks for, trials of treatment, tests and their age."""

from norket.therapy.assessment.due import TestDue, due, waive
from norket.therapy.assessment.held import Held, held
from norket.therapy.assessment.indication import Indication, indication, indications, unmet
from norket.therapy.assessment.results import times_upper_limit
from norket.therapy.assessment.trials import Trial, tried

__all__ = [
    "Held",
    "Indication",
    "TestDue",
    "Trial",
    "due",
    "held",
    "indication",
    "indications",
    "times_upper_limit",
    "tried",
    "unmet",
    "waive",
]
