"""The lots on the sheet of preparation: the first one is never of another drug while one of the ordered is there."""

from datetime import UTC, date, datetime
from itertools import permutations
from uuid import UUID

import pytest

from norket.desk.session import stock
from norket.record.register.models import RegisterEntry
from norket.therapy.plan.order import Limit, Order

LEVEL = Limit(mg_kg=1.0, mg=100.0, mg_h=150.0, mg_kg_h=1.5)
ORDER = Order(
    id="o", dose_row="doses.d01", drug="ketamine", route="iv", text="0.5 mg/kg iv over 40 min", amount_mg=35.0,
    weight_kg=70.0, weight_measured_on=date(2026, 11, 20), cap=LEVEL, ceiling=LEVEL, edition="e", signed_by="d",
    signed_at=datetime(2026, 11, 20, tzinfo=UTC), duration_min=40.0, concentration_mg_ml=1.0, rate_low_mg_h=20.0,
    rate_high_mg_h=80.0,
)  # fmt: skip
PRODUCTS = ("esketamine-28", "ketamine-10", "ketamine-50")


@pytest.mark.parametrize("held", list(permutations(PRODUCTS)))
@pytest.mark.parametrize(
    ("order", "last"),
    [(ORDER, "esketamine-28"), (ORDER.model_copy(update={"route": "intranasal", "drug": "esketamine"}), "ketamine-50")],
)
def test_what_fits_the_order_comes_first(
    monkeypatch: pytest.MonkeyPatch, held: tuple[str, ...], order: Order, last: str
) -> None:
    lots = [RegisterEntry(product_id=one, lot="L", balance_mg=10.0) for one in (*held, "midazolam")]
    monkeypatch.setattr(stock.register, "balances", lambda _: lots)
    offered = [one["product_id"] for one in stock.in_stock(UUID(int=1), order)]
    assert set(offered) == set(PRODUCTS)
    assert ("esketamine-28" in (offered[0], offered[-1])) is True
    assert (offered[-1] == "esketamine-28") is (last == "esketamine-28")
