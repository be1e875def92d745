"""Instants in UTC. The difference of two local times of one zone is the difference of two wall clocks, and wrong by an
hour in the night in which the clocks change; so every instant is brought to UTC where it enters."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def utc(at: datetime) -> datetime:
    """The same instant in UTC; a time without an offset raises `ValueError`."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no offset; an instant is needed")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(utc)]
