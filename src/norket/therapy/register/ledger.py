"""Lines of the drug register, their running balance, and what the events of a session do to it.

A balance belongs to one product and one lot. An order may not draw below zero; a count states what is there and so sets
the balance anew, and the difference stays visible in the line.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding, Refused
from norket.therapy.instant import Instant
from norket.therapy.session.events import DosePrepared, Event, SyringeChanged, WasteRecorded
from norket.therapy.session.state import SessionState

Kind = Literal["received", "drawn", "wasted", "returned", "counted"]
# What a line does to the stock: wasted drug had left the stock when it was drawn.
SIGNS: dict[Kind, int] = {"received": 1, "drawn": -1, "wasted": 0, "returned": -1, "counted": 0}
WITNESSED: frozenset[Kind] = frozenset({"wasted", "returned", "counted"})


class RegisterLine(BaseModel):
    """One line: `amount_mg` of base of one lot. `returned` goes back to the supplier; `counted` is what was found.

    `by` and `at` are empty on a line made from an event alone; the ledger that stores it fills them. `balance_mg` is
    the stock after the line.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    product_id: str
    lot: str
    amount_mg: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    session: str | None = None
    by: str = ""
    witness: str | None = None
    at: Instant | None = None
    balance_mg: float | None = None


def balance(lines: Iterable[RegisterLine], product_id: str, lot: str) -> float:
    """The stock (mg) of one lot after `lines`, in their order; a count sets it to what was found."""
    stock_mg = 0.0
    for line in lines:
        if (line.product_id, line.lot) == (product_id, lot):
            stock_mg = after(stock_mg, line)
    return stock_mg


def after(balance_mg: float, line: RegisterLine) -> float:
    """The stock (mg) after one line."""
    return line.amount_mg if line.kind == "counted" else balance_mg + SIGNS[line.kind] * line.amount_mg


def post(lines_balance_mg: float, line: RegisterLine) -> RegisterLine | Refused:
    """The line with its balance, or why it cannot stand: below zero, without a witness, or witnessed by its maker."""
    if not math.isfinite(lines_balance_mg):
        return Refused(code="balance_unknown", why="The balance of this lot is not a number. Count the lot first.")
    if line.kind in WITNESSED and not line.witness:
        return Refused(code="witness_missing", why=f"A line '{line.kind}' needs a witness. Ask a second person.")
    if line.witness is not None and line.witness == line.by:
        return Refused(code="witness_is_maker", why="The witness is the one who made the line. Ask somebody else.")
    stock_mg = after(lines_balance_mg, line)
    if stock_mg < 0:
        return Refused(code="below_zero", why=(
            f"Only {lines_balance_mg:g} mg of lot {line.lot} are in the register, {line.amount_mg:g} mg would leave. "
            "Receive or count the lot first."))
    return line.model_copy(update={"balance_mg": stock_mg})


def moves(
    event: Event, *, session: str | None = None, by: str = "", at: datetime | None = None,
    lot: tuple[str, str] | None = None,
) -> tuple[RegisterLine, ...]:
    """What an event of a session does to the register: drug drawn, drug wasted; every other event does nothing.

    A waste names no lot of its own: it is of `lot` (product, lot), the last one drawn in the session.
    """
    match event:
        case DosePrepared() | SyringeChanged():
            return (RegisterLine(kind="drawn", product_id=event.product_id, lot=event.lot, amount_mg=event.drawn_mg,
                                 session=session, by=by, witness=event.checker, at=at),)
        case WasteRecorded():
            product_id, lot_id = lot or ("", "")
            return (RegisterLine(kind="wasted", product_id=product_id, lot=lot_id, amount_mg=event.amount_mg,
                                 session=session, by=by, witness=event.witness, at=at),)
        case _:
            return ()


def mass_balance_state(
    drawn_mg: float, given_mg: float, wasted_mg: float, now: datetime, base: KnowledgeBase,
) -> Literal["fires", "clear"]:
    """Whether what was drawn equals what was given plus what was wasted, within the tolerance (all mg)."""
    tolerance_mg = number(base, "products.mass_balance", "tolerance_mg", now)
    return "clear" if abs(round(drawn_mg - given_mg - wasted_mg, 9)) <= tolerance_mg else "fires"


def mass_finding(state: SessionState, given_mg: float, now: datetime, base: KnowledgeBase) -> Finding:
    """The mass balance of a session once nothing runs any more; it holds the record, never the patient."""
    left_mg = state.drawn_mg - given_mg - state.wasted_mg
    why = (f"Drawn {state.drawn_mg:g} mg, given {given_mg:.1f} mg, wasted {state.wasted_mg:g} mg: "
           f"{left_mg:.1f} mg unaccounted for.")
    if state.phase in ("planned", "checked_in", "running", "paused"):
        return finding(base, "products.mass_balance", "unknown", f"The session is not over. {why}")
    verdict = mass_balance_state(state.drawn_mg, given_mg, state.wasted_mg, now, base)
    if verdict == "clear" and state.wasted_mg and not state.waste_witnessed:
        return finding(base, "products.mass_balance", "fires", "The waste has no witness but its maker.")
    return finding(base, "products.mass_balance", verdict, why, resolves_by="record the waste, or find the difference")
