"""Whether ketamine is allowed for this chart on this day, what is still missing, and who may decide otherwise."""

from norket.therapy.screening.context import Context
from norket.therapy.screening.override import Clinician, Override, clinician, override
from norket.therapy.screening.screen import Screening, screen

__all__ = ["Clinician", "Context", "Override", "Screening", "clinician", "override", "screen"]
