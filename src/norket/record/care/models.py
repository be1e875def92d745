"""The table of the care ledger."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Patient


class CareEvent(models.Model):
    """The `n`-th event of a patient's care; `data` is its canonical JSON. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care")
    n = models.PositiveIntegerField()
    command_id = models.CharField(max_length=200)
    part = models.PositiveSmallIntegerField(default=0)
    type = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    data = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["patient", "n"], name="care_number_once"),
            models.UniqueConstraint(fields=["patient", "command_id", "part"], name="care_command_once"),
        ]
