"""Domino 1982 or 1984: racemic ketamine, three compartments; compatibility only. Numbers: `models.domino_1984`."""

from norket.pharmacology.models.legacy import mammillary as build

__all__ = ["build"]
