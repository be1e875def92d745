"""What goes wrong and what is done about it: events on their way, fright, the emergency log, incident, transfer."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from norket import knowledge
from norket.therapy.actor import Actor
from norket.therapy.session import adverse, incident, schedule
from norket.therapy.session import state as s
from norket.therapy.session import watch_events as o
from norket.therapy.session.emergency import log
from norket.therapy.session.safety_view import safety_view

BASE = knowledge.read()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PRESCRIBER = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
REPORT = {"what": "pressure", "told": "Dr Pia", "actions": "stopped", "outcome": "well"}
DEVICE = {"line_problem", "pump_alarm", "patient_request"}


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


# ---- the catalogue -------------------------------------------------------------------------------------------------


def test_every_event_of_the_patient_stands_in_the_catalogue_and_every_entry_has_its_code() -> None:
    codes = {
        entry.data["code"]
        for entry in BASE.entries
        if BASE.files[entry.id] == "adverse_events.yaml" and entry.data.get("code")
    }
    assert codes == set(get_args(o.Adverse)) - DEVICE


def test_the_rescue_of_an_event_is_a_template_that_exists() -> None:
    ids = {entry.id for entry in BASE.entries}
    for entry in BASE.entries:
        if BASE.files[entry.id] == "adverse_events.yaml":
            assert set(entry.data.get("rescue", ())) <= ids


def judged(rule: str, given: dict[str, Any]) -> bool:
    if rule == "adverse.serious":
        return adverse.is_serious(given["grade"], given["hospital"], NOW, BASE)
    one = s.Adverse(n=1, at=ago(given["min_since_seen"]), event="nausea", grade=given["grade"])
    return adverse.recheck_at(one, NOW, BASE) < NOW


@pytest.mark.parametrize("rule", ["adverse.recheck", "adverse.serious"])
def test_the_cases_of_the_catalogue(rule: str) -> None:
    for case in BASE.entry(rule).cases:
        assert ("fires" if judged(rule, dict(case.given)) else "clear") == case.expect, case.name


# ---- an event on its way -------------------------------------------------------------------------------------------


def test_an_open_event_is_looked_at_again_until_it_is_resolved(running: Any) -> None:
    running.do(5, "record_event", event="nausea", grade=2)
    (one,) = adverse.open_events(running.state, running.at(5), running.base)
    assert (one.grade, one.recheck_at, one.rescue) == (2, running.at(10), ("rescue.template_antiemetic",))
    running.do(9, "follow_event", n=one.n, outcome="worse", grade=3, action="sick bowl")
    (one,) = adverse.open_events(running.state, running.at(9), running.base)
    assert (one.grade, one.recheck_at, one.action) == (3, running.at(11), "sick bowl")
    due = schedule.upcoming(running.state, {}, running.at(9), running.base)
    assert f"event_{one.n}" in {item.what for item in due}
    running.do(10, "follow_event", n=one.n, outcome="resolved")
    assert adverse.open_events(running.state, running.at(10), running.base) == ()


def test_an_event_may_have_begun_earlier(running: Any) -> None:
    running.do(15, "record_event", event="dizziness", late=10)
    (one,) = adverse.open_events(running.state, running.at(15), running.base)
    assert one.since == running.at(10)


def test_what_was_never_reported_cannot_be_followed(running: Any) -> None:
    assert running.refused(5, "follow_event", n=1, outcome="resolved").code == "no_such_event"


@pytest.mark.parametrize(
    ("report", "rule", "tier"),
    [
        ({"event": "nausea", "grade": 4}, "escalation.t3.serious_event", "T3"),
        ({"event": "tired", "grade": 1, "hospital": True}, "escalation.t2.hospital_event", "T2"),
        ({"event": "hypoxia", "grade": 1}, "escalation.t3.hypoxia", "T3"),
    ],
)
def test_what_is_serious_calls_the_prescriber_at_once(
    running: Any, report: dict[str, Any], rule: str, tier: str
) -> None:
    running.do(5, "record_event", **report)
    running.watch(5)
    (alert,) = [one for one in running.state.alerts if not one.technical]
    assert (alert.rule, alert.tier) == (rule, tier)


def test_an_event_of_grade_three_calls_nobody_by_its_grade(running: Any) -> None:
    running.do(4, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0, "spo2_percent": 98.0})
    running.do(5, "record_event", event="dizziness", grade=3)
    running.watch(5)
    assert [one.rule for one in running.state.alerts if not one.technical] == []


def test_one_that_becomes_life_threatening_calls_then(running: Any) -> None:
    running.do(5, "record_event", event="nausea", grade=3)
    running.watch(5)
    running.do(6, "follow_event", n=running.state.adverse[0].n, outcome="worse", grade=4)
    running.watch(6)
    assert running.alert("serious_event").tier == "T3"


# ---- fright --------------------------------------------------------------------------------------------------------


def test_the_first_fright_is_silent_and_the_second_calls_the_prescriber(running: Any) -> None:
    running.do(5, "raise_concern", concern="frightened")
    running.watch(5)
    assert running.alert("frightened").tier == "T1"
    due = {item.what: item.due_at for item in schedule.upcoming(running.state, {}, running.at(5), running.base)}
    assert due["distress_recheck"] == running.at(8)
    running.do(7, "raise_concern", concern="frightened")
    running.watch(7)
    assert running.alert("frightened_again").tier == "T2"


def test_the_stop_word_prompts_the_pause(running: Any) -> None:
    running.do(5, "raise_concern", concern="stop_word")
    running.watch(5)
    assert running.alert("stop_word").tier == "T2"
    assert running.alert("stop_word").advice.startswith("Pause the pump now")


def test_comfort_is_recorded_step_by_step(running: Any) -> None:
    for minute, step in ((5, "presence"), (6, "mask_off")):
        running.do(minute, "record_comfort", step=step)
    assert [step for _, step in running.state.comforts] == ["presence", "mask_off"]


# ---- the emergency log ---------------------------------------------------------------------------------------------


def test_a_t3_opens_the_log_and_a_tap_is_a_line(running: Any) -> None:
    assert log(running.state, running.at(4), running.base) is None
    running.do(5, "record_event", event="chest_pain")
    running.watch(5)
    running.do(6, "note_emergency", step="ambulance_called")
    running.do(7, "give_rescue", **{"drug": "adrenaline", "as": "happened"})
    found = log(running.state, running.at(8), running.base)
    assert found is not None
    assert found.opened_at == running.at(5)
    assert [(line.type, line.incomplete) for line in found.lines[:2]] == [
        ("rescue_given", True),
        ("emergency_noted", False),
    ]


def test_a_line_is_completed_later_and_says_so(running: Any) -> None:
    running.do(5, "note_emergency", step="opened")
    running.do(6, "give_rescue", **{"drug": "adrenaline", "as": "happened"})
    n = running.ledger[-1].n
    running.do(
        9,
        "correct",
        corrects=n,
        reason="later",
        data={"drug": "adrenaline", "amount": 0.5, "unit": "mg", "route": "im"},
    )
    running.do(10, "note_emergency", step="shock", late=8)
    found = log(running.state, running.at(10), running.base)
    assert found is not None
    lines = {line.n: line for line in found.lines}
    assert (lines[n].late, lines[n].incomplete) == (True, False)
    assert next(line for line in found.lines if line.text.startswith("shock")).late
    assert not next(line for line in found.lines if line.text.startswith("opened")).late


def test_the_log_ends_by_hand_and_a_new_t3_opens_it_again(running: Any) -> None:
    running.do(5, "note_emergency", step="opened")
    running.do(9, "note_emergency", step="over")
    ended = log(running.state, running.at(9), running.base)
    assert ended is not None
    assert ended.ended_at == running.at(9)
    running.do(12, "record_event", event="seizure")
    running.watch(12)
    again = log(running.state, running.at(12), running.base)
    assert again is not None
    assert again.ended_at is None


# ---- the incident and the transfer ---------------------------------------------------------------------------------


def test_a_session_with_a_t3_keeps_its_record_open_until_the_report_is_signed(running: Any) -> None:
    def held() -> str:
        return incident.record_finding(running.state, running.at(20), running.base).state

    assert held() == "clear"
    running.do(5, "record_event", event="chest_pain")
    running.watch(5)
    assert held() == "unknown"
    running.do(10, "report_incident", **REPORT)
    assert held() == "fires"
    assert running.refused(11, "sign_incident").code == "role_not_allowed"
    running.do(12, "sign_incident", PRESCRIBER)
    assert held() == "clear"
    running.do(13, "record_event", event="syncope")
    running.watch(13)
    assert held() == "fires"


def test_no_report_no_signature(running: Any) -> None:
    assert running.refused(5, "sign_incident", PRESCRIBER).code == "no_report"


def test_a_new_report_asks_for_a_new_signature(running: Any) -> None:
    running.do(5, "report_incident", **REPORT)
    running.do(6, "sign_incident", PRESCRIBER)
    running.do(7, "report_incident", **REPORT)
    assert running.state.incident.signed_by is None


def test_a_transfer_stops_the_pump_and_ends_the_session(running: Any) -> None:
    stopped, gone = running.do(10, "transfer", to="General Hospital", with_whom="ambulance crew")
    assert (stopped.type, gone.type) == ("infusion_stopped", "transferred")
    assert (running.state.phase, running.state.ended_at) == ("transferred", running.at(10))
    assert running.refused(11, "transfer", to="Other").code == "session_ended"
    assert running.refused(11, "resume").code == "session_ended"
    assert safety_view(running.state, running.at(11), running.base).report.state == "unknown"
    assert [one.rule for one in running.state.alerts if one.cleared_at is None and not one.technical] == []


def test_a_transfer_after_leaving_is_still_a_fact(running: Any) -> None:
    running.do(10, "leave_early", cannula_in="no")
    (gone,) = running.do(20, "transfer", to="General Hospital")
    assert gone.flags == ("session_was_over",)
    assert running.state.phase == "transferred"
