"""A cannula that failed holds whatever would go into it, until a new one is in or one runs well."""

from typing import Any

import pytest

FAILED = {"failure": "infiltration", "pump_stopped": True}
PLACED = {"outcome": "placed", "place": "left_forearm", "gauge_g": 22}
RULE = "monitoring.failed_site"


def test_nothing_starts_into_a_cannula_that_failed(chair: Any) -> None:
    chair.prepare().do(-5, "record_site_failed", **FAILED)
    assert chair.refused(0, "start_infusion", **chair.start_command()).code == "site_failed"


@pytest.mark.parametrize(
    ("command", "data"),
    [("record_access", PLACED), ("check_site", {})],
)
def test_a_new_cannula_or_one_that_runs_well_releases_the_start(chair: Any, command: str, data: Any) -> None:
    chair.prepare().do(-5, "record_site_failed", **FAILED)
    chair.do(-3, command, **data)
    assert chair.do(0, "start_infusion", **chair.start_command())
    chair.watch(0.1)
    assert RULE not in chair.open_alerts()


@pytest.mark.parametrize(
    ("late", "data"), [(-3, PLACED | {"outcome": "failed"}), (-6, PLACED)], ids=["another try failed", "before it"]
)
def test_another_failure_and_one_placed_before_release_nothing(chair: Any, late: float, data: Any) -> None:
    chair.prepare().do(-5, "record_site_failed", **FAILED)
    chair.do(-3, "record_access", **data, late=late)
    assert chair.refused(0, "start_infusion", **chair.start_command()).code == "site_failed"


def test_a_start_that_happened_into_it_is_recorded_and_calls(chair: Any) -> None:
    chair.prepare().do(-5, "record_site_failed", **FAILED)
    (event,) = chair.do(0, "start_infusion", **chair.start_command(), **{"as": "happened"})
    assert "site_failed" in event.flags
    chair.watch(0.1)
    assert chair.alert("failed_site").tier == "T2"


def test_a_new_cannula_releases_a_paused_pump_and_only_what_runs_after_it_is_uncertain_when_it_fails(
    running: Any,
) -> None:
    running.do(5, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    running.do(6, "record_site_failed", **FAILED)
    running.do(9, "record_access", **PLACED)
    running.do(9, "record_vitals", vitals={"sbp_mmhg": 120.0, "dbp_mmhg": 75.0})
    assert running.do(10, "resume")
    running.do(20, "record_site_failed", **FAILED)
    assert [(one.start, one.end) for one in running.state.uncertain] == [
        (running.at(0), running.at(6)),
        (running.at(9), running.at(20)),
    ]


def test_while_the_pump_runs_somebody_has_to_look(running: Any) -> None:
    running.do(6, "record_site_failed", failure="infiltration", pump_stopped=False)
    running.do(9, "record_access", **PLACED)
    running.watch(9)
    assert RULE in running.open_alerts()
    running.do(10, "check_site")
    running.watch(10)
    assert RULE not in running.open_alerts()
