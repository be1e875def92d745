"""That somebody set the machine's clock: a line in the chain, so that whoever reads times later knows of it."""

from datetime import datetime, timedelta

from norket.record.audit.actions import append
from norket.record.writer import writing


def tell(kind: str, step: timedelta, held: timedelta, now: datetime) -> None:
    """`clock_stepped` (by how much, and how much is withheld now) or `clock_released`."""
    data = {"by_s": step.total_seconds(), "held_s": held.total_seconds()}
    with writing():
        append(kind, actor="system", subject="clock", at=now, data=data)
