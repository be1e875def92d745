"""What an alert speaks of. Of one matter only the highest stands; nothing hides what asks for something else.

One act may be flagged for several reasons. Flags of one matter stand in one alert that names them all: what passes the
order is one, unless the knowledge base names another. A flag about the record (technical) hides none about the patient.
"""

from collections.abc import Iterable
from typing import NamedTuple

from norket.knowledge import Entry
from norket.therapy.session.watch_events import AlertRaised

FLAG = "flag"
ORDER = "order"  # of what a flag speaks that names no other matter
ALSO = "; also: "
SERIOUS = "serious"  # every event that is not over, judged by its grade


class Candidate(NamedTuple):
    """An alert that is called for now. `group` is what it speaks of; of one group only the highest rank stands."""

    group: str
    rank: float
    event: AlertRaised


def spoken_of(rule: Entry) -> str:
    """The channel of a report; how grave an event is speaks of that event, and a flag of its matter."""
    channel: str = rule.data["channel"]
    if channel == FLAG:
        kind = "technical" if rule.data.get("technical") else "clinical"
        return f"{FLAG}:{kind}:{rule.data.get('matter', ORDER)}"
    return "event" if channel == SERIOUS else channel


def highest(wanted: Iterable[Candidate]) -> dict[str, Candidate]:
    """Of each group the candidate of the highest rank, the first of several; a flag names those beside it."""
    found: dict[str, Candidate] = {}
    for candidate in wanted:
        stands = found.get(candidate.group, candidate)
        first, other = (candidate, stands) if candidate.rank > stands.rank else (stands, candidate)
        named = first is not other and candidate.group.startswith(f"{FLAG}:")
        found[candidate.group] = first._replace(event=_with(first.event, other.event)) if named else first
    return found


def _with(event: AlertRaised, other: AlertRaised) -> AlertRaised:
    """The alert with the flag of another beside its own, in few words: it is read in haste on a phone."""
    told, name = str(event.inputs[FLAG]), str(other.inputs[FLAG])
    beside = ALSO if ALSO not in event.why else ", "
    why = f"{event.why}{beside}{name.replace('_', ' ')}"
    sources = tuple(dict.fromkeys((*event.sources, *other.sources)))
    return event.model_copy(
        update={"why": why, "inputs": {**event.inputs, FLAG: f"{told}, {name}"}, "sources": sources}
    )
