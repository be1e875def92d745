"""What recovery asks people to do by the clock: the next score, the saturation until easily roused, and the calls for
an escort who did not come. Each as (what, label, due at)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.points import dead
from norket.therapy.session.samples import Samples, latest
from norket.therapy.session.state import SessionState

Due = tuple[str, str, datetime]
SPO2 = "spo2_percent"
AWAKE, DROWSY = 5, 4  # what a watched sedation of 0 and 1 is on MOAA/S


def looks(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Due]:
    """The next recovery score, and the saturation while the patient is not easily roused and no monitor sends it."""
    if state.phase != "recovery" or state.recovery_started_at is None:
        return
    apart = timedelta(minutes=number(base, "monitoring.recovery", "interval_min", now))
    scored = [at for at, _ in state.recovery_scores] + ([state.way_out.judgement.at] if state.way_out.judgement else [])
    yield "recovery_score", "Recovery score", max((*scored, state.recovery_started_at)) + apart
    sample = latest(samples, SPO2, now)
    sent = sample is not None and not dead(sample.interval_s, (now - sample.received_at).total_seconds(), now, base)
    if not sent and watches_saturation(last_moaas(state), now, base):
        by_hand = [r.at for r in state.readings if r.vitals.spo2_percent is not None and not r.vitals.artefact]
        yield "saturation", "Saturation on, until easily roused", max((*by_hand, state.recovery_started_at))


def last_moaas(state: SessionState) -> int | None:
    """The latest sedation since the last drug, by the spoken scale; a watched one stands for it."""
    since = max(state.anchors, default=None)
    seen = [(r.at, r.value) for r in state.scores.get("moaas", ())]
    seen += [(r.at, AWAKE - r.value) for r in state.scores.get("watched_sedation", ()) if r.value <= AWAKE - DROWSY]
    seen += [(r.at, 0) for r in state.scores.get("watched_sedation", ()) if r.value > AWAKE - DROWSY]
    return max((one for one in seen if since is None or one[0] >= since), default=(None, None))[1]


def watches_saturation(moaas: int | None, now: datetime, base: KnowledgeBase) -> bool:
    """Whether the saturation is still watched all the time: until easily roused, and while nobody has looked."""
    return moaas is None or moaas < number(base, "recovery.easily_roused", "moaas_min", now)


def missing_escort(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[Due]:
    """The second contact at once, the manager after a while, then another responsible adult or a transfer."""
    if state.escort is None or state.escort_at is None or state.escort.status not in ("no_show", "none"):
        return
    since, way = state.escort_at, state.way_out
    if way.called("second_contact", since) is None:
        yield "escort_second", "Call the second contact: no escort", since
    manager = way.called("manager", since)
    if manager is None:
        wait = timedelta(minutes=number(base, "recovery.escort_no_show", "manager_min", now))
        yield "escort_manager", "Call the manager: no escort", since + wait
    elif way.reached("responsible_adult", since) is None:
        yield "escort_other", "Find a responsible adult, or transfer", manager.at
