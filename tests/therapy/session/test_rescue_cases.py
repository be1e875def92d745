"""Every case of the rescue rules, judged by the functions that use their figures: a changed figure fails here."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.knowledge import Case, Entry
from norket.therapy.plan.rescue_signing import SignedRescue
from norket.therapy.session import dose_events as d
from norket.therapy.session import rescuing
from norket.therapy.session import state as s

BASE = knowledge.read()
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def limits(given: dict[str, Any]) -> str:
    """The first limit that an order of the rule's own template passes."""
    figures = BASE.entry("rescue.limits").data["template"]
    signed = SignedRescue(
        template="rescue.template_benzodiazepine",
        agent="midazolam",
        route="iv",
        version=1,
        signed_by="d",
        signed_at=NOW,
        edition="e",
        **figures,
    )
    before = [
        s.TimedRescue(
            at=NOW - timedelta(minutes=min_ago), rescue=d.RescueGiven(drug="midazolam", amount=amount, unit=unit)
        )
        for amount, min_ago, unit in given["given"]
    ]
    command = d.GiveRescue(drug="midazolam", amount=given["amount"], unit=given["unit"], route="iv")
    found = next(iter(rescuing.limits(signed, command, before, NOW)), None)
    return found.code if found else "clear"


def pressure(given: dict[str, Any]) -> str:
    alerts = tuple(
        s.Alert(
            alert_id=f"escalation.{name}:{n}",
            rule=f"escalation.{name.removesuffix('.first')}",
            tier=name[:2].upper(),
            technical=False,
            why="",
            raised_at=NOW,
        )
        for n, name in enumerate(given["open"])
    )
    state = s.SessionState(session="s", alerts=alerts)
    return rescuing.pressure_state(rescuing.pressure_alerts(state), given["sbp_mmhg"], NOW, BASE)


BY_ID: dict[str, Callable[[dict[str, Any]], Any]] = {
    "rescue.limits": limits,
    "rescue.pressure": pressure,
    "rescue.sedating": lambda g: "fires" if rescuing.sedates(BASE, g["drug"]) else "clear",
    "rescue.check.breathing": lambda g: rescuing.breathing_state(**g, now=NOW, base=BASE),
    "rescue.check.sedation": lambda g: rescuing.least_state(
        "rescue.check.sedation", "moaas", g["moaas"], g["age_min"], NOW, BASE
    ),
    "rescue.check.heart_rate": lambda g: rescuing.least_state(
        "rescue.check.heart_rate", "hr_per_min", g["hr_per_min"], g["age_min"], NOW, BASE
    ),
    "rescue.check.other_sedatives": lambda g: rescuing.other_sedative_state(g["min_since_other"], NOW, BASE),
}
CASES = [
    pytest.param(entry, case, id=f"{entry.id}: {case.name}")
    for entry in BASE.entries
    if BASE.files[entry.id] == "rescue.yaml"
    for case in entry.cases
]


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_case(entry: Entry, case: Case) -> None:
    judge = BY_ID.get(entry.id, lambda g: rescuing.asked_state("unknown", g["answer"]))
    assert judge(dict(case.given)) == case.expect


def test_every_template_names_a_class_its_medicines_and_what_is_asked_before_each() -> None:
    for entry in BASE.entries:
        if entry.id.startswith("rescue.template_"):
            assert set(entry.data["asks"]) == set(entry.data["agents"])
            assert {one for asks in entry.data["asks"].values() for one in asks} <= {e.id for e in BASE.entries}
            assert all(rescuing.known_class(BASE, agent) == entry.data["class"] for agent in entry.data["agents"])
            assert entry.data["order"] is None, "the project writes no dose of its own"


def test_what_a_template_calls_no_sedative_is_on_no_list_of_medicines_that_sedate() -> None:
    for entry in BASE.entries:
        if entry.id.startswith("rescue.template_"):
            expected = entry.data["class"] == "sedative"
            assert {rescuing.sedates(BASE, agent) for agent in entry.data["agents"]} == {expected}
