"""Whether a patient has agreed to what is ordered for a session.

The room that keeps consents knows; it looks at sessions itself, and so it says here who answers, and is not asked by
name.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from norket.record.people.models import Patient
from norket.therapy.finding import Finding
from norket.therapy.plan.order import AnyOrder


class Consents(Protocol):
    """Who knows of consents."""

    def spoken(self, patients: Iterable[UUID]) -> set[UUID]:
        """Those of the patients whose ledger knows of a consent or a withdrawal; one query for all of them."""

    def at_the_start(self, patient: Patient, order: AnyOrder | None, now: datetime) -> Finding:
        """Whether a consent of the ledger of one of these covers an order now."""


_known: list[Consents] = []


def answered_by(room: Consents) -> None:
    """From here on this room is asked."""
    _known[:] = [room]


def spoken(patients: Iterable[UUID]) -> set[UUID]:
    """Those of the patients whose ledger knows of a consent or a withdrawal."""
    return _known[0].spoken(patients)


def consent(patient: Patient, order: AnyOrder | None, now: datetime) -> Finding:
    """Whether a consent of the ledger covers this order now; for a patient whose ledger has spoken."""
    return _known[0].at_the_start(patient, order, now)
