"""The values of one channel by measured time, whoever reported them: the monitor, a hand, or a score.

A device whose clock is wrong would put its values before or behind those of a hand, and a low value would hide behind
an old good one. So samples of a clock that is off by more than is trusted are placed by ours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import overload

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.criteria import Point
from norket.therapy.session.samples import UNITS, Sample, Samples
from norket.therapy.session.state import SessionState

CLOCK, FEED = "monitoring.device_clock", "monitoring.feed_dead"


_measured = attrgetter("at")


class Series(Sequence[Point]):
    """The values of one channel, oldest first: samples (oldest first) and what was taken by hand (sorted). What is
    flagged as an artefact or measured after `now` is not among them.

    Each second somebody asks for the latest few of hundreds, so the earlier ones are made only when they are needed.
    """

    def __init__(self, samples: Sequence[Sample], by_hand: Sequence[Point], now: datetime) -> None:
        self._samples, self._now = samples, now
        self._newest: list[Point] = []  # first, as far as anybody has asked
        self._older = merge(self._device(), reversed(by_hand), reverse=True) if by_hand else self._device()

    @cached_property
    def latest_sample(self) -> Sample | None:
        """The newest one of a device."""
        return next(self._trusted(), None)

    def __reversed__(self) -> Iterator[Point]:
        place = 0
        while self._reaches(place):
            yield self._newest[place]
            place += 1

    def __bool__(self) -> bool:
        return self._reaches(0)

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, place: int) -> Point: ...

    @overload
    def __getitem__(self, place: slice) -> list[Point]: ...

    def __getitem__(self, place: int | slice) -> Point | list[Point]:
        return self._newest[0] if place == -1 and self else self._all[place]

    def _reaches(self, place: int) -> bool:
        """Whether there is one more than `place` before the latest; makes them so far."""
        while len(self._newest) <= place:
            older = next(self._older, None)
            if older is None:
                return False
            self._newest.append(older)
        return True

    @cached_property
    def _all(self) -> list[Point]:
        return list(reversed(self))[::-1]

    def _device(self) -> Iterator[Point]:
        """Newest first; of one instant the highest first."""
        for _, same in groupby(self._trusted(), _measured):
            yield from sorted([Point(sample.at, sample.value) for sample in same], reverse=True)

    def _trusted(self) -> Iterator[Sample]:
        return (s for s in reversed(self._samples) if not s.artefact and s.at <= self._now)


class Points:
    """The trustworthy values of every channel at one look; each channel is put together once."""

    def __init__(self, state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> None:
        self._state, self._samples, self._now, self._base = state, placed(samples, now, base), now, base
        self._known: dict[str, Series] = {}
        self._hand: dict[str, list[Point]] = {}
        self._held: dict[str, datetime | None] = {}

    def of(self, channel: str) -> Series:
        """Whatever was measured or scored of a channel."""
        if channel not in self._known:
            tail = self._samples.get(channel, ()) if channel in UNITS else ()
            self._known[channel] = Series(tail, self.by_hand(channel), self._now)
        return self._known[channel]

    def by_hand(self, channel: str) -> list[Point]:
        """What a person measured or scored, oldest first."""
        if channel not in self._hand:
            self._hand[channel] = self._taken(channel)
        return self._hand[channel]

    def _taken(self, channel: str) -> list[Point]:
        if channel in self._state.scores:
            return sorted(Point(reading.at, reading.value) for reading in self._state.scores[channel])
        if channel not in UNITS:
            return []
        return sorted(
            Point(reading.at, value)
            for reading in self._state.readings
            if not reading.vitals.artefact and (value := getattr(reading.vitals, channel)) is not None
        )

    def held_to(self, channel: str) -> datetime | None:
        """Until when the latest value stands: now, when it was taken by hand or its channel fell silent since."""
        if channel not in self._held:
            self._held[channel] = self._holds(channel)
        return self._held[channel]

    def _holds(self, channel: str) -> datetime | None:
        points = self.of(channel)
        last = points.latest_sample
        if not points or last is None or points[-1].at > last.at:
            return self._now if points else None
        silent_s = (self._now - last.received_at).total_seconds()
        return self._now if dead(last.interval_s, silent_s, self._now, self._base) else None


def dead(interval_s: float, silent_s: float | None, now: datetime, base: KnowledgeBase) -> bool | None:
    """Whether a channel that promised a sample each `interval_s` has been silent too long; None: never a sample."""
    if silent_s is None:
        return None
    return silent_s > max(interval_s * number(base, FEED, "intervals", now), number(base, FEED, "least_s", now))


def placed(samples: Samples, now: datetime, base: KnowledgeBase) -> Samples:
    """The samples, oldest first, with those of a device whose clock is behind by more than is trusted set forward.

    The distance is the least time that any of its samples took to arrive: what a monitor stored and sends late has
    some samples that came at once, and stays where it was measured.
    """
    trusted_s = number(base, CLOCK, "skew_s", now)
    newest = [tail[-1] for tail in samples.values() if tail]
    if all((sample.received_at - sample.at).total_seconds() <= trusted_s for sample in newest):
        return samples  # the usual case, and a cheap one
    slow = {device: lag for device, lag in _lags(samples).items() if lag.total_seconds() > trusted_s}
    if not slow:
        return samples
    return {
        channel: sorted((_moved(s, slow.get(s.device)) for s in tail), key=_measured)
        for channel, tail in samples.items()
    }


def _lags(samples: Mapping[str, Sequence[Sample]]) -> dict[str, timedelta]:
    lags: dict[str, timedelta] = {}
    everything: Iterable[Sample] = (sample for tail in samples.values() for sample in tail)
    for sample in everything:
        lag = sample.received_at - sample.at
        lags[sample.device] = min(lag, lags.get(sample.device, lag))
    return lags


def _moved(sample: Sample, lag: timedelta | None) -> Sample:
    return sample if lag is None else sample.model_copy(update={"at": sample.at + lag})
