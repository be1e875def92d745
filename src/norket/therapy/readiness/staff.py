"""The people on site: whether they hold together what a session asks for, and whether its own nurse is among them."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding

RULE, COVERAGE = "readiness.staff", "staffing.stf_01"
PRESCRIBING = frozenset({"prescriber", "anaesthetist"})
IN_THE_ROOM = frozenset({"prescriber", "anaesthetist", "nurse", "therapist"})


class Held(BaseModel):
    """Somebody on site: their roles, and the last day of each credential that was seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    roles: frozenset[str]
    valid_until: dict[str, date] = {}

    def holds(self, credential: str, on: date) -> bool | None:
        """Whether it is valid on the day; None where it was never seen."""
        until = self.valid_until.get(credential)
        return None if until is None else until >= on


def coverage(
    people: tuple[Held, ...], on: date, base: KnowledgeBase
) -> tuple[Literal["fires", "clear", "unknown"], tuple[str, ...]]:
    """Whether the people together hold what a session asks for, and what of it is not covered or not known. What was
    never seen of somebody could still be there, so it is unknown; what has ended is not."""
    needs, everybody = base.entry(COVERAGE).data["needs"], base.entry(COVERAGE).data["everybody"]
    fires: list[str] = []
    unknown: list[str] = []
    for need in needs:
        held = [one.holds(need["credential"], on) for one in people if one.roles & IN_THE_ROOM]
        if held.count(True) < need["at_least"]:
            (unknown if held.count(True) + held.count(None) >= need["at_least"] else fires).append(need["credential"])
    for credential in everybody:
        for one in people:
            if one.roles & IN_THE_ROOM and one.holds(credential, on) is not True:
                (unknown if one.holds(credential, on) is None else fires).append(f"{credential} of {one.name}")
    told = tuple(word.replace("_", " ") for word in (*fires, *unknown))
    return ("fires" if fires else "unknown" if unknown else "clear"), told


def staff(people: tuple[Held, ...] | None, nurse: str | None, on: date, base: KnowledgeBase) -> Finding:
    """The people on site today (None: nobody has said), and the named nurse of the session."""
    if people is None:
        return finding(base, RULE, "unknown", "Staff: who is on site today is not recorded.")
    told: list[str] = []
    if not any(one.roles & PRESCRIBING for one in people):
        told.append("no prescriber is on site")
    if nurse is None or nurse not in {one.id for one in people}:
        told.append("the session has no named nurse" if nurse is None else "the named nurse is not on site")
    state, lacking = coverage(people, on, base)
    told += [f"not covered or not known: {', '.join(lacking)}"] if lacking else []
    verdict = "fires" if state == "fires" or len(told) > bool(lacking) else state
    return finding(base, RULE, verdict, f"Staff: {'; '.join(told) or 'on site, with valid credentials'}.")
