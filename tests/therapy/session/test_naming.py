"""A stop, a pause or a call from a locked screen is recorded at once; whose hand it was is asked for afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import watch_events as o
from norket.therapy.session.arrival import ORDERS, expired, is_order, kinds, timed
from norket.therapy.session.decide import decide
from norket.therapy.session.fold import fold
from norket.therapy.session.naming_events import ActNamed, NameAct
from norket.therapy.session.schedule import upcoming
from norket.therapy.session.state import SessionState

BASE = knowledge.read()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NURSE = Actor(id="nurse", name="Nurse", roles=frozenset({"nurse"}))
ACTS: list[e.Command] = [p.StopInfusion(unnamed=True), p.Pause(unnamed=True), o.RaiseConcern(unnamed=True)]


def done(*commands: e.Command) -> SessionState:
    state = fold((), "s")
    for command in commands:
        found = decide(state, command, by=NURSE, now=NOW, base=BASE)
        assert not isinstance(found, Refused), found.why
        told = [
            e.Recorded(
                session="s",
                n=state.version + i,
                at=item.at,
                recorded_at=NOW,
                by=NURSE.id,
                command_id=f"{state.version}",
                event=item.event,
            )
            for i, item in enumerate(found, start=1)
        ]
        state = fold((*state.ledger, *told), "s")
    return state


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.type)
def test_an_act_without_a_name_is_recorded_and_its_name_is_due(act: e.Command) -> None:
    state = done(act)
    assert [one.n for one in state.unnamed] == [1]
    assert [item.what for item in upcoming(state, {}, NOW, BASE)].count("name_act") == 1
    named = done(act, NameAct(act=1, person="ben"))
    assert named.unnamed == ()
    assert "name_act" not in [item.what for item in upcoming(named, {}, NOW, BASE)]


def test_an_act_of_somebody_known_asks_for_no_name() -> None:
    state = done(p.StopInfusion(), o.RaiseConcern())
    assert state.unnamed == ()


def test_a_name_may_be_said_of_any_act_and_says_when_it_was_not_asked_for() -> None:
    state = done(p.StopInfusion(), NameAct(act=1, person="ben"))
    event = state.ledger[-1].event
    assert isinstance(event, ActNamed)
    assert event.flags == ("name_not_asked",)
    refused = decide(state, NameAct(act=9, person="ben"), by=NURSE, now=NOW, base=BASE)
    assert isinstance(refused, Refused)
    assert refused.code == "no_such_event"


def test_an_order_is_void_after_its_time_and_a_fact_never() -> None:
    limit = BASE.figure("offline.order_expiry", "expires_s").value
    order, fact = p.ChangeRate(rate_ml_h=10.0), p.ChangeRate.model_validate({"rate_ml_h": 10.0, "as": "happened"})
    old = NOW - timedelta(seconds=limit + 1)
    refused = expired(order, old, NOW, BASE)
    assert refused is not None
    assert refused.code == "order_expired"
    assert expired(order, NOW - timedelta(seconds=limit), NOW, BASE) is None
    assert expired(order, None, NOW, BASE) is None
    assert expired(fact, old, NOW, BASE) is None
    assert expired(p.StopInfusion(), old, NOW, BASE) is None


def test_every_command_that_can_be_intended_is_an_order() -> None:
    intended = {kind.model_fields["type"].default for kind in kinds() if "as_" in kind.model_fields}
    assert intended | {"discharge"} == ORDERS
    assert {kind.model_fields["type"].default for kind in kinds()} >= ORDERS
    assert not is_order(p.Pause())


def test_what_carries_the_time_of_its_tap_can_say_it() -> None:
    fields = {kind.model_fields["type"].default: kind.model_fields for kind in kinds()}
    assert all("at" in fields[kind] for kind in timed())
    assert {"stop_infusion", "record_vitals", "note"} <= timed()
    assert "correct" not in timed()
