"""The view of a session: every number of the live screen, from the ledger and the latest samples."""

import json
import time
from typing import Any

import pytest

from norket.therapy.recovery.gates import findings
from norket.therapy.session import shapes
from norket.therapy.session import watch_events as o
from norket.therapy.session.fold import fold
from norket.therapy.session.view import view


def look(chair: Any, minute: float, samples: Any = None, **options: Any) -> Any:
    return view(chair.state, samples or {}, chair.at(minute), chair.base, **options)


def test_before_the_start_the_screen_names_what_is_missing(chair: Any) -> None:
    seen = look(chair, 0)
    assert (seen.phase, seen.running, seen.delivered_mg, seen.elapsed_s, seen.recovery) == (
        "planned",
        False,
        0.0,
        None,
        None,
    )
    assert {"preflight.consent", "preflight.time_out"} <= {item.rule for item in seen.missing}
    assert look(chair.prepare(), 0).missing == ()


def test_while_it_runs_the_screen_shows_what_went_in_and_what_is_left(running: Any) -> None:
    seen = look(running, 10)
    assert (seen.running, seen.rate_ml_h, seen.rate_mg_h, seen.rate_mg_kg_h) == (True, 52.5, 52.5, 0.75)
    assert (seen.delivered_mg, seen.delivered_ml, seen.remaining_mg) == (8.75, 8.75, 26.25)
    assert (seen.elapsed_s, seen.infusing_s, seen.remaining_s) == (600.0, 600.0, 1800.0)
    assert seen.planned_end_at == running.at(40)
    assert seen.order.mg_kg == 0.5


def test_a_pause_stops_the_infusing_time_but_not_the_elapsed_time(running: Any) -> None:
    running.do(10, "pause")
    seen = look(running, 15)
    assert (seen.running, seen.rate_ml_h, seen.elapsed_s, seen.infusing_s) == (False, 0.0, 900.0, 600.0)
    assert seen.remaining_mg == 26.25


def test_a_pump_that_ran_dry_is_not_shown_as_running(running: Any) -> None:
    seen = look(running, 45)
    assert (seen.phase, seen.running, seen.infusing_s, seen.delivered_mg) == ("running", False, 2400.0, 35.0)


def test_every_vital_sign_has_its_age_and_a_stale_one_says_so(running: Any) -> None:
    samples = {"spo2_percent": [running.sample(5, "spo2_percent", 97.0)]}
    fresh, stale = (look(running, 5 + second / 60, samples).vitals["spo2_percent"] for second in (10, 11))
    assert (fresh.value, fresh.unit, fresh.source, fresh.age_s, fresh.stale) == (97.0, "%", "monitor-1", 10.0, False)
    assert stale.stale
    assert "etco2_mmhg" not in look(running, 5).vitals


def test_the_newer_of_hand_and_monitor_is_shown_and_an_artefact_never(running: Any) -> None:
    good, bad = running.sample(5, "hr_per_min", 70.0), running.sample(6, "hr_per_min", 20.0, artefact=True)
    samples = {"hr_per_min": [good, bad]}
    assert look(running, 6, samples).vitals["hr_per_min"].value == 70.0
    running.do(6, "record_vitals", vitals={"hr_per_min": 82.0})
    shown = look(running, 6, samples).vitals["hr_per_min"]
    assert (shown.value, shown.source) == (82.0, "nurse-1")


def test_open_alerts_come_first_the_highest_before_the_others(running: Any) -> None:
    running.do(5, "record_event", event="anxiety")
    running.do(6, "record_event", event="palpitations")
    running.watch(6)
    running.do(7, "record_event", event="chest_pain")
    running.watch(7)
    running.do(8, "record_event", event="palpitations", resolved=True)
    running.watch(8)
    seen = [(a.tier, a.open, a.sounding) for a in look(running, 8).alerts if not a.technical]
    assert seen == [("T3", True, True), ("T1", True, False), ("T2", False, False)]


def test_an_acknowledged_alert_does_not_sound_until_its_pause_ends(running: Any) -> None:
    running.do(5, "record_event", event="chest_pain")
    running.watch(5)
    running.do(5, "acknowledge_alert", alert_id=running.alert("chest_pain").alert_id)
    sounding = [look(running, minute).alerts[0].sounding for minute in (5, 6.9, 7)]
    assert sounding == [False, False, True]


def test_what_is_next_comes_with_its_time_and_how_late_it_is(running: Any) -> None:
    due = {item.what: item for item in look(running, 7).next}
    assert (due["blood_pressure"].due_at, due["blood_pressure"].overdue_s) == (running.at(5), 120.0)
    assert (due["infusion_end"].due_at, due["infusion_end"].overdue_s) == (running.at(40), 0.0)
    assert [item.due_at for item in look(running, 7).next] == sorted(item.due_at for item in look(running, 7).next)


def test_a_frightened_patient_is_looked_at_again(running: Any) -> None:
    running.do(5, "raise_concern", concern="distress")
    assert next(i for i in look(running, 6).next if i.what == "distress_recheck").due_at == running.at(8)
    running.do(8, "record_score", score="watched_distress", value=1)
    assert "distress_recheck" not in {item.what for item in look(running, 9).next}


def test_the_last_thing_that_happened_is_told_in_words(running: Any) -> None:
    running.do(5, "change_rate", rate_ml_h=60.0)
    last = look(running, 6).last
    assert (last.text, last.by, last.at) == ("rate changed to 60 mL/h", "nurse-1", running.at(5))


def test_recovery_shows_the_clock_the_score_and_the_gates(recovering: Any) -> None:
    for minute, may in ((159, False), (160, True)):
        gates = findings(recovering.state, {}, recovering.at(minute), recovering.base)
        seen = look(recovering, minute, gates=gates)
        assert seen.recovery.may_discharge is may
        assert [item.rule for item in seen.missing] == ([] if may else ["recovery.gate.time"])
    assert (seen.recovery.score, seen.recovery.minimum_min) == (10, 120.0)
    assert (seen.recovery.clock_from, seen.recovery.earliest_at) == (recovering.at(40), recovering.at(160))
    assert not look(recovering, 160).recovery.may_discharge  # gates that were not evaluated are not met


def test_the_mass_of_the_session_adds_up(recovering: Any) -> None:
    recovering.do(158, "record_waste", amount_mg=17.0, witness="doc-1")
    mass = look(recovering, 160).mass
    assert (mass.drawn_mg, mass.given_mg, mass.wasted_mg, mass.unaccounted_mg) == (52.5, 35.0, 17.0, 0.5)


def test_every_flag_of_a_fact_is_shown(running: Any) -> None:
    running.do(5, "change_rate", rate_ml_h=400.0, **{"as": "happened"})
    assert set(look(running, 6).flags) == {"outside_band", "above_ceiling", "above_cap"}


def test_the_view_is_json_that_never_holds_a_number_that_is_none(new_chair: Any, recovering: Any) -> None:
    chair = new_chair(order=None)
    chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    for session, minute in ((chair, 10), (recovering, 160)):
        shown = look(session, minute).model_dump_json()
        assert "NaN" not in shown
        assert "Infinity" not in shown
        assert json.loads(shown)["session"] == "s1"
    assert look(chair, 10).remaining_mg is None


def test_four_hundred_events_are_folded_and_shown_in_no_time(running: Any) -> None:
    """A screen asks each second for each chair; the limit is ten times what an ordinary machine needs."""
    while len(running.ledger) < 400:
        minute = len(running.ledger) / 12
        running.record(running.at(minute), o.VitalsRecorded(vitals=shapes.Vitals(sbp_mmhg=120.0, dbp_mmhg=70.0)))
    samples = {"spo2_percent": [running.sample(30 + s / 60, "spo2_percent", 97.0) for s in range(300)]}

    def both() -> float:
        began = time.process_time()
        view(fold(running.ledger, "s1"), samples, running.at(36), running.base)
        return time.process_time() - began

    assert min(both() for _ in range(5)) < 0.05


@pytest.mark.parametrize("phase", ["planned", "running", "recovering"])
def test_looking_changes_nothing(phase: str, request: pytest.FixtureRequest) -> None:
    chair = request.getfixturevalue("chair" if phase == "planned" else phase)
    before = chair.state
    assert look(chair, 200) == look(chair, 200)
    assert chair.state == before


def test_nobody_is_late_for_the_earliest_discharge(recovering: Any) -> None:
    shown = {item.what: item.overdue_s for item in look(recovering, 400).next}
    assert shown["discharge"] == 0.0
    assert max(shown.values()) > 0
