"""The pump's own count against the ledger: what it may rightly say that it gave, and what two people set it to."""

from collections.abc import Iterator
from datetime import datetime

from norket.therapy.session.delivered import infused_ml
from norket.therapy.session.state import Bolus, SessionState


def expected_ml(state: SessionState, at: datetime) -> tuple[float, ...]:
    """What a pump that gave what was computed may show (mL) at `at`: all of it, or what ran since it was set anew,
    each with and without the boluses, which it may have given and counted or not."""
    return tuple(dict.fromkeys(_expected(state, at)))


def _expected(state: SessionState, at: datetime) -> Iterator[float]:
    now_ml = infused_ml(state, at)
    counts: list[tuple[datetime | None, float]] = [(None, now_ml)]
    anew = state.pump_set
    if anew is not None and anew.at <= at:
        counts.append((anew.at, now_ml - anew.infused_ml))
        before = [one for one in state.pump_readings if one.at <= anew.at]
        if before:
            counts.append((before[-1].at, before[-1].read_ml + now_ml - before[-1].computed_ml))
    for since, count_ml in counts:
        boluses = [one for one in state.boluses if (since is None or one.at > since) and one.at <= at]
        yield count_ml
        yield count_ml + sum(_ml(state, one) for one in boluses)


def _ml(state: SessionState, bolus: Bolus) -> float:
    """The volume of a bolus from the syringe that was in the pump then."""
    held = [part.concentration_mg_ml for part in state.segments if part.start <= bolus.at]
    strength = held[-1] if held else state.concentration_mg_ml
    return bolus.amount_mg / strength if strength else 0.0


def to_be_set_ml(state: SessionState, programmed_ml: float, now: datetime) -> float:
    """What the pump may still be set to give (mL) of `programmed_ml`: by its own count or by the ledger, whichever
    leaves less. So nothing above the order runs, whichever of the two is right."""
    ends_ml = programmed_ml if state.by_pump_ml is None else min(programmed_ml, state.by_pump_ml)
    return max(0.0, ends_ml - infused_ml(state, now))
