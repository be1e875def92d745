"""What the sessions of one patient have given so far."""

from collections.abc import Iterable
from uuid import UUID

from norket.record.people.models import Patient
from norket.record.session import ledger
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.session.delivered import total_mg
from norket.therapy.session.fold import fold

GIVEN = ("infusion_started", "bolus_given", "dose_given")


def first_ever(rows: Iterable[SessionRecord]) -> set[UUID]:
    """Those of the sessions before which no other session of the same patient gave anything; one query for all."""
    sessions = list(rows)
    given = SessionEvent.objects.filter(session__patient__in={row.patient_id for row in sessions}, type__in=GIVEN)
    pairs = set(given.values_list("session__patient", "session"))
    return {row.pk for row in sessions if not any(who == row.patient_id and pk != row.pk for who, pk in pairs)}


def has_had_drug(patient: Patient) -> bool:
    """Whether any session of this patient is known to have given ketamine; a session that came to nothing is none."""
    found = ledger.ledgers(patient.sessions.exclude(phase="planned", version__lte=1).values_list("id", flat=True))
    return any(
        total_mg(fold(events, str(session_id)), events[-1].recorded_at) > 0
        for session_id, events in found.items()
        if events
    )
