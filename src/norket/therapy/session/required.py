"""What more has to be watched than pressure and saturation: expired CO2 and the rhythm, by sedation, rate and chart.

Asked for is not the same as there: what is asked for and does not come is told as a technical alert, and a gap is never
shown as normal.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number, shown
from norket.therapy.session import away
from norket.therapy.session.criteria import rank
from norket.therapy.session.points import dead
from norket.therapy.session.samples import Samples
from norket.therapy.session.state import OVER, Alert, SessionState
from norket.therapy.session.watch_events import AlertRaised

RULE, ETCO2 = "monitoring.capnography", "etco2_mmhg"
INFUSING = ("running", "paused")
UNDER_DRUG = (*INFUSING, "observing")
BEFORE = ("planned", "checked_in")
AWAKE = 5
Wanted = tuple[str, float, AlertRaised]


def reasons(
    moaas: int | None, rate_mg_kg_h: float, now: datetime, base: KnowledgeBase, rules: Sequence[str] = ()
) -> list[str]:
    """Why expired CO2 is asked for: sedation, rate, what screening found (`rules`), or several; nothing asks: none."""
    deep = moaas is not None and moaas <= number(base, RULE, "moaas", now)
    fast = rate_mg_kg_h > number(base, RULE, "rate_mg_kg_h", now)
    found = [str(base.entry(rule).data["label"]).lower() for rule in rules]
    return [f"MOAA/S {moaas}"] * deep + [f"{rate_mg_kg_h:.2g} mg/kg/h"] * fast + found


def rate_mg_kg_h(state: SessionState) -> float:
    """The rate as set while the pump is in use; 0 where the weight is not known, because the order limits it then."""
    weight_kg = state.order.weight_kg if state.order else state.baseline.weight_kg if state.baseline else None
    if state.phase not in INFUSING or not weight_kg:
        return 0.0
    return (state.rate_set_ml_h or 0.0) * (state.concentration_mg_ml or 0.0) / weight_kg


def sedation(state: SessionState) -> tuple[datetime, int] | None:
    """The latest spoken score; a later watched score of awake stands for the top of it."""
    spoken = [(reading.at, reading.value) for reading in state.scores.get("moaas", ())]
    awake = [(reading.at, AWAKE) for reading in state.scores.get("watched_sedation", ()) if reading.value == 0]
    return max((*spoken, *awake), default=None)


def asked_since(state: SessionState, now: datetime, base: KnowledgeBase) -> tuple[datetime, list[str]] | None:
    """Since when expired CO2 is asked for, and why; None when it is not."""
    if state.phase in OVER or (state.phase in BEFORE and not state.other_doses):
        return None
    seen, rate = sedation(state), rate_mg_kg_h(state)
    rules = state.capnography_for if state.phase in UNDER_DRUG else ()
    why = reasons(seen[1] if seen else None, rate, now, base, rules)
    first = [*(part.start for part in state.segments[:1]), *(dose.at for dose in state.other_doses[:1])]
    screened = [min(first)] if rules and first else []
    began = [state.segments[-1].start] if state.segments and rate > number(base, RULE, "rate_mg_kg_h", now) else []
    deep = [seen[0]] if seen and seen[1] <= number(base, RULE, "moaas", now) else []
    since = min((*began, *deep, *screened), default=None)
    return (since, why) if why and since is not None else None


def needs_rhythm(state: SessionState, now: datetime, base: KnowledgeBase) -> bool:
    """Whether the rhythm on the ECG is asked for."""
    return rate_mg_kg_h(state) > number(base, RULE, "rate_mg_kg_h", now)


def rhythm_due(state: SessionState, now: datetime, base: KnowledgeBase) -> datetime | None:
    """When the rhythm is due to be looked at; None when it is not asked for."""
    if not needs_rhythm(state, now, base):
        return None
    seen = [reading.at for reading in state.readings if reading.vitals.rhythm is not None]
    each = timedelta(minutes=number(base, RULE, "rhythm_interval_min", now))
    return max(seen) + each if seen else state.segments[-1].start


def wanted(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Wanted]:
    """The alert that expired CO2 is asked for and does not come."""
    asked = asked_since(state, now, base)
    if asked is None or away.waits(state, now) or is_measured(state, samples, now, base):
        return
    since, why = asked
    if now - since <= timedelta(minutes=number(base, RULE, "within_min", now)):
        return
    event = AlertRaised(
        alert_id=f"{RULE}:{since:%Y%m%dT%H%M%S}",
        rule=RULE,
        tier="T2",
        technical=True,
        why=f"No expired CO2, asked for by {' and '.join(why)}",
        advice="Put capnography on; until then stay and count the breaths.",
        figure=shown(base, RULE),
        inputs={"channels": [ETCO2]},
    )
    yield RULE, rank("T2"), event


def is_measured(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> bool:
    """Whether expired CO2 comes from a monitor, or was read by hand within the interval of the scores."""
    tail = samples.get(ETCO2, ())
    if tail and not dead(tail[-1].interval_s, (now - tail[-1].received_at).total_seconds(), now, base):
        return True
    fresh = now - timedelta(minutes=number(base, "monitoring.scores", "interval_min", now))
    return any(r.vitals.etco2_mmhg is not None and not r.vitals.artefact and r.at >= fresh for r in state.readings)


def over(state: SessionState, alert: Alert, samples: Samples, now: datetime, base: KnowledgeBase) -> str:
    """Why the alert is over, or nothing."""
    if is_measured(state, samples, now, base):
        return "expired CO2 is measured"
    if away.waits(state, now):
        return "off the monitor"
    return "" if asked_since(state, now, base) else "asked for no more"
