"""What a device reported lately: the short tail of the sample stream that the watch and the view look at."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.therapy.instant import Instant
from norket.therapy.session.watch_events import Vital

UNITS = {
    "sbp_mmhg": "mmHg",
    "dbp_mmhg": "mmHg",
    "hr_per_min": "/min",
    "spo2_percent": "%",
    "rr_per_min": "/min",
    "etco2_mmhg": "mmHg",
    "temp_c": "Cel",
}


SHORT = {"spo2_percent": "SpO2", "etco2_mmhg": "EtCO2"}  # the others are capitals


def short(channel: str) -> str:
    """The channel as clinicians write it short."""
    return SHORT.get(channel, channel.split("_", maxsplit=1)[0].upper())


class Sample(BaseModel):
    """One value of one channel. `at` is when it was measured, `received_at` when it reached us; the device declares
    that it sends one each `interval_s` seconds. `artefact` marks a value that may neither raise nor clear an alert.
    `clock_ahead_s` is how far the device's clock was before ours (s) when it sent this; negative: behind, or late."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Vital
    value: float
    unit: str
    at: Instant
    received_at: Instant
    device: str
    interval_s: float
    artefact: bool = False
    clock_ahead_s: float = 0.0


# Channel -> samples, oldest first, some minutes long.
Samples = Mapping[str, Sequence[Sample]]


def latest(samples: Samples, channel: str, now: datetime) -> Sample | None:
    """The newest trustworthy sample of `channel` measured by `now`; None when there is none."""
    return next((s for s in reversed(samples.get(channel, ())) if not s.artefact and s.at <= now), None)
