"""Sedation that nobody looks at: shown when a look is late, and calling while drug acts and a second one is missed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number, shown
from norket.therapy.session import away
from norket.therapy.session.criteria import rank
from norket.therapy.session.schedule import UNDER_DRUG, next_score_at
from norket.therapy.session.shapes import Tier
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch_events import AlertRaised

RULE = "monitoring.scores_overdue"
MINUTE = timedelta(minutes=1)
Level = Literal["clear", "warn", "alert"]
TIERS: dict[Level, Tier] = {"warn": "T1", "alert": "T2"}
Wanted = tuple[str, float, AlertRaised]


def level(overdue_min: float, under_drug: bool, now: datetime, base: KnowledgeBase) -> Level:
    """How late a look at the sedation is (min after it was due); once no more drug comes it is only shown."""
    if overdue_min < number(base, RULE, "warn_min", now):
        return "clear"
    return "alert" if under_drug and overdue_min >= number(base, RULE, "alert_min", now) else "warn"


def wanted(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """The alert that nobody has looked how awake the patient is."""
    due_at = next_score_at(state, now, base)
    if due_at is None or away.waits(state, now):
        return
    late_min = (now - due_at) / MINUTE
    found = level(late_min, state.phase in UNDER_DRUG, now, base)
    if found == "clear":
        return
    event = AlertRaised(
        alert_id=f"{RULE}.{found}:{due_at:%Y%m%dT%H%M%S}",
        rule=RULE,
        tier=TIERS[found],
        technical=True,
        why=f"Nobody has recorded the sedation; a look is {late_min:.0f} min late",
        advice="Look how awake the patient is, and tap the score.",
        figure=shown(base, RULE),
        inputs={"due_at": due_at.isoformat(), "overdue_min": round(late_min, 1)},
    )
    yield RULE, rank(TIERS[found]), event
