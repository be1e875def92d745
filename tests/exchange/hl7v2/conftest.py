"""The world of two clinics, for the tests of this folder that touch the record."""

from support.worlds import _fresh_memory, world

__all__ = ["_fresh_memory", "world"]
