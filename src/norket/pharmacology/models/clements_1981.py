"""Clements and Nimmo 1981, 0.25 mg/kg data: two compartments; compatibility only. Numbers: `models.clements_1981`."""

from norket.pharmacology.models.legacy import mammillary as build

__all__ = ["build"]
