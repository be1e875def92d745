"""A consent as it should be, for tests of what holds it."""

from datetime import UTC, datetime
from typing import Any

from norket import knowledge
from norket.therapy.consent import Capacity, Consent, Document, Interpreter, Scope, Signing, document, sign

BASE = knowledge.read()
SIGNED_AT = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "indication": "trd",
    "drug": "ketamine",
    "route": "iv",
    "setting": "outpatient",
    "jurisdiction": "US",
    "dose_low": 20,
    "dose_high": 60,
    "dose_unit": "mg",
}


def text(at: datetime = SIGNED_AT, **plan: Any) -> Document:
    """The document of this plan."""
    scope = Scope.model_validate(PLAN | plan)
    return document(BASE, scope, on=at.date(), contact="the clinic, 555-0100", emergency="112")


def signing(of: Document, **more: Any) -> Signing:
    """Everything known and sound, but for what is said otherwise."""
    sound: dict[str, Any] = {
        "sha256": of.sha256,
        "way": "typed",
        "signed_name": "Ada Example",
        "identifiers": ("MRN-1", "1980-01-01"),
        "witness": "Nora",
        "acknowledged": frozenset(of.topics),
        "teach_back": "yes",
        "capacity": Capacity(understands="yes", retains="yes", weighs="yes", communicates="yes", by="Pia"),
        "sedative_given": "no",
        "intoxicated": "no",
        "above_usual_dose": "no",
        "stable_sedative": "no",
        "interpreter": Interpreter(needed="no"),
    }
    return Signing.model_validate(sound | more)


def consent(at: datetime = SIGNED_AT, **plan: Any) -> Consent:
    """A sound consent to this plan."""
    read = text(at, **plan)
    answer = sign(read, signing(read), base=BASE, now=at)
    assert isinstance(answer, Consent)
    return answer
