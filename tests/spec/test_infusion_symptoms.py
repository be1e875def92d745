"""Where looks and numbers mislead during an infusion.

Closed eyes and a mind far away are not slow breathing: nothing sounds, comfort comes first. A pressure that is an
advisory by its number is an emergency by its symptom. What is given for either moves the clock of the way home, and an
emergency keeps the record open until it is reported.
"""

import pytest
from support.walk import Walk
from support.worlds import World, _fresh_memory, world

from norket.record.session import advice, queries
from norket.record.session.actions import Acted
from norket.site.worlds import rescue
from norket.therapy.finding import Refused
from norket.therapy.session.schedule import earliest_discharge, upcoming

__all__ = ["_fresh_memory", "world"]
pytestmark = pytest.mark.django_db
CALM = {"sbp_mmhg": 126.0, "dbp_mmhg": 78.0, "hr_per_min": 80.0, "spo2_percent": 98.0, "rr_per_min": 14.0}


@pytest.fixture
def walk(world: World) -> Walk:
    return Walk(world).sign_rescue()


def midazolam(walk: Walk, minute: float) -> Acted | Refused:
    return walk.try_(
        minute,
        "give_rescue",
        drug="midazolam",
        amount=1.0,
        unit="mg",
        route="iv",
        identifiers=walk.identifiers,
        product_id="midazolam",
        lot=rescue.LOT,
    )


def test_eyes_closed_and_far_away_raises_no_breathing_alert(walk: Walk) -> None:
    walk.do(0, "record_vitals", vitals=CALM)
    walk.do(1, "record_score", score="moaas", value=4)
    walk.do(1, "record_score", score="dissociation", value=9)
    walk.watch(2)
    assert not {rule for rule in walk.open_() if "spo2" in rule or "rr_" in rule or "moaas" in rule}
    assert set(walk.open_().values()) <= {"T1"}


def test_comfort_comes_before_a_sedative_and_the_effect_says_how_long_it_lasts(walk: Walk) -> None:
    walk.do(0, "raise_concern", concern="frightened")
    for step in ("presence", "mask_off", "headphones_off", "offered_pause"):
        walk.do(1, "record_comfort", step=step)
    assert [step for _, step in walk.state.comforts] == ["presence", "mask_off", "headphones_off", "offered_pause"]
    due = {item.what: item.due_at for item in upcoming(walk.state, {}, walk.at(1), queries.base())}
    assert due["distress_recheck"] == walk.at(3)
    told = advice.fade(walk.world.session(), walk.at(1))
    assert not isinstance(told, Refused)
    assert 0 < told["p5_min"] < told["p50_min"] < min(60, told["p95_min"])


def test_midazolam_moves_the_way_home_and_more_ketamine_is_the_prescribers(walk: Walk) -> None:
    walk.do(0, "record_vitals", vitals=CALM)
    walk.do(0, "record_score", score="watched_sedation", value=0)
    walk.do(1, "pause")
    assert isinstance(midazolam(walk, 2), Acted)
    refused = walk.try_(3, "resume")
    assert isinstance(refused, Refused)
    assert refused.code == "prescriber_must_resume"
    walk.do(4, "stop_infusion")
    due = {item.what: item.due_at for item in upcoming(walk.state, {}, walk.at(4), queries.base())}
    assert due["moaas"] == walk.at(7)
    walk.do(90, "give_rescue", **{"drug": "midazolam", "amount": 0.5, "unit": "mg", "route": "iv", "as": "happened"})
    assert earliest_discharge(walk.state, walk.at(91), queries.base()) == walk.at(150)


def test_162_over_96_with_the_worst_headache_is_an_emergency(walk: Walk) -> None:
    walk.do(0, "record_vitals", vitals=CALM | {"sbp_mmhg": 162.0, "dbp_mmhg": 96.0})
    walk.watch(0)
    assert set(walk.open_().values()) == {"T1"}
    walk.do(1, "record_event", event="severe_headache", grade=3)
    walk.watch(1)
    assert walk.open_()["escalation.t3.severe_headache"] == "T3"


def test_the_emergency_keeps_the_record_open_until_it_is_reported_and_signed(walk: Walk) -> None:
    walk.do(1, "record_event", event="severe_headache", grade=3)
    walk.watch(1)
    walk.do(2, "note_emergency", step="ambulance_called")
    walk.do(3, "give_rescue", **{"drug": "labetalol", "as": "happened"})
    walk.do(9, "transfer", to="General Hospital", with_whom="ambulance crew")
    page = queries.page(walk.world.session(), walk.at(10))
    assert page["phase"] == "transferred"
    assert {"rescue_given", "emergency_noted"} <= {line["type"] for line in page["safety"]["emergency"]["lines"]}

    def held() -> str:
        view = queries.page(walk.world.session(), walk.at(20))
        return next(str(one["state"]) for one in view["closing"] if one["rule"] == "recovery.record.incident")

    assert held() == "unknown"
    walk.do(12, "report_incident", what="headache", told="Dr Pia", actions="stopped, labetalol", outcome="transferred")
    assert held() == "fires"
    walk.do(13, "sign_incident", "prescriber")
    assert held() == "clear"
