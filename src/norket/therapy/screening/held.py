"""What of a screening still holds a session, after waivers, decisions to go on and decisions on medicines."""

from collections.abc import Collection, Iterable

from norket.therapy.finding import Finding
from norket.therapy.screening.override import Override
from norket.therapy.screening.screen import HELD_IF_UNKNOWN, Screening


def stands(made: Override, found: Finding) -> bool:
    """Whether a decision was made on what is found now: the same rule, state, action and grounds, in any edition."""
    then = made.finding
    return (then.rule, then.state, then.action, then.inputs) == (found.rule, found.state, found.action, found.inputs)


def open_findings(
    screening: Screening, overrides: Iterable[Override], settled: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What blocks or holds and is neither waived, nor gone on against, nor decided (`settled` rules).

    A decision that was made before something changed counts no more. Nobody goes on against BLOCK-HARD.
    """
    decided = tuple(overrides)
    return tuple(
        found
        for found in screening.open
        if found.action in HELD_IF_UNKNOWN
        and (
            found.action == "BLOCK-HARD" or not (found.rule in settled or any(stands(made, found) for made in decided))
        )
    )
