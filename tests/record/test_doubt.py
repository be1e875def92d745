"""The curve where delivery is uncertain: one line, and a band from none to all, also late."""

from typing import Any
from uuid import UUID

import pytest
from support.worlds import World

from norket.record.people.models import Person
from norket.record.plan import switches
from norket.record.session import actions, advice, learning, queries, trial
from norket.record.session.prediction import Drawn, at_state, drawn
from norket.record.session.trial import Change
from norket.therapy.finding import Refused
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


@pytest.mark.parametrize(("then", "unsure"), [("spat", True), ("swallowed", False), ("unknown", False)])
def test_a_dose_that_was_spat_out_is_drawn_from_none_to_all(world: World, then: str, unsure: bool) -> None:
    session = world.session(1)
    body = {"type": "give_dose", "route": "sublingual", "product_id": "ketamine-50", "amount_mg": 50.0}
    send(world, session, 1, body | {"as": "happened"})
    dose = queries.state(session).other_doses[0]
    send(world, session, 3, {"type": "record_hold", "dose": dose.n, "held_min": 2.0, "then": then})
    found = curve(world, session, 3)
    assert ("spat_out" in found["unknown"]) is unsure
    assert ("uncertain_delivery" in found["unknown"]) is unsure
    assert any("spat out" in text for text in found["warnings"]) is unsure
    assert (found["ketamine_ng_ml"]["p5"][20] == 0.0) is unsure


@pytest.fixture
def failed(world: World) -> World:
    """An infusion of 38 minutes into a cannula that was found to have failed."""
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    assert not isinstance(switches.turn(director, "prediction_advice", on=True, now=world.now), Refused)
    world.start(minutes_ago=38)
    command = COMMAND.validate_python({"type": "record_site_failed", "failure": "extravasation"})
    actions.act(world.session(), command, by=world.actor("nurse"), now=world.now, command_id="failed")
    return world


def of(world: World, minutes: float) -> Drawn:
    found = drawn(queries.state(world.session()), world.later(minutes))
    assert isinstance(found, Drawn)
    return found


def test_readiness_takes_the_least_chance_and_the_latest_moments_of_all_histories(failed: World) -> None:
    later = failed.later(102)
    told = advice.readiness(failed.session(), later)
    assert not isinstance(told, Refused), told
    found = of(failed, 102)
    assert len(found.each) > 1
    alone = [trial.chance_low_at(Drawn(one.found, one.doses, one.zero, {}), later) for one in found.each]
    assert told["chance_now"] == min(one for one in alone if one is not None)
    assert told["chance_now"] < (alone[0] or 0.0)
    moments = [trial.ready(Drawn(one.found, one.doses, one.zero, {})) for one in found.each]
    for name in ("typical_at", "p5_at", "p50_at", "p95_at"):
        each = [one[name] for one in moments if one is not None]
        assert told[name] == (None if None in each else max(each))
    assert told["unknown"] == ["uncertain_delivery"]


def test_where_a_history_cannot_be_drawn_readiness_is_refused_by_name(failed: World) -> None:
    found = of(failed, 10)
    refused = Refused(code="route_not_covered", why="No model here.")
    undrawn = Drawn(found.found, found.doses, found.zero, {}, (refused,))
    assert (undrawn.undrawn, trial.ready(undrawn), trial.chance_low_at(undrawn, failed.now)) == (refused, None, None)


def test_a_trial_is_drawn_with_the_same_wide_band(failed: World) -> None:
    found = advice.what_if(failed.session(), Change(resume=True), failed.later(1))
    assert not isinstance(found, Refused), found
    assert "uncertain_delivery" in found["unknown"]
    assert found["ketamine_ng_ml"]["p5"][38] == 0.0  # perhaps none of it arrived
    assert found["ketamine_ng_ml"]["p50"][38] > 0.0
    assert found["trial"]["then"]["ready"]["unknown"] == ["uncertain_delivery"]


def test_the_peak_still_to_come_holds_what_lies_under_the_skin(failed: World) -> None:
    found = of(failed, 1)
    peak = trial.summary(found, failed.later(1))["peak"]
    assert peak is not None
    place = found.found.times_min.tolist().index(round(found.minute(failed.later(1))))
    ahead = [max(one.found.ketamine.band()["p95"][place:]) for one in found.each]
    assert peak["p95"] == pytest.approx(max(ahead))
    assert max(ahead) > ahead[0]  # the line as recorded alone would not show it
    assert peak["p50"] == pytest.approx(max(found.found.ketamine.band()["p50"][place:]))


def test_the_curve_names_the_models_the_warnings_and_the_sources_of_every_history(failed: World) -> None:
    found = of(failed, 1)
    shown = found.kept()
    for one in found.each:
        alone = Drawn(one.found, one.doses, one.zero, {}).kept()
        assert set(alone["models"]) <= set(shown["models"])
        assert set(alone["warnings"]) <= set(shown["warnings"])
        assert [source for source in alone["sources"] if source not in shown["sources"]] == []
    assert len(set(shown["warnings"])) == len(shown["warnings"])
    assert shown["warnings"][-len(shown["remarks"]) :] == shown["remarks"]
    assert shown["models"] == ["adult_arterial", "adult_venous", "kamp_2020", "otto_2021"]


def test_another_model_is_named_for_readiness_where_it_covers_every_history(failed: World) -> None:
    told = advice.readiness(failed.session(), failed.later(1))
    assert not isinstance(told, Refused), told
    answers = [trial.ready(Drawn(one.found, one.doses, one.zero, {}), beside=True) for one in of(failed, 1).each]
    every = [set(one["others"]) for one in answers if one is not None]
    assert set(told["others"]) == set.intersection(*every)


def test_how_it_fades_holds_every_history(failed: World) -> None:
    told = advice.fade(failed.session(), failed.later(5))
    assert not isinstance(told, Refused), told
    sure = of(failed, 5)
    assert told["unknown"] == ["uncertain_delivery"]
    assert sure.each[1:]
    assert told["p95_min"] is None or told["p95_min"] > told["p50_min"]


def test_nothing_seen_since_the_doubt_is_learned_from(failed: World) -> None:
    for minutes in (1, 3):
        send(failed, failed.session(), minutes, {"type": "record_vitals", "vitals": {"sbp_mmhg": 121.0}})
    found = learning.learned(failed.session(), failed.later(4))
    assert isinstance(found, Refused)
    assert "delivery was uncertain" in found.why


def test_where_all_is_certain_nothing_is_said_to_be_uncertain(world: World) -> None:
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=world.now)
    world.start(minutes_ago=38)
    told = advice.readiness(world.session(), world.now)
    assert not isinstance(told, Refused), told
    assert told["unknown"] == []
    assert of(world, 0).others == ()
