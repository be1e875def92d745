"""What the clinic's record knows of the day of a session: the chart judged again, stock and people, the hours.

The room that judges looks at charts and at sessions, and so it says here who answers, and is not asked by name.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from norket.record.session.models import SessionRecord
from norket.therapy.session.preflight import Today
from norket.therapy.session.state import SessionState

Waiting = tuple[SessionRecord, SessionState]


class Judges(Protocol):
    """Who knows the day."""

    def __call__(self, waiting: Sequence[Waiting], now: datetime) -> dict[UUID, Today]:
        """What is known at `now` of the day of each session that has not begun; as many queries for many as for one."""


_known: list[Judges] = []


def judged_by(room: Judges) -> None:
    """From here on this room is asked."""
    _known[:] = [room]


def today(record: SessionRecord, state: SessionState, now: datetime) -> Today:
    """What is known of the day of this session."""
    return _known[0]([(record, state)], now)[record.pk]


def todays(
    waiting: Sequence[Waiting], now: datetime, faults: tuple[type[Exception], ...]
) -> tuple[dict[UUID, Today], dict[UUID, str]]:
    """What is known of the day of several sessions, and of each that raises one of `faults` what went wrong."""
    if not waiting:
        return {}, {}
    try:
        return _known[0](waiting, now), {}
    except faults:
        return _one_by_one(waiting, now, faults)


def _one_by_one(
    waiting: Collection[Waiting], now: datetime, faults: tuple[type[Exception], ...]
) -> tuple[dict[UUID, Today], dict[UUID, str]]:
    found: dict[UUID, Today] = {}
    failed: dict[UUID, str] = {}
    for record, state in waiting:
        try:
            found[record.pk] = today(record, state, now)
        except faults as fault:
            failed[record.pk] = type(fault).__name__
    return found, failed
