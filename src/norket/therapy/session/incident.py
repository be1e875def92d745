"""The report of an incident: a session with a T3 keeps its record open until one is written and signed."""

from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding, State
from norket.therapy.session.adverse import is_serious
from norket.therapy.session.emergency import beginnings
from norket.therapy.session.state import SessionState

RULE = "recovery.record.incident"


def needed(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[datetime, ...]:
    """When there was something to report: each T3, each log opened by hand, each serious event, and a transfer."""
    serious = [a.at for a in state.adverse if not a.resolved and is_serious(a.grade, a.hospital, now, base)]
    moved = [state.ended_at] if state.phase == "transferred" and state.ended_at else []
    return tuple(sorted((*(at for at, _ in beginnings(state)), *serious, *moved)))


def report_state(*, needed_at: datetime | None, reported_at: datetime | None, signed: bool) -> State:
    """Clear where nothing asks for a report, or it was written after the last of it and signed; unknown while there is
    none; fires while it waits for its signature or something happened after it."""
    if needed_at is None:
        return "clear"
    if reported_at is None:
        return "unknown"
    return "clear" if signed and reported_at >= needed_at else "fires"


def record_finding(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    """What the report of an incident has against closing the record; it never holds the patient."""
    times, report = needed(state, now, base), state.incident
    verdict = report_state(
        needed_at=max(times, default=None),
        reported_at=report.recorded_at if report else None,
        signed=report is not None and report.signed_by is not None,
    )
    words = {
        "clear": "nothing to report" if not times else "written and signed",
        "unknown": "not written yet",
        "fires": "something happened after it"
        if report and report.signed_by
        else "waits for the prescriber's signature",
    }
    return finding(base, RULE, verdict, f"Incident report: {words[verdict]}.", inputs={"reasons": len(times)})
