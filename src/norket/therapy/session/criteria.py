"""The criteria of the escalation tiers as the knowledge base states them, and whether one is met.

One criterion an entry: a channel, a comparison with the entry's figure, how long and how often it must hold, and what
else must be true. Nothing here knows a particular sign; adding a criterion is an edit of the knowledge base.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.shapes import Tier

Verdict = Literal["fires", "clear", "unknown", "pause_and_repeat"]
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
}
HIGH = (">=", ">")
Owned = Mapping[str, float]
NONE_OWN: Owned = {}


class Point(NamedTuple):
    """One value of a channel and when it was measured."""

    at: datetime
    value: float


@lru_cache(maxsize=8)
def criteria(base: KnowledgeBase) -> tuple[Entry, ...]:
    """Every entry that states a criterion of a tier."""
    return tuple(e for e in base.entries if {"tier", "channel", "comparison"} <= e.data.keys())


def limit(rule: Entry, base: KnowledgeBase, now: datetime, own: Owned = NONE_OWN) -> float:
    """The figure that a value is compared with: the clinic's, or this patient's where `own` has one. Of the emergency
    tier the stricter of the two counts, whatever was set."""
    clinic = number(base, rule.id, "value", now)
    value = own.get(rule.id, clinic)
    return strictest(rule, value, clinic) if rule.data["tier"] == "T3" else value


def strictest(rule: Entry, *values: float) -> float:
    """Of several limits of one criterion the one that is met first."""
    return min(values) if rule.data["comparison"] in HIGH else max(values)


def group_of(rule: Entry) -> str:
    """The sign and the direction of a numeric criterion: of one group only the highest alert stands."""
    channel = rule.data["channel"]
    return f"{channel}:{'high' if rule.data['comparison'] in HIGH else 'low'}"


def met(value: float, rule: Entry, base: KnowledgeBase, now: datetime, own: Owned = NONE_OWN) -> bool:
    """Whether one value lies on the firing side of the rule's figure."""
    return COMPARE[rule.data["comparison"]](value, limit(rule, base, now, own))


def needs_met(rule: Entry, known: Mapping[str, Any], base: KnowledgeBase, now: datetime) -> bool | None:
    """Whether what else must be true is; None when it cannot be known."""
    answers = [_need(rule, need, known, base, now) for need in rule.data.get("needs") or ()]
    return False if False in answers else None if None in answers else True


def _need(
    rule: Entry,
    need: dict[str, Any],
    known: Mapping[str, Any],
    base: KnowledgeBase,
    now: datetime,
) -> bool | None:
    """The figure of a need is the entry's own, where it has one of that name."""
    value = known.get(need["channel"])
    if value is None:
        return None
    if need["comparison"] == "is":
        return bool(value == need["is"])
    named = any(figure.name == need["channel"] for figure in rule.values)
    limit = number(base, rule.id, need["channel"], now) if named else float(need["value"])
    return COMPARE[need["comparison"]](float(value), limit)


def judge(
    rule: Entry,
    points: Sequence[Point],
    known: Mapping[str, Any],
    now: datetime,
    base: KnowledgeBase,
    held_to: datetime | None = None,
    own: Owned = NONE_OWN,
) -> Verdict:
    """Whether a numeric criterion is met by the points of its channel (oldest first), by measured time; `own` are the
    limits of this patient.

    The latest value stands until `held_to` where nothing follows it by itself: one taken by hand, or of a channel that
    fell silent. A criterion of several readings that has only the first is `pause_and_repeat` until the time for the
    repeat is over, and then fires. No point, and a need that is not known, give `unknown`.
    """
    if not points:
        return "unknown"
    figure, compare = limit(rule, base, now, own), COMPARE[rule.data["comparison"]]
    run = _run(points, lambda value: compare(value, figure))
    if not run:
        return "clear"
    needs = needs_met(rule, known, base, now)
    if needs is None:
        return "unknown"
    until = max(run[-1].at, held_to or run[-1].at)
    if not needs or (until - run[0].at).total_seconds() < float(rule.data["for_s"]):
        return "clear"
    wanted = int(rule.data["readings"])
    if wanted > 1 and len(taken := distinct(run, now, base)) < wanted:
        late = now - taken[-1] > timedelta(minutes=float(rule.data["repeat_within_min"]))
        return "fires" if late else rule.data.get("on_first", "clear")
    return "fires"


def distinct(points: Sequence[Point], now: datetime, base: KnowledgeBase) -> list[datetime]:
    """When each separate reading was taken: a value sent again, or typed in beside the device, is the same one."""
    apart = timedelta(seconds=number(base, "escalation.same_reading", "apart_s", now))
    taken: list[datetime] = []
    for point in points:
        if not taken or point.at - taken[-1] >= apart:
            taken.append(point.at)
    return taken


def cleared(rule: Entry, points: Sequence[Point], now: datetime, base: KnowledgeBase, own: Owned = NONE_OWN) -> bool:
    """Whether the latest points have passed the limit back by the channel's margin, for its holding time."""
    if not points:
        return False
    figure, (margin, hold_s) = limit(rule, base, now, own), _hysteresis(rule.data["channel"], now, base)
    high = rule.data["comparison"] in HIGH

    def back(value: float) -> bool:
        if margin == 0:
            return not met(value, rule, base, now, own)
        return value <= figure - margin if high else value >= figure + margin

    run = _run(points, back)
    return bool(run) and (run[-1].at - run[0].at).total_seconds() >= hold_s


def _hysteresis(channel: str, now: datetime, base: KnowledgeBase) -> tuple[float, float]:
    """Margin and holding time (s) of a channel; a score, which moves in whole steps, has none."""
    entry = f"escalation.clear.{channel}"
    if base.find(entry) is None:
        return 0.0, 0.0
    return number(base, entry, "margin", now), number(base, entry, "hold_s", now)


def _run(points: Sequence[Point], holds: Callable[[float], bool]) -> list[Point]:
    """The latest points for which `holds` is true without a break, oldest first."""
    run: list[Point] = []
    for point in reversed(points):
        if not holds(point.value):
            break
        run.append(point)
    return run[::-1]


def rank(tier: Tier) -> int:
    """T3 above T2 above T1."""
    return int(tier[1:])
