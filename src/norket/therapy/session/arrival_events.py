"""What is asked and done when a patient arrives, as commands and events: the questions of the day in one go, the
cannula with every attempt, and the comfort of the room. `events` joins them in its unions.

The items are the words of `events.PreflightItem`; here they are plain names, checked when the answers become events.
"""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import Amount, Answer, Fact, Frozen, Text

Place = Literal[
    "left_hand",
    "right_hand",
    "left_forearm",
    "right_forearm",
    "left_elbow",
    "right_elbow",
    "other",
]
Gauge = Annotated[int, Field(ge=14, le=26)]


class RecordArrival(Fact):
    """The questions of the day, asked in one go; each answer becomes an answer of the pre-flight of its own. What is
    left out is not said. The escort is named with a phone number; `escort_must_go_at` is left out where they can wait.
    """

    type: Literal["record_arrival"] = "record_arrival"
    answers: dict[str, Answer] = Field(default_factory=dict)
    last_food_at: Instant | None = None
    last_fluid_at: Instant | None = None
    full_meal: bool = False
    glucose_mmol_l: Amount | None = None
    escort_name: Text = ""
    escort_phone: Text = ""
    escort_must_go_at: Instant | None = None


class RecordAccess(Fact):
    """One attempt at a cannula: where, how thick, whether it is in, and who tried (nobody named: who records it)."""

    type: Literal["record_access"] = "record_access"
    outcome: Literal["placed", "failed"]
    place: Place
    gauge_g: Gauge
    tried_by: Text = ""


class RecordSetting(Fact):
    """How the room was made for this patient, and what they want to take from the session in their own words."""

    type: Literal["record_setting"] = "record_setting"
    quiet: bool = False
    dim: bool = False
    blanket: bool = False
    eye_mask: bool = False
    music: bool = False
    therapist_present: bool = False
    intention: Text = ""


class AccessRecorded(Frozen):
    """One attempt at a cannula; `flags` say when one person tried more often than the clinic's policy has it."""

    type: Literal["access_recorded"] = "access_recorded"
    outcome: Literal["placed", "failed"]
    place: Place
    gauge_g: Gauge
    tried_by: str
    flags: tuple[str, ...] = ()


class SettingRecorded(Frozen):
    """The room and the intention, as last said."""

    type: Literal["setting_recorded"] = "setting_recorded"
    quiet: bool = False
    dim: bool = False
    blanket: bool = False
    eye_mask: bool = False
    music: bool = False
    therapist_present: bool = False
    intention: str = ""
