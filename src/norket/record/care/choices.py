"""What a patient chose and wants to reach: written once, changed by later entries, never deleted."""

from datetime import datetime

from norket.record.care import actions, queries
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient
from norket.therapy.care.events import ChoiceRecorded, GoalDropped, GoalSet, Recorded
from norket.therapy.finding import Refused
from norket.therapy.goals import Choice, Goal, objection


def choose(
    patient: Patient, choice: Choice, *, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """Records the choice; the last one counts."""
    return actions.record(patient.pk, [ChoiceRecorded(choice=choice)], by=by, now=now, command_id=command_id)


def set_goal(
    patient: Patient,
    goal: Goal,
    *,
    instead_of: int | None = None,
    why: str = "",
    by: str,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Sets a goal, or changes the one that event `instead_of` set; the old one stays readable."""
    refused = objection(goal, patient.clinic.day(now))
    if refused is None and instead_of is not None:
        refused = _not_standing(patient, instead_of, command_id)
        if refused is None and not why.strip():
            refused = Refused(code="reason_missing", why="Say why the goal is changed.")
    if refused is not None:
        return refused
    event = GoalSet(goal=goal, instead_of=instead_of, why=why)
    return actions.record(patient.pk, [event], by=by, now=now, command_id=command_id)


def drop_goal(
    patient: Patient, n: int, *, reason: str, by: str, now: datetime, command_id: str
) -> tuple[Recorded, ...] | Refused:
    """The goal of event `n` is none any more."""
    refused = _not_standing(patient, n, command_id)
    if refused is None and not reason.strip():
        refused = Refused(code="reason_missing", why="Say why this is no goal any more.")
    if refused is not None:
        return refused
    return actions.record(patient.pk, [GoalDropped(n=n, reason=reason)], by=by, now=now, command_id=command_id)


def _not_standing(patient: Patient, n: int, command_id: str) -> Refused | None:
    """Refuses what names no standing goal; a command that is sent again is answered by the ledger itself."""
    if CareEvent.objects.filter(patient=patient, command_id=command_id).exists():
        return None
    if any(one.n == n for one in queries.care(patient.pk).goals):
        return None
    return Refused(code="goal_not_known", why="This goal does not stand any more. Reload the page and choose again.")
