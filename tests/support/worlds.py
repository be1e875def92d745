"""A made-up clinic for the tests of one module, planted once and undone at its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from norket.record.audit import access as access_log
from norket.record.care import day_of
from norket.record.people.models import Person
from norket.record.readiness import queries as readiness
from norket.record.referral import quota as strangers
from norket.record.session import actions, quota, unwritten
from norket.record.session.samples import HUB
from norket.site import worlds
from norket.therapy.actor import Actor
from norket.therapy.session.events import COMMAND

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """What `seed` printed, and the ways that tests ask for it."""

    made: dict[str, Any]
    now: datetime = NOW

    def clinic(self, side: int = 0) -> dict[str, Any]:
        return dict(self.made["clinics"][side])

    def session(self, place: int = 0, side: int = 0) -> UUID:
        """The checked-in session (0) or the planned one (1) of a clinic."""
        return UUID(self.clinic(side)["sessions"][place]["id"])

    def person(self, role: str, side: int = 0) -> dict[str, Any]:
        clinic = self.clinic(side)["id"]
        return next(p for p in self.made["people"] if p["role"] == role and p["clinic"] == clinic)

    def actor(self, role: str, side: int = 0) -> Actor:
        return Person.objects.get(pk=self.person(role, side)["id"]).actor

    def bearer(self, role: str, side: int = 0) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person(role, side)['token']}"}

    def start(self, minutes_ago: float = 0.0, side: int = 0) -> None:
        """The infusion of the checked-in session was started so long before the world's now."""
        planned = self.clinic(side)["sessions"][0]
        body = {
            "type": "start_infusion",
            "order_id": planned["order_id"],
            "product_id": planned["product_id"],
            "concentration_mg_ml": planned["concentration_mg_ml"],
            "rate_ml_h": planned["rate_ml_h"],
            "volume_ml": planned["volume_ml"],
            "identifiers": planned["identifiers"][:2],
            "as": "happened",
            "at": self.later(-minutes_ago).isoformat(),
        }
        done = actions.act(
            self.session(0, side),
            COMMAND.validate_python(body),
            by=self.actor("nurse", side),
            now=self.now,
            command_id="world-start",
        )
        assert isinstance(done, actions.Acted), done

    def later(self, minutes: float) -> datetime:
        return self.now + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world of two clinics; each test undoes what it did to it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World(worlds.plant("authz", seed=1, now=NOW))
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _fresh_memory() -> Iterator[None]:
    HUB.forget()
    unwritten.clear()
    access_log.forget()
    quota.forget()
    strangers.forget()
    day_of.forget()
    readiness.forget()
    yield
    HUB.forget()
    unwritten.clear()
    access_log.forget()
    quota.forget()
    strangers.forget()
    day_of.forget()
    readiness.forget()
