"""From a FHIR R4 bundle of one patient to a chart, and the list of everything in it that is not in the chart."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from norket.exchange.fhir import answers, conditions, medicines, observations
from norket.exchange.fhir.notes import Notes, NotRead
from norket.exchange.fhir.shapes import Json, UnreadError, day_of, moment, part, parts, word
from norket.exchange.strict_json import NotJsonError, check, loads
from norket.therapy.chart import Chart, Item, MedicineItem, Patient, Sex, Status

LARGEST = 50_000_000  # characters of a text; a whole life of a very ill person is a tenth of it
MOST = 100_000  # entries of a bundle
TYPE, ID = re.compile(r"[A-Z][A-Za-z]{1,63}"), re.compile(r"[A-Za-z0-9.-]{1,64}")
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
SEXES: dict[str, Sex] = {"female": "female", "male": "male", "other": "other", "F": "female", "M": "male"}

READERS: dict[str, tuple[str, Callable[[Json, Notes], list[Item]]]] = {
    "Condition": ("conditions", conditions.condition),
    "Procedure": ("conditions", conditions.procedure),
    "AllergyIntolerance": ("allergies", conditions.allergy),
    "Observation": ("observations", observations.observation),
    "QuestionnaireResponse": ("answers", answers.response),
}
MEDICINES = {"MedicationRequest": medicines.request, "MedicationStatement": medicines.statement}


class FhirError(ValueError):
    """The bundle as a whole cannot be read; the message says why and what is taken. Nothing of it was used."""


def read_bundle(given: str | bytes | Mapping[str, Any]) -> tuple[Chart, tuple[NotRead, ...]]:
    """The chart of a bundle's one patient, and what was not read.

    `given` is a JSON text or what was read from one. Raises `FhirError` for a text that is not strict JSON, for what is
    no bundle, and for a bundle of no patient or of several. A fault in one resource costs that resource, which is then
    listed; nothing else is left out without being listed.
    """
    bundle = _bundle(given)
    try:
        entries = parts(bundle, "entry")
    except UnreadError as error:
        raise FhirError(f"The bundle's {error}.") from error
    if len(entries) > MOST:
        raise FhirError(f"The bundle has {len(entries)} entries; at most {MOST} are read.")
    reading = _Reading()
    for place, entry in enumerate(entries, start=1):
        reading.enter(place, entry)
    if any(link.get("relation") == "next" for link in _links(bundle)):
        reading.notes.say("the bundle has further pages, which are not here", "Bundle")
    return reading.chart(), tuple(reading.notes.found)


def is_bundle(given: Any) -> bool:
    """Whether this looks like a bundle, so that a reader of several formats can choose."""
    return isinstance(given, Mapping) and given.get("resourceType") == "Bundle"


def _bundle(given: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        if isinstance(given, str | bytes):
            if len(given) > LARGEST:
                raise FhirError(f"The text is longer than {LARGEST} characters; send the bundle in parts.")
            value = loads(given)
        else:
            value = given
            check(value)
    except NotJsonError as error:
        raise FhirError(f"The bundle cannot be read: {error}.") from error
    if not isinstance(value, Mapping):
        raise FhirError("This is no FHIR resource; a bundle is a JSON object with resourceType Bundle.")
    kind = value.get("resourceType")
    if kind != "Bundle":
        said = f"a {kind[:64]}" if isinstance(kind, str) else "no FHIR resource"
        raise FhirError(f"This is {said}; a Bundle is needed, with the patient and what is known of them.")
    if value.get("type") == "history":
        raise FhirError("This bundle is a history of versions; send the present state (searchset or collection).")
    return value


def _links(bundle: Mapping[str, Any]) -> list[Json]:
    try:
        return parts(bundle, "link")
    except UnreadError:
        return []  # links name other pages and hold no facts; a malformed list names none


class _Reading:
    """The resources of one bundle, by every name under which they may be pointed to, and the notes about them."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.resources: list[tuple[str, Json]] = []
        self.patients: list[tuple[str, str, Json]] = []
        self.by_name: dict[str, Json] = {}
        self.items: dict[str, list[Item]] = {field: [] for field, _ in READERS.values()}
        self.medicines: list[MedicineItem] = []

    def enter(self, place: int, entry: Json) -> None:
        resource, name = entry.get("resource"), f"entry {place}"
        if not isinstance(resource, dict):
            self.notes.say("holds no resource", name)
            return
        kind, own = resource.get("resourceType"), resource.get("id")
        if not (isinstance(kind, str) and TYPE.fullmatch(kind)):
            self.notes.say("does not say what kind of resource it is", name)
            return
        own_name = isinstance(own, str) and ID.fullmatch(own) is not None
        name = f"{kind}/{own}" if own_name else f"{kind} in {name}"
        url = entry.get("fullUrl") if isinstance(entry.get("fullUrl"), str) else ""
        known = self.by_name.get(name)
        if known == resource:
            self.notes.say("is given twice, with the same content; read once", name)
            return
        for key in filter(None, (name if own_name else "", url)):
            self.by_name.setdefault(str(key), resource)
        if kind == "Patient":
            self.patients.append((name, str(url), resource))
        else:
            self.resources.append((name, resource))

    def chart(self) -> Chart:
        if not self.patients:
            raise FhirError("The bundle has no Patient, so nobody knows whose record it is.")
        if len(self.patients) > 1:
            names = ", ".join(name for name, _, _ in self.patients[:5])
            raise FhirError(f"The bundle has {len(self.patients)} patients ({names}); send one patient at a time.")
        name, url, resource = self.patients[0]
        self.notes.name = name
        patient = self._patient(resource)
        for other_name, other in self.resources:
            self.notes.name = other_name
            try:
                self._take(other, name, url)
            except UnreadError as error:
                self.notes.say(str(error))
            except ValidationError as error:
                self.notes.say(f"does not fit a chart: {error.errors()[0]['msg']}")
        return Chart(
            patient=patient,
            conditions=tuple(self.items["conditions"]),
            medicines=tuple(self.medicines),
            allergies=tuple(self.items["allergies"]),
            observations=tuple(self.items["observations"]),
            answers=tuple(self.items["answers"]),
        )

    def _patient(self, resource: Json) -> Patient:
        try:
            _plain(resource)
            gender, born = word(resource, "gender"), _born(resource, self.notes)
            at_birth = [word(one, "valueCode") for one in parts(resource, "extension") if one.get("url") == BIRTH_SEX]
        except UnreadError as error:
            raise FhirError(f"The Patient cannot be read: {error}.") from error
        if resource.get("deceasedBoolean") is True or "deceasedDateTime" in resource:
            self.notes.say("says that the patient has died; a chart has no place for it")
        if resource.get("active") is False:
            self.notes.say("says that this record of the patient is no longer used")
        sexes = {SEXES.get(said, "unknown") for said in (at_birth or [gender])}
        sex = sexes.pop() if len(sexes) == 1 else "unknown"
        # An administrative gender says nothing of who can be pregnant; the sex at birth does.
        potential: Status = "no" if at_birth and sex == "male" else "unknown"
        return Patient(birth_date=born, sex=sex, pregnancy_potential=potential)

    def _take(self, resource: Json, patient: str, url: str) -> None:
        kind = str(resource["resourceType"])
        if kind not in READERS and kind not in MEDICINES:
            raise UnreadError(_unread_kind(kind, resource))
        _plain(resource)
        subject = part(resource, "patient" if kind == "AllergyIntolerance" else "subject")
        whose = word(subject, "reference") if subject else ""
        if not whose:
            raise UnreadError("it does not say whose it is")
        if not _same(whose, patient, url):
            raise UnreadError("it is about somebody or something else than the patient")
        if kind in MEDICINES:
            self.medicines += MEDICINES[kind](resource, self.notes, self._find)
        else:
            field, read = READERS[kind]
            for item in read(resource, self.notes):
                scored = field == "answers" and item.system == "loinc"  # an item of a scale, which is a measurement
                self.items["observations" if scored else field].append(item)

    def _find(self, resource: Json, reference: str) -> Json | None:
        """The resource that a reference points to: contained in this one, or an entry of the bundle."""
        if reference.startswith("#"):
            return next((one for one in parts(resource, "contained") if one.get("id") == reference[1:]), None)
        return self.by_name.get(reference.partition("/_history/")[0])


def _plain(resource: Json) -> None:
    """What carries rules that change its meaning is not read, as the standard demands."""
    waiting: list[Any] = [resource]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            for key in ("modifierExtension", "implicitRules"):
                if key in item:
                    raise UnreadError(f"it carries '{key}', which may change its meaning")
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _born(resource: Json, notes: Notes) -> Any:
    try:
        return day_of(moment(resource, "birthDate"))
    except UnreadError as error:
        notes.say(f"{error}; the age is unknown")
        return None


def _same(reference: str, patient: str, url: str) -> bool:
    """Whether a reference points to the patient; addresses of two servers are never taken for one."""
    plain = reference.partition("/_history/")[0]
    if plain in {url, patient}:
        return True
    return "://" in plain and "://" not in url and plain.endswith(f"/{patient}")


def _unread_kind(kind: str, resource: Json) -> str:
    if kind == "OperationOutcome":
        issues = resource.get("issue")
        first = issues[0] if isinstance(issues, list) and issues else {}
        said = first.get("diagnostics") if isinstance(first, dict) else None
        return f"the sender says that something went wrong: {said[:200] if isinstance(said, str) else 'no details'}"
    if kind == "Medication":
        return "is read where an order or a statement points to it"
    return f"resources of the kind {kind} are not read"
