"""Table of the drug register."""

from typing import ClassVar

from django.db import models

from norket.record.people.models import Clinic


class RegisterEntry(models.Model):
    """One line of one lot. Lines are numbered from 1 within clinic, product and lot, and never changed."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="register")
    product_id = models.CharField(max_length=200)
    lot = models.CharField(max_length=200)
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    amount_mg = models.FloatField()
    balance_mg = models.FloatField()
    session_id = models.UUIDField(null=True, db_index=True)
    by = models.CharField(max_length=200)
    witness = models.CharField(max_length=200, null=True)  # no witness is not an empty name
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clinic", "product_id", "lot", "n"], name="register_number_once"),
            models.CheckConstraint(name="register_never_below_zero", condition=models.Q(balance_mg__gte=0)),
        ]
