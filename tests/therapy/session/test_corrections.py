"""Corrections: who may make them, and what they can never change."""

from typing import Any, get_args

import pytest

from norket.therapy.actor import Actor
from norket.therapy.session import events as e
from norket.therapy.session.corrections import RECORDED_BY, UNTOUCHABLE

PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))


def number(chair: Any, kind: str) -> int:
    return int(next(r.n for r in chair.ledger if r.event.type == kind))


def test_every_event_is_either_untouchable_or_corrected_by_who_may_record_it() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(e.Event)[0])}
    commands = {kind.model_fields["type"].default for kind in get_args(get_args(e.Command)[0])}
    assert kinds == UNTOUCHABLE | RECORDED_BY.keys()
    assert not UNTOUCHABLE & RECORDED_BY.keys()
    assert set(RECORDED_BY.values()) <= commands


def test_nobody_corrects_what_another_person_read_from_the_pump(running: Any) -> None:
    reading = next(r for r in running.ledger if r.event.type == "time_out_recorded" and r.by != PRESCRIBER.id)
    data = {"rate_ml_h": 52.5, "volume_ml": 35.0, "agrees": True}
    refused = running.refused(5, "correct", by=PRESCRIBER, corrects=reading.n, reason="looks wrong", data=data)
    assert refused.code == "own_reading_only"
    refused = running.refused(5, "correct", by=PRESCRIBER, corrects=reading.n, reason="looks wrong")
    assert refused.code == "own_reading_only"


def test_the_milligrams_of_a_stop_are_computed_never_typed(running: Any) -> None:
    running.do(20, "stop_infusion")
    stop = number(running, "infusion_stopped")
    at = running.at(10)
    (event,) = running.do(30, "correct", corrects=stop, reason="earlier", data={"delivered_mg": 1.0}, at=at)
    assert event.replacement["delivered_mg"] == pytest.approx(52.5 / 6)


def test_the_circulation_of_a_recovery_score_is_computed_never_typed(recovering: Any) -> None:
    scored = next(r for r in recovering.ledger if r.event.type == "recovery_score_recorded")
    items = {"activity": 0, "respiration": 0, "consciousness": 0, "saturation": 0, "circulation": 2, "total": 10}
    (event,) = recovering.do(170, "correct", corrects=scored.n, reason="misread", data=items)
    assert event.replacement["circulation"] == scored.event.circulation
    assert event.replacement["total"] == scored.event.circulation


def test_a_correction_takes_no_flag_off(running: Any) -> None:
    running.do(5, "change_rate", rate_ml_h=200.0, **{"as": "happened"})
    changed = next(r for r in running.ledger if r.event.type == "rate_changed")
    lasting = [flag for flag in changed.event.flags if not flag.startswith("above_")]
    assert lasting
    (event,) = running.do(6, "correct", corrects=changed.n, reason="x", data={"rate_ml_h": 200.0, "flags": []})
    assert event.replacement["flags"] == lasting
