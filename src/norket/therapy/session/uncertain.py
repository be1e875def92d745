"""What may have reached the patient where delivery is uncertain: the histories between which the truth lies.

A cannula that failed may have given none, all, or all of it late from under the skin; a pump that failed between what
was computed and what it says; a dose that was lost, none to all. No history is likelier than another, so nothing is
averaged: the curve is drawn for each, and its band holds them all.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import prod
from typing import Literal

from norket.therapy.session.delivered import DeliveredDose, history
from norket.therapy.session.state import SessionState, Uncertain

MINUTE = timedelta(minutes=1)
UNDER_THE_SKIN = "sc"
End = Literal["least", "most"]


def is_uncertain(state: SessionState) -> bool:
    """Whether any of what was given may not have arrived as it was recorded."""
    return bool(state.uncertain or not_all(state))


def not_all(state: SessionState) -> frozenset[int]:
    """The doses without a pump of which not all may have arrived: lost, or spat out after the hold."""
    held = {hold.dose: hold.then for hold in state.holds}
    return frozenset(loss.dose for loss in state.lost) | {dose for dose, then in held.items() if then == "spat"}


def spat(state: SessionState) -> bool:
    """Whether any dose was spat out after its hold."""
    return bool(not_all(state) - {loss.dose for loss in state.lost})


def uncertain_since(state: SessionState) -> datetime | None:
    """From when what was seen may not belong to the doses as recorded; None where all is certain."""
    lost = not_all(state)
    begun = [one.start for one in state.uncertain] + [one.at for one in state.other_doses if one.n in lost]
    return min(begun, default=None)


def histories(state: SessionState, doses: Sequence[DeliveredDose]) -> tuple[tuple[DeliveredDose, ...], ...]:
    """The other histories beside `doses` as recorded: the least, the most, and the latest. Each may be empty."""
    if not is_uncertain(state):
        return ()
    found = [tuple(_scaled(state, doses, "least"))]
    if any(one.most > 1 for one in state.uncertain):
        found.append(tuple(_scaled(state, doses, "most")))
    if any(one.late for one in state.uncertain):
        found.append(tuple(_late(state, doses)))
    return tuple(found)


def surplus_mg(state: SessionState, now: datetime) -> float:
    """What the pump may have given by `now` beyond what was computed (mg): limits count it as given."""
    given = history(state, now, planned=False)
    most = sum(dose.amount_mg for dose in _scaled(state, given, "most"))
    return max(0.0, most - sum(dose.amount_mg for dose in given))


def _scaled(state: SessionState, doses: Sequence[DeliveredDose], end: End) -> Iterator[DeliveredDose]:
    lost = not_all(state)
    for dose in doses:
        if dose.n is not None and dose.n in lost:
            if end == "most":
                yield dose
            continue
        for part, stretches in parts(dose, state.uncertain):
            factor = _factor(stretches, end)
            if factor > 0:
                yield part.model_copy(update={"amount_mg": part.amount_mg * factor})


def _factor(stretches: Sequence[Uncertain], end: End) -> float:
    """Doubts that overlap multiply: what a pump may have given too much may still not have passed the cannula."""
    return prod(one.least if end == "least" else one.most for one in stretches)


def _late(state: SessionState, doses: Sequence[DeliveredDose]) -> Iterator[DeliveredDose]:
    """The most that ran into a failed cannula lies under the skin from the last drug of its stretch on, however much
    later somebody found it."""
    cut = [piece for dose in doses for piece in parts(dose, state.uncertain)]
    for part, stretches in cut:
        most = part.model_copy(update={"amount_mg": part.amount_mg * _factor(stretches, "most")})
        failed = [one for one in stretches if one.late]
        if not failed:
            yield most
            continue
        at = max(_ends(other) for other, held in cut if any(one in failed for one in held))
        yield most.model_copy(update={"start": at, "duration_min": 0.0, "route": UNDER_THE_SKIN})


def _ends(dose: DeliveredDose) -> datetime:
    return dose.start + dose.duration_min * MINUTE


def parts(dose: DeliveredDose, stretches: Sequence[Uncertain]) -> Iterator[tuple[DeliveredDose, tuple[Uncertain, ...]]]:
    """A dose cut where a stretch begins or ends, each part with the stretches it lies in. Only what goes in by vein is
    uncertain by a stretch; one that is open holds what is planned too."""
    if dose.route != "iv":
        yield dose, ()
        return
    ends = _ends(dose)
    cuts = {dose.start, ends}
    for stretch in stretches:
        cuts |= {at for at in (stretch.start, stretch.end) if at is not None and dose.start < at < ends}
    marks = sorted(cuts)
    if len(marks) == 1:
        yield dose, _held(dose, stretches)
        return
    for begin, end in pairwise(marks):
        share = (end - begin) / (ends - dose.start)
        length = {"start": begin, "duration_min": (end - begin) / MINUTE, "amount_mg": dose.amount_mg * share}
        part = dose.model_copy(update=length)
        yield part, _held(part, stretches)


def _held(part: DeliveredDose, stretches: Sequence[Uncertain]) -> tuple[Uncertain, ...]:
    """What is pushed by hand is no matter of what the pump ran."""
    middle, pushed = part.start + part.duration_min * MINUTE / 2, part.duration_min == 0
    return tuple(
        one
        for one in stretches
        if one.start <= middle and (one.end is None or middle <= one.end) and not (pushed and one.why == "pump")
    )
