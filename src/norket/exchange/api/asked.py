"""The request as the gate hands it on: who asks, and at what time."""

from datetime import datetime

from django.http import HttpRequest

from norket.record.access.models import Device
from norket.record.people.models import Person
from norket.therapy.actor import Actor


class Asked(HttpRequest):
    """A request that the policy let through; the clock was read once."""

    now: datetime
    actor: Actor
    holder: Person | Device
    locked: bool
