"""Rescue templates of a clinic: filled in and signed by its medical director, version after version."""

from datetime import datetime
from uuid import UUID

from norket.knowledge.reader import read
from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest
from norket.record.people.models import Clinic, Person
from norket.record.plan.models import RescueSignature
from norket.record.writer import writing
from norket.therapy.finding import Refused
from norket.therapy.plan.rescue_signing import Filled, SignedRescue, fill


def history(clinic_id: UUID) -> tuple[SignedRescue, ...]:
    """Every version that was ever signed, newest first."""
    rows = RescueSignature.objects.filter(clinic_id=clinic_id).order_by("-signed_at", "-version")
    return tuple(SignedRescue.model_validate_json(row.filled) for row in rows)


def in_force(clinic_id: UUID) -> tuple[SignedRescue, ...]:
    """The latest version of each medicine and route that was not withdrawn, by template and name."""
    latest: dict[tuple[str, str, str], SignedRescue] = {}
    for one in history(clinic_id):
        known = latest.get(one.key)
        if known is None or known.version < one.version:
            latest[one.key] = one
    return tuple(sorted((one for one in latest.values() if not one.withdrawn), key=lambda one: one.key))


def sign(
    person: Person, filled: Filled, *, now: datetime, withdrawn: bool = False, simulation: bool = False
) -> SignedRescue | Refused:
    """Puts a filled template into force in the signer's clinic, or takes it back; or says by name why not."""
    with writing():
        Clinic.objects.select_for_update().get(pk=person.clinic_id)
        same = {"clinic_id": person.clinic_id, "template": filled.template, "agent": filled.agent}
        before = RescueSignature.objects.filter(**same, route=filled.route).order_by("-version").first()
        signed = fill(
            read(),
            filled,
            by=str(person.pk),
            roles=person.actor.roles,
            at=now,
            version=before.version + 1 if before else 1,
            withdrawn=withdrawn,
            simulation=simulation,
        )
        subject = f"clinic:{person.clinic_id}"
        if isinstance(signed, Refused):
            data = {"type": "sign_rescue", "refused": signed.code}
            audit.append("refused", actor=str(person.pk), subject=subject, at=now, data=data)
            return signed
        text = canonical(signed.model_dump(mode="json"))
        RescueSignature.objects.create(
            **same, route=filled.route, version=signed.version, filled=text, signed_by=person, signed_at=now
        )
        kept: dict[str, object] = {
            "template": signed.template,
            "agent": signed.agent,
            "route": signed.route,
            "version": signed.version,
        }
        kept |= {"withdrawn": withdrawn, "sha256": digest(text)}
        audit.append("rescue_signed", actor=str(person.pk), subject=subject, at=now, data=kept)
        return signed
