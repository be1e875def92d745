"""The drug register: balances, witnesses, and the mass balance of a session."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.finding import Refused
from norket.therapy.register.ledger import RegisterLine, balance, mass_finding, moves, post
from norket.therapy.session import events as e
from norket.therapy.session.delivered import delivered_mg


def line(kind: Any, amount_mg: float, **changes: Any) -> RegisterLine:
    usual = {"product_id": "ketamine-10", "lot": "L1", "by": "nurse-1", "witness": "doc-1"}
    return RegisterLine(kind=kind, amount_mg=amount_mg, **(usual | changes))


def test_a_balance_is_of_one_lot() -> None:
    lines = [line("received", 500), line("drawn", 50), line("received", 900, lot="L2"), line("wasted", 15),
             line("returned", 50)]
    assert balance(lines, "ketamine-10", "L1") == 400
    assert balance(lines, "ketamine-10", "L2") == 900
    assert balance(lines, "ketamine-50", "L1") == 0


def test_a_count_sets_the_balance_to_what_was_found() -> None:
    assert balance([line("received", 500), line("counted", 480), line("drawn", 80)], "ketamine-10", "L1") == 400


@pytest.mark.parametrize(("amount", "left"), [(50.0, 0.0), (50.1, None)])
def test_no_lot_goes_below_zero(amount: float, left: float | None) -> None:
    posted = post(50.0, line("drawn", amount))
    assert (None if isinstance(posted, Refused) else posted.balance_mg) == left


@pytest.mark.parametrize(("changes", "code"), [
    ({"witness": None}, "witness_missing"), ({"witness": "nurse-1"}, "witness_is_maker"), ({}, None),
])
def test_a_waste_is_seen_by_somebody_else(changes: dict[str, Any], code: str | None) -> None:
    posted = post(50.0, line("wasted", 5.0, **changes))
    assert (posted.code if isinstance(posted, Refused) else None) == code


def test_a_balance_that_is_no_number_moves_nothing() -> None:
    refused = post(float("nan"), line("drawn", 1.0))
    assert isinstance(refused, Refused)
    assert refused.code == "balance_unknown"


@given(st.lists(st.tuples(st.sampled_from(["received", "drawn", "wasted", "returned", "counted"]), st.floats(0, 1e4))))
def test_posting_line_by_line_never_goes_below_zero_and_agrees_with_the_balance(
    acts: list[tuple[str, float]],
) -> None:
    lines: list[RegisterLine] = []
    stock = 0.0
    for kind, amount in acts:
        posted = post(stock, line(kind, amount))
        if isinstance(posted, RegisterLine):
            assert posted.balance_mg is not None
            stock = posted.balance_mg
            lines.append(posted)
    assert stock >= 0
    assert balance(lines, "ketamine-10", "L1") == stock


def test_the_events_of_a_session_move_drug(running: Any) -> None:
    prepared = next(r.event for r in running.ledger if r.event.type == "dose_prepared")
    drawn, = moves(prepared, session="s1", by="nurse-1")
    assert (drawn.kind, drawn.lot, drawn.amount_mg, drawn.witness) == ("drawn", "L1", 52.5, "doc-1")
    wasted, = moves(e.WasteRecorded(amount_mg=5.0, witness="doc-1"), lot=running.state.lots[-1])
    assert (wasted.kind, wasted.product_id, wasted.lot) == ("wasted", "ketamine-10", "L1")
    assert moves(e.Noted(text="x")) == ()


@pytest.mark.parametrize(("wasted", "witness", "state"), [
    (17.5, "doc-1", "clear"), (16.5, "doc-1", "clear"), (16.4, "doc-1", "fires"), (18.6, "doc-1", "fires"),
    (17.5, "nurse-1", "fires"), (None, "", "fires"),
])
def test_drawn_is_given_plus_wasted_with_a_witness(
    running: Any, wasted: float | None, witness: str, state: str,
) -> None:
    """52.5 mg were drawn, 35 mg given."""
    assert mass_finding(running.state, 0.0, running.at(10), running.base).state == "unknown"
    running.watch(41)
    if wasted is not None:
        running.do(42, "record_waste", amount_mg=wasted, witness=witness)
    given_mg = delivered_mg(running.state, running.at(43))
    assert mass_finding(running.state, given_mg, running.at(43), running.base).state == state
