"""What happens to a referral, as one frozen union of events. Only people close one; nothing closes by itself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from norket.therapy.instant import Instant
from norket.therapy.referral.shapes import Referral

Said = Annotated[str, Field(min_length=1, max_length=2000)]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Received(_Event):
    """It came in."""

    type: Literal["received"] = "received"
    referral: Referral


class Seen(_Event):
    """A member of staff has read it."""

    type: Literal["seen"] = "seen"


class Spoken(_Event):
    """A member of staff has spoken with the person, or tried to: with whom and what came of it."""

    type: Literal["spoken"] = "spoken"
    reached: bool
    note: Said


class Accepted(_Event):
    """It became a patient: a new one, or one whom the clinic knew already."""

    type: Literal["accepted"] = "accepted"
    patient: UUID
    known_before: bool


class Declined(_Event):
    """The clinic does not take it: why, and where the person can go instead."""

    type: Literal["declined"] = "declined"
    reason: Said
    instead: Said


class Duplicate(_Event):
    """It says what another one says."""

    type: Literal["duplicate"] = "duplicate"
    of: Said


Event = Annotated[Received | Seen | Spoken | Accepted | Declined | Duplicate, Field(discriminator="type")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Recorded(_Event):
    """An event as it stands in the ledger of a referral."""

    n: int = Field(ge=1)
    recorded_at: Instant
    by: str
    event: Event
