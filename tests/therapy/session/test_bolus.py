"""A bolus waits for the one before it, and after a sedative for the prescriber's word; what was given is recorded."""

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.library import rows
from norket.therapy.plan.limits import DraftError, draft_order, sign
from norket.therapy.plan.order import Limit, Order
from norket.therapy.session import bolus

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
IDS = ("MRN-1", "1980-01-01")
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
ANAESTHETIST = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
BOTH = Actor(id="ana-2", name="Bo", roles=frozenset({"anaesthetist", "prescriber"}))
MIDAZOLAM = {"drug": "midazolam", "amount": 1.0, "unit": "mg", "route": "iv", "as": "happened"}


def pain(new_chair: Any, **changes: Any) -> Any:
    """A pain session of 40 mg over 2 h for 100 kg, running since minute 0: the row that knows a bolus."""
    cap = Limit(mg_kg=2.0, mg=200.0, mg_h=100.0, mg_kg_h=1.0)
    usual = {"dose_row": "doses.d19", "amount_mg": 40.0, "duration_min": 120.0, "weight_kg": 100.0}
    return new_chair(**(usual | {"cap": cap, "ceiling": cap} | changes)).start()


def made(**changes: Any) -> Any:
    from tests.therapy.conftest import Chair, order

    return Chair(knowledge.read(), order(**changes))


def asked(chair: Any, minute: float, by: Actor = ANAESTHETIST, **data: Any) -> str | None:
    """Why a bolus of 5 mg is refused at this minute; None where it is not."""
    answer = chair.judge(minute, "give_bolus", by, **({"amount_mg": 5.0, "identifiers": IDS} | data))
    return answer.code if isinstance(answer, Refused) else None


def lacking(base: KnowledgeBase, entry: str) -> KnowledgeBase:
    """The knowledge base without the figures of one entry."""
    kept = tuple(one.model_copy(update={"values": ()}) if one.id == entry else one for one in base.entries)
    return dataclasses.replace(base, entries=kept)


# ---- the lockout ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minute", "code"), [(14.99, "bolus_locked_out"), (15.0, None)])
def test_the_next_bolus_waits_for_the_minutes_of_the_clinic(new_chair: Any, minute: float, code: str | None) -> None:
    session = pain(new_chair)
    session.do(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS)
    assert asked(session, minute) == code


@pytest.mark.parametrize(("minute", "code"), [(24.99, "bolus_locked_out"), (25.0, None)])
def test_the_minutes_of_the_order_itself_count_first(new_chair: Any, minute: float, code: str | None) -> None:
    session = pain(new_chair, bolus_lockout_min=20.0)
    session.do(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS)
    assert asked(session, minute) == code


def test_a_bolus_within_the_lockout_is_recorded_with_a_flag_and_counts(new_chair: Any) -> None:
    session = pain(new_chair)
    session.do(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS)
    (given_,) = session.do(8, "give_bolus", NURSE, amount_mg=5.0, **{"as": "happened"})
    assert "bolus_locked_out" in given_.flags
    session.watch(8)
    assert session.alert("flag_bolus_locked_out").tier == "T2"
    assert len(session.state.boluses) == 2
    assert asked(session, 17.9) == "prescriber_must_go_on"  # what was given so soon was told
    assert asked(session, 17.9, BOTH) == "bolus_locked_out"


def test_a_lockout_that_nobody_knows_blocks_the_order_and_never_the_record(new_chair: Any) -> None:
    session = pain(new_chair)
    session.base = lacking(session.base, bolus.RULE)
    assert asked(session, 5) == "limit_missing"
    (given_,) = session.do(5, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS, **{"as": "happened"})
    assert given_.flags == ("limit_missing",)


@given(apart=st.floats(0.0, 60.0), lockout=st.floats(0.1, 60.0))
def test_the_lockout_fires_before_its_minute_and_never_from_it_on(apart: float, lockout: float) -> None:
    assert (bolus.lockout_state(apart, lockout) == "fires") == (apart < lockout)
    assert bolus.lockout_state(None, lockout) == "clear"


@given(minutes=st.lists(st.integers(0, 100), max_size=10), lockout=st.integers(1, 40))
@settings(max_examples=10, deadline=None)
def test_no_two_ordered_boluses_are_nearer_than_the_lockout(minutes: list[int], lockout: int) -> None:
    session = pain(made, bolus_lockout_min=float(lockout))
    for minute in sorted(minutes):
        answer = session.judge(minute, "give_bolus", ANAESTHETIST, amount_mg=1.0, identifiers=IDS)
        if not isinstance(answer, Refused):
            session.record(answer[0].at, answer[0].event, ANAESTHETIST.id)
    given_at = [one.at for one in session.state.boluses]
    assert len(given_at) >= min(1, len(minutes))
    assert all(after - before >= timedelta(minutes=lockout) for before, after in pairwise(given_at))


# ---- ordering it ---------------------------------------------------------------------------------------------------


def drafted(base: KnowledgeBase, row: str, text: str, lockout_min: float | None = None) -> Any:
    today = date(2026, 11, 20)
    return draft_order(
        row=row, dose_text=text, weight_kg=70.0, weight_measured_on=today, concentration_mg_ml=1.0, frail=False,
        age_y=45.0, base=base, on=today, bolus_lockout_min=lockout_min,
    )  # fmt: skip


def signed(base: KnowledgeBase, row: str, text: str, lockout_min: float | None = None) -> Any:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)
    draft = drafted(base, row, text, lockout_min)
    return sign(draft, by=PRESCRIBER, now=now, order_id="o", policy_signed=True, reason="as agreed")


def test_an_order_of_a_row_with_boluses_carries_its_lockout(base: KnowledgeBase) -> None:
    assert signed(base, "doses.d19", "0.5 mg/kg iv over 120 min").bolus_lockout_min == 10.0
    assert signed(base, "doses.d01", "0.5 mg/kg iv over 40 min").bolus_lockout_min is None


@pytest.mark.parametrize("minutes", [10.0, 10.1, 45.0])
def test_an_order_may_ask_for_a_lockout_as_long_as_the_row_s_or_longer(base: KnowledgeBase, minutes: float) -> None:
    assert signed(base, "doses.d19", "0.5 mg/kg iv over 120 min", minutes).bolus_lockout_min == minutes


@pytest.mark.parametrize("minutes", [9.9, 0.0, -1.0, math.nan, math.inf])
def test_a_lockout_shorter_than_the_row_s_or_no_number_is_no_order(base: KnowledgeBase, minutes: float) -> None:
    with pytest.raises(DraftError):
        drafted(base, "doses.d19", "0.5 mg/kg iv over 120 min", minutes)


def test_a_row_that_knows_no_bolus_takes_no_lockout(base: KnowledgeBase) -> None:
    with pytest.raises(DraftError, match="knows no bolus"):
        drafted(base, "doses.d01", "0.5 mg/kg iv over 40 min", 20.0)


def test_without_a_lockout_a_row_with_boluses_cannot_be_ordered_and_the_others_can(base: KnowledgeBase) -> None:
    bare, today = lacking(base, bolus.RULE), date(2026, 11, 20)
    assert {row.code for row in rows(base, today)} - {row.code for row in rows(bare, today)} == {"D19"}
    assert signed(bare, "doses.d19", "0.5 mg/kg iv over 120 min").code == "limit_missing"
    assert isinstance(signed(bare, "doses.d01", "0.5 mg/kg iv over 40 min"), Order)


def test_an_order_signed_before_lockouts_were_ordered_still_reads(base: KnowledgeBase) -> None:
    old = signed(base, "doses.d19", "0.5 mg/kg iv over 120 min").model_dump(mode="json")
    del old["bolus_lockout_min"]
    assert Order.model_validate(old).bolus_lockout_min is None


# ---- after a sedative ----------------------------------------------------------------------------------------------


def sedated(session: Any, minute: float) -> Any:
    """Midazolam was given at this minute; a running pump is paused a minute before."""
    if session.state.phase == "running":
        session.do(minute - 1, "pause")
    session.do(minute, "give_rescue", **MIDAZOLAM)
    return session


def test_after_a_sedative_a_bolus_is_the_prescribers_word(new_chair: Any) -> None:
    session = pain(new_chair)
    assert asked(session, 5) is None
    sedated(session, 6)
    assert asked(session, 7) == "prescriber_must_go_on"
    assert asked(session, 7, BOTH) is None
    told = {"prescriber": "doc-1", "act": "give_bolus", "text": "5 mg", "read_back": True}
    session.do(8, "record_verbal_order", **told)
    assert asked(session, 8) is None
    (given_,) = session.do(30, "give_bolus", ANAESTHETIST, amount_mg=5.0, identifiers=IDS, **{"as": "happened"})
    assert given_.flags == ("prescriber_must_go_on",)


def test_after_a_sedative_the_pump_is_resumed_by_the_prescriber(running: Any) -> None:
    sedated(running, 6)
    assert running.refused(7, "resume").code == "prescriber_must_resume"
    assert running.do(7, "resume", PRESCRIBER)
    assert not running.state.resume_needs_prescriber


def test_an_order_signed_before_a_sedative_is_started_by_the_prescriber(new_chair: Any) -> None:
    chair = new_chair(signed_at=START - timedelta(hours=2))
    chair.prepare()
    sedated(chair, -1)
    start = chair.start_command()
    assert chair.refused(0, "start_infusion", **start).code == "prescriber_must_start"
    assert not isinstance(chair.judge(0, "start_infusion", PRESCRIBER, **start), Refused)


def test_an_order_signed_after_the_sedative_is_started_by_the_nurse(new_chair: Any) -> None:
    chair = new_chair(signed_at=START - timedelta(minutes=1))
    chair.prepare()
    sedated(chair, -1)  # the same minute: the signer knew
    assert chair.do(0, "start_infusion", **chair.start_command())
    assert not chair.state.resume_needs_prescriber


def test_a_start_that_happened_after_a_sedative_is_recorded_and_more_stays_the_prescribers_word(new_chair: Any) -> None:
    chair = new_chair(signed_at=START - timedelta(hours=2))
    chair.prepare()
    sedated(chair, -1)
    (started,) = chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    assert started.flags == ("prescriber_must_start",)
    chair.do(1, "pause")
    assert chair.refused(2, "resume").code == "prescriber_must_resume"
