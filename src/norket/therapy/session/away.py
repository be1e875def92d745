"""Off the monitor: a walk to the toilet. Technical alerts wait for some minutes, then they are back, aloud.

Clinical alerts go on all the while, by what is entered by hand; the prompt to pause the pump for want of a blood
pressure waits for nobody.
"""

from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session import watch_events as o
from norket.therapy.session.state import SessionState

RULE = "monitoring.off_monitor"


def suspend(
    state: SessionState, command: o.SuspendMonitoring, at: datetime, now: datetime, base: KnowledgeBase
) -> e.Event | Refused:
    """The event of a walk off the monitor. One walk is not made longer by another: first the patient is back."""
    if state.off_monitor is not None and waits(state, now):
        until = f"{state.off_monitor.until:%H:%M} UTC"
        return Refused(code="already_off_monitor", why=f"Already off the monitor until {until}.")
    if any(alert.rule == RULE and alert.cleared_at is None for alert in state.alerts):
        return Refused(code="not_back_yet", why="The patient is not back from the last walk. Look first, then say so.")
    longest = timedelta(minutes=number(base, RULE, "max_min", now))
    return o.MonitoringSuspended(reason=command.reason, until=at + longest)


def too_long(off_min: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a patient has been off the monitor for longer than technical alerts wait."""
    return off_min > number(base, RULE, "max_min", now)


def waits(state: SessionState, now: datetime) -> bool:
    """Whether technical alerts wait now."""
    off = state.off_monitor
    return off is not None and off.back_at is None and off.since <= now <= off.until


def came_back(state: SessionState, now: datetime) -> datetime | None:
    """When technical alerts last began to count again: what they told of before the walk may be told again."""
    off = state.off_monitor
    if off is None or waits(state, now):
        return None
    return min(off.until, off.back_at or off.until)
