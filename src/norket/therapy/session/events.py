"""The commands of a session and the events they leave: one frozen union each, the source of the API description.

A command asks; an event has happened. Commands that carry `as` say whether they are an order to be judged
(`intended`) or the record of a fact (`happened`); a fact is never refused for limit, role, state or stock.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.plan.order import AnyOrder
from norket.therapy.session import charge_events, naming_events, safety_events, shapes, way_out_events
from norket.therapy.session.arrival_events import (
    AccessRecorded,
    RecordAccess,
    RecordArrival,
    RecordSetting,
    SettingRecorded,
)
from norket.therapy.session.shapes import Fact as _Fact
from norket.therapy.session.shapes import Frozen as _Frozen

Amount = shapes.Amount
Reading = shapes.Reading
Answer = shapes.Answer
Intent = shapes.Intent
Tier = shapes.Tier
Text = shapes.Text
Name = shapes.Name
Identifiers = shapes.Identifiers
Vital = Literal["sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min", "etco2_mmhg", "temp_c"]
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
Gate = Literal[
    "oriented",
    "gait_steady",
    "dissociation_settled",
    "suicide_risk_reviewed",
    "cannula_removed",
    "instructions_given",
    "room_air_saturation",
]
DoseRoute = Literal["im", "sc", "intranasal", "sublingual", "oral"]
Loss = Literal["lost", "sneezed", "vomited", "spat_out", "leaked"]
SiteFailure = Literal["infiltration", "extravasation", "dislodged", "blocked", "other"]
PumpFault = Literal["alarm", "battery", "restart", "wrong_volume", "other"]
VerbalAct = Literal["give_bolus", "change_rate", "resume", "give_dose", "give_rescue", "stop_infusion", "other"]
Score = Literal[
    "moaas",
    "watched_sedation",
    "watched_distress",
    "dissociation",
    "pain",
    "mobility",
]
Scale = Literal["aldrete", "padss"]
ScoreItem = Annotated[int, Field(ge=0, le=2)]
SCALE_ITEMS: dict[str, tuple[str, ...]] = {
    "aldrete": ("activity", "respiration", "consciousness", "saturation"),
    "padss": ("walking", "nausea", "pain", "bleeding"),
}
ALL_ITEMS = tuple(item for items in SCALE_ITEMS.values() for item in items)
RescueClass = Literal["sedative", "antihypertensive", "reversal", "antiemetic", "oxygen", "other"]
Adverse = Literal[
    "nausea",
    "vomiting",
    "headache",
    "dizziness",
    "anxiety",
    "panic",
    "agitation",
    "hallucination_distress",
    "palpitations",
    "chest_pain",
    "breathlessness",
    "severe_headache",
    "visual_change",
    "seizure",
    "confusion",
    "focal_deficit",
    "syncope",
    "arrhythmia",
    "apnoea",
    "laryngospasm",
    "anaphylaxis",
    "line_problem",
    "pump_alarm",
    "patient_request",
    "drowsiness",
    "tired",
    "blurred_vision",
    "double_vision",
    "constipation",
    "trouble_urinating",
    "jerky_movement",
    "saliva",
    "disorientation",
    "dissociation",
    "vivid_dreams",
    "euphoria",
    "dysphoria",
    "hallucination",
    "psychiatric_reaction",
    "pressure_rise",
    "heart_rate_rise",
    "hypoxia",
    "respiratory_depression",
    "raised_brain_pressure",
    "allergic_reaction",
    "site_infection",
    "other",
]


class Vitals(_Frozen):
    """Vital signs; what was not measured is absent."""

    sbp_mmhg: Reading | None = None
    dbp_mmhg: Reading | None = None
    hr_per_min: Reading | None = None
    spo2_percent: Reading | None = None
    rr_per_min: Reading | None = None
    etco2_mmhg: Reading | None = None
    temp_c: Reading | None = None
    on_oxygen: bool | None = None
    rhythm: Literal["regular", "irregular"] | None = None
    artefact: bool = False


# ---- commands ------------------------------------------------------------------------------------------------------


class CheckIn(_Fact):
    """The patient is here, named by two identifiers."""

    type: Literal["check_in"] = "check_in"
    identifiers: Identifiers


class RecordPreflight(_Fact):
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


class RecordBaseline(_Fact):
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


class RecordGate(_Fact):
    """An answer of a clinician to one gate of discharge."""

    type: Literal["record_gate"] = "record_gate"
    gate: Gate
    answer: Answer
    detail: Text = ""


class RecordEscort(_Fact):
    """Where the adult is who takes the patient home. `must_go_at` is left out where they can wait."""

    type: Literal["record_escort"] = "record_escort"
    status: Literal["expected", "present", "no_show", "none"]
    name: Text = ""
    phone: Text = ""
    must_go_at: Instant | None = None


class PrepareDose(_Fact):
    """The drug is in hand: lot, milligrams, volume and label of what is drawn, `devices` of a spray, and who checked
    it. `vial_ml`, where it is said, is what left the vial: the milligrams are then computed from its strength and
    compared."""

    type: Literal["prepare_dose"] = "prepare_dose"
    product_id: Name
    lot: Name
    drawn_mg: Amount
    vial_ml: Amount | None = None
    diluent: Text = ""
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    checker: Name


class TimeOut(_Frozen):
    """One of the two people of the time-out, with the pump as that person read it."""

    type: Literal["time_out"] = "time_out"
    rate_ml_h: Amount
    volume_ml: Amount
    identifiers: Identifiers


class StartInfusion(_Frozen):
    """The pump starts under a signed order. Intended, it needs the whole pre-flight."""

    type: Literal["start_infusion"] = "start_infusion"
    order_id: Name
    product_id: Name
    concentration_mg_ml: Amount
    rate_ml_h: Amount
    volume_ml: Amount | None = None
    identifiers: Identifiers
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class ChangeRate(_Frozen):
    """The pump runs at another rate, inside the band of the order."""

    type: Literal["change_rate"] = "change_rate"
    rate_ml_h: Reading
    reason: Text = ""
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class GiveBolus(_Frozen):
    """A single dose into the running line; never by a nurse."""

    type: Literal["give_bolus"] = "give_bolus"
    amount_mg: Amount
    identifiers: Identifiers | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class GiveRescue(_Frozen):
    """A rescue medicine: ordered from a template that the medical director signed, or given already. `answers` are what
    was asked at the chair, by id of the check; of a controlled medicine the lot stands beside it, with what of the
    ampoule was wasted and who saw it. In an emergency the name is enough; amount and route follow as a correction."""

    type: Literal["give_rescue"] = "give_rescue"
    drug: Name
    amount: Amount | None = None
    unit: Text = ""
    route: Text = ""
    template: Text = ""
    answers: dict[Name, Answer] = Field(default_factory=dict)
    identifiers: Identifiers | None = None
    product_id: Text = ""
    lot: Text = ""
    wasted_mg: Reading = 0.0
    witness: Text = ""
    sedative: bool = False
    rescue_class: RescueClass | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class CheckDose(_Frozen):
    """One of the two people of the time-out of a dose without a pump, with what that person has in hand: volume and
    strength as the syringe says, devices, or milligrams. `allergies` yes: asked, and none that matters."""

    type: Literal["check_dose"] = "check_dose"
    product_id: Name
    route: DoseRoute
    amount_mg: Amount | None = None
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    allergies: Answer
    identifiers: Identifiers


class GiveDose(_Frozen):
    """A dose by another route than the infusion. Intended, it needs an order of that route and the whole pre-flight."""

    type: Literal["give_dose"] = "give_dose"
    route: DoseRoute
    product_id: Name
    amount_mg: Amount
    volume_ml: Amount | None = None
    site: Text = ""
    device_n: Annotated[int, Field(ge=1)] | None = None
    device_of: Annotated[int, Field(ge=1)] | None = None
    given_by: Text = ""
    order_id: Text = ""
    identifiers: Identifiers | None = None
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class RecordHold(_Fact):
    """How long dose number `dose` of the ledger was held in the mouth, and whether the rest was spat or swallowed."""

    type: Literal["record_hold"] = "record_hold"
    dose: Annotated[int, Field(ge=1)]
    held_min: Reading
    then: Literal["spat", "swallowed", "unknown"] = "unknown"


class RecordLostDose(_Fact):
    """Dose number `dose` of the ledger did not all stay: how much reached the patient is not known, and nothing is
    given again by itself."""

    type: Literal["record_lost_dose"] = "record_lost_dose"
    dose: Annotated[int, Field(ge=1)]
    how: Loss
    detail: Text = ""


class CheckSite(_Fact):
    """The cannula was looked at and runs well. One that does not is recorded as failed."""

    type: Literal["check_site"] = "check_site"
    detail: Text = ""


class RecordSiteFailed(_Fact):
    """The cannula failed: what ran since the last good look may not have arrived. `pump_stopped`: the pump stands."""

    type: Literal["record_site_failed"] = "record_site_failed"
    failure: SiteFailure
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: Text = ""


class RecordPumpFault(_Fact):
    """The pump alarmed, lost power, started anew or was set wrongly. `read_ml`: infused so far, as the pump says."""

    type: Literal["record_pump_fault"] = "record_pump_fault"
    fault: PumpFault
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: Text = ""


class ReadPump(_Fact):
    """The volume infused so far (mL), as read from the pump."""

    type: Literal["read_pump"] = "read_pump"
    read_ml: Reading


class RecordVerbalOrder(_Fact):
    """What a prescriber ordered by word of mouth, entered by who heard it and read it back."""

    type: Literal["record_verbal_order"] = "record_verbal_order"
    prescriber: Name
    act: VerbalAct
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    read_back: bool


class Countersign(_Fact):
    """The prescriber signs the verbal order that event `order` of the ledger holds."""

    type: Literal["countersign"] = "countersign"
    order: Annotated[int, Field(ge=1)]


class Pause(_Fact):
    """The pump is paused; recorded whoever says so and whatever runs."""

    type: Literal["pause"] = "pause"
    reason: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class Resume(_Frozen):
    """The pump goes on after a pause; after a T2 or T3 ordering this is for the prescriber."""

    type: Literal["resume"] = "resume"
    reason: Text = ""
    as_: Intent = Field(default="intended", alias="as")
    at: Instant | None = None


class StopInfusion(_Fact):
    """The pump is stopped for good; recorded whoever says so and whatever runs."""

    type: Literal["stop_infusion"] = "stop_infusion"
    reason: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class ChangeSyringe(_Fact):
    """A new syringe on the pump, with lot, strength and checker."""

    type: Literal["change_syringe"] = "change_syringe"
    product_id: Name
    lot: Name
    concentration_mg_ml: Amount
    drawn_mg: Amount
    volume_ml: Amount
    checker: Name


class RecordWaste(_Fact):
    """Drug thrown away, with the person who saw it."""

    type: Literal["record_waste"] = "record_waste"
    amount_mg: Reading
    witness: Name


class RecordVitals(_Fact):
    """Vital signs as read by a person."""

    type: Literal["record_vitals"] = "record_vitals"
    vitals: Vitals


class RecordScore(_Fact):
    """One score: watched sedation and distress 0 to 3, MOAA/S 0 to 5, the others 0 to 10."""

    type: Literal["record_score"] = "record_score"
    score: Score
    value: Annotated[int, Field(ge=0, le=10)]


class RecordEvent(_Fact):
    """Something seen or complained of, from `at` on; `resolved` says that it is over, `hospital` that it needs one."""

    type: Literal["record_event"] = "record_event"
    event: Adverse
    grade: Annotated[int, Field(ge=1, le=5)] = 1
    detail: Text = ""
    resolved: bool = False
    hospital: bool = False
    action: Text = ""


class RaiseConcern(_Fact):
    """Help wanted, by anyone at the chair, in one tap."""

    type: Literal["raise_concern"] = "raise_concern"
    concern: Literal["help", "distress", "equipment", "other", "frightened", "stop_word"] = "help"
    detail: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class AcknowledgeAlert(_Frozen):
    """A person answers an alert by name; it is quiet for `pause_min`, or as long as its tier allows."""

    type: Literal["acknowledge_alert"] = "acknowledge_alert"
    alert_id: Name
    pause_min: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0


class SetLimit(_Frozen):
    """A limit of this patient for one criterion of the tiers: tighter by anybody at the chair, looser by a prescriber
    with a reason and an end, never of T3. Without a value the clinic's own limit counts again."""

    type: Literal["set_limit"] = "set_limit"
    rule: Name
    value: Reading | None = None
    reason: Text = ""
    expires_at: Instant | None = None


class SuspendMonitoring(_Fact):
    """The patient goes off the monitor for a walk: technical alerts wait for some minutes, then return aloud."""

    type: Literal["suspend_monitoring"] = "suspend_monitoring"
    reason: Literal["toilet", "other"] = "toilet"


class ResumeMonitoring(_Fact):
    """The patient is back on the monitor."""

    type: Literal["resume_monitoring"] = "resume_monitoring"


class StartRecovery(_Fact):
    """The patient is in recovery; the clock counts from the end of the drug."""

    type: Literal["start_recovery"] = "start_recovery"


class RecordRecoveryScore(_Fact):
    """Items of a recovery score as seen; the one of pressures is computed, never typed. `scale` says which items."""

    type: Literal["record_recovery_score"] = "record_recovery_score"
    scale: Scale = "aldrete"
    activity: ScoreItem | None = None
    respiration: ScoreItem | None = None
    consciousness: ScoreItem | None = None
    saturation: ScoreItem | None = None
    walking: ScoreItem | None = None
    nausea: ScoreItem | None = None
    pain: ScoreItem | None = None
    bleeding: ScoreItem | None = None
    sbp_mmhg: Reading | None = None
    dbp_mmhg: Reading | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Every item of the scale and none of another."""
        asked, told = SCALE_ITEMS[self.scale], {name for name in ALL_ITEMS if getattr(self, name) is not None}
        if told != set(asked):
            raise ValueError(f"the {self.scale} score has the items {', '.join(asked)}, each once")
        return self


class Discharge(_Frozen):
    """The patient goes home, with every gate met."""

    type: Literal["discharge"] = "discharge"
    identifiers: Identifiers | None = None
    escort_name: Text = ""


class LeaveEarly(_Fact):
    """The patient leaves before the gates are met. What a clinician recorded of capacity before counts where nothing is
    said here; `signature` is the typed name of a patient who signs against advice."""

    type: Literal["leave_early"] = "leave_early"
    capacity: Answer = "unknown"
    capacity_by: Text = ""
    reason: Text = ""
    cannula_in: Answer = "unknown"
    risks_told: Answer = "unknown"
    contact: Text = ""
    signature: Text = ""


class BindDevice(_Fact):
    """A monitor belongs to this patient from now on."""

    type: Literal["bind_device"] = "bind_device"
    device_id: Name
    identifiers: Identifiers


class UnbindDevice(_Fact):
    """A monitor belongs to this patient no more."""

    type: Literal["unbind_device"] = "unbind_device"
    device_id: Name


class Correct(_Frozen):
    """A correction of an earlier event: taken back, or replaced by the same type with other data."""

    type: Literal["correct"] = "correct"
    corrects: Annotated[int, Field(ge=1)]
    reason: Name
    data: dict[str, Any] | None = None
    at: Instant | None = None


class Note(_Fact):
    """Words for the record."""

    type: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=4000)]


Command = Annotated[
    CheckIn
    | RecordPreflight
    | RecordArrival
    | RecordAccess
    | RecordSetting
    | RecordBaseline
    | RecordGate
    | RecordEscort
    | PrepareDose
    | TimeOut
    | StartInfusion
    | ChangeRate
    | GiveBolus
    | GiveRescue
    | CheckDose
    | GiveDose
    | RecordHold
    | RecordLostDose
    | CheckSite
    | RecordSiteFailed
    | RecordPumpFault
    | ReadPump
    | RecordVerbalOrder
    | Countersign
    | Pause
    | Resume
    | StopInfusion
    | ChangeSyringe
    | RecordWaste
    | RecordVitals
    | RecordScore
    | RecordEvent
    | RaiseConcern
    | AcknowledgeAlert
    | SetLimit
    | SuspendMonitoring
    | ResumeMonitoring
    | StartRecovery
    | RecordRecoveryScore
    | Discharge
    | LeaveEarly
    | BindDevice
    | UnbindDevice
    | Correct
    | charge_events.Command
    | naming_events.Command
    | Note
    | naming_events.Command
    | safety_events.Command
    | way_out_events.COMMANDS,
    Field(discriminator="type"),
]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)
EXPECTS_VERSION = frozenset({"start_infusion", "change_rate", "give_bolus", "resume", "discharge"})


# ---- events --------------------------------------------------------------------------------------------------------


class SessionPlanned(_Frozen):
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


class OrderSigned(_Frozen):
    """An order was signed for this session; earlier time-outs no longer count."""

    type: Literal["order_signed"] = "order_signed"
    order: AnyOrder


class CheckedIn(_Frozen):
    """The patient was named by two identifiers."""

    type: Literal["checked_in"] = "checked_in"


class PreflightRecorded(_Frozen):
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


class BaselineRecorded(_Frozen):
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


class GateRecorded(_Frozen):
    """An answer to one gate of discharge."""

    type: Literal["gate_recorded"] = "gate_recorded"
    gate: Gate
    answer: Answer
    detail: str = ""


class EscortRecorded(_Frozen):
    """Where the escort is."""

    type: Literal["escort_recorded"] = "escort_recorded"
    status: Literal["expected", "present", "no_show", "none"]
    name: str = ""
    phone: str = ""
    must_go_at: Instant | None = None


class DosePrepared(_Frozen):
    """Drug was drawn up; `flags` say what of it does not stand."""

    type: Literal["dose_prepared"] = "dose_prepared"
    product_id: str
    lot: str
    drawn_mg: Amount
    vial_ml: Amount | None = None
    diluent: str = ""
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    checker: str
    flags: tuple[str, ...] = ()


class TimeOutRecorded(_Frozen):
    """One person read the pump; `agrees` says whether it was as ordered."""

    type: Literal["time_out_recorded"] = "time_out_recorded"
    rate_ml_h: Amount
    volume_ml: Amount
    agrees: bool
    flags: tuple[str, ...] = ()


class InfusionStarted(_Frozen):
    """The pump runs. `volume_ml` is what was programmed (absent: not known, so nothing bounds it); `flags` says what a
    fact recorded against the order or a limit."""

    type: Literal["infusion_started"] = "infusion_started"
    order_id: str
    product_id: str
    concentration_mg_ml: Amount
    rate_ml_h: Amount
    volume_ml: Amount | None
    flags: tuple[str, ...] = ()


class RateChanged(_Frozen):
    """The pump ran at another rate from here."""

    type: Literal["rate_changed"] = "rate_changed"
    rate_ml_h: Reading
    reason: str = ""
    flags: tuple[str, ...] = ()


class BolusGiven(_Frozen):
    """A single dose went into the line."""

    type: Literal["bolus_given"] = "bolus_given"
    amount_mg: Amount
    flags: tuple[str, ...] = ()


class RescueGiven(_Frozen):
    """A rescue medicine was given. `template` and `version` name the signed template it was ordered from; without them
    it was recorded as a fact. An amount that is not known yet is absent."""

    type: Literal["rescue_given"] = "rescue_given"
    drug: str
    amount: Amount | None = None
    unit: str = ""
    route: str = ""
    template: str = ""
    version: int | None = None
    answers: dict[str, Answer] = Field(default_factory=dict)
    product_id: str = ""
    lot: str = ""
    wasted_mg: Reading = 0.0
    witness: str = ""
    sedative: bool = False
    rescue_class: RescueClass | None = None
    flags: tuple[str, ...] = ()


class DoseCheckRecorded(_Frozen):
    """One person had the dose in hand; `amount_mg` is what it holds, `agrees` whether that is as ordered."""

    type: Literal["dose_check_recorded"] = "dose_check_recorded"
    product_id: str
    route: DoseRoute
    amount_mg: Amount | None = None
    volume_ml: Amount | None = None
    concentration_mg_ml: Amount | None = None
    devices: Annotated[int, Field(ge=1)] | None = None
    allergies: Answer
    agrees: bool
    flags: tuple[str, ...] = ()


class DoseGiven(_Frozen):
    """A dose by another route was given, under `order_id` where it was ordered. `drug` is that of the product."""

    type: Literal["dose_given"] = "dose_given"
    route: DoseRoute
    product_id: str
    drug: Literal["ketamine", "esketamine"] | None = None
    amount_mg: Amount
    volume_ml: Amount | None = None
    site: str = ""
    device_n: Annotated[int, Field(ge=1)] | None = None
    device_of: Annotated[int, Field(ge=1)] | None = None
    given_by: str = ""
    order_id: str = ""
    flags: tuple[str, ...] = ()


class HoldRecorded(_Frozen):
    """A dose was held in the mouth for so long, then spat out or swallowed."""

    type: Literal["hold_recorded"] = "hold_recorded"
    dose: int
    held_min: Reading
    then: Literal["spat", "swallowed", "unknown"] = "unknown"


class LostDoseRecorded(_Frozen):
    """How much of a dose reached the patient is not known: from none to all."""

    type: Literal["lost_dose_recorded"] = "lost_dose_recorded"
    dose: int
    how: Loss
    detail: str = ""


class SiteChecked(_Frozen):
    """The cannula was looked at and ran well."""

    type: Literal["site_checked"] = "site_checked"
    detail: str = ""


class SiteFailed(_Frozen):
    """The cannula failed: what ran since the last good look is uncertain, from none to all, perhaps late."""

    type: Literal["site_failed"] = "site_failed"
    failure: SiteFailure
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: str = ""


class PumpFaultRecorded(_Frozen):
    """The pump failed; it is read again by two people before more drug is ordered."""

    type: Literal["pump_fault_recorded"] = "pump_fault_recorded"
    fault: PumpFault
    pump_stopped: bool = True
    read_ml: Reading | None = None
    detail: str = ""


class PumpRead(_Frozen):
    """The volume infused so far, as the pump says; `flags` when it is not what was computed."""

    type: Literal["pump_read"] = "pump_read"
    read_ml: Reading
    flags: tuple[str, ...] = ()


class VerbalOrderRecorded(_Frozen):
    """A verbal order; the record closes when its prescriber has signed it."""

    type: Literal["verbal_order_recorded"] = "verbal_order_recorded"
    prescriber: str
    act: VerbalAct
    text: str
    read_back: bool
    flags: tuple[str, ...] = ()


class VerbalOrderCountersigned(_Frozen):
    """The prescriber signed a verbal order."""

    type: Literal["verbal_order_countersigned"] = "verbal_order_countersigned"
    order: int


class InfusionPaused(_Frozen):
    """The pump was paused; with flags when nothing ran."""

    type: Literal["infusion_paused"] = "infusion_paused"
    reason: str = ""
    flags: tuple[str, ...] = ()
    unnamed: bool = False


class InfusionResumed(_Frozen):
    """The pump went on. `happened`: it was found running, whatever the ledger said before."""

    type: Literal["infusion_resumed"] = "infusion_resumed"
    reason: str = ""
    happened: bool = False
    flags: tuple[str, ...] = ()


class InfusionStopped(_Frozen):
    """The infusion ended: stopped by a person, or the programmed volume had run (`complete`)."""

    type: Literal["infusion_stopped"] = "infusion_stopped"
    reason: str = ""
    complete: bool = False
    delivered_mg: Reading
    flags: tuple[str, ...] = ()
    unnamed: bool = False


class SyringeChanged(_Frozen):
    """A new syringe ran from here."""

    type: Literal["syringe_changed"] = "syringe_changed"
    product_id: str
    lot: str
    concentration_mg_ml: Amount
    drawn_mg: Amount
    volume_ml: Amount
    checker: str
    flags: tuple[str, ...] = ()


class WasteRecorded(_Frozen):
    """Drug was thrown away."""

    type: Literal["waste_recorded"] = "waste_recorded"
    amount_mg: Reading
    witness: str
    flags: tuple[str, ...] = ()


class VitalsRecorded(_Frozen):
    """Vital signs as read by a person."""

    type: Literal["vitals_recorded"] = "vitals_recorded"
    vitals: Vitals
    flags: tuple[str, ...] = ()


class ScoreRecorded(_Frozen):
    """One score."""

    type: Literal["score_recorded"] = "score_recorded"
    score: Score
    value: Annotated[int, Field(ge=0, le=10)]


class EventRecorded(_Frozen):
    """Something seen or complained of, or (`resolved`) over."""

    type: Literal["event_recorded"] = "event_recorded"
    event: Adverse
    grade: Annotated[int, Field(ge=1, le=5)] = 1
    detail: str = ""
    resolved: bool = False
    hospital: bool = False
    action: str = ""


class ConcernRaised(_Frozen):
    """Somebody at the chair called."""

    type: Literal["concern_raised"] = "concern_raised"
    concern: str
    detail: str = ""
    unnamed: bool = False


class AlertRaised(_Frozen):
    """An alert episode begins. `rule` is the knowledge entry; `technical` marks feed and schedule alerts."""

    type: Literal["alert_raised"] = "alert_raised"
    alert_id: str
    rule: str
    tier: Tier
    technical: bool = False
    why: str
    advice: str = ""
    figure: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)
    sources: tuple[str, ...] = ()


class AlertEscalated(_Frozen):
    """Nobody answered in time; the alert went further, to `to`."""

    type: Literal["alert_escalated"] = "alert_escalated"
    alert_id: str
    step: int
    to: str


class AlertAcknowledged(_Frozen):
    """A person answered the alert; it is quiet until `pause_until`."""

    type: Literal["alert_acknowledged"] = "alert_acknowledged"
    alert_id: str
    pause_until: Instant | None = None
    flags: tuple[str, ...] = ()


class AlertRearmed(_Frozen):
    """The pause of an acknowledged alert ended while its cause still holds; it sounds again."""

    type: Literal["alert_rearmed"] = "alert_rearmed"
    alert_id: str


class AlertCleared(_Frozen):
    """The episode is over; `why` says how."""

    type: Literal["alert_cleared"] = "alert_cleared"
    alert_id: str
    why: str = ""


class LimitSet(_Frozen):
    """A limit of this patient counts from here; `clinic` is the figure that it stands for."""

    type: Literal["limit_set"] = "limit_set"
    rule: str
    value: Reading | None = None
    clinic: float
    looser: bool = False
    reason: str = ""
    expires_at: Instant | None = None


class LimitExpired(_Frozen):
    """A limit of this patient ran out; the one beneath it, or the clinic's, counts again."""

    type: Literal["limit_expired"] = "limit_expired"
    rule: str
    value: float
    limit_n: int
    flags: tuple[str, ...] = ()


class MonitoringSuspended(_Frozen):
    """Off the monitor: technical alerts wait until `until`."""

    type: Literal["monitoring_suspended"] = "monitoring_suspended"
    reason: str = "toilet"
    until: Instant


class MonitoringResumed(_Frozen):
    """Back on the monitor."""

    type: Literal["monitoring_resumed"] = "monitoring_resumed"


class RecoveryStarted(_Frozen):
    """Recovery began."""

    type: Literal["recovery_started"] = "recovery_started"


class RecoveryScoreRecorded(_Frozen):
    """`circulation` (the item of pressures) and `total` are absent when no baseline pressure exists: not computable is
    not zero. Items of another scale are absent."""

    type: Literal["recovery_score_recorded"] = "recovery_score_recorded"
    scale: Scale = "aldrete"
    activity: ScoreItem | None = None
    respiration: ScoreItem | None = None
    consciousness: ScoreItem | None = None
    saturation: ScoreItem | None = None
    walking: ScoreItem | None = None
    nausea: ScoreItem | None = None
    pain: ScoreItem | None = None
    bleeding: ScoreItem | None = None
    circulation: ScoreItem | None = None
    total: Annotated[int, Field(ge=0, le=10)] | None = None


class Discharged(_Frozen):
    """The patient went home; `gates` are the findings as they were."""

    type: Literal["discharged"] = "discharged"
    escort_name: str = ""
    gates: tuple[Finding, ...] = ()


class LeftEarly(_Frozen):
    """Left before discharge. Against-advice signature is offered only with capacity."""

    type: Literal["left_early"] = "left_early"
    capacity: Answer
    capacity_by: str = ""
    reason: str = ""
    cannula_in: Answer = "unknown"
    tasks: tuple[str, ...] = ()
    risks_told: Answer = "unknown"
    contact: str = ""
    signature: str = ""
    flags: tuple[str, ...] = ()


class DeviceBound(_Frozen):
    """A monitor was bound to the patient."""

    type: Literal["device_bound"] = "device_bound"
    device_id: str


class DeviceUnbound(_Frozen):
    """A monitor was unbound."""

    type: Literal["device_unbound"] = "device_unbound"
    device_id: str


class Corrected(_Frozen):
    """Event `corrects` is taken back (`replacement` absent) or replaced."""

    type: Literal["corrected"] = "corrected"
    corrects: int
    reason: str
    replacement: dict[str, Any] | None = None
    replacement_at: Instant | None = None
    flags: tuple[str, ...] = ()


class Noted(_Frozen):
    """Words for the record."""

    type: Literal["noted"] = "noted"
    text: str


Event = Annotated[
    SessionPlanned
    | OrderSigned
    | CheckedIn
    | PreflightRecorded
    | AccessRecorded
    | SettingRecorded
    | BaselineRecorded
    | GateRecorded
    | EscortRecorded
    | DosePrepared
    | TimeOutRecorded
    | InfusionStarted
    | RateChanged
    | BolusGiven
    | RescueGiven
    | DoseCheckRecorded
    | DoseGiven
    | HoldRecorded
    | LostDoseRecorded
    | SiteChecked
    | SiteFailed
    | PumpFaultRecorded
    | PumpRead
    | VerbalOrderRecorded
    | VerbalOrderCountersigned
    | InfusionPaused
    | InfusionResumed
    | InfusionStopped
    | SyringeChanged
    | WasteRecorded
    | VitalsRecorded
    | ScoreRecorded
    | EventRecorded
    | ConcernRaised
    | AlertRaised
    | AlertEscalated
    | AlertAcknowledged
    | AlertRearmed
    | AlertCleared
    | LimitSet
    | LimitExpired
    | MonitoringSuspended
    | MonitoringResumed
    | RecoveryStarted
    | RecoveryScoreRecorded
    | Discharged
    | LeftEarly
    | DeviceBound
    | DeviceUnbound
    | Corrected
    | charge_events.Event
    | naming_events.Event
    | Noted
    | naming_events.Event
    | safety_events.Event
    | way_out_events.EVENTS,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Decided(_Frozen):
    """What a decision leaves: an event and the instant it happened (not always the instant it is recorded)."""

    at: Instant
    event: Event


class Recorded(_Frozen):
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
