"""What is recorded of a clinic's day, as one frozen union of events. Nothing is changed: the last word counts."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from norket.therapy.instant import Instant

Word = Annotated[str, Field(min_length=1, max_length=200)]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Event):
    """One item as found: there and working, or not. A medicine has a lot and the last day on which it is good."""

    item: Word
    ready: bool
    lot: Annotated[str, Field(max_length=200)] = ""
    good_until: date | None = None


class KitChecked(_Event):
    """Somebody went through a list: of one chair, or (no chair) of the clinic."""

    type: Literal["kit_checked"] = "kit_checked"
    chair: str = ""
    lines: tuple[Line, ...]


class OnSite(_Event):
    """Who treats here today, by their ids."""

    type: Literal["on_site"] = "on_site"
    people: tuple[str, ...]


class CredentialSeen(_Event):
    """A credential of one person, as its document shows it: the last day on which it is valid, and where it is kept."""

    type: Literal["credential_seen"] = "credential_seen"
    person: Word
    credential: Word
    valid_until: date
    document: Annotated[str, Field(max_length=500)] = ""


class HoursSet(_Event):
    """When the clinic closes, by its own clock; None: it does not close."""

    type: Literal["hours_set"] = "hours_set"
    closes: Clock | None


Event = Annotated[KitChecked | OnSite | CredentialSeen | HoursSet, Field(discriminator="type")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Recorded(_Event):
    """An event of a clinic's ledger: who recorded it and when."""

    n: int
    at: Instant
    by: str
    event: Event
