"""All the drug of a session in milligrams of the ordered one: the limits count them together, whoever gave them.

Esketamine that a pump holds under an order of the racemate counts as it does in a spray, and the other way round. So
there is one count for a start, a rate, a resume, a bolus and a dose.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.plan.exposure import RULE as EXPOSURE
from norket.therapy.plan.order import AnyOrder
from norket.therapy.plan.preparation import product
from norket.therapy.session import delivered
from norket.therapy.session.state import SessionState
from norket.therapy.session.uncertain import surplus_mg

Drug = Literal["ketamine", "esketamine"]
HOUR = timedelta(hours=1)


def drug_of(base: KnowledgeBase, product_id: str, route: str) -> Drug:
    """The drug of a product. One that nobody knows is the racemate, and esketamine where it was sprayed or its name
    says so: that counts more."""
    known = product(base, product_id)
    if known is not None:
        return "esketamine" if known.data["drug"] == "esketamine" else "ketamine"
    return "esketamine" if route == "intranasal" or "esketamine" in product_id.lower() else "ketamine"


def pump_drug_of(base: KnowledgeBase, product_id: str) -> Drug | None:
    """The drug of what a pump holds; None where neither product nor name says it: then it is as ordered."""
    named = product(base, product_id) is not None or "esketamine" in product_id.lower()
    return drug_of(base, product_id, "iv") if named else None


def factor(drug: str | None, order: AnyOrder, base: KnowledgeBase, now: datetime) -> float:
    """What a milligram of `drug` (None: as ordered) counts towards the limits of an order."""
    same = drug is None or drug == order.drug
    return 1.0 if same else number(base, EXPOSURE, f"{drug}_as_{order.drug}", now)


def given_mg(state: SessionState, order: AnyOrder, now: datetime, base: KnowledgeBase) -> float:
    """All that the session gave by `now` by every route, and what the pump may have given beyond that."""
    iv = [dose for dose in delivered.history(state, now, planned=False) if dose.n is None]
    parts: list[tuple[str, float]] = [(dose.drug, dose.amount_mg) for dose in iv]
    parts += [(iv[-1].drug, surplus_mg(state, now))] if iv else []
    parts += [
        (drug_of(base, timed.dose.product_id, timed.dose.route), timed.dose.amount_mg)
        for timed in state.other_doses
        if timed.at <= now
    ]
    return sum(amount_mg * factor(drug, order, base, now) for drug, amount_mg in parts if amount_mg)


def committed_mg(state: SessionState, order: AnyOrder, now: datetime, base: KnowledgeBase) -> float | None:
    """What may still run or be given after `now` if nobody ends it; None while nobody knows how much."""
    left = delivered.committed_mg(state, now)
    held = state.pump_drug if state.phase in ("running", "paused") else None
    return None if left is None else left * factor(held, order, base, now)


def at_once(
    state: SessionState, order: AnyOrder, now: datetime, base: KnowledgeBase, *, bolus_only: bool = False
) -> list[tuple[datetime, float]]:
    """The doses at once by `now`, with their instants: the boluses, and the doses without a pump."""
    given: list[tuple[datetime, str | None, float]] = [(one.at, one.drug, one.amount_mg) for one in state.boluses]
    if not bolus_only:
        given += [
            (one.at, drug_of(base, one.dose.product_id, one.dose.route), one.dose.amount_mg)
            for one in state.other_doses
        ]
    return [(at, amount_mg * factor(drug, order, base, now)) for at, drug, amount_mg in given if at <= now]


def same_hour_mg(given: Sequence[tuple[datetime, float]], at: datetime) -> float:
    """The most that was given in any one hour that holds `at`: several doses of an hour count as one."""
    ends = [at, *(other for other, _ in given if at < other < at + HOUR)]
    return max(sum(amount_mg for other, amount_mg in given if end - HOUR < other <= end) for end in ends)
