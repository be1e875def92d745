"""Signing: an order under its limits, and the clinic's figures by its medical director."""

from datetime import datetime
from uuid import UUID, uuid4

from norket.knowledge.reader import read
from norket.record.audit import actions as audit
from norket.record.canonical import canonical, digest
from norket.record.people.models import Patient, Person
from norket.record.plan import queries
from norket.record.plan.models import OrderRecord, PolicySignature
from norket.record.writer import writing
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.limits import Draft, sign
from norket.therapy.plan.order import AnyOrder


def sign_order(
    patient_id: UUID,
    draft: Draft,
    *,
    by: Actor,
    now: datetime,
    second: Actor | None = None,
    second_reason: str = "",
    reason: str = "",
    order_id: UUID | None = None,
) -> AnyOrder | Refused:
    """Signs a draft for a patient, or says by name why not."""
    with writing():
        patient = Patient.objects.get(pk=patient_id)
        new_id = order_id or uuid4()
        signed = sign(
            draft,
            by=by,
            now=now,
            order_id=str(new_id),
            second=second,
            second_reason=second_reason,
            reason=reason,
            policy_signed=queries.policy_signed(patient.clinic_id),
        )
        subject = f"patient:{patient.pk}"
        if isinstance(signed, Refused):
            audit.append(
                "refused", actor=by.id, subject=subject, at=now, data={"type": "sign_order", "refused": signed.code}
            )
            return signed
        text = canonical(signed.model_dump(mode="json"))
        OrderRecord.objects.create(id=new_id, patient=patient, order=text, signed_by_id=by.id, signed_at=now)
        audit.append(
            "order_signed", actor=by.id, subject=subject, at=now, data={"order": str(new_id), "sha256": digest(text)}
        )
        return signed


def sign_policy(person: Person, *, now: datetime) -> PolicySignature | Refused:
    """Puts the figures of the present edition into force in the signer's clinic."""
    if "medical_director" not in person.roles:
        return Refused(code="not_permitted", why="Only the medical director signs the clinic's figures.")
    edition = read().edition
    with writing():
        signature, made = PolicySignature.objects.get_or_create(
            clinic_id=person.clinic_id, edition=edition, signed_by=person, defaults={"signed_at": now}
        )
        if made:
            audit.append(
                "policy_signed",
                actor=str(person.pk),
                subject=f"clinic:{person.clinic_id}",
                at=now,
                data={"edition": edition},
            )
    return signature
