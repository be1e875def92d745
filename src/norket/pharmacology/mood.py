"""How likely depression has responded: an empirical course of published rates, joined with open eyes.

No concentration-response model of mood was found, and levels of drug and metabolite did not predict the change. So
nothing here knows a dose or a curve: only when sessions were. Every answer says so, and says what was joined by guess.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np

from norket import knowledge
from norket.pharmacology.refusals import NotCoveredError

LABEL = "empirical, not concentration-driven"
ENTRIES = ("mood.single_session", "mood.series", "mood.durability", "mood.forecast")
Basis = Literal["published", "interpolated", "extrapolated", "not known"]
End = Literal["low", "value", "high"]
ENDS: tuple[End, End, End] = ("value", "low", "high")
# When the published rates were taken, days after the session.
PUBLISHED = {1.0: "response_24h", 3.0: "response_72h", 7.0: "response_7d"}
FIRST_KNOWN_D, LAST_PUBLISHED_D = min(PUBLISHED), max(PUBLISHED)
PERCENT = 100.0
POPULATION = "adults with depression, most of it resistant to treatment, given 0.5 mg/kg racemic ketamine over 40 min"
UNKNOWN = "No rate of response before 24 h after the first session was readable; it is not known, not zero."
JOINED = (
    "Between the published times the course is interpolated. After 7 days, and with more than one session, it is "
    "extrapolated by the project's own figures; the interval takes the worse and the better end of all of them at once."
)
NOT_PLACEBO = "The rates are those of treated patients, not the difference from placebo."


@dataclass(frozen=True)
class MoodForecast:
    """The probability (0 to 1) that depression has responded, at each of `times_days`; None where it is not known.

    `low` and `high` are the ends of a wide interval. `basis` says for each time what the number rests on. `label` is
    "empirical, not concentration-driven" and goes wherever a number goes. `sources` are keys of references.
    """

    times_days: tuple[float, ...]
    probability: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    basis: tuple[Basis, ...]
    label: str
    population: str
    notes: tuple[str, ...]
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """The forecast as plain data."""
        lists = ("times_days", "probability", "low", "high", "basis", "notes", "sources")
        return {
            "label": self.label,
            "population": self.population,
            **{name: list(getattr(self, name)) for name in lists},
        }


def response(sessions_at_days: Sequence[float], times_days: Sequence[float]) -> MoodForecast:
    """The forecast after sessions at these days, at `times_days` on the same axis (any order).

    A session after a time not asked for yet does not count at that time. Raises `NotCoveredError` if there is no
    session, a number is not finite, or two sessions are closer than a day.
    """
    sessions = sorted(_finite(sessions_at_days, "sessions_at_days"))
    times = _finite(times_days, "times_days")
    least = _figure("mood.forecast", "least_gap_d", "value")
    if not sessions or not times:
        raise NotCoveredError("times_not_valid", "a forecast of mood needs at least one session and one time, in days")
    if any(later - earlier < least for earlier, later in pairwise(sessions)):
        raise NotCoveredError("times_not_valid", f"sessions closer than {least:g} day to each other are not covered")
    bases = tuple(_basis(sessions, time) for time in times)
    middle, low, high = (_curve(sessions, times, bases, end) for end in ENDS)
    base = knowledge.read()
    keys = dict.fromkeys(source.key for entry in ENTRIES for source in base.entry(entry).sources)
    notes = (JOINED, NOT_PLACEBO, *((UNKNOWN,) if "not known" in bases else ()))
    return MoodForecast(tuple(times), middle, low, high, bases, LABEL, POPULATION, notes, tuple(keys))


def _basis(sessions: Sequence[float], time: float) -> Basis:
    if time < sessions[0] + FIRST_KNOWN_D:
        return "not known"
    after = time - sessions[0]
    if sum(session < time for session in sessions) > 1 or after > LAST_PUBLISHED_D:
        return "extrapolated"
    return "published" if any(math.isclose(after, known) for known in PUBLISHED) else "interpolated"


def _curve(
    sessions: Sequence[float], times: Sequence[float], bases: Sequence[Basis], end: End
) -> tuple[float | None, ...]:
    pairs = zip(times, bases, strict=True)
    return tuple(None if basis == "not known" else _course(sessions, time, end) for time, basis in pairs)


def _course(sessions: Sequence[float], time: float, end: End) -> float:
    """The probability at `time`, at one end of everything that is not known."""
    given = [session for session in sessions if session < time]
    level = _single(min(time, given[1] if len(given) > 1 else time) - given[0], end)
    for number, session in enumerate(given[1:], start=1):
        until = given[number + 1] if number + 1 < len(given) else time
        lifted = max(_lost(level, FIRST_KNOWN_D, end), _reached(number, end))
        since = until - session
        if since < FIRST_KNOWN_D:
            level += (lifted - level) * since / FIRST_KNOWN_D
        else:
            level = _lost(lifted, since - FIRST_KNOWN_D, end)
    return level


def _single(after_d: float, end: End) -> float:
    """After one session: the published rates, straight on the logit scale between them, then a slow loss."""
    days = sorted(PUBLISHED)
    rates = [_logit(_figure("mood.single_session", PUBLISHED[day], "value")) for day in days]
    known = _part(float(np.interp(after_d, days, rates)) + _offset(end))
    return _halved(known, max(after_d - LAST_PUBLISHED_D, 0.0), _figure("mood.forecast", "single_half_life_d", end))


def _reached(further: int, end: End) -> float:
    """A day after a session that `further` others came before."""
    first = _part(_logit(_figure("mood.single_session", PUBLISHED[FIRST_KNOWN_D], "value")) + _offset(end))
    return 1 - (1 - first) * (1 - _figure("mood.forecast", "gain_per_session", end)) ** further


def _lost(level: float, days: float, end: End) -> float:
    return _halved(level, days, _figure("mood.forecast", "series_half_life_d", end))


def _halved(level: float, days: float, half_life_d: float) -> float:
    return level * math.exp(-math.log(2) * days / half_life_d)


def _offset(end: End) -> float:
    """How far the interval reaches from the published rates, on the logit scale."""
    if end == "value":
        return 0.0
    reach = _figure("mood.forecast", "lowest_24h" if end == "low" else "highest_24h", "value")
    return _logit(reach) - _logit(_figure("mood.single_session", PUBLISHED[FIRST_KNOWN_D], "value"))


@cache
def _figure(entry: str, name: str, end: End) -> float:
    found = knowledge.read().figure(entry, name)
    number: float | None = getattr(found, end)
    if number is None:
        raise NotCoveredError("model_not_valid", f"{entry}: the figure '{name}' needs a range")
    return number


def _logit(percent: float) -> float:
    return math.log(percent / (PERCENT - percent))


def _part(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _finite(numbers: Sequence[float], name: str) -> list[float]:
    found = [float(number) for number in numbers]
    if not all(math.isfinite(number) for number in found):
        raise NotCoveredError("times_not_valid", f"{name} must be finite numbers of days")
    return found
