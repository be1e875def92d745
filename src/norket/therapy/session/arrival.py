"""Commands on their way: what of them is an order, what carries the time of the tap, and when it is too late for them.

A fact is taken whenever it comes, with the instant at which it happened. An order counts on what was seen when it was
given: after a while nobody may start, raise or give anything by it any more.
"""

from datetime import datetime
from typing import Any, get_args

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session.events import Command

ORDERS = frozenset(
    {"start_infusion", "change_rate", "give_bolus", "give_rescue", "give_dose", "resume", "discharge"},
)
# What anyone at the chair may record from a locked screen, in one tap.
AT_A_LOCKED_SCREEN = frozenset({"stop_infusion", "pause", "raise_concern"})


def kinds() -> tuple[type[Any], ...]:
    """Every command of a session."""
    return get_args(get_args(Command)[0])


def timed() -> frozenset[str]:
    """The commands that may say when it happened. A correction's time is that of what it corrects."""
    named = {kind.model_fields["type"].default for kind in kinds() if "at" in kind.model_fields}
    return frozenset(named - {"correct"})


def is_order(command: Any) -> bool:
    """Whether it asks for something that is still to be done to the patient."""
    return command.type in ORDERS and getattr(command, "as_", "intended") != "happened"


def expired(command: Any, given_at: datetime | None, now: datetime, base: KnowledgeBase) -> Refused | None:
    """The refusal of an order that comes too late; `given_at` is when it was given, None where nobody says."""
    if given_at is None or not is_order(command):
        return None
    age_s = (now - given_at).total_seconds()
    try:
        expires_s = number(base, "offline.order_expiry", "expires_s", now)
    except KnowledgeError as error:
        return Refused(code="limit_missing", why=f"A figure that this needs is missing: {error}")
    if age_s <= expires_s:
        return None
    why = (
        f"This order was given {age_s:.0f} s ago and is void. Nothing was done; look at the session and give it again."
    )
    return Refused(code="order_expired", why=why)


def entered_late(at: datetime, recorded_at: datetime, base: KnowledgeBase) -> bool:
    """Whether what happened at `at` was recorded so late that a reader has to be told."""
    return (recorded_at - at).total_seconds() > number(base, "offline.late_entry", "late_s", recorded_at)
