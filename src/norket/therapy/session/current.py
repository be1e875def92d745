"""The state that an order for more drug is judged on: as the watch would leave it at this very instant.

The watch looks once a second. A value that came since its last look holds an order as much as one that it has seen.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import SYSTEM
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session.fold import fold
from norket.therapy.session.samples import Samples
from norket.therapy.session.state import SessionState
from norket.therapy.session.watch import due

ORDERS = frozenset({"start_infusion", "change_rate", "resume", "give_bolus", "give_dose"})


def asks_for_more(state: SessionState, command: Any) -> bool:
    """Whether a command is an order that lets more drug in. A lower rate is none: nothing waits before it."""
    if command.type not in ORDERS or command.as_ != "intended":
        return False
    return not isinstance(command, p.ChangeRate) or command.rate_ml_h > (state.rate_set_ml_h or 0.0)


def current(state: SessionState, samples: Samples | None, now: datetime, base: KnowledgeBase) -> SessionState:
    """The state with what the watch would add now. Nothing of it is kept: the watch itself writes it."""
    known: Mapping[str, Any] = samples or {}
    added = [
        e.Recorded(
            session=state.session,
            n=n,
            at=decided.at,
            recorded_at=now,
            by=SYSTEM.id,
            command_id="",
            event=decided.event,
        )
        for n, decided in enumerate(due(state, known, now, base), start=state.version + 1)
    ]
    return fold((*state.ledger, *added), state.session) if added else state
