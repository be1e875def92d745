"""Tables of people and places."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from norket.therapy.actor import Actor


class Clinic(models.Model):
    """One place of care. Nothing of one clinic is seen from another. `country` has two letters (ISO 3166), `phone` is
    answered in the `hours`, `on_call` outside them; they are what a person in need is shown."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64, default="UTC")
    locale = models.CharField(max_length=16, default="en")
    country = models.CharField(max_length=2, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    hours = models.CharField(max_length=200, blank=True)
    on_call = models.CharField(max_length=40, blank=True)

    def day(self, at: datetime) -> date:
        """The day that it is at the clinic."""
        return at.astimezone(ZoneInfo(self.timezone)).date()


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser):
    """A member of staff who signs in. `roles` are the words of `therapy.actor.Role`."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    name = models.CharField(max_length=200)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="people")
    roles = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()  # type: ignore[misc,assignment,unused-ignore]
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def actor(self) -> Actor:
        return Actor(id=str(self.pk), name=self.name, roles=frozenset(self.roles))


class Patient(models.Model):
    """Who is treated. `mrn` is the clinic's own number; two identifiers are asked for at the moments that matter.

    `frail` is what a first dose looks at: true until a clinician has recorded that the patient is not."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    mrn = models.CharField(max_length=64)
    given_name = models.CharField(max_length=200)
    family_name = models.CharField(max_length=200)
    birth_date = models.DateField()
    sex = models.CharField(max_length=8, choices=[("female", "female"), ("male", "male")])
    height_cm = models.FloatField(null=True, blank=True)
    weight_kg = models.FloatField(null=True, blank=True)
    weight_measured_on = models.DateField(null=True, blank=True)
    indication = models.CharField(max_length=200, blank=True)
    psychiatric_indication = models.BooleanField(default=True)
    frail = models.BooleanField(default=True)
    contact = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "mrn"], name="mrn_once_per_clinic")]
        indexes: ClassVar = [models.Index(fields=["clinic", "family_name"])]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def identifiers(self) -> tuple[str, str, str]:
        """What may be asked for: number, full name, date of birth."""
        return (self.mrn, self.name, self.birth_date.isoformat())

    def age_y(self, on: date) -> int:
        """Completed years on the day."""
        born = self.birth_date
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


class Chair(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="chairs")
    name = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["clinic", "name"], name="chair_once_per_clinic")]


def clinic_of(person: Person) -> UUID:
    return UUID(str(person.clinic_id))
