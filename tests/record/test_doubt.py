"""The curve where delivery is uncertain: one line, and a band from none to all, also late."""

from typing import Any
from uuid import UUID

import pytest
from support.worlds import World

from norket.record.session import actions, queries
from norket.record.session.prediction import at_state
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def send(world: World, session: UUID, minutes: float, body: dict[str, Any]) -> None:
    done = actions.act(
        session, COMMAND.validate_python(body), by=world.actor("nurse"), now=world.later(minutes * 60),
        command_id=f"t:{minutes}:{body['type']}",
    )  # fmt: skip
    assert isinstance(done, actions.Acted), done


def curve(world: World, session: UUID, minutes: float) -> dict[str, Any]:
    drawn = at_state(queries.state(session), world.later(minutes * 60))
    assert isinstance(drawn, dict), drawn
    return drawn


def given_im(world: World, session: UUID) -> None:
    body = {"type": "give_dose", "route": "im", "product_id": "ketamine-50", "amount_mg": 30.0, "as": "happened"}
    send(world, session, 1, body)


def test_a_lost_dose_is_drawn_from_none_to_all(world: World) -> None:
    session = world.session(1)
    given_im(world, session)
    sure = curve(world, session, 3)
    dose = queries.state(session).other_doses[0]
    send(world, session, 3, {"type": "record_lost_dose", "dose": dose.n, "how": "leaked"})
    unsure = curve(world, session, 3)
    assert "uncertain_delivery" not in sure["unknown"]
    assert "uncertain_delivery" in unsure["unknown"]
    assert "none to all" in " ".join(unsure["warnings"])
    assert unsure["ketamine_ng_ml"]["p50"] == sure["ketamine_ng_ml"]["p50"]
    assert unsure["ketamine_ng_ml"]["p95"] == sure["ketamine_ng_ml"]["p95"]
    low, before = unsure["ketamine_ng_ml"]["p5"], sure["ketamine_ng_ml"]["p5"]
    assert all(one <= other for one, other in zip(low, before, strict=True))
    assert max(low) < max(before)
