"""Tables of signed orders and of the clinic's signature under the figures it works by."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Clinic, Patient, Person


class OrderRecord(models.Model):
    """An order as it was signed; `order` is the canonical JSON of `therapy.plan.order.Order`. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="orders")
    order = models.TextField()
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()


class PolicySignature(models.Model):
    """A medical director put the figures of one knowledge edition into force in this clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="policy_signatures")
    edition = models.CharField(max_length=64)
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "edition", "signed_by"], name="policy_signed_once_each")
        ]


class RescueSignature(models.Model):
    """A rescue template as a medical director filled it in; `filled` is the canonical JSON of
    `therapy.plan.rescue_signing.SignedRescue`. A later version of the same medicine and route takes its place."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="rescue_signatures")
    template = models.CharField(max_length=64)
    agent = models.CharField(max_length=64)
    route = models.CharField(max_length=16)
    version = models.PositiveIntegerField()
    filled = models.TextField()
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["clinic", "template", "agent", "route", "version"], name="rescue_version_once"
            )
        ]


class ClinicSwitch(models.Model):
    """A clinic turned something on or off; of each switch the newest line counts. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="switches")
    n = models.PositiveIntegerField()
    switch = models.CharField(max_length=64)
    on = models.BooleanField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "n"], name="switch_number_once")]
