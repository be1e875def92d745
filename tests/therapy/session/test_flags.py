"""What was recorded against a rule is escalated, or the reason why not stands here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import norket.therapy.session as room
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor

IDS = ("MRN-1", "1980-01-01")
HAPPENED = {"as": "happened"}
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))
JUDGED = ("bolus", "decide", "dosing", "giving", "identity", "rescuing")
HELD = "it is seen before anything is given, and holds the start or the dose by itself"
ENTRY = "it says how the entry was made, and moves nothing in the patient"
SEEN = "the open alert that stands against it speaks of it already"
RESCUE = "whoever gives a rescue medicine is with the patient; what it holds is asked for in the sheet"
ANSWERS = {"yes"}  # what a flag depends on, and no flag
CHARGE = "who has the patient is seen by both, and nothing in the patient changes"
SILENT = {
    "above_nurse_maximum": CHARGE,
    "taken_without_offer": CHARGE,
    "nothing_was_running": ENTRY,
    "no_effect_at_this_time": ENTRY,
    "attempts_above_limit": ENTRY,
    "not_read_back": ENTRY,
    "name_not_asked": ENTRY,
    "signature_without_capacity": SEEN,
    "capacity_told": SEEN,
    "label_disagrees": HELD, "vial_disagrees": HELD, "checker_is_preparer": HELD, "above_register_balance": HELD,
    "rate_disagrees": HELD, "volume_disagrees": HELD, "amount_disagrees": HELD, "device_out_of_order": HELD,
    "device_too_soon": HELD, "already_started": ENTRY, "order_is_a_dose": ENTRY, "not_running": ENTRY,
    "not_paused": ENTRY, "nothing_left": ENTRY, "pump_runs": ENTRY, "identifiers_missing": ENTRY,
    "witness_is_maker": ENTRY, "above_what_was_drawn": ENTRY,
    "measure_again_first": SEEN, "measure_first": SEEN, "site_failed": SEEN, "time_out_again": SEEN,
    "prescriber_must_resume": "it is written as resumed_without_prescriber",
    "in_the_future": ENTRY, "rescue_held": RESCUE, "rescue_other_unit": RESCUE, "rescue_amount_missing": RESCUE,
    "rescue_below_least": RESCUE, "rescue_above_most": RESCUE, "rescue_too_soon": RESCUE,
    "rescue_total_unknown": RESCUE, "rescue_above_total": RESCUE, "rescue_template_unsigned": RESCUE,
    "register_lot_missing": RESCUE,
}  # fmt: skip


def written() -> set[str]:
    """Every code with which an act that happened may be flagged, and every name of a thing found against a fact."""
    folder = Path(room.__file__).parent
    return {flag for path in folder.glob("*.py") for flag in _of(path.stem, ast.parse(path.read_text()))}


def _of(module: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and module in JUDGED:
            named = [k.value for k in node.keywords if k.arg == "code"]
            yield from (str(value.value) for value in named if isinstance(value, ast.Constant))
        if isinstance(node, ast.keyword) and node.arg == "flags":
            found = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            yield from (flag for flag in found if isinstance(flag, str) and flag)
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Dict)
            and ast.unparse(node.targets[0]) == "found"
        ):
            yield from (str(key.value) for key in node.value.keys if isinstance(key, ast.Constant))


def escalated(base: KnowledgeBase) -> set[str]:
    return {e.data["code"] for e in base.entries if e.data.get("channel") == "flag" and e.data["tier"] in ("T2", "T3")}


def test_every_flag_escalates_or_says_why_not(base: KnowledgeBase) -> None:
    told = escalated(base)
    assert written() - told - SILENT.keys() - ANSWERS == set()
    assert told & SILENT.keys() == set()


def alerts(session: Any, minute: float) -> set[str]:
    session.watch(minute)
    return {alert.rule for alert in session.state.alerts if "flag" in alert.rule}


def test_a_bolus_by_a_nurse_is_told(new_chair: Any) -> None:
    session = new_chair(dose_row="doses.d19").start()
    session.do(5, "give_bolus", amount_mg=2.0, identifiers=IDS, **HAPPENED)
    assert alerts(session, 5) == {"escalation.t2.flag_role_not_allowed"}


def test_a_resume_without_the_prescriber_is_told_and_one_that_is_free_is_not(running: Any) -> None:
    running.do(4, "pause")
    running.do(5, "resume", **HAPPENED)
    assert alerts(running, 5) == set()
    running.do(6, "record_event", event="palpitations")
    running.watch(6)
    running.do(6, "pause")
    running.do(7, "resume", **HAPPENED)
    assert alerts(running, 7) == {"escalation.t2.flag_resumed_without_prescriber"}


def test_a_dose_with_a_strangers_identifiers_is_told_also_without_an_order(running: Any) -> None:
    dose = {"route": "oral", "product_id": "lozenge", "amount_mg": 5.0, "given_by": "nurse-1"}
    (told,) = running.do(5, "give_dose", identifiers=("MRN-9", "1970-01-01"), **dose, **HAPPENED)
    assert {"identity_mismatch", "no_order_for_route"} <= set(told.flags)
    (known,) = running.do(6, "give_dose", identifiers=IDS, **dose, **HAPPENED)
    assert "identity_mismatch" not in known.flags
    assert alerts(running, 6) == {"escalation.t2.flag_identity_mismatch", "escalation.t2.flag_no_order_for_route"}


@pytest.mark.parametrize("ready", [True, False])
def test_a_start_before_the_questions_were_asked_is_told(chair: Any, ready: bool) -> None:
    chair.prepare(but="" if ready else "consent").do(0, "start_infusion", **chair.start_command(), **HAPPENED)
    assert ("escalation.t2.flag_preflight_missing" in alerts(chair, 0)) is not ready


# ---- several flags of one act --------------------------------------------------------------------------------------

WRONG = {
    "order_id": "order-9",
    "product_id": "esketamine-25",
    "identifiers": ("MRN-9", "1970-01-01"),
}


def started(chair: Any, ready: bool, **wrong: Any) -> Any:
    chair.prepare(but="" if ready else "consent").do(0, "start_infusion", **chair.start_command(**wrong), **HAPPENED)
    return chair


@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize(
    ("part", "rule"),
    [("order_id", "order_mismatch"), ("product_id", "product_disagrees"), ("identifiers", "identity_mismatch")],
)
def test_a_missing_question_hides_nothing_that_is_about_the_patient(
    chair: Any, ready: bool, part: str, rule: str
) -> None:
    told = alerts(started(chair, ready, **{part: WRONG[part]}), 0)
    missing = set() if ready else {"escalation.t2.flag_preflight_missing"}
    assert told == {f"escalation.t2.flag_{rule}"} | missing
    assert chair.state.resume_needs_prescriber is True
    chair.do(1, "pause")
    assert chair.refused(2, "resume").code == "prescriber_must_resume"


def test_a_missing_question_alone_leaves_going_on_to_the_nurse(chair: Any) -> None:
    started(chair, False).watch(0)
    chair.do(1, "pause")
    assert chair.do(2, "resume")


def test_flags_of_different_matters_each_have_an_alert(chair: Any) -> None:
    told = alerts(started(chair, True, product_id="esketamine-25", identifiers=WRONG["identifiers"]), 0)
    assert told == {"escalation.t2.flag_product_disagrees", "escalation.t2.flag_identity_mismatch"}


def test_flags_of_one_matter_stand_in_one_alert_that_names_them_all(running: Any) -> None:
    (told,) = running.do(5, "give_bolus", amount_mg=2.0, identifiers=IDS, **HAPPENED)
    assert {"role_not_allowed", "bolus_not_in_row"} <= set(told.flags)
    assert len(alerts(running, 5)) == 1
    first = running.base.entry("escalation.t2.flag_bolus_not_in_row").statement.rstrip(".")
    assert running.alert("flag").why == f"{first}; also: role not allowed"


def test_the_highest_of_a_matter_stands_and_names_the_lower(running: Any) -> None:
    (told,) = running.do(5, "give_bolus", amount_mg=120.0, identifiers=("MRN-9", "1970-01-01"), **HAPPENED)
    assert {"above_cap", "above_ceiling", "identity_mismatch"} <= set(told.flags)
    assert alerts(running, 5) == {"escalation.t3.flag_above_ceiling", "escalation.t2.flag_identity_mismatch"}
    alert = running.alert("above_ceiling")
    first = running.base.entry(alert.rule).statement.rstrip(".")
    assert alert.why == f"{first}; also: above cap, bolus not in row, role not allowed"


def test_of_several_alerts_of_one_look_the_gravest_is_the_latest(running: Any) -> None:
    running.do(5, "give_bolus", amount_mg=120.0, identifiers=("MRN-9", "1970-01-01"), **HAPPENED)
    tiers = [event.tier for event in running.watch(5) if event.type == "alert_raised"]
    assert tiers == sorted(tiers)
    assert tiers[-1] == "T3"
