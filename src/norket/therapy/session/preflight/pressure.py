"""Blood pressure before the start: a mild rise waits for a note or a recheck, a severe one until it is lower."""

from datetime import datetime
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.samples import Samples
from norket.therapy.session.shapes import Vitals
from norket.therapy.session.state import SessionState


def is_severe(sbp_mmhg: float | None, dbp_mmhg: float | None, now: datetime, base: KnowledgeBase) -> bool:
    """Whether either pressure is one that no benefit-risk note excuses; what is not known is not severe by itself."""
    rule = "preflight.pressure_hold"
    return any(
        value is not None and value >= number(base, rule, name, now)
        for value, name in ((sbp_mmhg, "block_sbp_mmhg"), (dbp_mmhg, "block_dbp_mmhg"))
    )


def pressure_state(
    sbp_mmhg: float | None,
    dbp_mmhg: float | None,
    readings: int,
    now: datetime,
    base: KnowledgeBase,
    *,
    age_y: float | None = None,
) -> Literal["fires", "clear", "unknown", "hold"]:
    """Pressure before the start: above the hold it waits for a note or a lower recheck; high on two readings blocks.
    The hold lies higher from an age on; who is of unknown age is judged as the younger ones are."""
    if sbp_mmhg is None or dbp_mmhg is None:
        return "unknown"
    rule = "preflight.pressure_hold"
    if is_severe(sbp_mmhg, dbp_mmhg, now, base) and readings >= 2:  # noqa: PLR2004 -- "on two readings"
        return "fires"
    elder = age_y is not None and age_y >= number(base, rule, "elder_from_y", now)
    most = number(base, rule, "hold_sbp_elder_mmhg" if elder else "hold_sbp_mmhg", now)
    above = sbp_mmhg > most or dbp_mmhg > number(base, rule, "hold_dbp_mmhg", now)
    return "hold" if above else "clear"


def pressure(
    state: SessionState,
    samples: Samples,
    vitals: Vitals,
    now: datetime,
    base: KnowledgeBase,
) -> Finding:
    """The note is for the mild range only: a severe pressure waits until it is lower."""
    severe = is_severe(vitals.sbp_mmhg, vitals.dbp_mmhg, now, base)
    readings = _severe_readings(state, samples, now, base)
    age_y = state.plan.age_y if state.plan else None
    verdict = pressure_state(vitals.sbp_mmhg, vitals.dbp_mmhg, readings, now, base, age_y=age_y)
    noted = state.preflight.get("benefit_risk_noted")
    if verdict == "hold" and not severe and noted is not None and noted.answer == "yes":
        verdict = "clear"
    rule = "preflight.pressure_hold"
    why = f"Blood pressure before the start: {_pair(vitals)}."
    if verdict == "hold":
        how = "recheck after 5 min" if severe else "recheck after 5 min, or a benefit-risk note"
        return finding(base, rule, "fires", why, resolves_by=how)
    return finding(base, rule, verdict, why)


def _severe_readings(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> int:
    """How many readings were severe: those by hand and those of the monitor, one at each instant."""
    hand = {
        r.at
        for r in state.readings
        if not r.vitals.artefact and is_severe(r.vitals.sbp_mmhg, r.vitals.dbp_mmhg, now, base)
    }
    device = {
        sample.at
        for channel in ("sbp_mmhg", "dbp_mmhg")
        for sample in samples.get(channel, ())
        if not sample.artefact
        and sample.at <= now
        and is_severe(
            sample.value if channel == "sbp_mmhg" else None, sample.value if channel == "dbp_mmhg" else None, now, base
        )
    }
    return len(hand | device)


def _pair(vitals: Vitals) -> str:
    if vitals.sbp_mmhg is None or vitals.dbp_mmhg is None:
        return "not known"
    return f"{vitals.sbp_mmhg:g}/{vitals.dbp_mmhg:g} mmHg"
