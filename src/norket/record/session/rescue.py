"""What stands beside a session for an order of a rescue medicine: the clinic's templates, the chart, the last day.

The room that keeps charts looks at sessions itself, and so it says here who answers, and is not asked by name.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from norket.record.people.models import Patient
from norket.record.plan import rescues
from norket.record.session import queries
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.session.rescuing import RescueContext
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import TimedRescue

DAY = timedelta(hours=24)
LONGEST = timedelta(days=2)
Reads = Callable[[Patient, date], Mapping[str, Answer]]

_known: list[Reads] = []


def read_by(room: Reads) -> None:
    """From here on this room is asked what a chart says."""
    _known[:] = [room]


def context(session: SessionRecord, now: datetime) -> RescueContext:
    """All three, as they are now."""
    patient = session.patient
    return RescueContext(
        signed=rescues.in_force(patient.clinic_id),
        chart=_known[0](patient, patient.clinic.day(now)),
        earlier=earlier(session, now),
    )


def earlier(session: SessionRecord, now: datetime) -> tuple[TimedRescue, ...]:
    """What other sessions of this patient gave in the last day."""
    others = SessionRecord.objects.filter(patient_id=session.patient_id, planned_for__gte=now - LONGEST)
    states = queries.states(others.exclude(pk=session.pk))
    return tuple(one for state in states.values() for one in state.rescues if now - DAY <= one.at <= now)


def prevention(session: SessionRecord) -> datetime | None:
    """When an earlier session of this patient last needed a medicine against nausea: prevention is considered then."""
    given = SessionEvent.objects.filter(session__patient_id=session.patient_id, type="rescue_given")
    earlier_ids = given.exclude(session_id=session.pk).values_list("session_id", flat=True).distinct()
    states = queries.states(SessionRecord.objects.filter(pk__in=earlier_ids)).values()
    against = (one.at for state in states for one in state.rescues if one.rescue.rescue_class == "antiemetic")
    return max(against, default=None)
