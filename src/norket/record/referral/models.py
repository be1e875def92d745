"""Tables of referrals: each with a ledger of its own, since there is no patient yet."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Clinic


class Referral(models.Model):
    """One referral to a clinic. `command_id` is the sender's own id of it, `sha256` that of what was sent."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="referrals")
    command_id = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "command_id"], name="referral_command_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["clinic", "sha256"], name="referral_same")]


class ReferralEvent(models.Model):
    """The `n`-th event of a referral; `data` is its canonical JSON. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="events")
    n = models.PositiveIntegerField()
    command_id = models.CharField(max_length=200)
    part = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    data = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["referral", "n"], name="referral_number_once"),
            models.UniqueConstraint(fields=["referral", "command_id", "part"], name="referral_event_once"),
        ]
