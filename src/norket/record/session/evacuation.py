"""One tap marks every chair: an evacuation of the clinic, the roster that goes along, and its end."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from norket.record.session import queries
from norket.record.session.actions import act
from norket.record.session.models import SessionRecord
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session.charge_events import Command, EndEvacuation, RecordEvacuation
from norket.therapy.session.delivered import is_infusing
from norket.therapy.session.state import ACTIVE, SessionState


class OnRoster(BaseModel):
    """One patient of the roster. `fault` names why the session cannot be read; the patient is in the building all the
    same. `pump_ran` and `cannula_in` None: not known, so look."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    session: UUID
    patient: dict[str, Any]
    chair: str | None
    nurse: str | None
    phase: str
    pump_ran: bool | None = None
    cannula_in: bool | None = None
    mobility: str | None = None
    escort: str = ""
    evacuated_at: datetime | None = None
    accounted_at: datetime | None = None
    place: str = ""
    fault: str | None = None


def evacuate(clinic_id: UUID, *, by: Actor, now: datetime, command_id: str) -> tuple[UUID, ...]:
    """Marks every session of the clinic that has a patient in the building; gives those that could not be marked,
    which the roster shows all the same."""
    return _for_all(clinic_id, RecordEvacuation(), by=by, now=now, command_id=command_id)


def end(clinic_id: UUID, reason: str, *, by: Actor, now: datetime, command_id: str) -> tuple[UUID, ...]:
    """The evacuation is over for every session; gives those that could not be told."""
    return _for_all(clinic_id, EndEvacuation(reason=reason), by=by, now=now, command_id=command_id)


def _for_all(clinic_id: UUID, command: Command, *, by: Actor, now: datetime, command_id: str) -> tuple[UUID, ...]:
    """Each chair in a transaction of its own: one that cannot be written holds up no other."""
    failed = []
    for pk in _here(clinic_id).values_list("pk", flat=True):
        try:
            done = act(pk, command, by=by, now=now, command_id=command_id)
        except queries.FAULTS:
            failed.append(pk)
        else:
            failed += [pk] if isinstance(done, Refused) and done.code != "not_evacuated" else []
    return tuple(failed)


def _here(clinic_id: UUID) -> Any:
    return SessionRecord.objects.filter(patient__clinic_id=clinic_id, phase__in=ACTIVE)


def roster(clinic_id: UUID, now: datetime) -> tuple[OnRoster, ...]:
    """Everybody who is in the building as a patient, by chair; those not yet seen after an evacuation first."""
    rows = list(_here(clinic_id).select_related("patient", "chair", "nurse").order_by("chair__position", "planned_for"))
    folded, faults = queries.readable(rows)
    found = [_on_roster(row, folded.get(row.pk), faults.get(row.pk), now) for row in rows]
    return tuple(sorted(found, key=lambda one: one.accounted_at is not None))


def _on_roster(row: SessionRecord, state: SessionState | None, fault: str | None, now: datetime) -> OnRoster:
    who: dict[str, Any] = {
        "session": row.pk,
        "patient": queries.patient_json(row.patient, now),
        "chair": row.chair.name if row.chair else None,
        "nurse": row.nurse.name if row.nurse else None,
        "phase": row.phase,
    }
    if state is None:
        return OnRoster(**who, fault=fault)
    out, escort = state.evacuation, state.escort
    return OnRoster(
        **who,
        pump_ran=out.pump_ran if out else is_infusing(state, now),
        cannula_in=_cannula_in(state),
        mobility=state.baseline.mobility if state.baseline else None,
        escort=f"{escort.name} {escort.phone}".strip() if escort else "",
        evacuated_at=out.at if out else None,
        accounted_at=out.accounted_at if out else None,
        place=out.place if out else "",
    )


def _cannula_in(state: SessionState) -> bool | None:
    placed, removed = state.preflight.get("cannula_in"), state.gates.get("cannula_removed")
    if removed is not None and removed.answer == "yes":
        return False
    return {"yes": True, "no": False}.get(placed.answer) if placed is not None else None
