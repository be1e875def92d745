"""When what is due: the next blood pressure, the next score, the end of the infusion, the earliest way home.

All of it is arithmetic of instants from the ledger; the intervals stand in the knowledge entries `monitoring.*` and
`recovery.*`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session import adverse, clocks, naming, required
from norket.therapy.session.criteria import Point, distinct
from norket.therapy.session.delivered import planned_end
from norket.therapy.session.looking import looks, missing_escort
from norket.therapy.session.observing import next_device_at
from norket.therapy.session.observing import pressure_due as pressure_due_after
from norket.therapy.session.samples import Samples, latest
from norket.therapy.session.state import SessionState

USUAL = "monitoring.blood_pressure"
PRESSURE = ("sbp_mmhg", "dbp_mmhg")
INFUSING = ("running", "paused")
OBSERVING = "observing"
UNDER_DRUG = (*INFUSING, OBSERVING)
AFTER = ("stopped", "recovery")
WATCHED = (*UNDER_DRUG, *AFTER)
SECONDS_PER_MINUTE = 60.0


class Item(NamedTuple):
    """One thing to do at `due_at`."""

    what: str
    label: str
    due_at: datetime


def _minutes(base: KnowledgeBase, entry: str, name: str, now: datetime) -> timedelta:
    return timedelta(minutes=number(base, entry, name, now))


def last_pressure_at(state: SessionState, samples: Samples, now: datetime) -> datetime | None:
    """When the latest trustworthy systolic pressure was taken, by cuff or by hand."""
    sample = latest(samples, "sbp_mmhg", now)
    hands = [r.at for r in state.readings if r.vitals.sbp_mmhg is not None and not r.vitals.artefact and r.at <= now]
    return max((*hands, *([sample.at] if sample else [])), default=None)


def plan_of(state: SessionState, base: KnowledgeBase) -> str:
    """The monitoring that the protocol row of the order names; a pump without an order is watched as usual."""
    row = base.find(state.order.dose_row) if state.order else None
    return str(row.data.get("monitoring", USUAL)) if row is not None and row.kind == "dose" else USUAL


def plans(base: KnowledgeBase) -> tuple[Entry, ...]:
    """The plans of monitoring: entries that say what each stage of a row asks for."""
    return tuple(entry for entry in base.of_kind("figure") if "stages" in entry.data)


def pressure_due(
    last: datetime | None,
    changes: tuple[datetime, ...],
    now: datetime,
    base: KnowledgeBase,
    rule: str = USUAL,
    *,
    first_session: bool = False,
) -> datetime:
    """When the next pressure of a running session is due by the plan `rule`: closely for some minutes after the start
    and each change of rate (`changes`, oldest first), for longer after the start of a first session, then further
    apart. A reading from before the start sets no rhythm; with no reading at all it was due at the start."""
    first, later = _minutes(base, rule, "first_interval_min", now), _minutes(base, rule, "later_interval_min", now)
    if last is None:
        return min(changes, default=now)
    if changes and last < changes[0]:
        return changes[0] + first
    window = _minutes(base, rule, "first_window_min", now)
    close = any(change <= last < change + window for change in changes)
    if first_session and changes:
        close = close or last < changes[0] + _minutes(base, rule, "first_session_window_min", now)
    after = [change + first for change in changes if change > last]
    return min((last + (first if close else later), *after))


def next_pressure_at(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> datetime | None:
    """When the next blood pressure is due; None before the start and after the end."""
    last = last_pressure_at(state, samples, now)
    if state.phase in INFUSING and state.segments:
        starts, first = (
            tuple(part.start for part in state.segments),
            state.plan is not None and state.plan.first_session,
        )
        planned = pressure_due(last, starts, now, base, plan_of(state, base), first_session=first)
        if last is None or not _pressure_unsettled(state, samples, now, base):
            return planned
        return min(planned, last + _minutes(base, "monitoring.recovery", "after_antihypertensive_min", now))
    if state.phase == OBSERVING:
        return min(_after_single(state, samples, last, now, base), default=None)
    if state.phase in AFTER:
        name = "after_antihypertensive_min" if _pressure_unsettled(state, samples, now, base) else "interval_min"
        since = max(filter(None, (last, state.stopped_at)), default=now)
        return since + _minutes(base, "monitoring.recovery", name, now)
    return None


def _after_single(
    state: SessionState, samples: Samples, last: datetime | None, now: datetime, base: KnowledgeBase
) -> Iterator[datetime]:
    """When the pressure is due after doses without a pump by their route, and after a bolus as after a start."""
    if state.other_doses:
        dosed = [timed.at for timed in state.other_doses]
        route = state.other_doses[-1].dose.route
        yield pressure_due_after(route, dosed, pressure_pairs(state, samples, now), now, base)
    if state.boluses:
        yield pressure_due(last, tuple(bolus.at for bolus in state.boluses), now, base, plan_of(state, base))


def pressure_pairs(state: SessionState, samples: Samples, now: datetime) -> list[tuple[datetime, float, float]]:
    """Systolic and diastolic (mmHg) of one instant, oldest first, by hand and by cuff; artefacts are left out."""
    hands = [
        (r.at, r.vitals.sbp_mmhg, r.vitals.dbp_mmhg)
        for r in state.readings
        if r.vitals.sbp_mmhg is not None and r.vitals.dbp_mmhg is not None and not r.vitals.artefact and r.at <= now
    ]
    low = {s.at: s.value for s in samples.get("dbp_mmhg", ()) if not s.artefact}
    cuffs = [
        (s.at, s.value, low[s.at])
        for s in samples.get("sbp_mmhg", ())
        if not s.artefact and s.at in low and s.at <= now
    ]
    return sorted((*hands, *cuffs))


def _pressure_unsettled(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a drug that lowers pressure was given and too few settled readings have followed."""
    given = [timed.at for timed in state.rescues if timed.rescue.rescue_class == "antihypertensive"]
    if not given:
        return False
    rule = "monitoring.recovery"
    sbp, dbp = number(base, rule, "settled_sbp_mmhg", now), number(base, rule, "settled_dbp_mmhg", now)
    settled = [
        Point(at, high)
        for at, high, low in pressure_pairs(state, samples, now)
        if at >= max(given) and high < sbp and low < dbp
    ]
    return len(distinct(settled, now, base)) < number(base, rule, "settled_readings", now)


def next_score_at(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """When watched sedation is due again."""
    since = began(state)
    if state.phase not in WATCHED or since is None:
        return None
    entry = "monitoring.scores" if state.phase in UNDER_DRUG else "monitoring.recovery"
    seen = [reading.at for name in ("watched_sedation", "moaas") for reading in state.scores.get(name, ())]
    return max((*seen, since)) + _minutes(base, entry, "interval_min", now)


def began(state: SessionState) -> datetime | None:
    """When the drug of the session began, by whatever route."""
    return state.first_drug_at


def clock_from(state: SessionState) -> datetime | None:
    """The anchor of the recovery clock: the last drug of the session, by any route."""
    return max(state.anchors, default=None)


def earliest_discharge(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """The minimum observation from the anchor, and the extra time after each rescue medicine; the latest end counts.

    A rescue of unknown class is taken for the one that asks for the longest time. None while the drug still runs.
    """
    anchor = clock_from(state)
    if anchor is None or state.phase in INFUSING:
        return None
    return max(reason.until for reason in clocks.reasons(state, now, base))


def stale_after_s(
    state: SessionState,
    channel: str,
    interval_s: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> float:
    """The age (s) from which a value is old news: three of its channel's own intervals, never under the least time; for
    blood pressure and what is taken by hand, the interval of its schedule."""
    if interval_s is not None and channel not in PRESSURE:
        rule = "monitoring.feed_dead"
        return max(interval_s * number(base, rule, "intervals", now), number(base, rule, "least_s", now))
    entry, name = (
        ("monitoring.recovery", "interval_min")
        if state.phase in AFTER
        else ("monitoring.blood_pressure", "later_interval_min")
    )
    return number(base, entry, name, now) * SECONDS_PER_MINUTE


def _after_sedative(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Item]:
    """The spoken sedation scale, close together for as long as a sedative prolongs the observation."""
    given = [timed.at for timed in state.rescues if timed.rescue.may_sedate and timed.at <= now]
    rule = "monitoring.after_sedative"
    if state.phase not in WATCHED or not given or now - max(given) > _minutes(base, rule, "for_min", now):
        return
    spoken = [reading.at for reading in state.scores.get("moaas", ())]
    at = max((*spoken, max(given))) + _minutes(base, rule, "interval_min", now)
    yield Item("moaas", "MOAA/S after the sedative", at)


def _calls(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Item]:
    """Looking again at a frightened patient, and the manager for an escort who did not come."""
    reports = [c.at for c in state.concerns if c.concern in ("distress", "frightened")]
    reports += [a.at for a in state.adverse if a.event in ("anxiety", "panic") and not a.resolved]
    looks = [reading.at for reading in state.scores.get("watched_distress", ())]
    if state.phase in WATCHED and reports and not any(at > max(reports) for at in looks):
        at = max(reports) + _minutes(base, "monitoring.frightened", "recheck_min", now)
        yield Item("distress_recheck", "Look again: distress", at)
    if state.phase in WATCHED:
        yield from (Item(*due) for due in missing_escort(state, now, base))


def upcoming(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Item, ...]:
    """What is next, soonest first."""
    return tuple(sorted(_items(state, samples, now, base), key=lambda item: item.due_at))


def _door(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """The earliest way home, once no more drug is to come."""
    waiting = state.phase == OBSERVING and next_device_at(state, now, base) is None
    return earliest_discharge(state, now, base) if waiting or state.phase in AFTER else None


def _items(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Item]:
    yield from _calls(state, now, base)
    yield from (Item(*one) for one in naming.due(state))
    yield from (Item(*due) for due in adverse.due(state, now, base))
    yield from _after_sedative(state, now, base)
    dated = (
        ("blood_pressure", "Blood pressure", next_pressure_at(state, samples, now, base)),
        ("watched_sedation", "Watched sedation", next_score_at(state, now, base)),
        ("next_device", "Next device", next_device_at(state, now, base)),
        ("rhythm", "Rhythm on the ECG", required.rhythm_due(state, now, base)),
        ("infusion_end", "End of the infusion", planned_end(state, now) if state.phase == "running" else None),
        ("discharge", "Earliest discharge", _door(state, now, base)),
    )
    yield from (Item(what, label, at) for what, label, at in dated if at is not None)
    yield from (Item(*due) for due in looks(state, samples, now, base))
