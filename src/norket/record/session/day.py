"""What the clinic's record knows of the day of a session: the chart judged again, stock and people, the hours.

The room that judges looks at charts and at sessions, and so it says here who answers, and is not asked by name.
"""

from datetime import datetime
from typing import Protocol

from norket.record.session.models import SessionRecord
from norket.therapy.session.preflight import Today
from norket.therapy.session.state import SessionState


class Judges(Protocol):
    """Who knows the day."""

    def __call__(self, record: SessionRecord, state: SessionState, now: datetime) -> Today:
        """What is known at `now` of the day of a session that has not begun."""


_known: list[Judges] = []


def judged_by(room: Judges) -> None:
    """From here on this room is asked."""
    _known[:] = [room]


def today(record: SessionRecord, state: SessionState, now: datetime) -> Today:
    """What is known of the day of this session."""
    return _known[0](record, state, now)
