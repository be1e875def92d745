"""A session that is killed at every step goes on as if nothing had happened: phase, elapsed time, milligrams, open
alerts and timers after each restart are those of the same session in a process that nobody killed.

Time stands still between the steps (the test clock), so that the two runs can be compared field by field.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.hand import Hand
from support.journey import Step, whole_treatment
from support.nursery import Nursery

pytestmark = pytest.mark.faults
ORDERS = {"start_infusion", "change_rate", "resume", "discharge"}
MOMENTS = ("before_commit", "after_commit", "after_answer")
LAST = "discharge"
BOLUS = "escalation.t2.flag_bolus_not_in_row"
World = dict[str, Any]


def script(session: dict[str, Any]) -> Iterator[Step]:
    """The whole treatment, with an emergency in it: an alert, its answer, a rescue medicine, a bolus that happened."""
    for step in whole_treatment(session):
        yield step
        if step.body["type"] == "change_rate":
            bad = {"sbp_mmhg": 205, "dbp_mmhg": 124, "hr_per_min": 88, "spo2_percent": 97}
            yield Step("nurse", {"type": "record_vitals", "vitals": bad}, wait_min=0.5)
            yield Step("nurse", {"type": "pause", "reason": "pressure"}, wait_min=0.2)
            rescue = {
                "type": "give_rescue",
                "as": "happened",
                "drug": "ondansetron",
                "amount": 4,
                "unit": "mg",
                "route": "iv",
            }
            yield Step("nurse", rescue, wait_min=1)
            bolus = {"type": "give_bolus", "as": "happened", "amount_mg": 2, "identifiers": session["identifiers"][:2]}
            yield Step("nurse", bolus, wait_min=2)
            answer = {"type": "acknowledge_alert", "alert_id": BOLUS}
            yield Step("prescriber", answer, wait_min=1)
            good = {"sbp_mmhg": 128, "dbp_mmhg": 78, "hr_per_min": 72, "spo2_percent": 97}
            yield Step("nurse", {"type": "record_vitals", "vitals": good}, wait_min=2)
            yield Step("prescriber", {"type": "resume"}, wait_min=2)


def named(hand: Hand, session: str, body: dict[str, Any]) -> dict[str, Any]:
    """The command with the id of the alert in place of its rule."""
    if body["type"] != "acknowledge_alert":
        return body
    shown = hand.ask("page", session=session)["page"]["alerts"]
    return body | {"alert_id": next(one["alert_id"] for one in shown if one["rule"] == body["alert_id"])}


def walk(hand: Hand, world: World, moments: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The session step by step; after each one, what the record shows. Of the moments at which a process can be
    killed, each step takes those given; the command is then sent again under the same key."""
    people = {person["role"]: person["id"] for person in world["people"]}
    hand.shown = datetime.fromisoformat(world["now"])
    ago = {name: (hand.shown - timedelta(hours=hours)).isoformat() for name, hours in (("ate_at", 9), ("drank_at", 3))}
    session = {**world["sessions"]["planned"], "checker": people["prescriber"], **ago}
    for number, step in enumerate(script(session)):
        hand.wait(step.wait_min)
        hand.ask("look")
        order = {
            "session": session["id"],
            "person": people[step.role],
            "body": named(hand, session["id"], step.body),
            "key": f"step-{number}",
            "ordered": step.name in ORDERS,
        }
        for moment in moments:
            answer = hand.ask("act", **order, die=moment)
            if moment == "after_answer":
                hand.kill()
            else:
                assert answer is None or "refused" in answer, (moment, answer)
        answer = hand.ask("act", **order, die="")
        assert "refused" not in answer, (step.body, answer)
        hand.ask("look")
        if "after_answer" in moments:
            hand.kill()
        yield {"step": step.body["type"], "answer": answer["events"], **hand.ask("page", session=session["id"])}


def run(
    nursery: Nursery,
    folder: Path,
    world: World,
    place: Path,
    moments: tuple[str, ...],
    *,
    plant: str = "",
    upto: str = LAST,
) -> Any:
    """What the record showed after each step up to the one of this name, the kills, and whether the record holds."""
    hand, seen = Hand(nursery, Path(shutil.copytree(folder, place)), plant), list[dict[str, Any]]()
    try:
        for shown in walk(hand, world, moments):
            seen.append(shown)
            if shown["step"] == upto:
                break
    finally:
        hand.kill()
    return seen, hand.kills, nursery.run("verify", place)


@pytest.fixture(scope="module")
def unkilled(nursery: Nursery, seeded: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run(nursery, *seeded, tmp_path_factory.mktemp("unkilled") / "clinic", ())


@pytest.fixture(scope="module")
def killed(
    nursery: Nursery,
    seeded: tuple[Path, World],
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Any:
    moments = MOMENTS if pytestconfig.getoption("--faults") else MOMENTS[1:]
    return run(nursery, *seeded, tmp_path_factory.mktemp("killed") / "clinic", moments)


def test_the_script_has_an_emergency_in_it(unkilled: Any) -> None:
    steps, kills, _ = unkilled
    alerts = {alert["tier"] for step in steps for alert in step["page"]["alerts"]}
    assert "T3" in alerts
    assert steps[-1]["page"]["phase"] == "discharged"
    assert {"rescue_given", "bolus_given"} <= {event["type"] for event in steps[-1]["events"]}
    assert kills <= 1


def test_each_step_was_killed(killed: Any) -> None:
    steps, kills, _ = killed
    assert kills >= 2 * len(steps) > 80
    assert steps[-1]["step"] == LAST


def test_after_each_restart_the_session_is_what_it_would_have_been(unkilled: Any, killed: Any) -> None:
    for before, after in zip(unkilled[0], killed[0], strict=True):
        assert after == before


def test_record_and_register_hold(unkilled: Any, killed: Any) -> None:
    assert (unkilled[2]["ok"], killed[2]["ok"]) == (True, True), killed[2]


@pytest.mark.parametrize("upto", ["start_infusion", pytest.param(LAST, marks=pytest.mark.long)])
@pytest.mark.parametrize("plant", ["answers_first", "register_afterwards"])
def test_a_server_that_is_broken_so_is_noticed(
    nursery: Nursery, seeded: tuple[Path, World], tmp_path: Path, unkilled: Any, plant: str, upto: str
) -> None:
    """The drug is drawn, and so stands in the register, before the pump starts."""
    try:
        steps, _, audit = run(nursery, *seeded, tmp_path / "clinic", MOMENTS[1:], plant=plant, upto=upto)
    except AssertionError:
        return  # it did not even get to the end
    assert (steps, audit["ok"]) != (unkilled[0][: len(steps)], True)
