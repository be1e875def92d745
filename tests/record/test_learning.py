"""The update from this patient: learned from what was seen, refused where that is too little, and never an order."""

from typing import Any

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.people.models import Person
from norket.record.plan import switches
from norket.record.session import actions, learning, queries
from norket.record.session.models import SessionEvent
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


def act(world: World, minutes: float, kind: str, **more: Any) -> None:
    command = COMMAND.validate_python({"type": kind, **more})
    done = actions.act(
        world.session(), command, by=world.actor("nurse"), now=world.later(minutes), command_id=f"{kind}-{minutes}"
    )
    assert isinstance(done, actions.Acted), done


@pytest.fixture
def running(world: World) -> None:
    """Twenty minutes in; two pressures far above rest and a score."""
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=world.now)
    world.start()
    rest = queries.state(world.session()).baseline
    assert rest is not None
    assert rest.vitals.sbp_mmhg is not None
    for minutes in (10, 15):
        act(world, minutes, "record_vitals", vitals={"sbp_mmhg": rest.vitals.sbp_mmhg + 30})
    act(world, 18, "record_score", score="dissociation", value=5)


def test_without_readings_it_is_refused_with_the_reason(world: World) -> None:
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=world.now)
    world.start()
    found = learning.learned(world.session(), world.later(5))
    assert isinstance(found, Refused)
    assert found.code == "too_little_to_learn"


def test_where_the_clinic_has_advice_off_nothing_is_learned(world: World) -> None:
    world.start()
    found = learning.learned(world.session(), world.later(5))
    assert isinstance(found, Refused)
    assert found.code == "advice_off"


@pytest.mark.usefixtures("running")
def test_a_level_of_this_session_teaches_the_model_of_its_site(world: World) -> None:
    before = learning.learned(world.session(), world.later(20))
    level = {"analyte": "ketamine", "value": 260.0, "unit": "ng/mL", "site": "venous", "lab": "Bedside"}
    act(world, 19, "record_level", at=world.later(17).isoformat(), **level)
    after = learning.learned(world.session(), world.later(20))
    assert not isinstance(before, Refused)
    assert not isinstance(after, Refused), after
    assert [one["said"] for one in after["used"] if "ketamine" in one["said"]] == ["ketamine 260 ng/mL, venous"]
    assert len(after["used"]) == len(before["used"]) + 1
    assert "otto_2021" in after["models"]
    assert after["bits"] > before["bits"]
    assert any(one["of"] == "otto_2021" and one["learned"] > 0 for one in after["changed"])


@pytest.mark.usefixtures("running")
def test_prior_and_posterior_stand_side_by_side_and_its_use_is_noted_with_its_basis(world: World) -> None:
    order, before = queries.state(world.session()).order, SessionEvent.objects.count()
    found = learning.learned(world.session(), world.later(20))
    assert not isinstance(found, Refused), found
    assert SessionEvent.objects.count() == before
    assert len(found["used"]) == 3
    assert found["bits"] > 0
    assert found["effect_site"]["before"]["p50"] != found["effect_site"]["after"]["p50"]
    slope = next(one for one in found["changed"] if one["of"] == "systolic_pressure")
    assert slope["p50"] > slope["typical"]
    done = learning.keep_use(world.session(), world.actor("nurse"), world.later(20), "kept")
    assert isinstance(done, actions.Acted)
    assert [event.event.type for event in done.events] == ["noted"]
    assert queries.state(world.session()).order == order
    line = AuditLine.objects.get(kind="advice_basis")
    assert "systolic pressure" in line.data
    again = learning.keep_use(world.session(), world.actor("nurse"), world.later(20), "kept")
    assert isinstance(again, actions.Acted)
    assert AuditLine.objects.filter(kind="advice_basis").count() == 1
