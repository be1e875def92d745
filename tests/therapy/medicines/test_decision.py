"""A decision about a medicine: by whom, on what was read, with whom, and how long it stands."""

from datetime import UTC, date, datetime
from typing import Any, get_args

import pytest

from norket import knowledge
from norket.knowledge.criteria import Route
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.finding import Refused
from norket.therapy.medicines import Decision, MedicineLine, Verdict, decide, mark, partners, review, settled
from norket.therapy.medicines.review import STRICTEST
from norket.therapy.screening import Clinician, Context

BASE = knowledge.read()
ON = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
PIA = Clinician(id="doc-1", name="Pia", competences=frozenset({"prescriber"}))
NORA = Clinician(id="nurse-1", name="Nora", competences=frozenset())
LORAZEPAM = MedicineItem(text="lorazepam", status="yes", daily_dose=3.0, daily_unit="mg")
OXYCODONE = MedicineItem(text="oxycodone", status="yes", daily_dose=20.0, daily_unit="mg")
MORPHINE = MedicineItem(text="morphine", status="yes", daily_dose=80.0, daily_unit="mg")
NALTREXONE = MedicineItem(text="naltrexone", status="yes", daily_dose=50.0, daily_unit="mg")


def read(*medicines: MedicineItem, route: Route | None = "iv") -> tuple[MedicineLine, ...]:
    return review(Chart(medicines=medicines), base=BASE, on=ON, context=Context(route=route, day_of=False))


def decided(line: MedicineLine, item: MedicineItem, verdict: Verdict, **other: Any) -> Decision | Refused:
    given: dict[str, Any] = {"at_line": (line.place + 1, 0), "route": "iv", "seen": mark(line, "iv"), "by": PIA}
    given |= {"note": "", "together_with": "", "base": BASE, "now": NOW} | other
    return decide(line, medicine=item, verdict=verdict, **given)


def code(found: Decision | Refused) -> str:
    return found.code if isinstance(found, Refused) else ""


def test_a_milder_decision_needs_a_typed_note_and_one_that_agrees_does_not() -> None:
    (line,) = read(LORAZEPAM)
    assert line.verdict == "hold"
    assert code(decided(line, LORAZEPAM, "continue", note=" . ")) == "reason_missing"
    found = decided(line, LORAZEPAM, "continue", note="stable for years")
    assert isinstance(found, Decision)
    assert (found.found, found.verdict, found.edition) == ("hold", "continue", BASE.edition)
    assert {one.rule for one in found.findings} == {"medicines.med_01"}
    assert code(decided(line, LORAZEPAM, "hold")) == ""


def test_nobody_but_a_prescriber_decides() -> None:
    (line,) = read(LORAZEPAM)
    nameless = PIA.model_copy(update={"id": None})
    for by in (NORA, nameless):
        assert code(decided(line, LORAZEPAM, "hold", by=by)) == "decision_not_yours"


def test_naltrexone_is_decided_with_the_addiction_clinician_unless_the_session_waits() -> None:
    (line,) = read(NALTREXONE)
    assert partners(line, BASE) == ("addiction clinician",)
    assert code(decided(line, NALTREXONE, "review", note="worth trying")) == "partner_missing"
    found = decided(line, NALTREXONE, "review", note="worth trying", together_with="Dr Ada Glass")
    assert isinstance(found, Decision)
    assert found.together_with == "Dr Ada Glass"
    assert code(decided(line, NALTREXONE, "hold")) == ""


def test_a_review_that_has_changed_since_it_was_read_is_read_again() -> None:
    (line,) = read(LORAZEPAM)
    more = LORAZEPAM.model_copy(update={"daily_dose": 4.0})
    (now,) = read(more)
    assert code(decided(now, more, "hold", seen=mark(line, "iv"))) == "stale_review"


@pytest.mark.parametrize("route", get_args(Route))
def test_another_route_gives_another_mark(route: Route) -> None:
    item = MedicineItem(text="ticlopidine", status="yes")
    (by_vein,), (other,) = read(item), read(item, route=route)
    assert (mark(by_vein, "iv") == mark(other, route)) == (route == "iv")


def test_a_rule_is_settled_when_every_medicine_it_is_about_is_decided() -> None:
    lines = read(MORPHINE, OXYCODONE)
    both = [
        decided(line, item, "continue", note="stable") for line, item in zip(lines, (MORPHINE, OXYCODONE), strict=True)
    ]
    one, other = (each for each in both if isinstance(each, Decision))
    assert "medicines.med_02" not in settled(lines, {0: one}, "iv")
    assert settled(lines, {0: one, 1: other}, "iv")["medicines.med_02"] == (one, other)


def test_a_decision_stands_only_for_what_was_read_and_never_where_the_session_waits() -> None:
    lines = read(LORAZEPAM)
    waits, goes_on = decided(lines[0], LORAZEPAM, "hold"), decided(lines[0], LORAZEPAM, "review", note="seen")
    assert isinstance(waits, Decision) and isinstance(goes_on, Decision)  # noqa: PT018
    assert settled(lines, {0: waits}, "iv") == {}
    assert set(settled(lines, {0: goes_on}, "iv")) == {"medicines.med_01"}
    assert settled(lines, {0: goes_on}, "im") == {}
    more = read(LORAZEPAM, MedicineItem(text="diazepam", status="yes", daily_dose=10.0, daily_unit="mg"))
    assert settled(more, {0: goes_on}, "iv") == {}


@pytest.mark.parametrize("verdict", STRICTEST)
def test_a_medicine_that_no_rule_knows_is_decided_too(verdict: Verdict) -> None:
    item = MedicineItem(text="the blue one", status="yes")
    (line,) = read(item)
    assert line.verdict == "review"
    milder = STRICTEST.index(verdict) < STRICTEST.index("review")
    assert code(decided(line, item, verdict)) == ("reason_missing" if milder else "")
    assert code(decided(line, item, verdict, note="it is a vitamin")) == ""
