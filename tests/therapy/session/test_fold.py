"""Folding a ledger: corrections, late entries, what was delivered."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.therapy.session import dose_events, way_out
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session.delivered import committed_mg, delivered_mg, history, infused_ml, planned_end, total_mg
from norket.therapy.session.fold import _Folding, evolve, fold


def test_every_kind_of_event_has_a_meaning_in_the_fold() -> None:
    kinds = {kind.model_fields["type"].default for kind in get_args(get_args(e.Event)[0])}
    assert {kind for kind in kinds if not hasattr(_Folding, f"_{kind}")} == way_out.KINDS == way_out._CHANGES.keys()


def test_a_whole_infusion_delivers_the_order(running: Any) -> None:
    assert delivered_mg(running.state, running.at(20)) == pytest.approx(17.5)
    assert delivered_mg(running.state, running.at(40)) == pytest.approx(35.0)
    assert planned_end(running.state, running.at(5)) == running.at(40)


def test_a_pump_gives_no_more_than_was_programmed(running: Any) -> None:
    assert delivered_mg(running.state, running.at(300)) == pytest.approx(35.0)
    assert committed_mg(running.state, running.at(300)) == pytest.approx(0.0, abs=1e-9)


def test_stopping_early_cuts_the_dose_to_what_ran(running: Any) -> None:
    running.do(10, "stop_infusion")
    assert delivered_mg(running.state, running.at(60)) == pytest.approx(8.75)
    assert running.state.phase == "stopped"
    assert planned_end(running.state, running.at(60)) is None


def test_pause_resume_bolus_and_a_late_entry(running: Any) -> None:
    running.do(8, "pause")
    assert delivered_mg(running.state, running.at(20)) == pytest.approx(7.0)
    running.do(20, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    running.do(20, "resume")
    running.do(25, "give_bolus", amount_mg=5.0, **{"as": "happened"}, late=20)
    given = history(running.state, running.at(25), planned=False)
    assert delivered_mg(running.state, running.at(25)) == pytest.approx(7.0 + 4.375 + 5.0)
    assert [dose.amount_mg for dose in given] == pytest.approx([7.0, 4.375, 5.0])
    assert planned_end(running.state, running.at(25)) == running.at(52)


def test_a_dose_by_another_route_counts_in_the_total_but_not_in_the_vein(running: Any) -> None:
    running.do(10, "give_dose", route="oral", product_id="lozenge", amount_mg=50.0, **{"as": "happened"})
    assert total_mg(running.state, running.at(10)) - delivered_mg(running.state, running.at(10)) == pytest.approx(50.0)
    assert [d.route for d in history(running.state, running.at(11), planned=False)] == ["iv", "oral"]


def test_the_future_of_a_running_pump_is_planned_not_given(running: Any) -> None:
    doses = history(running.state, running.at(10), planned=True)
    assert [(d.kind, round(d.amount_mg, 6)) for d in doses] == [("given", 8.75), ("planned", 26.25)]
    assert doses[-1].duration_min == pytest.approx(30.0)


def test_a_paused_pump_plans_nothing_but_stays_committed(running: Any) -> None:
    running.do(10, "pause")
    doses = history(running.state, running.at(12), planned=True)
    assert [(d.kind, round(d.amount_mg, 6)) for d in doses] == [("given", 8.75)]
    assert committed_mg(running.state, running.at(12)) == pytest.approx(26.25)


def test_a_pump_at_rate_zero_plans_nothing_but_stays_committed(running: Any) -> None:
    running.do(10, "change_rate", rate_ml_h=0.0, **{"as": "happened"})
    doses = history(running.state, running.at(12), planned=True)
    assert [(d.kind, round(d.amount_mg, 6)) for d in doses] == [("given", 8.75)]
    assert committed_mg(running.state, running.at(12)) == pytest.approx(26.25)


def test_a_session_that_has_not_begun_plans_its_order(chair: Any) -> None:
    planned = history(chair.state, chair.at(0), planned=True)
    assert [(d.kind, d.amount_mg, d.duration_min) for d in planned] == [("planned", 35.0, 40.0)]
    assert history(chair.state, chair.at(0), planned=False) == ()


def test_a_correction_takes_back_an_event_as_if_it_had_never_been(running: Any) -> None:
    running.do(10, "change_rate", rate_ml_h=30.0)
    changed = running.state
    running.do(12, "correct", corrects=changed.version, reason="wrong chair")
    assert changed.rate_set_ml_h == 30.0
    assert running.state.rate_set_ml_h == 52.5
    assert delivered_mg(running.state, running.at(20)) == pytest.approx(17.5)
    assert running.state.version == changed.version + 1


def test_a_correction_replaces_data_and_instant(running: Any) -> None:
    running.do(10, "change_rate", rate_ml_h=30.0)
    n = running.state.version
    running.do(15, "correct", corrects=n, reason="typed late", data={"rate_ml_h": 60.0}, late=5)
    assert [(part.rate_ml_h, part.start) for part in running.state.segments] == [
        (52.5, running.at(0)),
        (60.0, running.at(5)),
    ]


def test_a_correction_of_a_correction_by_correcting_the_original_again(running: Any) -> None:
    running.do(10, "change_rate", rate_ml_h=30.0)
    n = running.state.version
    running.do(11, "correct", corrects=n, reason="wrong")
    running.do(12, "correct", corrects=n, reason="right after all", data={"rate_ml_h": 30.0})
    assert running.state.rate_set_ml_h == 30.0


def test_a_late_pause_moves_the_end_that_was_computed_without_it(running: Any) -> None:
    running.watch(41)
    assert running.state.phase == "stopped"
    running.do(42, "pause", late=30)
    assert running.state.phase == "paused"
    assert delivered_mg(running.state, running.at(60)) == pytest.approx(26.25)


def test_a_second_start_as_a_fact_adds_its_own_volume(running: Any) -> None:
    running.do(50, "stop_infusion")
    running.do(60, "start_infusion", **running.start_command(volume_ml=10.0), **{"as": "happened"})
    assert delivered_mg(running.state, running.at(200)) == pytest.approx(45.0)
    assert "already_started" in running.state.flags


def test_a_start_whose_volume_nobody_knows_runs_until_it_is_stopped(new_chair: Any) -> None:
    chair = new_chair(order=None)
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    assert chair.state.volume_to_infuse_ml is None
    assert planned_end(chair.state, chair.at(10)) is None
    assert committed_mg(chair.state, chair.at(10)) is None
    planned = history(chair.state, chair.at(10), planned=True)[-1]
    assert (planned.kind, planned.duration_min, planned.amount_mg) == ("planned", 24 * 60, 24 * 52.5)
    chair.do(120, "stop_infusion")
    assert delivered_mg(chair.state, chair.at(200)) == pytest.approx(105.0)


def test_more_drug_puts_what_was_seen_in_recovery_in_doubt(recovering: Any) -> None:
    assert recovering.state.gates["oriented"].answer == "yes"
    recovering.do(158, "give_bolus", amount_mg=5.0, **{"as": "happened"})
    assert "oriented" not in recovering.state.gates
    assert "instructions_given" in recovering.state.gates


def test_an_unknown_volume_blocks_every_further_order(new_chair: Any) -> None:
    """Nobody knows what still runs, so nobody can say that it stays below the limits."""
    chair = new_chair(order=None)
    signed = new_chair().state.order
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    chair.record(chair.at(3), e.OrderSigned(order=signed))
    assert chair.refused(5, "change_rate", rate_ml_h=50.0).code == "limit_missing"
    (event,) = chair.do(5, "change_rate", rate_ml_h=50.0, **{"as": "happened"})
    assert event.flags == ("limit_missing",)


# ---- properties ----------------------------------------------------------------------------------------------------

ACTS = st.lists(
    st.tuples(
        st.integers(1, 120),
        st.sampled_from(["pause", "resume", "stop", "rate", "bolus", "start", "dose", "wrong"]),
        st.floats(1, 200, allow_nan=False),
    ),
    max_size=12,
    unique_by=lambda act: act[0],
)


def at(minute: float) -> datetime:
    return datetime(2026, 11, 20, 9, tzinfo=UTC) + timedelta(minutes=minute)


def event_of(kind: str, value: float) -> e.Event:
    match kind:
        case "pause":
            return p.InfusionPaused()
        case "resume":
            return p.InfusionResumed()
        case "stop":
            return p.InfusionStopped(delivered_mg=0.0)
        case "rate":
            return p.RateChanged(rate_ml_h=value)
        case "bolus":
            return p.BolusGiven(amount_mg=value)
        case "start":
            return p.InfusionStarted(
                order_id="o", product_id="p", concentration_mg_ml=2.0, rate_ml_h=value, volume_ml=10.0
            )
        case "dose":
            return dose_events.DoseGiven(route="oral", product_id="p", amount_mg=value)
        case _:
            return e.Corrected(corrects=int(value) % 12 + 1, reason="x")


def recorded(acts: list[tuple[int, str, float]]) -> list[e.Recorded]:
    return [
        e.Recorded(
            session="s",
            n=n,
            at=at(minute),
            recorded_at=at(minute),
            by="x",
            command_id=str(n),
            event=event_of(kind, value),
        )
        for n, (minute, kind, value) in enumerate(acts, start=1)
    ]


@given(ACTS)
def test_folding_at_once_equals_folding_one_by_one(acts: list[tuple[int, str, float]]) -> None:
    events = recorded(acts)
    state = fold([], "s")
    for event in events:
        state = evolve(state, event)
    assert state == fold(events, "s")


@given(ACTS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_of_facts_changes_nothing_but_their_numbers(
    acts: list[tuple[int, str, float]],
    random: Any,
) -> None:
    facts = [act for act in acts if act[1] != "wrong"]
    shuffled = random.sample(facts, len(facts))
    drop = {"version": True, "ledger": True, "flags": True, "other_doses": {"__all__": {"n"}}}
    one, other = fold(recorded(facts), "s"), fold(recorded(shuffled), "s")
    assert one.model_dump(exclude=drop) == other.model_dump(exclude=drop)


@given(ACTS, st.integers(0, 300))
def test_the_pump_never_gives_more_than_the_volumes_programmed(acts: list[tuple[int, str, float]], minute: int) -> None:
    state = fold(recorded(acts), "s")
    starts = sum(kind == "start" for _, kind, _ in acts)
    assert infused_ml(state, at(minute)) <= starts * 10 + 1e-9
    boluses = sum(bolus.amount_mg for bolus in state.boluses)
    assert delivered_mg(state, at(minute)) <= starts * 20 + boluses + 1e-9


@given(ACTS)
def test_what_was_delivered_never_shrinks_with_time(acts: list[tuple[int, str, float]]) -> None:
    state = fold(recorded(acts), "s")
    course = [delivered_mg(state, at(minute)) for minute in range(0, 200, 7)]
    assert course == sorted(course)


@given(ACTS)
def test_delivered_equals_a_slow_integral_at_one_second_steps(acts: list[tuple[int, str, float]]) -> None:
    """An independent oracle: step through time, one second after another, with a volume counter."""
    facts = sorted(act for act in acts if act[1] not in ("wrong", "dose"))
    state = fold(recorded(facts), "s")
    by_second = {minute * 60: (kind, value) for minute, kind, value in facts}
    phase, rate, programmed, infused, bolus = "idle", 0.0, 0.0, 0.0, 0.0
    for second in range(130 * 60):
        kind, value = by_second.get(second, ("", 0.0))
        if kind == "start":
            phase, rate, programmed = "running", value, infused + 10
        elif kind == "rate":
            rate = value
        elif kind == "pause" and phase == "running":
            phase = "paused"
        elif kind == "resume" and phase == "paused":
            phase = "running"
        elif kind == "stop" and phase != "idle":
            phase = "idle"
        elif kind == "bolus":
            bolus += value
        if phase == "running":
            infused = min(programmed, infused + rate / 3600)
    given_mg = delivered_mg(state, at(0) + timedelta(seconds=130 * 60))
    assert given_mg == pytest.approx(infused * 2 + bolus, abs=1e-6)


# ---- what the pump holds ---------------------------------------------------------------------------------------------


def started(chair: Any, product_id: str, **more: Any) -> Any:
    command = {"order_id": "none", "concentration_mg_ml": 1.0, "rate_ml_h": 26.25, "volume_ml": 17.5}
    chair.do(
        0,
        "start_infusion",
        product_id=product_id,
        identifiers=("MRN-1", "1980-01-01"),
        **command,
        **({"as": "happened"} | more),
    )
    return chair


@pytest.mark.parametrize(
    ("product_id", "drug"), [("esketamine-25", "esketamine"), ("ketamine-10", "ketamine"), ("a vial", "ketamine")]
)
def test_a_pump_gives_the_drug_of_its_product_also_without_an_order(new_chair: Any, product_id: str, drug: str) -> None:
    chair = started(new_chair(order=None), product_id)
    chair.do(10, "give_bolus", **{"amount_mg": 5.0, "as": "happened"})
    assert {dose.drug for dose in history(chair.state, chair.at(20), planned=True)} == {drug}


def test_another_syringe_gives_its_own_drug_from_there_on(new_chair: Any) -> None:
    chair = started(new_chair(order=None), "ketamine-10")
    syringe = {"lot": "L2", "concentration_mg_ml": 1.0, "drawn_mg": 20.0, "volume_ml": 20.0, "checker": "doc-1"}
    chair.do(10, "change_syringe", product_id="esketamine-25", **syringe)
    drugs = [dose.drug for dose in history(chair.state, chair.at(20), planned=True)]
    assert drugs == ["ketamine", "esketamine", "esketamine"]


def test_a_product_that_nobody_knows_holds_what_was_ordered(new_chair: Any) -> None:
    chair = started(new_chair(drug="esketamine"), "a vial")
    assert {dose.drug for dose in history(chair.state, chair.at(20), planned=True)} == {"esketamine"}


def test_an_older_ledger_tells_the_drug_by_the_name_of_the_product(new_chair: Any) -> None:
    chair = started(new_chair(order=None), "esketamine-25")
    chair.ledger[-1] = chair.ledger[-1].model_copy(
        update={"event": chair.ledger[-1].event.model_copy(update={"drug": None})}
    )
    assert chair.state.segments[0].drug == "esketamine"
