"""A medicine that moves ketamine: the curve says that it does not know it, and no moment of readiness is told."""

from typing import Any

import pytest
from support.worlds import World

from norket.record.care import interactions
from norket.record.care import queries as care
from norket.record.people.models import Person
from norket.record.plan import switches
from norket.record.session import advice, interacting, queries
from norket.record.session.models import SessionRecord
from norket.record.session.trial import Change
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.finding import Refused

pytestmark = pytest.mark.django_db


def charted(monkeypatch: pytest.MonkeyPatch, *medicines: MedicineItem) -> None:
    monkeypatch.setattr(care, "chart", lambda *_: Chart(medicines=medicines))


def medicine(text: str, status: str = "yes") -> MedicineItem:
    return MedicineItem.model_validate({"text": text, "status": status})


@pytest.fixture
def running(world: World) -> World:
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=world.now)
    world.start(minutes_ago=10)
    return world


def told(found: dict[str, Any] | Refused) -> dict[str, Any]:
    assert not isinstance(found, Refused), found
    return found


def test_an_inhibitor_of_the_chart_is_the_first_warning_with_its_ratio(
    running: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    charted(monkeypatch, medicine("clarithromycin"))
    found = told(interacting.predicted(running.session(), running.now))
    assert "larithromycin" in found["warnings"][0]
    assert "by iv x 1." in found["warnings"][0]
    assert "by oral" not in found["warnings"][0]
    assert "interacting_medicine" in found["unknown"]


def test_with_it_readiness_is_refused_by_name_and_a_trial_tells_no_moment(
    running: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    charted(monkeypatch, medicine("clarithromycin"))
    refused = advice.readiness(running.session(), running.now)
    assert isinstance(refused, Refused)
    assert refused.code == "interacting_medicine"
    assert "larithromycin" in refused.why
    tried = told(advice.what_if(running.session(), Change(stop=True), running.now))
    assert (tried["trial"]["now"]["ready"], tried["trial"]["then"]["ready"]) == (None, None)
    assert "interacting_medicine" in tried["unknown"]


@pytest.mark.parametrize(
    ("text", "status", "warned"),
    [
        ("rifampicin", "yes", True),
        ("rifampicin", "unknown", True),
        ("rifampicin", "no", False),
        ("paracetamol", "yes", False),
    ],
)
def test_what_is_perhaps_taken_counts_and_what_is_not_taken_does_not(
    running: World, monkeypatch: pytest.MonkeyPatch, text: str, status: str, warned: bool
) -> None:
    charted(monkeypatch, medicine(text, status))
    found = told(interacting.predicted(running.session(), running.now))
    assert ("interacting_medicine" in found["unknown"]) is warned
    assert isinstance(advice.readiness(running.session(), running.now), Refused) is warned


def test_what_only_adds_to_the_effect_moves_no_curve(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    charted(monkeypatch, medicine("phenelzine"))
    patient = SessionRecord.objects.get(pk=running.session()).patient
    assert interactions.interactions_of(patient, running.now.date()) == ("maoi",)
    state = queries.state(running.session())
    assert interacting.refused(running.session(), state, running.now) is None
