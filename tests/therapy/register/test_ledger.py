"""The drug register: balances, witnesses, and the mass balance of a session."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.conftest import PRESCRIBER

from norket.therapy.finding import Refused
from norket.therapy.register.ledger import RegisterLine, balance, mass_finding, moves, post
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session.delivered import given_of_drawn_mg
from norket.therapy.session.view import mass, view


def line(kind: Any, amount_mg: float, **changes: Any) -> RegisterLine:
    usual = {"product_id": "ketamine-10", "lot": "L1", "by": "nurse-1", "witness": "doc-1"}
    return RegisterLine(kind=kind, amount_mg=amount_mg, **(usual | changes))


def test_a_balance_is_of_one_lot() -> None:
    lines = [
        line("received", 500),
        line("drawn", 50),
        line("received", 900, lot="L2"),
        line("wasted", 15),
        line("returned", 50),
    ]
    assert balance(lines, "ketamine-10", "L1") == 400
    assert balance(lines, "ketamine-10", "L2") == 900
    assert balance(lines, "ketamine-50", "L1") == 0


def test_a_count_sets_the_balance_to_what_was_found() -> None:
    assert balance([line("received", 500), line("counted", 480), line("drawn", 80)], "ketamine-10", "L1") == 400


@pytest.mark.parametrize(("amount", "left"), [(50.0, 0.0), (50.1, None)])
def test_no_lot_goes_below_zero(amount: float, left: float | None) -> None:
    posted = post(50.0, line("drawn", amount))
    assert (None if isinstance(posted, Refused) else posted.balance_mg) == left


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"witness": None}, "witness_missing"),
        ({"witness": "nurse-1"}, "witness_is_maker"),
        ({}, None),
    ],
)
def test_who_saw_a_waste_is_somebody_else(changes: dict[str, Any], code: str | None) -> None:
    posted = post(50.0, line("waste_witnessed", 5.0, **changes))
    assert (posted.code if isinstance(posted, Refused) else None) == code


def test_a_waste_that_nobody_has_signed_for_stands_in_the_book() -> None:
    posted = post(50.0, line("wasted", 5.0, witness=None))
    assert isinstance(posted, RegisterLine)
    assert posted.balance_mg == 50.0


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
    (drawn,) = moves(prepared, session="s1", by="nurse-1")
    assert (drawn.kind, drawn.lot, drawn.amount_mg, drawn.witness) == ("drawn", "L1", 52.5, "doc-1")
    (wasted,) = moves(p.WasteRecorded(amount_mg=5.0, witness="doc-1"), lot=running.state.lots[-1])
    assert (wasted.kind, wasted.product_id, wasted.lot) == ("wasted", "ketamine-10", "L1")
    assert wasted.witness is None  # a name is told; its owner signs with a line of their own
    assert moves(e.Noted(text="x")) == ()


@pytest.mark.parametrize(
    ("wasted", "witness", "state"),
    [
        (17.5, "doc-1", "clear"),
        (16.5, "doc-1", "clear"),
        (16.4, "doc-1", "fires"),
        (18.6, "doc-1", "fires"),
        (17.5, "", "fires"),
        (None, "", "fires"),
    ],
)
def test_drawn_is_given_plus_wasted_with_a_witness(
    running: Any,
    wasted: float | None,
    witness: str,
    state: str,
) -> None:
    """52.5 mg were drawn, 35 mg given."""
    assert mass_finding(running.state, 0.0, running.at(10), running.base).state == "unknown"
    running.watch(41)
    if wasted is not None:
        running.do(42, "record_waste", amount_mg=wasted, witness="doc-1")
        if witness:
            running.do(42.5, "witness_waste", PRESCRIBER, waste=running.state.version)
    given_mg = given_of_drawn_mg(running.state, running.at(43))
    assert mass_finding(running.state, given_mg, running.at(43), running.base).state == state


# ---- corrections ---------------------------------------------------------------------------------------------------


def posted(chair: Any) -> list[RegisterLine]:
    """The lines of a whole session, each made from its event and those before it."""
    lines: list[RegisterLine] = []
    lots: list[tuple[str, str]] = []
    for recorded in chair.ledger:
        if isinstance(recorded.event, d.DosePrepared | p.SyringeChanged):
            lots.append((recorded.event.product_id, recorded.event.lot))
        before = [other for other in chair.ledger if other.n < recorded.n]
        lines += moves(
            recorded.event, session="s1", by=recorded.by, at=recorded.at, lot=lots[-1] if lots else None, ledger=before
        )
    return lines


def test_a_corrected_draw_takes_its_line_back_and_enters_it_anew(running: Any) -> None:
    n = next(r.n for r in running.ledger if r.event.type == "dose_prepared")
    data = running.ledger[n - 1].event.model_dump(exclude={"type", "flags"})
    running.do(5, "correct", corrects=n, reason="typed wrong", data=data | {"drawn_mg": 60.0, "lot": "L2"})
    assert [(x.kind, x.lot, x.amount_mg, x.by) for x in posted(running)] == [
        ("drawn", "L1", 52.5, "nurse-1"),
        ("drawn_reversed", "L1", 52.5, "nurse-1"),
        ("drawn", "L2", 60.0, "nurse-1"),
    ]
    running.do(6, "correct", corrects=n, reason="never drawn")
    running.do(7, "correct", corrects=n, reason="drawn after all", data=data)
    lines = posted(running)
    assert [x.kind for x in lines[3:]] == ["drawn_reversed", "drawn"]
    assert balance([line("received", 500), *lines], "ketamine-10", "L1") == 447.5
    assert balance([line("received", 500, lot="L2"), *lines], "ketamine-10", "L2") == 500


def test_a_corrected_waste_is_of_the_lot_it_was_of(running: Any) -> None:
    running.do(41, "record_waste", amount_mg=10.0, witness="doc-1")
    n = running.state.version
    running.do(
        42,
        "change_syringe",
        product_id="ketamine-10",
        lot="L2",
        drawn_mg=50.0,
        volume_ml=50.0,
        concentration_mg_ml=1.0,
        checker="doc-1",
    )
    running.do(43, "correct", corrects=n, reason="typed wrong", data={"amount_mg": 17.5, "witness": "doc-1"})
    assert [(x.kind, x.lot, x.amount_mg) for x in posted(running)[-2:]] == [
        ("wasted_reversed", "L1", 10.0),
        ("wasted", "L1", 17.5),
    ]


def test_a_signature_of_the_witness_is_a_line_of_the_lot_and_amount_that_was_thrown_away(running: Any) -> None:
    running.do(41, "record_waste", amount_mg=10.0)
    n = running.state.version
    running.do(42, "witness_waste", PRESCRIBER, waste=n)
    running.do(43, "correct", corrects=n, reason="typed wrong", data={"amount_mg": 17.5})
    running.do(44, "witness_waste", PRESCRIBER, waste=n)
    assert [(x.kind, x.lot, x.amount_mg, x.by, x.witness) for x in posted(running)[-5:]] == [
        ("wasted", "L1", 10.0, "nurse-1", None),
        ("waste_witnessed", "L1", 10.0, "nurse-1", "doc-1"),
        ("wasted_reversed", "L1", 10.0, "nurse-1", None),
        ("wasted", "L1", 17.5, "nurse-1", None),
        ("waste_witnessed", "L1", 17.5, "nurse-1", "doc-1"),
    ]


def test_a_correction_of_anything_else_moves_no_drug(running: Any) -> None:
    running.do(5, "change_rate", rate_ml_h=50.0)
    running.do(6, "correct", corrects=running.state.version, reason="x", data={"rate_ml_h": 40.0})
    prepared = next(r for r in running.ledger if r.event.type == "dose_prepared")
    data = prepared.event.model_dump(exclude={"type", "flags"}) | {"diluent": "saline"}
    running.do(7, "correct", corrects=prepared.n, reason="only the words", data=data)
    assert [x.kind for x in posted(running)] == ["drawn"]


@pytest.mark.parametrize(("product", "given_mg"), [("ketamine-10", 45.0), ("lozenge", 35.0)])
def test_a_dose_by_another_route_is_of_the_balance_when_it_was_drawn(
    running: Any,
    product: str,
    given_mg: float,
) -> None:
    running.watch(41)
    running.do(42, "give_dose", route="im", product_id=product, amount_mg=10.0, **{"as": "happened"})
    assert mass(running.state, running.at(43)).given_mg == pytest.approx(given_mg)


def test_the_balance_holds_the_record_and_never_the_door(running: Any) -> None:
    found = mass_finding(running.state, 35.0, running.at(43), running.base)
    assert view(running.state, {}, running.at(20), running.base, closing=(found,)).closing == ()
    running.watch(41)
    shown = view(running.state, {}, running.at(43), running.base, closing=(found,))
    assert shown.closing == (found,)
    assert found not in shown.missing
