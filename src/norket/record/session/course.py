"""What the sessions of one patient have given so far."""

from norket.record.people.models import Patient
from norket.record.session import ledger
from norket.therapy.session.delivered import total_mg
from norket.therapy.session.fold import fold


def has_had_drug(patient: Patient) -> bool:
    """Whether any session of this patient is known to have given ketamine; a session that came to nothing is none."""
    found = ledger.ledgers(patient.sessions.exclude(phase="planned", version__lte=1).values_list("id", flat=True))
    return any(
        total_mg(fold(events, str(session_id)), events[-1].recorded_at) > 0
        for session_id, events in found.items()
        if events
    )
