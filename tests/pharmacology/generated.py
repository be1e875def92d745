"""Generated compartment systems and dose histories, for properties that must hold for all of them."""

import numpy as np
from hypothesis import strategies as st

from norket.pharmacology.engine import Input, Segment
from norket.pharmacology.models import Compartments, LinearSystem

LARGEST = 5
rates = st.one_of(st.just(0.0), st.floats(0.005, 2.0))


def minutes(low: float, high: float) -> st.SearchStrategy[float]:
    """Times to the microminute: two events are at one moment or clearly apart."""
    return st.integers(round(low * 1e6), round(high * 1e6)).map(lambda micro: micro / 1e6)


@st.composite
def systems(draw: st.DrawFn, *, states: int | None = None, closed: bool = False, draws: int = 1) -> LinearSystem:
    """A compartment system with any flows between any compartments, losses unless `closed`, and three ways in.

    By the third, "oral", a dose given at once enters evenly over a time of each individual's own.
    """
    size = states or draw(st.integers(1, LARGEST))
    names = [f"c{number}" for number in range(size)]
    body = Compartments(names, draws)
    spread = np.linspace(1.0, 1.5, draws)
    for source in names:
        for target in names:
            if source != target:
                body.flow(source, target, draw(rates) * spread)
        if not closed:
            body.loss(source, draw(rates) * spread)
    last = names[-1]
    volume = draw(st.floats(1.0, 300.0))
    outputs = {"first": body.concentration("c0", volume), "last": body.concentration(last, 2 * volume)}
    outputs["mass"] = np.ones((draws, size))
    inputs = {"iv": body.at("c0"), "im": body.at(last, draw(st.floats(0.1, 1.0))), "oral": body.at("c0", 0.5)}
    return body.system(inputs, outputs, {"oral": draw(minutes(0.05, 150.0)) * spread})


@st.composite
def histories(draw: st.DrawFn, *, ways: tuple[str, ...] = ("iv", "im", "oral"), columns: int = 1) -> list[Input]:
    """One to five doses, boluses, infusions and releases, overlapping as they fall."""
    chosen = draw(st.lists(st.sampled_from(ways), min_size=1, max_size=5))
    return [
        Input(
            way=way,
            amount_mg=draw(st.floats(0.1, 200.0)),
            start_min=draw(minutes(0.0, 120.0)),
            duration_min=0.0 if way == "oral" else draw(st.one_of(st.just(0.0), minutes(0.05, 200.0))),
            column=draw(st.integers(0, columns - 1)),
        )
        for way in chosen
    ]


@st.composite
def segmented(draw: st.DrawFn) -> list[Segment]:
    """The same compartments with other parameters from certain times on."""
    size = draw(st.integers(1, LARGEST))
    starts = [-np.inf, *sorted(draw(st.lists(minutes(1.0, 200.0), min_size=1, max_size=3, unique=True)))]
    return [Segment(start, draw(systems(states=size))) for start in starts]


def moments(history: list[Input], *others: float) -> np.ndarray:
    """Every start and end of a history, times soon after each, an even grid, and `others`."""
    events = [time for one in history for time in (one.start_min, one.start_min + one.duration_min)]
    soon = [time + later for time in events for later in (0.5, 3.0, 20.0)]
    return np.unique([*events, *soon, *np.linspace(0.0, 400.0, 21), *others])
