"""A rescue template filled in and signed by the medical director: the one way by which a rescue dose becomes orderable.

The project writes no dose of its own. What a director signs stands with version, name and instant; a later version
takes the place of the earlier one, and one that is withdrawn leaves nothing to order from.
"""

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.knowledge import KnowledgeBase
from norket.therapy.finding import Refused
from norket.therapy.instant import Instant
from norket.therapy.plan.rescue import TEMPLATE

Route = Literal["iv", "im", "sc", "oral", "sublingual", "intranasal", "inhaled"]
Unit = Literal["mg", "mcg", "g"]
DIRECTOR = "medical_director"


class Filled(BaseModel):
    """A template as filled in: one medicine by one route. Amounts are in `unit`; `checks` are ids of the knowledge
    base, those of the template and any that the director adds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: str
    agent: str
    route: Route
    least: float
    most: float
    unit: Unit
    interval_min: float
    max_total: float
    checks: tuple[str, ...] = ()


class SignedRescue(Filled):
    """A filled template in force. `simulation` marks one that was made up for a demonstration."""

    version: int = Field(ge=1)
    signed_by: str
    signed_at: Instant
    edition: str
    withdrawn: bool = False
    simulation: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What a later version takes the place of."""
        return self.template, self.agent, self.route


def required(base: KnowledgeBase, template: str, agent: str) -> tuple[str, ...]:
    """The checks that the template asks for before this medicine, which no director takes off."""
    return tuple(base.entry(template).data["asks"][agent])


def offered_checks(base: KnowledgeBase) -> tuple[str, ...]:
    """Every check that a template may ask for."""
    return tuple(entry.id for entry in base.entries if entry.id.startswith("rescue.check."))


def fill(
    base: KnowledgeBase,
    filled: Filled,
    *,
    by: str,
    roles: frozenset[str],
    at: Instant,
    version: int,
    withdrawn: bool = False,
    simulation: bool = False,
) -> SignedRescue | Refused:
    """The signed template, or why it cannot be signed. Only a medical director signs, alone."""
    if DIRECTOR not in roles:
        return Refused(code="not_permitted", why="Only the medical director signs a rescue template.")
    refused = _unknown(base, filled) or _figures(filled)
    if refused is not None:
        return refused
    signed: dict[str, Any] = filled.model_dump() | {
        "checks": tuple(dict.fromkeys((*required(base, filled.template, filled.agent), *filled.checks))),
        "version": version,
        "signed_by": by,
        "signed_at": at,
        "edition": base.edition,
        "withdrawn": withdrawn,
        "simulation": simulation,
    }
    return SignedRescue(**signed)


def _unknown(base: KnowledgeBase, filled: Filled) -> Refused | None:
    templates = {entry.id: entry for entry in base.entries if entry.id.startswith(TEMPLATE)}
    entry = templates.get(filled.template)
    if entry is None:
        return Refused(code="no_such_template", why=f"{filled.template} is no template. Choose one of the list.")
    if filled.agent not in entry.data["agents"]:
        known = ", ".join(entry.data["agents"])
        return Refused(code="not_of_the_template", why=f"{filled.agent} is not of this template, which has: {known}.")
    strange = sorted(set(filled.checks) - set(offered_checks(base)))
    if strange:
        return Refused(code="no_such_check", why=f"{', '.join(strange)} is no check. Choose from the list.")
    return None


def _figures(filled: Filled) -> Refused | None:
    """Every figure is a number above zero, and the three amounts stand in their order."""
    named = ("least", "most", "interval_min", "max_total")
    for name in named:
        value = getattr(filled, name)
        if not math.isfinite(value) or value <= 0:
            words = name.replace("_min", "").replace("_", " ")
            return Refused(code="figure_missing", why=f"The {words} needs a number above zero.")
    if not filled.least <= filled.most <= filled.max_total:
        return Refused(
            code="figures_disagree",
            why="The least is not above the most, nor the most above the total. Correct the amounts.",
        )
    return None
