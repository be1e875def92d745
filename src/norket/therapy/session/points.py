"""The values of one channel by measured time, whoever reported them: the monitor, a hand, or a score."""

from datetime import datetime

from norket.therapy.session.criteria import Point
from norket.therapy.session.samples import UNITS, Samples
from norket.therapy.session.state import SessionState


class Points:
    """The trustworthy values of every channel at one look; each channel is put together once."""

    def __init__(self, state: SessionState, samples: Samples, now: datetime) -> None:
        self._state, self._samples, self._now = state, samples, now
        self._known: dict[str, list[Point]] = {}

    def of(self, channel: str) -> list[Point]:
        """Oldest first; what is flagged as an artefact or measured after now is not among them."""
        if channel not in self._known:
            self._known[channel] = self._gather(channel)
        return self._known[channel]

    def _gather(self, channel: str) -> list[Point]:
        if channel in self._state.scores:
            return [Point(reading.at, reading.value) for reading in self._state.scores[channel]]
        if channel not in UNITS:
            return []
        tail = self._samples.get(channel, ())
        device = [Point(sample.at, sample.value) for sample in tail if not sample.artefact and sample.at <= self._now]
        hand = [
            Point(reading.at, value) for reading in self._state.readings
            if not reading.vitals.artefact and (value := getattr(reading.vitals, channel)) is not None
        ]
        return sorted((*device, *hand)) if hand else device
