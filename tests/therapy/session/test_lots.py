"""A controlled medicine given in haste is recorded as it came; its lot is asked afterwards and holds the record."""

from typing import Any

import pytest

from norket.therapy.recovery.closing import findings
from norket.therapy.recovery.tasks import tasks
from norket.therapy.session import lots

REGISTER, ZONE = "recovery.record.register", "UTC"
TAP: dict[str, Any] = {"drug": "midazolam", "as": "happened"}
WHOLE: dict[str, Any] = TAP | {"amount": 2.0, "unit": "mg", "route": "iv", "product_id": "midazolam", "lot": "M1"}


def held(chair: Any, minute: float, unposted: int | None = 0) -> str:
    found = findings(chair.state, chair.at(minute), chair.base, zone=ZONE, unposted=unposted)
    return next(one.state for one in found if one.rule == REGISTER)


def owed(chair: Any, minute: float) -> list[str]:
    found = tasks(chair.state, chair.at(minute), ZONE, chair.base)
    return [task.label for task in found if task.task.startswith("lot_")]


def test_a_tap_without_a_lot_is_never_refused_and_is_owed_to_the_register(running: Any) -> None:
    (event,) = running.do(10, "give_rescue", **TAP)
    assert "register_lot_missing" in event.flags
    assert held(running, 11) == "fires"
    assert owed(running, 11) == ["Lot and milligrams of midazolam"]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "clear"),
        ({"lot": ""}, "fires"),
        ({"product_id": ""}, "fires"),
        ({"amount": None}, "fires"),
        ({"unit": "mcg"}, "fires"),
        ({"drug": "ondansetron", "lot": "", "product_id": ""}, "clear"),  # the register does not count it
        ({"drug": "Midazolam", "lot": ""}, "fires"),
    ],
)
def test_the_register_needs_product_lot_and_milligrams_of_what_it_counts(
    running: Any, changes: dict[str, Any], state: str
) -> None:
    running.do(10, "give_rescue", **(WHOLE | changes))
    assert held(running, 11) == state
    assert bool(owed(running, 11)) is (state == "fires")


def test_completing_it_adds_the_lot_and_keeps_the_rest(running: Any) -> None:
    running.do(10, "give_rescue", **TAP, route="iv", amount=2.0, unit="mg", answers={"breathing": "no"})
    (given,) = lots.unbooked(running.state, running.base)
    data = lots.completed(given, product_id="midazolam", lot="M1", amount_mg=2.0, wasted_mg=3.0, witness="doc-1")
    running.do(30, "correct", corrects=given.n, reason="completed", data=data)
    (rescue,) = (one.rescue for one in running.state.rescues)
    assert (rescue.lot, rescue.wasted_mg, rescue.route, rescue.answers) == ("M1", 3.0, "iv", {"breathing": "no"})
    assert rescue.sedative
    assert running.state.rescues[0].at == running.at(10)
    assert held(running, 31) == "clear"
    assert owed(running, 31) == []


def test_a_movement_that_the_book_refused_still_holds(running: Any) -> None:
    running.do(10, "give_rescue", **WHOLE)
    assert held(running, 11, unposted=1) == "fires"
    assert held(running, 11, unposted=None) == "unknown"
