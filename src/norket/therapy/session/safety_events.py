"""What goes wrong and what is done about it, as commands and events: adverse events on their way, comfort for somebody
who is frightened, the log of an emergency, the report of an incident, and the transfer to a hospital."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import Fact, Frozen, Name, Text

Grade = Annotated[int, Field(ge=1, le=5)]
Outcome = Literal["resolved", "ongoing", "worse"]
Comfort = Literal["presence", "mask_off", "headphones_off", "offered_slower", "offered_pause", "therapist_called"]
Step = Literal[
    "opened",
    "team_called",
    "ambulance_called",
    "oxygen_on",
    "airway_opened",
    "bag_mask",
    "suction",
    "side_position",
    "compressions",
    "defibrillator_on",
    "shock",
    "team_arrived",
    "ambulance_arrived",
    "over",
]


class FollowEvent(Fact):
    """How an adverse event goes on: `n` is the number of its report. A grade is given when it changed."""

    type: Literal["follow_event"] = "follow_event"
    n: Annotated[int, Field(ge=1)]
    outcome: Outcome
    grade: Grade | None = None
    action: Text = ""


class RecordComfort(Fact):
    """One step of comfort for somebody who is frightened."""

    type: Literal["record_comfort"] = "record_comfort"
    step: Comfort


class NoteEmergency(Fact):
    """One line of the emergency log, in one tap; `opened` begins it by hand, `over` ends it."""

    type: Literal["note_emergency"] = "note_emergency"
    step: Step
    detail: Text = ""


class ReportIncident(Fact):
    """What happened, who was told, what was done and how it ended; `at` says when. A later report takes its place."""

    type: Literal["report_incident"] = "report_incident"
    what: Name
    told: Name
    actions: Name
    outcome: Name
    serious: bool = False


class SignIncident(Frozen):
    """The prescriber has read the report and signs it."""

    type: Literal["sign_incident"] = "sign_incident"


class Transfer(Fact):
    """The patient goes to a hospital: where, with whom, and what was handed over in words."""

    type: Literal["transfer"] = "transfer"
    to: Name
    with_whom: Text = ""
    summary: Text = ""


Command = FollowEvent | RecordComfort | NoteEmergency | ReportIncident | SignIncident | Transfer


class EventFollowed(Frozen):
    """An adverse event was looked at again."""

    type: Literal["event_followed"] = "event_followed"
    n: int
    outcome: Outcome
    grade: Grade | None = None
    action: str = ""


class ComfortRecorded(Frozen):
    """A step of comfort was taken."""

    type: Literal["comfort_recorded"] = "comfort_recorded"
    step: Comfort


class EmergencyNoted(Frozen):
    """A line of the emergency log."""

    type: Literal["emergency_noted"] = "emergency_noted"
    step: Step
    detail: str = ""


class IncidentReported(Frozen):
    """The report of an incident; it waits for the prescriber's signature."""

    type: Literal["incident_reported"] = "incident_reported"
    what: str
    told: str
    actions: str
    outcome: str
    serious: bool = False


class IncidentSigned(Frozen):
    """The prescriber signed report `report` (the number of its event)."""

    type: Literal["incident_signed"] = "incident_signed"
    report: int


class Transferred(Frozen):
    """The patient was handed over to a hospital. `told_at`: when it is said to have been, where the pump was
    set running after that."""

    type: Literal["transferred"] = "transferred"
    to: str
    with_whom: str = ""
    summary: str = ""
    flags: tuple[str, ...] = ()
    told_at: Instant | None = None


Event = EventFollowed | ComfortRecorded | EmergencyNoted | IncidentReported | IncidentSigned | Transferred
