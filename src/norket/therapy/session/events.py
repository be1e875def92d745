"""The commands of a session and the events they leave: one frozen union each, the source of the API description.
They live in rooms by what they are about, each command beside the event that it leaves; here they are joined.

A command asks; an event has happened. Commands that carry `as` say whether they are an order to be judged
(`intended`) or the record of a fact (`happened`); a fact is never refused for limit, role, state or stock.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from norket.therapy.instant import Instant
from norket.therapy.plan.order import AnyOrder
from norket.therapy.session import (
    arrival_events,
    charge_events,
    dose_events,
    level_events,
    naming_events,
    pump_events,
    recovery_events,
    safety_events,
    waste_events,
    watch_events,
    way_out_events,
)
from norket.therapy.session.shapes import Fact, Frozen, Name

# ---- commands ------------------------------------------------------------------------------------------------------


class Correct(Frozen):
    """A correction of an earlier event: taken back, or replaced by the same type with other data."""

    type: Literal["correct"] = "correct"
    corrects: Annotated[int, Field(ge=1)]
    reason: Name
    data: dict[str, Any] | None = None
    at: Instant | None = None


class Note(Fact):
    """Words for the record."""

    type: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=4000)]


Command = Annotated[
    arrival_events.Command
    | dose_events.Command
    | pump_events.Command
    | watch_events.Command
    | level_events.Command
    | safety_events.Command
    | recovery_events.Command
    | way_out_events.Command
    | charge_events.Command
    | naming_events.Command
    | waste_events.Command
    | Correct
    | Note,
    Field(discriminator="type"),
]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
EXPECTS_VERSION = frozenset({"start_infusion", "change_rate", "give_bolus", "resume", "discharge"})


# ---- events --------------------------------------------------------------------------------------------------------


class SessionPlanned(Frozen):
    """Opens the ledger: whose session, where, under which order, and what identifies the patient."""

    type: Literal["session_planned"] = "session_planned"
    patient_id: str
    identifiers: tuple[str, ...]
    chair: str
    order: AnyOrder | None = None
    age_y: float
    sex: Literal["female", "male"]
    height_cm: float | None = None
    psychiatric_indication: bool
    first_session: bool
    frail: bool = False


class OrderSigned(Frozen):
    """An order was signed for this session; earlier time-outs no longer count."""

    type: Literal["order_signed"] = "order_signed"
    order: AnyOrder


class Corrected(Frozen):
    """Event `corrects` is taken back (`replacement` absent) or replaced."""

    type: Literal["corrected"] = "corrected"
    corrects: int
    reason: str
    replacement: dict[str, Any] | None = None
    replacement_at: Instant | None = None
    flags: tuple[str, ...] = ()


class Noted(Frozen):
    """Words for the record."""

    type: Literal["noted"] = "noted"
    text: str


Event = Annotated[
    SessionPlanned
    | OrderSigned
    | arrival_events.Event
    | dose_events.Event
    | pump_events.Event
    | watch_events.Event
    | level_events.Event
    | safety_events.Event
    | recovery_events.Event
    | way_out_events.Event
    | charge_events.Event
    | naming_events.Event
    | waste_events.Event
    | Corrected
    | Noted,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Decided(Frozen):
    """What a decision leaves: an event and the instant it happened (not always the instant it is recorded)."""

    at: Instant
    event: Event


class Recorded(Frozen):
    """An event as it stands in the ledger: `n` counts from 1 within the session and is never reused."""

    session: str
    n: int
    v: int = 1
    at: Instant
    recorded_at: Instant
    by: str
    command_id: str
    event: Event

    def as_json(self) -> dict[str, Any]:
        """The published shape `{session, n, type, v, at, recorded_at, by, command_id, corrects?, data}`."""
        data = self.event.model_dump(mode="json", by_alias=True)
        kind = data.pop("type")
        shape = self.model_dump(mode="json", exclude={"event"}) | {"type": kind, "data": data}
        return shape | ({"corrects": data["corrects"]} if kind == "corrected" else {})
