"""Tables of devices and of the tokens that people's programs and devices carry."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Clinic, Person
from norket.therapy.actor import Actor


class Device(models.Model):
    """A machine that sends measurements. `identity` is how it names itself in its messages (HL7 MSH-3 or OBX-18)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="devices")
    identity = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=64, default="monitor")
    active = models.BooleanField(default=True)

    @property
    def actor(self) -> Actor:
        return Actor(id=f"device:{self.identity}", name=self.name, roles=frozenset({"device"}))


class Token(models.Model):
    """A bearer token. Only its SHA-256 is kept: whoever reads the table cannot sign in with it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="tokens")
    device = models.ForeignKey(Device, null=True, on_delete=models.PROTECT, related_name="tokens")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="token_has_one_holder",
                condition=models.Q(person__isnull=True) ^ models.Q(device__isnull=True),
            )
        ]
