"""Ready today: what was gone through, by whom, and that a session hears of it."""

from typing import Any

import pytest
from support.worlds import World

from norket.knowledge import read
from norket.record.readiness import queries
from norket.record.session.models import SessionRecord
from norket.therapy.readiness.kit import chair_items

pytestmark = pytest.mark.django_db


def test_a_list_that_was_gone_through_is_kept_with_its_day(as_role: Any, world: World) -> None:
    client = as_role("nurse")
    clinic = world.clinic()["id"]
    before = queries.newest(clinic)
    chair = SessionRecord.objects.get(pk=world.session(0)).chair
    assert chair is not None
    body = {"kind": "kit", "chair": chair.name, "there": list(chair_items(read()))[1:], "command_id": "k1"}
    assert client.post("/ready/", body).status_code == 302
    assert client.post("/ready/", body).status_code == 302
    assert queries.newest(clinic) == before + 1
    kept = queries.readiness(clinic).kits[chair.name].event
    assert [line.ready for line in kept.lines] == [False, *[True] * (len(kept.lines) - 1)]


def test_a_form_that_is_not_whole_is_refused_and_records_nothing(as_role: Any, world: World) -> None:
    before = queries.newest(world.clinic()["id"])
    answer = as_role("nurse").post("/ready/", {"kind": "hours", "closes": "25:00"})
    assert answer.status_code == 422
    assert queries.newest(world.clinic()["id"]) == before
