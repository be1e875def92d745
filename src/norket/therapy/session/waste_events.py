"""The signature of whoever saw drug thrown away: its own command, under the witness's own name, never a name told."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.session.shapes import Frozen, Reading


class WitnessWaste(Frozen):
    """Whoever sends it saw the waste that event `waste` records; nobody else can say so for them."""

    type: Literal["witness_waste"] = "witness_waste"
    waste: Annotated[int, Field(ge=1)]


class WasteWitnessed(Frozen):
    """The waste of event `waste` was seen, of `amount_mg` as it stood; another amount afterwards needs a new look."""

    type: Literal["waste_witnessed"] = "waste_witnessed"
    waste: int
    amount_mg: Reading


Command = WitnessWaste
Event = WasteWitnessed
