"""How much a stranger may send through the open pages. Beyond it nothing is kept, and help is shown all the same."""

import ipaddress
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
NETWORK_BITS = 64  # one household has a whole network of IPv6
KEPT = 4096
EVERYBODY = ""


@dataclass(frozen=True)
class Limit:
    """At most so many within an hour: of one address, and of all together."""

    of_one: int
    of_all: int


PAGES, SENT = Limit(of_one=300, of_all=20_000), Limit(of_one=6, of_all=120)

_windows: dict[tuple[Limit, str], tuple[datetime, int]] = {}
_lock = threading.Lock()


def admit(limit: Limit, address: str, now: datetime) -> bool:
    """Whether one more is taken of this address. Where more addresses come than are kept, only the whole is counted."""
    with _lock:
        if len(_windows) >= KEPT:
            _forget_what_is_over(now)
        keys = [(limit, EVERYBODY)]
        if (limit, network(address)) in _windows or len(_windows) < KEPT:
            keys.append((limit, network(address)))
        counts = [_count(key, now) for key in keys]
        if any(count >= most for count, most in zip(counts, (limit.of_all, limit.of_one), strict=False)):
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
