"""What a hospital tells about cards that it showed: which, whether it was overridden, and by which listed reason."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from norket.exchange.cds.asked import AskedError
from norket.exchange.cds.cards import REASONS
from norket.exchange.strict_json import NotJsonError, loads

MOST = 100
OUTCOMES = frozenset({"accepted", "overridden"})


@dataclass(frozen=True)
class Outcome:
    """What became of one card. What somebody typed about it is not kept: it may be about the patient."""

    card: str
    outcome: str
    reason: str


def read(body: bytes) -> tuple[Outcome, ...]:
    """The outcomes in a request body; raises `AskedError`."""
    try:
        given = loads(body)
    except NotJsonError as error:
        raise AskedError("malformed", f"The request cannot be read: {error}.") from error
    listed = given.get("feedback") if isinstance(given, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST:
        raise AskedError("malformed", f"'feedback' must be a list of 1 to {MOST} outcomes.")
    return tuple(_outcome(one) for one in listed)


def _outcome(one: Any) -> Outcome:
    outcome = one.get("outcome") if isinstance(one, dict) else None
    if not isinstance(outcome, str) or outcome not in OUTCOMES:
        raise AskedError("malformed", "Each outcome names its card and is accepted or overridden.")
    try:
        card = str(UUID(one["card"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AskedError("malformed", "'card' must be the uuid of a card.") from error
    override = one.get("overrideReason")
    reason = override.get("reason") if isinstance(override, dict) else None
    code = reason.get("code") if isinstance(reason, dict) else None
    return Outcome(card, outcome, code if isinstance(code, str) and code in REASONS else "")
