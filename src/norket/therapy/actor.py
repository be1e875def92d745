"""Who acts: a person, a device or the system itself, with the roles that a decision may ask about."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Role = Literal[
    "prescriber",
    "anaesthetist",
    "nurse",
    "therapist",
    "pharmacist",
    "manager",
    "medical_director",
    "auditor",
    "sysadmin",
    "device",
    "system",
]


class Actor(BaseModel):
    """An acting person or machine. `id` is what the ledger stores; `name` is for messages only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    roles: frozenset[Role]


SYSTEM = Actor(id="system", name="Norket", roles=frozenset({"system"}))
