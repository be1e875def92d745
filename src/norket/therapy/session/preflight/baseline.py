"""The baseline: complete, fresh, and such that a session may start with it at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.preflight.pressure import pressure
from norket.therapy.session.samples import UNITS, Samples, latest
from norket.therapy.session.shapes import Vitals
from norket.therapy.session.state import SessionState

SECONDS_PER_MINUTE = 60.0


def baseline(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Finding]:
    required: list[str] = base.entry("preflight.baseline").data["required"]
    at = state.baseline_at
    absent = [name for name in required if _part(state, name) is None]
    age_min = (now - at).total_seconds() / SECONDS_PER_MINUTE if at else None
    verdict = baseline_state(absent, age_min, now, base)
    why = (
        "The baseline is complete."
        if verdict == "clear"
        else (f"The baseline lacks {', '.join(absent)}." if absent else f"The baseline is {age_min:.0f} min old.")
    )
    yield finding(base, "preflight.baseline", verdict, why, inputs={"missing": absent, "age_min": age_min})
    vitals = newest(state, samples, now)
    verdict = fit_to_start(vitals, now, base)
    why = _said(
        ("Systolic pressure", vitals.sbp_mmhg, "mmHg"),
        ("heart rate", vitals.hr_per_min, "/min"),
        ("breathing", vitals.rr_per_min, "/min"),
    )
    yield finding(base, "preflight.do_not_start", verdict, why)
    moaas = next((r.value for r in reversed(state.scores.get("moaas", ())) if r.at <= now), None)
    verdict = would_stop(vitals.dbp_mmhg, vitals.spo2_percent, moaas, now, base)
    why = _said(
        ("Diastolic pressure", vitals.dbp_mmhg, "mmHg"), ("saturation", vitals.spo2_percent, "%"), ("MOAA/S", moaas, "")
    )
    yield finding(base, "preflight.would_stop", verdict, why)
    yield pressure(state, samples, vitals, now, base)


def newest(state: SessionState, samples: Samples, now: datetime) -> Vitals:
    """The newest trustworthy value of each sign by `now`, from the monitor or by hand; absent where there is none."""
    found: dict[str, float] = {}
    for channel in UNITS:
        sample = latest(samples, channel, now)
        hand = [
            (r.at, value)
            for r in state.readings
            if not r.vitals.artefact and r.at <= now and (value := getattr(r.vitals, channel)) is not None
        ]
        device = [(sample.at, sample.value)] if sample is not None else []
        if hand or device:
            found[channel] = max((*hand[-1:], *device))[1]
    return Vitals(**found)


def _said(*values: tuple[str, float | None, str]) -> str:
    """The values in one line, each with its unit; what is not known is said so."""
    shown = (f"{name} {'not known' if value is None else f'{value:g} {unit}'.strip()}" for name, value, unit in values)
    return f"{', '.join(shown)}."


def _part(state: SessionState, name: str) -> object:
    if state.baseline is None:
        return None
    return (
        getattr(state.baseline, name, None)
        if hasattr(state.baseline, name)
        else getattr(state.baseline.vitals, name, None)
    )


def baseline_state(
    absent: list[str],
    age_min: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Complete and fresh is clear; complete but older than the limit fires; anything absent is unknown."""
    if absent or age_min is None:
        return "unknown"
    return "fires" if age_min > number(base, "preflight.baseline", "max_age_min", now) else "clear"


def fit_to_start(vitals: Vitals, now: datetime, base: KnowledgeBase) -> Literal["fires", "clear", "unknown"]:
    """Whether pressure, pulse and breathing lie inside the limits within which a session may start at all."""
    signs = {"sbp": vitals.sbp_mmhg, "hr": vitals.hr_per_min, "rr": vitals.rr_per_min}
    unit = {"sbp": "mmhg", "hr": "per_min", "rr": "per_min"}
    rule = "preflight.do_not_start"
    for sign, value in signs.items():
        if value is not None and not (
            number(base, rule, f"{sign}_min_{unit[sign]}", now)
            <= value
            <= number(base, rule, f"{sign}_max_{unit[sign]}", now)
        ):
            return "fires"
    return "unknown" if None in signs.values() else "clear"


def would_stop(
    dbp_mmhg: float | None,
    spo2_percent: float | None,
    moaas: int | None,
    now: datetime,
    base: KnowledgeBase,
) -> Literal["fires", "clear", "unknown"]:
    """Whether a session that ran with these values would be stopped; any that is not known leaves it unknown."""
    rule = "preflight.would_stop"
    bad = (
        None if dbp_mmhg is None else dbp_mmhg > number(base, rule, "dbp_max_mmhg", now),
        None if spo2_percent is None else spo2_percent < number(base, rule, "spo2_min_percent", now),
        None if moaas is None else moaas < number(base, rule, "moaas_min", now),
    )
    return "fires" if True in bad else "unknown" if None in bad else "clear"
