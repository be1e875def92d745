"""What happens to the simulated patient beside the drug: named courses that a rehearsal can ask for."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from norket.rehearsal.noise import uniform
from norket.rehearsal.physiology import Physiology

Scenario = Literal["uneventful", "climber", "desaturation", "sensor_off", "failed_cuff", "toilet_walk", "panic"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
NUMERICS = ("spo2_percent", "hr_per_min", "rr_per_min")  # what a monitor sends all the time
ETCO2 = "etco2_mmhg"  # and with a capnograph
SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class Vitals:
    """What the patient shows at one moment; None is a sensor that reads nothing.

    `cuff_fails` says that a cuff reading begun now fails. `effect_site_ng_ml` is the cause, for plots and tests;
    no monitor sends it.
    """

    time_min: float
    sbp_mmhg: float
    dbp_mmhg: float
    hr_per_min: float | None
    spo2_percent: float | None
    rr_per_min: float | None
    moaas: int
    dissociation: int
    effect_site_ng_ml: float
    cuff_fails: bool = False
    etco2_mmhg: float | None = None


def happen(vitals: Vitals, scenario: Scenario, started_min: float | None, seed: int, figures: Physiology) -> Vitals:
    """`vitals` as `scenario` changes them; `started_min` is when the infusion started, None before it."""
    if started_min is None:
        return vitals
    since = vitals.time_min - started_min
    match scenario:
        case "desaturation":
            return _desaturated(vitals, since, figures)
        case "sensor_off" if _during(scenario, since, figures):
            return replace(vitals, spo2_percent=None)
        case "failed_cuff":
            return replace(vitals, cuff_fails=_during(scenario, since, figures))
        case "toilet_walk":
            return _walked(vitals, since, figures)
        case "panic":
            return _frightened(vitals, since, figures)
        case "uneventful":
            return _moved(vitals, seed, figures)
        case _:
            return vitals


def _during(scenario: Scenario, since: float, figures: Physiology) -> bool:
    begins = figures.value(f"rehearsal.{scenario}", "begins_min")
    return begins <= since < begins + figures.value(f"rehearsal.{scenario}", "lasts_min")


def _desaturated(vitals: Vitals, since: float, figures: Physiology) -> Vitals:
    begins, lasts, slope, spo2, rr = (
        figures.value("rehearsal.desaturation", name)
        for name in ("begins_min", "lasts_min", "slope_min", "spo2_percent", "rr_per_min")
    )
    depth = max(0.0, min(1.0, (since - begins) / slope, (begins + lasts - since) / slope))
    if depth == 0 or vitals.spo2_percent is None or vitals.rr_per_min is None:
        return vitals
    return replace(
        vitals,
        spo2_percent=vitals.spo2_percent + depth * min(0.0, spo2 - vitals.spo2_percent),
        rr_per_min=vitals.rr_per_min + depth * min(0.0, rr - vitals.rr_per_min),
    )


def _frightened(vitals: Vitals, since: float, figures: Physiology) -> Vitals:
    case = "rehearsal_cases.panic"
    if since < figures.value(case, "begins_min") or vitals.hr_per_min is None or vitals.rr_per_min is None:
        return vitals
    return replace(
        vitals,
        hr_per_min=vitals.hr_per_min + figures.value(case, "hr_rise_per_min"),
        rr_per_min=vitals.rr_per_min + figures.value(case, "rr_rise_per_min"),
    )


def _walked(vitals: Vitals, since: float, figures: Physiology) -> Vitals:
    begins, lasts, rise, settles = (
        figures.value("rehearsal.toilet_walk", name)
        for name in ("begins_min", "lasts_min", "hr_rise_per_min", "settles_min")
    )
    if since < begins:
        return vitals
    if since < begins + lasts:
        return replace(vitals, spo2_percent=None, hr_per_min=None, rr_per_min=None, cuff_fails=True)
    faster = rise * 0.5 ** ((since - begins - lasts) / settles)
    return vitals if vitals.hr_per_min is None else replace(vitals, hr_per_min=vitals.hr_per_min + faster)


def _moved(vitals: Vitals, seed: int, figures: Physiology) -> Vitals:
    """One short dip in each stretch of `every_min`, at a moment of its own."""
    names = ("every_min", "lasts_s", "spo2_fall_points")
    every, lasts_s, fall = (figures.value("rehearsal.motion", name) for name in names)
    stretch = int(vitals.time_min // every)
    begins = (stretch + uniform(seed, "motion", stretch)) * every
    moving = begins <= vitals.time_min < begins + lasts_s / SECONDS_PER_MINUTE
    if not moving or vitals.spo2_percent is None:
        return vitals
    return replace(vitals, spo2_percent=vitals.spo2_percent - fall)
