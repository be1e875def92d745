"""What is asked for by the row, the sedation and the rate: the plans of monitoring, expired CO2 and the rhythm."""

from datetime import date
from typing import Any

import pytest

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.library import judge
from norket.therapy.session import events as e
from norket.therapy.session import pump_events
from norket.therapy.session.decide import decide
from norket.therapy.session.preflight import Today, capnography
from norket.therapy.session.required import asked_since
from norket.therapy.session.schedule import next_pressure_at, plan_of, plans, upcoming

RULE = "monitoring.capnography"
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
CALM = {"sbp_mmhg": 130.0, "dbp_mmhg": 80.0}


def rows(base: KnowledgeBase) -> dict[str, Any]:
    return {entry.id: entry.data for entry in base.of_kind("dose") if "orderable" in entry.data}


def test_every_row_that_can_be_ordered_names_a_plan_that_knows_its_stages(base: KnowledgeBase) -> None:
    known = {plan.id: plan for plan in plans(base)}
    for row, data in rows(base).items():
        if data["orderable"]:
            assert data["monitoring"] in known, row
            stages = known[data["monitoring"]].data["stages"]
            assert set(stages) == {"loading", "after_change", "stable", "night"}, row


def test_a_plan_without_a_night_orders_no_row_of_several_days(base: KnowledgeBase) -> None:
    several = [row for row, data in rows(base).items() if data.get("not_orderable") == "multi_day"]
    assert several
    nights = {plan.id for plan in plans(base) if plan.data["stages"]["night"] is not None}
    assert not nights
    for row in several:
        assert judge(base, row, weight_kg=70.0, amount_mg=20.0, duration_min=60.0, on=date(2026, 11, 20)) == "unknown"


@pytest.mark.parametrize(
    ("row", "plan", "minutes"),
    [
        ("doses.d01", "monitoring.blood_pressure", [15, 25, 35]),
        ("doses.d17", "monitoring.long_infusion", [15, 27, 39]),
    ],
)
def test_the_row_of_the_order_says_how_often(new_chair: Any, row: str, plan: str, minutes: list[int]) -> None:
    chair = new_chair(dose_row=row).start()
    assert plan_of(chair.state, chair.base) == plan
    found = []
    for minute in (10, 15, minutes[1]):
        chair.do(minute, "record_vitals", vitals=CALM)
        found.append(
            (next_pressure_at(chair.state, {}, chair.at(minute), chair.base) - chair.at(0)).total_seconds() / 60
        )
    assert found == minutes


def test_a_first_session_is_watched_closely_up_to_the_usual_peak(new_chair: Any) -> None:
    for first, due in ((True, 35), (False, 40)):
        chair = new_chair(plan={"first_session": first}).start()
        chair.do(30, "record_vitals", vitals=CALM)
        assert next_pressure_at(chair.state, {}, chair.at(30), chair.base) == chair.at(due)


# ---- expired CO2 and the rhythm ------------------------------------------------------------------------------------


def test_moderate_sedation_asks_for_expired_co2_within_two_minutes(running: Any) -> None:
    running.do(5, "record_score", score="moaas", value=3)
    running.watch(7)
    assert RULE not in running.open_alerts()
    running.watch(7.1)
    assert running.alert("capnography").why == "No expired CO2, asked for by MOAA/S 3"
    running.watch(8, {"etco2_mmhg": [running.sample(8, "etco2_mmhg", 38.0)]})
    assert RULE not in running.open_alerts()


def test_expired_co2_read_by_hand_counts_for_the_interval_of_the_scores(running: Any) -> None:
    running.do(5, "record_score", score="moaas", value=2)
    running.do(6, "record_vitals", vitals={"etco2_mmhg": 40.0})
    running.watch(15.9)
    assert RULE not in running.open_alerts()
    running.watch(16.1)
    assert RULE in running.open_alerts()
    running.do(17, "record_score", score="watched_sedation", value=0)
    running.watch(17)
    assert RULE not in running.open_alerts()


@pytest.mark.parametrize(("rate", "asked"), [(70.0, False), (71.0, True)])
def test_above_one_mg_per_kg_and_hour_the_rhythm_is_due_too(running: Any, rate: float, asked: bool) -> None:
    running.do(5, "change_rate", rate_ml_h=rate, **{"as": "happened"})  # 70 kg, 1 mg/mL
    running.watch(7.2)
    assert (RULE in running.open_alerts()) == asked
    items = {item.what: item.due_at for item in upcoming(running.state, {}, running.at(7), running.base)}
    assert ("rhythm" in items) == asked
    running.do(8, "record_vitals", vitals={"rhythm": "regular"})
    items = {item.what: item.due_at for item in upcoming(running.state, {}, running.at(8), running.base)}
    assert items.get("rhythm") == (running.at(18) if asked else None)


@pytest.mark.parametrize("ending", ["transfer", "leave_early"])
def test_whoever_has_gone_is_asked_for_no_capnography(running: Any, ending: str) -> None:
    running.do(10, "record_score", score="moaas", value=1)
    assert asked_since(running.state, running.at(11), running.base) is not None
    running.do(12, ending, **({"to": "General Hospital"} if ending == "transfer" else {"cannula_in": "no"}))
    assert asked_since(running.state, running.at(13), running.base) is None


# ---- expired CO2, because of the chart -----------------------------------------------------------------------------

SEDATING, BREATHING = "screening.scr_20", "screening.scr_23"


def started(new_chair: Any, today: Today, *, read: bool, **how: Any) -> Any:
    """A start under what screening says today; `read`: expired CO2 was read with the baseline."""
    chair = new_chair().prepare()
    if read:
        chair.do(-14, "record_vitals", vitals={"etco2_mmhg": 38.0})
    command = pump_events.StartInfusion.model_validate(chair.start_command(**how))
    day = today.model_copy(update={"never_closes": True, "first_ever": False})
    found = decide(chair.state, command, by=NURSE, now=chair.at(0), base=chair.base, today=day)
    if not isinstance(found, Refused):
        chair.record(found[0].at, found[0].event, NURSE.id)
    return found if isinstance(found, Refused) else chair


@pytest.mark.parametrize(
    ("answer", "rules", "read", "starts"),
    [
        ("yes", (SEDATING,), False, False),
        ("yes", (SEDATING,), True, True),
        ("unknown", (BREATHING,), False, False),
        ("unknown", (BREATHING,), True, True),
        ("no", (), False, True),
    ],
)
def test_a_start_waits_for_expired_co2_where_screening_asks_for_it(
    new_chair: Any, answer: Any, rules: tuple[str, ...], read: bool, starts: bool
) -> None:
    found = started(new_chair, Today(capnography=answer, capnography_for=rules), read=read)
    assert isinstance(found, Refused) is not starts
    if isinstance(found, Refused):
        assert {one.rule for one in found.findings} == {"preflight.capnography"}


@pytest.mark.parametrize(("ago_min", "clear"), [(60, True), (60.1, False)])
def test_a_reading_counts_for_as_long_as_a_baseline(chair: Any, ago_min: float, clear: bool) -> None:
    chair.do(-ago_min, "record_vitals", vitals={"etco2_mmhg": 38.0})
    today = Today(capnography="yes", capnography_for=(SEDATING,))
    found = capnography.capnography(chair.state, {}, chair.at(0), chair.base, today)
    assert (found.state == "clear") is clear


def test_an_artefact_is_no_reading(chair: Any) -> None:
    chair.do(-1, "record_vitals", vitals={"etco2_mmhg": 38.0, "artefact": True})
    today = Today(capnography="yes", capnography_for=(SEDATING,))
    assert capnography.capnography(chair.state, {}, chair.at(0), chair.base, today).state == "fires"


def test_while_the_drug_is_given_it_is_watched_and_afterwards_sedation_alone_asks(new_chair: Any) -> None:
    chair = started(new_chair, Today(capnography="yes", capnography_for=(SEDATING, BREATHING)), read=True)
    assert chair.state.capnography_for == (SEDATING, BREATHING)
    chair.watch(2)
    assert RULE not in chair.open_alerts()
    chair.watch(2.1)
    assert chair.alert("capnography").why == "No expired CO2, asked for by sedating medicine and breathing"
    chair.do(3, "record_vitals", vitals={"etco2_mmhg": 40.0})
    chair.watch(3)
    assert RULE not in chair.open_alerts()
    chair.do(20, "stop_infusion")
    chair.watch(20)
    assert asked_since(chair.state, chair.at(20), chair.base) is None
    chair.do(21, "record_score", score="moaas", value=3)
    assert asked_since(chair.state, chair.at(21), chair.base) is not None


def test_a_start_that_happened_without_it_is_recorded_and_watched_for(new_chair: Any) -> None:
    chair = started(new_chair, Today(capnography="yes", capnography_for=(SEDATING,)), read=False, **{"as": "happened"})
    assert "preflight_missing" in chair.state.flags
    chair.watch(2.1)
    assert RULE in chair.open_alerts()


def test_a_session_started_before_charts_were_asked_reads_as_it_was(running: Any) -> None:
    old = next(item.event for item in running.ledger if item.event.type == "infusion_started").model_dump(mode="json")
    del old["capnography_for"]
    assert e.EVENT.validate_python(old).capnography_for == ()
    assert asked_since(running.state, running.at(5), running.base) is None


@pytest.mark.parametrize(
    ("route", "objecting", "unsure", "state"),
    [
        ("iv", [SEDATING], [], "fires"),
        ("im", [], [BREATHING], "unknown"),
        ("iv", ["screening.scr_22"], ["screening.scr_24"], "clear"),
        ("intranasal", [SEDATING], [BREATHING], "clear"),
    ],
)
def test_a_plan_says_beforehand_whether_it_will_be_asked_for(
    base: KnowledgeBase, route: str, objecting: list[str], unsure: list[str], state: str
) -> None:
    found = capnography.planned(route, objecting, unsure, base)
    assert (found.state, found.action) == (state, "INFO")
