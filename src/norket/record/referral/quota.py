"""How much a stranger may send through the open pages. Beyond it nothing is kept, and help is shown all the same.

Where danger was heard there is a reserve: whoever fills the doors with harmless referrals does not shut out the others.
"""

import ipaddress
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
NETWORK_BITS = 64  # one household has a whole network of IPv6
SITE_BITS = 48  # and one customer, who may rent a machine, as many as 65,536 of them
KEPT = 4096
EVERYBODY = ""


@dataclass(frozen=True)
class Limit:
    """At most so many within an hour: of one address, of one customer's networks, and of all together."""

    of_one: int
    of_all: int
    of_site: int | None = None


PAGES, SENT = Limit(of_one=300, of_all=20_000, of_site=1_200), Limit(of_one=6, of_all=120, of_site=24)
# Beside SENT, for referrals in which danger was heard.
DANGER = Limit(of_one=4, of_all=60, of_site=12)

_windows: dict[tuple[Limit, str], tuple[datetime, int]] = {}
_lock = threading.Lock()


def admit(limit: Limit, address: str, now: datetime) -> bool:
    """Whether one more is taken of this address. Where more addresses come than are kept, only the whole is counted."""
    with _lock:
        if len(_windows) >= KEPT:
            _forget_what_is_over(now)
        bounds = {(limit, EVERYBODY): limit.of_all}
        for name, most in ((network(address), limit.of_one), (site(address), limit.of_site)):
            if name and most is not None and ((limit, name) in _windows or len(_windows) < KEPT):
                bounds[(limit, name)] = most
        keys = list(bounds)
        counts = [_count(key, now) for key in keys]
        if any(count >= bounds[key] for key, count in zip(keys, counts, strict=True)):
            return False
        for key, count in zip(keys, counts, strict=True):
            began = _windows[key][0] if count else now
            _windows[key] = (began, count + 1)
        return True


def forget() -> None:
    """Every hour is new again."""
    with _lock:
        _windows.clear()


def _count(key: tuple[Limit, str], now: datetime) -> int:
    began, count = _windows.get(key, (now, 0))
    return count if timedelta() <= now - began < HOUR else 0


def _forget_what_is_over(now: datetime) -> None:
    for key in [key for key in _windows if not _count(key, now)]:
        del _windows[key]


def network(address: str) -> str:
    """Whom an address counts for: itself, and of IPv6 the whole network of a household."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64] or "-"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, NETWORK_BITS), strict=False))


def site(address: str) -> str:
    """All networks of one customer; empty where an address is no network of IPv6."""
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, SITE_BITS), strict=False))
