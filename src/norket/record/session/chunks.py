"""Device samples between memory and disk: taken up after a restart, written in chunks whose hash is in the chain."""

import json
import threading
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Max, Q

from norket.record.audit import actions as audit
from norket.record.canonical import canonical
from norket.record.session.models import SampleChunk, SessionRecord
from norket.record.session.samples import HUB, KNOWN_MESSAGES
from norket.record.writer import writing
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import OVER

# After a restart: far enough back for the last readings of a cuff, and for messages that a device sends again.
TAKEN_UP = timedelta(minutes=30)
# So many sessions in one turn of the writer: commands and messages need not wait for two hundred.
AT_ONCE = 20
TURNS = 10
_flushing = threading.Lock()  # two at once would write the same samples, and the second would fail


def open_stream(session_id: UUID) -> None:
    """Makes sure that the memory of this session begins where its chunks end."""
    open_streams([session_id])


def open_streams(session_ids: Iterable[UUID]) -> None:
    """The same for several sessions at once, with two queries for all of them."""
    closed = [session_id for session_id in session_ids if not HUB.is_open(session_id)]
    if not closed:
        return
    ends = {
        row["session_id"]: row["end"]
        for row in SampleChunk.objects.filter(session_id__in=closed).values("session_id").annotate(end=Max("last_at"))
    }
    recent = Q(pk__in=[])
    for session_id, end in ends.items():
        recent |= Q(session_id=session_id, last_at__gte=end - TAKEN_UP)
    found: dict[UUID, list[SampleChunk]] = {session_id: [] for session_id in closed}
    for chunk in SampleChunk.objects.filter(recent).order_by("first_n") if ends else ():
        found[chunk.session_id].append(chunk)
    for session_id, chunks in found.items():
        _open(session_id, chunks)


def _open(session_id: UUID, chunks: list[SampleChunk]) -> None:
    samples: list[tuple[int, Sample]] = []
    messages: dict[str, str] = {}
    for chunk in chunks:
        stored = json.loads(chunk.data)
        messages |= dict(stored["messages"])
        samples += [(n, Sample.model_validate(sample)) for n, sample in stored["samples"]]
    kept = dict(list(messages.items())[-KNOWN_MESSAGES:])
    HUB.open(session_id, chunks[-1].last_n if chunks else 0, samples, kept)


def after(session_id: UUID, n: int) -> list[tuple[int, Sample]]:
    """All samples numbered above `n`, from disk and memory, oldest first."""
    open_stream(session_id)
    found: dict[int, Sample] = {}
    for chunk in SampleChunk.objects.filter(session_id=session_id, last_n__gt=n).order_by("first_n"):
        found |= {number: Sample.model_validate(one) for number, one in json.loads(chunk.data)["samples"] if number > n}
    return sorted((found | dict(HUB.after(session_id, n))).items())


def waiting(turn: int) -> list[list[UUID]]:
    """The sessions whose turn it is and of which something is not on disk yet, a few at a time. Each has one turn in
    `TURNS`, so that not all of a hospital are written in one second."""
    sessions = [session_id for session_id in HUB.waiting() if session_id.int % TURNS == turn % TURNS]
    return [sessions[first : first + AT_ONCE] for first in range(0, len(sessions), AT_ONCE)]


def flush(now: datetime, sessions: Collection[UUID] | None = None) -> int:
    """Writes what waits of these sessions (of all), one chunk for each, all in one transaction; gives the number of
    chunks. Sessions that are over and wholly on disk leave the memory, and so do those that came to nothing: they would
    hold up others."""
    with _flushing:
        HUB.close(SessionRecord.objects.filter(pk__in=HUB.idle(), phase__in=OVER).values_list("pk", flat=True))
        waiting = HUB.waiting(sessions)
        if not waiting:
            return 0
        with writing():
            known = set(SessionRecord.objects.filter(pk__in=waiting).values_list("pk", flat=True))
            there = [session_id for session_id in waiting if session_id in known]
            for session_id in there:
                _write(session_id, *waiting[session_id], now)
        HUB.drop(waiting.keys() - known)
        for session_id in there:
            samples, messages = waiting[session_id]
            HUB.flushed(session_id, len(samples), len(messages))
        return len(there)


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
