"""What the clinic gave before a signature: any ketamine and any sedative, nothing that leaves the mind alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from norket.therapy.consent import given_at
from norket.therapy.session.dose_events import DoseGiven, RescueGiven
from norket.therapy.session.events import Event, Recorded
from norket.therapy.session.fold import fold
from norket.therapy.session.pump_events import BolusGiven, InfusionStarted

AT = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
RESCUE: dict[str, Any] = {"drug": "x", "amount": 1.0, "unit": "mg", "route": "iv"}


def given(*events: Event) -> tuple[datetime, ...]:
    ledger = [
        Recorded(session="s", n=n, at=AT + timedelta(minutes=n), recorded_at=AT, by="b", command_id=f"c{n}", event=one)
        for n, one in enumerate(events, start=1)
    ]
    return given_at(fold(ledger, "s"))


INFUSION = InfusionStarted(order_id="o", product_id="p", concentration_mg_ml=1.0, rate_ml_h=50.0, volume_ml=35.0)


@pytest.mark.parametrize(
    "event",
    [
        INFUSION,
        BolusGiven(amount_mg=5.0),
        DoseGiven(route="oral", product_id="p", amount_mg=10.0),
        RescueGiven(**RESCUE, sedative=True),
        RescueGiven(**RESCUE, rescue_class="sedative"),
        RescueGiven(**RESCUE, rescue_class="other"),
        RescueGiven(**RESCUE),
    ],
    ids=lambda one: f"{one.type} {getattr(one, 'rescue_class', '')}",
)
def test_ketamine_a_sedative_and_what_is_not_known_to_be_none_count(event: Event) -> None:
    assert given(event) == (AT + timedelta(minutes=1),)


@pytest.mark.parametrize("harmless", ["antiemetic", "oxygen", "antihypertensive"])
def test_what_leaves_the_mind_alone_does_not_count(harmless: str) -> None:
    assert given(RescueGiven(**RESCUE, rescue_class=harmless)) == ()
    assert given(RescueGiven(**RESCUE, rescue_class=harmless, sedative=True)) != ()


def test_the_instants_come_in_order() -> None:
    found = given(INFUSION, BolusGiven(amount_mg=5.0), RescueGiven(**RESCUE, sedative=True))
    assert found == tuple(AT + timedelta(minutes=n) for n in (1, 2, 3))
