"""A tablet in a patient's hands: which document it shows, how far the patient is, and that it shows nothing else.

The state lives in the browser session of the staff member who handed it over. While it is there, the gate lets that
session reach the pages of this signature alone, until a member of staff proves who they are or signs out.
"""

from collections.abc import MutableMapping
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict

from norket.desk.page import Asked
from norket.record.audit.actions import append
from norket.record.writer import writing
from norket.therapy.consent import Document, Scope

KEY = "tablet"
PAGES = frozenset({"desk:consent_sign", "desk:consent_finish", "desk:consent_back"})


class Handed(BaseModel):
    """What was handed over: the plan and the words from which the document is made again, and its hash.

    `step`: the patient reads; has signed; or does not want to now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: UUID
    scope: Scope
    on: date
    contact: str
    emergency: str
    sha256: str
    command_id: UUID
    step: Literal["read", "signed", "not_now"] = "read"
    signed_name: str = ""
    acknowledged: tuple[str, ...] = ()


def hand_over(request: Asked, patient_id: UUID, document: Document, contact: str, emergency: str) -> None:
    """From here on this browser shows the document to the patient and nothing else."""
    handed = Handed(
        patient=patient_id,
        scope=document.scope,
        on=document.made_on,
        contact=contact,
        emergency=emergency,
        sha256=document.sha256,
        command_id=uuid4(),
    )
    keep(request, handed)
    _told(request, patient_id, {"type": "handed_over", "sha256": document.sha256})


def keep(request: Asked, handed: Handed) -> None:
    """Remembers how far the patient is."""
    request.session[KEY] = handed.model_dump(mode="json")


def take_back(request: Asked, patient_id: UUID, how: Literal["signed", "unsigned"]) -> None:
    """The tablet is with the staff again."""
    request.session.pop(KEY, None)
    _told(request, patient_id, {"type": "taken_back", "how": how})


def handed(session: MutableMapping[str, Any]) -> Handed | None:
    """What this browser was handed over for; None while it is with the staff."""
    kept = session.get(KEY)
    return Handed.model_validate(kept) if kept else None


def _told(request: Asked, patient_id: UUID, data: dict[str, Any]) -> None:
    with writing():
        append("tablet", actor=request.actor.id, subject=f"patient:{patient_id}", at=request.now, data=data)
