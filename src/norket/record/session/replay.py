"""A session as it was at an instant: what the ledger said by then, and what the monitors had sent by then.

An entry that came late is there from when it was recorded. Nothing here writes.
"""

import threading
from collections import OrderedDict, defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from norket.record.session import chunks, interacting, ledger, queries
from norket.record.session.models import SessionRecord
from norket.record.session.prediction import at_state
from norket.record.session.samples import FEW, HUB, RECENT, as_json, stamp
from norket.therapy.finding import Refused
from norket.therapy.session.fold import fold
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import SessionState

# Of one channel: enough for a curve over the longest session.
SHOWN_SAMPLES = 2000
KEPT = 4

_read: OrderedDict[tuple[UUID, int], list[tuple[int, Sample]]] = OrderedDict()
_reading = threading.Lock()


def state_at(session_id: UUID, instant: datetime) -> SessionState:
    """The fold of every event that was recorded by `instant`."""
    known = [event for event in ledger.events(session_id) if event.recorded_at <= instant]
    return fold(known, str(session_id))


def page_at(session_id: UUID, instant: datetime) -> dict[str, Any]:
    """The JSON of the session resource as it stood at `instant`: the same shape as now."""
    record = SessionRecord.objects.select_related("patient__clinic", "chair", "nurse").get(pk=session_id)
    folded, recent = state_at(session_id, instant), _recent(session_id, instant)
    shown = queries.shown_of(record, folded, instant, others=(), signed=True, past=recent)
    return shown.model_dump(mode="json") | queries.around(record, instant)


def prediction_at(session_id: UUID, instant: datetime) -> dict[str, Any] | Refused:
    """The curves as they were at `instant`: given by then, planned then, with what the chart said against them by then;
    computed by the models of today."""
    state = state_at(session_id, instant)
    found = at_state(state, instant)
    return found if isinstance(found, Refused) else interacting.warned(found, session_id, state, instant, instant)


def reel(session_id: UUID, now: datetime) -> dict[str, Any]:
    """All that a player needs beside the states: the ledger, thinned samples, and from when to when."""
    events = ledger.events(session_id)
    samples = queries.samples_after(session_id, 0, most=SHOWN_SAMPLES)
    moments = [event.recorded_at for event in events[1:]] or [event.recorded_at for event in events] or [now]
    return {
        "from": stamp(min(moments)),
        "to": stamp(min(now, max((*moments, *(sample.received_at for _, sample in samples))))),
        "events": [event.as_json() for event in events],
        "samples": [as_json(sample) for _, sample in samples],
    }


def _recent(session_id: UUID, instant: datetime) -> dict[str, tuple[Sample, ...]]:
    """By channel what the memory of the running session held at `instant`: the last minutes, and of a channel that
    reports seldom the last few."""
    by_channel: dict[str, list[Sample]] = defaultdict(list)
    for _, sample in _samples(session_id):
        if sample.received_at <= instant:
            by_channel[sample.channel].append(sample)
    return {
        channel: tuple(sorted(_newest(samples, instant), key=lambda sample: sample.at))
        for channel, samples in by_channel.items()
    }


def _newest(samples: list[Sample], instant: datetime) -> list[Sample]:
    recent = [sample for sample in samples if instant - sample.received_at <= RECENT]
    return recent if len(recent) >= FEW else samples[-FEW:]


def _samples(session_id: UUID) -> list[tuple[int, Sample]]:
    """All samples of a session, kept for the next look as long as none has come since."""
    chunks.open_stream(session_id)
    key = (session_id, HUB.last_n(session_id))
    with _reading:
        found = _read.get(key)
    if found is None:
        found = chunks.after(session_id, 0)
        with _reading:
            _read[key] = found
            while len(_read) > KEPT:
                _read.popitem(last=False)
    return found
