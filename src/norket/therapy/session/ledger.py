"""Which events of a session stand, and in which order they happened: corrections applied, late entries in place.

The ledger only grows. What it says is read here, so that a taken-back dose and a dose entered ten minutes late give
the same state as if they had been entered right at once.
"""

from collections.abc import Iterable
from datetime import UTC

from norket.therapy.instant import utc
from norket.therapy.session.events import EVENT, Corrected, Recorded

ENDS = ("discharged", "left_early", "transferred")


def standing(events: Iterable[Recorded]) -> list[Recorded]:
    """The events that stand, ordered by when they happened (`at`, then `n`).

    A corrected event is left out (taken back) or carries the replacement's data and instant; of several corrections of
    one event the last counts. The corrections themselves stay in the list, at the instant they were made.
    """
    ledger = list(events)
    corrections = {e.event.corrects: e.event for e in sorted(ledger, key=_number) if isinstance(e.event, Corrected)}
    ledger = [event if event.at.tzinfo is UTC else _in_utc(event) for event in ledger]
    kept = (_corrected(event, corrections[event.n]) if event.n in corrections else event for event in ledger)
    return sorted((event for event in kept if event is not None), key=lambda event: (event.at, event.n))


def end_of(events: Iterable[Recorded]) -> int | None:
    """The number of the last event by which the patient went home, left or was taken away; None before."""
    return max((event.n for event in events if event.event.type in ENDS), default=None)


def _in_utc(event: Recorded) -> Recorded:
    return event.model_copy(update={"at": utc(event.at)})


def _number(event: Recorded) -> int:
    return event.n


def _corrected(original: Recorded, correction: Corrected) -> Recorded | None:
    if correction.replacement is None:
        return None
    event = EVENT.validate_python({**correction.replacement, "type": original.event.type})
    return original.model_copy(update={"event": event, "at": correction.replacement_at or original.at})
