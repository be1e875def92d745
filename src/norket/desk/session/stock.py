"""The lots that a dose is prepared from, those that fit the order first: haste takes no spray for an infusion."""

from uuid import UUID

from django.utils.translation import gettext as _

from norket.desk.session import rescue
from norket.record.register import queries as register
from norket.record.session.queries import base
from norket.therapy.plan.order import AnyOrder
from norket.therapy.plan.preparation import product


def in_stock(clinic_id: UUID, order: AnyOrder | None) -> list[dict[str, str]]:
    """Every lot with something left, but for rescue medicines."""
    lines = [one for one in register.balances(clinic_id) if one.balance_mg > 0]
    kept = [one for one in lines if one.product_id not in rescue.counted()]
    return [
        {
            "product_id": line.product_id,
            "lot": line.lot,
            "label": _("%(product)s, lot %(lot)s (%(mg)s mg)")
            % {"product": line.product_id, "lot": line.lot, "mg": f"{line.balance_mg:g}"},
        }
        for line in sorted(kept, key=lambda one: misfits(one.product_id, order))
    ]


def misfits(product_id: str, order: AnyOrder | None) -> tuple[bool, bool]:
    """Whether a product is of another drug than ordered, and made for other routes; one that nobody knows is both."""
    known = product(base(), product_id)
    if order is None or known is None:
        return True, True
    return known.data["drug"] != order.drug, order.route not in known.data.get("route", ())
