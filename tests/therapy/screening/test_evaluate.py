"""One criterion at a time: what holds, what does not, and what cannot be known."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from support.charts import ASKED, BASE, ON, medicine, own

from norket.knowledge import Entry, KnowledgeError
from norket.knowledge.criteria import parse
from norket.knowledge.entry import Value
from norket.therapy.chart import Chart, Item, MedicineItem, Patient
from norket.therapy.screening import Context
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.reading import reading

YES, NO, UNKNOWN = True, False, None
RULE = BASE.entry("screening.scr_15").model_copy(
    update={"values": (Value(name="n", value=10.0, unit="mg"), Value(name="days", value=30.0, unit="d"))}
)
KNOWN = compiled(BASE)
GLAUCOMA = {"condition": {"class": "conditions.glaucoma"}}
SBP = "observations.sbp"


def holds(when: Any, chart: Chart, context: Context | None = None, on: date = ON, rule: Entry = RULE) -> bool | None:
    base = replace(BASE, entries=tuple(rule if each.id == rule.id else each for each in BASE.entries))
    page = reading(chart, on, context or Context(), replace(KNOWN, base=base))
    return evaluate(parse(when), rule, page).holds


def a(holds_: bool | None) -> dict[str, Any]:
    """A criterion on one answer, and the answer with which it comes out so."""
    return {"answer": {"question": f"questions.{NAMES[holds_]}", "is": ["yes"]}}


NAMES = {YES: "glaucoma", NO: "porphyria", UNKNOWN: "seizures"}
ANSWERED = Chart(answers=(own("questions.glaucoma"), own("questions.porphyria", status="no")))


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (NO, NO, NO, NO),
        (YES, UNKNOWN, UNKNOWN, YES),
        (NO, UNKNOWN, NO, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_all_and_any_are_kleenes(one: Any, other: Any, both: Any, either: Any) -> None:
    for pair in ([a(one), a(other)], [a(other), a(one)]):
        assert holds({"all": pair}, ANSWERED) is both
        assert holds({"any": pair}, ANSWERED) is either


@pytest.mark.parametrize(("inner", "outer"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_not_turns_yes_and_no_and_leaves_unknown(inner: Any, outer: Any) -> None:
    assert holds({"not": a(inner)}, ANSWERED) is outer


@pytest.mark.parametrize(
    ("parts", "least", "expected"),
    [
        ([YES, YES, NO], 2, YES),
        ([YES, NO, NO], 2, NO),
        ([YES, UNKNOWN, NO], 2, UNKNOWN),
        ([UNKNOWN, NO, NO], 2, NO),
        ([UNKNOWN, UNKNOWN, NO], 2, UNKNOWN),
    ],
)
def test_a_count_is_known_as_soon_as_the_unknown_cannot_change_it(parts: Any, least: int, expected: Any) -> None:
    assert holds({"count": {"at_least": least, "of": [a(part) for part in parts]}}, ANSWERED) is expected


# ---- conditions


def has(*items: Item, answered: str | None = None) -> Chart:
    given = () if answered is None else (own("questions.glaucoma", status=answered),)
    return Chart(conditions=items, answers=given)


CODED = Item(system="icd10cm", code="H40.11X0", status="yes", at=ON)


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (has(), UNKNOWN),
        (has(CODED), YES),
        (has(CODED, answered="no"), YES),
        (has(CODED.model_copy(update={"code": "H4011X0"})), YES),
        (has(CODED.model_copy(update={"system": "http://hl7.org/fhir/sid/icd-10-cm"})), YES),
        (has(CODED.model_copy(update={"system": "of another house"})), UNKNOWN),
        (has(CODED.model_copy(update={"status": "no"})), UNKNOWN),  # one eye disease less is not all of them
        (has(CODED.model_copy(update={"status": "unknown"}), answered="no"), UNKNOWN),
        (has(Item(text="Glaucoma (disorder)", status="yes")), YES),
        (has(Item(text="  GLAUCOMA ", status="yes")), YES),
        (has(Item(text="no glaucoma", status="yes")), UNKNOWN),
        (has(Item(text="glaucoma suspected", status="yes"), answered="no"), NO),
        (has(own("conditions.glaucoma", status="no")), NO),
        (has(own("conditions.glaucoma", status="no", at=ON - timedelta(days=91))), UNKNOWN),
        (has(own("conditions.glaucoma", status="no", at=None)), UNKNOWN),
        (has(answered="no"), NO),
        (has(answered="yes"), YES),
        (has(answered="unknown"), UNKNOWN),
        (has(own("conditions.glaucoma", status="no"), answered="unknown"), UNKNOWN),
    ],
)
def test_a_condition(chart: Chart, expected: bool | None) -> None:
    assert holds(GLAUCOMA, chart) is expected


def test_what_has_ended_counts_only_where_ever_is_asked() -> None:
    ended = CODED.model_copy(update={"ended": ON})
    ever = {"condition": {"class": "conditions.glaucoma", "ever": True}}
    assert holds(GLAUCOMA, has(ended)) is UNKNOWN
    assert holds(GLAUCOMA, has(ended), on=ON - timedelta(days=1)) is YES
    assert holds(ever, has(ended)) is YES
    assert holds(GLAUCOMA, has(ended, answered="no")) is NO


@pytest.mark.parametrize(("age_d", "expected"), [(0, NO), (90, NO), (91, UNKNOWN), (-1, NO), (-2, UNKNOWN)])
def test_a_no_counts_for_its_days_and_never_from_after_the_session(age_d: int, expected: bool | None) -> None:
    chart = Chart(answers=(own("questions.glaucoma", status="no", at=ON - timedelta(days=age_d)),))
    assert holds(GLAUCOMA, chart) is expected


def test_a_yes_stands_however_old() -> None:
    assert holds(GLAUCOMA, Chart(answers=(own("questions.glaucoma", at=date(2001, 1, 1)),))) is YES


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("no", ASKED), ("yes", ASKED + timedelta(hours=1)), YES),
        (("yes", ASKED), ("no", ASKED + timedelta(hours=1)), NO),
        (("yes", ASKED.date()), ("no", ASKED), YES),  # one day, no order: the answer that reassures less
        (("yes", None), ("no", ASKED), YES),
        (("unknown", ASKED), ("no", ASKED), UNKNOWN),
    ],
)
def test_the_latest_answer_counts(first: Any, second: Any, expected: bool | None) -> None:
    lines = tuple(own("questions.glaucoma", status=status, at=at) for status, at in (first, second))
    for order in (lines, lines[::-1]):
        assert holds(GLAUCOMA, Chart(answers=order)) is expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [(Patient(pregnancy_potential="no"), NO), (Patient(pregnancy_potential="yes"), UNKNOWN), (Patient(), UNKNOWN)],
)
def test_who_cannot_be_pregnant_is_not_asked(person: Patient, expected: bool | None) -> None:
    pregnant = {"condition": {"class": "conditions.pregnancy"}}
    assert holds(pregnant, Chart(patient=person)) is expected
    coded = (Item(system="icd10cm", code="Z33.1", status="yes", at=ON),)
    assert holds(pregnant, Chart(patient=person, conditions=coded)) is YES


def test_an_allergy_is_looked_for_in_the_list_of_allergies_alone() -> None:
    allergy = {"allergy": {"class": "conditions.ketamine_hypersensitivity"}}
    line = Item(text="Ketamine 10 MG/ML Injection", status="yes")
    assert holds(allergy, Chart(allergies=(line,))) is YES
    assert holds(allergy, Chart(conditions=(line,))) is UNKNOWN
    assert holds(allergy, Chart(medicines=(medicine("ketamine"),))) is UNKNOWN


# ---- observations


def measured(value: float | None = 140, unit: str | None = "mm[Hg]", **more: Any) -> Item:
    return Item(**({"system": "http://loinc.org", "code": "8480-6", "value": value, "unit": unit, "at": ASKED} | more))


def sbp(**more: Any) -> dict[str, Any]:
    return {"observation": {"class": SBP, "max_age_days": "@days"} | more}


@pytest.mark.parametrize(
    ("compare", "below", "at", "above"),
    [("above", NO, NO, YES), ("at_least", NO, YES, YES), ("below", YES, NO, NO), ("at_most", YES, YES, NO)],
)
def test_an_observation_is_compared_on_both_sides(compare: str, below: Any, at: Any, above: Any) -> None:
    for value, expected in ((139, below), (140, at), (141, above)):
        assert holds(sbp(**{compare: 140}), Chart(observations=(measured(value),))) is expected


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (measured(), YES),
        (measured(unit="mmHg"), YES),
        (measured(unit="kPa"), UNKNOWN),
        (measured(unit=None), UNKNOWN),
        (measured(None), UNKNOWN),
        (measured(at=None), UNKNOWN),
        (measured(at=ON - timedelta(days=30)), YES),
        (measured(at=ON - timedelta(days=31)), UNKNOWN),
        (measured(at=ON + timedelta(days=2)), UNKNOWN),
        (measured(code="8462-4"), UNKNOWN),
    ],
)
def test_an_observation_counts_by_unit_age_and_code(item: Item, expected: bool | None) -> None:
    assert holds(sbp(at_least=120), Chart(observations=(item,))) is expected


def test_the_latest_observation_counts_whatever_the_order_of_the_chart() -> None:
    lines = (measured(200, at=ASKED - timedelta(hours=2)), measured(110, at=ASKED))
    for order in (lines, lines[::-1]):
        assert holds(sbp(at_least=180), Chart(observations=order)) is NO
    undated = measured(200, at=None)
    assert holds(sbp(at_least=180), Chart(observations=(measured(110), undated))) is NO


def test_what_is_measured_after_the_session_is_not_known_yet() -> None:
    lines = (measured(110), measured(200, at=ON + timedelta(days=5)))
    assert holds(sbp(at_least=180), Chart(observations=lines)) is NO


@pytest.mark.parametrize(
    ("value", "high", "expected"),
    [(119, 40, NO), (120, 40, YES), (120, None, UNKNOWN), (None, 40, UNKNOWN), (120, 0, UNKNOWN)],
)
def test_a_multiple_of_the_laboratorys_own_limit(value: float | None, high: float | None, expected: Any) -> None:
    when = {"observation": {"class": SBP, "at_least": 3, "times_upper_limit": True, "max_age_days": "@days"}}
    assert holds(when, Chart(observations=(measured(value, reference_high=high),))) is expected


@pytest.mark.parametrize(("status", "expected"), [("yes", YES), ("no", NO), ("unknown", UNKNOWN)])
def test_a_result_in_words(status: str, expected: bool | None) -> None:
    result = own("observations.drug_screen", status=status)
    when = {"observation": {"class": "observations.drug_screen", "is": ["yes"], "max_age_days": 0}}
    assert holds(when, Chart(observations=(result,))) is expected


def test_a_figure_in_another_unit_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="is in mg; write it in mmHg"):
        holds(sbp(above="@n"), Chart(observations=(measured(),)))


# ---- medicines

DIAZEPAM = {"medicine": {"class": "medicine_classes.benzodiazepine"}}
ABOVE = {"medicine": {"class": "medicine_classes.benzodiazepine", "daily_above": "@n"}}
WHOLE = own("questions.medicines_complete")


def taking(*items: MedicineItem, whole: bool = False) -> Chart:
    return Chart(medicines=items, answers=(WHOLE,) if whole else ())


def lorazepam(dose: float | None, unit: str = "mg", **more: Any) -> MedicineItem:
    return medicine("Lorazepam 1 MG Oral Tablet", daily_dose=dose, daily_unit=unit, **more)


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (taking(), UNKNOWN),
        (taking(whole=True), NO),
        (taking(lorazepam(1)), YES),
        (taking(lorazepam(1, status="unknown"), whole=True), UNKNOWN),
        (taking(medicine("sertraline", system="rxnorm", code="36437"), whole=True), NO),
        (taking(medicine("the white one"), whole=True), UNKNOWN),
        (taking(MedicineItem(system="rxnorm", code="1", status="yes"), whole=True), UNKNOWN),
        (taking(medicine("the white one", status="no"), whole=True), NO),
    ],
)
def test_a_medicine(chart: Chart, expected: bool | None) -> None:
    assert holds(DIAZEPAM, chart) is expected


def test_a_list_that_was_whole_long_ago_is_not_whole_now() -> None:
    old = own("questions.medicines_complete", at=ON - timedelta(days=91))
    assert holds(DIAZEPAM, Chart(answers=(old,))) is UNKNOWN
    assert holds(DIAZEPAM, Chart(answers=(own("questions.medicines_complete", status="no"),))) is UNKNOWN


@pytest.mark.parametrize(
    ("chart", "expected"),
    [
        (taking(lorazepam(10), whole=True), NO),
        (taking(lorazepam(10.1)), YES),
        (taking(lorazepam(10)), UNKNOWN),  # there may be more
        (taking(lorazepam(6), lorazepam(5)), YES),
        (taking(lorazepam(None), whole=True), UNKNOWN),
        (taking(lorazepam(11), lorazepam(None)), YES),
        (taking(lorazepam(20, unit="mL"), whole=True), UNKNOWN),
        (taking(lorazepam(5), lorazepam(5, status="unknown"), whole=True), UNKNOWN),
        (taking(medicine("alprazolam", daily_dose=5.1, daily_unit="mg"), whole=True), YES),  # counts for twice as much
        (taking(medicine("alprazolam", daily_dose=5.0, daily_unit="mg"), whole=True), NO),
    ],
)
def test_a_daily_amount_is_added_up_and_what_is_not_known_is_never_zero(chart: Chart, expected: bool | None) -> None:
    assert holds(ABOVE, chart) is expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"last_taken": ON - timedelta(days=30)}, YES),
        ({"last_taken": ON - timedelta(days=30), "status": "no"}, YES),
        ({"last_taken": ON - timedelta(days=31), "status": "no"}, UNKNOWN),
        ({"last_taken": None}, YES),
        ({"last_taken": None, "status": "no"}, UNKNOWN),
        ({"last_taken": None, "status": "unknown"}, UNKNOWN),
    ],
)
def test_a_medicine_within_days(more: dict[str, Any], expected: bool | None) -> None:
    when = {"medicine": {"class": "medicine_classes.naltrexone", "within_days": "@days"}}
    assert holds(when, taking(medicine("naltrexone", **more))) is expected


# ---- answers, presence, the person, the session


@pytest.mark.parametrize(("age_d", "expected"), [(0, NO), (1, YES)])
def test_presence_has_an_age(age_d: int, expected: bool) -> None:
    when = {"missing": {"item": SBP, "max_age_days": 0}}
    assert holds(when, Chart(observations=(measured(at=ON - timedelta(days=age_d)),))) is expected


def test_an_answer_not_sure_a_result_not_read_and_a_document_to_come_are_missing() -> None:
    assert holds({"missing": {"item": "questions.glaucoma"}}, ANSWERED) is NO
    unsure = Chart(answers=(own("questions.glaucoma", status="unknown"),))
    assert holds({"missing": {"item": "questions.glaucoma"}}, unsure) is YES
    pending = Chart(observations=(own(SBP, status="unknown"),))
    assert holds({"missing": {"item": SBP, "max_age_days": 9}}, pending) is YES
    consent = {"missing": {"item": "conditions.glaucoma", "max_age_days": 365}}
    for day, expected in ((ON, NO), (ON - timedelta(days=366), YES), (ON + timedelta(days=5), YES)):
        assert holds(consent, Chart(), Context(documents={"conditions.glaucoma": day})) is expected


@pytest.mark.parametrize(("born", "expected"), [(date(2009, 3, 1), NO), (date(2009, 3, 2), YES), (None, UNKNOWN)])
def test_an_age_is_in_whole_years(born: date | None, expected: bool | None) -> None:
    assert holds({"age": {"below": 18}}, Chart(patient=Patient(birth_date=born))) is expected


def test_a_birth_after_the_session_is_not_believed() -> None:
    assert holds({"age": {"below": 18}}, Chart(patient=Patient(birth_date=ON + timedelta(days=1)))) is UNKNOWN


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (Context(route="iv", day_of=True), YES),
        (Context(route="im", day_of=True), YES),
        (Context(route="oral", day_of=True), NO),
        (Context(route="iv", day_of=False), NO),
        (Context(route="iv"), UNKNOWN),
        (Context(day_of=False), NO),
        (Context(), UNKNOWN),
    ],
)
def test_a_session_matches_every_key_that_is_written(session: Context, expected: bool | None) -> None:
    assert holds({"context": {"route": ["iv", "im"], "day_of": [True]}}, Chart(), session) is expected


@pytest.mark.parametrize(("given", "expected"), [("female", YES), ("male", NO), ("other", NO), ("unknown", UNKNOWN)])
def test_sex_as_recorded(given: Any, expected: bool | None) -> None:
    assert holds({"sex": "female"}, Chart(patient=Patient(sex=given))) is expected


@pytest.mark.parametrize(("given", "expected"), [("yes", YES), ("no", NO), ("unknown", UNKNOWN)])
def test_pregnancy_potential_as_recorded(given: Any, expected: bool | None) -> None:
    assert holds({"pregnancy_potential": "yes"}, Chart(patient=Patient(pregnancy_potential=given))) is expected
