"""Tables of the audit chain."""

from django.db import models


class AuditLine(models.Model):
    """One line of the chain. `hash` covers every other field and the hash of the line before it."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=200)
    data = models.TextField()
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)


class AuditHead(models.Model):
    """The end of the chain, in one row that orders the writers of all processes."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")
