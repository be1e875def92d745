"""What each rule of a plan says of plain figures: one function for one entry `plans.*`, and no figure of its own."""

from collections.abc import Collection, Sequence
from datetime import date
from itertools import pairwise

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.therapy.finding import State
from norket.therapy.plan.compare import DECIMALS

PERCENT = 100.0
HOURS_PER_DAY = 24.0


def fires(objects: bool) -> State:
    """The state of a rule whose answer is known."""
    return "fires" if objects else "clear"


def figure(base: KnowledgeBase, rule: str, name: str, on: date) -> float:
    """The figure `name` of `plans.<rule>` on the day; a missing one raises `KnowledgeError`."""
    return base.figure(f"plans.{rule}", name, on=on).value


def goals_state(goals: int) -> State:
    """Fires without a single goal."""
    return fires(goals < 1)


def review_state(
    base: KnowledgeBase,
    *,
    sessions: int,
    interval_d: float,
    review_d: float | None,
    on: date,
    rule: str = "stop_review",
) -> State:
    """Whether the review, `review_d` days after the first session, lies where response can be judged and not too late.

    Not before the infusion of the stop rule (`stop_review` or `pain_relief`), or the last one of a shorter series.
    """
    if review_d is None:
        return "unknown"
    judged_at = min(sessions, int(figure(base, rule, "after_infusions", on)))
    earliest = int((judged_at - 1) * interval_d)
    latest = int((sessions - 1) * interval_d) + figure(base, "review", "latest_d", on)
    return fires(not earliest <= review_d <= latest)


def stop_state(base: KnowledgeBase, rule: str, *, infusions: int, improvement_percent: float | None, on: date) -> State:
    """Whether a course comes to its stop review by `rule` (`stop_review` or `pain_relief`).

    Before the infusion that the rule names nothing is stopped for lack of effect; from then on an improvement (% of the
    baseline of the series) that is not known is unknown.
    """
    if infusions < figure(base, rule, "after_infusions", on):
        return "clear"
    if improvement_percent is None:
        return "unknown"
    return fires(improvement_percent < figure(base, rule, "least_percent", on))


def benefit_state(base: KnowledgeBase, *, day: float, assessed: bool | None, on: date) -> State:
    """Whether the benefit of esketamine must be assessed `day` days after its first dose."""
    if day < figure(base, "esketamine_benefit", "assess_d", on):
        return "clear"
    return "unknown" if assessed is None else fires(not assessed)


def series_of(base: KnowledgeBase, code: str) -> Entry | None:
    """What was published on the series of a row (its code, such as D01); None where nothing was read."""
    found = (entry for entry in base.of_kind("figure") if entry.id.startswith("plans.series_"))
    return next((entry for entry in found if entry.data.get("row") == code), None)


def series_state(base: KnowledgeBase, code: str, *, sessions: int, interval_d: float) -> State:
    """Whether number and interval (d) are as published for the row; unknown where nothing was read."""
    entry = series_of(base, code)
    if entry is None:
        return "unknown"
    ranges = {value.name: (value.low, value.high) for value in entry.values}
    outside = _outside(sessions, *ranges["sessions"])
    if sessions > 1 and "interval_d" in ranges:
        outside = outside or _outside(interval_d, *ranges["interval_d"])
    return fires(outside)


def _outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def taper_state(intervals_d: Sequence[float]) -> State:
    """Fires where a later interval (d) is shorter than the one before it."""
    return fires(any(later < sooner for sooner, later in pairwise(intervals_d)))


def titration_state(base: KnowledgeBase, row: str, *, step: float, name: str = "step_mg_kg", on: date) -> State:
    """Whether a step is larger than the row's; unknown where the row has none."""
    try:
        return fires(step > base.figure(row, name, on=on).value)
    except KnowledgeError:
        return "unknown"


def drift_state(base: KnowledgeBase, *, days: Sequence[float], doses: Sequence[float | None], on: date) -> State:
    """Whether over the last sessions the interval shortens or the dose rises by more than the rule allows.

    `days` and `doses` (mg/kg) of the same sessions, the first one first, the planned one last.
    """
    number = int(figure(base, "drift", "sessions", on))
    if len(days) < number:
        return "clear"
    share = figure(base, "drift", "change_percent", on) / PERCENT
    gaps = [later - sooner for sooner, later in pairwise(days[-number:])]
    if gaps[-1] < round(gaps[0] * (1 - share), DECIMALS):
        return "fires"
    first, last = doses[-number], doses[-1]
    if first is None or last is None:
        return "unknown"
    return fires(last > round(first * (1 + share), DECIMALS))


def window_state(base: KnowledgeBase, *, from_d: float, to_d: float, on: date) -> State:
    """Whether a booster window (d after the last session) leaves the usual one."""
    rule = "booster_window"
    return fires(from_d < figure(base, rule, "from_d", on) or to_d > figure(base, rule, "to_d", on))


def booster_state(base: KnowledgeBase, *, gap_d: float | None, in_year: int, on: date) -> State:
    """Whether a booster comes too soon after the last one (d), or is one too many of a year."""
    if in_year > figure(base, "booster", "most_year", on):
        return "fires"
    return "unknown" if gap_d is None else fires(gap_d < figure(base, "booster", "least_d", on))


def route_state(*, route: str, row_route: str, reason: str) -> State:
    """Fires without a reason, and where the row is of another route."""
    return fires(not any(letter.isalpha() for letter in reason) or route != row_route)


def change_state(*, route: str, before: Collection[str]) -> State:
    """Fires for the first session by a route of somebody who has had ketamine by another."""
    return fires(bool(before) and route not in before)


def setting_state(base: KnowledgeBase, *, row_setting: str | None, setting: str) -> State:
    """Whether a row made for `row_setting` may not be given in `setting`; unknown where the row does not say."""
    allowed = base.entry("plans.setting").data["allowed"]
    if row_setting not in allowed:
        return "unknown"
    return fires(setting not in allowed[row_setting])


def therapy_state(*, group: str, kind: str, reason: str, booked: bool) -> State:
    """Whether the decision on psychotherapy lacks: for mind and addiction it is made, for addiction it is booked."""
    if group not in ("psychiatric", "addiction"):
        return "clear"
    if not kind:
        return "unknown"
    if group == "addiction":
        return fires(kind == "none" or not booked)
    return fires(kind == "none" and not any(letter.isalpha() for letter in reason))


def assisted_state(base: KnowledgeBase, *, preparation: int, integration: int, on: date) -> State:
    """Whether assisted psychotherapy has too few meetings before or after."""
    rule = "assisted_therapy"
    return fires(
        preparation < figure(base, rule, "preparation", on) or integration < figure(base, rule, "integration", on)
    )


def rescue_state(*, asked: int, ready: int) -> State:
    """Fires where something is asked for of which no template can be ordered from."""
    return fires(ready < asked)


def authority_state(*, role: bool, valid_for_d: float | None) -> State:
    """Whether the signer lacks the role, or the licence has ended; `valid_for_d`: days left of it (None: unknown)."""
    if not role:
        return "fires"
    return "unknown" if valid_for_d is None else fires(valid_for_d < 0)


def fits_state(*, made_for: Collection[str], indication: str) -> State:
    """Whether a row is used outside what it was studied in (ids of indications); unknown where it does not say."""
    return fires(indication not in made_for) if made_for else "unknown"


def interval_state(base: KnowledgeBase, row: str, *, intervals_d: Sequence[float], on: date) -> State:
    """Whether two sessions lie nearer than the row allows, in whole days; unknown where the row does not say."""
    try:
        least_h = base.figure(row, "interval_h", on=on).value
    except KnowledgeError:
        return "unknown"
    return fires(any(int(gap) * HOURS_PER_DAY < least_h for gap in intervals_d))
