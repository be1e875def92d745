"""What a hospital asks: its request read strictly, and its prefetch put together as one bundle of one patient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from norket.exchange.cds.services import HOOKS, PREFETCH
from norket.exchange.fhir import FhirError, NotRead, read_bundle
from norket.exchange.strict_json import NotJsonError, loads
from norket.therapy.chart import Chart

LONGEST_ID = 200
ORDER_HOOKS = frozenset({"order-select", "order-sign"})
ORDERS = frozenset({"MedicationRequest", "MedicationOrder"})  # the second from clients that still use its old name


class AskedError(ValueError):
    """The request cannot be answered: a stable `code` for machines and a sentence for people."""

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        super().__init__(why)


@dataclass(frozen=True)
class Question:
    """A request as it was understood. `not_sent` names the parts of the prefetch that did not come; `drafts` are the
    orders in question, for the order hooks alone, and `medications` what they may point to, by name."""

    service: str
    hook: str
    instance: str
    chart: Chart
    not_read: tuple[NotRead, ...]
    not_sent: tuple[str, ...]
    drafts: tuple[Mapping[str, Any], ...]
    medications: Mapping[str, Mapping[str, Any]]


def read(service: str, body: bytes) -> Question:
    """The question in a request body; raises `AskedError`."""
    asked = _object(_json(body), "The request")
    hook, instance = HOOKS[service][0], _text(asked, "hookInstance")
    if (said := _text(asked, "hook")) != hook:
        raise AskedError("wrong_hook", f"This service answers {hook}; the request is of {said}.")
    context = _object(asked.get("context"), "'context'")
    patient = _text(context, "patientId").removeprefix("Patient/")
    prefetch = {} if asked.get("prefetch") is None else _object(asked["prefetch"], "'prefetch'")
    server = asked.get("fhirServer")
    bundle, absent = _bundle(prefetch, patient, server if isinstance(server, str) else "")
    try:
        chart, not_read = read_bundle(bundle)
    except FhirError as error:
        raise AskedError("prefetch_unreadable", str(error)) from error
    ordered = _ordered(context) if hook in ORDER_HOOKS else []
    drafts = _drafts(ordered, patient)
    products = [one["resource"] for one in (*bundle["entry"], *ordered) if _kind(one) == "Medication"]
    medications = {f"Medication/{one.get('id')}": one for one in products}
    return Question(service, hook, instance, chart, not_read, absent, drafts, medications)


def _json(body: bytes) -> Any:
    try:
        return loads(body)
    except NotJsonError as error:
        raise AskedError("malformed", f"The request cannot be read: {error}.") from error


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AskedError("malformed", f"{what} must be a JSON object.")
    return value


def _text(parent: Mapping[str, Any], key: str) -> str:
    value = parent.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID:
        raise AskedError("malformed", f"'{key}' must be a text of 1 to {LONGEST_ID} characters.")
    return value


def _bundle(prefetch: Mapping[str, Any], patient: str, server: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """One bundle of all that was sent, and the keys under which nothing was sent."""
    entries: list[Any] = []
    links: list[Any] = []
    for value in prefetch.values():
        if value is None:
            continue
        resource = _object(value, "Each value of the prefetch")
        if resource.get("resourceType") == "Bundle":
            more = resource.get("entry") or []
            if not isinstance(more, list):
                raise AskedError("malformed", "'entry' of a bundle in the prefetch must be a list.")
            entries += more
            links += resource["link"] if isinstance(resource.get("link"), list) else []
        else:
            entries.append({"resource": resource})
    absent = tuple(key for key in PREFETCH if key not in prefetch)
    people = [one["resource"] for one in entries if _kind(one) == "Patient"]
    if any(one.get("id") != patient for one in people):
        raise AskedError("other_patient", f"The prefetch holds another patient than Patient/{patient}.")
    if not people:
        entries.append({"resource": {"resourceType": "Patient", "id": patient}})
        absent = tuple(dict.fromkeys(("patient", *absent)))
    base = server.rstrip("/")
    entries = [_addressed(one, patient, base) for one in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, "link": links}, absent


def _kind(entry: Any) -> str:
    """The kind of resource that an entry holds; empty when it holds none."""
    resource = entry.get("resource") if isinstance(entry, dict) else None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) else ""


def _addressed(entry: Any, patient: str, base: str) -> Any:
    """The patient under the address of the hospital's own server, by which other resources may point to them."""
    return {**entry, "fullUrl": f"{base}/Patient/{patient}"} if base and _kind(entry) == "Patient" else entry


def _ordered(context: Mapping[str, Any]) -> list[Any]:
    """The entries of the bundle of draft orders."""
    drafts = _object(context.get("draftOrders"), "'context.draftOrders'")
    entries = drafts.get("entry") or []
    if drafts.get("resourceType") != "Bundle" or not isinstance(entries, list):
        raise AskedError("malformed", "'context.draftOrders' must be a FHIR Bundle.")
    return entries


def _drafts(entries: list[Any], patient: str) -> tuple[Mapping[str, Any], ...]:
    """All draft orders of medicines for this patient, the selected ones among them: what is selected beside ketamine
    matters as much as ketamine itself."""
    orders = [entry["resource"] for entry in entries if _kind(entry) in ORDERS]
    for order in orders:
        subject = order.get("subject", order.get("patient"))
        whose = subject.get("reference") if isinstance(subject, dict) else None
        if isinstance(whose, str) and whose.rpartition("/")[2] != patient:
            raise AskedError("other_patient", f"A draft order is for {whose[:80]}, not for Patient/{patient}.")
    return tuple(orders)
