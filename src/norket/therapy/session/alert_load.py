"""How loud a session was, and what came of it: alerts an hour, how soon they were answered, what followed.

An alert that people answer and after which nothing is done was not worth its sound. A rule of which that is mostly true
is flagged, for the people who sign the limits.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.instant import Instant
from norket.therapy.session import events as e
from norket.therapy.session import shapes
from norket.therapy.session import watch_events as o
from norket.therapy.session.ledger import standing
from norket.therapy.session.state import SessionState

RULE = "escalation.override_flag"
SILENT = "T1"
# What a person does about an alert, and with which the record says so.
ACTS = frozenset(
    {
        "infusion_paused",
        "infusion_stopped",
        "rate_changed",
        "rescue_given",
        "vitals_recorded",
        "score_recorded",
        "event_recorded",
        "concern_raised",
    }
)
PERCENT = 100.0


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Episode(_Frozen):
    """One alert from its rise. `acted`: something was done within the time in which it can be its consequence."""

    rule: str
    tier: shapes.Tier
    technical: bool
    raised_at: Instant
    answered_after_s: float | None
    escalated: bool
    acted: bool

    @property
    def sounded(self) -> bool:
        return self.tier != SILENT

    @property
    def overridden(self) -> bool:
        """Answered by a person, and nothing followed."""
        return self.answered_after_s is not None and not self.acted


class Load(_Frozen):
    """The alerts of some sessions together. Times in seconds, shares in percent; None: nothing to share."""

    name: str
    hours: float
    raised: int
    sounding: int
    answered: int
    escalated: int
    per_hour: float | None
    sounding_per_hour: float | None
    answered_after_s: float | None
    acted_percent: float | None
    overridden_percent: float | None
    flagged: bool = False


class Limits(_Frozen):
    """Limits set for single patients: how many, and how many of them looser than the clinic's."""

    set: int
    looser: int


def episodes(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[Episode, ...]:
    """The alerts of one session, oldest first."""
    events = standing(state.ledger)
    within = timedelta(minutes=number(base, RULE, "within_min", now))
    acts = [item.at for item in events if item.event.type in ACTS and item.by != "system"]
    answers: dict[str, datetime] = {}
    for item in events:
        if isinstance(item.event, o.AlertAcknowledged):
            answers.setdefault(item.event.alert_id, item.at)
    further = {item.event.alert_id for item in events if isinstance(item.event, o.AlertEscalated)}
    return tuple(
        _episode(item, item.event, answers.get(item.event.alert_id), item.event.alert_id in further, acts, within)
        for item in events
        if isinstance(item.event, o.AlertRaised)
    )


def _episode(
    item: e.Recorded,
    event: o.AlertRaised,
    answered: datetime | None,
    escalated: bool,
    acts: list[datetime],
    within: timedelta,
) -> Episode:
    until = max(item.at, answered or item.at) + within
    return Episode(
        rule=event.rule,
        tier=event.tier,
        technical=event.technical,
        raised_at=item.at,
        answered_after_s=None if answered is None else (answered - item.at).total_seconds(),
        escalated=escalated,
        acted=any(item.at <= act <= until for act in acts),
    )


def watched_hours(state: SessionState, now: datetime) -> float:
    """From the cannula or the first drug to the end of the session, or to now."""
    cannula = state.preflight.get("cannula_in")
    began = [cannula.at] if cannula is not None and cannula.answer == "yes" else []
    began += [part.start for part in state.segments[:1]] + [dose.at for dose in state.other_doses[:1]]
    if not began:
        return 0.0
    return max(0.0, ((state.ended_at or now) - min(began)) / timedelta(hours=1))


def load(name: str, found: Iterable[Episode], hours: float, now: datetime, base: KnowledgeBase) -> Load:
    """The figures of some alerts over some watched hours."""
    alerts = list(found)
    answered = [one.answered_after_s for one in alerts if one.answered_after_s is not None]
    overridden = sum(one.overridden for one in alerts)
    sounding = sum(one.sounded for one in alerts)
    return Load(
        name=name,
        hours=hours,
        raised=len(alerts),
        sounding=sounding,
        answered=len(answered),
        escalated=sum(one.escalated for one in alerts),
        per_hour=len(alerts) / hours if hours else None,
        sounding_per_hour=sounding / hours if hours else None,
        answered_after_s=median(answered) if answered else None,
        acted_percent=_percent(sum(one.acted for one in alerts), len(alerts)),
        overridden_percent=_percent(overridden, len(answered)),
        flagged=is_flagged(len(answered), overridden, now, base),
    )


def by_rule(found: Iterable[Episode], hours: float, now: datetime, base: KnowledgeBase) -> tuple[Load, ...]:
    """The same for each rule, the most frequent first."""
    rules: dict[str, list[Episode]] = {}
    for one in found:
        rules.setdefault(one.rule, []).append(one)
    return tuple(
        load(rule, alerts, hours, now, base)
        for rule, alerts in sorted(rules.items(), key=lambda item: (-len(item[1]), item[0]))
    )


def is_flagged(answered: int, overridden: int, now: datetime, base: KnowledgeBase) -> bool:
    """Whether a rule is answered so often without consequence that somebody has to look at it."""
    if answered < number(base, RULE, "least", now):
        return False
    return overridden / answered * PERCENT > number(base, RULE, "share_percent", now)


def limits_set(state: SessionState) -> Limits:
    """How many limits were set for this patient."""
    made: list[Any] = [one for one in state.limits if one.value is not None]
    return Limits(set=len(made), looser=sum(one.looser for one in made))


def _percent(part: int, whole: int) -> float | None:
    return part / whole * PERCENT if whole else None
