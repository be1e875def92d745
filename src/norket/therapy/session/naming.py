"""The name that follows an act: a stop, a pause or a call from a locked screen asks for no identifier first."""

from collections.abc import Iterator
from datetime import datetime

from norket.therapy.finding import Refused
from norket.therapy.session.naming_events import ActNamed, NameAct
from norket.therapy.session.state import SessionState

DONE = {
    "infusion_stopped": "stopped the pump",
    "infusion_paused": "paused the pump",
    "concern_raised": "called for help",
}


def named(state: SessionState, command: NameAct) -> ActNamed | Refused:
    """The event of a name. Who it was is a fact and may be said of any act of the ledger, once more if it was wrong."""
    if not any(event.n == command.act for event in state.ledger):
        return Refused(code="no_such_event", why=f"There is no event {command.act} in this session.")
    known = any(one.n == command.act for one in state.unnamed)
    return ActNamed(act=command.act, person=command.person, flags=() if known else ("name_not_asked",))


def due(state: SessionState) -> Iterator[tuple[str, str, datetime]]:
    """What is due, its label and since when: one for each act without a name."""
    for one in state.unnamed:
        yield "name_act", f"Say who {DONE.get(one.type, 'did it')}", one.at
