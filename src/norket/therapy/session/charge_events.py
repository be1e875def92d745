"""Who has a patient in charge, as commands and events: a handover between nurses, and an evacuation of the clinic.

One named nurse for each session. A handover is offered and counts when it is accepted; until then the one who offered
it stays in charge. An evacuation marks every chair at once, and each patient is accounted for where people gather.
"""

from typing import Literal

from norket.therapy.session.shapes import Fact, Frozen, Name, Text


class OfferHandover(Fact):
    """The session is offered to another nurse (`to` is the id of a person of the clinic), with what to look after."""

    type: Literal["offer_handover"] = "offer_handover"
    to: Name
    note: Text = ""


class AcceptHandover(Fact):
    """Whoever sends this takes the session over and is its named nurse from then on."""

    type: Literal["accept_handover"] = "accept_handover"


class RecordEvacuation(Fact):
    """Everybody leaves the building; sent for every chair by one tap on the board."""

    type: Literal["record_evacuation"] = "record_evacuation"


class AccountFor(Fact):
    """The patient was seen after the evacuation; `place` says where."""

    type: Literal["account_for"] = "account_for"
    place: Text = ""


class EndEvacuation(Fact):
    """The evacuation is over, or was begun by mistake."""

    type: Literal["end_evacuation"] = "end_evacuation"
    reason: Text = ""


class HandoverOffered(Frozen):
    """A handover waits to be accepted; with the flag `person_unknown` it does not: nobody of the clinic is named."""

    type: Literal["handover_offered"] = "handover_offered"
    to: str
    note: str = ""
    flags: tuple[str, ...] = ()


class HandoverAccepted(Frozen):
    """Another nurse has the session. `before` is who had it (absent: nobody was named); `flags` say when nobody had
    offered it to this person, or when it is more than one nurse of this clinic may have."""

    type: Literal["handover_accepted"] = "handover_accepted"
    to: str
    before: str | None = None
    flags: tuple[str, ...] = ()


class EvacuationRecorded(Frozen):
    """The patient was to leave the building; `pump_ran` says whether drug was running then."""

    type: Literal["evacuation_recorded"] = "evacuation_recorded"
    pump_ran: bool


class AccountedFor(Frozen):
    """The patient was seen after the evacuation."""

    type: Literal["accounted_for"] = "accounted_for"
    place: str = ""


class EvacuationEnded(Frozen):
    """The evacuation is over for this patient."""

    type: Literal["evacuation_ended"] = "evacuation_ended"
    reason: str = ""


Command = OfferHandover | AcceptHandover | RecordEvacuation | AccountFor | EndEvacuation
Event = HandoverOffered | HandoverAccepted | EvacuationRecorded | AccountedFor | EvacuationEnded
