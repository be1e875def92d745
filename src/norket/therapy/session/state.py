"""The folded state of a session: what the ledger says, without the time of day. Built only by `fold`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.therapy.instant import Instant
from norket.therapy.plan.order import AnyOrder
from norket.therapy.session.arrival_events import AccessRecorded, BaselineRecorded, SettingRecorded
from norket.therapy.session.dose_events import DoseGiven, DosePrepared, Loss, RescueGiven, VerbalAct
from norket.therapy.session.events import Recorded, SessionPlanned
from norket.therapy.session.level_events import LevelRecorded
from norket.therapy.session.recovery_events import EscortRecorded, RecoveryScoreRecorded
from norket.therapy.session.safety_events import IncidentReported, Transferred
from norket.therapy.session.shapes import Answer, Tier, Vitals
from norket.therapy.session.thrown import Waste
from norket.therapy.session.way_out import WayOut

Phase = Literal[
    "planned",
    "checked_in",
    "running",
    "paused",
    "observing",
    "stopped",
    "recovery",
    "discharged",
    "left",
    "transferred",
]
ACTIVE: tuple[Phase, ...] = ("checked_in", "running", "paused", "observing", "stopped", "recovery")
OVER: tuple[Phase, ...] = ("discharged", "left", "transferred")  # the patient is gone


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Segment(_Frozen):
    """A stretch of infusion at one rate from one syringe. `end` and `volume_ml` (what ran) are absent while it runs."""

    start: Instant
    end: Instant | None = None
    rate_ml_h: float
    concentration_mg_ml: float
    volume_ml: float | None = None
    drug: str | None = None


class Bolus(_Frozen):
    """A dose at once into the line. `drug`, as in a segment: what the pump held; None where no product says it."""

    at: Instant
    amount_mg: float
    drug: str | None = None


class TimedDose(_Frozen):
    """A dose by another route than the infusion, with its number in the ledger."""

    at: Instant
    dose: DoseGiven
    n: int = 0


class DoseCheck(_Frozen):
    """What one person of the two had in hand."""

    at: Instant
    by: str
    agrees: bool


class Lost(_Frozen):
    """Dose number `dose` did not all stay."""

    at: Instant
    dose: int
    how: Loss


class Hold(_Frozen):
    """How dose number `dose` was held in the mouth."""

    at: Instant
    dose: int
    held_min: float
    then: str


class Uncertain(_Frozen):
    """A stretch of the infusion of which not all may have arrived: between `least` and `most` of what was computed.
    `late`: what arrived may have come slowly, from under the skin. `end` is absent while the pump still runs."""

    start: Instant
    end: Instant | None = None
    why: Literal["site", "pump"]
    least: float = 0.0
    most: float = 1.0
    late: bool = False


class PumpReading(_Frozen):
    """Infused so far (mL): as the pump said, and as computed at that instant. Where they disagree an uncertain
    stretch says so, and the next difference is reckoned from here."""

    at: Instant
    read_ml: float
    computed_ml: float
    agrees: bool = True


class PumpSet(_Frozen):
    """When the pump was last told how much to give, and what had run by then (mL): it may count from there. `by_two`:
    two people read it so after a doubt."""

    at: Instant
    infused_ml: float
    by_two: bool = False


class VerbalOrder(_Frozen):
    """A verbal order and who must sign it; `signed_at` is absent until that person has."""

    n: int
    at: Instant
    by: str
    prescriber: str
    act: VerbalAct
    text: str
    stands: bool
    signed_at: Instant | None = None


class TimedRescue(_Frozen):
    """A rescue medicine as given, with its number in the ledger; which ones move the recovery clock is the knowledge
    base's word."""

    at: Instant
    rescue: RescueGiven
    n: int = 0


class Reading(_Frozen):
    """A set of vital signs at one instant; `source` is the person or device that reported it."""

    at: Instant
    vitals: Vitals
    source: str


class Level(_Frozen):
    """What a laboratory found in a sample drawn at `at`."""

    at: Instant
    level: LevelRecorded


class ScoreReading(_Frozen):
    at: Instant
    value: int


class PreflightAnswer(_Frozen):
    """The last answer to one question: who gave it and when. `was_no` says that it was answered no before and that no
    prescriber has answered since."""

    at: Instant
    answer: Answer
    detail: str = ""
    last_food_at: Instant | None = None
    last_fluid_at: Instant | None = None
    full_meal: bool = False
    glucose_mmol_l: float | None = None
    by: str = ""
    was_no: bool = False


class Access(_Frozen):
    """One attempt at a cannula."""

    at: Instant
    by: str
    access: AccessRecorded


class TimeOutReading(_Frozen):
    at: Instant
    by: str
    agrees: bool
    rate_ml_h: float
    volume_ml: float


class Alert(_Frozen):
    """One episode of one alert, from its rise to its clearing."""

    alert_id: str
    rule: str
    tier: Tier
    technical: bool
    why: str
    advice: str = ""
    figure: str = ""
    sources: tuple[str, ...] = ()
    raised_at: Instant
    escalation_step: int = 0
    acknowledged_by: str | None = None
    acknowledged_at: Instant | None = None
    paused_until: Instant | None = None
    rearmed_at: Instant | None = None
    cleared_at: Instant | None = None


class OwnLimit(_Frozen):
    """A limit of this patient for one criterion; without a value the clinic's counts again. `told` once its end was."""

    n: int
    rule: str
    value: float | None
    looser: bool
    since: Instant
    by: str
    reason: str = ""
    expires_at: Instant | None = None
    told: bool = False


class OffMonitor(_Frozen):
    """The last walk off the monitor: technical alerts wait until `until`, or until the patient is back."""

    since: Instant
    until: Instant
    by: str
    reason: str
    back_at: Instant | None = None


class Adverse(_Frozen):
    n: int
    at: Instant
    event: str
    grade: int
    detail: str = ""
    resolved: bool = False
    hospital: bool = False
    action: str = ""
    seen_at: Instant | None = None
    outcome: str = ""


class Concern(_Frozen):
    """Help wanted by somebody at the chair."""

    n: int
    at: Instant
    concern: str
    detail: str = ""


class Offer(_Frozen):
    """A handover that waits to be accepted by the person `to`; one to nobody of the clinic is not `known`."""

    at: Instant
    by: str
    to: str
    note: str = ""
    known: bool = True


class Evacuation(_Frozen):
    """Since when the patient is out of the building, whether drug ran then, and when and where they were seen since."""

    at: Instant
    pump_ran: bool
    accounted_at: Instant | None = None
    place: str = ""


class Unnamed(_Frozen):
    """An act from a locked screen, of which nobody has said yet whose it was."""

    n: int
    at: Instant
    type: str


class Incident(_Frozen):
    """The report of an incident as it stands; `signed_by` is absent until the prescriber has read it."""

    n: int
    at: Instant
    recorded_at: Instant
    by: str
    report: IncidentReported
    signed_by: str | None = None
    signed_at: Instant | None = None


class Mark(_Frozen):
    """The latest thing that happened, for the header."""

    at: Instant
    type: str
    by: str
    text: str


class SessionState(_Frozen):
    """Everything that the ledger of one session says. `version` is the number of its last event; `ledger` holds the
    events themselves, because a correction or a late entry is folded again from the beginning."""

    session: str
    version: int = 0
    ledger: tuple[Recorded, ...] = Field(default=(), repr=False, exclude=True)
    phase: Phase = "planned"
    phase_since: Instant | None = None
    plan: SessionPlanned | None = None
    order: AnyOrder | None = None
    capnography_for: tuple[str, ...] = ()
    checked_in_at: Instant | None = None
    preflight: dict[str, PreflightAnswer] = {}
    access: tuple[Access, ...] = ()
    setting: SettingRecorded | None = None
    baseline: BaselineRecorded | None = None
    baseline_at: Instant | None = None
    weight_at: Instant | None = None
    weights_measured: int = 0
    weights_kg: tuple[float, ...] = ()
    weight_stated_kg: float | None = None
    prepared: DosePrepared | None = None
    time_outs: tuple[TimeOutReading, ...] = ()
    segments: tuple[Segment, ...] = ()
    volume_to_infuse_ml: float | None = None
    programmed_ml: float | None = None
    by_pump_ml: float | None = None
    pump_set: PumpSet | None = None
    rate_set_ml_h: float | None = None
    concentration_mg_ml: float | None = None
    pump_drug: str | None = None
    boluses: tuple[Bolus, ...] = ()
    other_doses: tuple[TimedDose, ...] = ()
    dose_checks: tuple[DoseCheck, ...] = ()
    holds: tuple[Hold, ...] = ()
    lost: tuple[Lost, ...] = ()
    uncertain: tuple[Uncertain, ...] = ()
    site_checked_at: Instant | None = None
    site_failed_at: Instant | None = None
    pump_readings: tuple[PumpReading, ...] = ()
    resumes: tuple[Instant, ...] = ()
    verbal_orders: tuple[VerbalOrder, ...] = ()
    rescues: tuple[TimedRescue, ...] = ()
    drawn_mg: float = 0.0
    wasted_mg: float = 0.0
    wastes: tuple[Waste, ...] = ()
    lots: tuple[tuple[str, str], ...] = ()
    stopped_at: Instant | None = None
    paused_at: Instant | None = None
    anchors: tuple[Instant, ...] = ()
    readings: tuple[Reading, ...] = ()
    scores: dict[str, tuple[ScoreReading, ...]] = {}
    levels: tuple[Level, ...] = ()
    adverse: tuple[Adverse, ...] = ()
    concerns: tuple[Concern, ...] = ()
    comforts: tuple[tuple[Instant, str], ...] = ()
    incident: Incident | None = None
    transfer: Transferred | None = None
    alerts: tuple[Alert, ...] = ()
    limits: tuple[OwnLimit, ...] = ()
    off_monitor: OffMonitor | None = None
    resume_needs_prescriber: bool = False
    read_pump_since: Instant | None = None
    gates: dict[str, PreflightAnswer] = {}
    escort: EscortRecorded | None = None
    escort_at: Instant | None = None
    recovery_started_at: Instant | None = None
    recovery_scores: tuple[tuple[Instant, RecoveryScoreRecorded], ...] = ()
    devices: tuple[str, ...] = ()
    nurse: str | None = None
    handover: Offer | None = None
    evacuation: Evacuation | None = None
    unnamed: tuple[Unnamed, ...] = ()
    ended_at: Instant | None = None
    tasks: tuple[str, ...] = ()
    way_out: WayOut = WayOut()
    flags: tuple[str, ...] = ()
    last: Mark | None = None

    @property
    def countersign_due(self) -> tuple[VerbalOrder, ...]:
        """The verbal orders that their prescriber has not signed: they keep the record open, never the door."""
        return tuple(order for order in self.verbal_orders if order.signed_at is None)

    @property
    def waste_witnessed(self) -> bool:
        """Whether everything that was thrown away has the signature of somebody who saw it."""
        thrown = [waste for waste in self.wastes if waste.amount_mg]
        return bool(thrown) and all(waste.signed_by is not None for waste in thrown)

    @property
    def first_drug_at(self) -> datetime | None:
        """When the first drug of the session was given, by any route."""
        infused, boluses = (part.start for part in self.segments), (bolus.at for bolus in self.boluses)
        return min((*infused, *boluses, *(timed.at for timed in self.other_doses)), default=None)

    @property
    def was_given_drug(self) -> bool:
        """Whether anything was given, by any route."""
        return bool(self.segments or self.boluses or self.other_doses)
