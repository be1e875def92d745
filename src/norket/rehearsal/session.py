"""A whole rehearsal session as samples, without sockets: many of them show how often alerts would sound."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from norket import knowledge
from norket.pharmacology.doses import Dose
from norket.rehearsal.cuff import Cuff
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import NUMERICS, SECONDS_PER_MINUTE, Vitals
from norket.therapy.session.samples import Sample

DEVICE = "REHEARSAL"
STRIDE = 1000
UNITS = {"spo2_percent": "%", "hr_per_min": "/min", "rr_per_min": "/min", "sbp_mmhg": "mmHg", "dbp_mmhg": "mmHg"}


@dataclass(frozen=True)
class Moment:
    """What the monitor sent at `at`, and the patient behind it."""

    at: datetime
    samples: tuple[Sample, ...]
    vitals: Vitals


def session(
    patient: VirtualPatient, doses: list[Dose], starts_at: datetime, *, lasts_min: float, every_s: float
) -> Iterator[Moment]:
    """The samples of `patient` from `starts_at` (minute 0 of the doses), one moment each `every_s` seconds."""
    cuff = Cuff.of(patient)
    steps = int(lasts_min * SECONDS_PER_MINUTE / every_s) + 1
    for vitals in patient.course([step * every_s / SECONDS_PER_MINUTE for step in range(steps)], doses):
        at = starts_at + timedelta(minutes=vitals.time_min)
        values: dict[str, float | None] = {channel: getattr(vitals, channel) for channel in NUMERICS}
        if cuff.ready(vitals.time_min):
            read = cuff.reads(vitals) or (None, None)
            values |= {"sbp_mmhg": read[0], "dbp_mmhg": read[1]}
        cuff.begin(vitals.time_min, [dose.start_min for dose in doses])
        samples = [_sample(channel, value, at, every_s, cuff) for channel, value in values.items() if value is not None]
        yield Moment(at, tuple(samples), vitals)


def uneventful_patient(seed: int) -> VirtualPatient:
    """The first of the seed's patients in whom nothing goes wrong at the usual dose.

    Some patients truly need a pause: about one session in a hundred has a severe rise of pressure. Here the signs at
    the usual peak stay clear of every pausing limit by two SD of their wandering.
    """
    candidates = (VirtualPatient(seed * STRIDE + number) for number in range(STRIDE))
    return next(patient for patient in candidates if _stays_clear(patient))


def _stays_clear(patient: VirtualPatient) -> bool:
    base, get = knowledge.read(), patient.figures.value
    for total in (0.0, get("rehearsal.effect_site", "usual_peak_ng_ml")):
        for channel, value in patient.signs(total).items():
            margin = 2 * get("rehearsal.noise", channel)
            low, high = (_limit(base, channel, side) for side in ("low", "high"))
            if value - margin < low or value + margin > high:
                return False
    return True


def _limit(base: knowledge.KnowledgeBase, channel: str, side: str) -> float:
    entry = f"escalation.t2.{channel.partition('_')[0]}_{side}"
    known = any(one.id == entry for one in base.entries)
    return base.figure(entry).value if known else math.inf if side == "high" else -math.inf


def uneventful_session(
    seed: int, starts_at: datetime, *, lasts_min: float = 180.0, every_s: float = 1.0
) -> Iterator[Moment]:
    """A 3-hour session in which nothing goes wrong: 0.5 mg/kg over 40 min from minute 5, and the usual rise."""
    patient = uneventful_patient(seed)
    dose = Dose.parse("0.5 mg/kg iv over 40 min at 5 min", patient.body)
    return session(patient, [dose], starts_at, lasts_min=lasts_min, every_s=every_s)


def _sample(channel: str, value: float, at: datetime, every_s: float, cuff: Cuff) -> Sample:
    pressure = channel in ("sbp_mmhg", "dbp_mmhg")
    interval_s = cuff.later_every_min * SECONDS_PER_MINUTE if pressure else every_s
    return Sample.model_validate(
        {
            "channel": channel,
            "value": float(round(value)),
            "unit": UNITS[channel],
            "at": at,
            "received_at": at,
            "device": DEVICE,
            "interval_s": interval_s,
        }
    )
