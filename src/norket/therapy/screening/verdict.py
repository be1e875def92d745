"""What a criterion comes to: yes, no or not to be known, with what was looked at and the limits it was held against."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """One thing that was looked at: what it is, and what was found."""

    what: str
    found: str


@dataclass(frozen=True)
class Verdict:
    """`holds` is None where it cannot be known. `grounds` are what decided it, `figures` the limits compared with."""

    holds: bool | None
    grounds: tuple[Ground, ...] = ()
    figures: tuple[str, ...] = ()


def every(parts: Sequence[Verdict], *, wanted: bool) -> Verdict:
    """All parts (`wanted` true) or any of them (`wanted` false): the same rule seen from its two sides."""
    against = [part for part in parts if part.holds is (not wanted)]
    unknown = [part for part in parts if part.holds is None]
    deciding, holds = (against, not wanted) if against else (unknown, None) if unknown else (parts, wanted)
    return Verdict(
        holds,
        tuple(dict.fromkeys(ground for part in deciding for ground in part.grounds)),
        tuple(dict.fromkeys(figure for part in deciding for figure in part.figures)),
    )


def counted(parts: Sequence[Verdict], least: float, figure: str) -> Verdict:
    """At least `least` of the parts; not to be known as long as the unknown ones could make it so."""
    yes, unknown = ([part for part in parts if part.holds is wanted] for wanted in (True, None))
    holds = True if len(yes) >= least else False if len(yes) + len(unknown) < least else None
    deciding = yes if holds else [*yes, *unknown] if holds is None else parts
    return Verdict(holds, tuple(dict.fromkeys(ground for part in deciding for ground in part.grounds)), (figure,))
