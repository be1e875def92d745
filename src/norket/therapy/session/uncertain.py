"""What may have reached the patient where delivery is uncertain: the histories between which the truth lies.

A cannula that failed may have given none, all, or all of it late from under the skin; a pump that failed between what
was computed and what it says; a dose that was lost, none to all. No history is likelier than another, so nothing is
averaged: the curve is drawn for each, and its band holds them all.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from norket.therapy.session.delivered import DeliveredDose
from norket.therapy.session.state import SessionState, Uncertain

MINUTE = timedelta(minutes=1)
UNDER_THE_SKIN = "sc"


def is_uncertain(state: SessionState) -> bool:
    """Whether any of what was given may not have arrived as it was recorded."""
    return bool(state.uncertain or state.lost)


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


def _scaled(state: SessionState, doses: Sequence[DeliveredDose], end: str) -> Iterator[DeliveredDose]:
    lost = {loss.dose for loss in state.lost}
    for dose in doses:
        if dose.n is not None and dose.n in lost:
            if end == "most":
                yield dose
            continue
        for part, stretch in parts(dose, state.uncertain):
            factor = 1.0 if stretch is None else float(getattr(stretch, end))
            if factor > 0:
                yield part.model_copy(update={"amount_mg": part.amount_mg * factor})


def _late(state: SessionState, doses: Sequence[DeliveredDose]) -> Iterator[DeliveredDose]:
    """What ran into a failed cannula lies under the skin from the end of its stretch and is taken up from there."""
    for dose in doses:
        for part, stretch in parts(dose, state.uncertain):
            if stretch is None or not stretch.late:
                yield part
            else:
                at = stretch.end or part.start + part.duration_min * MINUTE
                yield part.model_copy(update={"start": at, "duration_min": 0.0, "route": UNDER_THE_SKIN})


def parts(dose: DeliveredDose, stretches: Sequence[Uncertain]) -> Iterator[tuple[DeliveredDose, Uncertain | None]]:
    """A dose cut where a stretch begins or ends, each part with the stretch it lies in. Only what was given by vein is
    uncertain by a stretch; where two overlap, the cannula's counts."""
    if dose.route != "iv" or dose.kind != "given":
        yield dose, None
        return
    ends = dose.start + dose.duration_min * MINUTE
    cuts = {dose.start, ends}
    for stretch in stretches:
        cuts |= {at for at in (stretch.start, stretch.end) if at is not None and dose.start < at < ends}
    marks = sorted(cuts)
    if len(marks) == 1:
        yield dose, _stretch_at(dose, stretches)
        return
    for begin, end in pairwise(marks):
        share = (end - begin) / (ends - dose.start)
        length = {"start": begin, "duration_min": (end - begin) / MINUTE, "amount_mg": dose.amount_mg * share}
        part = dose.model_copy(update=length)
        yield part, _stretch_at(part, stretches)


def _stretch_at(part: DeliveredDose, stretches: Sequence[Uncertain]) -> Uncertain | None:
    middle = part.start + part.duration_min * MINUTE / 2
    held = [one for one in stretches if one.start <= middle and (one.end is None or middle <= one.end)]
    return next((one for one in held if one.late), held[0] if held else None)
