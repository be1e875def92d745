"""The gates of discharge: time, score, and what a clinician looked at. Each is met only when it is clear.

Figures, labels and order stand in the knowledge entries `recovery.gate.*`; unknown is never met.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.instant import utc
from norket.therapy.session.events import Answer, Gate
from norket.therapy.session.samples import Samples, latest
from norket.therapy.session.schedule import clock_from, earliest_discharge
from norket.therapy.session.state import SessionState

State = Literal["fires", "clear", "unknown"]
STATES: dict[Answer, State] = {"yes": "clear", "no": "fires", "unknown": "unknown"}
PERCENT = 100.0


def findings(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Finding, ...]:
    """Every gate in the order of the knowledge base; a discharge needs all of them clear."""
    return tuple(gate(state, samples, utc(now), base) for gate in _GATES)


def join(states: tuple[State, ...]) -> State:
    """One answer of several: what fires wins, then what is unknown."""
    return "fires" if "fires" in states else "unknown" if "unknown" in states else "clear"


# ---- time and score ------------------------------------------------------------------------------------------------


def _time(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule, earliest = "recovery.gate.time", earliest_discharge(state, now, base)
    anchor = clock_from(state)
    if earliest is None or anchor is None:
        return finding(base, rule, "unknown", "Time: the end of the drug is not recorded.")
    inputs = {"clock_from": anchor.isoformat(), "earliest_at": earliest.isoformat()}
    left_min = max(0.0, (earliest - now).total_seconds() / timedelta(minutes=1).total_seconds())
    why = f"Time: {left_min:.0f} min still to go." if now < earliest else "Time: the minimum observation has passed."
    return finding(base, rule, "fires" if now < earliest else "clear", why, inputs=inputs)


def score_state(total: int | None, now: datetime, base: KnowledgeBase) -> State:
    """A total at the pass mark or above is clear; a missing or not computable one is unknown."""
    if total is None:
        return "unknown"
    return "clear" if total >= number(base, "recovery.aldrete", "pass_mark", now) else "fires"


def _score(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """The latest score counts, and only if it was taken after the last drug."""
    rule, since = "recovery.gate.score", clock_from(state)
    taken = [(at, score) for at, score in state.recovery_scores if since is None or at >= since]
    if not taken:
        return finding(base, rule, "unknown", "Recovery score: none taken in recovery.")
    at, score = taken[-1]
    verdict = score_state(score.total, now, base)
    what = "not computable, the baseline pressure is missing" if score.total is None else f"{score.total} of 10"
    return finding(base, rule, verdict, f"Recovery score: {what}.", inputs={"score": score.total, "at": at.isoformat()})


# ---- what a clinician looked at ------------------------------------------------------------------------------------


def _answer(state: SessionState, gate: Gate) -> State:
    given = state.gates.get(gate)
    return STATES[given.answer] if given else "unknown"


def sedation_state(moaas: int | None, answers: tuple[State, ...], now: datetime, base: KnowledgeBase) -> State:
    """Awake by the sedation scale, oriented, settled and steady: any no fires, any gap is unknown."""
    if moaas is None:
        return join((*answers, "unknown"))
    awake = moaas >= number(base, "recovery.gate.sedation_orientation", "moaas_min", now)
    return join((*answers, "clear" if awake else "fires"))


def _sedation(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule, since = "recovery.gate.sedation_orientation", clock_from(state)
    asked: tuple[Gate, ...] = tuple(base.entry(rule).data["answers"])
    answers: dict[str, State] = {gate: _answer(state, gate) for gate in asked}
    readings = [r for r in state.scores.get("moaas", ()) if since is None or r.at >= since]
    moaas = readings[-1].value if readings else None
    verdict = sedation_state(moaas, tuple(answers.values()), now, base)
    open_ = [gate.replace("_", " ") for gate, answer in answers.items() if answer != "clear"]
    open_ += ["MOAA/S not taken in recovery"] if moaas is None else []
    open_ += [f"MOAA/S {moaas}"] if moaas is not None and verdict == "fires" else []
    why = "Sedation and orientation: " + (", ".join(open_) if verdict != "clear" else "as before") + "."
    return finding(base, rule, verdict, why, inputs={"moaas": moaas, **answers})


def pressure_state(
    sbp_mmhg: float | None, dbp_mmhg: float | None, baseline_sbp_mmhg: float | None, baseline_dbp_mmhg: float | None,
    falling: bool, now: datetime, base: KnowledgeBase,
) -> State:
    """Near the own baseline, or below the clinic's limit and falling; never below the low limit (all mmHg)."""
    if sbp_mmhg is None or dbp_mmhg is None or not baseline_sbp_mmhg or not baseline_dbp_mmhg:
        return "unknown"
    rule = "recovery.gate.blood_pressure"
    if sbp_mmhg < number(base, rule, "low_sbp_mmhg", now):
        return "fires"
    factor = 1 + number(base, rule, "above_baseline_percent", now) / PERCENT
    if sbp_mmhg <= baseline_sbp_mmhg * factor and dbp_mmhg <= baseline_dbp_mmhg * factor:
        return "clear"
    under = (sbp_mmhg < number(base, rule, "limit_sbp_mmhg", now)
             and dbp_mmhg < number(base, rule, "limit_dbp_mmhg", now))
    return "clear" if under and falling else "fires"


def _pressure(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.gate.blood_pressure"
    pairs = _pairs(state, samples, now)
    oldest = now - timedelta(minutes=number(base, rule, "max_age_min", now))
    fresh = [pair for pair in pairs if pair[0] >= oldest]
    baseline = state.baseline.vitals if state.baseline else None
    if not fresh:
        return finding(base, rule, "unknown", "Blood pressure: no fresh reading.")
    _, sbp, dbp = fresh[-1]
    falling = len(pairs) > 1 and sbp <= pairs[-2][1] and dbp <= pairs[-2][2] and (sbp, dbp) != pairs[-2][1:]
    verdict = pressure_state(
        sbp, dbp, baseline.sbp_mmhg if baseline else None, baseline.dbp_mmhg if baseline else None, falling, now, base)
    own = f"{baseline.sbp_mmhg:g}/{baseline.dbp_mmhg:g}" if baseline and baseline.sbp_mmhg and baseline.dbp_mmhg else (
        "not recorded")
    return finding(
        base, rule, verdict, f"Blood pressure: {sbp:g}/{dbp:g} mmHg, own baseline {own}.",
        inputs={"sbp_mmhg": sbp, "dbp_mmhg": dbp, "falling": falling},
    )


def _pairs(state: SessionState, samples: Samples, now: datetime) -> list[tuple[datetime, float, float]]:
    """Systolic and diastolic taken at one instant, oldest first: by hand, and by the cuff of the monitor."""
    hands = [
        (r.at, r.vitals.sbp_mmhg, r.vitals.dbp_mmhg) for r in state.readings
        if r.vitals.sbp_mmhg is not None and r.vitals.dbp_mmhg is not None and not r.vitals.artefact and r.at <= now
    ]
    low = {s.at: s.value for s in samples.get("dbp_mmhg", ()) if not s.artefact}
    cuffs = [(s.at, s.value, low[s.at]) for s in samples.get("sbp_mmhg", ())
             if not s.artefact and s.at in low and s.at <= now]
    return sorted((*hands, *cuffs))


def _alerts(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.gate.no_open_alert"
    held = [a for a in state.alerts if a.cleared_at is None and a.tier in base.entry(rule).data["tiers"]
            and not a.technical]
    why = "No open alert: " + ("; ".join(f"{a.tier} {a.why}" for a in held) if held else "none of T2 or T3") + "."
    return finding(base, rule, "fires" if held else "clear", why, inputs={"open": [a.alert_id for a in held]})


def _suicide_risk(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """Asked in a psychiatric indication, once oriented; when the indication is not known, it is asked."""
    rule = "recovery.gate.suicide_risk"
    if state.plan is not None and not state.plan.psychiatric_indication:
        return finding(base, rule, "clear", "Suicide risk: not asked in this indication.")
    asked, oriented = state.gates.get("suicide_risk_reviewed"), state.gates.get("oriented")
    if asked is not None and (oriented is None or oriented.answer != "yes" or asked.at < oriented.at):
        return finding(base, rule, "unknown", "Suicide risk: was asked before the patient was oriented; ask again.")
    return _simple(rule, "suicide_risk_reviewed")(state, _, now, base)


def _escort(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.gate.escort"
    if state.escort is None:
        return finding(base, rule, "unknown", "Escort: nothing is recorded.")
    present = state.escort.status == "present"
    words = {"present": "is here", "expected": "has not come yet", "no_show": "did not come", "none": "there is none"}
    why = f"Escort: {words[state.escort.status]}."
    if present and not state.escort.name.strip():
        return finding(base, rule, "unknown", "Escort: is here, but not named.", resolves_by="record the name")
    return finding(base, rule, "clear" if present else "fires", why, inputs={"escort": state.escort.status})


def _oxygen(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """After oxygen: saturation above the limit on air, long enough. Without oxygen there is nothing to wait for."""
    rule = "recovery.oxygen"
    on = [r.at for r in state.readings if r.vitals.on_oxygen] + [
        t.at for t in state.rescues if t.rescue.rescue_class == "oxygen"]
    if not on:
        return finding(base, rule, "clear", "Oxygen: none was given.")
    off = [r.at for r in state.readings if r.vitals.on_oxygen is False and r.at > max(on)]
    sample = latest(samples, "spo2_percent", now)
    hands = [r for r in state.readings if r.vitals.spo2_percent is not None and not r.vitals.artefact]
    spo2 = sample.value if sample else hands[-1].vitals.spo2_percent if hands else None
    air_min = (now - min(off)).total_seconds() / timedelta(minutes=1).total_seconds() if off else None
    verdict = oxygen_state(air_min, spo2, now, base)
    why = f"Oxygen: on air for {air_min:.0f} min." if air_min is not None else "Oxygen: not known to be off."
    return finding(base, rule, verdict, why, inputs={"room_air_min": air_min, "spo2_percent": spo2},
                   resolves_by="record the saturation on air, and that oxygen is off")


def oxygen_state(room_air_min: float | None, spo2_percent: float | None, now: datetime, base: KnowledgeBase) -> State:
    """For a patient who had oxygen: clear when long enough on air (min) with saturation above the limit (%)."""
    if room_air_min is None or spo2_percent is None:
        return "unknown"
    long_enough = room_air_min >= number(base, "recovery.oxygen", "room_air_min", now)
    return "clear" if long_enough and spo2_percent > number(base, "recovery.oxygen", "air_percent", now) else "fires"


def _simple(rule: str, gate: Gate) -> Callable[[SessionState, Samples, datetime, KnowledgeBase], Finding]:
    """A gate that is one answer of a clinician."""
    words: dict[State, str] = {"clear": "yes", "fires": "no", "unknown": "not recorded"}

    def found(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
        verdict = _answer(state, gate)
        label = base.entry(rule).data["label"]
        return finding(base, rule, verdict, f"{label}: {words[verdict]}.", inputs={gate: verdict})

    return found


_GATES: tuple[Callable[[SessionState, Samples, datetime, KnowledgeBase], Finding], ...] = (
    _time, _score, _sedation, _pressure, _alerts, _suicide_risk, _simple("recovery.gate.cannula", "cannula_removed"),
    _escort, _simple("recovery.gate.instructions", "instructions_given"), _oxygen,
)
