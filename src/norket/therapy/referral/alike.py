"""Whether two people on paper may be one person: by name and birth date, however the name is written."""

from datetime import date

from norket.therapy.names import folded


def alike(one: tuple[str, str, date], other: tuple[str, str, date]) -> bool:
    """True when (given name, family name, birth date) of both may be the same person's: the same birth date and a name
    in common (also with given and family name exchanged), or the same whole name. A person decides, never this."""
    names, others = {folded(one[0]), folded(one[1])} - {""}, {folded(other[0]), folded(other[1])} - {""}
    return bool(names & others) if one[2] == other[2] else names == others
