"""Every training case can be started in a made-up clinic, and its ledger says which one it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.test import Client

from norket.record.people.models import Clinic
from norket.record.register import queries as register
from norket.record.session import queries
from norket.site import rehearsals, worlds
from norket.site.problems import ProblemError
from norket.site.worlds import rehearsals as planted
from norket.site.worlds.makers import PRODUCT
from norket.therapy.session.debrief import case_of, debrief

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CASES = ("hypertension", "desaturation", "panic", "line_out", "wrong_vial")


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.plant("demo", seed=1, now=NOW)
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("case", CASES)
def test_a_case_is_planted_before_it_comes_up(demo: dict[str, Any], case: str) -> None:
    made = planted.plant(case, seed=7, now=NOW, lot=demo["lot"])
    ledger = queries.events(UUID(made["session"]["id"]))
    assert case_of(ledger) == case
    found = debrief(ledger, case, queries.base(), NOW)
    assert found.earned == (4 if case == "wrong_vial" else 0)
    assert (found.began_at is None) is (case != "wrong_vial")
    assert queries.state(UUID(made["session"]["id"])).phase == ("checked_in" if case == "wrong_vial" else "running")


@pytest.mark.django_db
def test_an_unknown_case_is_named_with_those_that_exist(demo: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match="no training case is called flood; there are"):
        planted.plant("flood", seed=7, now=NOW, lot=demo["lot"])


@pytest.mark.django_db
def test_what_was_asked_for_is_taken_once(demo: dict[str, Any]) -> None:
    session = rehearsals.ask("line_out", seed=9, now=NOW, lot=demo["lot"])
    world: dict[str, Any] = {"sessions": {}, "simulated": {}, "devices": []}
    assert rehearsals.take(world) == [f"rehearsal-{session}"]
    assert world["sessions"][f"rehearsal-{session}"]["id"] == session
    assert rehearsals.take(world) == []


@pytest.mark.django_db
def test_a_case_is_drawn_from_a_lot_of_its_own_product(demo: dict[str, Any]) -> None:
    clinic = Clinic.objects.get().pk
    found = planted.lot(clinic)
    assert {one.product_id for one in register.balances(clinic) if one.lot == found} == {PRODUCT}
    assert len({one.product_id for one in register.balances(clinic)}) > 1
    assert planted.lot(uuid4()) == ""


@pytest.mark.django_db
def test_outside_the_demo_there_is_no_such_page(client: Client) -> None:
    assert client.get("/rehearsal/").status_code in {302, 404}
