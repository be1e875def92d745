"""What the live page has to know of the types of commands; the lists are made from the commands themselves."""

from datetime import datetime
from typing import Any

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session import arrival
from norket.therapy.session.events import EXPECTS_VERSION


def kinds(base: KnowledgeBase, now: datetime) -> dict[str, Any]:
    """`timed` carry the time of the tap, `orders` expire, `versioned` are decided on the version that was seen."""
    return {
        "timed": sorted(arrival.timed()),
        "orders": sorted(arrival.ORDERS),
        "versioned": sorted(EXPECTS_VERSION),
        "order_expires_s": number(base, "offline.order_expiry", "expires_s", now),
        "late_s": number(base, "offline.late_entry", "late_s", now),
        "lock_idle_s": number(base, "offline.screen_lock", "idle_s", now),
    }
