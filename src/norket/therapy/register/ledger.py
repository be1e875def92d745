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
from norket.therapy.cite import finding
from norket.therapy.finding import Finding, Refused
from norket.therapy.instant import Instant
from norket.therapy.plan.preparation import mass_balance_state
from norket.therapy.session import wasting
from norket.therapy.session.dose_events import DosePrepared, RescueGiven
from norket.therapy.session.events import EVENT, Corrected, Event, Recorded
from norket.therapy.session.pump_events import SyringeChanged, WasteRecorded
from norket.therapy.session.state import SessionState
from norket.therapy.session.waste_events import WasteWitnessed

Kind = Literal[
    "received", "drawn", "wasted", "waste_witnessed", "returned", "counted", "drawn_reversed", "wasted_reversed"
]
# What a line does to the stock: wasted drug had left the stock when it was drawn.
SIGNS: dict[Kind, int] = {
    "received": 1,
    "drawn": -1,
    "wasted": 0,
    "waste_witnessed": 0,
    "returned": -1,
    "counted": 0,
    "drawn_reversed": 1,
    "wasted_reversed": 0,
}
REVERSED: dict[Kind, Kind] = {"drawn": "drawn_reversed", "wasted": "wasted_reversed"}
MILLIGRAMS = "mg"
UNKNOWN_PERSON = frozenset({"checker_unknown"})
# A waste is a fact and stands at once; its witness signs with a line of their own.
WITNESSED: frozenset[Kind] = frozenset({"waste_witnessed", "returned", "counted"})


class RegisterLine(BaseModel):
    """One line: `amount_mg` of base of one lot. `returned` goes back to the supplier; `counted` is what was found;
    the `reversed` ones take back a line that a correction showed to be wrong.

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
        return Refused(
            code="below_zero",
            why=(
                f"Only {lines_balance_mg:g} mg of lot {line.lot} are in the register, "
                f"{line.amount_mg:g} mg would leave. "
                "Receive or count the lot first."
            ),
        )
    return line.model_copy(update={"balance_mg": stock_mg})


def moves(
    event: Event,
    *,
    session: str | None = None,
    by: str = "",
    at: datetime | None = None,
    lot: tuple[str, str] | None = None,
    ledger: Iterable[Recorded] = (),
) -> tuple[RegisterLine, ...]:
    """What an event of a session does to the register: drug drawn, drug wasted; every other event does nothing.

    A waste names no lot of its own: it is of `lot` (product, lot), the last one drawn in the session. Its line has no
    witness: whoever saw it signs with a line of their own. A correction of
    either takes its line back and, where it was replaced, enters it anew under whoever made it; `ledger` holds the
    events of the session before this one.
    """
    match event:
        case Corrected():
            return _corrected(event, sorted(ledger, key=lambda recorded: recorded.n), by, at)
        case DosePrepared() | SyringeChanged():
            return (
                RegisterLine(
                    kind="drawn",
                    product_id=event.product_id,
                    lot=event.lot,
                    amount_mg=event.drawn_mg,
                    session=session,
                    by=by,
                    witness=_seen(event.checker, event.flags),
                    at=at,
                ),
            )
        case WasteRecorded():
            product_id, lot_id = lot or ("", "")
            return (
                RegisterLine(
                    kind="wasted",
                    product_id=product_id,
                    lot=lot_id,
                    amount_mg=event.amount_mg,
                    session=session,
                    by=by,
                    at=at,
                ),
            )
        case WasteWitnessed():
            return _waste_witnessed(event, ledger, by, at)
        case RescueGiven():
            return _rescue(event, session, by, at)
        case _:
            return ()


def _rescue(event: RescueGiven, session: str | None, by: str, at: datetime | None) -> tuple[RegisterLine, ...]:
    """A controlled rescue medicine leaves its lot whole: what was given, and what of the ampoule was wasted."""
    if not (event.product_id and event.lot) or event.amount is None or event.unit != MILLIGRAMS:
        return ()
    line = RegisterLine(
        kind="drawn",
        product_id=event.product_id,
        lot=event.lot,
        amount_mg=event.amount + event.wasted_mg,
        session=session,
        by=by,
        at=at,
    )
    if not event.wasted_mg:
        return (line,)
    return (line, line.model_copy(update={"kind": "wasted", "amount_mg": event.wasted_mg}))


def _waste_witnessed(
    event: WasteWitnessed, ledger: Iterable[Recorded], by: str, at: datetime | None
) -> tuple[RegisterLine, ...]:
    """The signature under the line of a waste: made by whoever threw it away, seen by whoever signs."""
    known = sorted(ledger, key=lambda recorded: recorded.n)
    original = next((recorded for recorded in known if recorded.n == event.waste), None)
    if original is None:
        return ()
    corrections = [r.event for r in known if isinstance(r.event, Corrected) and r.event.corrects == original.n]
    stands = _lines(original, corrections[-1] if corrections else None, known)
    update = {"kind": "waste_witnessed", "witness": by, "at": at}
    return tuple(line.model_copy(update=update) for line in stands if line.kind == "wasted")


def _seen(who: str, flags: tuple[str, ...]) -> str | None:
    """The second person, unless it is known that nobody of the clinic is meant."""
    return None if UNKNOWN_PERSON.intersection(flags) else who


def _corrected(
    correction: Corrected,
    ledger: list[Recorded],
    by: str,
    at: datetime | None,
) -> tuple[RegisterLine, ...]:
    original = next((recorded for recorded in ledger if recorded.n == correction.corrects), None)
    of_stock = DosePrepared | SyringeChanged | WasteRecorded | RescueGiven
    if original is None or not isinstance(original.event, of_stock):
        return ()
    earlier = [r.event for r in ledger if isinstance(r.event, Corrected) and r.event.corrects == original.n]
    stood = _lines(original, earlier[-1] if earlier else None, ledger)
    stands = _lines(original, correction, ledger)
    if stood == stands:
        return ()
    taken_back = [
        line.model_copy(update={"kind": REVERSED[line.kind], "by": by, "witness": None, "at": at}) for line in stood
    ]
    return (*taken_back, *(line.model_copy(update={"at": at}) for line in stands))


def _lines(original: Recorded, correction: Corrected | None, ledger: list[Recorded]) -> tuple[RegisterLine, ...]:
    """The lines of one event as it stands after its last correction."""
    event = original.event
    if correction is not None:
        if correction.replacement is None:
            return ()
        event = EVENT.validate_python({**correction.replacement, "type": event.type})
    drawn = [r.event for r in ledger if r.n < original.n and isinstance(r.event, DosePrepared | SyringeChanged)]
    lot = (drawn[-1].product_id, drawn[-1].lot) if drawn else None
    return moves(event, session=original.session, by=original.by, at=original.at, lot=lot)


def mass_finding(state: SessionState, given_mg: float, now: datetime, base: KnowledgeBase) -> Finding:
    """The mass balance of a session once nothing runs any more; it holds the record, never the patient."""
    left_mg = state.drawn_mg - given_mg - state.wasted_mg
    why = (
        f"Drawn {state.drawn_mg:g} mg, given {given_mg:.1f} mg, wasted {state.wasted_mg:g} mg: "
        f"{left_mg:.1f} mg unaccounted for."
    )
    if state.phase in ("planned", "checked_in", "running", "paused", "observing"):
        return finding(base, "products.mass_balance", "unknown", f"The session is not over. {why}")
    verdict = mass_balance_state(state.drawn_mg, given_mg, state.wasted_mg, now, base)
    owed, resolves_by = wasting.unwitnessed(state), "record the waste, or find the difference"
    if owed:
        why = f"{why} Not witnessed: {', '.join(map(wasting.named, owed))}; nobody who saw it has signed."
    if verdict == "clear" and owed:
        verdict, resolves_by = "fires", "whoever saw it signs under Tasks on the page that closes the record"
    return finding(base, "products.mass_balance", verdict, why, resolves_by=resolves_by)
