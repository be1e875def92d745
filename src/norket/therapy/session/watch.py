"""The watch over a session: what its state and the latest samples ask for at one instant, as events.

Pure: the same state, samples and instant always give the same events, and once they are in the ledger the next look
gives none. One alert an episode: of several criteria of one sign in one direction only the highest stands.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.actor import SYSTEM
from norket.therapy.cite import number, shown
from norket.therapy.instant import utc
from norket.therapy.session import events as e
from norket.therapy.session import failed_site, limits, matters, shapes, technical
from norket.therapy.session import pump_events as p
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import (
    Owned,
    cleared,
    criteria,
    group_of,
    judge,
    limit,
    met,
    needs_met,
    rank,
)
from norket.therapy.session.delivered import delivered_mg, planned_end
from norket.therapy.session.dosing import reading_objections
from norket.therapy.session.endings import CANNULA_RULE
from norket.therapy.session.fold import evolve
from norket.therapy.session.leaving import LEFT_RULE
from norket.therapy.session.ledger import standing
from norket.therapy.session.matters import SERIOUS, Candidate
from norket.therapy.session.points import Points
from norket.therapy.session.samples import UNITS, Samples, short
from norket.therapy.session.schedule import AFTER, OBSERVING
from norket.therapy.session.state import OVER, Alert, SessionState

REPORTS = ("event", "serious", "concern", "flag")
FIRST, LATE = ".first", ".late"
REPORTED = "reports"  # the figure that counts how often something was reported
PROMPT = 0.5  # of a rank: a prompt stands below the alert that it announces and above the tier beneath
EMERGENCE = "recovery.delayed_emergence"
PERCENT = 100.0
AWAKE = 5  # the top of MOAA/S, by its definition
LEFT = "left"
AFTER_END = "escalation.t2.flag_session_ended"
GONE = ("discharged", "transferred")
LASTING = ("T2", "T3")


def due(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[e.Decided, ...]:
    """The events that the watch adds at `now`: the end of the infusion, limits of this patient that ran out, alerts
    cleared, raised, escalated, re-armed."""
    now = utc(now)
    over = [*_completed(state, now, base), *(limits.expired(state, now) if is_watched(state) else ())]
    for decided in over:
        state = _with(state, decided, now)
    return (*over, *(e.Decided(at=now, event=event) for event in _alerts(state, samples, now, base)))


def _with(state: SessionState, decided: e.Decided, now: datetime) -> SessionState:
    """The state as it will be once `decided` stands in the ledger."""
    recorded = e.Recorded(
        session=state.session,
        n=state.version + 1,
        at=decided.at,
        recorded_at=now,
        by=SYSTEM.id,
        command_id="",
        event=decided.event,
    )
    return evolve(state, recorded)


def _completed(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[e.Decided]:
    """The end of what was programmed. While the pump counts otherwise a person says that it stands."""
    end = planned_end(state, now) if state.phase == "running" else None
    doubted = bool(state.pump_readings) and not state.pump_readings[-1].agrees
    if end is not None and end <= now and not (doubted and any(reading_objections(state, now, base))):
        given_mg = delivered_mg(state, end)
        event = p.InfusionStopped(reason="programmed volume has run", complete=True, delivered_mg=given_mg)
        yield e.Decided(at=end, event=event)


def _alerts(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[e.Event]:
    open_ = [alert for alert in state.alerts if alert.cleared_at is None]
    points, own = Points(state, samples, now, base), limits.own(state, now)
    called = _wanted(state, points, samples, now, base, own) if is_watched(state) else _kept(state, open_, now, base)
    wanted = [c for c in called if _outlives(state, c.event)]
    highest = matters.highest(wanted)
    kept: list[Alert] = []
    for alert in open_:
        why = _over(state, alert, highest.get(_group(alert, base)), points, samples, now, base, own)
        if why:
            yield o.AlertCleared(alert_id=alert.alert_id, why=why)
        else:
            kept.append(alert)
            lost = technical.lost_since_answer(state, alert, base.entry(alert.rule), samples, now, base)
            yield from (o.AlertRearmed(alert_id=alert.alert_id),) if lost else _unanswered(alert, now, base)
    open_groups = {_group(alert, base) for alert in kept}
    for group, candidate in sorted(highest.items(), key=lambda one: one[1].rank):  # the gravest is the latest
        if group not in open_groups and not _had(state, candidate, base):
            yield candidate.event


def _had(state: SessionState, candidate: Candidate, base: KnowledgeBase) -> bool:
    """Whether this episode has had its alert: the same one, or one as high about the same report."""
    report = candidate.group.startswith(tuple(f"{channel}:" for channel in REPORTS))
    return any(
        alert.alert_id == candidate.event.alert_id
        or (report and _group(alert, base) == candidate.group and _rank(alert) >= candidate.rank)
        for alert in state.alerts
    )


def is_watched(state: SessionState) -> bool:
    """From the cannula to the door, and beyond it when the patient left before the discharge."""
    cannula = state.preflight.get("cannula_in")
    placed = cannula is not None and cannula.answer == "yes"
    return state.phase not in GONE and (placed or bool(state.segments or state.boluses or state.other_doses))


def _outlives(state: SessionState, alert: Alert | o.AlertRaised) -> bool:
    """Whether this alert may be open in the phase of the session.

    Whoever left before the discharge took the danger along: the clinical T2 and T3 stay open and go further. So does
    the call for drug that was recorded after any end."""
    if state.phase not in OVER or alert.rule == AFTER_END:
        return True
    return state.phase == LEFT and alert.tier in LASTING and not alert.technical


def _kept(state: SessionState, open_: list[Alert], now: datetime, base: KnowledgeBase) -> Iterator[Candidate]:
    """What stays called for of somebody whom nobody watches any more; nothing rises of it."""
    ids = {alert.alert_id for alert in open_}
    if any(alert.rule == AFTER_END for alert in open_):
        found = reports(state, base.entry(AFTER_END), standing_reports(state, matters.FLAG), {}, now, base)
        yield from (one for one in found if one.event.alert_id in ids)


# ---- what is called for --------------------------------------------------------------------------------------------


def _wanted(
    state: SessionState,
    points: Points,
    samples: Samples,
    now: datetime,
    base: KnowledgeBase,
    own: Owned,
) -> Iterator[Candidate]:
    known = known_values(state, points)
    watched, told = _watched_from(state), {channel: standing_reports(state, channel) for channel in REPORTS}
    seen_until = min(now, state.ended_at) if state.phase == LEFT and state.ended_at else now  # nobody looks on
    for rule in criteria(base):
        channel = rule.data["channel"]
        if channel in REPORTS:
            yield from reports(state, rule, told[channel], known, now, base)
        elif channel != "cannula_in":
            yield from _numbers(state, rule, points, known, seen_until, base, own)
            yield from _entered_late(state, rule, points, watched, now, base, own)
    yield from _not_awake(state, now, base)
    yield from (Candidate(*wanted) for wanted in failed_site.wanted(state, base))
    yield from (Candidate(*wanted) for wanted in technical.wanted(state, samples, now, base))


def _numbers(
    state: SessionState,
    rule: Entry,
    all_points: Points,
    known: Mapping[str, Any],
    now: datetime,
    base: KnowledgeBase,
    own: Owned,
) -> Iterator[Candidate]:
    channel = rule.data["channel"]
    points, held_to = all_points.of(channel), all_points.held_to(channel)
    verdict = judge(rule, points, known, now, base, held_to and min(held_to, now), own)
    if verdict not in ("fires", "pause_and_repeat"):
        return
    latest, unit = points[-1], UNITS.get(rule.data["channel"], "")
    changed = limits.changed_at(state, rule.id, now)
    episode = technical.stamp(max(latest.at, changed) if changed else latest.at)
    figure = f"{limit(rule, base, now, own):g} {unit} for this patient; clinic: " if rule.id in own else ""
    what = f"{short(rule.data['channel'])} {latest.value:g} {unit}".strip()
    tier, name = rule.data["tier"], rule.id
    if verdict == "pause_and_repeat":
        minutes = rule.data["repeat_within_min"]
        advice = f"Pause the pump and measure again within {minutes:g} min."
        event = _raised(
            rule,
            f"{rule.id}{FIRST}",
            episode,
            base,
            why=f"{what}: first reading",
            inputs={"value": latest.value},
            advice=advice,
            figure=figure,
        )
        yield Candidate(group_of(rule), rank(tier) - PROMPT, event)
        return
    event = _raised(rule, name, episode, base, why=what, inputs={"value": latest.value}, figure=figure)
    yield Candidate(group_of(rule), rank(tier), event)


def _entered_late(
    state: SessionState,
    rule: Entry,
    all_points: Points,
    watched: datetime | None,
    now: datetime,
    base: KnowledgeBase,
    own: Owned,
) -> Iterator[Candidate]:
    """The latest emergency value taken by hand that later values have passed and that never had an alert."""
    if rule.data["tier"] != "T3" or watched is None:
        return
    by_hand = all_points.by_hand(rule.data["channel"])
    grave = {point for point in by_hand if watched <= point.at and met(point.value, rule, base, now, own)}
    passed = [
        point
        for point, after in (pairwise(all_points.of(rule.data["channel"])) if grave else ())
        if point in grave
        and not met(after.value, rule, base, now, own)
        and (after.at - point.at).total_seconds() >= float(rule.data["for_s"])
    ]
    for point in passed[-1:]:
        name, unit = f"{rule.id}{LATE}", UNITS.get(rule.data["channel"], "")
        if not any(_had_alert(alert, rule, point.at) for alert in state.alerts if name not in alert.alert_id):
            why = f"{short(rule.data['channel'])} {point.value:g} {unit}".strip() + ", entered late"
            event = _raised(
                rule,
                name,
                technical.stamp(point.at),
                base,
                why=why,
                inputs={"value": point.value},
                advice="Look at the patient now; tell the prescriber what was measured and when.",
            )
            yield Candidate(f"{group_of(rule)}{LATE}", rank(rule.data["tier"]), event)


def _had_alert(alert: Alert, rule: Entry, at: datetime) -> bool:
    """Whether this alert spoke of the value of that instant: it had begun with it or before, and was still open."""
    begun = min(alert.raised_at, technical.stamped(alert.alert_id) or alert.raised_at)
    return alert.rule == rule.id and begun <= at and (alert.cleared_at is None or at < alert.cleared_at)


def _watched_from(state: SessionState) -> datetime | None:
    """Since when the session is watched: the cannula, or the first drug."""
    cannula = state.preflight.get("cannula_in")
    placed = [cannula.at] if cannula is not None and cannula.answer == "yes" else []
    return min(
        (
            *placed,
            *(part.start for part in state.segments[:1]),
            *(b.at for b in state.boluses[:1]),
            *(dose.at for dose in state.other_doses[:1]),
        ),
        default=None,
    )


def reports(
    state: SessionState,
    rule: Entry,
    told: list[tuple[int, str]],
    known: Mapping[str, Any],
    now: datetime,
    base: KnowledgeBase,
) -> Iterator[Candidate]:
    """Symptoms and calls: at any number. When a need is not known, the higher tiers take it for met."""
    for n, code in told:
        if code != rule.data["code"]:
            continue
        told_of = graded(state, n) | {"reports": reported(state, code, n), "moaas": _sedation_at(state, n, now, base)}
        needs = needs_met(rule, {**known, **told_of}, base, now)
        if needs or (needs is None and rule.data["tier"] != "T1"):
            why = rule.statement.rstrip(".")
            event = _raised(rule, rule.id, str(n), base, why=why, inputs={rule.data["channel"]: code})
            yield Candidate(f"{matters.spoken_of(rule)}:{n}", rank(rule.data["tier"]), event)


def graded(state: SessionState, n: int) -> dict[str, Any]:
    """The grade of report `n`, and whether it needs a hospital; nothing where it is no event."""
    found = next((a for a in state.adverse if a.n == n), None)
    return {"grade": found.grade, "hospital": found.hospital} if found else {}


def _sedation_at(state: SessionState, n: int, now: datetime, base: KnowledgeBase) -> int | None:
    """How awake the patient was when event `n` was seen, or as looked at since: an older look than the schedule has
    it, and one from before the drug, says nothing of it."""
    found = next((a for a in state.adverse if a.n == n), None)
    after = state.phase in AFTER
    minutes = number(base, "monitoring.recovery" if after else "monitoring.scores", "interval_min", now)
    looked = [found.at - timedelta(minutes=minutes)] if found is not None else []
    drug = [*(part.start for part in state.segments[:1]), *(bolus.at for bolus in state.boluses)]
    return _sedation(state, max((*looked, *drug, *(dose.at for dose in state.other_doses)), default=None))


def standing_reports(state: SessionState, channel: str) -> list[tuple[int, str]]:
    """Number and code of the reports of a channel that are not over; a later `resolved` ends the earlier ones."""
    if channel == "concern":
        return [(concern.n, concern.concern) for concern in state.concerns]
    if channel == "flag":
        return [(fact.n, flag) for fact in standing(state.ledger) for flag in getattr(fact.event, "flags", ())]
    over = {a.event: a.at for a in state.adverse if a.resolved}
    named = channel == SERIOUS
    return [
        (a.n, SERIOUS if named else a.event)
        for a in state.adverse
        if not a.resolved and (a.event not in over or a.at > over[a.event])
    ]


def reported(state: SessionState, event: str, n: int) -> int:
    """How often `event` has been reported in this session, up to and with report `n`."""
    calls = sum(c.concern == event and c.n <= n for c in state.concerns)
    return calls + sum(a.event == event and not a.resolved and a.n <= n for a in state.adverse)


def delayed(since_stop_min: float, awake_oriented: bool | None, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a patient should have been awake and oriented by now (minutes since the stop) and is not known to be."""
    return awake_oriented is not True and since_stop_min >= number(base, EMERGENCE, "after_stop_min", now)


def _not_awake(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Candidate]:
    since = _last_drug(state)
    if state.phase not in (*AFTER, OBSERVING) or since is None:
        return
    if delayed((now - since) / timedelta(minutes=1), _awake(state), now, base):
        rule = base.entry(EMERGENCE)
        event = _raised(
            rule,
            EMERGENCE,
            technical.stamp(since),
            base,
            why=rule.statement.rstrip("."),
            inputs={},
            advice="The prescriber reviews now; then transfer.",
        )
        yield Candidate(EMERGENCE, rank(rule.data["tier"]), event)


def _last_drug(state: SessionState) -> datetime | None:
    """When the last drug of the session was over: the pump stopped, or a dose or a bolus after it."""
    return max(filter(None, (state.stopped_at, *state.anchors)), default=None)


def _awake(state: SessionState) -> bool | None:
    """Awake and oriented as last recorded since the last drug; None when that was not looked at.

    A watched score stands for the spoken scale: 0 is awake."""
    oriented, sedation = state.gates.get("oriented"), _sedation(state, _last_drug(state))
    seen = ([oriented.answer == "yes"] if oriented and oriented.answer != "unknown" else []) + (
        [sedation == AWAKE] if sedation is not None else []
    )
    return all(seen) if seen else None


def _raised(
    rule: Entry,
    name: str,
    episode: str,
    base: KnowledgeBase,
    *,
    why: str,
    inputs: dict[str, Any],
    tier: shapes.Tier | None = None,
    advice: str | None = None,
    figure: str = "",
) -> o.AlertRaised:
    return o.AlertRaised(
        alert_id=f"{name}:{episode}",
        rule=rule.id,
        tier=tier or rule.data["tier"],
        technical=bool(rule.data.get("technical", False)),
        why=why,
        advice=advice or str(rule.data.get("advice", "")),
        figure=(figure + shown(base, rule.id)) if figure else _bounds(rule, base),
        inputs=inputs,
        sources=tuple(source.key for source in rule.sources),
    )


def _bounds(rule: Entry, base: KnowledgeBase) -> str:
    """The figures of a criterion as one reads them beside what was measured: named as a limit, a count in words."""
    counted = next((value for value in rule.values if value.name == REPORTED and value.value is not None), None)
    if counted is not None:
        return f"reported {counted.value:g} times"
    told = shown(base, rule.id)
    plain = rule.data.get("channel") in UNITS and any(value.name == "value" for value in rule.values)
    return f"limit {told}" if plain else told


def known_values(state: SessionState, points: Points) -> dict[str, Any]:
    """What the needs of the criteria may ask: rise above the own baseline (%), sedation since the start, phase."""
    known: dict[str, Any] = {"phase": state.phase, "moaas": _sedation(state, state.first_drug_at)}
    baseline, pressures = state.baseline.vitals.sbp_mmhg if state.baseline else None, points.of("sbp_mmhg")
    if baseline and pressures:
        known["rise_percent"] = (pressures[-1].value - baseline) / baseline * PERCENT
    return known


def _sedation(state: SessionState, since: datetime | None) -> int | None:
    """The latest MOAA/S from `since` on; a later watched score stands for it: awake is 5, drowsy 4."""
    readings = [(r.at, r.value) for r in state.scores.get("moaas", ()) if since is None or r.at >= since]
    readings += [
        (r.at, AWAKE if r.value == 0 else AWAKE - 1)
        for r in state.scores.get("watched_sedation", ())
        if since is None or r.at >= since
    ]
    return max(readings)[1] if readings else None


# ---- what is over --------------------------------------------------------------------------------------------------


def _group(alert: Alert, base: KnowledgeBase) -> str:
    """What an open alert speaks of, read back from its rule and id."""
    if alert.rule in technical.RULES:
        return technical.group(alert.alert_id)
    rule = base.entry(alert.rule)
    if alert.rule in (EMERGENCE, LEFT_RULE, failed_site.RULE):
        return alert.rule
    if rule.data["channel"] in REPORTS:
        return f"{matters.spoken_of(rule)}:{alert.alert_id.rpartition(':')[2]}"
    late = LATE if _is_late(alert) else ""
    return group_of(rule) + late if rule.data["comparison"] != "is" else alert.rule


def _is_late(alert: Alert) -> bool:
    return alert.alert_id.startswith(f"{alert.rule}{LATE}:")


def _rank(alert: Alert) -> float:
    return rank(alert.tier) - PROMPT * (FIRST in alert.alert_id) + PROMPT * (technical.PAUSE in alert.alert_id)


def _over(
    state: SessionState,
    alert: Alert,
    wanted: Candidate | None,
    points: Points,
    samples: Samples,
    now: datetime,
    base: KnowledgeBase,
    own: Owned,
) -> str:
    """Why an open alert is over, or nothing while it stands."""
    if alert.rule == CANNULA_RULE:
        out = state.gates.get("cannula_removed")
        return "the cannula is out" if out is not None and out.answer == "yes" else ""
    if not _outlives(state, alert):
        return "the session is over"
    if alert.rule == LEFT_RULE:
        return "the prescriber was reached" if state.way_out.reached("prescriber", alert.raised_at) else ""
    if alert.rule == failed_site.RULE:
        return failed_site.over(state)
    rule = base.entry(alert.rule)
    if rule.data.get("channel") in REPORTS and _answered(alert, rule, now):
        return "answered"
    if wanted is not None and wanted.rank > _rank(alert):
        return f"{wanted.event.tier} took its place"
    if wanted is not None and wanted.rank == _rank(alert) and not _is_late(alert):
        return ""
    if alert.rule in technical.RULES:
        return technical.over(state, alert, samples, now, base)
    if alert.rule == EMERGENCE:
        return "awake and oriented" if _awake(state) else ""
    if rule.data["channel"] in REPORTS:
        return "" if wanted is not None else "resolved or taken back"
    if _is_late(alert):
        return _late_over(alert, rule, points, now)
    back = cleared(rule, points.of(rule.data["channel"]), now, base, own)
    return "back past the limit" if back else ""


def _late_over(alert: Alert, rule: Entry, points: Points, now: datetime) -> str:
    """A value entered late is over when a person has seen it, or when it is taken back."""
    at = technical.stamped(alert.alert_id)
    if not any(point.at == at for point in points.by_hand(rule.data["channel"])):
        return "taken back"
    return "seen" if alert.paused_until is not None and alert.paused_until <= now else ""


def _answered(alert: Alert, rule: Entry, now: datetime) -> bool:
    """A call, or a symptom of the lowest tier, is over when a person answered it by name and the pause has run.

    A symptom of a higher tier stays until it is recorded as resolved or taken back."""
    lasting = matters.spoken_of(rule) == "event" and alert.tier in LASTING
    return not lasting and alert.paused_until is not None and alert.paused_until <= now


# ---- what nobody answered ------------------------------------------------------------------------------------------


def _unanswered(alert: Alert, now: datetime, base: KnowledgeBase) -> Iterator[e.Event]:
    if alert.acknowledged_at is not None:
        if alert.paused_until is not None and alert.paused_until <= now:
            yield o.AlertRearmed(alert_id=alert.alert_id)
        return
    entry = base.find(f"escalation.unacknowledged.{alert.tier.lower()}")
    silent = now - (alert.rearmed_at or alert.raised_at)
    for step, going in enumerate(entry.data["steps"] if entry else (), start=1):
        after = timedelta(seconds=number(base, entry.id, going["after"], now)) if entry else timedelta.max
        if silent >= after and alert.escalation_step < step:
            yield o.AlertEscalated(alert_id=alert.alert_id, step=step, to=", ".join(going["to"]))
