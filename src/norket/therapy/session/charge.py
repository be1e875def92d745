"""What a handover or an evacuation leaves in the ledger. Nobody is refused who takes a patient in charge; what stands
against it is flagged."""

from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused
from norket.therapy.session import charge_events as c
from norket.therapy.session.delivered import is_infusing
from norket.therapy.session.preflight import NurseLoad, nurse_load
from norket.therapy.session.state import OVER, SessionState

COMMANDS = frozenset({"offer_handover", "accept_handover", "record_evacuation", "account_for", "end_evacuation"})
NOT_EVACUATED = Refused(
    code="not_evacuated", why="No evacuation is recorded for this session. Record it first, on the board."
)


def decided(
    state: SessionState,
    command: c.Command,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    *,
    nurse: str | None,
    others: tuple[NurseLoad, ...],
) -> c.Event | Refused:
    """The event of `command`, or why there is nothing to hand over or to account for.

    `nurse` is who had the session when it was planned (None: nobody is named), `others` the other open sessions of
    whoever accepts.
    """
    match command:
        case c.OfferHandover():
            return _offer(state, command, state.nurse or nurse)
        case c.AcceptHandover():
            return _accept(state, by, state.nurse or nurse, nurse_load(state, others, now, base))
        case c.RecordEvacuation():
            return c.EvacuationRecorded(pump_ran=is_infusing(state, now))
        case c.AccountFor():
            return c.AccountedFor(place=command.place) if state.evacuation else NOT_EVACUATED
        case c.EndEvacuation():
            return c.EvacuationEnded(reason=command.reason) if state.evacuation else NOT_EVACUATED


def _offer(state: SessionState, command: c.OfferHandover, nurse: str | None) -> c.Event | Refused:
    if state.phase in OVER:
        return Refused(code="session_ended", why="This session is over; nobody needs to take it over.")
    if command.to == nurse:
        return Refused(code="same_nurse", why="This nurse has the session already. Choose another one.")
    return c.HandoverOffered(to=command.to, note=command.note)


def _accept(state: SessionState, by: Actor, nurse: str | None, load: Finding) -> c.Event | Refused:
    if state.phase in OVER:
        return Refused(code="session_ended", why="This session is over; nobody needs to take it over.")
    if by.id == nurse and (state.handover is None or state.handover.to != by.id):
        return Refused(code="same_nurse", why="You have this session already.")
    found = {
        "taken_without_offer": state.handover is None or state.handover.to != by.id,
        "above_nurse_maximum": load.state != "clear",
    }
    return c.HandoverAccepted(to=by.id, before=nurse, flags=tuple(flag for flag, holds in found.items() if holds))
