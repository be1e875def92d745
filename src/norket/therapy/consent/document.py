"""The text that a patient signs, made from the knowledge base for one plan, with the hash of every letter of it."""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.assessment.indication import Indication, indication
from norket.therapy.consent.scope import Scope

TOPIC = "consent.topic."
NO_RATE = "This clinic has no figures of its own yet."
_BLANK = re.compile(r"\{(\w+)\}")


class ClinicRate(BaseModel):
    """The clinic's own audited count: `improved` of `treated` people with this indication improved by half or more."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    improved: int = Field(ge=0)
    treated: int = Field(ge=1)

    @model_validator(mode="after")
    def _part_of_whole(self) -> "ClinicRate":
        if self.improved > self.treated:
            raise ValueError("more people improved than were treated; correct the count")
        return self


class Section(BaseModel):
    """One topic as the patient reads it. `topic` is what is acknowledged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    heading: str
    text: str


class Document(BaseModel):
    """A consent document. `sha256` is over `text`, exactly as it is shown and printed (UTF-8).

    `label` says whether the use is approved where the clinic is (`on`, `off`, or `unknown`, which reads as off-label);
    `risk_text` counts the wordings of serious risks, so that a newer one asks for a new consent.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope
    edition: str
    made_on: date
    label: str
    risk_text: float
    sections: tuple[Section, ...]
    text: str
    sha256: str

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic, each of which is acknowledged."""
        return tuple(section.topic for section in self.sections)

    @property
    def version(self) -> str:
        """What the page and the record call this text."""
        return f"{self.made_on.isoformat()}-{self.sha256[:12]}"


def document(
    base: KnowledgeBase,
    scope: Scope,
    *,
    on: date,
    contact: str,
    emergency: str,
    clinic_rate: ClinicRate | None = None,
) -> Document:
    """The document for `scope` on the day `on`.

    `contact` and `emergency` are whom the patient calls. The same arguments and edition give the same text and hash.
    Raises `KnowledgeError` for an indication that is not known or not offered, `ValueError` without somebody to call.
    """
    if not contact.strip() or not emergency.strip():
        raise ValueError("the document says whom to call; give a contact and an emergency number")
    row = indication(base, scope.indication, offered=True)
    label = row.label(scope.drug, scope.jurisdiction, on)
    words = _words(base, scope, row, clinic_rate) | {"contact": contact.strip(), "emergency": emergency.strip()}
    sections = tuple(
        Section(topic=entry.data["topic"], heading=entry.data["heading"], text=_filled(entry.statement, words))
        for entry in _topics(base)
        if label in entry.data.get("only", {}).get("label", [label])
    )
    text = "\n\n".join(f"{section.heading}\n{section.text}" for section in sections) + "\n"
    return Document(
        scope=scope,
        edition=base.edition,
        made_on=on,
        label=label,
        risk_text=base.figure("consent.con_01", "serious_risk_text", on).value,
        sections=sections,
        text=text,
        sha256=sha256(text.encode()).hexdigest(),
    )


def _topics(base: KnowledgeBase) -> list[Entry]:
    return sorted((e for e in base.entries if e.id.startswith(TOPIC)), key=lambda entry: entry.data["order"])


def _words(base: KnowledgeBase, scope: Scope, row: Indication, rate: ClinicRate | None) -> dict[str, str]:
    plain: Mapping[str, Mapping[str, Any]] = base.entry("consent.words").data
    drug = str(plain["drug"][scope.drug])
    return {
        "drug": drug,
        "Drug": drug.capitalize(),
        "route": str(plain["route"][scope.route]),
        "setting": str(plain["setting"][scope.setting]),
        "dose": scope.dose,
        "indication": row.in_words,
        "evidence": row.patient_words,
        "response": f"{base.figure('consent.rates', 'response').value:g}",
        "remission": f"{base.figure('consent.rates', 'remission').value:g}",
        "own_rate": _own(rate),
    }


def _own(rate: ClinicRate | None) -> str:
    if rate is None:
        return NO_RATE
    return f"In this clinic {rate.improved} of {rate.treated} people improved by half or more."


def _filled(text: str, words: Mapping[str, str]) -> str:
    """`text` with every blank filled; a blank without its word raises `KeyError`, it is never printed."""
    return " ".join(_BLANK.sub(lambda match: words[match.group(1)], text).split())
