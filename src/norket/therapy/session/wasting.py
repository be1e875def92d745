"""Drug that was thrown away, and who signed that they saw it.

A name given with the waste is only told. It counts as witnessed when somebody else signs for it, signed in as
themselves; until then it is owed, and the record does not close.
"""

from collections.abc import Iterable

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session.events import Corrected, Recorded
from norket.therapy.session.state import SessionState
from norket.therapy.session.thrown import Waste
from norket.therapy.session.waste_events import WasteWitnessed, WitnessWaste

MACHINES = frozenset({"device", "system"})


def unwitnessed(state: SessionState) -> tuple[Waste, ...]:
    """What was thrown away and nobody else has signed for, in the order of throwing."""
    return tuple(waste for waste in state.wastes if waste.amount_mg and waste.signed_by is None)


def named(waste: Waste) -> str:
    """The waste in words."""
    return f"{waste.amount_mg:g} mg of {waste.drug} wasted"


def makers(ledger: Iterable[Recorded], n: int) -> frozenset[str]:
    """Whoever recorded event `n` or corrected it: none of them is its witness."""
    return frozenset(
        one.by for one in ledger if one.n == n or (isinstance(one.event, Corrected) and one.event.corrects == n)
    )


def witnessed(state: SessionState, command: WitnessWaste, by: Actor) -> WasteWitnessed | Refused:
    """The signature of a witness, or why it is none."""
    if by.roles <= MACHINES:
        return Refused(code="role_not_allowed", why="A waste is witnessed by a person who is signed in.")
    waste = next((one for one in state.wastes if one.n == command.waste), None)
    if waste is None:
        return Refused(code="no_such_waste", why=f"Event {command.waste} records no waste. Look at the list again.")
    if by.id in makers(state.ledger, waste.n):
        return Refused(code="witness_is_maker", why="Whoever recorded the waste is not its witness. Ask somebody else.")
    if waste.signed_by is not None:
        return Refused(code="already_witnessed", why="This waste is witnessed already.")
    return WasteWitnessed(waste=waste.n, amount_mg=waste.amount_mg)
