"""What a start still lacks. Every item is a finding; a start needs all of them clear, and unknown is never clear.

The figures, labels and what to do next stand in the knowledge entries `preflight.*`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.session.delivered import planned_end
from norket.therapy.session.events import Answer, Vitals
from norket.therapy.session.samples import UNITS, Samples, latest
from norket.therapy.session.state import Alert, SessionState

ANSWERED = {
    "preflight.consent": "consent",
    "preflight.escort": "escort_booked",
    "preflight.allergies": "allergies_checked",
    "preflight.cannula": "cannula_in",
    "preflight.glucose": "glucose_checked",
    "preflight.interpreter": "interpreter",
    "preflight.alert_sound": "alert_sound_tested",
    "preflight.toilet": "toilet_offered",
}
LAST = frozenset({"cannula_in", "alert_sound_tested", "toilet_offered"})
HOLDING = frozenset({"BLOCK-HARD", "BLOCK", "HOLD"})
WORDS: dict[Answer, str] = {"yes": "is recorded", "no": "was answered no", "unknown": "is not known"}
STATES: dict[Answer, Literal["fires", "clear", "unknown"]] = {"yes": "clear", "no": "fires", "unknown": "unknown"}
SECONDS_PER_MINUTE = 60.0
PERCENT = 100.0
DECIMALS = 9


class NurseLoad(BaseModel):
    """Another session of the same nurse that is not over: whether it counts double, and when its level will peak."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: str
    first_session: bool
    peak_at: Instant | None = None


def findings(
    state: SessionState,
    now: datetime,
    base: KnowledgeBase,
    *,
    other_sessions: tuple[NurseLoad, ...] = (),
    policy_signed: bool = True,
    samples: Samples | None = None,
    zone: str = "UTC",
    consent: Finding | None = None,
) -> tuple[Finding, ...]:
    """Every item of the pre-flight, met or not, in the order in which a nurse works through them.

    `samples` are the latest of the monitor, `zone` the clinic's time zone, in which "today" is read, `consent` what
    the patient's own ledger says of a consent for this order (None: it knows of none).
    """
    return (
        _policy(base, policy_signed),
        _order(state, base),
        _identity(state, base),
        _consent(state, base, consent),
        *(_answered(state, base, rule, item) for rule, item in ANSWERED.items() if item not in LAST | {"consent"}),
        _fasting(state, now, base),
        _weight(state, now, base, zone),
        *_baseline(state, samples or {}, now, base),
        _alerts(state, base),
        _prepared(state, base),
        *(_answered(state, base, rule, item) for rule, item in ANSWERED.items() if item in LAST),
        nurse_load(state, other_sessions, now, base),
        _time_out(state, now, base),
    )


def missing(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that hold: whatever is not clear, but for what only warns or informs."""
    return tuple(item for item in found if item.state != "clear" and item.action in HOLDING)


def _label(base: KnowledgeBase, rule: str) -> str:
    return str(base.entry(rule).data.get("label", rule))


def _answered(state: SessionState, base: KnowledgeBase, rule: str, item: str) -> Finding:
    given = state.preflight.get(item)
    answer: Answer = given.answer if given else "unknown"
    return finding(base, rule, STATES[answer], f"{_label(base, rule)}: {WORDS[answer]}.", inputs={item: answer})


def _consent(state: SessionState, base: KnowledgeBase, on_file: Finding | None) -> Finding:
    """The patient's own ledger settles it, but for a "no" at the chair; where it knows of no consent, whoever has the
    paper in hand answers."""
    rule, given = "preflight.consent", state.preflight.get("consent")
    if on_file is None or (given is not None and given.answer == "no"):
        return _answered(state, base, rule, "consent")
    why = f"{_label(base, rule)}: {on_file.why}"
    return finding(base, rule, on_file.state, why, inputs=on_file.inputs, resolves_by=on_file.resolves_by)


def fasting_state(
    hours_since_food: float | None,
    hours_since_fluid: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Whether the last food and drink (hours ago) lie long enough back. One that is too near fires by itself; else
    one that is not known leaves it unknown."""
    food_h, fluid_h = (number(base, "preflight.fasting", name, now) for name in ("food_h", "clear_fluid_h"))
    enough = (
        None if hours_since_food is None else hours_since_food >= food_h,
        None if hours_since_fluid is None else hours_since_fluid >= fluid_h,
    )
    return "fires" if False in enough else "unknown" if None in enough else "clear"


def _fasting(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    """Computed where a time was recorded; else as answered."""
    given, rule = state.preflight.get("fasting"), "preflight.fasting"
    if given is None or (given.last_food_at is None and given.last_fluid_at is None):
        return _answered(state, base, rule, "fasting")
    food_h, fluid_h = (
        (now - at) / timedelta(hours=1) if at else None for at in (given.last_food_at, given.last_fluid_at)
    )
    verdict = fasting_state(food_h, fluid_h, now, base)
    return finding(base, rule, verdict, f"Fasting: food {_hours(food_h)}, drink {_hours(fluid_h)}.")


def _hours(hours: float | None) -> str:
    return "not known" if hours is None else f"{hours:.1f} h ago"


def _policy(base: KnowledgeBase, policy_signed: bool) -> Finding:
    why = "The clinic's policy is signed." if policy_signed else "The clinic's policy is not signed."
    return finding(base, "preflight.policy", "clear" if policy_signed else "fires", why)


def _order(state: SessionState, base: KnowledgeBase) -> Finding:
    signed = state.order is not None
    why = "A signed order is on file." if signed else "No order is signed for this session."
    return finding(base, "preflight.order", "clear" if signed else "unknown", why)


def _identity(state: SessionState, base: KnowledgeBase) -> Finding:
    if state.checked_in_at is None:
        return finding(base, "preflight.identity", "unknown", "The patient is not checked in with two identifiers.")
    return finding(base, "preflight.identity", "clear", "Checked in with two identifiers.")


def weight_state(
    source: str | None,
    age_d: int | None,
    change_percent: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown", "confirm"]:
    """Whether a weight may dose: measured, on the day, and near the ordered one (change in percent of that)."""
    if source is None or age_d is None or change_percent is None:
        return "unknown"
    if source != "measured" or age_d > number(base, "preflight.weight", "max_age_d", now):
        return "fires"
    change = abs(change_percent)
    if change >= number(base, "preflight.weight", "block_change_percent", now):
        return "fires"
    return "confirm" if change >= number(base, "preflight.weight", "confirm_change_percent", now) else "clear"


def weights_agree(first_kg: float, second_kg: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a second measurement confirms the first, taken from the first."""
    most_percent = number(base, "preflight.weight.confirmed", "agreement_percent", now)
    return round(abs(second_kg - first_kg) / first_kg * PERCENT, DECIMALS) <= most_percent


def _confirmed(state: SessionState, now: datetime, base: KnowledgeBase) -> bool:
    last = state.weights_kg[-2:]
    return len(last) == 2 and weights_agree(last[0], last[1], now, base)  # noqa: PLR2004 -- a pair


def _days_since(at: datetime, now: datetime, base: KnowledgeBase, zone: str) -> int:
    """Days between two instants by the clinic's calendar; what is no older than a baseline may be is of today, so that
    a visit over midnight is not torn apart."""
    if timedelta() <= now - at <= timedelta(minutes=number(base, "preflight.baseline", "max_age_min", now)):
        return 0
    today, then = (instant.astimezone(ZoneInfo(zone)).date() for instant in (now, at))
    return (today - then).days


def _weight(state: SessionState, now: datetime, base: KnowledgeBase, zone: str) -> Finding:
    baseline, rule = state.baseline, "preflight.weight"
    if baseline is None or baseline.weight_kg is None or state.weight_at is None:
        return finding(base, rule, "unknown", "Weight was not measured today.")
    ordered = state.order.weight_kg if state.order else baseline.weight_kg
    change = (baseline.weight_kg - ordered) / ordered * PERCENT
    age_d = _days_since(state.weight_at, now, base, zone)
    verdict = weight_state(baseline.weight_source, age_d, change, now, base)
    why = f"{baseline.weight_kg:g} kg, {baseline.weight_source}, {change:+.1f} % from the ordered {ordered:g} kg."
    if verdict == "confirm" and not _confirmed(state, now, base):
        return finding(base, rule, "fires", f"{why} Weigh again to confirm.", resolves_by="a second measurement")
    if verdict == "confirm":
        return finding(
            base,
            rule,
            "fires",
            f"{why} Two measurements agree, so the order is for another weight.",
            resolves_by="the prescriber signs a new order for this weight",
        )
    return finding(base, rule, verdict, why, inputs={"weight_kg": baseline.weight_kg, "change_percent": change})


def _baseline(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Finding]:
    required: list[str] = base.entry("preflight.baseline").data["required"]
    at = state.baseline_at
    absent = [name for name in required if _part(state, name) is None]
    age_min = (now - at).total_seconds() / SECONDS_PER_MINUTE if at else None
    verdict = baseline_state(absent, age_min, now, base)
    why = (
        "The baseline is complete."
        if verdict == "clear"
        else (f"The baseline lacks {', '.join(absent)}." if absent else f"The baseline is {age_min:.0f} min old.")
    )
    yield finding(base, "preflight.baseline", verdict, why, inputs={"missing": absent, "age_min": age_min})
    vitals = newest(state, samples, now)
    verdict = fit_to_start(vitals, now, base)
    why = _said(
        ("Systolic pressure", vitals.sbp_mmhg, "mmHg"),
        ("heart rate", vitals.hr_per_min, "/min"),
        ("breathing", vitals.rr_per_min, "/min"),
    )
    yield finding(base, "preflight.do_not_start", verdict, why)
    moaas = next((r.value for r in reversed(state.scores.get("moaas", ())) if r.at <= now), None)
    verdict = would_stop(vitals.dbp_mmhg, vitals.spo2_percent, moaas, now, base)
    why = _said(
        ("Diastolic pressure", vitals.dbp_mmhg, "mmHg"), ("saturation", vitals.spo2_percent, "%"), ("MOAA/S", moaas, "")
    )
    yield finding(base, "preflight.would_stop", verdict, why)
    yield _pressure(state, samples, vitals, now, base)


def newest(state: SessionState, samples: Samples, now: datetime) -> Vitals:
    """The newest trustworthy value of each sign by `now`, from the monitor or by hand; absent where there is none."""
    found: dict[str, float] = {}
    for channel in UNITS:
        sample = latest(samples, channel, now)
        hand = [
            (r.at, value)
            for r in state.readings
            if not r.vitals.artefact and r.at <= now and (value := getattr(r.vitals, channel)) is not None
        ]
        device = [(sample.at, sample.value)] if sample is not None else []
        if hand or device:
            found[channel] = max((*hand[-1:], *device))[1]
    return Vitals(**found)


def _said(*values: tuple[str, float | None, str]) -> str:
    """The values in one line, each with its unit; what is not known is said so."""
    shown = (f"{name} {'not known' if value is None else f'{value:g} {unit}'.strip()}" for name, value, unit in values)
    return f"{', '.join(shown)}."


def _alerts(state: SessionState, base: KnowledgeBase) -> Finding:
    """Alerts about the patient; one about the equipment has its own way to be settled."""
    rule = "preflight.alerts"
    raised = [alert.why for alert in open_alerts(state)]
    if raised:
        return finding(base, rule, "fires", f"Open alert: {' '.join(raised)}", inputs={"open": len(raised)})
    return finding(base, rule, "clear", "No T2 or T3 alert is open.")


def open_alerts(state: SessionState) -> tuple[Alert, ...]:
    """The alerts of the upper tiers about the patient that are not over."""
    return tuple(a for a in state.alerts if a.cleared_at is None and a.tier in ("T2", "T3") and not a.technical)


def _part(state: SessionState, name: str) -> object:
    if state.baseline is None:
        return None
    return (
        getattr(state.baseline, name, None)
        if hasattr(state.baseline, name)
        else getattr(state.baseline.vitals, name, None)
    )


def baseline_state(
    absent: list[str],
    age_min: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Complete and fresh is clear; complete but older than the limit fires; anything absent is unknown."""
    if absent or age_min is None:
        return "unknown"
    return "fires" if age_min > number(base, "preflight.baseline", "max_age_min", now) else "clear"


def fit_to_start(vitals: Vitals, now: datetime, base: KnowledgeBase) -> Literal["fires", "clear", "unknown"]:
    """Whether pressure, pulse and breathing lie inside the limits within which a session may start at all."""
    signs = {"sbp": vitals.sbp_mmhg, "hr": vitals.hr_per_min, "rr": vitals.rr_per_min}
    unit = {"sbp": "mmhg", "hr": "per_min", "rr": "per_min"}
    rule = "preflight.do_not_start"
    for sign, value in signs.items():
        if value is not None and not (
            number(base, rule, f"{sign}_min_{unit[sign]}", now)
            <= value
            <= number(base, rule, f"{sign}_max_{unit[sign]}", now)
        ):
            return "fires"
    return "unknown" if None in signs.values() else "clear"


def would_stop(
    dbp_mmhg: float | None,
    spo2_percent: float | None,
    moaas: int | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Whether a session that ran with these values would be stopped; any that is not known leaves it unknown."""
    rule = "preflight.would_stop"
    bad = (
        None if dbp_mmhg is None else dbp_mmhg > number(base, rule, "dbp_max_mmhg", now),
        None if spo2_percent is None else spo2_percent < number(base, rule, "spo2_min_percent", now),
        None if moaas is None else moaas < number(base, rule, "moaas_min", now),
    )
    return "fires" if True in bad else "unknown" if None in bad else "clear"


def is_severe(sbp_mmhg: float | None, dbp_mmhg: float | None, now: datetime, base: KnowledgeBase) -> bool:
    """Whether either pressure is one that no benefit-risk note excuses; what is not known is not severe by itself."""
    rule = "preflight.pressure_hold"
    return any(
        value is not None and value >= number(base, rule, name, now)
        for value, name in ((sbp_mmhg, "block_sbp_mmhg"), (dbp_mmhg, "block_dbp_mmhg"))
    )


def pressure_state(
    sbp_mmhg: float | None,
    dbp_mmhg: float | None,
    readings: int,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown", "hold"]:
    """Pressure before the start: above the hold it waits for a note or a lower recheck; high on two readings blocks."""
    if sbp_mmhg is None or dbp_mmhg is None:
        return "unknown"
    rule = "preflight.pressure_hold"
    if is_severe(sbp_mmhg, dbp_mmhg, now, base) and readings >= 2:  # noqa: PLR2004 -- "on two readings"
        return "fires"
    above = sbp_mmhg > number(base, rule, "hold_sbp_mmhg", now) or dbp_mmhg > number(base, rule, "hold_dbp_mmhg", now)
    return "hold" if above else "clear"


def _pressure(
    state: SessionState,
    samples: Samples,
    vitals: Vitals,
    now: datetime,
    base: KnowledgeBase,
) -> Finding:
    """The note is for the mild range only: a severe pressure waits until it is lower."""
    severe = is_severe(vitals.sbp_mmhg, vitals.dbp_mmhg, now, base)
    readings = _severe_readings(state, samples, now, base)
    verdict = pressure_state(vitals.sbp_mmhg, vitals.dbp_mmhg, readings, now, base)
    noted = state.preflight.get("benefit_risk_noted")
    if verdict == "hold" and not severe and noted is not None and noted.answer == "yes":
        verdict = "clear"
    rule = "preflight.pressure_hold"
    why = f"Blood pressure before the start: {_pair(vitals)}."
    if verdict == "hold":
        how = "recheck after 5 min" if severe else "recheck after 5 min, or a benefit-risk note"
        return finding(base, rule, "fires", why, resolves_by=how)
    return finding(base, rule, verdict, why)


def _severe_readings(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> int:
    """How many readings were severe: those by hand and those of the monitor, one at each instant."""
    hand = {
        r.at
        for r in state.readings
        if not r.vitals.artefact and is_severe(r.vitals.sbp_mmhg, r.vitals.dbp_mmhg, now, base)
    }
    device = {
        sample.at
        for channel in ("sbp_mmhg", "dbp_mmhg")
        for sample in samples.get(channel, ())
        if not sample.artefact
        and sample.at <= now
        and is_severe(
            sample.value if channel == "sbp_mmhg" else None, sample.value if channel == "dbp_mmhg" else None, now, base
        )
    }
    return len(hand | device)


def _pair(vitals: Vitals) -> str:
    if vitals.sbp_mmhg is None or vitals.dbp_mmhg is None:
        return "not known"
    return f"{vitals.sbp_mmhg:g}/{vitals.dbp_mmhg:g} mmHg"


def stock_state(prepared_mg: float | None, ordered_mg: float) -> Literal["fires", "clear", "unknown"]:
    """Whether what was prepared covers the whole order."""
    if prepared_mg is None:
        return "unknown"
    return "clear" if prepared_mg >= ordered_mg else "fires"


def _prepared(state: SessionState, base: KnowledgeBase) -> Finding:
    rule, order, prepared = "preflight.stock", state.order, state.prepared
    if order is None or prepared is None:
        return finding(base, rule, "unknown", "The dose is not prepared.")
    if prepared.flags:
        return finding(
            base,
            rule,
            "fires",
            f"The prepared dose does not stand: {', '.join(prepared.flags)}.",
            resolves_by="prepare it again",
        )
    verdict = stock_state(prepared.drawn_mg, order.amount_mg)
    why = f"{prepared.drawn_mg:g} mg prepared, {order.amount_mg:g} mg ordered."
    return finding(base, rule, verdict, why, inputs={"drawn_mg": prepared.drawn_mg, "ordered_mg": order.amount_mg})


def nurse_load(
    state: SessionState,
    others: tuple[NurseLoad, ...],
    now: datetime,
    base: KnowledgeBase,
) -> Finding:
    """Whether the nurse can take this session: number of patients, and predicted peaks too near each other."""
    rule = "preflight.nurse_load"
    double = int(number(base, rule, "first_session_counts", now))
    load = sum(double if other.first_session else 1 for other in others)
    adds = double if state.plan is None or state.plan.first_session else 1
    peak = _peak_at(state, now)
    apart = [
        abs((other.peak_at - peak).total_seconds()) / SECONDS_PER_MINUTE
        for other in others
        if other.peak_at is not None and peak is not None
    ]
    verdict = load_state(load, adds, min(apart, default=None), now, base)
    why = f"The nurse has {load} and would have {load + adds}" + (
        f"; the nearest peak is {min(apart):.0f} min away." if apart else "."
    )
    return finding(base, rule, verdict, why, inputs={"load": load, "adds": adds})


def load_state(
    load: int,
    adds: int,
    apart_min: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear"]:
    """Fires when the nurse's count passes the limit, or the nearest other peak lies within the time given."""
    if load + adds > number(base, "preflight.nurse_load", "patients_per_nurse", now):
        return "fires"
    near = number(base, "preflight.nurse_load", "peaks_apart_min", now)
    return "fires" if apart_min is not None and apart_min < near else "clear"


def _peak_at(state: SessionState, now: datetime) -> datetime | None:
    if state.order is None:
        return None
    return planned_end(state, now) or now + timedelta(minutes=state.order.duration_min)


def time_out_reads(
    ordered: float,
    read: float,
    now: datetime,
    base: KnowledgeBase,
) -> bool:
    """Whether a figure read from the pump agrees with the ordered one."""
    return abs(read - ordered) <= ordered * number(base, "preflight.time_out", "agreement_percent", now) / PERCENT


def _time_out(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "preflight.time_out"
    oldest_s = number(base, rule, "max_age_min", now) * SECONDS_PER_MINUTE
    fresh = [r for r in state.time_outs if (now - r.at).total_seconds() <= oldest_s]
    last = {reading.by: reading for reading in fresh}
    agreeing = [by for by, reading in last.items() if reading.agrees]
    people = int(number(base, rule, "people", now))
    if len(agreeing) < len(last):
        return finding(base, rule, "fires", "A time-out reading differs from the order. Check the pump and read again.")
    if len(agreeing) < people:
        state_now: Literal["fires", "unknown"] = "fires" if agreeing else "unknown"
        return finding(base, rule, state_now, f"{len(agreeing)} of {people} people have read the pump in time.")
    return finding(base, rule, "clear", f"{len(agreeing)} people read the pump and agree with the order.")
