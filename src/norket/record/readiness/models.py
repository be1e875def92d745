"""The table of a clinic's own ledger."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Clinic


class ClinicEvent(models.Model):
    """The `n`-th event of a clinic; `data` is its canonical JSON. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="events")
    n = models.PositiveIntegerField()
    command_id = models.CharField(max_length=200)
    type = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    data = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "n"], name="clinic_number_once"),
            models.UniqueConstraint(fields=["clinic", "command_id"], name="clinic_command_once"),
        ]
