"""A waste is witnessed when somebody else signs for it as themselves; a name that was told is only told."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.conftest import PRESCRIBER as DOCTOR

from norket.therapy.actor import Actor
from norket.therapy.session.thrown import Waste, signed
from norket.therapy.session.wasting import unwitnessed

MONITOR = Actor(id="device:1", name="monitor", roles=frozenset({"device"}))


@pytest.fixture
def thrown(running: Any) -> Any:
    """10 mg thrown away after the stop, the doctor named as the witness."""
    running.do(10, "stop_infusion")
    running.do(11, "record_waste", amount_mg=10.0, witness="doc-1")
    return running


def owed(chair: Any) -> list[float]:
    return [waste.amount_mg for waste in unwitnessed(chair.state)]


def test_a_name_that_was_told_is_no_witness(thrown: Any) -> None:
    assert owed(thrown) == [10.0]
    assert not thrown.state.waste_witnessed


def test_a_waste_that_another_signed_for_is_witnessed(thrown: Any) -> None:
    thrown.do(12, "witness_waste", DOCTOR, waste=thrown.state.version)
    assert owed(thrown) == []
    assert thrown.state.waste_witnessed
    assert (thrown.state.wastes[0].signed_by, thrown.state.wastes[0].signed_at) == ("doc-1", thrown.at(12))


def test_a_waste_with_nobody_named_is_recorded_and_owed(running: Any) -> None:
    running.do(11, "record_waste", amount_mg=10.0)
    assert owed(running) == [10.0]


def test_nothing_thrown_away_needs_nobody(running: Any) -> None:
    running.do(11, "record_waste", amount_mg=0.0)
    assert owed(running) == []


def test_neither_the_maker_nor_a_machine_nor_a_second_signature_counts(thrown: Any) -> None:
    n = thrown.state.version
    assert thrown.refused(12, "witness_waste", waste=n).code == "witness_is_maker"
    assert thrown.refused(12, "witness_waste", MONITOR, waste=n).code == "role_not_allowed"
    assert thrown.refused(12, "witness_waste", DOCTOR, waste=n - 1).code == "no_such_waste"
    thrown.do(13, "witness_waste", DOCTOR, waste=n)
    assert thrown.refused(14, "witness_waste", DOCTOR, waste=n).code == "already_witnessed"


def test_another_amount_needs_another_look_and_the_same_amount_does_not(thrown: Any) -> None:
    n = thrown.state.version
    thrown.do(12, "witness_waste", DOCTOR, waste=n)
    thrown.do(13, "correct", corrects=n, reason="miscounted", data={"amount_mg": 10.0, "witness": "Pia"})
    assert owed(thrown) == []
    thrown.do(14, "correct", corrects=n, reason="miscounted", data={"amount_mg": 11.0})
    assert owed(thrown) == [11.0]


def test_whoever_corrects_a_waste_is_not_its_witness(thrown: Any) -> None:
    n = thrown.state.version
    thrown.do(12, "correct", DOCTOR, corrects=n, reason="miscounted", data={"amount_mg": 9.0})
    assert thrown.refused(13, "witness_waste", DOCTOR, waste=n).code == "witness_is_maker"


def test_a_witnessed_waste_does_not_vouch_for_another(thrown: Any) -> None:
    n = thrown.state.version
    thrown.do(12, "record_waste", amount_mg=3.0, witness="doc-1")
    thrown.do(13, "witness_waste", DOCTOR, waste=n)
    assert owed(thrown) == [3.0]
    assert not thrown.state.waste_witnessed


def test_a_waste_that_was_taken_back_is_owed_to_nobody(thrown: Any) -> None:
    thrown.do(12, "correct", corrects=thrown.state.version, reason="never thrown")
    assert owed(thrown) == []


def test_the_rest_of_an_ampoule_of_a_rescue_medicine_is_owed_like_any_other(running: Any) -> None:
    running.do(5, "give_rescue", drug="midazolam", amount=2.0, wasted_mg=3.0, witness="doc-1", **{"as": "happened"})
    assert [(waste.drug, waste.amount_mg) for waste in unwitnessed(running.state)] == [("midazolam", 3.0)]
    running.do(6, "witness_waste", DOCTOR, waste=running.state.version)
    assert owed(running) == []


@given(
    st.floats(0, 100), st.floats(0, 100), st.sampled_from(["nurse-1", "doc-1"]), st.sampled_from(["nurse-1", "doc-1"])
)
def test_a_signature_holds_for_its_amount_and_for_no_maker(told: float, seen: float, maker: str, signer: str) -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    (waste,) = signed((Waste(n=1, at=at, amount_mg=told, by=maker),), [(1, seen, signer, at)])
    assert (waste.signed_by is not None) == (told == seen and maker != signer)
