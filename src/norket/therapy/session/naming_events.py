"""Who did what was tapped on a locked screen: the act is recorded at once, the name follows."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.session.shapes import Fact, Frozen, Name


class NameAct(Fact):
    """`person` did what event number `act` records; `person` is the id of somebody of the clinic."""

    type: Literal["name_act"] = "name_act"
    act: Annotated[int, Field(ge=1)]
    person: Name


class ActNamed(Frozen):
    """The name of whoever did what event `act` records; `flags` say when the event had not asked for one."""

    type: Literal["act_named"] = "act_named"
    act: int
    person: str
    flags: tuple[str, ...] = ()


Command = NameAct
Event = ActNamed
