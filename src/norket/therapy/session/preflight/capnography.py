"""Whether expired CO2 is read before the start, where screening found what slows breathing."""

from collections.abc import Collection
from datetime import datetime, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding, State
from norket.therapy.session.preflight.today import Today
from norket.therapy.session.samples import Samples, latest
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import SessionState

RULE, ETCO2 = "preflight.capnography", "etco2_mmhg"


def capnography_state(asked: Answer, *, measured: bool) -> State:
    """Clear where nothing asks for it, or it was read; what asks may not be known, and that holds too."""
    if asked == "no" or measured:
        return "clear"
    return "fires" if asked == "yes" else "unknown"


def asking(base: KnowledgeBase) -> tuple[str, ...]:
    """The rules of screening that ask for capnography."""
    return tuple(base.entry(base.entry(RULE).data["asked_by"]).data["for_rules"])


def asked_by(
    objecting: Collection[str], unsure: Collection[str], base: KnowledgeBase
) -> tuple[Answer, tuple[str, ...]]:
    """Whether screening asks for expired CO2, and by which rules: those that object, else those that nobody knows."""
    fires, open_ = (tuple(rule for rule in asking(base) if rule in some) for some in (objecting, unsure))
    return ("yes" if fires else "unknown" if open_ else "no"), fires or open_


def planned(route: str, objecting: Collection[str], unsure: Collection[str], base: KnowledgeBase) -> Finding:
    """What a plan by this route says of it beforehand: it is to be at hand at every session, and holds none of them
    here."""
    answer, rules = asked_by(objecting, unsure, base)
    asked: Answer = answer if route in base.entry(RULE).data["routes"] else "no"
    why = {
        "no": "Expired CO2: nothing in the chart asks for it by this route.",
        "yes": f"Expired CO2 is watched in every session, because of: {named(rules, base)}.",
        "unknown": f"Whether expired CO2 is watched is not known yet: {named(rules, base)}.",
    }[asked]
    verdict = capnography_state(asked, measured=False)
    return finding(base, RULE, verdict, why, inputs={"asked_by": rules}, action="INFO")


def named(rules: tuple[str, ...], base: KnowledgeBase) -> str:
    return ", ".join(str(base.entry(rule).data["label"]).lower() for rule in rules)


def capnography(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase, today: Today) -> Finding:
    verdict = capnography_state(today.capnography, measured=_was_read(state, samples, now, base))
    why = {
        "clear": "Expired CO2: read, or not asked for.",
        "fires": f"Expired CO2 is asked for by screening ({named(today.capnography_for, base)}) and not read yet.",
        "unknown": f"Expired CO2 may be asked for, and is not read: not known is {named(today.capnography_for, base)}.",
    }[verdict]
    return finding(base, RULE, verdict, why, inputs={"asked_by": today.capnography_for})


def _was_read(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> bool:
    """Whether it came from the monitor, or was read by hand, as lately as a baseline is taken."""
    since = now - timedelta(minutes=number(base, "preflight.baseline", "max_age_min", now))
    sample = latest(samples, ETCO2, now)
    if sample is not None and not sample.artefact and sample.at >= since:
        return True
    hands = (r for r in state.readings if r.vitals.etco2_mmhg is not None and not r.vitals.artefact)
    return any(since <= reading.at <= now for reading in hands)
