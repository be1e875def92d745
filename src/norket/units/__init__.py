"""Amounts, rates, times and concentrations with their units: the only door through which numbers enter as text.

Inside, a number is a float whose name says its unit (`amount_mg`, `start_min`); here it is a typed quantity that
adds only to its own kind. Nothing converts silently and nothing sloppy is guessed.
"""

from norket.units.dose_text import DRUGS, ROUTES, DoseText, DoseTextError
from norket.units.number import NumberError, parse_number, render_number
from norket.units.quantities import (
    Amount,
    AmountPerWeight,
    AmountRate,
    AmountRatePerWeight,
    Concentration,
    Duration,
    PlasmaConcentration,
    PumpRate,
    Quantity,
    Volume,
    Weight,
)

__all__ = [
    "DRUGS",
    "ROUTES",
    "Amount",
    "AmountPerWeight",
    "AmountRate",
    "AmountRatePerWeight",
    "Concentration",
    "DoseText",
    "DoseTextError",
    "Duration",
    "NumberError",
    "PlasmaConcentration",
    "PumpRate",
    "Quantity",
    "Volume",
    "Weight",
    "parse_number",
    "render_number",
]
