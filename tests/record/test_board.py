"""The board: urgent first, one's own clinic alone, and no more queries for more chairs."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.worlds import World

from norket.record.care import day_of
from norket.record.people.models import Patient, Person
from norket.record.readiness import queries as readiness
from norket.record.session import actions, heads, queries
from norket.record.session.models import SampleChunk, SessionRecord
from norket.record.session.samples import HUB
from norket.therapy.session.events import COMMAND
from norket.therapy.session.preflight import missing

pytestmark = pytest.mark.django_db


def clinic(world: World) -> UUID:
    return UUID(world.clinic()["id"])


def another(world: World, number: int) -> None:
    """One more session of the same nurse, checked in."""
    patient = Patient.objects.create(
        clinic_id=clinic(world), mrn=f"more-{number}", given_name="More", family_name=str(number), sex="male",
        birth_date="1980-01-01",
    )  # fmt: skip
    patient.refresh_from_db()
    nurse = Person.objects.get(pk=world.person("nurse")["id"])
    session_id = actions.plan_session(
        patient.pk,
        None,
        order_id=None,
        nurse_id=nurse.pk,
        planned_for=world.now,
        by=nurse.actor,
        now=world.now,
        number=2,
    )
    body = {"type": "check_in", "identifiers": [patient.mrn, "1980-01-01"]}
    actions.act(session_id, COMMAND.validate_python(body), by=nurse.actor, now=world.now, command_id="c")


def cannula(world: World) -> None:
    """From the cannula on, a session is watched."""
    body = {"type": "record_preflight", "item": "cannula_in", "answer": "yes"}
    for card in queries.board(world.now, clinic(world)):
        actions.act(
            UUID(card.session),
            COMMAND.validate_python(body),
            by=world.actor("nurse"),
            now=world.now,
            command_id="cannula",
        )


def queries_of(world: World) -> int:
    queries._folded.clear()
    day_of.forget()
    readiness.forget()
    HUB.forget()
    with CaptureQueriesContext(connection) as caught:
        queries.board(world.now, clinic(world))
    return len(caught)


def test_three_more_rows_cost_no_more_queries(world: World) -> None:
    before = queries_of(world)
    for number in range(3):
        another(world, number)
    assert queries_of(world) == before


def test_the_board_shows_the_open_sessions_of_one_clinic(world: World) -> None:
    cards = queries.board(world.now, clinic(world))
    assert {card.session for card in cards} == {str(world.session(0)), str(world.session(1))}


def test_an_open_alert_comes_first(world: World) -> None:
    another(world, 1)
    cannula(world)
    last = queries.board(world.now, clinic(world))[-1]
    body: dict[str, Any] = {"type": "record_event", "event": "syncope", "grade": 3}
    actions.act(
        UUID(last.session), COMMAND.validate_python(body), by=world.actor("nurse"), now=world.now, command_id="e"
    )
    actions.watch(UUID(last.session), {}, world.later(1))
    first = queries.board(world.later(1), clinic(world))[0]
    assert [alert.tier for alert in first.view.alerts if alert.open] == ["T3"]
    assert first.session == last.session


def test_a_card_and_its_session_show_the_same(world: World) -> None:
    card = next(card for card in queries.board(world.now, clinic(world)) if card.session == str(world.session()))
    assert card.view == queries.view(world.session(), world.now)


def test_a_card_lacks_what_the_start_would_refuse_for(world: World) -> None:
    another(world, 1)
    card = next(card for card in queries.board(world.now, clinic(world)) if card.patient["mrn"] == "more-1")
    assert card.view is not None
    lacking = {finding.rule for finding in card.view.missing}
    session = SessionRecord.objects.select_related("patient__clinic", "chair").get(pk=UUID(card.session))
    today = day_of.day_of([(session, queries.state(session.pk))], world.now)[session.pk]
    held = {finding.rule for finding in missing(today.findings)}
    assert {rule.partition(".")[0] for rule in held} >= {"screening", "readiness"}
    assert held <= lacking


def test_a_session_that_is_over_leaves_the_board(world: World) -> None:
    body = {"type": "leave_early", "reason": "x", "cannula_in": "no"}
    actions.act(world.session(), COMMAND.validate_python(body), by=world.actor("nurse"), now=world.now, command_id="l")
    assert str(world.session()) not in {card.session for card in queries.board(world.now, clinic(world))}
    assert world.session() not in heads.active()


def unreadable(monkeypatch: pytest.MonkeyPatch, session: UUID) -> None:
    """The ledger of this session cannot be folded any more."""
    fold = queries.fold

    def folding(ledger: Any, session_id: str) -> Any:
        if session_id == str(session):
            raise KeyError("an event that nobody knows")
        return fold(ledger, session_id)

    queries._folded.clear()
    monkeypatch.setattr(queries, "fold", folding)


def test_a_session_that_cannot_be_folded_stands_first_and_spares_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {card.session: card for card in queries.board(world.now, clinic(world))}
    unreadable(monkeypatch, world.session(0))
    broken, other = queries.board(world.now, clinic(world))
    assert (broken.session, broken.view, broken.fault) == (str(world.session(0)), None, "KeyError")
    assert broken.patient == before[broken.session].patient
    assert other == before[other.session]
    assert other.fault is None


def test_a_session_whose_samples_cannot_be_read_spares_the_others(world: World) -> None:
    HUB.forget()
    at = world.now
    SampleChunk.objects.create(
        session_id=world.session(0), first_n=1, last_n=1, first_at=at, last_at=at, data="no json", sha256="0" * 64
    )
    broken, other = queries.board(world.now, clinic(world))
    assert (broken.session, broken.view, broken.fault) == (str(world.session(0)), None, "JSONDecodeError")
    assert (other.session, other.fault) == (str(world.session(1)), None)


def test_a_session_that_cannot_be_folded_still_counts_as_one_of_its_nurse(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    another(world, 1)
    record = SessionRecord.objects.get(patient__mrn="more-1")
    others = {load.session for load in queries.nurse_loads(record, world.now)}
    assert str(world.session(0)) in others
    unreadable(monkeypatch, world.session(0))
    assert {load.session for load in queries.nurse_loads(record, world.now)} == others
