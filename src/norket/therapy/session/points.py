"""The values of one channel by measured time, whoever reported them: the monitor, a hand, or a score.

A device whose clock is wrong would put its values before or behind those of a hand, and a low value would hide behind
an old good one. So samples of a clock that is off by more than is trusted are placed by ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.criteria import Point
from norket.therapy.session.samples import UNITS, Sample, Samples
from norket.therapy.session.state import SessionState

CLOCK, FEED = "monitoring.device_clock", "monitoring.feed_dead"


class Points:
    """The trustworthy values of every channel at one look; each channel is put together once."""

    def __init__(self, state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> None:
        self._state, self._samples, self._now, self._base = state, placed(samples, now, base), now, base
        self._known: dict[str, list[Point]] = {}
        self._held: dict[str, datetime | None] = {}
        self._tails: dict[str, list[Sample]] = {}

    def of(self, channel: str) -> list[Point]:
        """Oldest first; what is flagged as an artefact or measured after now is not among them."""
        if channel not in self._known:
            self._known[channel] = sorted((*self._device(channel), *self.by_hand(channel)))
        return self._known[channel]

    def by_hand(self, channel: str) -> list[Point]:
        """What a person measured or scored, oldest first."""
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
        points, tail = self.of(channel), self._tail(channel)
        if not points or not tail or points[-1].at > tail[-1].at:
            return self._now if points else None
        silent_s = (self._now - tail[-1].received_at).total_seconds()
        return self._now if dead(tail[-1].interval_s, silent_s, self._now, self._base) else None

    def _tail(self, channel: str) -> list[Sample]:
        if channel not in self._tails:
            tail = self._samples.get(channel, ()) if channel in UNITS else ()
            self._tails[channel] = [sample for sample in tail if not sample.artefact and sample.at <= self._now]
        return self._tails[channel]

    def _device(self, channel: str) -> list[Point]:
        return [Point(sample.at, sample.value) for sample in self._tail(channel)]


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


def _measured(sample: Sample) -> datetime:
    return sample.at
