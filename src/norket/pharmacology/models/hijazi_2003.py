"""Hijazi 2003: adults under intensive care, two compartments; compatibility only. Numbers: `models.hijazi_2003`."""

from norket.pharmacology.models.legacy import mammillary as build

__all__ = ["build"]
