"""From the ledger of a session to its state. The only place where events are given their meaning.

No clock is read: an infusion that nobody stopped is still open in the state, and `delivered` says what it has given by
a certain instant. A pump gives no more than the volume programmed, so a stretch that ran dry ends where it did.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from norket.therapy.plan.order import AnyOrder
from norket.therapy.session import arrival_events as a
from norket.therapy.session import charge_events as c
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import naming_events as n
from norket.therapy.session import own_baseline
from norket.therapy.session import pump_events as p
from norket.therapy.session import recovery_events as r
from norket.therapy.session import safety_events as se
from norket.therapy.session import state as s
from norket.therapy.session import waste_events as we
from norket.therapy.session import watch_events as o
from norket.therapy.session.arrival_events import AccessRecorded, SettingRecorded
from norket.therapy.session.fold_doses import BEFORE, DoseFolding
from norket.therapy.session.ledger import standing
from norket.therapy.session.level_events import LevelRecorded
from norket.therapy.session.thrown import Waste, signed
from norket.therapy.session.way_out import KINDS as OUTWARD
from norket.therapy.session.way_out import WayOut
from norket.therapy.session.way_out import after as way_out_after
from norket.therapy.session.words import describe

SECONDS_PER_HOUR = 3600.0
INSTANT_S = 1e-3  # instants carry microseconds: a computed end may fall that much short
QUIET = frozenset({"alert_escalated", "alert_rearmed", "alert_cleared"})
SEEN_AGAIN = ("oriented", "gait_steady", "dissociation_settled", "suicide_risk_reviewed", "room_air_saturation")
UNFOLDED = frozenset({"latest", "waste_signatures"})  # what only the folding needs
HARMLESS_RESCUES = frozenset({"antiemetic", "oxygen"})
MUST_START = "prescriber_must_start"
PREVENTION = "sickness_prevention_next_visit"


def fold(events: Iterable[e.Recorded], session: str) -> s.SessionState:
    """The state after `events`, in whatever order they are passed; `version` is the highest number among them."""
    ledger = tuple(sorted(events, key=lambda event: event.n))
    folding = _Folding()
    for recorded in standing(ledger):
        folding.apply(recorded)
    return folding.state(session, ledger)


def evolve(state: s.SessionState, recorded: e.Recorded) -> s.SessionState:
    """The state after one more event: the fold of all of them. An event already in the ledger changes nothing."""
    if any(event.n == recorded.n for event in state.ledger):
        return state
    return fold((*state.ledger, recorded), state.session)


@dataclass
class _Folding(DoseFolding):
    """The state while it is being built; one method for each kind of event."""

    phase_since: datetime | None = None
    latest: e.Recorded | None = None
    plan: e.SessionPlanned | None = None
    checked_in_at: datetime | None = None
    preflight: dict[str, s.PreflightAnswer] = field(default_factory=dict)
    access: list[s.Access] = field(default_factory=list)
    setting: SettingRecorded | None = None
    gates: dict[str, s.PreflightAnswer] = field(default_factory=dict)
    baseline: a.BaselineRecorded | None = None
    baseline_at: datetime | None = None
    weight_at: datetime | None = None
    weights_measured: int = 0
    weights_kg: list[float] = field(default_factory=list)
    weight_stated_kg: float | None = None
    prepared: d.DosePrepared | None = None
    rate_set_ml_h: float | None = None
    resumes: list[datetime] = field(default_factory=list)
    rescues: list[s.TimedRescue] = field(default_factory=list)
    drawn_mg: float = 0.0
    wasted_mg: float = 0.0
    wastes: list[Waste] = field(default_factory=list)
    waste_signatures: list[tuple[int, float, str, datetime]] = field(default_factory=list)
    lots: list[tuple[str, str]] = field(default_factory=list)
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    anchors: list[datetime] = field(default_factory=list)
    readings: list[s.Reading] = field(default_factory=list)
    scores: dict[str, list[s.ScoreReading]] = field(default_factory=dict)
    levels: list[s.Level] = field(default_factory=list)
    adverse: list[s.Adverse] = field(default_factory=list)
    concerns: list[s.Concern] = field(default_factory=list)
    comforts: list[tuple[datetime, str]] = field(default_factory=list)
    incident: s.Incident | None = None
    transfer: se.Transferred | None = None
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    limits: list[s.OwnLimit] = field(default_factory=list)
    off_monitor: s.OffMonitor | None = None
    resume_needs_prescriber: bool = False
    escort: r.EscortRecorded | None = None
    escort_at: datetime | None = None
    recovery_started_at: datetime | None = None
    recovery_scores: list[tuple[datetime, r.RecoveryScoreRecorded]] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    nurse: str | None = None
    handover: s.Offer | None = None
    evacuation: s.Evacuation | None = None
    unnamed: list[s.Unnamed] = field(default_factory=list)
    ended_at: datetime | None = None
    way_out: WayOut = field(default_factory=WayOut)
    flags: list[str] = field(default_factory=list)

    def apply(self, recorded: e.Recorded) -> None:
        event = recorded.event
        if event.type in OUTWARD:
            self.way_out = way_out_after(self.way_out, recorded)
        else:
            getattr(self, f"_{event.type}")(recorded, event)
        if "flags" in type(event).model_fields and event.flags:  # type: ignore[union-attr]
            self.flags += [flag for flag in event.flags if flag not in self.flags]  # type: ignore[union-attr]
        if getattr(event, "unnamed", False):
            self.unnamed.append(s.Unnamed(n=recorded.n, at=recorded.at, type=event.type))
        if event.type not in QUIET:
            self.latest = recorded

    def state(self, session: str, ledger: tuple[e.Recorded, ...]) -> s.SessionState:
        kept: dict[str, Any] = {name: value for name, value in vars(self).items() if name not in UNFOLDED}
        whole = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
        if self.latest is not None:
            event, at, by = self.latest.event, self.latest.at, self.latest.by
            whole["last"] = s.Mark(at=at, type=event.type, by=by, text=describe(event))
        whole["scores"] = {name: tuple(values) for name, values in self.scores.items()}
        whole["wastes"] = signed(self.wastes, self.waste_signatures)
        whole["alerts"] = tuple(s.Alert(**alert) for alert in self.alerts.values())
        return s.SessionState(session=session, version=ledger[-1].n if ledger else 0, ledger=ledger, **whole)

    def _move(self, phase: s.Phase, at: datetime) -> None:
        if phase != self.phase:
            self.phase, self.phase_since = phase, at

    # ---- the infusion ----------------------------------------------------------------------------------------------

    def _left_ml(self) -> float:
        if self.volume_to_infuse_ml is None:
            return math.inf
        return max(0.0, self.volume_to_infuse_ml - sum(part.volume_ml or 0.0 for part in self.segments))

    def _open(self, at: datetime) -> None:
        if self.rate_set_ml_h is not None and self.concentration_mg_ml is not None:
            self.segments.append(
                s.Segment(
                    start=at,
                    rate_ml_h=self.rate_set_ml_h,
                    concentration_mg_ml=self.concentration_mg_ml,
                    drug=self.pump_drug,
                )
            )
            self._by_vein(at)
            self._runs_into_failed(at)

    def _close(self, at: datetime, *, complete: bool = False) -> None:
        """Ends the open stretch at `at`, or earlier, when the programmed volume had run."""
        if not self.segments or self.segments[-1].end is not None:
            return
        part, left_ml = self.segments[-1], self._left_ml()
        ran_ml = part.rate_ml_h * (at - part.start).total_seconds() / SECONDS_PER_HOUR
        if ran_ml > left_ml:
            at = part.start + timedelta(hours=left_ml / part.rate_ml_h)
        volume_ml = left_ml if complete else min(ran_ml, left_ml)
        self.segments[-1] = part.model_copy(update={"end": at, "volume_ml": volume_ml})
        if at <= part.start:
            self.segments.pop()
        else:
            self._by_vein(at)

    def _by_vein(self, at: datetime) -> None:
        """Drug by vein after the cannula was recorded as out: one is in, and nobody has said that it came out."""
        out = self.gates.get("cannula_removed")
        if out is not None and out.answer == "yes" and at > out.at:
            self.gates.pop("cannula_removed")

    def _infusion_started(self, recorded: e.Recorded, event: p.InfusionStarted) -> None:
        self._close(recorded.at)
        self._programmed(recorded.at, event.volume_ml)
        self.rate_set_ml_h, self.concentration_mg_ml = event.rate_ml_h, event.concentration_mg_ml
        self._holds_drug(event)
        self._open(recorded.at)
        self.stopped_at, self.paused_at = None, None
        self.resume_needs_prescriber = self.resume_needs_prescriber and MUST_START in event.flags
        self.read_pump_since, self.capnography_for = None, event.capnography_for or self.capnography_for
        self._move("running", recorded.at)

    def _rate_changed(self, recorded: e.Recorded, event: p.RateChanged) -> None:
        self.rate_set_ml_h = event.rate_ml_h
        if self.phase == "running":
            self._close(recorded.at)
            self._open(recorded.at)

    def _infusion_paused(self, recorded: e.Recorded, _: p.InfusionPaused) -> None:
        if self.phase == "running":
            self._close(recorded.at)
            self._uncertain_ends(recorded.at)
            self.paused_at = recorded.at
            self._move("paused", recorded.at)

    def _infusion_resumed(self, recorded: e.Recorded, event: p.InfusionResumed) -> None:
        """A pump that was found running runs, even where a stop was recorded before."""
        if self.phase == "paused" or (event.happened and self.segments and self.phase in ("stopped", "recovery")):
            self._open(recorded.at)
            self.resumes.append(recorded.at)
            self.stopped_at, self.paused_at = None, None
            if "resumed_without_prescriber" not in event.flags:
                self.resume_needs_prescriber = False
            self._move("running", recorded.at)

    def _infusion_stopped(self, recorded: e.Recorded, event: p.InfusionStopped) -> None:
        """A computed end no longer holds when a late entry shows that the volume had not run by then."""
        if event.complete and not self._dry(recorded.at):
            return
        if self._end_drug(recorded.at, complete=event.complete):
            self._move("stopped", recorded.at)

    def _dry(self, at: datetime) -> bool:
        if self.phase != "running" or not self.segments or self.segments[-1].end is not None:
            return False
        part = self.segments[-1]
        return part.rate_ml_h * ((at - part.start).total_seconds() + INSTANT_S) / SECONDS_PER_HOUR >= self._left_ml()

    def _end_drug(self, at: datetime, *, complete: bool = False) -> bool:
        if self.phase not in ("running", "paused"):
            return False
        self._close(at, complete=complete)
        self._uncertain_ends(at)
        self.stopped_at, self.paused_at = at, None
        self._anchor(at)
        return True

    def _anchor(self, at: datetime) -> None:
        """More drug: the recovery clock counts from here, and what was seen of the patient before it is old."""
        self.anchors.append(at)
        self._see_again()

    def _see_again(self) -> None:
        for gate in SEEN_AGAIN:
            self.gates.pop(gate, None)

    def _bolus_given(self, recorded: e.Recorded, event: p.BolusGiven) -> None:
        """One that went in before the start is watched like a dose without a pump."""
        self.boluses.append(s.Bolus(at=recorded.at, amount_mg=event.amount_mg, drug=self.pump_drug))
        self._bolus_into_failed(recorded.at)
        self._anchor(recorded.at)
        self._by_vein(recorded.at)
        if self.phase in BEFORE:
            self._move("observing", recorded.at)

    def _rescue_given(self, recorded: e.Recorded, event: d.RescueGiven) -> None:
        self.rescues.append(s.TimedRescue(at=recorded.at, rescue=event, n=recorded.n))
        if event.wasted_mg:
            self._waste(recorded, event.wasted_mg, event.witness, event.drug)
        if event.sedative or event.rescue_class not in HARMLESS_RESCUES:
            self._see_again()
        if event.route.casefold() == "iv" or not (event.route or event.rescue_class == "oxygen"):
            self._by_vein(recorded.at)  # by what route nobody said: perhaps by vein
        if event.may_sedate:
            self.resume_needs_prescriber = True  # more ketamine on top of a sedative is the prescriber's word
        if event.rescue_class == "antiemetic" and PREVENTION not in self.tasks:
            self.tasks.append(PREVENTION)

    # ---- the drug in hand ------------------------------------------------------------------------------------------

    def _dose_prepared(self, _: e.Recorded, event: d.DosePrepared) -> None:
        self.prepared = event
        self.drawn_mg += event.drawn_mg
        self.lots.append((event.product_id, event.lot))

    def _syringe_changed(self, recorded: e.Recorded, event: p.SyringeChanged) -> None:
        self.drawn_mg += event.drawn_mg
        self.lots.append((event.product_id, event.lot))
        if self.phase in ("running", "paused") and event.concentration_mg_ml != self.concentration_mg_ml:
            self.read_pump_since = recorded.at
        self.concentration_mg_ml = event.concentration_mg_ml
        self._holds_drug(event)
        if self.phase == "running":
            self._close(recorded.at)
            self._open(recorded.at)

    def _waste_recorded(self, recorded: e.Recorded, event: p.WasteRecorded) -> None:
        self.wasted_mg += event.amount_mg
        self._waste(recorded, event.amount_mg, event.witness, self.pump_drug or "ketamine")

    def _waste(self, recorded: e.Recorded, amount_mg: float, named: str, drug: str) -> None:
        self.wastes.append(
            Waste(n=recorded.n, at=recorded.at, amount_mg=amount_mg, by=recorded.by, named=named, drug=drug)
        )

    def _waste_witnessed(self, recorded: e.Recorded, event: we.WasteWitnessed) -> None:
        self.waste_signatures.append((event.waste, event.amount_mg, recorded.by, recorded.at))

    # ---- plan and pre-flight ---------------------------------------------------------------------------------------

    def _session_planned(self, recorded: e.Recorded, event: e.SessionPlanned) -> None:
        self.plan = event
        self.order = event.order or self.order
        self.phase_since = self.phase_since or recorded.at

    def _order_signed(self, _: e.Recorded, event: e.OrderSigned) -> None:
        self.prepared = self._still_prepared(event.order)
        self.order = event.order
        self.time_outs.clear()
        self.dose_checks.clear()

    def _still_prepared(self, order: AnyOrder) -> d.DosePrepared | None:
        """What was drawn for another drug, route or strength, or was given already, is not the dose of this order."""
        old = self.order
        given = bool(self.other_doses) and self.phase not in ("planned", "checked_in")
        same = old is None or (old.drug, old.route, old.concentration_mg_ml) == (
            order.drug, order.route, order.concentration_mg_ml,
        )  # fmt: skip
        return self.prepared if same and not given else None

    def _checked_in(self, recorded: e.Recorded, _: a.CheckedIn) -> None:
        self.checked_in_at = recorded.at
        if self.phase == "planned":
            self._move("checked_in", recorded.at)

    def _preflight_recorded(self, recorded: e.Recorded, event: a.PreflightRecorded) -> None:
        old = self.preflight.get(event.item)
        data = event.model_dump(exclude={"type", "item", "clinician"})
        was_no = not event.clinician and old is not None and (old.was_no or old.answer == "no")
        self.preflight[event.item] = s.PreflightAnswer(at=recorded.at, by=recorded.by, was_no=was_no, **data)
        if event.item == "cannula_in" and event.answer == "yes":
            self._cannula_placed()

    def _access_recorded(self, recorded: e.Recorded, event: AccessRecorded) -> None:
        self.access.append(s.Access(at=recorded.at, by=recorded.by, access=event))
        if event.outcome == "placed":
            self._cannula_placed()
            self._site_replaced(recorded.at)

    def _site_replaced(self, at: datetime) -> None:
        """A new cannula takes the place of the one that failed. While the pump runs nobody knows into which of them it
        does, until somebody has looked."""
        if self.site_failed_at is not None and self.phase != "running":
            self.site_checked_at, self.site_failed_at = at, None

    def _cannula_placed(self) -> None:
        """There is one to remove again, whatever was said of the one before."""
        self.gates.pop("cannula_removed", None)

    def _setting_recorded(self, _: e.Recorded, event: SettingRecorded) -> None:
        self.setting = event

    def _baseline_recorded(self, recorded: e.Recorded, event: a.BaselineRecorded) -> None:
        """Under drug it is what was seen now, never how the patient is without."""
        given = bool(self.segments or self.boluses or self.other_doses)
        self.baseline_at = self.baseline_at if given else recorded.at
        if own_baseline.weighs(self.baseline, event):
            self.weight_at = recorded.at
        if event.weight_kg is not None and event.weight_source == "measured":
            self.weights_measured += 1
            self.weights_kg.append(event.weight_kg)
        elif event.weight_kg is not None:
            self.weight_stated_kg = event.weight_kg
        self.baseline = own_baseline.joined(self.baseline, event, after_drug=given)
        if own_baseline.has_signs(event):
            self.readings.append(s.Reading(at=recorded.at, vitals=event.vitals, source=recorded.by))
        for name in ("moaas", "dissociation", "pain"):
            if (value := getattr(event, name)) is not None:
                self._score(name, recorded.at, value)

    def _level_recorded(self, recorded: e.Recorded, event: LevelRecorded) -> None:
        self.levels.append(s.Level(at=recorded.at, level=event))

    def _gate_recorded(self, recorded: e.Recorded, event: r.GateRecorded) -> None:
        """The same answer again keeps the instant of the first, which says since when it holds."""
        old = self.gates.get(event.gate)
        at = old.at if old and old.answer == event.answer else recorded.at
        self.gates[event.gate] = s.PreflightAnswer(at=at, answer=event.answer, detail=event.detail)

    def _escort_recorded(self, recorded: e.Recorded, event: r.EscortRecorded) -> None:
        self.escort, self.escort_at = event, recorded.at

    # ---- what was seen ---------------------------------------------------------------------------------------------

    def _score(self, name: str, at: datetime, value: int) -> None:
        self.scores.setdefault(name, []).append(s.ScoreReading(at=at, value=value))

    def _vitals_recorded(self, recorded: e.Recorded, event: o.VitalsRecorded) -> None:
        self.readings.append(s.Reading(at=recorded.at, vitals=event.vitals, source=recorded.by))

    def _score_recorded(self, recorded: e.Recorded, event: o.ScoreRecorded) -> None:
        self._score(event.score, recorded.at, event.value)

    def _event_recorded(self, recorded: e.Recorded, event: o.EventRecorded) -> None:
        self.adverse.append(
            s.Adverse(
                n=recorded.n,
                at=recorded.at,
                event=event.event,
                grade=event.grade,
                detail=event.detail,
                resolved=event.resolved,
                hospital=event.hospital,
                action=event.action,
            )
        )

    def _event_followed(self, recorded: e.Recorded, event: se.EventFollowed) -> None:
        """What is over ends as a report that says so; what goes on was looked at, with the grade it has now."""
        for place, one in enumerate(self.adverse):
            if one.n == event.n and not one.resolved:
                seen: dict[str, Any] = {
                    "seen_at": recorded.at,
                    "outcome": event.outcome,
                    "grade": event.grade or one.grade,
                }
                seen |= {"action": event.action or one.action}
                self.adverse[place] = one.model_copy(update=seen)
                if event.outcome == "resolved":
                    over = {"n": recorded.n, "at": max(recorded.at, one.at), "resolved": True}
                    self.adverse.append(one.model_copy(update=over))
                return

    def _comfort_recorded(self, recorded: e.Recorded, event: se.ComfortRecorded) -> None:
        self.comforts.append((recorded.at, event.step))

    def _emergency_noted(self, recorded: e.Recorded, event: se.EmergencyNoted) -> None:
        """A line of the log, which is read from the ledger."""

    def _incident_reported(self, recorded: e.Recorded, event: se.IncidentReported) -> None:
        self.incident = s.Incident(
            n=recorded.n, at=recorded.at, recorded_at=recorded.recorded_at, by=recorded.by, report=event
        )

    def _incident_signed(self, recorded: e.Recorded, event: se.IncidentSigned) -> None:
        if self.incident is not None and self.incident.n == event.report:
            self.incident = self.incident.model_copy(update={"signed_by": recorded.by, "signed_at": recorded.at})

    def _concern_raised(self, recorded: e.Recorded, event: o.ConcernRaised) -> None:
        self.concerns.append(s.Concern(n=recorded.n, at=recorded.at, concern=event.concern, detail=event.detail))

    def _noted(self, recorded: e.Recorded, event: e.Noted) -> None:
        """Words for the reader; they move nothing."""

    def _corrected(self, recorded: e.Recorded, event: e.Corrected) -> None:
        """Already applied to the event that it corrects."""

    # ---- alerts ----------------------------------------------------------------------------------------------------

    def _alert_raised(self, recorded: e.Recorded, event: o.AlertRaised) -> None:
        self.alerts[event.alert_id] = {
            "alert_id": event.alert_id,
            "rule": event.rule,
            "tier": event.tier,
            "technical": event.technical,
            "why": event.why,
            "advice": event.advice,
            "figure": event.figure,
            "sources": event.sources,
            "raised_at": recorded.at,
        }
        first_of_two = ".first:" in event.alert_id  # a prompt to repeat the cuff, not yet a finding of the tier
        if event.tier in ("T2", "T3") and not event.technical and not first_of_two:
            self.resume_needs_prescriber = True

    def _alert(self, alert_id: str, **change: Any) -> None:
        if alert_id in self.alerts:
            self.alerts[alert_id] |= change

    def _alert_escalated(self, _: e.Recorded, event: o.AlertEscalated) -> None:
        self._alert(event.alert_id, escalation_step=event.step)

    def _alert_acknowledged(self, recorded: e.Recorded, event: o.AlertAcknowledged) -> None:
        self._alert(
            event.alert_id, acknowledged_by=recorded.by, acknowledged_at=recorded.at, paused_until=event.pause_until
        )

    def _alert_rearmed(self, recorded: e.Recorded, event: o.AlertRearmed) -> None:
        self._alert(
            event.alert_id,
            acknowledged_by=None,
            acknowledged_at=None,
            paused_until=None,
            escalation_step=0,
            rearmed_at=recorded.at,
        )

    def _alert_cleared(self, recorded: e.Recorded, event: o.AlertCleared) -> None:
        self._alert(event.alert_id, cleared_at=recorded.at)

    def _limit_set(self, recorded: e.Recorded, event: o.LimitSet) -> None:
        self.limits.append(
            s.OwnLimit(
                n=recorded.n,
                rule=event.rule,
                value=event.value,
                looser=event.looser,
                since=recorded.at,
                by=recorded.by,
                reason=event.reason,
                expires_at=event.expires_at,
            )
        )

    def _limit_expired(self, _: e.Recorded, event: o.LimitExpired) -> None:
        self.limits = [one.model_copy(update={"told": True}) if one.n == event.limit_n else one for one in self.limits]

    def _monitoring_suspended(self, recorded: e.Recorded, event: o.MonitoringSuspended) -> None:
        self.off_monitor = s.OffMonitor(since=recorded.at, until=event.until, by=recorded.by, reason=event.reason)

    def _monitoring_resumed(self, recorded: e.Recorded, _: o.MonitoringResumed) -> None:
        if self.off_monitor is not None and self.off_monitor.back_at is None:
            self.off_monitor = self.off_monitor.model_copy(update={"back_at": recorded.at})

    # ---- recovery and the end --------------------------------------------------------------------------------------

    def _recovery_started(self, recorded: e.Recorded, _: r.RecoveryStarted) -> None:
        self._end_drug(recorded.at)
        self.recovery_started_at = recorded.at
        self._move("recovery", recorded.at)

    def _recovery_score_recorded(self, recorded: e.Recorded, event: r.RecoveryScoreRecorded) -> None:
        self.recovery_scores.append((recorded.at, event))

    def _discharged(self, recorded: e.Recorded, _: r.Discharged) -> None:
        self._end_drug(recorded.at)
        self.ended_at = recorded.at
        self.devices.clear()
        self._move("discharged", recorded.at)

    def _left_early(self, recorded: e.Recorded, event: r.LeftEarly) -> None:
        self._end_drug(recorded.at)
        self.ended_at = recorded.at
        self.devices.clear()
        self.tasks += event.tasks
        self._move("left", recorded.at)

    def _transferred(self, recorded: e.Recorded, event: se.Transferred) -> None:
        self._end_drug(recorded.at)
        self.ended_at, self.transfer = recorded.at, event
        self.devices.clear()
        self._move("transferred", recorded.at)

    def _device_bound(self, _: e.Recorded, event: o.DeviceBound) -> None:
        if event.device_id not in self.devices:
            self.devices.append(event.device_id)

    def _device_unbound(self, _: e.Recorded, event: o.DeviceUnbound) -> None:
        self.devices = [device for device in self.devices if device != event.device_id]

    # ---- who has the patient in charge -----------------------------------------------------------------------------

    def _handover_offered(self, recorded: e.Recorded, event: c.HandoverOffered) -> None:
        known = "person_unknown" not in event.flags
        self.handover = s.Offer(at=recorded.at, by=recorded.by, to=event.to, note=event.note, known=known)

    def _handover_accepted(self, _: e.Recorded, event: c.HandoverAccepted) -> None:
        self.nurse, self.handover = event.to, None

    def _act_named(self, _: e.Recorded, event: n.ActNamed) -> None:
        self.unnamed = [one for one in self.unnamed if one.n != event.act]

    def _evacuation_recorded(self, recorded: e.Recorded, event: c.EvacuationRecorded) -> None:
        self.evacuation = self.evacuation or s.Evacuation(at=recorded.at, pump_ran=event.pump_ran)

    def _accounted_for(self, recorded: e.Recorded, event: c.AccountedFor) -> None:
        if self.evacuation is not None:
            seen = {"accounted_at": recorded.at, "place": event.place}
            self.evacuation = self.evacuation.model_copy(update=seen)

    def _evacuation_ended(self, _: e.Recorded, event: c.EvacuationEnded) -> None:
        self.evacuation = None
