"""A rehearsal is judged from its ledger: all in time earns all, and each omission loses exactly its points."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.rehearsal.scenario import SCENARIOS
from norket.therapy.session.debrief import LATE, PREFIX, case_of, cases, debrief, mark
from norket.therapy.session.events import EVENT, Corrected, Recorded

BASE = knowledge.read()
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = START + timedelta(hours=3)
ALERT = {
    "type": "alert_raised",
    "alert_id": "a",
    "rule": "escalation.x",
    "tier": "T2",
    "technical": False,
    "why": "pressure",
}
VALID: dict[str, dict[str, Any]] = {
    "alert_raised": ALERT,
    "alert_acknowledged": {"alert_id": "a", "pause_until": None},
    "infusion_started": {
        "order_id": "o",
        "product_id": "p",
        "concentration_mg_ml": 1.0,
        "rate_ml_h": 50.0,
        "volume_ml": 40.0,
    },
    "infusion_paused": {},
    "infusion_stopped": {"delivered_mg": 10.0},
    "rate_changed": {"rate_ml_h": 20.0},
    "vitals_recorded": {"vitals": {"sbp_mmhg": 180.0}},
    "score_recorded": {"score": "moaas", "value": 3},
    "rescue_given": {"drug": "oxygen", "amount": 4.0, "unit": "L/min", "route": "inhaled"},
    "event_recorded": {"event": "panic", "grade": 2},
    "concern_raised": {"concern": "help"},
    "site_failed": {"failure": "dislodged"},
    "dose_prepared": {
        "product_id": "p",
        "lot": "l",
        "drawn_mg": 40.0,
        "volume_ml": 40.0,
        "concentration_mg_ml": 1.0,
        "checker": "c",
    },
    "waste_recorded": {"amount_mg": 40.0, "witness": "w"},
}


def event(n: int, at: datetime, wanted: Mapping[str, Any]) -> Recorded:
    """An event that fits the first of what a step wants."""
    data: dict[str, Any] = {"type": wanted["type"], **VALID[wanted["type"]]}
    for name, values in wanted.get("any", {}).items():
        place, _, last = name.rpartition(".")
        (data.setdefault(place, {}) if place else data)[last] = values[0]
    if wanted.get("flagged"):
        data["flags"] = ["strength_disagrees"]
    return Recorded(
        session="s", n=n, at=at, recorded_at=at, by="nurse", command_id=str(n), event=EVENT.validate_python(data)
    )


def figure(entry: Entry, name: str) -> float:
    return BASE.figure(entry.id, name).value


def began(entry: Entry) -> datetime:
    after = entry.data["after"]
    return START + timedelta(minutes=figure(entry, after["start_plus"]) if "start_plus" in after else 15)


def perfect(entry: Entry) -> list[Recorded]:
    """A start, the trigger, and every step a second before its limit."""
    after, found = entry.data["after"], []
    if "never" not in entry.data["steps"][-1]:
        found.append(event(1, START, {"type": "infusion_started"}))
    if "start_plus" not in after:
        found.append(event(2, began(entry), after))
    for n, step in enumerate(entry.data["steps"], start=3):
        if "done" in step:
            found.append(event(n, began(entry) + timedelta(seconds=figure(entry, step["within"]) - 1), step["done"][0]))
    return found


def name(entry: Entry) -> str:
    return entry.id.removeprefix(PREFIX)


EVERY = [pytest.param(entry, id=name(entry)) for entry in cases(BASE)]
STEPS = [
    pytest.param(entry, n, id=f"{name(entry)}-{step['id']}")
    for entry in cases(BASE)
    for n, step in enumerate(entry.data["steps"], start=3)
    if "done" in step
]


def test_the_five_cases_of_the_training_are_there() -> None:
    assert {name(entry) for entry in cases(BASE)} == {
        "hypertension",
        "desaturation",
        "panic",
        "line_out",
        "wrong_vial",
    }


@pytest.mark.parametrize("entry", EVERY)
def test_a_case_names_a_patient_and_rules_that_exist(entry: Entry) -> None:
    assert entry.data["patient"] in SCENARIOS
    for step in entry.data["steps"]:
        assert BASE.entry(step["rule"])


@pytest.mark.parametrize("entry", EVERY)
def test_a_perfect_run_earns_every_point(entry: Entry) -> None:
    found = debrief(perfect(entry), name(entry), BASE, END)
    assert found.earned == found.points == 10
    assert all(step.late_s in (0, None) for step in found.steps)


@pytest.mark.parametrize(("entry", "n"), STEPS)
def test_each_omission_loses_exactly_its_points(entry: Entry, n: int) -> None:
    ledger = [one for one in perfect(entry) if one.n != n]
    found = debrief(ledger, name(entry), BASE, END)
    assert found.points - found.earned == entry.data["steps"][n - 3]["points"]
    assert found.steps[n - 3].done_at is None


@pytest.mark.parametrize(("entry", "n"), STEPS)
@pytest.mark.parametrize(("after_s", "part"), [(0, 1.0), (1, LATE)])
def test_a_step_is_in_time_until_its_limit_and_earns_half_after_it(
    entry: Entry, n: int, after_s: float, part: float
) -> None:
    ledger = [
        one.model_copy(update={"at": one.at + timedelta(seconds=1 + after_s)}) if one.n == n else one
        for one in perfect(entry)
    ]
    step = debrief(ledger, name(entry), BASE, END).steps[n - 3]
    assert (step.earned, step.late_s) == (part * step.points, after_s)


def test_what_must_never_happen_loses_its_points_when_it_does() -> None:
    entry = BASE.entry(PREFIX + "wrong_vial")
    wrong = event(99, began(entry) + timedelta(minutes=5), {"type": "infusion_started", "flagged": True})
    found = debrief([*perfect(entry), wrong], "wrong_vial", BASE, END)
    assert found.points - found.earned == 4


@pytest.mark.parametrize("entry", EVERY)
def test_before_the_case_comes_up_nothing_is_earned(entry: Entry) -> None:
    found = debrief([event(1, START, {"type": "infusion_started"})], name(entry), BASE, START + timedelta(minutes=1))
    assert found.began_at is None
    assert found.earned == 0


def test_what_was_taken_back_does_not_count() -> None:
    entry = BASE.entry(PREFIX + "line_out")
    back = Recorded(
        session="s",
        n=50,
        at=END,
        recorded_at=END,
        by="nurse",
        command_id="50",
        event=Corrected(corrects=3, reason="wrong chair"),
    )
    found = debrief([*perfect(entry), back], "line_out", BASE, END)
    assert found.points - found.earned == 5


def test_the_ledger_itself_says_which_case_it_rehearses() -> None:
    said = event(1, START, {"type": "infusion_started"}).model_copy(
        update={"event": EVENT.validate_python({"type": "noted", "text": mark("panic")})}
    )
    assert case_of([said]) == "panic"
    assert case_of([event(1, START, {"type": "infusion_started"})]) is None
