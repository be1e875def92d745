"""From the ledger of a referral to how it stands, and what may still happen to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from norket.therapy.finding import Refused
from norket.therapy.referral import events as e
from norket.therapy.referral.shapes import Referral

State = Literal["new", "seen", "accepted", "declined", "duplicate"]
CLOSED: tuple[State, ...] = ("accepted", "declined", "duplicate")


@dataclass(frozen=True)
class Standing:
    """How a referral stands. `seen` is the first look of a person, `closed` the event that ended it."""

    referral: Referral
    received: e.Recorded
    state: State
    version: int
    seen: e.Recorded | None
    spoken: tuple[e.Recorded, ...]
    closed: e.Recorded | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to decide."""
        return self.closed is None

    @property
    def patient(self) -> UUID | None:
        """The patient it became."""
        event = self.closed.event if self.closed else None
        return event.patient if isinstance(event, e.Accepted) else None


def fold(ledger: Sequence[e.Recorded]) -> Standing:
    """How the referral of this ledger stands; the first event is how it came in."""
    ordered = sorted(ledger, key=lambda one: one.n)
    first = ordered[0]
    if not isinstance(first.event, e.Received):
        raise ValueError("the ledger of a referral begins with how it came in")
    seen = next((one for one in ordered[1:]), None)
    closed = next((one for one in ordered if one.event.type in CLOSED), None)
    return Standing(
        referral=first.event.referral,
        received=first,
        state=closed.event.type if closed else "seen" if seen else "new",  # type: ignore[arg-type]
        version=ordered[-1].n,
        seen=seen,
        spoken=tuple(one for one in ordered if isinstance(one.event, e.Spoken)),
        closed=closed,
    )


def refusal(standing: Standing, event: e.Event) -> Refused | None:
    """Why this may not happen now, or None. Where danger was heard, nobody is turned away before somebody has tried to
    speak with them."""
    if standing.closed is not None:
        return Refused(code="referral_closed", why=f"This referral is {standing.state} already. Reload the page.")
    if isinstance(event, e.Received):
        return Refused(code="referral_known", why="This referral is here already.")
    ending = isinstance(event, e.Declined | e.Duplicate)
    if ending and standing.referral.risk.state == "said" and not standing.spoken:
        why = "Danger was heard in this referral. Speak with the person first, and write down what came of it."
        return Refused(code="speak_first", why=why)
    return None
