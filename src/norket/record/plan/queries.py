"""Signed orders and the clinic's signature, as they stand."""

from uuid import UUID

from pydantic import TypeAdapter

from norket.knowledge.reader import read
from norket.record.plan.models import OrderRecord, PolicySignature
from norket.therapy.plan.order import AnyOrder

ORDER: TypeAdapter[AnyOrder] = TypeAdapter(AnyOrder)


def order(order_id: UUID) -> AnyOrder:
    """A signed order: an infusion, or a dose at once. One from before the two were told apart is an infusion."""
    return ORDER.validate_json(OrderRecord.objects.get(pk=order_id).order)


def order_of(order_id: str, patient_id: UUID) -> AnyOrder | None:
    """A signed order of this patient by an id that somebody sent; None where there is none."""
    try:
        row = OrderRecord.objects.filter(pk=UUID(order_id), patient_id=patient_id).first()
    except ValueError:
        return None
    return ORDER.validate_json(row.order) if row else None


def is_of(order_id: UUID, patient_id: UUID) -> bool:
    """Whether there is such an order and it is this patient's."""
    return OrderRecord.objects.filter(pk=order_id, patient_id=patient_id).exists()


def orders(patient_id: UUID) -> list[AnyOrder]:
    """The patient's orders, newest first."""
    rows = OrderRecord.objects.filter(patient_id=patient_id).order_by("-signed_at")
    return [ORDER.validate_json(row.order) for row in rows]


def policy_signed(clinic_id: UUID) -> bool:
    """Whether a medical director has put the present edition's figures into force in this clinic."""
    return PolicySignature.objects.filter(clinic_id=clinic_id, edition=read().edition).exists()


def policy_signatures(clinic_id: UUID) -> list[PolicySignature]:
    """Who signed which edition, newest first."""
    return list(PolicySignature.objects.filter(clinic_id=clinic_id).select_related("signed_by").order_by("-signed_at"))
