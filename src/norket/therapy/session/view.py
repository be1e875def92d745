"""All that the live screen needs of one session at one instant, in one value: the JSON of the session resource."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.finding import Finding
from norket.therapy.instant import Instant, utc
from norket.therapy.session import adverse, away, clocks, limits, preflight, schedule
from norket.therapy.session import state as s
from norket.therapy.session.arrival_events import BaselineRecorded, SettingRecorded
from norket.therapy.session.criteria import HIGH, criteria
from norket.therapy.session.delivered import (
    delivered_mg,
    given_of_drawn_mg,
    infused_ml,
    is_infusing,
    left_ml,
    planned_end,
)
from norket.therapy.session.leaving import capacity as capacity_to_leave
from norket.therapy.session.preflight import NurseLoad
from norket.therapy.session.recovery_events import Scale
from norket.therapy.session.safety_view import SafetyView, safety_view
from norket.therapy.session.samples import UNITS, Samples, latest
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import OVER
from norket.therapy.session.view_doses import DosingView, dosing_view
from norket.therapy.session.wasting import unwitnessed
from norket.therapy.session.way_out import WayOut

TIER_ORDER = {"T3": 0, "T2": 1, "T1": 2}
TIME_RULE = "recovery.gate.time"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OrderView(_Frozen):
    """The signed order with every equivalent of its dose. An order of a dose at once has no rate, and no volume where
    nothing is drawn; `devices` counts those of a spray."""

    id: str
    kind: Literal["infusion", "dose"]
    dose_row: str
    drug: str
    route: str
    text: str
    amount_mg: float
    mg_kg: float
    rate_mg_h: float | None
    rate_mg_kg_h: float | None
    rate_ml_h: float | None
    volume_ml: float | None
    duration_min: float | None
    concentration_mg_ml: float | None
    rate_low_mg_h: float | None
    rate_high_mg_h: float | None
    bolus_lockout_min: float | None = None
    devices: int | None
    weight_kg: float
    signed_by: str
    second_signer: str | None


class Due(_Frozen):
    """Something to do, with when. `overdue_s` is 0 until it is late."""

    what: str
    label: str
    due_at: Instant
    overdue_s: float


class VitalView(_Frozen):
    """The newest value of one channel, with its age; a stale value is old news and is shown as such."""

    value: float
    unit: str
    at: Instant
    source: str
    age_s: float
    stale: bool


class AlertView(s.Alert):
    """An alert with what the screen asks: whether it is open, whether it sounds, and how old it is."""

    open: bool
    sounding: bool
    age_s: float


class RecoveryView(_Frozen):
    """Where the patient is on the way to the door. `may_discharge` is true only with every gate clear."""

    started_at: Instant | None
    clock_from: Instant | None
    earliest_at: Instant | None
    minimum_min: float
    score: int | None
    score_at: Instant | None
    score_scale: Scale | None
    reasons: tuple[clocks.Reason, ...]
    gates: tuple[Finding, ...]
    may_discharge: bool


class Mass(_Frozen):
    """Where the drawn drug is: given, wasted, or (in the syringe, or lost) unaccounted. `unwitnessed_mg` is what was
    thrown away, of this drug or a rescue medicine, and nobody who saw it has signed for."""

    drawn_mg: float
    given_mg: float
    wasted_mg: float
    unaccounted_mg: float
    unwitnessed_mg: float


class OwnLimitView(_Frozen):
    """A limit of this patient in force, beside the clinic's."""

    rule: str
    tier: str
    channel: str
    high: bool
    value: float
    clinic: float
    unit: str
    looser: bool
    by: str
    reason: str
    expires_at: Instant | None


class SessionView(_Frozen):
    session: str
    version: int
    now: Instant
    phase: s.Phase
    phase_since: Instant | None
    order: OrderView | None
    running: bool
    rate_ml_h: float
    rate_mg_h: float
    rate_mg_kg_h: float | None
    delivered_mg: float
    delivered_ml: float
    remaining_mg: float | None
    elapsed_s: float | None
    infusing_s: float
    remaining_s: float | None
    planned_end_at: Instant | None
    last: s.Mark | None
    next: tuple[Due, ...]
    missing: tuple[Finding, ...]
    offered: tuple[Finding, ...] = ()
    asked: dict[str, s.PreflightAnswer] = {}
    access: tuple[s.Access, ...] = ()
    setting: SettingRecorded | None = None
    vitals: dict[str, VitalView]
    baseline: BaselineRecorded | None
    scores: dict[str, s.ScoreReading]
    alerts: tuple[AlertView, ...]
    recovery: RecoveryView | None
    mass: Mass
    segments: tuple[s.Segment, ...]
    boluses: tuple[s.Bolus, ...]
    escort: str | None
    resume_needs_prescriber: bool
    tasks: tuple[str, ...]
    devices: tuple[str, ...]
    handover: s.Offer | None
    unnamed: tuple[s.Unnamed, ...]
    evacuation: s.Evacuation | None
    flags: tuple[str, ...]
    closing: tuple[Finding, ...] = ()
    safety: SafetyView | None = None
    limits: tuple[OwnLimitView, ...] = ()
    off_monitor: s.OffMonitor | None = None
    dosing: DosingView = DosingView()
    way_out: WayOut = WayOut()
    capacity: Answer = "unknown"


def view(
    state: s.SessionState,
    samples: Samples,
    now: datetime,
    base: KnowledgeBase,
    *,
    gates: tuple[Finding, ...] | None = None,
    other_sessions: tuple[NurseLoad, ...] = (),
    policy_signed: bool = True,
    zone: str = "UTC",
    closing: tuple[Finding, ...] = (),
    consent: Finding | None = None,
    today: preflight.Today | None = None,
) -> SessionView:
    """The session as it is at `now`. `gates` are the findings of `therapy.recovery.gates`; without them no discharge
    is offered. `missing` holds what the start still lacks, and from recovery on the gates that are not met. `closing`
    holds what keeps the record open, never the door: the mass balance. `consent` is what the patient's ledger says of
    one for this order, `today` what the clinic's record knows of the day. `asked` holds the answers before the start,
    each with who and when, `offered` what is open and holds nothing."""
    now = utc(now)
    before = _before(state, samples, now, base, other_sessions, policy_signed, zone, consent, today)
    running, weight_kg = is_infusing(state, now), state.order.weight_kg if state.order else None
    rate_ml_h = (state.rate_set_ml_h or 0.0) if running else 0.0
    rate_mg_h = rate_ml_h * (state.concentration_mg_ml or 0.0)
    end, left = planned_end(state, now), left_ml(state, now)
    return SessionView(
        session=state.session,
        version=state.version,
        now=now,
        phase=state.phase,
        phase_since=state.phase_since,
        order=_order(state),
        running=running,
        rate_ml_h=rate_ml_h,
        rate_mg_h=rate_mg_h,
        rate_mg_kg_h=rate_mg_h / weight_kg if weight_kg else None,
        delivered_mg=delivered_mg(state, now),
        delivered_ml=infused_ml(state, now),
        remaining_mg=_remaining_mg(state, left),
        elapsed_s=(now - since).total_seconds() if (since := schedule.began(state)) else None,
        infusing_s=_infusing_s(state, now),
        remaining_s=max(0.0, (end - now).total_seconds()) if end else None,
        planned_end_at=end,
        last=state.last,
        next=_next(state, samples, now, base),
        missing=preflight.missing(before or _gates(state, gates)),
        offered=preflight.offered(before),
        asked=state.preflight,
        access=state.access,
        setting=state.setting,
        vitals=vitals(state, samples, now, base),
        baseline=state.baseline,
        scores={name: readings[-1] for name, readings in state.scores.items()},
        alerts=_alerts(state, now),
        recovery=_recovery(state, now, base, gates),
        mass=mass(state, now),
        segments=state.segments,
        boluses=state.boluses,
        escort=state.escort.status if state.escort else None,
        resume_needs_prescriber=state.resume_needs_prescriber,
        tasks=(*state.tasks, *adverse.tasks(state, base)),
        safety=safety_view(state, now, base),
        devices=state.devices,
        handover=state.handover,
        unnamed=state.unnamed,
        evacuation=state.evacuation,
        flags=state.flags,
        way_out=state.way_out,
        capacity=capacity_to_leave(state)[0],
        closing=closing if state.phase not in ("planned", "checked_in", "running", "paused", "observing") else (),
        dosing=dosing_view(state, now, base),
        limits=_limits(state, now, base),
        off_monitor=state.off_monitor if away.waits(state, now) else None,
    )


def _limits(state: s.SessionState, now: datetime, base: KnowledgeBase) -> tuple[OwnLimitView, ...]:
    held = {rule.id: limits.in_force(state, rule.id, now) for rule in criteria(base)} if state.limits else {}
    return tuple(
        OwnLimitView(
            rule=rule,
            tier=base.entry(rule).data["tier"],
            channel=base.entry(rule).data["channel"],
            high=base.entry(rule).data["comparison"] in HIGH,
            value=one.value,
            clinic=number(base, rule, "value", now),
            unit=base.figure(rule).unit,
            looser=one.looser,
            by=one.by,
            reason=one.reason,
            expires_at=one.expires_at,
        )
        for rule, one in held.items()
        if one is not None and one.value is not None
    )


def mass(state: s.SessionState, now: datetime) -> Mass:
    """Drawn, given and wasted at `now`; what is left over is still in the syringe or unaccounted for."""
    given = given_of_drawn_mg(state, now)
    return Mass(
        drawn_mg=state.drawn_mg,
        given_mg=given,
        wasted_mg=state.wasted_mg,
        unaccounted_mg=state.drawn_mg - given - state.wasted_mg,
        unwitnessed_mg=sum(waste.amount_mg for waste in unwitnessed(state)),
    )


def vitals(state: s.SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> dict[str, VitalView]:
    """The newest value of each channel, by device or by hand, with its age. A channel never seen is absent."""
    shown: dict[str, VitalView] = {}
    for channel, unit in UNITS.items():
        sample = latest(samples, channel, now)
        hand = _by_hand(state, channel, now)
        if sample is not None and (hand is None or sample.at >= hand[0]):
            age_s = (now - sample.at).total_seconds()
            stale_s = schedule.stale_after_s(state, channel, sample.interval_s, now, base)
            shown[channel] = VitalView(
                value=sample.value, unit=unit, at=sample.at, source=sample.device, age_s=age_s, stale=age_s > stale_s
            )
        elif hand is not None:
            at, value, source = hand
            age_s = (now - at).total_seconds()
            stale_s = schedule.stale_after_s(state, channel, None, now, base)
            shown[channel] = VitalView(value=value, unit=unit, at=at, source=source, age_s=age_s, stale=age_s > stale_s)
    return shown


def _by_hand(state: s.SessionState, channel: str, now: datetime) -> tuple[datetime, float, str] | None:
    for reading in reversed(state.readings):
        value: float | None = getattr(reading.vitals, channel)
        if value is not None and not reading.vitals.artefact and reading.at <= now:
            return reading.at, value, reading.source
    return None


def _order(state: s.SessionState) -> OrderView | None:
    order = state.order
    if order is None:
        return None
    return OrderView(**{name: getattr(order, name, None) for name in OrderView.model_fields})


def _remaining_mg(state: s.SessionState, left: float) -> float | None:
    if state.volume_to_infuse_ml is None or state.concentration_mg_ml is None:
        return None
    return left * state.concentration_mg_ml if state.phase in ("running", "paused") else 0.0


def _infusing_s(state: s.SessionState, now: datetime) -> float:
    end = planned_end(state, now) if state.phase == "running" else None
    stop = min(now, end) if end else now
    return sum(max(0.0, ((part.end or stop) - part.start).total_seconds()) for part in state.segments)


def _next(state: s.SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Due, ...]:
    """What is due. The earliest discharge is a door that opens: nobody is late for it."""
    late = (
        (item, max(0.0, (now - item.due_at).total_seconds())) for item in schedule.upcoming(state, samples, now, base)
    )
    return tuple(Due(**item._asdict(), overdue_s=0.0 if item.what == "discharge" else by) for item, by in late)


def _before(
    state: s.SessionState,
    samples: Samples,
    now: datetime,
    base: KnowledgeBase,
    others: tuple[NurseLoad, ...],
    policy_signed: bool,
    zone: str,
    consent: Finding | None,
    today: preflight.Today | None,
) -> tuple[Finding, ...]:
    """The pre-flight of a session that has not begun."""
    if state.phase not in ("planned", "checked_in"):
        return ()
    return preflight.findings(
        state,
        now,
        base,
        other_sessions=others,
        policy_signed=policy_signed,
        samples=samples,
        zone=zone,
        consent=consent,
        today=today,
    )


def _gates(state: s.SessionState, gates: tuple[Finding, ...] | None) -> tuple[Finding, ...]:
    return (gates or ()) if state.phase in ("stopped", "recovery") else ()


def _alerts(state: s.SessionState, now: datetime) -> tuple[AlertView, ...]:
    views = [
        AlertView(
            **dict(alert),
            open=alert.cleared_at is None,
            sounding=is_sounding(alert, now),
            age_s=(now - alert.raised_at).total_seconds(),
        )
        for alert in state.alerts
    ]
    return tuple(sorted(views, key=lambda a: (not a.open, TIER_ORDER[a.tier], -a.raised_at.timestamp())))


def is_sounding(alert: s.Alert, now: datetime) -> bool:
    """T1 never sounds; the others do while open, unless a person's pause still runs."""
    paused = alert.paused_until is not None and now < alert.paused_until
    return alert.cleared_at is None and alert.tier != "T1" and not paused


def _recovery(
    state: s.SessionState,
    now: datetime,
    base: KnowledgeBase,
    gates: tuple[Finding, ...] | None,
) -> RecoveryView | None:
    if state.phase not in ("observing", "stopped", "recovery", *OVER) or not (state.anchors or state.segments):
        return None
    last = state.recovery_scores[-1] if state.recovery_scores else None
    return RecoveryView(
        started_at=state.recovery_started_at,
        clock_from=schedule.clock_from(state),
        earliest_at=schedule.earliest_discharge(state, now, base),
        minimum_min=number(base, "recovery.minimum_observation", "minimum_min", now),
        score=last[1].total if last else None,
        score_at=last[0] if last else None,
        score_scale=last[1].scale if last else None,
        reasons=clocks.reasons(state, now, base),
        gates=gates or (),
        may_discharge=state.phase == "recovery" and bool(gates) and not preflight.missing(gates or ()),
    )
