"""The pump runs and the cannula has failed: a T2 for as long as both are so."""

from collections.abc import Iterator

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import shown
from norket.therapy.session import technical
from norket.therapy.session.criteria import rank
from norket.therapy.session.state import Phase, SessionState
from norket.therapy.session.watch_events import AlertRaised

RULE = "monitoring.failed_site"


def runs_into(phase: Phase, *, failed: bool) -> bool:
    """Whether the pump gives into a cannula that failed."""
    return failed and phase == "running"


def wanted(state: SessionState, base: KnowledgeBase) -> Iterator[tuple[str, float, AlertRaised]]:
    """The alert while it does."""
    since = state.site_failed_at
    if since is None or not runs_into(state.phase, failed=True):
        return
    rule, runs_since = base.entry(RULE), max((part.start for part in state.segments), default=since)
    event = AlertRaised(
        alert_id=f"{RULE}:{technical.stamp(max(since, runs_since))}",
        rule=RULE,
        tier=rule.data["tier"],
        technical=False,
        why=rule.statement.rstrip("."),
        advice=rule.data["advice"],
        figure=shown(base, RULE),
    )
    yield RULE, rank(event.tier), event


def over(state: SessionState) -> str:
    """Why it is over, or nothing while it stands."""
    if state.site_failed_at is None:
        return "a cannula runs well"
    return "" if runs_into(state.phase, failed=True) else "the pump stands"
