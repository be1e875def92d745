"""Who sends what: the header of a message, judged before anything in it is read."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from norket.exchange.hl7v2.fault import Fault, shown
from norket.exchange.hl7v2.message import STANDARD, Segment, Separators
from norket.exchange.hl7v2.stamp import offset_of, read_stamp

VERSIONS = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"})
CHARSETS = frozenset({"", "ASCII", "UNICODE", "UNICODE UTF-8", "UTF-8"})
LONGEST_ID = 199
LONGEST_IDENTITY = 200

_EUI_64 = re.compile(r"[0-9A-Fa-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Header:
    """What the acknowledgement repeats, in the sender's own separators."""

    separators: Separators = STANDARD
    application: str = ""
    facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    message_id: str = ""
    processing: str = "P"
    version: str = "2.6"


@dataclass(frozen=True, slots=True)
class Sent:
    """When the sender says that it sent, and the offset that times without one take from it."""

    at: datetime
    offset: timezone | None


def read_header(msh: Segment) -> Header:
    """The header as written; what is not printable ASCII is left out, so that it can be sent back."""
    message_id = msh.field(10)
    safe = message_id if _printable(message_id) and len(message_id) <= LONGEST_ID else ""
    return Header(
        separators=msh.separators,
        application=_kept(msh.field(3)),
        facility=_kept(msh.field(4)),
        receiving_application=_kept(msh.field(5)),
        receiving_facility=_kept(msh.field(6)),
        message_id=safe,
        processing=_kept(msh.component(11, 1)) or "P",
        version=msh.component(12, 1) if msh.component(12, 1) in VERSIONS else "2.6",
    )


def header_fault(msh: Segment, header: Header) -> Fault | None:
    """Why this message is not one that is read here at all."""
    kind = msh.components(9)[:2]
    if kind != ["ORU", "R01"]:
        return Fault("type", f"MSH-9 is {shown(msh.field(9))}; this port takes observations, ORU^R01.")
    if msh.component(12, 1) not in VERSIONS:
        return Fault("version", f"MSH-12 is {shown(msh.field(12))}; versions 2.3 to 2.8.2 are read.")
    if msh.component(11, 1) != "P":
        return Fault("processing", f"MSH-11 is {shown(msh.field(11))}; only P is charted, not tests or training.")
    if any(charset not in CHARSETS for charset in msh.field(18).split(msh.separators.repetition)):
        return Fault("charset", f"MSH-18 is {shown(msh.field(18))}. Set the sender to ASCII or UNICODE UTF-8.")
    if not header.message_id:
        return Fault("missing", f"MSH-10 must be an id of 1 to {LONGEST_ID} printable ASCII characters.")
    return None


def sent(msh: Segment) -> Sent | Fault:
    """MSH-7: without it no message can be told from an old one."""
    at = read_stamp(msh.component(7, 1), "MSH-7", None)
    return at if isinstance(at, Fault) else Sent(at, offset_of(msh.component(7, 1)))


def eui_64(components: list[str]) -> str | None:
    """The EUI-64 of an identifier, written as `id^EUI-64` or as `id^namespace^universal id^EUI-64`, in capitals."""
    for place, part in enumerate(components[1:], start=1):
        if part == "EUI-64" and _EUI_64.fullmatch(components[place - 1]):
            return components[place - 1].upper()
    return None


def sender_identity(msh: Segment) -> str:
    """The name of the sending device: its EUI-64, else `application/facility`, else the application alone."""
    named = eui_64(msh.components(3))
    if named is not None:
        return named
    parts = [msh.separators.meant(msh.component(number, 1)) or "" for number in (3, 4)]
    return "/".join(part for part in parts if part)


def identity_fault(identity: str) -> Fault | None:
    if identity and _printable(identity) and len(identity) <= LONGEST_IDENTITY:
        return None
    return Fault("device", f"The sender calls itself {shown(identity)}; MSH-3 must name the device in printable ASCII.")


def _printable(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _kept(text: str) -> str:
    return text if _printable(text) and len(text) <= LONGEST_IDENTITY else ""
