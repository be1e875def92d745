"""Technical alerts: a feed that fell silent, a blood pressure that is late. A gap is never shown as normal."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number, shown
from norket.therapy.session.criteria import rank
from norket.therapy.session.events import AlertRaised, Tier
from norket.therapy.session.points import CLOCK, FEED, dead
from norket.therapy.session.samples import Sample, Samples
from norket.therapy.session.schedule import AFTER, INFUSING, PRESSURE, last_pressure_at, next_pressure_at
from norket.therapy.session.state import Alert, SessionState

OVERDUE = "monitoring.overdue"
RULES = (FEED, OVERDUE, CLOCK)
PAUSE = ".pause_prompt"
Level = Literal["clear", "warn", "alert", "pause_prompt"]
TIERS: dict[Level, Tier] = {"warn": "T1", "alert": "T2", "pause_prompt": "T2"}
ADVICE: dict[Level, str] = {
    "warn": "Measure the blood pressure.", "alert": "Measure the blood pressure now; check cuff and tubing.",
    "pause_prompt": "Pause the pump until a blood pressure is known.",
}
NO_MONITOR = "monitor"
Wanted = tuple[str, float, AlertRaised]


def wanted(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """The technical alerts called for at `now`: what each speaks of, its rank, and the event."""
    yield from _feeds(state, samples, now, base)
    yield from _clocks(samples, now, base)
    yield from _pressure(state, samples, now, base)


def group(alert_id: str) -> str:
    """What a technical alert speaks of: the signal or the clock of a device, or the schedule of the blood pressure."""
    return OVERDUE if alert_id.startswith(OVERDUE) else alert_id.rpartition(":")[0]


def over(state: SessionState, alert: Alert, samples: Samples, now: datetime, base: KnowledgeBase) -> str:
    """Why a technical alert that is called for no more is over. A feed is back only when samples arrive again."""
    if alert.rule == OVERDUE:
        return "a blood pressure was taken"
    if alert.rule == CLOCK:
        return "the clocks agree"
    if not _has_feed(state):
        return "the monitor is off"
    device = group(alert.alert_id).removeprefix(f"{FEED}:")
    tails = [tail for tail in _tails(samples) if device in (tail.device, NO_MONITOR)]
    return "samples arrive again" if tails and not any(_is_dead(tail, now, base) for tail in tails) else ""


def stamp(at: datetime) -> str:
    """An instant in an alert id, without a colon."""
    return at.strftime("%Y%m%dT%H%M%S.%f")


# ---- feeds ---------------------------------------------------------------------------------------------------------


def _has_feed(state: SessionState) -> bool:
    return state.phase in INFUSING or (state.phase in AFTER and bool(state.devices))


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
        what = ", ".join(tail.channel.split("_")[0] for tail in dead_tails)
        last = min(tail.received_at for tail in dead_tails)
        yield _feed(state, device, f"No signal from {device}: {what}", last, base)
    if not tails and state.devices and state.segments:
        since = state.segments[0].start
        if now - since > timedelta(seconds=number(base, FEED, "least_s", now)):
            yield _feed(state, NO_MONITOR, "No signal from the monitor", since, base)


def _feed(state: SessionState, device: str, why: str, since: datetime, base: KnowledgeBase) -> Wanted:
    """It sounds while drug runs; afterwards it is shown."""
    tier: Tier = "T2" if state.phase in INFUSING else "T1"
    event = AlertRaised(
        alert_id=f"{FEED}:{device}:{stamp(since)}", rule=FEED, tier=tier, technical=True, why=why,
        advice="Look at the patient, then at sensor and cable.", figure=shown(base, FEED), inputs={"device": device},
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
                alert_id=f"{CLOCK}:{device}:{stamp(last.received_at)}", rule=CLOCK, tier="T1", technical=True,
                why=f"The clock of {device} is off by {skew_s:.0f} s", advice="Set the clock of the monitor.",
                figure=shown(base, CLOCK), inputs={"device": device, "skew_s": skew_s},
            )
            yield group(event.alert_id), rank("T1"), event


# ---- blood pressure ------------------------------------------------------------------------------------------------


def overdue_level(overdue_min: float, since_last_min: float, now: datetime, base: KnowledgeBase) -> Level:
    """How late a blood pressure is: `overdue_min` after it was due, `since_last_min` after the last one.

    The last one's own limit counts only for a pressure that is due.
    """
    if overdue_min < number(base, OVERDUE, "warn_min", now):
        return "clear"
    by_last = since_last_min >= number(base, OVERDUE, "pause_prompt_since_last_min", now)
    if by_last or overdue_min >= number(base, OVERDUE, "pause_prompt_min", now):
        return "pause_prompt"
    return "alert" if overdue_min >= number(base, OVERDUE, "alert_min", now) else "warn"


def _pressure(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    due_at = next_pressure_at(state, samples, now, base)
    if due_at is None:
        return
    last = max(filter(None, (last_pressure_at(state, samples, now), *(part.start for part in state.segments[:1]))),
               default=due_at)
    overdue_min, since_min = ((now - at) / timedelta(minutes=1) for at in (due_at, last))
    if state.phase in INFUSING:
        level = overdue_level(overdue_min, since_min, now, base)
    else:  # there is no pump to pause any more
        level = overdue_level(overdue_min, 0.0, now, base)
        level = "alert" if level == "pause_prompt" else level
    if level == "clear":
        return
    event = AlertRaised(
        alert_id=f"{OVERDUE}.{level}:{stamp(due_at)}", rule=OVERDUE, tier=TIERS[level], technical=True,
        why=f"Blood pressure is {overdue_min:.0f} min late", advice=ADVICE[level], figure=shown(base, OVERDUE),
        inputs={"due_at": due_at.isoformat(), "overdue_min": round(overdue_min, 1)},
    )
    yield OVERDUE, rank(TIERS[level]) + (level == "pause_prompt") / 2, event
