"""What is asked and done when a patient arrives, as commands and events: the questions of the day in one go, the
cannula with every attempt, and the comfort of the room. `events` joins them in its unions.

The items are the words of `PreflightItem`; here they are plain names, checked when the answers become events.
"""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import Amount, Answer, Fact, Frozen, Identifiers, Text, Vitals

PreflightItem = Literal[
    "consent",
    "fasting",
    "escort_booked",
    "allergies_checked",
    "glucose_checked",
    "interpreter",
    "cannula_in",
    "toilet_offered",
    "alert_sound_tested",
    "benefit_risk_noted",
    "sober_today",
    "suicide_screen",
    "medicines_unchanged",
    "antiemetic_offered",
]
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


class CheckIn(Fact):
    """The patient is here, named by two identifiers."""

    type: Literal["check_in"] = "check_in"
    identifiers: Identifiers


class RecordPreflight(Fact):
    """An answer before the start. For fasting the times of the last food and drink stand beside it: the hours are
    computed and decide; a full meal is a fried or fatty one. A glucose stands beside its own question."""

    type: Literal["record_preflight"] = "record_preflight"
    item: PreflightItem
    answer: Answer
    detail: Text = ""
    last_food_at: Instant | None = None
    last_fluid_at: Instant | None = None
    full_meal: bool = False
    glucose_mmol_l: Amount | None = None


class RecordBaseline(Fact):
    """The patient's own baseline before the start; what is left out keeps its earlier value."""

    type: Literal["record_baseline"] = "record_baseline"
    weight_kg: Amount | None = None
    weight_source: Literal["measured", "stated"] = "measured"
    vitals: Vitals = Vitals()
    moaas: Annotated[int, Field(ge=0, le=5)] | None = None
    dissociation: Annotated[int, Field(ge=0, le=10)] | None = None
    pain: Annotated[int, Field(ge=0, le=10)] | None = None
    mobility: Literal["independent", "aided", "immobile"] | None = None
    mental_status: Text = ""


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


class CheckedIn(Frozen):
    """The patient was named by two identifiers."""

    type: Literal["checked_in"] = "checked_in"


class PreflightRecorded(Frozen):
    """An answer before the start; `clinician` says that a prescriber gave it, and is never typed."""

    type: Literal["preflight_recorded"] = "preflight_recorded"
    item: PreflightItem
    answer: Answer
    detail: str = ""
    last_food_at: Instant | None = None
    last_fluid_at: Instant | None = None
    full_meal: bool = False
    glucose_mmol_l: Amount | None = None
    clinician: bool = False


class BaselineRecorded(Frozen):
    """The own baseline, or a part of it."""

    type: Literal["baseline_recorded"] = "baseline_recorded"
    weight_kg: Amount | None = None
    weight_source: Literal["measured", "stated"] = "measured"
    vitals: Vitals = Vitals()
    moaas: Annotated[int, Field(ge=0, le=5)] | None = None
    dissociation: Annotated[int, Field(ge=0, le=10)] | None = None
    pain: Annotated[int, Field(ge=0, le=10)] | None = None
    mobility: Literal["independent", "aided", "immobile"] | None = None
    mental_status: str = ""
    flags: tuple[str, ...] = ()


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


Command = CheckIn | RecordPreflight | RecordArrival | RecordAccess | RecordSetting | RecordBaseline
Event = CheckedIn | PreflightRecorded | AccessRecorded | SettingRecorded | BaselineRecorded
