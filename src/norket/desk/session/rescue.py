"""What the rescue sheets of the live page offer: the signed templates, the questions before each, and the lots."""

from typing import Any

from norket.desk.page import Asked, clinic_id
from norket.knowledge import Entry
from norket.record.plan import rescues
from norket.record.register import queries as register
from norket.record.session.queries import base
from norket.therapy.plan.rescue import TEMPLATE
from norket.therapy.plan.rescue_signing import SignedRescue
from norket.therapy.session.rescuing import is_controlled


def offered(request: Asked) -> list[dict[str, Any]]:
    """One sheet for each template in force."""
    lots = register.balances(clinic_id(request))
    return [
        _sheet(n, one, [lot for lot in lots if lot.product_id == one.agent and lot.balance_mg > 0])
        for n, one in enumerate(rescues.in_force(clinic_id(request)), start=1)
    ]


def _sheet(n: int, signed: SignedRescue, lots: list[Any]) -> dict[str, Any]:
    checks = [base().entry(check) for check in signed.checks]
    return {
        "n": n,
        "order": signed,
        "label": base().entry(signed.template).data["label"],
        "after": base().entry(signed.template).data["after"],
        "asked": [check for check in checks if "look" not in check.data],
        "looked": [check.data["label"] for check in checks if "look" in check.data],
        "controlled": is_controlled(base(), signed.agent),
        "lots": lots,
    }


def agents() -> list[str]:
    """Every medicine that a template names, for the record of what was given without an order."""
    named: list[Entry] = [entry for entry in base().entries if entry.id.startswith(TEMPLATE)]
    return [agent for entry in named for agent in entry.data["agents"]]


def counted() -> frozenset[str]:
    """The products of the register that are no ketamine."""
    return frozenset(e.data["product_id"] for e in base().entries if e.data.get("rescue") and "product_id" in e.data)
