"""Technical alerts: a feed that fell silent, a pressure or a look that is late. A gap is never shown as normal."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number, shown
from norket.therapy.session import away, required, unscored
from norket.therapy.session.criteria import rank
from norket.therapy.session.points import CLOCK, FEED, dead, placed
from norket.therapy.session.samples import Sample, Samples
from norket.therapy.session.schedule import (
    AFTER,
    INFUSING,
    PRESSURE,
    UNDER_DRUG,
    WATCHED,
    began,
    last_pressure_at,
    next_pressure_at,
    stale_after_s,
)
from norket.therapy.session.shapes import Tier
from norket.therapy.session.state import Alert, SessionState
from norket.therapy.session.watch_events import AlertRaised

OVERDUE = "monitoring.overdue"
OFF = away.RULE
RULES = (FEED, OVERDUE, CLOCK, OFF, required.RULE, unscored.RULE)
PAUSE = ".pause_prompt"
STAMP = "%Y%m%dT%H%M%S.%f"
Level = Literal["clear", "warn", "alert", "pause_prompt"]
TIERS: dict[Level, Tier] = {"warn": "T1", "alert": "T2", "pause_prompt": "T2"}
ADVICE: dict[Level, str] = {
    "warn": "Measure the blood pressure.",
    "alert": "Measure the blood pressure now; check cuff and tubing.",
    "pause_prompt": "Pause the pump until a blood pressure is known.",
}
NO_MONITOR = "monitor"
SPO2 = "spo2_percent"
REQUIRED = f"{FEED}.{SPO2}"
Wanted = tuple[str, float, AlertRaised]


def wanted(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """The technical alerts called for at `now`: what each speaks of, its rank, and the event."""
    if not away.waits(state, now):
        yield from _feeds(state, samples, now, base)
        yield from _saturation(state, samples, now, base)
    yield from required.wanted(state, samples, now, base)
    yield from _not_back(state, samples, now, base)
    yield from _clocks(samples, now, base)
    yield from _pressure(state, samples, now, base)
    yield from unscored.wanted(state, now, base)


def group(alert_id: str) -> str:
    """What a technical alert speaks of: the signal or the clock of a device, or the schedule of the blood pressure."""
    return next(
        (rule for rule in (OVERDUE, OFF, required.RULE, unscored.RULE) if alert_id.startswith(rule)),
        alert_id.rpartition(":")[0],
    )


def over(state: SessionState, alert: Alert, samples: Samples, now: datetime, base: KnowledgeBase) -> str:
    """Why a technical alert that is called for no more is over. A feed is back only when samples arrive again."""
    if alert.rule == OFF:
        return "back on the monitor"
    if alert.rule == required.RULE:
        return required.over(state, alert, samples, now, base)
    if away.waits(state, now) and alert.rule != CLOCK:
        return "off the monitor"
    if alert.rule == OVERDUE:
        return "a blood pressure was taken"
    if alert.rule == unscored.RULE:
        return "somebody looked"
    if alert.rule == CLOCK:
        return "the clocks agree"
    if not _has_feed(state):
        return "the monitor is off"
    living = {tail.channel for tail in _tails(samples) if not _is_dead(tail, now, base)}
    if group(alert.alert_id) == REQUIRED and alert.acknowledged_at is not None and _by_hand_until(state, now, base):
        return "the saturation is measured by hand"
    lost = set(_raised(state, alert).get("channels", ())) or living
    return "samples arrive again" if living and lost <= living else ""


def _raised(state: SessionState, alert: Alert) -> dict[str, Any]:
    """With what an alert was raised."""
    return next(
        (
            item.event.inputs
            for item in state.ledger
            if isinstance(item.event, AlertRaised) and item.event.alert_id == alert.alert_id
        ),
        {},
    )


def stamp(at: datetime) -> str:
    """An instant in an alert id, without a colon."""
    return at.strftime(STAMP)


def stamped(alert_id: str) -> datetime | None:
    """The instant in an alert id; None where its end is none."""
    try:
        return datetime.strptime(alert_id.rpartition(":")[2], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _told_anew(state: SessionState, since: datetime, now: datetime) -> datetime:
    """Since when a fault is told: from the end of the walk, where it began before."""
    back = away.came_back(state, now)
    return max(since, back) if back is not None else since


# ---- feeds ---------------------------------------------------------------------------------------------------------


def _has_feed(state: SessionState) -> bool:
    return state.phase in UNDER_DRUG or (state.phase in AFTER and bool(state.devices))


def _tails(samples: Samples) -> list[Sample]:
    """The last sample of each channel that comes by itself; the cuff follows its schedule."""
    return [tail[-1] for channel, tail in sorted(samples.items()) if tail and channel not in PRESSURE]


def _is_dead(tail: Sample, now: datetime, base: KnowledgeBase) -> bool:
    return bool(dead(tail.interval_s, (now - tail.received_at).total_seconds(), now, base))


def _feeds(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    if not _has_feed(state):
        return
    tails = _tails(samples)
    silent: dict[str, list[Sample]] = {}
    for tail in tails:
        if _is_dead(tail, now, base):
            silent.setdefault(tail.device, []).append(tail)
    for device, dead_tails in silent.items():
        channels = [tail.channel for tail in dead_tails]
        what = ", ".join(channel.split("_")[0] for channel in channels)
        last = _told_anew(state, min(tail.received_at for tail in dead_tails), now)
        yield _feed(state, device, f"No signal from {device}: {what}", last, base, channels)
    since, least = began(state), timedelta(seconds=number(base, FEED, "least_s", now))
    if not tails and state.devices and since is not None and now - since > least:
        told = _told_anew(state, since, now)
        yield _feed(state, NO_MONITOR, "No signal from the monitor", told, base, [SPO2])


def lost_since_answer(
    state: SessionState, alert: Alert, rule: Entry, samples: Samples, now: datetime, base: KnowledgeBase
) -> bool:
    """Whether the sign of a paused alert fell silent after somebody had answered it: what was seen then is no longer
    known, so the pause is over. A walk off the monitor is no such loss."""
    answered, tail = alert.acknowledged_at, samples.get(rule.data.get("channel", ""), ())
    if answered is None or alert.technical or not tail or tail[-1].channel in PRESSURE or away.waits(state, now):
        return False
    return _is_dead(tail[-1], now, base) and not _is_dead(tail[-1], answered, base)


def _not_back(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """Nobody has said that the patient is back, no sample came by the end of the time, nothing was measured by hand."""
    off = state.off_monitor
    if off is None or off.back_at is not None or state.phase not in WATCHED:
        return
    if not away.too_long((now - off.since) / timedelta(minutes=1), now, base):
        return
    came = any(not _is_dead(tail, off.until, base) for tail in _tails(samples))
    if came or any(reading.at > off.since for reading in state.readings):
        return
    event = AlertRaised(
        alert_id=f"{OFF}:{stamp(off.since)}",
        rule=OFF,
        tier="T2",
        technical=True,
        why=f"Off the monitor for more than {number(base, OFF, 'max_min', now):g} min",
        advice="Look for the patient; put the monitor on again.",
        figure=shown(base, OFF),
        inputs={"since": off.since.isoformat()},
    )
    yield OFF, rank("T2"), event


def _saturation(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """A saturation that no monitor ever sent is missed from the first drug to the end of the infusion, or to recovery.

    A monitor that sends nothing at all is told of as such. What is measured by hand is as good until its next is due:
    the alert says so, and once a person has answered it it does not come again before that.
    """
    tails, since = _tails(samples), began(state)
    if state.phase not in UNDER_DRUG or since is None or any(tail.channel == SPO2 for tail in tails):
        return
    sends = [tail for tail in tails if not _is_dead(tail, now, base)]
    if ((state.devices or tails) and not sends) or _is_missed(state):
        return
    by_hand_until = _by_hand_until(state, now, base)
    if now - since <= timedelta(seconds=number(base, FEED, "least_s", now)):
        return
    why = f"No SpO2 from {sends[0].device}" if sends else "No SpO2: no monitor is connected"
    why += ", measured by hand" if by_hand_until else ""
    seen = [at for at in _hand_saturations(state, now) if at >= since]
    lapsed = seen and not by_hand_until
    alert_id = f"{REQUIRED}:{stamp(_told_anew(state, seen[-1] if lapsed else since, now))}"
    if by_hand_until and any(a.alert_id == alert_id and a.acknowledged_at for a in state.alerts):
        return
    event = AlertRaised(
        alert_id=alert_id,
        rule=FEED,
        tier="T2",
        technical=True,
        why=why,
        advice="Put the oximeter on; until then measure by hand and record it.",
        figure=shown(base, FEED),
        inputs={"channels": [SPO2]},
    )
    yield group(event.alert_id), rank("T2"), event


def _is_missed(state: SessionState) -> bool:
    """Whether an open alert about a monitor that fell silent speaks of the saturation already."""
    return any(
        SPO2 in _raised(state, alert).get("channels", ())
        for alert in state.alerts
        if alert.rule == FEED and alert.cleared_at is None and group(alert.alert_id) != REQUIRED
    )


def _hand_saturations(state: SessionState, now: datetime) -> list[datetime]:
    return sorted(
        r.at for r in state.readings if r.vitals.spo2_percent is not None and not r.vitals.artefact and r.at <= now
    )


def _by_hand_until(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """Until when the latest saturation measured by hand stands, by the schedule; None when it is over or there is none.

    Grace is that of the blood pressure: a visit to the chair that is late is shown before it is an alert."""
    taken = _hand_saturations(state, now)
    if not taken:
        return None
    late = timedelta(minutes=number(base, OVERDUE, "alert_min", now))
    until = taken[-1] + timedelta(seconds=stale_after_s(state, SPO2, None, now, base)) + late
    return until if now < until else None


def _feed(
    state: SessionState,
    device: str,
    why: str,
    since: datetime,
    base: KnowledgeBase,
    channels: Sequence[str] = (),
) -> Wanted:
    """It sounds while drug runs; afterwards it is shown."""
    tier: Tier = "T2" if state.phase in UNDER_DRUG else "T1"
    event = AlertRaised(
        alert_id=f"{FEED}:{device}:{stamp(since)}",
        rule=FEED,
        tier=tier,
        technical=True,
        why=why,
        advice="Look at the patient, then at sensor and cable.",
        figure=shown(base, FEED),
        inputs={"device": device, "channels": list(channels)},
    )
    return group(event.alert_id), rank(tier), event


# ---- clocks --------------------------------------------------------------------------------------------------------


def skewed(skew_s: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a device clock differs from ours by more than is trusted, either way."""
    return abs(skew_s) > number(base, CLOCK, "skew_s", now)


def _clocks(samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """One silent alert for each device whose clock is off; its samples stay where they are."""
    lasts = {tail[-1].device: tail[-1] for _, tail in sorted(samples.items()) if tail}
    for device, last in lasts.items():
        skew_s = (last.at - last.received_at).total_seconds()
        if skewed(skew_s, now, base):
            event = AlertRaised(
                alert_id=f"{CLOCK}:{device}:{stamp(last.received_at)}",
                rule=CLOCK,
                tier="T1",
                technical=True,
                why=f"The clock of {device} is off by {skew_s:.0f} s",
                advice="Set the clock of the monitor.",
                figure=shown(base, CLOCK),
                inputs={"device": device, "skew_s": skew_s},
            )
            yield group(event.alert_id), rank("T1"), event


# ---- blood pressure ------------------------------------------------------------------------------------------------


def overdue_level(overdue_min: float, since_last_min: float, now: datetime, base: KnowledgeBase) -> Level:
    """How late a blood pressure is: `overdue_min` after it was due, `since_last_min` after the last one.

    The last one's own limit counts whatever its schedule says: nobody infuses for longer without a pressure.
    """
    if since_last_min >= number(base, OVERDUE, "pause_prompt_since_last_min", now):
        return "pause_prompt"
    if overdue_min < number(base, OVERDUE, "warn_min", now):
        return "clear"
    if overdue_min >= number(base, OVERDUE, "pause_prompt_min", now):
        return "pause_prompt"
    return "alert" if overdue_min >= number(base, OVERDUE, "alert_min", now) else "warn"


def _pressure(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    samples = placed(samples, now, base)
    due_at = next_pressure_at(state, samples, now, base)
    if due_at is None:
        return
    last = max(
        filter(None, (last_pressure_at(state, samples, now), *(part.start for part in state.segments[:1]))),
        default=due_at,
    )
    overdue_min, since_min = ((now - at) / timedelta(minutes=1) for at in (due_at, last))
    if state.phase in INFUSING:
        level = overdue_level(overdue_min, since_min, now, base)
    else:  # there is no pump to pause any more
        level = overdue_level(overdue_min, 0.0, now, base)
        level = "alert" if level == "pause_prompt" else level
    if level == "clear" or (level != "pause_prompt" and away.waits(state, now)):
        return
    event = AlertRaised(
        alert_id=f"{OVERDUE}.{level}:{stamp(_told_anew(state, due_at, now))}",
        rule=OVERDUE,
        tier=TIERS[level],
        technical=True,
        why=f"Blood pressure is {overdue_min:.0f} min late",
        advice=ADVICE[level],
        figure=shown(base, OVERDUE),
        inputs={"due_at": due_at.isoformat(), "overdue_min": round(overdue_min, 1)},
    )
    yield OVERDUE, rank(TIERS[level]) + (level == "pause_prompt") / 2, event
