"""How long the effect takes to fade by half once the pump is paused: what a frightened patient is told, with its band.

The curve is the predicted one with everything stopped now; each virtual patient falls to half in their own time.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from norket.record.session import prediction, queries
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.fold import evolve
from norket.therapy.session.state import SessionState

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERCENTS = (5, 50, 95)
HALF = 0.5
SITES = ("effect_site", "ketamine")  # the effect site where the model has one


def fading(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """Minutes until half of the present effect is left if the pump is paused now: `p5`, `p50`, `p95`, and of what."""
    stopped = _stopped(queries.state(session_id), now)
    drawn = prediction.drawn(stopped, now)
    if isinstance(drawn, Refused):
        return drawn
    analyte = next(name for name in SITES if name in drawn.found.analytes)
    minutes = half_min(drawn.found.times_min, drawn.found.individuals(analyte), drawn.minute(now))
    if minutes is None:
        return Refused(code="nothing_to_fade", why="There is no effect to fade yet.")
    return {**minutes, "analyte": analyte, "edition": drawn.found.edition, "seed": drawn.found.seed}


def half_min(times_min: "NDArray[Any]", curves: "NDArray[Any]", now_min: float) -> dict[str, float] | None:
    """The percentiles, over the virtual patients, of the minutes from `now_min` until half of that level is left;
    `curves` is times by patients. One who is not at half by the end of the curve counts with its end. None where
    nothing is there to fade."""
    import numpy as np  # noqa: PLC0415 -- comes with the engine

    fine = np.arange(now_min, float(times_min[-1]), 0.25)
    falls = []
    for curve in curves.T:
        level = float(np.interp(now_min, times_min, curve))
        if level <= 0:
            continue
        below = np.nonzero(np.interp(fine, times_min, curve) <= level * HALF)[0]
        falls.append(float(fine[below[0]] - now_min) if below.size else float(times_min[-1]) - now_min)
    if not falls:
        return None
    return {f"p{percent}_min": float(np.percentile(falls, percent)) for percent in PERCENTS}


def _stopped(state: SessionState, now: datetime) -> SessionState:
    """The state as it would be with the pump stopped now."""
    event = e.InfusionStopped(reason="paused", delivered_mg=delivered_mg(state, now))
    trial = e.Recorded(
        session=state.session,
        n=state.version + 1,
        at=now,
        recorded_at=now,
        by="trial",
        command_id="trial",
        event=event,
    )
    return evolve(state, trial)
