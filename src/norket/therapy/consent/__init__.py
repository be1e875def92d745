"""Consent: the document of one plan, who may sign it when, what ends it, and whether it covers what is planned."""

from norket.therapy.consent.document import ClinicRate, Document, Section, document
from norket.therapy.consent.scope import Scope
from norket.therapy.consent.sedatives import given_at
from norket.therapy.consent.sign import Capacity, Consent, Interpreter, Signing, sign
from norket.therapy.consent.standing import (
    Ended,
    ask_again,
    covers_order,
    current,
    void,
    why_over,
    withdraw,
)
from norket.therapy.consent.words import faults, left_out

__all__ = [
    "Capacity",
    "ClinicRate",
    "Consent",
    "Document",
    "Ended",
    "Interpreter",
    "Scope",
    "Section",
    "Signing",
    "ask_again",
    "covers_order",
    "current",
    "document",
    "faults",
    "given_at",
    "left_out",
    "sign",
    "void",
    "why_over",
    "withdraw",
]
