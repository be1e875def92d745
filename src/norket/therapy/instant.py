"""Instants in UTC. The difference of two local times of one zone is the difference of two wall clocks, and wrong by an
hour in the night in which the clocks change; so every instant is brought to UTC where it enters."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def utc(at: datetime) -> datetime:
    """The same instant in UTC; one without an offset, or outside the calendar once in UTC, raises `ValueError`."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no offset; an instant is needed")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{at.isoformat()} is outside the calendar in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(utc)]
