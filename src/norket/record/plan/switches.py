"""What a clinic has switched on for itself. Everything here is off until somebody who may has switched it on."""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.people.models import Person
from norket.record.plan.models import ClinicSwitch
from norket.record.writer import writing
from norket.therapy.finding import Refused

Switch = Literal["prediction_advice"]
SWITCHES: tuple[Switch, ...] = get_args(Switch)
MAY_SWITCH = frozenset({"manager", "medical_director"})


def is_on(clinic_id: UUID, switch: Switch) -> bool:
    """Whether the clinic has this on: what its newest line says, and without one it is off."""
    newest = ClinicSwitch.objects.filter(clinic_id=clinic_id, switch=switch).order_by("-n").first()
    return newest is not None and newest.on


def history(clinic_id: UUID) -> list[ClinicSwitch]:
    """Who switched what and when, newest first."""
    return list(ClinicSwitch.objects.filter(clinic_id=clinic_id).select_related("by").order_by("-n"))


def turn(person: Person, switch: str, *, on: bool, now: datetime) -> ClinicSwitch | Refused:
    """Switches something on or off in the person's clinic; a line in the audit chain says who did it."""
    if not MAY_SWITCH.intersection(person.roles):
        return Refused(code="not_permitted", why="Only the manager or the medical director switches this.")
    if switch not in SWITCHES:
        return Refused(code="switch_unknown", why=f"There is no switch {switch}; there are: {', '.join(SWITCHES)}.")
    with writing():
        last = ClinicSwitch.objects.filter(clinic_id=person.clinic_id).order_by("-n").first()
        line = ClinicSwitch.objects.create(
            clinic_id=person.clinic_id, n=last.n + 1 if last else 1, switch=switch, on=on, by=person, at=now
        )
        audit.append(
            "switched",
            actor=str(person.pk),
            subject=f"clinic:{person.clinic_id}",
            at=now,
            data={"switch": switch, "on": on},
        )
    return line
