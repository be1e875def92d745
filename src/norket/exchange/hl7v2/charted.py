"""From values that were read to samples that are charted: not from the future, not too old, one sensor a channel."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from norket.exchange.hl7v2.fault import Fault
from norket.exchange.hl7v2.observation import Observed
from norket.exchange.hl7v2.table import DeviceTable
from norket.therapy.session.samples import Sample
from norket.therapy.session.watch_events import Vital

SECONDS_PER_MINUTE = 60.0


def late(row: Observed, received_at: datetime, table: DeviceTable) -> Fault | None:
    """A value of the future, or one that is too old to chart."""
    ahead_s = (row.at - received_at).total_seconds()
    if ahead_s > table.ahead_s:
        return Fault("clock", f"{row.text}: measured {ahead_s:.0f} s in the future; set the device's clock right.")
    if -ahead_s > table.behind_s:
        when = f"measured at {row.at:%Y-%m-%d %H:%M} UTC, {-ahead_s / SECONDS_PER_MINUTE:.0f} min ago"
        return Fault("clock", f"{row.text}: {when}, too old to chart. Set the device's clock, or chart it by hand.")
    return None


def choose(observed: list[Observed]) -> tuple[list[Observed], list[str]] | Fault:
    """One sensor for each channel: the lowest rank, then the first in the message; the others are only named."""
    best: dict[Vital, Observed] = {}
    for one in observed:
        if one.channel not in best or one.rank < best[one.channel].rank:
            best[one.channel] = one
    kept: dict[tuple[Vital, datetime], Observed] = {}
    left = []
    for one in observed:
        first = kept.get((one.channel, one.at))
        if one.source != best[one.channel].source:
            left.append(f"{one.text}: another sensor of {one.channel}, {one.value:g} {one.unit}, not charted")
        elif first is not None and first.value != one.value:
            both = f"{first.value:g} and {one.value:g}"
            return Fault("contradiction", f"{one.text}: {both} for the same sensor and time.")
        else:
            kept[(one.channel, one.at)] = one
    return _inverted(kept.values()) or (list(kept.values()), left)


def _inverted(values: Iterable[Observed]) -> Fault | None:
    """A cuff that was read the wrong way round: a systolic pressure is above the diastolic one."""
    pressures = {(one.channel, one.at): one.value for one in values}
    for (channel, at), systolic in pressures.items():
        diastolic = pressures.get(("dbp_mmhg", at)) if channel == "sbp_mmhg" else None
        if diastolic is not None and systolic <= diastolic:
            return Fault("contradiction", f"Systolic {systolic:g} is not above diastolic {diastolic:g} mmHg.")
    return None


def as_sample(one: Observed, ahead: timedelta, received_at: datetime, device: str, table: DeviceTable) -> Sample:
    """A clock that shows more than ours is surely `ahead`, so its times are set back by that; one that shows less may
    as well belong to a message that was long on its way, so its times stand and look as old as they may be. The
    difference is kept with the value."""
    shift = max(ahead, timedelta())
    return Sample(
        channel=one.channel,
        value=one.value,
        unit=one.unit,
        at=min(one.at - shift, received_at),
        device=device,
        received_at=received_at,
        interval_s=table.channels[one.channel].interval_s,
        artefact=one.doubtful,
        clock_ahead_s=round(ahead.total_seconds(), 1),
    )
