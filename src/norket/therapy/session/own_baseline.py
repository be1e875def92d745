"""What of a recorded baseline becomes the patient's own, against which watch, recovery and door judge.

Once drug was given nothing that is seen is how the patient is without it: it stays a reading, and the own baseline is
that of before. A weight that somebody told never takes the place of one that was measured.
"""

from datetime import datetime

from norket.therapy.session.arrival_events import BaselineRecorded
from norket.therapy.session.samples import UNITS
from norket.therapy.session.state import SessionState

AFTER_DRUG = "baseline_after_drug"
PARTS = ("moaas", "dissociation", "pain", "mobility", "mental_status")


def seen(event: BaselineRecorded) -> dict[str, object]:
    """The scores and the state of mind and body that this baseline says, an open one left out."""
    return {name: value for name in PARTS if (value := getattr(event, name)) not in (None, "")}


def has_signs(event: BaselineRecorded) -> bool:
    return any(getattr(event.vitals, name) is not None for name in UNITS)


def weighs(old: BaselineRecorded | None, event: BaselineRecorded) -> bool:
    """Whether the weight of this baseline counts from here."""
    if event.weight_kg is None:
        return False
    return event.weight_source == "measured" or not (old and old.weight_kg and old.weight_source == "measured")


def joined(old: BaselineRecorded | None, event: BaselineRecorded, *, after_drug: bool) -> BaselineRecorded:
    """The own baseline with this one: what an earlier one held stays unless this one says it anew; an artefact says
    nothing."""
    own = old or BaselineRecorded()
    weight: dict[str, object] = {}
    if weighs(old, event):
        weight = {"weight_kg": event.weight_kg, "weight_source": event.weight_source}
    if after_drug:
        return own.model_copy(update=weight)
    told = {} if event.vitals.artefact else vars(event.vitals)
    signs = {name: value for name, value in told.items() if value is not None and name != "artefact"}
    return own.model_copy(update=weight | seen(event) | {"vitals": own.vitals.model_copy(update=signs)})


def late_flags(state: SessionState, event: BaselineRecorded, at: datetime) -> tuple[str, ...]:
    """The flag of a baseline that was taken under drug."""
    began = state.first_drug_at
    told = bool(seen(event)) or has_signs(event)
    return (AFTER_DRUG,) if told and began is not None and at >= began else ()
