"""Every case of the knowledge base, judged by the functions that use its figures: a changed figure fails here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.knowledge import Case, Entry
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.plan import checks, exposure, library, preparation, weights
from norket.therapy.plan.order import Limit, Order
from norket.therapy.recovery import afterwards, driving, gates, monitoring_form, oxygen, tasks, unasked
from norket.therapy.session import (
    aldrete,
    alert_load,
    arrival,
    away,
    bolus,
    criteria,
    delivery,
    dosing,
    facts,
    failed_site,
    incident,
    limits,
    looking,
    observing,
    preflight,
    recovery_events,
    required,
    schedule,
    shapes,
    technical,
    unscored,
    verbal,
    watch,
)
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import state as s
from norket.therapy.session import watch_events as o
from norket.therapy.session.decide import decide
from norket.therapy.session.endings import leave_early
from norket.therapy.session.identity import mismatch
from norket.therapy.session.preflight import day as preflight_day
from norket.therapy.session.preflight import drug as preflight_drug
from norket.therapy.session.preflight import escort as preflight_escort
from norket.therapy.session.preflight import signed as preflight_signed
from norket.therapy.session.way_out import Capacity, Signed, WayOut

PACKAGED = knowledge.read()
BASE = PACKAGED
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
FILES = (
    *("doses", "monitoring", "escalation", "recovery", "preflight", "plausibility", "concerns", "products"),
    "offline",
    "orders",
)
# What nothing in a session decides yet: the clinic's hours, advice, the days after.
ELSEWHERE = {
    "products.dilution",
    "offline.screen_lock",  # the live page
}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def blank(**parts: Any) -> s.SessionState:
    return s.SessionState(session="s", **parts)


def fires(answer: bool) -> str:
    return "fires" if answer else "clear"


def dose(entry: Entry, given: dict[str, Any]) -> Any:
    return library.judge(BASE, entry.id, on=TODAY, **given)


def counting(given: dict[str, Any]) -> Any:
    return library.judge(
        BASE,
        given["row"],
        weight_kg=given["weight_kg"],
        amount_mg=given["ordered_mg"],
        duration_min=given["duration_min"],
        delivered_mg=given["delivered_mg"],
        on=TODAY,
    )


def criterion(entry: Entry, given: dict[str, Any]) -> Any:
    """A criterion judged on points that hold as long, or as often, as the case says."""
    channel, data = entry.data["channel"], entry.data
    if channel == "cannula_in":
        answers = {True: "yes", False: "no"}
        known: shapes.Answer = answers.get(given["cannula_in"], given["cannula_in"])  # type: ignore[assignment]
        return {"yes": "fires", "no": "clear", "unknown": "unknown"}[known]
    known_values = {name: value for name, value in given.items() if value is not None}
    if {"sbp_mmhg", "baseline_sbp_mmhg"} <= known_values.keys():
        rise = (given["sbp_mmhg"] - given["baseline_sbp_mmhg"]) / given["baseline_sbp_mmhg"] * 100
        assert rise == pytest.approx(given["rise_percent"], abs=0.05)
    if data["comparison"] == "is":
        if given[channel] != data["code"]:
            return "clear"
        answer = criteria.needs_met(entry, known_values, BASE, NOW)
        return "unknown" if answer is None else fires(answer)
    return criteria.judge(entry, points(given, channel), known_values, NOW, BASE)


def points(given: dict[str, Any], channel: str) -> list[criteria.Point]:
    value = given[channel]
    if value is None:
        return []
    last = ago(given.get("min_since_first", 0))
    span = timedelta(seconds=given.get("for_s", 0))
    count = given.get("readings", 2 if span else 1)
    apart = span or timedelta(seconds=PACKAGED.figure("escalation.same_reading", "apart_s").value)
    return [criteria.Point(last - apart * (count - 1 - i), value) for i in range(count)]


def readings(given: dict[str, Any]) -> Any:
    taken = [criteria.Point(NOW - timedelta(seconds=given["apart_s"]), 1.0), criteria.Point(NOW, 1.0)]
    return {1: "one", 2: "two"}[len(criteria.distinct(taken, NOW, BASE))]


def clearing(entry: Entry, given: dict[str, Any]) -> Any:
    """Hysteresis, tried on a criterion of the same channel."""
    rule = next(
        r
        for r in criteria.criteria(BASE)
        if r.data["channel"] == entry.data["channel"] and r.data["comparison"] in (">=", "<")
    )
    limit = BASE.figure(rule.id).value
    value = limit - given["past_limit_by"] if rule.data["comparison"] == ">=" else limit + given["past_limit_by"]
    held = [criteria.Point(NOW - timedelta(seconds=given["held_s"]), value), criteria.Point(NOW, value)]
    return "cleared" if criteria.cleared(rule, held, NOW, BASE) else "open"


def escalating(entry: Entry, given: dict[str, Any]) -> Any:
    raised = NOW - timedelta(seconds=given["unacknowledged_s"])
    alert = s.Alert(
        alert_id="a", rule="escalation.t3.sbp_high", tier=entry.data["tier"], technical=False, why="", raised_at=raised
    )
    return f"step_{len(list(watch._unanswered(alert, NOW, BASE)))}"


def pressure_interval(given: dict[str, Any]) -> Any:
    return rhythm("monitoring.blood_pressure")(given)


def rhythm(rule: str) -> Callable[[dict[str, Any]], Any]:
    """When a pressure is due by one plan of monitoring."""

    def judge(given: dict[str, Any]) -> Any:
        last = None if given["min_since_last"] is None else ago(given["min_since_last"])
        first, changes = given.get("first_session", False), (ago(given["min_since_start_or_change"]),)
        return fires(schedule.pressure_due(last, changes, NOW, BASE, rule, first_session=first) < NOW)

    return judge


def unscored_level(given: dict[str, Any]) -> Any:
    return unscored.level(given["overdue_min"], given["under_drug"], NOW, BASE)


def overdue(given: dict[str, Any]) -> Any:
    return technical.overdue_level(given["overdue_min"], given["min_since_last"], NOW, BASE)


def feed(given: dict[str, Any]) -> Any:
    answer = technical.dead(given["interval_s"], given["silent_s"], NOW, BASE)
    return "unknown" if answer is None else fires(answer)


def score_due(given: dict[str, Any]) -> Any:
    seen = {"watched_sedation": (s.ScoreReading(at=ago(given["min_since_last"]), value=0),)}
    part = s.Segment(start=ago(60), rate_ml_h=1.0, concentration_mg_ml=1.0)
    due = schedule.next_score_at(blank(phase="running", segments=(part,), scores=seen), NOW, BASE)
    return fires(due is not None and due < NOW)


def after_sedative(given: dict[str, Any]) -> Any:
    rescue = s.TimedRescue(at=ago(given["min_since_sedative"]), rescue=d.RescueGiven(drug="x", sedative=True))
    asked = {"moaas": (s.ScoreReading(at=ago(given["min_since_asked"]), value=4),)}
    items = schedule.upcoming(blank(phase="recovery", rescues=(rescue,), scores=asked), {}, NOW, BASE)
    return fires(any(item.what == "moaas" and item.due_at < NOW for item in items))


def recovery_due(given: dict[str, Any]) -> Any:
    reading = s.Reading(at=ago(given["min_since_last"]), vitals=shapes.Vitals(sbp_mmhg=120.0), source="n")
    due = schedule.next_pressure_at(blank(phase="recovery", readings=(reading,)), {}, NOW, BASE)
    return fires(due is not None and due < NOW)


def alert_pause(given: dict[str, Any]) -> Any:
    alert = s.Alert(alert_id="a", rule="r", tier=given["tier"], technical=False, why="", raised_at=NOW)
    command = o.AcknowledgeAlert(alert_id="a", pause_min=given["pause_min"])
    nurse = Actor(id="n", name="n", roles=frozenset({"nurse"}))
    answer = facts.checked(blank(alerts=(alert,)), command, nurse, NOW, BASE, None)
    return fires(isinstance(answer, Refused))


def loosening(given: dict[str, Any]) -> Any:
    """A limit of the tier set a little looser by a prescriber, with the reason and the end that the case gives."""
    rule = f"escalation.{given['tier'].lower()}.sbp_high"
    command = o.SetLimit(
        rule=rule,
        value=BASE.figure(rule).value + 1,
        reason=given["reason"] or "",
        expires_at=given["expires_at"] and datetime.fromisoformat(given["expires_at"]),
    )
    prescriber = Actor(id="p", name="p", roles=frozenset({"prescriber"}))
    return fires(isinstance(limits.set_limit(blank(), command, prescriber, NOW, BASE), Refused))


def recheck(given: dict[str, Any]) -> Any:
    call = s.Concern(n=1, at=ago(given["min_since_report"]), concern="distress")
    items = schedule.upcoming(blank(phase="running", concerns=(call,)), {}, NOW, BASE)
    return fires(any(item.what == "distress_recheck" and item.due_at < NOW for item in items))


def no_show(given: dict[str, Any]) -> Any:
    escort = recovery_events.EscortRecorded(status="no_show")
    state = blank(phase="recovery", escort=escort, escort_at=ago(given["min_since_no_show"]))
    return fires(any(i.what == "escort_manager" and i.due_at <= NOW for i in schedule.upcoming(state, {}, NOW, BASE)))


def observed(given: dict[str, Any]) -> Any:
    """The time gate with its anchor so many minutes ago, and a rescue as long after it as the case says."""
    if given["minutes_since_anchor"] is None:
        return "unknown" if gates._time(blank(phase="recovery"), {}, NOW, BASE).state == "unknown" else "known"
    anchor = ago(given["minutes_since_anchor"])
    rescues: tuple[s.TimedRescue, ...] = ()
    if "rescue" in given:
        rescue = d.RescueGiven(drug="x", amount=1, unit="mg", route="iv", rescue_class=given["rescue"])
        rescues = (s.TimedRescue(at=anchor + timedelta(minutes=given["rescue_at_min"]), rescue=rescue),)
    return gates._time(blank(phase="recovery", anchors=(anchor,), rescues=rescues), {}, NOW, BASE).state


def scored(given: dict[str, Any]) -> Any:
    circulation = given.pop("circulation")
    items = recovery_events.RecordRecoveryScore(**given)
    return gates.score_state(aldrete.total(items, circulation), NOW, BASE)


def none_is_unknown(value: Any) -> Any:
    return "unknown" if value is None else value


def sedation(given: dict[str, Any]) -> Any:
    answers = (gates.STATES[given.pop("oriented")], "clear", "clear")
    return gates.sedation_state(given.pop("moaas"), answers, NOW, BASE, **given)


def recovery_score(given: dict[str, Any]) -> Any:
    if given["score"] is None:
        return gates._score(blank(phase="recovery"), {}, NOW, BASE).state
    scored_ = recovery_events.RecoveryScoreRecorded(
        activity=2, respiration=2, circulation=2, consciousness=2, saturation=2, total=given["score"]
    )
    at = ago(given.get("age_min", 0))
    return gates._score(blank(phase="recovery", recovery_scores=((at, scored_),)), {}, NOW, BASE).state


def open_alerts(given: dict[str, Any]) -> Any:
    return gates.open_state(given["open_tiers"], BASE)


def gate(name: str, given: dict[str, Any]) -> Any:
    """One answered gate, in the whole list of gates."""
    plan = e.SessionPlanned(
        patient_id="p",
        identifiers=("a", "b"),
        chair="1",
        age_y=40.0,
        sex="male",
        first_session=False,
        psychiatric_indication=given.get("psychiatric", True),
    )
    told = {k: v for k, v in given.items() if k != "psychiatric" and v != "unknown"}
    answers = {k: s.PreflightAnswer(at=NOW, answer=v) for k, v in told.items()}
    answers["oriented"] = s.PreflightAnswer(at=ago(1), answer="yes")
    found = gates.findings(blank(phase="recovery", plan=plan, gates=answers), {}, NOW, BASE)
    return next(f.state for f in found if f.rule == name)


def escort(given: dict[str, Any]) -> Any:
    status = given["escort"]
    recorded = recovery_events.EscortRecorded(status=status, name="Eva") if status else None
    return gates._escort(blank(phase="recovery", escort=recorded), {}, NOW, BASE).state


def oxygen_given(given: dict[str, Any]) -> Any:
    if not given["oxygen_given"]:
        return oxygen.judge(blank(phase="recovery"), {}, NOW, BASE).state
    return oxygen.oxygen_state(given["room_air_min"], given["spo2_percent"], NOW, BASE)


def left(given: dict[str, Any]) -> Any:
    """Fires when no signature against advice is offered."""
    command = recovery_events.LeaveEarly(cannula_in="no")
    judged = WayOut(capacity=Capacity(at=NOW, by="doc", capacity=given["capacity"]))
    events = leave_early(blank(phase="recovery", way_out=judged), command, NOW, BASE)
    assert isinstance(events, tuple)
    tasks = events[0].tasks  # type: ignore[union-attr]
    assert set(BASE.entry("recovery.left_before").data["tasks"]) <= set(tasks)
    return fires("offer_against_advice_signature" not in tasks)


def scored_padss(given: dict[str, Any]) -> Any:
    vital_signs = given.pop("vital_signs")
    return gates.score_state(
        aldrete.total(recovery_events.RecordRecoveryScore(scale="padss", **given), vital_signs), NOW, BASE, "padss"
    )


def welfare(given: dict[str, Any]) -> Any:
    left_at = datetime.fromisoformat(f"2026-11-20T{given['left_at']}:00+00:00")
    return f"{tasks.welfare_call_at(left_at, 'UTC', NOW, BASE):%H:%M}"


def sprayed(at: datetime, **parts: Any) -> s.SessionState:
    event = d.DoseGiven(route="intranasal", product_id="esketamine-28", amount_mg=28.0)
    return blank(phase="discharged", other_doses=(s.TimedDose(at=at, dose=event),), anchors=(at,), **parts)


def form(given: dict[str, Any]) -> Any:
    if "pressure_min" in given:
        at, read = ago(120), ago(120 - given["pressure_min"])
        reading = s.Reading(at=read, vitals=shapes.Vitals(sbp_mmhg=120.0, dbp_mmhg=80.0), source="n")
        found = monitoring_form.at_40(sprayed(at, readings=(reading,)), {}, at, NOW, BASE)
        return "clear" if found else "unknown"
    sent = {monitoring_form.FORM: NOW} if given["sent"] else {}
    whole = {monitoring_form.FORM: dict.fromkeys(monitoring_form.ASKED, "no")} if given["sent"] else {}
    state = sprayed(NOW - timedelta(days=given["days_since"]), way_out=WayOut(forms=whole, forms_sent=sent))
    (task,) = tasks.tasks(state, NOW, "UTC", BASE)
    return fires(task.open and task.due_at < NOW)


def site(given: dict[str, Any]) -> Any:
    at = NOW - timedelta(hours=given["hours_since"])
    failed = e.Recorded(
        session="s", n=1, at=at, recorded_at=at, by="n", command_id="c", event=p.SiteFailed(failure="blocked")
    )
    (task,) = tasks.tasks(blank(phase="discharged", ledger=(failed,)), NOW, "UTC", BASE)
    return fires(task.open and task.due_at < NOW)


def reported(given: dict[str, Any]) -> str:
    """Whether the report of an emergency was written after it and signed."""
    needed, written = (
        None if given[name] is None else ago(given[name]) for name in ("needed_min_ago", "reported_min_ago")
    )
    return incident.report_state(needed_at=needed, reported_at=written, signed=given["signed"])


def unreviewed(given: dict[str, Any]) -> Any:
    seen = Signed(NOW, "doc") if given["reviewed"] else None
    bolus = s.Bolus(at=ago(60), amount_mg=5.0)
    state = blank(phase=given["phase"], ended_at=NOW, boluses=(bolus,), way_out=WayOut(leaving_reviewed=seen))
    reviews = [task for task in tasks.tasks(state, NOW, "UTC", BASE) if task.rule == "recovery.left_unreviewed"]
    return fires(any(task.open for task in reviews))


def answered(entry: Entry, given: dict[str, Any]) -> Any:
    item, answer = next(iter(given.items()))
    state = blank(preflight={item: s.PreflightAnswer(at=NOW, answer=answer)})
    return next(f.state for f in preflight.findings(state, NOW, BASE) if f.rule == entry.id)


def asked(rule: str, item: str) -> Callable[[dict[str, Any]], Any]:
    """An item that is answered once for everybody; a case with none was never asked."""

    def judge(given: dict[str, Any]) -> Any:
        answers = {item: s.PreflightAnswer(at=NOW, answer=given[item])} if given[item] else {}
        return next(f.state for f in preflight.findings(blank(preflight=answers), NOW, BASE) if f.rule == rule)

    return judge


def sick_before(given: dict[str, Any]) -> Any:
    state = blank(preflight={"antiemetic_offered": s.PreflightAnswer(at=NOW, answer=given["antiemetic_offered"])})
    found = preflight.findings(state, NOW, BASE, today=preflight.Today(nausea_prone=True))
    assert not any(f.rule == "preflight.antiemetic" for f in preflight.findings(state, NOW, BASE))
    return next(f.state for f in found if f.rule == "preflight.antiemetic")


def ahead(given: dict[str, Any]) -> Any:
    command = e.Note(text="x", at=NOW + timedelta(seconds=given["ahead_s"]))
    nurse = Actor(id="n", name="n", roles=frozenset({"nurse"}))
    return fires(isinstance(decide(blank(), command, by=nurse, now=NOW, base=BASE), Refused))


def alerts_before(given: dict[str, Any]) -> Any:
    raised = tuple(
        s.Alert(alert_id=tier, rule="r", tier=tier, technical=False, why="", raised_at=NOW)
        for tier in given["open_tiers"]
    )
    found = preflight.findings(blank(alerts=raised), NOW, BASE)
    return next(f.state for f in found if f.rule == "preflight.alerts")


def policy(given: dict[str, Any]) -> Any:
    found = preflight.findings(blank(), NOW, BASE, policy_signed=given["policy_signed"])
    return next(f.state for f in found if f.rule == "preflight.policy")


def signed(given: dict[str, Any]) -> Any:
    limit = Limit(mg_kg=1.0, mg=1.0, mg_h=1.0, mg_kg_h=1.0)
    order = Order(
        id="o",
        dose_row="doses.d01",
        drug="ketamine",
        route="iv",
        text="",
        amount_mg=35.0,
        duration_min=40.0,
        weight_kg=70.0,
        weight_measured_on=TODAY,
        concentration_mg_ml=1.0,
        rate_low_mg_h=1.0,
        rate_high_mg_h=2.0,
        cap=limit,
        ceiling=limit,
        edition="",
        signed_by="doc",
        signed_at=NOW,
    )
    found = preflight.findings(blank(order=order if given["order"] else None), NOW, BASE)
    return next(f.state for f in found if f.rule == "preflight.order")


def identity(given: dict[str, Any]) -> Any:
    if given["matching"] is None:
        return preflight_signed.identity(blank(), BASE).state
    plan = e.SessionPlanned(
        patient_id="p",
        identifiers=("a", "b"),
        chair="1",
        age_y=40.0,
        sex="male",
        first_session=False,
        psychiatric_indication=True,
    )
    return fires(mismatch(blank(plan=plan), ("a", "b" if given["matching"] == 2 else "z")) is not None)


def timed_out(given: dict[str, Any]) -> Any:
    tolerance = BASE.figure("preflight.time_out", "agreement_percent").value
    agrees = dosing.agree(given["read_ml_h"], given["ordered_ml_h"], tolerance)
    readings = tuple(
        s.TimeOutReading(at=NOW, by=str(n), agrees=agrees, rate_ml_h=1, volume_ml=1) for n in range(given["people"])
    )
    return preflight_drug.time_out(blank(time_outs=readings), NOW, BASE).state


def in_hand(given: dict[str, Any]) -> Any:
    """What so many people had in hand, against the order."""
    tolerance = BASE.figure("preflight.dose_check", "agreement_percent").value
    agrees = dosing.agree(given["in_hand_mg"], given["ordered_mg"], tolerance)
    return preflight.check_state({str(n): agrees for n in range(given["people"])}, NOW, BASE)


def after_dose(entry: Entry) -> Callable[[dict[str, Any]], Any]:
    """Whether the next pressure after a dose is late; the readings are minutes after it, all of one height."""

    def judge(given: dict[str, Any]) -> Any:
        dosed = ago(given["min_since_dose"])
        pairs = [(dosed + timedelta(minutes=minute), 120.0, 80.0) for minute in given["readings_min"]]
        return fires(observing.pressure_due(entry.data["routes"][0], [dosed], pairs, NOW, BASE) < NOW)

    return judge


def said(given: dict[str, Any]) -> Any:
    """Whether a verbal order still stands for the prescriber."""
    order = s.VerbalOrder(
        n=1,
        at=ago(given["minutes_since"]),
        by="n",
        prescriber="d",
        act="resume",
        text="go on",
        stands=given["read_back"],
    )
    return fires(not verbal.stands(blank(verbal_orders=(order,)), "resume", NOW, BASE))


def agreement(given: dict[str, Any]) -> Any:
    tolerance = BASE.figure("preflight.agreement", "agreement_percent").value
    return fires(not dosing.agree(given["computed"], given["stated"], tolerance))


def strength(given: dict[str, Any]) -> Any:
    return checks.strength_state(BASE, given["final_mg_ml"], "iv", TODAY)


def mass(given: dict[str, Any]) -> Any:
    return preparation.mass_balance_state(given["drawn_mg"], given["given_mg"], given["wasted_mg"], NOW, BASE)


def counted(given: dict[str, Any]) -> Any:
    """What of one earlier dose counts with an order of the row."""
    dose = exposure.PriorDose(
        at=NOW - timedelta(hours=given["hours_since"]),
        route="iv",
        drug=given["drug"],
        amount_mg=given["amount_mg"] and float(given["amount_mg"]),
        where="",
        source="session",
    )
    return none_is_unknown(exposure.counted_mg(BASE, exposure.Exposure(doses=(dose,)), BASE.entry(given["row"]), NOW))


def prepared(given: dict[str, Any]) -> Any:
    """The gravest state of everything that is said of one preparation."""
    ordered = {name: float(given.pop(name)) for name in ("ordered_mg", "ordered_mg_ml")}
    made = preparation.Preparation(**{k: v if isinstance(v, str) else float(v) for k, v in given.items()})
    states = {one.state for one in preparation.check(BASE, made, drug="ketamine", on=TODAY, **ordered)}
    return next(state for state in ("fires", "unknown", "clear") if state in states)


BY_ID: dict[str, Callable[[dict[str, Any]], Any]] = {
    "products.preparation": prepared,
    "doses.counting": counting,
    "doses.exposure": counted,
    "doses.duration": lambda g: checks.duration_state(BASE, g["row"], g["duration_min"], TODAY),
    "doses.interval": lambda g: exposure.interval_state(BASE, g["row"], g["hours_since"], TODAY),
    "doses.elsewhere": lambda g: exposure.elsewhere_state(BASE, g["asked_d_ago"], TODAY),
    "escalation.same_reading": readings,
    "escalation.override_flag": lambda g: fires(alert_load.is_flagged(g["answered"], g["overridden"], NOW, BASE)),
    "doses.first_dose": lambda g: checks.first_dose_state(
        BASE, g["row"], g["mg_kg"], frail=g["frail"], age_y=g["age_y"], on=TODAY
    ),
    "monitoring.blood_pressure": pressure_interval,
    "monitoring.long_infusion": rhythm("monitoring.long_infusion"),
    "monitoring.capnography": lambda g: fires(
        bool(required.reasons(g["moaas"], g["rate_mg_kg_h"], NOW, BASE, g.get("rules", ())))
    ),
    "preflight.capnography": lambda g: preflight.capnography.capnography_state(g["asked"], measured=g["measured"]),
    "monitoring.overdue": overdue,
    "monitoring.scores_overdue": unscored_level,
    "monitoring.feed_dead": feed,
    "monitoring.scores": score_due,
    "monitoring.recovery": recovery_due,
    "monitoring.after_sedative": after_sedative,
    "monitoring.alert_pause": alert_pause,
    "monitoring.device_clock": lambda g: fires(technical.skewed(g["skew_s"], NOW, BASE)),
    "monitoring.frightened": recheck,
    "monitoring.off_monitor": lambda g: fires(away.too_long(g["off_min"], NOW, BASE)),
    "escalation.loosening": loosening,
    "recovery.escort_no_show": no_show,
    "recovery.minimum_observation": observed,
    "recovery.rescue_anchor": observed,
    "recovery.gate.time": observed,
    "recovery.aldrete": scored,
    "recovery.padss": scored_padss,
    "recovery.padss.vital_signs": lambda g: none_is_unknown(
        aldrete.vital_signs(g["sbp_mmhg"], g["baseline_sbp_mmhg"], NOW, BASE)
    ),
    "recovery.easily_roused": lambda g: fires(looking.watches_saturation(g["moaas"], NOW, BASE)),
    "recovery.driving": lambda g: fires(not driving.may_drive(g["nights_slept"], g["hours_since"], NOW, BASE)),
    "recovery.welfare_call": welfare,
    "recovery.form": form,
    "recovery.record.incident": reported,
    "recovery.left_unreviewed": unreviewed,
    "recovery.suicide_unasked": lambda g: unasked.unasked_state(**g),
    "recovery.entered_after": lambda g: afterwards.late_state(**g),
    "monitoring.site_failed": site,
    "recovery.gate.score": recovery_score,
    "recovery.aldrete.circulation": lambda g: none_is_unknown(
        aldrete.circulation(g["sbp_mmhg"], g["baseline_sbp_mmhg"], NOW, BASE)
    ),
    "recovery.aldrete.saturation": lambda g: none_is_unknown(
        aldrete.saturation(g["spo2_percent"], g["on_oxygen"], NOW, BASE)
    ),
    "recovery.gate.sedation_orientation": sedation,
    "recovery.gate.blood_pressure": lambda g: gates.pressure_state(**g, now=NOW, base=BASE),
    "recovery.gate.no_open_alert": open_alerts,
    "recovery.gate.escort": escort,
    "recovery.oxygen": oxygen_given,
    "recovery.gate.suicide_risk": lambda g: gate("recovery.gate.suicide_risk", g),
    "recovery.gate.cannula": lambda g: gate("recovery.gate.cannula", g),
    "recovery.gate.instructions": lambda g: gate("recovery.gate.instructions", g),
    "recovery.delayed_emergence": lambda g: fires(watch.delayed(g["min_since_stop"], g["awake_oriented"], NOW, BASE)),
    "recovery.left_before": left,
    "preflight.identity": identity,
    "preflight.policy": policy,
    "preflight.order": signed,
    "preflight.glucose": lambda g: preflight_day.glucose_state(**g, now=NOW, base=BASE),
    "preflight.access": lambda g: preflight_day.access_state(**g, now=NOW, base=BASE),
    "preflight.escort": lambda g: preflight_escort.escort_state(**g),
    "preflight.antiemetic": sick_before,
    "preflight.time_home": lambda g: preflight_escort.time_home_state(**g),
    "preflight.interpreter": asked("preflight.interpreter", "interpreter"),
    "preflight.alerts": alerts_before,
    "preflight.would_stop": lambda g: preflight.would_stop(**g, now=NOW, base=BASE),
    "preflight.weight.confirmed": lambda g: fires(
        not preflight.weights_agree(g["first_kg"], g["second_kg"], NOW, BASE)
    ),
    "preflight.fasting": lambda g: preflight.fasting_state(**g, now=NOW, base=BASE),
    "preflight.weight": lambda g: preflight.weight_state(g["source"], g["age_d"], g["change_percent"], NOW, BASE),
    "preflight.baseline": lambda g: preflight.baseline_state(g["missing"], g["age_min"], NOW, BASE),
    "preflight.do_not_start": lambda g: preflight.fit_to_start(
        shapes.Vitals(**{k: v if v is None else float(v) for k, v in g.items()}), NOW, BASE
    ),
    "preflight.pressure_hold": lambda g: preflight.pressure_state(**g, now=NOW, base=BASE),
    "preflight.time_out": timed_out,
    "preflight.dose_check": in_hand,
    "orders.verbal": said,
    "orders.bolus": lambda g: bolus.lockout_state(g["min_since_last"], number(BASE, bolus.RULE, "lockout_min", NOW)),
    "orders.restarts": lambda g: fires(dosing.restarts_state(g["restarts"], NOW, BASE)),
    "monitoring.failed_site": lambda g: fires(failed_site.runs_into(g["phase"], failed=g["failed"])),
    "monitoring.pump_volume": lambda g: fires(not delivery.volume_agrees(g["read_ml"], g["computed_ml"], NOW, BASE)),
    "monitoring.dose_injected": after_dose(PACKAGED.entry("monitoring.dose_injected")),
    "monitoring.dose_sprayed": after_dose(PACKAGED.entry("monitoring.dose_sprayed")),
    "monitoring.dose_swallowed": after_dose(PACKAGED.entry("monitoring.dose_swallowed")),
    "preflight.agreement": agreement,
    "preflight.stock": lambda g: preflight.stock_state(g["prepared_mg"], g["ordered_mg"]),
    "preflight.nurse_load": lambda g: preflight.load_state(g["load"], g["adds"], g["peaks_apart_min"], NOW, BASE),
    "products.ketamine_100": strength,
    "products.mass_balance": mass,
    "plausibility.weight": lambda g: weights.weight_state(BASE, g["weight_kg"], TODAY),
    "plausibility.weight_unit": lambda g: weights.unit_state(BASE, g["weight_kg"], g["earlier_kg"], TODAY),
    "plausibility.weight_age": lambda g: weights.age_state(BASE, g["age_d"], TODAY),
    "plausibility.mass_index": lambda g: weights._mass_index(BASE, g["weight_kg"], g["height_cm"], TODAY).state,
    "plausibility.clock": ahead,
    "offline.order_expiry": lambda g: fires(
        arrival.expired(p.Resume(), NOW - timedelta(seconds=g["age_s"]), NOW, BASE) is not None
    ),
    "offline.late_entry": lambda g: fires(arrival.entered_late(NOW - timedelta(seconds=g["late_s"]), NOW, BASE)),
    "plausibility.age": lambda g: checks.age_state(BASE, g["age_y"], TODAY),
}


def judged(entry: Entry, case: Case) -> Any:
    given = dict(case.given)
    if entry.id in BY_ID:
        return BY_ID[entry.id](given)
    if entry.kind == "dose":
        return dose(entry, given)
    if entry.id.startswith("escalation.clear."):
        return clearing(entry, given)
    if entry.id.startswith("escalation.unacknowledged."):
        return escalating(entry, given)
    if {"tier", "channel", "comparison"} <= entry.data.keys():
        return criterion(entry, given)
    return answered(entry, given)


ENTRIES = [entry for entry in BASE.entries if BASE.files[entry.id].removesuffix(".yaml") in FILES]
CASES = [
    pytest.param(entry, case, id=f"{entry.id}: {case.name}")
    for entry in ENTRIES
    for case in entry.cases
    if entry.id not in ELSEWHERE
]


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_case(entry: Entry, case: Case) -> None:
    assert judged(entry, case) == case.expect


def test_only_what_is_named_is_decided_elsewhere() -> None:
    assert {entry.id for entry in ENTRIES} >= ELSEWHERE
    assert not ELSEWHERE & BY_ID.keys()


# Figures that no case of their own entry pins: nothing is decided with them, or another test holds them.
NOT_DECIDED = {
    "monitoring.blood_pressure": {"max_interval_min"},
    "doses.exposure": {"shown_d"},
    "preflight.identity": {"identifiers"},
    "preflight.consent": {"valid_mo"},
    "preflight.pressure_hold": {"recheck_min"},
    "preflight.fasting": {"full_meal_h", "esketamine_food_h", "esketamine_fluid_min"},
    "products.ketamine_100": {"concentration_mg_ml"},
    "recovery.aldrete": {"maximum", "item_maximum"},
    "recovery.minimum_observation": {"floor_min", "uneventful_sessions"},
    "recovery.gate.instructions": {"no_alcohol_h", "emergence_h"},
    "recovery.driving": {"other_protocol_h"},  # the longest rule wins
    "products.ketamine_10": {"hydrochloride_mg_ml"},
}
HELD_ELSEWHERE = {
    "escalation.override_flag": {"within_min"},  # test_alert_load
    "escalation.clear.sbp_mmhg": {"hold_s"},
    "escalation.clear.dbp_mmhg": {"hold_s"},  # zero: there is no other side
    "preflight.weight": {"max_age_d"},  # zero
    "monitoring.blood_pressure": {"first_window_min"},  # test_schedule
    "monitoring.capnography": {"within_min", "rhythm_interval_min"},  # test_required
    "monitoring.device_clock": {"behind_s"},  # the reader of device messages
    "monitoring.recovery": {"after_antihypertensive_min", "settled_sbp_mmhg", "settled_dbp_mmhg", "settled_readings"},
    "monitoring.scores": {"watched_max"},
    "monitoring.alert_pause": {"t1_max_min", "technical_max_min"},  # test_decide
    "preflight.time_out": {"max_age_min"},
    "preflight.dose_check": {"max_age_min"},  # test_giving
    "orders.restarts": {"window_min"},  # test_dose_orders
    "preflight.nurse_load": {"first_session_counts"},  # test_decide
    "recovery.rescue_anchor": {"antihypertensive_min"},
    "recovery.gate.blood_pressure": {"max_age_min"},  # test_gates
}
ROW_LEVELS = ("soft_low_", "soft_high_", "cap_", "ceiling_")


def is_pinned_here(entry: Entry, name: str) -> bool:
    """Of a dose row the limits: starts, steps, devices, intervals and boluses are held by tests/therapy/plan and
    tests/therapy/session, and of a row for reference nothing decides."""
    return entry.kind != "dose" or (entry.data["orderable"] and name.startswith(ROW_LEVELS))


FIGURES = [
    pytest.param(entry, value.name, id=f"{entry.id}.{value.name}")
    for entry in ENTRIES
    if entry.cases and entry.id not in ELSEWHERE
    for value in entry.values
    if value.value is not None
    and is_pinned_here(entry, value.name)
    and value.name not in (*NOT_DECIDED.get(entry.id, ()), *HELD_ELSEWHERE.get(entry.id, ()))
]


@pytest.mark.parametrize(("entry", "name"), FIGURES)
def test_a_figure_that_is_changed_fails_a_case(entry: Entry, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def caught(factor: float) -> bool:
        values = tuple(
            v.model_copy(update={"value": (v.value or 0) * factor}) if v.name == name else v for v in entry.values
        )
        changed = entry.model_copy(update={"values": values})
        entries = tuple(changed if each is entry else each for each in PACKAGED.entries)
        monkeypatch.setitem(globals(), "BASE", replace(PACKAGED, edition="changed", entries=entries))
        return any(judged(changed, case) != case.expect for case in entry.cases)

    assert caught(1.5) or caught(0.5), "add a case on each side of this figure"
