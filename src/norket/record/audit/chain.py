"""Proves that the chain, the ledgers, the register and the samples are what they were when they were written.

The chain alone shows any edit inside it. That its end was cut, or all of it was made anew, shows only against an
anchor: a signed note of number and hash that is kept outside the database.
"""

import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from norket.record.audit.actions import ROOT, line_hash
from norket.record.audit.models import AuditHead, AuditLine
from norket.record.canonical import canonical


@dataclass(frozen=True)
class Anchor:
    """The chain held `hash` at line `seq` when this was written; `mac` is the keyed proof of it."""

    seq: int
    hash: str
    at: str
    mac: str

    @property
    def signed(self) -> str:
        return canonical({"seq": self.seq, "hash": self.hash, "at": self.at})


@dataclass(frozen=True)
class Fault:
    """The first line that is not what it was, and how that shows."""

    seq: int
    why: str


def _mac(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), sha256).hexdigest()


def anchor(now: datetime, key: str) -> Anchor:
    """A signed note of where the chain stands."""
    last = AuditLine.objects.order_by("-seq").first()
    seq, end = (last.seq, last.hash) if last else (0, ROOT)
    bare = Anchor(seq, end, now.astimezone(UTC).isoformat(), "")
    return Anchor(bare.seq, bare.hash, bare.at, _mac(bare.signed, key))


def write(path: Path, note: Anchor) -> None:
    """Adds the note to an anchor file, one JSON line each."""
    line = canonical({"seq": note.seq, "hash": note.hash, "at": note.at, "mac": note.mac})
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def load(path: Path) -> list[Anchor]:
    """The notes of an anchor file."""
    return [Anchor(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def faults(anchors: Iterable[Anchor] = (), key: str = "") -> Iterator[Fault]:
    """Faults of the chain itself and against the anchors, the first bad line first."""
    noted: dict[int, Anchor] = {}
    for note in anchors:
        if not hmac.compare_digest(_mac(note.signed, key), note.mac):
            yield Fault(note.seq, "the anchor for this line was not signed with this installation's key")
        noted[note.seq] = note
    seq, prev, good = 0, ROOT, 0
    for line in AuditLine.objects.order_by("seq").iterator(chunk_size=2000):
        why = _line_fault(line, seq, prev)
        if why:
            yield Fault(min(seq + 1, line.seq), why)
            return
        seq, prev = line.seq, line.hash
        if seq in noted and noted[seq].hash != prev:
            yield Fault(good + 1, f"the chain was made anew: at line {seq} it does not hold what the anchor noted")
            return
        good = seq if seq in noted else good
    yield from _end_faults(seq, prev, noted)


def _line_fault(line: AuditLine, seq: int, prev: str) -> str:
    if line.seq != seq + 1:
        return f"line {seq + 1} is missing"
    if line.prev != prev:
        return f"line {line.seq} does not follow from line {seq}"
    return "" if line_hash(line) == line.hash else f"line {line.seq} was changed"


def _end_faults(seq: int, end: str, noted: dict[int, Anchor]) -> Iterator[Fault]:
    last = max(noted, default=0)
    if last > seq:
        yield Fault(seq + 1, f"the chain ends at line {seq}, but the anchor knows line {last}")
    head = AuditHead.objects.filter(id=1).first()
    known = (head.seq, head.hash) if head else (0, ROOT)
    if known != (seq, end):
        yield Fault(min(seq, known[0]) + 1, f"the chain ends at line {seq}, its head says line {known[0]}")


def as_json(found: list[Fault], lines: int) -> dict[str, Any]:
    """The document of `norket audit verify --json`."""
    first = min(found, key=lambda fault: fault.seq) if found else None
    return {
        "ok": not found,
        "lines": lines,
        "first_bad": first.seq if first else None,
        "why": first.why if first else "",
        "faults": [{"seq": fault.seq, "why": fault.why} for fault in found],
    }
