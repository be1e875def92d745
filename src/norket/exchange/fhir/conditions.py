"""Conditions, procedures and allergies: what somebody has, had, or is known not to have."""

from datetime import date
from typing import Any, Literal

from norket.exchange.fhir.notes import Notes
from norket.exchange.fhir.shapes import Concept, Json, UnreadError, codes_of, concept, day_of, one_of, part, parts, word
from norket.therapy.chart import Item, Status

ACTIVE = frozenset({"active", "recurrence", "relapse"})
OVER = frozenset({"inactive", "remission", "resolved"})
DONE = frozenset({"completed", "in-progress", "stopped"})
ABSENT_OR_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
NONE_KNOWN = (("snomed", "716186003"), ("snomed", "409137002"), ("snomed", "160244002"), ("snomed", "160245001"))


def condition(resource: Json, notes: Notes) -> list[Item]:
    """A Condition: refuted is `no`, what is only suspected is `unknown`, what is over has its last day."""
    what, status = _named(resource), _verified(resource)
    onset, ended = _first_day(resource, notes), _last_day(resource, notes)
    return _items(what, notes, status=status, onset=onset, ended=ended, at=notes.moment(resource, "recordedDate"))


def procedure(resource: Json, notes: Notes) -> list[Item]:
    """A Procedure that was done, as a condition of that day: an operation tells of the disease behind it."""
    if (status := word(resource, "status")) not in DONE:
        raise UnreadError(f"its status is '{status}', so it has not been done")
    when = one_of(resource, "performed")
    if when == "performedPeriod":
        period = part(resource, when) or {}
        onset, ended = notes.moment(period, "start"), notes.moment(period, "end")
    else:
        onset = ended = notes.moment(resource, when) if when == "performedDateTime" else None
    if when not in {"", "performedPeriod", "performedDateTime"}:
        notes.say(f"'{when}' is no date; the rest is read without it")
    over = None if status == "in-progress" else day_of(ended) or day_of(onset)
    return _items(_named(resource), notes, status="yes", onset=day_of(onset), ended=over, at=onset)


def allergy(resource: Json, notes: Notes) -> list[Item]:
    """An AllergyIntolerance, with the substances that its reactions name."""
    status = _verified(resource)
    if codes_of(resource, "clinicalStatus") & OVER:
        notes.say("is called over; read as if it still held, because an allergy is asked about again")
    found = [concept(resource, "code")]
    found += [concept(reaction, "substance") for reaction in parts(resource, "reaction")]
    onset = notes.moment(resource, "onsetDateTime")
    at = notes.moment(resource, "recordedDate")
    named = [_known(what) for what in found if what is not None]
    if not named:
        raise UnreadError("it names neither a code nor a substance")
    read = [item for what in named for item in _items(what, notes, status=status, onset=day_of(onset), at=at)]
    return list(dict.fromkeys(read))


def _named(resource: Json) -> Concept:
    what = concept(resource, "code")
    if what is None:
        raise UnreadError("it has no code and no text")
    return _known(what)


def _known(what: Concept) -> Concept:
    if what.among(*NONE_KNOWN) or any(system == ABSENT_OR_UNKNOWN for system, _ in what.other):
        raise UnreadError(f"'{what.text or what.codes[0][1]}' answers no question about any particular thing; ask")
    return what


def _verified(resource: Json) -> Status:
    codes = codes_of(resource, "verificationStatus")
    if "entered-in-error" in codes:
        raise UnreadError("it was entered in error")
    if codes == {"refuted"}:
        return "no"
    return "yes" if codes <= {"confirmed"} else "unknown"


def _first_day(resource: Json, notes: Notes) -> date | None:
    return _date(resource, "onset", "start", notes)


def _last_day(resource: Json, notes: Notes) -> date | None:
    """When it ended. What is called over without a day is read as if it still held, which is the safe side."""
    codes = codes_of(resource, "clinicalStatus")
    ended = _date(resource, "abatement", "end", notes)
    if codes & ACTIVE and (ended or codes & OVER):
        notes.say("is called active and also over; read as if it still held")
        return None
    if codes & OVER and ended is None:
        notes.say("is called over, but not since when; read as if it still held")
    return ended


def _date(resource: Json, stem: str, end: Literal["start", "end"], notes: Notes) -> date | None:
    name = one_of(resource, stem)
    if name == f"{stem}DateTime":
        return day_of(notes.moment(resource, name))
    if name == f"{stem}Period":
        return day_of(notes.moment(part(resource, name) or {}, end))
    if name:
        notes.say(f"'{name}' is no date; the rest is read without it")
    return None


def _items(what: Concept, notes: Notes, **fields: Any) -> list[Item]:
    """One item for each known code: whichever of them a class knows, it is found."""
    return [
        Item(system=system, code=code, text=what.text, source=f"fhir {notes.name}", **fields)
        for system, code in what.codes
    ]
