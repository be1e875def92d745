"""The two-person check of a dose that no pump runs: drug, dose, route and allergies, with what is in hand."""

from datetime import datetime
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.state import SessionState

RULE = "preflight.dose_check"
SECONDS_PER_MINUTE = 60.0


def check_state(looks: dict[str, bool], now: datetime, base: KnowledgeBase) -> Literal["fires", "clear", "unknown"]:
    """Whether enough people had the dose in hand and all of them found it as ordered; `looks` is the last of each."""
    if not all(looks.values()):
        return "fires"
    people = number(base, RULE, "people", now)
    return "clear" if len(looks) >= people else "fires" if looks else "unknown"


def dose_check(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    oldest_s = number(base, RULE, "max_age_min", now) * SECONDS_PER_MINUTE
    looks = {look.by: look.agrees for look in state.dose_checks if (now - look.at).total_seconds() <= oldest_s}
    verdict, people = check_state(looks, now, base), int(number(base, RULE, "people", now))
    if not all(looks.values()):
        why = "What is in hand differs from the order. Look at drug, dose, route and allergies again."
    else:
        why = f"{len(looks)} of {people} people have checked the dose in hand."
    return finding(base, RULE, verdict, why)
