"""Drug that went in before the start of an infusion: from there on somebody watches."""

from typing import Any

import pytest

HAPPENED = {"as": "happened"}
DOSES = [
    ("give_bolus", {"amount_mg": 10.0}),
    ("give_dose", {"route": "im", "product_id": "ketamine-10", "amount_mg": 35.0}),
]


@pytest.mark.parametrize(("command", "data"), DOSES)
def test_drug_before_the_start_is_watched_whatever_order_stands(chair: Any, command: str, data: Any) -> None:
    chair.prepare()
    assert chair.state.phase == "checked_in"
    chair.do(0, command, **data, **HAPPENED)
    assert chair.state.phase == "observing"
    chair.watch(25)
    assert "monitoring.overdue" in chair.open_alerts()


@pytest.mark.parametrize(("command", "data"), DOSES)
def test_drug_beside_a_running_pump_leaves_the_pump_running(running: Any, command: str, data: Any) -> None:
    running.do(10, command, **data, **HAPPENED)
    assert running.state.phase == "running"


def test_a_pressure_in_time_after_a_bolus_is_not_late(chair: Any) -> None:
    chair.prepare().do(0, "give_bolus", amount_mg=10.0, **HAPPENED)
    chair.watch(5)
    assert "monitoring.overdue" not in chair.open_alerts()


def test_what_had_drug_before_its_start_is_not_started_as_if_it_had_none(chair: Any) -> None:
    chair.prepare().do(-1, "give_bolus", amount_mg=10.0, **HAPPENED)
    refused = chair.refused(0, "start_infusion", **chair.start_command())
    assert (refused.code, "drug before its start" in refused.why) == ("already_started", True)
