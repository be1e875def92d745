"""A medicine that moves ketamine: the curve says that it does not know it, and no moment of readiness is told."""

from datetime import datetime
from typing import Any

import pytest
from support.worlds import World

from norket.record.care import actions as care_actions
from norket.record.care import interactions
from norket.record.care import queries as care
from norket.record.people.models import Person
from norket.record.plan import switches
from norket.record.session import actions, advice, interacting, learning, queries, replay
from norket.record.session.account import account
from norket.record.session.models import SessionRecord
from norket.record.session.trial import Change
from norket.therapy.care.events import MedicineRecorded
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

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
    assert "by iv x 1." in refused.why
    assert "nobody knows" not in refused.why
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


@pytest.mark.parametrize(("text", "warned"), [("clarithromycin", True), ("paracetamol", False)])
def test_replay_printed_record_and_fading_say_the_same_as_the_live_curve(
    running: World, monkeypatch: pytest.MonkeyPatch, text: str, warned: bool
) -> None:
    charted(monkeypatch, medicine(text))
    live = told(interacting.predicted(running.session(), running.now))
    others = {
        "replay": told(replay.prediction_at(running.session(), running.now)),
        "record": account(running.session(), running.now)["curve"],
        "fade": told(advice.fade(running.session(), running.now)),
    }
    assert ("interacting_medicine" in live["unknown"]) is warned
    for name, found in others.items():
        assert ("interacting_medicine" in found["unknown"]) is warned, name
        assert not warned or found["warnings"][0] == live["warnings"][0], name


@pytest.mark.parametrize(("text", "warned"), [("clarithromycin", True), ("paracetamol", False)])
def test_what_is_learned_from_a_patient_says_the_same_as_the_live_curve(
    running: World, monkeypatch: pytest.MonkeyPatch, text: str, warned: bool
) -> None:
    charted(monkeypatch, medicine(text))
    for minutes, sbp in ((2, 140.0), (4, 142.0)):
        command = COMMAND.validate_python({"type": "record_vitals", "vitals": {"sbp_mmhg": sbp}})
        by, at = running.actor("nurse"), running.later(minutes)
        actions.act(running.session(), command, by=by, now=at, command_id=f"v{minutes}")
    live = told(interacting.predicted(running.session(), running.later(5)))
    found = told(learning.learned(running.session(), running.later(5)))
    assert ("interacting_medicine" in found["unknown"]) is warned
    assert (found["warnings"][0] == live["warnings"][0]) is warned


def test_a_replay_and_a_closed_record_know_the_chart_of_then(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime | None] = []
    monkeypatch.setattr(interacting, "_readers", [lambda _, __, told_by: asked.append(told_by) or ()])
    then = running.later(-5)
    told(replay.prediction_at(running.session(), then))
    told(interacting.predicted(running.session(), running.now))
    account(running.session(), running.now)
    assert asked == [then, None, None]


def test_what_was_written_into_the_chart_later_is_not_known_before(running: World) -> None:
    patient = SessionRecord.objects.get(pk=running.session()).patient
    taken = MedicineRecorded(item=medicine("clarithromycin"))
    by = running.person("prescriber")["id"]
    done = care_actions.record(patient.pk, [taken], by=by, now=running.now, command_id="chart-1")
    assert not isinstance(done, Refused), done
    day = running.now.date()
    assert interactions.interactions_of(patient, day, running.later(-1)) == ()
    assert interactions.interactions_of(patient, day, running.now) != ()
    assert interactions.interactions_of(patient, day) != ()
