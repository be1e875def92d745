"""Tables of the session ledger, of device samples in chunks, and of messages that could not be charted."""

from typing import ClassVar
from uuid import uuid4

from django.db import models

from norket.record.people.models import Chair, Patient, Person


class SessionRecord(models.Model):
    """One session. `version`, `head`, `phase` and `alarmed` (an alert above T1 is open) repeat what the ledger says so
    that lists need not fold it.

    `head` is the SHA-256 chained over all events: two sessions with the same head have the same history.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sessions")
    chair = models.ForeignKey(Chair, null=True, on_delete=models.PROTECT, related_name="sessions")
    nurse = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    planned_for = models.DateTimeField()
    number = models.PositiveSmallIntegerField(default=1)
    of_total = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default="")
    phase = models.CharField(max_length=16, default="planned", db_index=True)
    alarmed = models.BooleanField(default=False, db_index=True)


class SessionEvent(models.Model):
    """One event of the ledger; `data` is its canonical JSON. Never changed, never deleted."""

    session = models.ForeignKey(SessionRecord, on_delete=models.PROTECT, related_name="events")
    n = models.PositiveIntegerField()
    command_id = models.CharField(max_length=200)
    part = models.PositiveSmallIntegerField(default=0)
    command_digest = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    v = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    data = models.TextField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "n"], name="event_number_once"),
            models.UniqueConstraint(fields=["session", "command_id", "part"], name="command_once"),
        ]


class SampleChunk(models.Model):
    """Device samples `first_n` to `last_n` of one session as canonical JSON, its hash in the audit chain."""

    session = models.ForeignKey(SessionRecord, on_delete=models.PROTECT, related_name="chunks")
    first_n = models.PositiveBigIntegerField()
    last_n = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    data = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["session", "first_n"], name="chunk_once")]


class QuarantinedMessage(models.Model):
    """A message that was not charted, with the reason; of an unknown device only its beginning."""

    received_at = models.DateTimeField()
    sender = models.CharField(max_length=200, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=500)
    raw = models.BinaryField()
