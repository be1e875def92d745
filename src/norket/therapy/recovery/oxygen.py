"""The gate of oxygen: whoever had it stays until the saturation holds on air."""

from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding, State
from norket.therapy.session.ledger import standing
from norket.therapy.session.rescuing import is_oxygen
from norket.therapy.session.safety_events import EmergencyNoted
from norket.therapy.session.samples import Samples
from norket.therapy.session.state import SessionState


def judge(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Finding:
    """After oxygen: a saturation above the limit that was measured on air, long enough after it came off. Without
    oxygen there is nothing to wait for, unless a clinician says that the saturation on air does not hold."""
    rule = "recovery.oxygen"
    on_air = state.gates.get("room_air_saturation")
    if on_air is not None and on_air.answer == "no":
        return finding(base, rule, "fires", "Oxygen: the saturation on air is not enough.")
    on = [r.at for r in state.readings if r.vitals.on_oxygen]
    on += [t.at for t in state.rescues if is_oxygen(base, t.rescue)]
    noted = (r for r in standing(state.ledger) if isinstance(r.event, EmergencyNoted))
    on += [r.at for r in noted if isinstance(r.event, EmergencyNoted) and r.event.step == "oxygen_on"]
    if not on:
        return finding(base, rule, "clear", "Oxygen: none was given.")
    off = min((r.at for r in state.readings if r.vitals.on_oxygen is False and r.at > max(on)), default=None)
    if off is None:
        return finding(base, rule, "unknown", "Oxygen: not known to be off.", resolves_by="record that oxygen is off")
    at, spo2 = max(_saturations(state, samples, off, now), default=(None, None))
    air_min = (at - off).total_seconds() / timedelta(minutes=1).total_seconds() if at else None
    verdict = oxygen_state(air_min, spo2, now, base)
    why = (
        "Oxygen: no saturation on air."
        if air_min is None
        else (f"Oxygen: SpO2 {spo2:g} % after {air_min:.0f} min on air.")
    )
    return finding(
        base,
        rule,
        verdict,
        why,
        inputs={"room_air_min": air_min, "spo2_percent": spo2},
        resolves_by="record the saturation on air",
    )


def _saturations(
    state: SessionState,
    samples: Samples,
    since: datetime,
    now: datetime,
) -> list[tuple[datetime, float]]:
    """Every trustworthy saturation (%) from `since` to `now`, by hand and by the monitor."""
    hands = [
        (r.at, r.vitals.spo2_percent)
        for r in state.readings
        if r.vitals.spo2_percent is not None and not r.vitals.artefact
    ]
    device = [(s.at, s.value) for s in samples.get("spo2_percent", ()) if not s.artefact]
    return [(at, value) for at, value in (*hands, *device) if since <= at <= now]


def oxygen_state(room_air_min: float | None, spo2_percent: float | None, now: datetime, base: KnowledgeBase) -> State:
    """For a patient who had oxygen: clear when the saturation (%) is above the limit and was measured long enough
    after the oxygen came off (min)."""
    if room_air_min is None or spo2_percent is None:
        return "unknown"
    long_enough = room_air_min >= number(base, "recovery.oxygen", "room_air_min", now)
    return "clear" if long_enough and spo2_percent > number(base, "recovery.oxygen", "air_percent", now) else "fires"
