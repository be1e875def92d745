"""The gates of discharge: time, score, and what a clinician looked at. Each is met only when it is clear.

Figures, labels and order stand in the knowledge entries `recovery.gate.*`; unknown is never met.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.instant import utc
from norket.therapy.recovery import oxygen, seen_now, unasked
from norket.therapy.session import ordered
from norket.therapy.session.endings import by_vein
from norket.therapy.session.fold import HARMLESS_RESCUES
from norket.therapy.session.ledger import standing
from norket.therapy.session.points import placed
from norket.therapy.session.recovery_events import Gate, GateRecorded, Scale
from norket.therapy.session.samples import Samples
from norket.therapy.session.schedule import clock_from, earliest_discharge, pressure_pairs
from norket.therapy.session.shapes import Answer, Tier
from norket.therapy.session.state import SessionState

State = Literal["fires", "clear", "unknown"]
STATES: dict[Answer, State] = {"yes": "clear", "no": "fires", "unknown": "unknown"}
PERCENT = 100.0
SCALES: dict[str, str] = {"aldrete": "modified Aldrete", "padss": "PADSS"}
PLANS = {"home_with_plan": "a safety plan was made", "stays": "the patient stays", "transfer": "transfer was decided"}
READ_BACK = {"patient": "the patient", "escort": "the escort", "both": "the patient and the escort"}


def findings(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Finding, ...]:
    """Every gate in the order of the knowledge base; a discharge needs all of them clear."""
    now = utc(now)
    samples = placed(samples, now, base)
    return tuple(gate(state, samples, now, base) for gate in _GATES)


def join(states: tuple[State, ...]) -> State:
    """One answer of several: what fires wins, then what is unknown."""
    return "fires" if "fires" in states else "unknown" if "unknown" in states else "clear"


def counts_from(state: SessionState) -> datetime | None:
    """Since when what is seen of the patient counts for the door: the last drug of the session, the last rescue that
    may sedate or move the pressure, and the start of recovery, whichever is latest."""
    rescues = [t.at for t in state.rescues if t.rescue.sedative or t.rescue.rescue_class not in HARMLESS_RESCUES]
    return max((*state.anchors, *rescues, *filter(None, (state.recovery_started_at,))), default=None)


def is_fresh(at: datetime, rule: str, now: datetime, base: KnowledgeBase) -> bool:
    """Whether what was looked at then is young enough to say how the patient is now."""
    return now - at <= timedelta(minutes=number(base, rule, "max_age_min", now))


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


def score_state(total: int | None, now: datetime, base: KnowledgeBase, scale: Scale = "aldrete") -> State:
    """A total at the pass mark of its scale or above is clear; a missing or not computable one is unknown."""
    if total is None:
        return "unknown"
    return "clear" if total >= number(base, f"recovery.{scale}", "pass_mark", now) else "fires"


def _judged(state: SessionState, since: datetime | None, now: datetime, base: KnowledgeBase) -> Finding | None:
    """A prescriber's judgement in place of the score, while no newer score stands and it is as young as a score must
    be. It says by whom and why, so that nobody takes it for a score."""
    given = state.way_out.judgement
    last_score = max((at for at, _ in state.recovery_scores), default=None)
    if given is None or (since is not None and given.at < since) or (last_score is not None and given.at < last_score):
        return None
    if not is_fresh(given.at, "recovery.gate.score", now, base):
        return None
    why = f"Recovery score: judged by the prescriber instead, because: {given.reason}"
    return finding(base, "recovery.gate.score", "clear", why, inputs={"judged_by": given.by, "reason": given.reason})


def _score(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """The latest score counts, and only if it was taken in recovery, after the last drug, and lately; or in its place
    a prescriber's judgement that is newer than it."""
    rule, since = "recovery.gate.score", counts_from(state)
    judged = _judged(state, since, now, base)
    if judged is not None:
        return judged
    taken = [(at, score) for at, score in state.recovery_scores if since is None or at >= since]
    if not taken:
        return finding(base, rule, "unknown", "Recovery score: none taken in recovery.")
    at, score = taken[-1]
    if not is_fresh(at, rule, now, base):
        return finding(base, rule, "unknown", f"Recovery score: the last is of {_ago(at, now)}; take a new one.")
    verdict = score_state(score.total, now, base, score.scale)
    what = "not computable, the baseline pressure is missing" if score.total is None else f"{score.total} of 10"
    what = f"{SCALES[score.scale]} {what}"
    return finding(base, rule, verdict, f"Recovery score: {what}.", inputs={"score": score.total, "at": at.isoformat()})


# ---- what a clinician looked at ------------------------------------------------------------------------------------


def _answer(state: SessionState, gate: Gate) -> State:
    given = state.gates.get(gate)
    return STATES[given.answer] if given else "unknown"


def _ago(at: datetime, now: datetime) -> str:
    return f"{(now - at).total_seconds() / timedelta(minutes=1).total_seconds():.0f} min ago"


def _looked_at(state: SessionState, gate: Gate, now: datetime) -> datetime | None:
    """When a clinician last gave the answer that stands, also where it was the same as before."""
    given = state.gates.get(gate)
    if given is None:
        return None
    again = [
        item.at
        for item in standing(state.ledger)
        if isinstance(item.event, GateRecorded) and item.event.gate == gate and item.at <= now
    ]
    return max((given.at, *again))


def sedation_state(
    moaas: int | None,
    answers: tuple[State, ...],
    now: datetime,
    base: KnowledgeBase,
    *,
    age_min: float = 0.0,
    watched_since: int = 0,
) -> State:
    """Awake by the sedation scale, oriented, settled and steady: any no fires, any gap is unknown.

    `age_min` is the age of the sedation scale, `watched_since` the highest watched sedation since it was taken: an old
    one, and one that a drowsy look followed, is unknown until it is taken again.
    """
    rule = "recovery.gate.sedation_orientation"
    old = age_min > number(base, rule, "max_age_min", now)
    if moaas is None or old or watched_since >= number(base, rule, "watched_sedation", now):
        return join((*answers, "unknown"))
    awake = moaas >= number(base, "recovery.gate.sedation_orientation", "moaas_min", now)
    return join((*answers, "clear" if awake else "fires"))


def _sedation(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule, since = "recovery.gate.sedation_orientation", counts_from(state)
    data = base.entry(rule).data
    answers = {gate: _answer_since(state, gate, gate in data["fresh"], now, base) for gate in data["answers"]}
    readings = [r for r in state.scores.get("moaas", ()) if since is None or r.at >= since]
    moaas, age_min, watched = None, 0.0, 0
    if readings:
        moaas, taken_at = readings[-1].value, readings[-1].at
        age_min = (now - taken_at).total_seconds() / timedelta(minutes=1).total_seconds()
        watched = max((r.value for r in state.scores.get("watched_sedation", ()) if r.at > taken_at), default=0)
    verdict = sedation_state(moaas, tuple(answers.values()), now, base, age_min=age_min, watched_since=watched)
    alone = sedation_state(moaas, (), now, base, age_min=age_min, watched_since=watched)
    open_ = [gate.replace("_", " ") for gate, answer in answers.items() if answer != "clear"]
    open_ += ["MOAA/S not taken in recovery"] if moaas is None else []
    open_ += [f"MOAA/S {moaas}"] if alone == "fires" else []
    open_ += ["MOAA/S to be taken again"] if moaas is not None and alone == "unknown" else []
    why = "Sedation and orientation: " + (", ".join(open_) if verdict != "clear" else "as before") + "."
    return finding(base, rule, verdict, why, inputs={"moaas": moaas, **answers})


def _answer_since(state: SessionState, gate: Gate, fresh: bool, now: datetime, base: KnowledgeBase) -> State:
    """The answer of a clinician where it was given since it counts, and lately where that is asked for."""
    since, at = counts_from(state), _looked_at(state, gate, now)
    answer = _answer(state, gate)
    old = at is not None and (
        (since is not None and at < since)
        or (fresh and not is_fresh(at, "recovery.gate.sedation_orientation", now, base))
    )
    return "unknown" if old and answer == "clear" else answer


def pressure_state(
    sbp_mmhg: float | None,
    dbp_mmhg: float | None,
    baseline_sbp_mmhg: float | None,
    baseline_dbp_mmhg: float | None,
    falling: bool,
    now: datetime,
    base: KnowledgeBase,
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
    under = sbp_mmhg < number(base, rule, "limit_sbp_mmhg", now) and dbp_mmhg < number(
        base, rule, "limit_dbp_mmhg", now
    )
    return "clear" if under and falling else "fires"


def _pressure(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "recovery.gate.blood_pressure"
    pairs = pressure_pairs(state, samples, now)
    oldest = now - timedelta(minutes=number(base, rule, "max_age_min", now))
    fresh = [pair for pair in pairs if pair[0] >= oldest]
    baseline = state.baseline.vitals if state.baseline else None
    if not fresh:
        return finding(base, rule, "unknown", "Blood pressure: no fresh reading.")
    _, sbp, dbp = fresh[-1]
    falling = len(pairs) > 1 and sbp <= pairs[-2][1] and dbp <= pairs[-2][2] and (sbp, dbp) != pairs[-2][1:]
    verdict = pressure_state(
        sbp, dbp, baseline.sbp_mmhg if baseline else None, baseline.dbp_mmhg if baseline else None, falling, now, base
    )
    own = (
        f"{baseline.sbp_mmhg:g}/{baseline.dbp_mmhg:g}"
        if baseline and baseline.sbp_mmhg and baseline.dbp_mmhg
        else ("not recorded")
    )
    return finding(
        base,
        rule,
        verdict,
        f"Blood pressure: {sbp:g}/{dbp:g} mmHg, own baseline {own}.",
        inputs={"sbp_mmhg": sbp, "dbp_mmhg": dbp, "falling": falling},
    )


def open_state(tiers: Iterable[Tier], base: KnowledgeBase) -> State:
    """Whether anything of the tiers that keep somebody here is among these."""
    keeping = base.entry("recovery.gate.no_open_alert").data["tiers"]
    return "fires" if any(tier in keeping for tier in tiers) else "clear"


def _alerts(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """On what the watch sees at this instant, and a value past a limit as if its alert were open already."""
    rule = "recovery.gate.no_open_alert"
    held = [one for one in seen_now.held(state, samples, now, base) if open_state([one.tier], base) == "fires"]
    why = "No open alert: " + ("; ".join(f"{one.tier} {one.why}" for one in held) if held else "none of T2 or T3") + "."
    verdict = open_state((one.tier for one in held), base)
    return finding(base, rule, verdict, why, inputs={"open": [one.id for one in held]})


def _suicide_risk(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """Asked in a psychiatric indication, once oriented; when the indication is not known, it is asked. What counts is
    the last time that it was asked: a second "worse" asks for a plan of its own."""
    rule = "recovery.gate.suicide_risk"
    if state.plan is not None and not state.plan.psychiatric_indication:
        return finding(base, rule, "clear", "Suicide risk: not asked in this indication.")
    asked, at = state.gates.get("suicide_risk_reviewed"), _looked_at(state, "suicide_risk_reviewed", now)
    if at is not None and not unasked.once_oriented(state, at):
        return finding(base, rule, "unknown", "Suicide risk: was asked before the patient was oriented; ask again.")
    plan = state.way_out.safety_plan
    if asked is not None and asked.answer == "no" and plan is not None and at is not None and plan.at >= at:
        home = plan.decision == "home_with_plan"
        why = f"Suicide risk: worse or new; {PLANS[plan.decision]}."
        return finding(base, rule, "clear" if home else "fires", why, inputs={"safety_plan": plan.decision})
    return _simple(rule, "suicide_risk_reviewed")(state, _, now, base)


def _instructions(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """Handed over and said back by somebody since it counts; a plain answer counts where it is newer."""
    rule, given, told = "recovery.gate.instructions", state.way_out.instructions, state.gates.get("instructions_given")
    handed = given.at if given is not None else None
    at = max(filter(None, (handed, _looked_at(state, "instructions_given", now))), default=None)
    if _is_before(state, at):
        why = "Instructions: were given before they could be kept in mind; give them again."
        return finding(base, rule, "unknown", why, resolves_by="give the instructions in recovery")
    if given is None or (told is not None and told.at > given.at):
        return _simple(rule, "instructions_given")(state, _, now, base)
    if given.read_back == "nobody":
        why = "Instructions: given, but nobody has said them back."
        return finding(base, rule, "unknown", why, resolves_by="let the patient or the escort say them back")
    who = READ_BACK[given.read_back]
    return finding(base, rule, "clear", f"Instructions: given and said back by {who}.", inputs={"read_back": who})


def _cannula(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """Where a dose was given without one and none was recorded as placed, there is none to remove."""
    rule, placed_ = "recovery.gate.cannula", state.preflight.get("cannula_in")
    none = ordered.dose(state) is not None and not by_vein(state) and (placed_ is None or placed_.answer == "no")
    if none and _answer(state, "cannula_removed") == "unknown":
        return finding(base, rule, "clear", "Cannula: none was placed.")
    if "cannula_removed" not in state.gates and _was_out(state, now):
        why = "Cannula: was recorded as out, and then drug went in by vein or a new one was placed; look again."
        return finding(base, rule, "unknown", why, resolves_by="look, and record that the cannula is out")
    return _simple(rule, "cannula_removed")(state, samples, now, base)


def _was_out(state: SessionState, now: datetime) -> bool:
    told = (r.event for r in standing(state.ledger) if r.at <= now)
    return any(isinstance(e, GateRecorded) and e.gate == "cannula_removed" and e.answer == "yes" for e in told)


def _is_before(state: SessionState, at: datetime | None) -> bool:
    """Whether this was recorded before what is recorded counts for the door."""
    since = counts_from(state)
    return at is not None and since is not None and at < since


def _escort(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """Who was here before the drug, or before a rescue that keeps the patient longer, is asked for again."""
    rule = "recovery.gate.escort"
    if state.escort is None:
        return finding(base, rule, "unknown", "Escort: nothing is recorded.")
    present = state.escort.status == "present"
    if present and _is_before(state, state.escort_at):
        why = "Escort: was here before the last drug or before recovery; look again."
        return finding(base, rule, "unknown", why, resolves_by="record that the escort is here")
    words = {"present": "is here", "expected": "has not come yet", "no_show": "did not come", "none": "there is none"}
    why = f"Escort: {words[state.escort.status]}."
    if present and not state.escort.name.strip():
        return finding(base, rule, "unknown", "Escort: is here, but not named.", resolves_by="record the name")
    return finding(base, rule, "clear" if present else "fires", why, inputs={"escort": state.escort.status})


def _simple(rule: str, gate: Gate) -> Callable[[SessionState, Samples, datetime, KnowledgeBase], Finding]:
    """A gate that is one answer of a clinician."""
    words: dict[State, str] = {"clear": "yes", "fires": "no", "unknown": "not recorded"}

    def found(state: SessionState, _: Samples, now: datetime, base: KnowledgeBase) -> Finding:
        verdict = _answer(state, gate)
        label = base.entry(rule).data["label"]
        return finding(base, rule, verdict, f"{label}: {words[verdict]}.", inputs={gate: verdict})

    return found


_GATES: tuple[Callable[[SessionState, Samples, datetime, KnowledgeBase], Finding], ...] = (
    _time,
    _score,
    _sedation,
    _pressure,
    _alerts,
    _suicide_risk,
    _cannula,
    _escort,
    _instructions,
    oxygen.judge,
)
