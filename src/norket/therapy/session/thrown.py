"""Drug that was thrown away, as the state keeps it, and which signatures hold for it."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.therapy.instant import Instant


class Waste(BaseModel):
    """Drug thrown away: by whom, whom they named as their witness, and who signed that they saw it (None: nobody)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    at: Instant
    amount_mg: float
    by: str
    drug: str = "ketamine"
    named: str = ""
    signed_by: str | None = None
    signed_at: Instant | None = None


def signed(wastes: Iterable[Waste], signatures: Iterable[tuple[int, float, str, datetime]]) -> tuple[Waste, ...]:
    """The wastes with the signatures (number, mg, who, when) that hold for them as they stand: not one of another
    amount, and none of whoever threw it away."""
    known = {(n, amount_mg): (by, at) for n, amount_mg, by, at in signatures}
    return tuple(_signed(waste, known.get((waste.n, waste.amount_mg))) for waste in wastes)


def _signed(waste: Waste, signature: tuple[str, datetime] | None) -> Waste:
    if signature is None or signature[0] == waste.by:
        return waste
    return waste.model_copy(update={"signed_by": signature[0], "signed_at": signature[1]})
