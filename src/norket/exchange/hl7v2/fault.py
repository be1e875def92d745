"""What can be wrong with a message, each with the standard's error number and the kind of acknowledgement."""

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "size",
    "characters",
    "structure",
    "type",
    "processing",
    "version",
    "charset",
    "missing",
    "number",
    "time",
    "clock",
    "label",
    "unit",
    "status",
    "range",
    "contradiction",
    "device",
    "patient",
    "storage",
]
Answer = Literal["AE", "AR"]

# HL7 table 0357, and whether the kind of message (AR) or its content (AE) is refused.
TABLE_0357: dict[Code, tuple[Answer, str, str]] = {
    "size": ("AR", "100", "Segment sequence error"),
    "characters": ("AR", "102", "Data type error"),
    "structure": ("AR", "100", "Segment sequence error"),
    "type": ("AR", "200", "Unsupported message type"),
    "processing": ("AR", "202", "Unsupported processing id"),
    "version": ("AR", "203", "Unsupported version id"),
    "charset": ("AR", "103", "Table value not found"),
    "missing": ("AE", "101", "Required field missing"),
    "number": ("AE", "102", "Data type error"),
    "time": ("AE", "102", "Data type error"),
    "clock": ("AE", "102", "Data type error"),
    "label": ("AE", "103", "Table value not found"),
    "unit": ("AE", "103", "Table value not found"),
    "status": ("AE", "103", "Table value not found"),
    "range": ("AE", "102", "Data type error"),
    "contradiction": ("AE", "205", "Duplicate key identifier"),
    "device": ("AE", "204", "Unknown key identifier"),
    "patient": ("AE", "204", "Unknown key identifier"),
    "storage": ("AE", "207", "Application internal error"),
}

SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a message is refused: `code` for machines, `why` a sentence that says what was found and what to do."""

    code: Code
    why: str


def shown(text: str) -> str:
    """Text of a sender as it may stand in a sentence: printable ASCII, short, in quotes."""
    clean = "".join(char if " " <= char <= "~" else "?" for char in text[:SHOWN_CHARACTERS])
    return f"'{clean}{'...' if len(text) > SHOWN_CHARACTERS else ''}'"
