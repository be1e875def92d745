"""The limits of this patient: who may set them, how long they count, and that an emergency limit is never looser."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.therapy.conftest import ANAESTHETIST, NURSE, PRESCRIBER, Chair, order

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import COMPARE, Point, criteria, judge, limit
from norket.therapy.session.limits import is_past, own
from norket.therapy.session.samples import UNITS, Sample
from norket.therapy.session.view import view

SBP = "escalation.t2.sbp_high"  # 180 mmHg
OTHER_NURSE = Actor(id="nurse-2", name="Nils", roles=frozenset({"nurse"}))


def set_(chair: Any, minute: float, value: float | None, by: Actor = NURSE, rule: str = SBP, **more: Any) -> Any:
    until = more.pop("until", None)
    if until is not None:
        more["expires_at"] = chair.at(until)
    return chair.judge(minute, "set_limit", by, rule=rule, value=value, **more)


def keep(chair: Any, minute: float, value: float | None, by: Actor = NURSE, rule: str = SBP, **more: Any) -> None:
    decided = set_(chair, minute, value, by, rule, **more)
    assert not isinstance(decided, Refused), decided
    chair.record(decided[0].at, decided[0].event, by.id)


def code(answer: Any) -> str:
    return answer.code if isinstance(answer, Refused) else "set"


def test_anybody_at_the_chair_tightens_without_a_reason(running: Any) -> None:
    keep(running, 1, 160.0)
    running.do(2, "record_vitals", vitals={"sbp_mmhg": 165.0, "dbp_mmhg": 80.0})
    running.watch(2)
    alert = running.alert("sbp_high")
    assert (alert.rule, alert.tier) == (SBP, "T2")
    assert alert.figure == "160 mmHg for this patient; clinic: 180 mmHg"


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        (NURSE, {"reason": "treated hypertension", "until": 60}, "prescriber_must_loosen"),
        (ANAESTHETIST, {"reason": "treated hypertension", "until": 60}, "prescriber_must_loosen"),
        (PRESCRIBER, {"reason": "treated hypertension", "until": 60}, "set"),
        (PRESCRIBER, {"reason": "", "until": 60}, "loosening_incomplete"),
        (PRESCRIBER, {"reason": "treated hypertension"}, "loosening_incomplete"),
        (PRESCRIBER, {"reason": "treated hypertension", "until": 5}, "expiry_past"),
    ],
)
def test_only_a_prescriber_loosens_with_a_reason_and_an_end(
    running: Any, by: Actor, more: dict[str, Any], said: str
) -> None:
    assert code(set_(running, 5, 190.0, by, **more)) == said


def test_no_emergency_limit_is_loosened_and_none_is_passed(running: Any) -> None:
    more = {"reason": "treated hypertension", "until": 60}
    assert code(set_(running, 5, 201.0, PRESCRIBER, "escalation.t3.sbp_high", **more)) == "never_looser"
    assert code(set_(running, 5, 199.0, NURSE, "escalation.t3.sbp_high")) == "set"
    assert code(set_(running, 5, 200.0, PRESCRIBER, **more)) == "set"
    assert code(set_(running, 5, 201.0, PRESCRIBER, **more)) == "beyond_emergency"


def test_a_limit_is_set_by_people_while_the_session_lives(recovering: Any) -> None:
    device = Actor(id="m", name="m", roles=frozenset({"device"}))
    assert code(set_(recovering, 159, 160.0, device)) == "role_not_allowed"
    assert code(set_(recovering, 159, 160.0, rule="escalation.t3.seizure")) == "no_such_limit"
    assert code(set_(recovering, 159, 160.0)) == "set"
    recovering.do(161, "discharge", identifiers=("MRN-1", "1980-01-01"), escort_name="Eva")
    assert code(set_(recovering, 162, 160.0)) == "session_ended"


def test_who_tightened_or_a_prescriber_may_go_back_from_it(running: Any) -> None:
    keep(running, 1, 150.0, PRESCRIBER)
    assert code(set_(running, 2, 170.0, NURSE)) == "not_yours_to_loosen"
    assert code(set_(running, 2, None, NURSE)) == "not_yours_to_loosen"
    assert code(set_(running, 2, 149.0, NURSE)) == "set"
    assert code(set_(running, 2, None, PRESCRIBER)) == "set"
    keep(running, 3, 140.0, NURSE)
    assert code(set_(running, 4, None, OTHER_NURSE)) == "not_yours_to_loosen"
    assert code(set_(running, 4, None, NURSE)) == "set"


def test_a_tighter_limit_is_taken_back_by_who_set_it_and_never_written_over(running: Any) -> None:
    keep(running, 1, 150.0, PRESCRIBER)
    n = running.state.version
    assert running.refused(2, "correct", NURSE, corrects=n, reason="slip").code == "not_yours_to_loosen"
    over = {"rule": "escalation.t3.sbp_high", "value": 260.0, "clinic": 200.0}
    assert running.refused(2, "correct", PRESCRIBER, corrects=n, reason="slip", data=over).code == "not_correctable"
    running.do(2, "correct", PRESCRIBER, corrects=n, reason="slip")
    running.do(3, "record_vitals", vitals={"sbp_mmhg": 155.0, "dbp_mmhg": 80.0})
    running.watch(3)
    assert SBP not in running.open_alerts()


def test_a_looser_limit_counts_until_its_end_which_is_told_aloud(running: Any) -> None:
    running.do(1, "record_vitals", vitals={"sbp_mmhg": 185.0, "dbp_mmhg": 80.0})
    running.watch(1)
    assert SBP in running.open_alerts()
    keep(running, 2, 195.0, PRESCRIBER, reason="treated hypertension", until=20)
    running.watch(2)
    assert SBP not in running.open_alerts()
    running.do(10, "record_vitals", vitals={"sbp_mmhg": 186.0, "dbp_mmhg": 80.0})
    running.watch(19.99)
    assert SBP not in running.open_alerts()
    running.watch(20.1)
    assert {SBP, "escalation.t2.flag_limit_expired"} <= set(running.open_alerts())
    expired = next(item for item in running.ledger if item.event.type == "limit_expired")
    assert (expired.at, expired.event.value) == (running.at(20), 195.0)
    assert running.alert("limit_expired").technical  # it sounds, and keeps nobody from resuming


def test_the_limit_beneath_counts_again_when_the_one_above_ran_out(running: Any) -> None:
    keep(running, 1, 150.0, NURSE)
    keep(running, 2, 190.0, PRESCRIBER, reason="pain of the cuff", until=10)
    running.do(3, "record_vitals", vitals={"sbp_mmhg": 155.0, "dbp_mmhg": 80.0})
    running.watch(3)
    assert SBP not in running.open_alerts()
    running.watch(10)
    assert SBP in running.open_alerts()


def test_an_end_that_was_told_is_not_told_again(running: Any) -> None:
    keep(running, 1, 190.0, PRESCRIBER, reason="treated", until=5)
    keep(running, 1, 90.0, PRESCRIBER, rule="escalation.t1.hr_high", until=5)
    running.watch(5)
    running.watch(6)
    assert [item.event.type for item in running.ledger].count("limit_expired") == 2


def test_the_page_shows_the_limits_in_force_beside_the_clinics(running: Any) -> None:
    keep(running, 1, 190.0, PRESCRIBER, reason="treated hypertension", until=20)
    (shown,) = view(running.state, {}, running.at(2), running.base).limits
    assert (shown.value, shown.clinic, shown.unit, shown.looser) == (190.0, 180.0, "mmHg", True)
    assert (shown.by, shown.reason) == ("doc-1", "treated hypertension")
    assert view(running.state, {}, running.at(20), running.base).limits == ()


# ---- no sequence of limits makes an emergency later or absent ------------------------------------------------------

NUMERIC = ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min")
RULES = st.sampled_from(
    [
        f"escalation.{tier}.{name}"
        for tier in ("t1", "t2", "t3")
        for name in ("sbp_high", "sbp_low", "dbp_high", "spo2_low", "rr_low")
    ]
    + ["escalation.t3.spo2_very_low", "escalation.t2.hr_high", "escalation.t2.hr_low"]
)
LIMITS = st.tuples(
    st.just("limit"),
    RULES,
    st.one_of(st.none(), st.integers(0, 300).map(float)),
    st.sampled_from([NURSE, OTHER_NURSE, PRESCRIBER]),
    st.booleans(),
    st.one_of(st.none(), st.integers(1, 12)),
)
SEEN = st.tuples(
    st.just("vitals"),
    st.fixed_dictionaries(
        {},
        optional={
            "sbp_mmhg": st.integers(60, 240).map(float),
            "dbp_mmhg": st.integers(30, 140).map(float),
            "spo2_percent": st.integers(75, 100).map(float),
            "rr_per_min": st.integers(3, 35).map(float),
        },
    ),
)


def emergencies(chair: Any) -> set[str]:
    """The signs about which an emergency alert is open."""
    found = {rule.id: rule.data["channel"] for rule in criteria(chair.base)}
    return {found[a.rule] for a in chair.state.alerts if a.cleared_at is None and a.tier == "T3" and a.rule in found}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(LIMITS, SEEN), min_size=2, max_size=12))
def test_no_sequence_of_limits_makes_an_emergency_later_or_absent(base: Any, steps: list[Any]) -> None:
    plain, own = Chair(base, order()).start(), Chair(base, order()).start()
    for minute, step in enumerate(steps, start=1):
        if step[0] == "limit":
            _, rule, value, by, reason, lasts = step
            until = {"until": minute + lasts} if lasts else {}
            decided = set_(own, minute, value, by, rule, reason="treated" if reason else "", **until)
            if not isinstance(decided, Refused):
                own.record(decided[0].at, decided[0].event, by.id)
        else:
            for chair in (plain, own):
                chair.do(minute, "record_vitals", vitals=step[1])
        for second in (0.0, 0.5):
            plain.watch(minute + second)
            own.watch(minute + second)
            assert emergencies(plain) <= emergencies(own)


def test_a_ledger_that_holds_a_looser_emergency_limit_is_not_believed(running: Any) -> None:
    rule = "escalation.t3.sbp_high"
    running.record(running.at(1), o.LimitSet(rule=rule, value=280.0, clinic=200.0), NURSE.id)
    running.do(2, "record_vitals", vitals={"sbp_mmhg": 201.0, "dbp_mmhg": 80.0})
    running.watch(2 + timedelta(seconds=1) / timedelta(minutes=1))
    assert rule in running.open_alerts()


def _value(chair: Any, minute: float, channel: str, value: float) -> Sample:
    at = chair.at(minute)
    return Sample(
        channel=channel, value=value, unit=UNITS[channel], at=at, received_at=at, device="monitor-1", interval_s=1.0
    )


@pytest.mark.parametrize("off", [-0.5, 0.0, 0.5])
def test_a_value_is_past_a_limit_on_the_firing_side_of_any(running: Any, off: float) -> None:
    keep(running, 1, 160.0)
    held, at = own(running.state, running.at(2)), running.at(2)
    for rule in (rule for rule in criteria(running.base) if rule.data["channel"] in UNITS):
        channel, figure = rule.data["channel"], limit(rule, running.base, at, held)
        value = figure + (off if rule.data["comparison"] in (">=", ">") else -off)
        if COMPARE[rule.data["comparison"]](value, figure):
            assert is_past(running.state, _value(running, 2, channel, value), running.base), rule.id
        else:
            others = [one for one in criteria(running.base) if one.data["channel"] == channel and one is not rule]
            met = any(COMPARE[o.data["comparison"]](value, limit(o, running.base, at, held)) for o in others)
            assert is_past(running.state, _value(running, 2, channel, value), running.base) == met, rule.id


def test_a_limit_of_this_patient_counts_from_when_it_was_set(running: Any) -> None:
    keep(running, 2, 130.0)
    told = [is_past(running.state, _value(running, minute, "sbp_mmhg", 135.0), running.base) for minute in (1, 3)]
    assert told == [False, True]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    channel=st.sampled_from(sorted(UNITS)), value=st.floats(0, 400), rise=st.floats(-50, 200), moaas=st.integers(0, 5)
)
def test_no_criterion_ever_fires_on_a_value_that_is_past_no_limit(
    running: Any, channel: str, value: float, rise: float, moaas: int
) -> None:
    if is_past(running.state, _value(running, 2, channel, value), running.base):
        return
    points, now = [Point(running.at(2), value)], running.at(30)
    known = {"phase": "running", "rise_percent": rise, "moaas": moaas, "awake_oriented": False}
    for rule in criteria(running.base):
        if rule.data["channel"] == channel:
            assert judge(rule, points, known, now, running.base, now) == "clear"
