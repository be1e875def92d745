"""What stands beside an alert is read as what it is: a limit, or how often something was reported."""

from typing import Any


def test_a_figure_beside_a_value_is_named_as_its_limit(running: Any) -> None:
    running.do(5, "record_vitals", vitals={"sbp_mmhg": 212.0, "dbp_mmhg": 90.0})
    running.watch(5)
    alert = running.alert("t3.sbp_high")
    assert (alert.why, alert.figure) == ("SBP 212 mmHg", "limit 200 mmHg")


def test_a_count_of_reports_is_told_in_words(running: Any) -> None:
    running.do(5, "raise_concern", concern="frightened")
    running.watch(5)
    assert "report" not in running.alert("frightened").figure
    running.do(9, "raise_concern", concern="frightened")
    running.watch(9)
    assert running.alert("frightened_again").figure == "reported 2 times"
