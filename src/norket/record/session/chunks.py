"""Device samples between memory and disk: taken up after a restart, written in chunks whose hash is in the chain."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from norket.record.audit import actions as audit
from norket.record.canonical import canonical
from norket.record.session.models import SampleChunk
from norket.record.session.samples import HUB, KNOWN_MESSAGES, RECENT
from norket.record.writer import writing
from norket.therapy.session.samples import Sample

TAIL = 64


def open_stream(session_id: UUID) -> None:
    """Makes sure that the memory of this session begins where its chunks end."""
    if HUB.is_open(session_id):
        return
    last = list(SampleChunk.objects.filter(session_id=session_id).order_by("-first_n")[:TAIL])[::-1]
    samples: list[tuple[int, Sample]] = []
    messages: dict[str, str] = {}
    for chunk in last:
        stored = json.loads(chunk.data)
        messages |= dict(stored["messages"])
        if last[-1].last_at - chunk.last_at <= RECENT:
            samples += [(n, Sample.model_validate(sample)) for n, sample in stored["samples"]]
    kept = dict(list(messages.items())[-KNOWN_MESSAGES:])
    HUB.open(session_id, last[-1].last_n if last else 0, samples, kept)


def after(session_id: UUID, n: int) -> list[tuple[int, Sample]]:
    """All samples numbered above `n`, from disk and memory, oldest first."""
    open_stream(session_id)
    found: dict[int, Sample] = {}
    for chunk in SampleChunk.objects.filter(session_id=session_id, last_n__gt=n).order_by("first_n"):
        found |= {number: Sample.model_validate(one) for number, one in json.loads(chunk.data)["samples"] if number > n}
    return sorted((found | dict(HUB.after(session_id, n))).items())


def flush(now: datetime) -> int:
    """Writes what waits, one chunk for each session, all in one transaction; gives the number of chunks."""
    waiting = HUB.waiting()
    if not waiting:
        return 0
    with writing():
        for session_id, (samples, messages) in waiting.items():
            _write(session_id, samples, messages, now)
    for session_id, (samples, messages) in waiting.items():
        HUB.flushed(session_id, len(samples), len(messages))
    return len(waiting)


def _write(session_id: UUID, samples: list[tuple[int, Sample]], messages: list[tuple[str, str]], now: datetime) -> None:
    if not samples:
        return
    stored: dict[str, Any] = {
        "samples": [(n, sample.model_dump(mode="json")) for n, sample in samples],
        "messages": messages,
    }
    text = canonical(stored)
    times = [sample.at for _, sample in samples]
    chunk = SampleChunk.objects.create(
        session_id=session_id,
        first_n=samples[0][0],
        last_n=samples[-1][0],
        first_at=min(times),
        last_at=max(times),
        data=text,
        sha256=sha256(text.encode()).hexdigest(),
    )
    audit.append(
        "samples",
        actor="system",
        subject=f"session:{session_id}",
        at=now,
        data={"first_n": chunk.first_n, "last_n": chunk.last_n, "sha256": chunk.sha256},
    )
