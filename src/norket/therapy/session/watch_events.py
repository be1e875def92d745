"""The commands and events of watching: vital signs, scores, what was seen, devices, limits and alerts."""

from typing import Annotated, Any, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import (
    Fact,
    Frozen,
    Identifiers,
    Name,
    Reading,
    Text,
    Tier,
    Vitals,
)

Vital = Literal["sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min", "etco2_mmhg", "temp_c"]
Score = Literal[
    "moaas",
    "watched_sedation",
    "watched_distress",
    "dissociation",
    "pain",
    "mobility",
]
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


# ---- commands --------------------------------------------------------------------------------------------------------


class RecordVitals(Fact):
    """Vital signs as read by a person."""

    type: Literal["record_vitals"] = "record_vitals"
    vitals: Vitals


class RecordScore(Fact):
    """One score: watched sedation and distress 0 to 3, MOAA/S 0 to 5, the others 0 to 10."""

    type: Literal["record_score"] = "record_score"
    score: Score
    value: Annotated[int, Field(ge=0, le=10)]


class RecordEvent(Fact):
    """Something seen or complained of, from `at` on; `resolved` says that it is over, `hospital` that it needs one."""

    type: Literal["record_event"] = "record_event"
    event: Adverse
    grade: Annotated[int, Field(ge=1, le=5)] = 1
    detail: Text = ""
    resolved: bool = False
    hospital: bool = False
    action: Text = ""


class RaiseConcern(Fact):
    """Help wanted, by anyone at the chair, in one tap."""

    type: Literal["raise_concern"] = "raise_concern"
    concern: Literal["help", "distress", "equipment", "other", "frightened", "stop_word"] = "help"
    detail: Text = ""
    unnamed: bool = False  # tapped on a locked screen: the name follows


class AcknowledgeAlert(Frozen):
    """A person answers an alert by name; it is quiet for `pause_min`, or as long as its tier allows."""

    type: Literal["acknowledge_alert"] = "acknowledge_alert"
    alert_id: Name
    pause_min: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0


class SetLimit(Frozen):
    """A limit of this patient for one criterion of the tiers: tighter by anybody at the chair, looser by a prescriber
    with a reason and an end, never of T3. Without a value the clinic's own limit counts again."""

    type: Literal["set_limit"] = "set_limit"
    rule: Name
    value: Reading | None = None
    reason: Text = ""
    expires_at: Instant | None = None


class SuspendMonitoring(Fact):
    """The patient goes off the monitor for a walk: technical alerts wait for some minutes, then return aloud."""

    type: Literal["suspend_monitoring"] = "suspend_monitoring"
    reason: Literal["toilet", "other"] = "toilet"


class ResumeMonitoring(Fact):
    """The patient is back on the monitor."""

    type: Literal["resume_monitoring"] = "resume_monitoring"


class BindDevice(Fact):
    """A monitor belongs to this patient from now on."""

    type: Literal["bind_device"] = "bind_device"
    device_id: Name
    identifiers: Identifiers


class UnbindDevice(Fact):
    """A monitor belongs to this patient no more."""

    type: Literal["unbind_device"] = "unbind_device"
    device_id: Name


Command = (
    RecordVitals
    | RecordScore
    | RecordEvent
    | RaiseConcern
    | AcknowledgeAlert
    | SetLimit
    | SuspendMonitoring
    | ResumeMonitoring
    | BindDevice
    | UnbindDevice
)


# ---- events ----------------------------------------------------------------------------------------------------------


class VitalsRecorded(Frozen):
    """Vital signs as read by a person."""

    type: Literal["vitals_recorded"] = "vitals_recorded"
    vitals: Vitals
    flags: tuple[str, ...] = ()


class ScoreRecorded(Frozen):
    """One score."""

    type: Literal["score_recorded"] = "score_recorded"
    score: Score
    value: Annotated[int, Field(ge=0, le=10)]


class EventRecorded(Frozen):
    """Something seen or complained of, or (`resolved`) over."""

    type: Literal["event_recorded"] = "event_recorded"
    event: Adverse
    grade: Annotated[int, Field(ge=1, le=5)] = 1
    detail: str = ""
    resolved: bool = False
    hospital: bool = False
    action: str = ""


class ConcernRaised(Frozen):
    """Somebody at the chair called."""

    type: Literal["concern_raised"] = "concern_raised"
    concern: str
    detail: str = ""
    unnamed: bool = False


class AlertRaised(Frozen):
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


class AlertEscalated(Frozen):
    """Nobody answered in time; the alert went further, to `to`."""

    type: Literal["alert_escalated"] = "alert_escalated"
    alert_id: str
    step: int
    to: str


class AlertAcknowledged(Frozen):
    """A person answered the alert; it is quiet until `pause_until`."""

    type: Literal["alert_acknowledged"] = "alert_acknowledged"
    alert_id: str
    pause_until: Instant | None = None
    flags: tuple[str, ...] = ()


class AlertRearmed(Frozen):
    """The pause of an acknowledged alert ended while its cause still holds; it sounds again."""

    type: Literal["alert_rearmed"] = "alert_rearmed"
    alert_id: str


class AlertCleared(Frozen):
    """The episode is over; `why` says how."""

    type: Literal["alert_cleared"] = "alert_cleared"
    alert_id: str
    why: str = ""


class LimitSet(Frozen):
    """A limit of this patient counts from here; `clinic` is the figure that it stands for."""

    type: Literal["limit_set"] = "limit_set"
    rule: str
    value: Reading | None = None
    clinic: float
    looser: bool = False
    reason: str = ""
    expires_at: Instant | None = None


class LimitExpired(Frozen):
    """A limit of this patient ran out; the one beneath it, or the clinic's, counts again."""

    type: Literal["limit_expired"] = "limit_expired"
    rule: str
    value: float
    limit_n: int
    flags: tuple[str, ...] = ()


class MonitoringSuspended(Frozen):
    """Off the monitor: technical alerts wait until `until`."""

    type: Literal["monitoring_suspended"] = "monitoring_suspended"
    reason: str = "toilet"
    until: Instant


class MonitoringResumed(Frozen):
    """Back on the monitor."""

    type: Literal["monitoring_resumed"] = "monitoring_resumed"


class DeviceBound(Frozen):
    """A monitor was bound to the patient."""

    type: Literal["device_bound"] = "device_bound"
    device_id: str


class DeviceUnbound(Frozen):
    """A monitor was unbound."""

    type: Literal["device_unbound"] = "device_unbound"
    device_id: str


Event = (
    VitalsRecorded
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
    | DeviceBound
    | DeviceUnbound
)
