"""The drug in hand and the pump: enough for the whole order, and read by two people."""

from datetime import datetime
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding
from norket.therapy.session.state import SessionState

SECONDS_PER_MINUTE = 60.0


def stock_state(prepared_mg: float | None, ordered_mg: float) -> Literal["fires", "clear", "unknown"]:
    """Whether what was prepared covers the whole order."""
    if prepared_mg is None:
        return "unknown"
    return "clear" if prepared_mg >= ordered_mg else "fires"


def prepared(state: SessionState, base: KnowledgeBase) -> Finding:
    rule, order, drawn = "preflight.stock", state.order, state.prepared
    if order is None or drawn is None:
        return finding(base, rule, "unknown", "The dose is not prepared.")
    if drawn.flags:
        return finding(
            base,
            rule,
            "fires",
            f"The prepared dose does not stand: {', '.join(drawn.flags)}.",
            resolves_by="prepare it again",
        )
    verdict = stock_state(drawn.drawn_mg, order.amount_mg)
    why = f"{drawn.drawn_mg:g} mg prepared, {order.amount_mg:g} mg ordered."
    return finding(base, rule, verdict, why, inputs={"drawn_mg": drawn.drawn_mg, "ordered_mg": order.amount_mg})


def time_out(state: SessionState, now: datetime, base: KnowledgeBase) -> Finding:
    rule = "preflight.time_out"
    oldest_s = number(base, rule, "max_age_min", now) * SECONDS_PER_MINUTE
    fresh = [r for r in state.time_outs if (now - r.at).total_seconds() <= oldest_s]
    last = {reading.by: reading for reading in fresh}
    agreeing = [by for by, reading in last.items() if reading.agrees]
    people = int(number(base, rule, "people", now))
    if len(agreeing) < len(last):
        return finding(base, rule, "fires", "A time-out reading differs from the order. Check the pump and read again.")
    if len(agreeing) < people:
        state_now: Literal["fires", "unknown"] = "fires" if agreeing else "unknown"
        return finding(base, rule, state_now, f"{len(agreeing)} of {people} people have read the pump in time.")
    return finding(base, rule, "clear", f"{len(agreeing)} people read the pump and agree with the order.")
