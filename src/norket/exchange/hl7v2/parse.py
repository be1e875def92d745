"""The total reader of ORU^R01: bytes become samples or a named refusal, never an exception.

A message is taken whole or not at all: one value that cannot be trusted says that the sender is not understood.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from norket.exchange.hl7v2.charted import as_sample, choose, late
from norket.exchange.hl7v2.fault import Code, Fault, shown
from norket.exchange.hl7v2.header import (
    Header,
    Sent,
    eui_64,
    header_fault,
    identity_fault,
    read_header,
    sender_identity,
    sent,
)
from norket.exchange.hl7v2.message import Segment, read_segments
from norket.exchange.hl7v2.observation import Ignored, Observed, read_row
from norket.exchange.hl7v2.stamp import read_stamp
from norket.exchange.hl7v2.table import DeviceTable
from norket.therapy.session.samples import Sample

PATIENT_TYPES = ("MR", "PI", "")  # the record number goes before the patient's internal id, that before an untyped one
LONGEST_IDENTITY = 200
UNREAD = Header()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a monitor said: whose, from which device, the samples to chart, and what was read and is not charted.

    `clock_ahead_s` is how far the device's clock runs before ours; `clock_warning` says so when it is worth a look.
    """

    message_id: str
    sending_device: str
    patient_identity: str
    samples: tuple[Sample, ...]
    ignored: tuple[str, ...]
    clock_ahead_s: float
    clock_warning: str
    header: Header
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a message is not charted. `message_id` is empty where none could be read."""

    code: Code
    why: str
    message_id: str
    sending_device: str = ""
    header: Header = UNREAD


def parse(raw: bytes, received_at: datetime, table: DeviceTable) -> Parsed | Rejected:
    """Read one message (without its frame). Total: every input gives `Parsed` or `Rejected`; nothing is raised."""
    segments = read_segments(raw)
    if isinstance(segments, Fault):
        return Rejected(segments.code, segments.why, "")
    header = read_header(segments[0])
    device = sender_identity(segments[0])
    read = header_fault(segments[0], header) or _read(segments, received_at, table, header)
    if isinstance(read, Fault):
        known = "" if identity_fault(device) else device
        return Rejected(read.code, read.why, header.message_id, known, header)
    return read


def _read(segments: list[Segment], received_at: datetime, table: DeviceTable, header: Header) -> Parsed | Fault:
    sent_at = sent(segments[0])
    if isinstance(sent_at, Fault):
        return sent_at
    ahead = sent_at.at - received_at
    if ahead > timedelta(seconds=table.ahead_s):
        return Fault("clock", f"The device's clock is {ahead.total_seconds():.0f} s ahead of ours; set it right first.")
    device = device_identity(segments)
    patient = patient_identity(segments)
    if isinstance(device, Fault):
        return device
    if isinstance(patient, Fault):
        return patient
    rows = read_rows(segments, sent_at, received_at, table)
    if isinstance(rows, Fault):
        return rows
    chosen = choose([row for row in rows if isinstance(row, Observed)])
    if isinstance(chosen, Fault):
        return chosen
    values, left = chosen
    samples = tuple(as_sample(value, ahead, received_at, device, table) for value in values)
    ignored = (*(row.text for row in rows if isinstance(row, Ignored)), *left)
    seconds = ahead.total_seconds()
    warning = f"The device's clock differs by {seconds:.0f} s from ours." if abs(seconds) > table.warn_s else ""
    return Parsed(header.message_id, device, patient, samples, ignored, seconds, warning, header, sent_at.at)


def device_identity(segments: list[Segment]) -> str | Fault:
    """The device that measured: the one EUI-64 of OBX-18 or PRT-10 where there is one, else the sender of MSH-3."""
    named = {name for components in _equipment(segments) if (name := eui_64(components)) is not None}
    if len(named) > 1:
        return Fault("device", f"The message names {len(named)} devices; send each device's values in its own message.")
    identity = named.pop() if named else sender_identity(segments[0])
    return identity_fault(identity) or identity


def _equipment(segments: list[Segment]) -> Iterator[list[str]]:
    for segment in segments:
        number = {"OBX": 18, "PRT": 10}.get(segment.name)
        if number is not None and segment.field(number):
            yield from segment.repetitions(number)


def patient_identity(segments: list[Segment]) -> str | Fault:
    """PID-3 of the one PID: the record number (MR), else the patient internal id (PI), else one without a type."""
    pids = [segment for segment in segments if segment.name == "PID"]
    if len(pids) != 1:
        return Fault("patient", f"The message has {len(pids)} PID segments; exactly one patient is expected.")
    meant = pids[0].separators.meant
    typed = [((*parts, *[""] * 5)[4], meant(parts[0])) for parts in pids[0].repetitions(3) if parts[0]]
    for kind in PATIENT_TYPES:
        ids = {identity for found, identity in typed if found == kind}
        if len(ids) > 1:
            return Fault("patient", "PID-3 holds two different identifiers of one type.")
        identity = ids.pop() if ids else None
        if identity is not None and identity.isprintable() and len(identity) <= LONGEST_IDENTITY:
            return identity
    return Fault("patient", f"PID-3 is {shown(pids[0].field(3))}; the monitor must send the patient's record number.")


def read_rows(
    segments: list[Segment], sent_at: Sent, received_at: datetime, table: DeviceTable
) -> list[Observed | Ignored] | Fault:
    """Every OBX in its order, each with its own time, else that of its OBR, else that of the message."""
    rows: list[Observed | Ignored] = []
    request: Segment | None = None
    seen_patient = False
    for segment in segments[1:]:
        seen_patient = seen_patient or segment.name == "PID"
        if segment.name == "OBR":
            request = segment
        if segment.name != "OBX":
            continue
        number = len(rows) + 1
        if request is None or not seen_patient:
            return Fault("structure", f"OBX {number} stands before its OBR or before the PID.")
        at = measured_at(segment, request, sent_at, number)
        row = at if isinstance(at, Fault) else read_row(segment, number, at, table)
        if isinstance(row, Observed):
            row = late(row, received_at, table) or row
        if isinstance(row, Fault):
            return row
        rows.append(row)
    return rows if request is not None else Fault("structure", "The message has no OBR segment.")


def measured_at(obx: Segment, request: Segment, sent_at: Sent, number: int) -> datetime | Fault:
    """OBX-14, else OBR-7, else MSH-7; an offset that is missing is the one of MSH-7."""
    if obx.component(14, 1):
        return read_stamp(obx.component(14, 1), f"OBX {number}: OBX-14", sent_at.offset)
    if request.component(7, 1):
        return read_stamp(request.component(7, 1), "OBR-7", sent_at.offset)
    return sent_at.at
