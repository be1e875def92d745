"""Every case of the rules on a plan, judged by the function that uses its figures: a changed figure fails here."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from norket import knowledge
from norket.knowledge import Case, Entry
from norket.therapy.finding import State
from norket.therapy.plan import course_rules as rules

PACKAGED = knowledge.read()
BASE = PACKAGED
TODAY = date(2026, 11, 20)


def stop(rule: str) -> Any:
    return lambda g: rules.stop_state(BASE, rule, on=TODAY, **g)


def series(given: dict[str, Any]) -> State:
    return rules.series_state(BASE, given["row"], sessions=given["sessions"], interval_d=given.get("interval_d", 7.0))


JUDGED = {
    "plans.goals": lambda g: rules.goals_state(**g),
    "plans.review": lambda g: rules.review_state(BASE, on=TODAY, **g),
    "plans.stop_review": stop("stop_review"),
    "plans.pain_relief": stop("pain_relief"),
    "plans.esketamine_benefit": lambda g: rules.benefit_state(BASE, on=TODAY, **g),
    "plans.titration": lambda g: rules.titration_state(BASE, g["row"], step=g["step_mg_kg"], on=TODAY),
    "plans.taper": lambda g: rules.taper_state(**g),
    "plans.drift": lambda g: rules.drift_state(BASE, on=TODAY, **g),
    "plans.booster_window": lambda g: rules.window_state(BASE, on=TODAY, **g),
    "plans.booster": lambda g: rules.booster_state(BASE, on=TODAY, **g),
    "plans.route_choice": lambda g: rules.route_state(**g),
    "plans.route_change": lambda g: rules.change_state(**g),
    "plans.setting": lambda g: rules.setting_state(BASE, **g),
    "plans.psychotherapy": lambda g: rules.therapy_state(**g),
    "plans.assisted_therapy": lambda g: rules.assisted_state(BASE, on=TODAY, **g),
    "plans.rescue": lambda g: rules.rescue_state(**g),
    "plans.authority": lambda g: rules.authority_state(**g),
    "plans.row_fits": lambda g: rules.fits_state(**g),
    "plans.interval": lambda g: rules.interval_state(BASE, on=TODAY, **g),
    "plans.series": series,
}
ENTRIES = [entry for entry in BASE.entries if entry.id.startswith("plans.")]
CASES = [pytest.param(entry, case, id=f"{entry.id}: {case.name}") for entry in ENTRIES for case in entry.cases]
# What no case decides: the average of the window is told; the meeting after a dose is a day of the calendar.
ELSEWHERE = {"plans.booster_window": {"usual_d"}, "plans.assisted_therapy": {"first_from_d", "first_to_d"}}


def judged(entry: Entry, case: Case) -> State:
    judge = JUDGED["plans.series" if entry.id.startswith("plans.series_") else entry.id]
    return judge(dict(case.given))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("entry", "case"), CASES)
def test_case(entry: Entry, case: Case) -> None:
    assert judged(entry, case) == case.expect


def test_every_rule_on_a_plan_has_cases_on_both_sides() -> None:
    for entry in ENTRIES:
        assert len({case.expect for case in entry.cases}) > 1, entry.id


FIGURES = [
    pytest.param(entry, value.name, part, id=f"{entry.id}.{value.name} {part}")
    for entry in ENTRIES
    for value in entry.values
    for part in ("value", "low", "high")
    if getattr(value, part) is not None
    and not (entry.id.startswith("plans.series_") and (part == "value" or (value.name, part) == ("sessions", "low")))
    and value.name not in ELSEWHERE.get(entry.id, ())
]


@pytest.mark.parametrize(("entry", "name", "part"), FIGURES)
def test_a_figure_that_is_changed_fails_a_case(
    entry: Entry, name: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def caught(factor: float) -> bool:
        values = tuple(
            v.model_copy(update={part: getattr(v, part) * factor}) if v.name == name else v for v in entry.values
        )
        changed = entry.model_copy(update={"values": values})
        entries = tuple(changed if each is entry else each for each in PACKAGED.entries)
        monkeypatch.setitem(globals(), "BASE", replace(PACKAGED, edition="changed", entries=entries))
        return any(judged(changed, case) != case.expect for case in entry.cases)

    assert caught(1.3) or caught(0.7), "add a case on each side of this figure"


def test_every_published_series_names_its_row_once() -> None:
    rows = [entry.data["row"] for entry in ENTRIES if entry.id.startswith("plans.series_")]
    assert len(rows) == len(set(rows))
    known = [rules.series_of(BASE, row) for row in rows]
    assert [entry.data["row"] for entry in known if entry] == rows
    assert rules.series_of(BASE, "D99") is None


def test_the_end_of_a_review_is_counted_from_the_last_session_and_not_the_first() -> None:
    last = TODAY + timedelta(days=int(5 * 3.5))
    at = {"sessions": 6, "interval_d": 3.5, "on": TODAY}
    latest = (last - TODAY).days + 84
    assert rules.review_state(BASE, review_d=latest, **at) == "clear"  # type: ignore[arg-type]
    assert rules.review_state(BASE, review_d=latest + 1, **at) == "fires"  # type: ignore[arg-type]
