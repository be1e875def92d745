"""The second person of a drawn syringe, of a waste, of a verbal order and of a handover: somebody who works in this
clinic, not a typed name, and not the one who did it. What happened is recorded all the same; without such a person it
does not count as witnessed, or as offered."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from norket.record.access import policy
from norket.record.people.models import Person
from norket.record.session.models import SessionEvent, SessionRecord
from norket.therapy.actor import Actor
from norket.therapy.session.events import Command, Correct, Decided

# The field of each command and of its event, and the part that the person has in it.
FIELDS = {
    "prepare_dose": "checker",
    "dose_prepared": "checker",
    "change_syringe": "checker",
    "syringe_changed": "checker",
    "record_waste": "witness",
    "waste_recorded": "witness",
    "give_rescue": "witness",
    "rescue_given": "witness",
    "record_verbal_order": "prescriber",
    "verbal_order_recorded": "prescriber",
    "offer_handover": "to",
    "handover_offered": "to",
}
MAKER = {
    "checker": "checker_is_preparer",
    "witness": "witness_is_maker",
    "prescriber": "prescriber_is_writer",
    "to": "",  # whoever has the session is refused before; a colleague may offer it to themselves
}
PART = {"to": "successor"}
UNKNOWN = {"to": "person_unknown"}


def named(session: SessionRecord, command: Command, by: Actor) -> tuple[Command, str]:
    """The command with its second person's id in place of what was said, and the flag that says what is wrong."""
    if isinstance(command, Correct):
        return _corrected(session, command, by)
    field = FIELDS.get(command.type)
    if field is None or not getattr(command, field):
        return command, ""
    who, flag = _resolve(session, field, str(getattr(command, field)), {by.id})
    return command.model_copy(update={field: who}), flag


def flagged(decided: Iterable[Decided], flag: str) -> tuple[Decided, ...]:
    """The events with the flag on those that name a second person."""
    return tuple(_with(item, flag) if flag and item.event.type in FIELDS else item for item in decided)


def _with(item: Decided, flag: str) -> Decided:
    flags = tuple(dict.fromkeys((*getattr(item.event, "flags", ()), flag)))
    return item.model_copy(update={"event": item.event.model_copy(update={"flags": flags})})


def _corrected(session: SessionRecord, command: Correct, by: Actor) -> tuple[Command, str]:
    """A correction names its second person anew; neither who did it nor who corrects it can be that person."""
    row = SessionEvent.objects.filter(session=session, n=command.corrects, type__in=FIELDS).first()
    data: Mapping[str, Any] | None = command.data
    field = FIELDS[row.type] if row else ""
    if row is None or data is None or not data.get(field) or not isinstance(data.get(field), str):
        return command, ""
    who, flag = _resolve(session, field, data[field], {by.id, row.by})
    said = data.get("flags", ())
    flags = [*said, flag] if flag and isinstance(said, list | tuple) else said
    return command.model_copy(update={"data": {**data, field: who, "flags": flags}}), ""


def _resolve(session: SessionRecord, field: str, said: str, makers: set[str]) -> tuple[str, str]:
    """Who was meant, by id or by sign-in name, and the flag when it is nobody who may, or only the maker."""
    people = Person.objects.filter(clinic_id=session.patient.clinic_id, is_active=True)
    person = people.filter(pk=UUID(said)).first() if _is_id(said) else people.filter(username=said).first()
    if person is None or not policy.read().may_be(PART.get(field, field), person.roles):
        return said, UNKNOWN.get(field, f"{field}_unknown")
    return str(person.pk), MAKER[field] if str(person.pk) in makers else ""


def _is_id(said: str) -> bool:
    try:
        UUID(said)
    except ValueError:
        return False
    return True
