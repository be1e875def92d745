"""A hospital's record system and a small knowledge base with one rule of each kind, for what hospitals ask."""

import json
import time
import uuid
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from norket.knowledge import KnowledgeBase
from norket.knowledge.entry import Entry, Reference
from norket.knowledge.reader import read as packaged

ISSUER = "https://ehr.example.org/"
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-02-03"}
ANEURYSM = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I67.1"}], "text": "Aneurysm <b>x</b>"},
}
WEIGHT = {
    "resourceType": "Observation",
    "id": "w1",
    "status": "final",
    "subject": {"reference": "Patient/p1"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "effectiveDateTime": "2026-11-01",
    "valueQuantity": {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}


def rule(name: str, action: str, when: Any, **more: Any) -> dict[str, Any]:
    data = {"stage": "screening", "code": name.upper(), "label": f"Label of {name}", "action": action, "when": when}
    return {
        "id": f"screening.{name}",
        "kind": "rule",
        "statement": "A rule of the test.",
        "sources": [{"key": "test", "place": "page 1"}],
        "certainty": "C",
        "review_by": "2030-01-01",
        "data": {**data, "resolves_by": f"Way out of {name}.", **more},
    }


ENTRIES = [
    {
        "id": "conditions.test_aneurysm",
        "kind": "class",
        "statement": "Aneurysms.",
        "certainty": "C",
        "review_by": "2030-01-01",
        "data": {"codes": {"icd10cm": ["I67.1"]}, "names": ["aneurysm"]},
    },
    {
        "id": "questions.validity",
        "kind": "figure",
        "statement": "How long an answer holds.",
        "values": [{"name": "valid_d", "value": 30, "unit": "d"}],
        "certainty": "C",
        "review_by": "2030-01-01",
    },
    rule("hard", "BLOCK-HARD", {"condition": {"class": "conditions.test_aneurysm"}}),
    rule(
        "block",
        "BLOCK",
        {"condition": {"class": "conditions.test_aneurysm"}},
        overridden_by=["prescriber"],
        second_signer="cardiologist or anaesthetist",
    ),
    rule("old", "WARN", {"age": {"at_least": 40}}),
    rule("task", "TASK", {"age": {"at_least": 18}}),
    rule("step", "TASK", {"age": {"at_least": 18}}),
    rule("sedative", "WARN", {"medicine": {"class": "medicine_classes.incompatible_in_line"}}),
    rule("note", "INFO", {"age": {"at_least": 18}}),
    rule("by_vein", "HOLD", {"context": {"route": ["iv"]}}),
    rule("esketamine", "HOLD", {"context": {"drug": ["esketamine"]}}),
]


@cache
def small_base() -> KnowledgeBase:
    """The packaged figures with the rules of this file alone."""
    own = [Entry.model_validate(entry) for entry in ENTRIES]
    mine = {entry.id for entry in own}
    known = packaged()
    kept = [one for one in known.entries if not (one.kind == "rule" and "when" in one.data) and one.id not in mine]
    test = Reference(key="test", citation="A test of tests. 2026.", doi="10.1000/test", read="whole")
    return KnowledgeBase("e" * 64, (*kept, *own), (*known.references, test))


class Ehr:
    """A hospital's record system: its keys, its tokens, its calls."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {
            "ES384": ec.generate_private_key(ec.SECP384R1()),
            "RS384": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        }

    def jwk(self, algorithm: str = "ES384", **more: Any) -> dict[str, Any]:
        public = self.keys[algorithm].public_key()
        kind = ECAlgorithm if algorithm.startswith("ES") else RSAAlgorithm
        return {**json.loads(kind.to_jwk(public)), "kid": algorithm, "alg": algorithm, "use": "sig", **more}

    def settings(self, **more: Any) -> dict[str, Any]:
        known = {"name": "St. Example", "issuer": ISSUER, "keys": [self.jwk("ES384"), self.jwk("RS384")]}
        return {"hospitals": [known], "origins": ["https://ehr.example.org"], **more}

    def claims(self, address: str, **more: Any) -> dict[str, Any]:
        now = int(time.time())
        given = {"iss": ISSUER, "aud": address, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4()), **more}
        return {name: value for name, value in given.items() if value is not None}

    def token(
        self, address: str, *, algorithm: str = "ES384", header: dict[str, Any] | None = None, **more: Any
    ) -> str:
        pem = self.keys[algorithm].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return jwt.encode(self.claims(address, **more), pem, algorithm, headers={"kid": algorithm, **(header or {})})


def asked(hook: str = "patient-view", **more: Any) -> dict[str, Any]:
    """A request with the patient in its prefetch."""
    context = {"userId": "Practitioner/1", "patientId": "p1", **more.pop("context", {})}
    given = {"hook": hook, "hookInstance": str(uuid.uuid4()), "context": context, "prefetch": {"patient": PATIENT}}
    return {**given, **more}


class Service:
    """The service as a hospital calls it."""

    def __init__(self, ehr: Ehr) -> None:
        self.ehr = ehr
        self.client = Client()
        self.client.get("/cds-services")  # the service begins with its first request; tokens are younger than it

    def post(self, service: str, body: Any, *, token: str | None = None, **headers: str) -> Any:
        path = f"/cds-services/{service}"
        token = self.ehr.token(f"http://127.0.0.1:8000{path}") if token is None else token
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        given = {"Authorization": f"Bearer {token}", **headers} if token else headers
        content = given.pop("Content-Type", "application/json")
        return self.client.generic("POST", path, data, content, headers=given)
