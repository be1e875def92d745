"""Times of a message as instants. A time without an offset is no instant unless the message names one."""

import re
from datetime import UTC, datetime, timedelta, timezone

from norket.exchange.hl7v2.fault import Fault, shown

_STAMP = re.compile(r"([0-9]{14})(?:\.([0-9]{1,6}))?([+-][0-9]{4})?", re.ASCII)
_FURTHEST = timedelta(hours=14)


def offset_of(text: str) -> timezone | None:
    """The offset that a time stamp carries; None where it has none or is no stamp."""
    match = _STAMP.fullmatch(text)
    if match is None or match.group(3) is None:
        return None
    sign, hours, minutes = match.group(3)[0], int(match.group(3)[1:3]), int(match.group(3)[3:])
    distance = timedelta(hours=hours, minutes=minutes)
    if distance > _FURTHEST or timedelta(minutes=minutes) >= timedelta(hours=1):
        return None
    return timezone(-distance if sign == "-" else distance)


def read_stamp(text: str, place: str, fallback: timezone | None) -> datetime | Fault:
    """The instant in UTC of `YYYYMMDDHHMMSS[.ffffff][+ZZZZ]`; `fallback` is the offset that MSH-7 carries."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return Fault("time", f"{place} is {shown(text)}; a time to the second is expected, as in 20260102150405+0100.")
    zone = offset_of(text) if match.group(3) else fallback
    if zone is None:
        return Fault("time", f"{place} is {shown(text)}, without an offset from UTC; MSH-7 must carry one.")
    try:
        digits, fraction = match.group(1), int((match.group(2) or "").ljust(6, "0"))
        hour, minute, second = (int(digits[at : at + 2]) for at in (8, 10, 12))
        moment = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), hour, minute, second, fraction, zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return Fault("time", f"{place} is {shown(text)}, which is no time of any calendar day.")
