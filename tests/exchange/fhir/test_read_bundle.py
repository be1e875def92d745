"""What a FHIR bundle says becomes a chart; what does not is listed with the reason."""

from datetime import UTC, date, datetime
from time import process_time
from typing import Any

import pytest

from norket import knowledge
from norket.exchange.fhir import FhirError, read_bundle
from norket.exchange.fhir.shapes import read_concept
from norket.therapy.chart import Chart, Item, MedicineItem
from norket.therapy.screening import screen

SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
ICD, RXNORM = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-02-03"}
ME = {"reference": "Patient/p"}


def coded(system: str, code: str, text: str = "") -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def bundle(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in (PATIENT, *resources)],
        **more,
    }


def status_of(kind: str, code: str) -> dict[str, Any]:
    return coded(f"http://terminology.hl7.org/CodeSystem/condition-{kind}", code)


def condition(**more: Any) -> dict[str, Any]:
    given = {"resourceType": "Condition", "id": "c", "subject": ME, "code": coded(ICD, "I67.1", "Aneurysm"), **more}
    return {key: value for key, value in given.items() if value is not None}


def read(*resources: dict[str, Any]) -> tuple[Chart, list[str]]:
    chart, not_read = read_bundle(bundle(*resources))
    return chart, [f"{one.resource}: {one.why}" for one in not_read]


def quantity(value: Any, unit: str = "mm[Hg]") -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def test_a_thing_of_very_many_codes_is_read_in_a_time_that_grows_with_them() -> None:
    many = [{"system": "urn:x", "code": str(n // 2)} for n in range(40_000)]
    began = process_time()
    found = read_concept({"coding": many}, "code")
    assert process_time() - began < 5
    assert len(found.other) == 20_000


def observation(**more: Any) -> dict[str, Any]:
    base = {"resourceType": "Observation", "id": "o", "status": "final", "subject": ME, "code": coded(LOINC, "8480-6")}
    given = {**base, "effectiveDateTime": "2026-11-20T10:00:00+02:00", **more}
    return {key: value for key, value in given.items() if value is not None}


def order(**more: Any) -> dict[str, Any]:
    base = {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order", "subject": ME}
    medicine = (
        {} if "medicationReference" in more else {"medicationCodeableConcept": coded(RXNORM, "6470", "lorazepam")}
    )
    return {**base, **medicine, "authoredOn": "2026-10-01", **more}


# ---- the patient


def test_the_patient_is_read_and_whether_she_can_be_pregnant_is_never_guessed() -> None:
    chart, not_read = read()
    assert chart.patient.birth_date == date(1980, 2, 3)
    assert (chart.patient.sex, chart.patient.pregnancy_potential) == ("female", "unknown")
    assert not_read == []


@pytest.mark.parametrize(
    ("gender", "at_birth", "sex", "potential"),
    [
        ("male", "F", "female", "unknown"),
        ("male", None, "male", "unknown"),
        ("female", "M", "male", "no"),
        ("male", "M", "male", "no"),
        ("male", "UNK", "unknown", "unknown"),
        (None, None, "unknown", "unknown"),
    ],
)
def test_the_sex_at_birth_counts_where_it_is_recorded_and_a_gender_alone_rules_no_pregnancy_out(
    gender: str | None, at_birth: str | None, sex: str, potential: str
) -> None:
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
    extension = [{"url": url, "valueCode": at_birth}] if at_birth else []
    patient = {"resourceType": "Patient", "id": "p", "gender": gender, "extension": extension}
    chart, _ = read_bundle({"resourceType": "Bundle", "entry": [{"resource": patient}]})
    assert (chart.patient.sex, chart.patient.pregnancy_potential) == (sex, potential)


@pytest.mark.parametrize(("born", "why"), [("1980", "no whole day"), ("1980-02-30", "not in the calendar"), (7, "no")])
def test_a_birth_date_that_is_no_day_gives_no_age(born: Any, why: str) -> None:
    chart, not_read = read_bundle({"resourceType": "Bundle", "entry": [{"resource": PATIENT | {"birthDate": born}}]})
    assert chart.patient.birth_date is None
    assert why in not_read[0].why


def test_that_the_patient_has_died_is_said() -> None:
    dead = PATIENT | {"deceasedDateTime": "2020-01-01"}
    assert "died" in read_bundle({"resourceType": "Bundle", "entry": [{"resource": dead}]})[1][0].why


# ---- conditions


def test_a_condition_carries_its_code_by_our_short_name_its_days_and_where_it_came_from() -> None:
    chart, not_read = read(
        condition(
            onsetDateTime="2025-01-02",
            abatementDateTime="2025-03-04",
            recordedDate="2025-01-05",
            clinicalStatus=status_of("clinical", "resolved"),
        )
    )
    assert not_read == []
    assert chart.conditions == (
        Item(
            system="icd10cm",
            code="I67.1",
            text="Aneurysm",
            status="yes",
            onset=date(2025, 1, 2),
            ended=date(2025, 3, 4),
            at=date(2025, 1, 5),
            source="fhir Condition/c",
        ),
    )


@pytest.mark.parametrize(
    ("verification", "status"),
    [
        ("confirmed", "yes"),
        (None, "yes"),
        ("refuted", "no"),
        ("provisional", "unknown"),
        ("differential", "unknown"),
        ("unconfirmed", "unknown"),
        ("something new", "unknown"),
    ],
)
def test_how_certain_a_condition_is_decides_its_status(verification: str | None, status: str) -> None:
    given = condition(verificationStatus=status_of("ver-status", verification) if verification else None)
    chart, _ = read(given)
    assert [item.status for item in chart.conditions] == [status]


def test_what_was_entered_in_error_is_not_read_and_listed() -> None:
    chart, not_read = read(condition(verificationStatus=status_of("ver-status", "entered-in-error")))
    assert chart.conditions == ()
    assert not_read == ["Condition/c: it was entered in error"]


@pytest.mark.parametrize(
    ("clinical", "abated", "said"),
    [("resolved", None, "not since when"), ("active", "2025-01-01", "active and also over")],
)
def test_what_may_still_hold_is_read_as_if_it_held(clinical: str, abated: str | None, said: str) -> None:
    chart, not_read = read(condition(clinicalStatus=status_of("clinical", clinical), abatementDateTime=abated))
    assert [item.ended for item in chart.conditions] == [None]
    assert said in not_read[0]


def test_every_known_code_of_a_condition_is_kept_and_unknown_systems_only_without_one() -> None:
    both = {
        "coding": [
            {"system": "http://x.test", "code": "1"},
            {"system": ICD, "code": "I21.9"},
            {"system": SNOMED, "code": "22298006"},
        ]
    }
    chart, _ = read(condition(code=both))
    assert [(item.system, item.code) for item in chart.conditions] == [("icd10cm", "I21.9"), ("snomed", "22298006")]
    chart, _ = read(condition(code=coded("http://x.test", "1", "Something")))
    assert [(item.system, item.code) for item in chart.conditions] == [("http://x.test", "1")]


@pytest.mark.parametrize("address", ["urn:oid:2.16.840.1.113883.6.90", "https://hl7.org/fhir/sid/icd-10-cm", ICD + "/"])
def test_a_code_system_is_known_by_each_of_its_addresses(address: str) -> None:
    chart, _ = read(condition(code=coded(address, "I21.9")))
    assert chart.conditions[0].system == "icd10cm"


def test_a_condition_of_words_alone_keeps_its_words() -> None:
    chart, _ = read(condition(code={"text": "  Brain \n aneurysm "}))
    assert (chart.conditions[0].system, chart.conditions[0].code, chart.conditions[0].text) == (
        "",
        "",
        "Brain aneurysm",
    )


@pytest.mark.parametrize("onset", ["2026", "2026-10", "in autumn", "2026-02-30", "2026-10-01T10:00:00"])
def test_an_onset_that_is_no_day_leaves_the_condition_without_a_day(onset: str) -> None:
    chart, not_read = read(condition(onsetDateTime=onset))
    assert [(item.status, item.onset) for item in chart.conditions] == [("yes", None)]
    assert "onsetDateTime" in not_read[0]


@pytest.mark.parametrize("key", ["onsetAge", "onsetString"])
def test_an_onset_in_other_words_is_listed(key: str) -> None:
    chart, not_read = read(condition(**{key: {"value": 40} if key == "onsetAge" else "childhood"}))
    assert chart.conditions[0].onset is None
    assert key in not_read[0]


def test_that_nothing_is_known_is_no_answer_about_anything() -> None:
    nothing = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": ME,
        "code": coded(SNOMED, "716186003", "No known allergy"),
    }
    chart, not_read = read(nothing)
    assert chart.allergies == ()
    assert "answers no question" in not_read[0]


def test_a_procedure_that_was_done_is_a_condition_of_its_day() -> None:
    done = {
        "resourceType": "Procedure",
        "id": "x",
        "subject": ME,
        "status": "completed",
        "code": coded(SNOMED, "415070008", "Coronary stent"),
        "performedPeriod": {"start": "2026-10-01T10:00:00Z", "end": "2026-10-01T11:00:00Z"},
    }
    chart, not_read = read(done)
    assert [(i.code, i.status, i.onset, i.ended) for i in chart.conditions] == [
        ("415070008", "yes", date(2026, 10, 1), date(2026, 10, 1))
    ]
    assert not_read == []
    chart, not_read = read(done | {"status": "not-done"})
    assert chart.conditions == ()
    assert "has not been done" in not_read[0]


def test_an_allergy_is_read_with_the_substances_of_its_reactions() -> None:
    given = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "patient": ME,
        "clinicalStatus": status_of("clinical", "resolved"),
        "code": {"text": "Anaesthetic"},
        "reaction": [{"substance": coded(RXNORM, "6130", "ketamine"), "manifestation": [{"text": "hives"}]}],
        "recordedDate": "2020-01-01",
    }
    chart, not_read = read(given)
    assert [(i.code, i.text, i.status) for i in chart.allergies] == [
        ("", "Anaesthetic", "yes"),
        ("6130", "ketamine", "yes"),
    ]
    assert "as if it still held" in not_read[0]


# ---- observations


def test_a_number_keeps_its_unit_its_limit_and_its_instant() -> None:
    limits = [{"high": quantity(40, "U/L")}, {"type": coded("x", "critical"), "high": quantity(400, "U/L")}]
    chart, not_read = read(observation(valueQuantity=quantity(80, "U/L"), referenceRange=limits))
    assert not_read == []
    (item,) = chart.observations
    assert (item.system, item.code, item.value, item.unit, item.reference_high) == (
        "loinc",
        "8480-6",
        80.0,
        "U/L",
        40.0,
    )
    assert item.at == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    assert item.day == date(2026, 11, 20)


@pytest.mark.parametrize(
    "limits",
    [
        [],
        [{"high": quantity(40, "g/L")}],
        [{"high": quantity(40, "U/L")}, {"high": quantity(50, "U/L")}],
        [{"low": quantity(4, "U/L")}],
    ],
)
def test_a_limit_that_is_not_certain_is_left_out(limits: list[dict[str, Any]]) -> None:
    chart, _ = read(observation(valueQuantity=quantity(80, "U/L"), referenceRange=limits))
    assert chart.observations[0].reference_high is None


def test_each_component_is_an_item_of_its_own() -> None:
    parts = [
        {"code": coded(LOINC, "8480-6"), "valueQuantity": quantity(150)},
        {"code": coded(LOINC, "8462-4"), "dataAbsentReason": {"text": "cuff slipped"}},
    ]
    chart, not_read = read(observation(code=coded(LOINC, "85354-9"), component=parts))
    assert [(i.code, i.value) for i in chart.observations] == [("8480-6", 150.0)]
    assert not_read == ["Observation/o: component 2: it holds no value (cuff slipped)"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"valueCodeableConcept": coded(SNOMED, "10828004")}, "yes"),
        ({"valueCodeableConcept": coded(SNOMED, "260385009", "Negative")}, "no"),
        ({"valueCodeableConcept": {"text": "Not detected"}}, "no"),
        ({"valueString": "POSITIVE"}, "yes"),
        ({"valueString": "borderline"}, "unknown"),
        ({"valueBoolean": False}, "no"),
        ({"valueBoolean": None, "valueInteger": 4}, "unknown"),
        ({"valueQuantity": quantity(3000, "[IU]/L"), "interpretation": [coded("x", "POS")]}, "yes"),
        ({"valueString": "negative", "interpretation": [coded("x", "POS")]}, "unknown"),
    ],
)
def test_a_result_is_positive_or_negative_only_where_it_says_so(given: dict[str, Any], status: str) -> None:
    chart, _ = read(observation(**given))
    assert [item.status for item in chart.observations] == [status]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"status": "preliminary", "valueQuantity": quantity(1)}, "no finished result"),
        ({"status": "entered-in-error", "valueQuantity": quantity(1)}, "no finished result"),
        ({"valueQuantity": quantity(5) | {"comparator": "<"}}, "is a bound"),
        ({"valueQuantity": {"unit": "kg"}}, "no number"),
        ({"valueQuantity": quantity("80")}, "is not a number"),
        ({"valueQuantity": quantity(True)}, "is not a number"),
        ({"valueQuantity": quantity(float("nan"))}, "finite"),
        ({"valueQuantity": quantity(10**400)}, "too large"),
        ({"valuePeriod": {"start": "2026-01-01"}}, "Period"),
        ({"valueString": "x", "valueInteger": 1}, "at once"),
        ({}, "no value"),
        ({"valueInteger": 1, "modifierExtension": [{"url": "http://x.test"}]}, "change its meaning"),
        ({"valueInteger": 1, "code": coded(LOINC, "")}, "names nothing"),
        ({"valueInteger": 1, "code": "8480-6"}, "not an object"),
        ({"valueInteger": 1, "subject": {"reference": "Patient/other"}}, "somebody or something else"),
        ({"valueInteger": 1, "subject": None}, "whose it is"),
    ],
)
def test_what_does_not_read_is_listed_with_the_reason(given: dict[str, Any], why: str) -> None:
    chart, not_read = read(observation(**given))
    assert chart.observations == ()
    assert len(not_read) == 1
    assert not_read[0].startswith("Observation/o: ")
    assert why in not_read[0]


@pytest.mark.parametrize(("written", "unit"), [("mmHg", "mm[Hg]"), ("lbs", "[lb_av]"), ("furlong", "furlong")])
def test_units_in_words_become_ucum_where_they_are_certain(written: str, unit: str) -> None:
    chart, _ = read(observation(valueQuantity={"value": 1, "unit": written}))
    assert chart.observations[0].unit == unit


# ---- medicines


def dosage(value: float, unit: str, **repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity(value, unit)}]}


def test_an_order_that_stands_is_taken_with_its_daily_dose() -> None:
    chart, not_read = read(order(dosageInstruction=[dosage(1, "mg", frequency=1, period=8, periodUnit="h")]))
    assert not_read == []
    (item,) = chart.medicines
    assert isinstance(item, MedicineItem)
    assert (item.system, item.code, item.status) == ("rxnorm", "6470", "yes")
    assert (item.daily_dose, item.daily_unit, item.at) == (3.0, "mg/d", date(2026, 10, 1))


@pytest.mark.parametrize(
    "dosages",
    [
        [],
        [dosage(1, "{tablet}", frequency=1, period=1, periodUnit="d")],
        [dosage(1, "mg")],
        [dosage(1, "mg", frequency=1, period=1, periodUnit="mo")],
        [dosage(1, "mg", frequency=1, period=0, periodUnit="d")],
        [dosage(1, "mg", frequency=1, period=1, periodUnit="d"), {"text": "and more if needed"}],
        [{"sequence": n, **dosage(n, "mg", frequency=1, period=1, periodUnit="d")} for n in (1, 2)],
    ],
)
def test_a_dose_that_cannot_be_computed_is_unknown(dosages: list[dict[str, Any]]) -> None:
    chart, _ = read(order(dosageInstruction=dosages))
    assert [item.daily_dose for item in chart.medicines] == [None]


def test_several_lines_of_one_order_are_added() -> None:
    lines = [
        dosage(1, "mg", frequency=1, period=1, periodUnit="d"),
        dosage(2, "mg", frequency=1, period=1, periodUnit="d"),
    ]
    assert read(order(dosageInstruction=lines))[0].medicines[0].daily_dose == 3.0


@pytest.mark.parametrize(
    ("given", "status"),
    [({"status": "on-hold"}, "unknown"), ({"status": "stopped"}, "no"), ({"status": "completed"}, "no")],
)
def test_the_status_of_an_order_says_whether_it_is_taken(given: dict[str, Any], status: str) -> None:
    assert [item.status for item in read(order(**given))[0].medicines] == [status]


def test_the_last_day_of_what_was_stopped_is_kept() -> None:
    lines = [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-11-10"}}}}]
    assert read(order(status="stopped", dosageInstruction=lines))[0].medicines[0].last_taken == date(2026, 11, 10)


@pytest.mark.parametrize(
    "given",
    [
        {"status": "draft"},
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"intent": "proposal"},
        {"doNotPerform": True},
    ],
)
def test_what_is_no_order_is_listed(given: dict[str, Any]) -> None:
    chart, not_read = read(order(**given))
    assert chart.medicines == ()
    assert len(not_read) == 1


CONTAINED = {
    "resourceType": "Medication",
    "id": "d",
    "code": {"text": "Ativan 1 mg"},
    "ingredient": [{"itemCodeableConcept": coded(RXNORM, "6470", "lorazepam")}],
}


def test_a_contained_medication_gives_its_ingredient_under_the_name_of_the_product() -> None:
    chart, _ = read(order(contained=[CONTAINED], medicationReference={"reference": "#d"}))
    assert [(i.system, i.code, i.text) for i in chart.medicines] == [("rxnorm", "6470", "Ativan 1 mg")]


@pytest.mark.parametrize("reference", ["Medication/d", "urn:uuid:1", "Medication/d/_history/2"])
def test_a_medication_of_the_bundle_is_found_by_each_of_its_names(reference: str) -> None:
    given = bundle(order(medicationReference={"reference": reference}))
    given["entry"].append({"fullUrl": "urn:uuid:1", "resource": CONTAINED})
    chart, not_read = read_bundle(given)
    assert [item.code for item in chart.medicines] == ["6470"]
    assert [one.why for one in not_read] == ["is read where an order or a statement points to it"]


def test_a_mixture_keeps_its_ingredients_and_counts_its_dose_once() -> None:
    mixture = CONTAINED | {"ingredient": [*CONTAINED["ingredient"], {"itemCodeableConcept": coded(RXNORM, "161")}]}  # type: ignore[misc]
    lines = [dosage(1, "mg", frequency=1, period=1, periodUnit="d")]
    chart, _ = read(order(contained=[mixture], medicationReference={"reference": "#d"}, dosageInstruction=lines))
    assert [(item.code, item.text) for item in chart.medicines] == [
        ("", "Ativan 1 mg"),
        ("6470", "lorazepam"),
        ("161", ""),
    ]


def test_a_medicine_that_is_not_in_the_bundle_keeps_the_words_for_it() -> None:
    chart, _ = read(order(medicationReference={"reference": "Medication/9", "display": "Ativan"}))
    assert [item.text for item in chart.medicines] == ["Ativan"]
    chart, not_read = read(order(medicationReference={"reference": "Medication/9"}))
    assert chart.medicines == ()
    assert "not in the bundle" in not_read[0]


@pytest.mark.parametrize(
    ("said", "status", "last"),
    [("active", "yes", None), ("stopped", "no", date(2026, 1, 5)), ("not-taken", "no", None)],
)
def test_a_statement_says_what_is_taken(said: str, status: str, last: date | None) -> None:
    given = {
        "resourceType": "MedicationStatement",
        "id": "s",
        "subject": ME,
        "status": said,
        "medicationCodeableConcept": coded(RXNORM, "6470"),
        "effectivePeriod": {"start": "2025-01-01", "end": "2026-01-05"},
        "dosage": [dosage(1, "mg", frequency=2, period=1, periodUnit="d")],
    }
    (item,) = read(given)[0].medicines
    assert (item.status, item.last_taken, item.onset) == (status, last, date(2025, 1, 1))
    assert item.daily_dose == (2.0 if said == "active" else None if said == "stopped" else 2.0)


# ---- answers


WEIGHT = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def how_often(code: str | None = None, weight: float | None = None) -> dict[str, Any]:
    """A coded answer of a scale."""
    coding: dict[str, Any] = {"system": LOINC, "code": code, "display": "…"} if code else {"display": "…"}
    return coding | ({"extension": [{"url": WEIGHT, "valueDecimal": weight}]} if weight is not None else {})


@pytest.mark.parametrize(
    ("coding", "value"),
    [
        (how_often("LA6568-5"), 0),
        (how_often("LA6569-3"), 1),
        (how_often("LA6570-1"), 2),
        (how_often("LA6571-9"), 3),
        (how_often(None, 2), 2),
        (how_often("LA6569-3", 1), 1),
        (how_often("LA6569-3", 2), None),
        (how_often("LA1-1"), None),
    ],
)
def test_an_answer_of_a_scale_is_the_number_it_counts_as_a_result_and_as_a_form(
    coding: Any, value: float | None
) -> None:
    result = observation(code=coded(LOINC, "44260-8"), valueCodeableConcept={"coding": [coding]})
    (item,) = read(result)[0].observations
    assert (item.value, item.unit) == (value, None if value is None else "{score}")
    form = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "subject": ME}
    form |= {"authored": "2026-11-20T10:00:00Z", "item": [{"linkId": "/44260-8", "answer": [{"valueCoding": coding}]}]}
    chart, not_read = read(form)
    assert [(one.system, one.code, one.value, one.unit) for one in chart.observations] == (
        [] if value is None else [("loinc", "44260-8", value, "{score}")]
    )
    assert chart.answers == ()
    assert bool(not_read) == (value is None)


def test_several_days_of_wishing_to_be_dead_in_a_form_of_a_hospital_are_found() -> None:
    form = {"resourceType": "QuestionnaireResponse", "id": "q", "status": "completed", "subject": ME}
    item = {"linkId": "44260-8", "answer": [{"valueCoding": how_often("LA6569-3")}]}
    chart, _ = read(form | {"authored": "2026-11-20T23:40:00Z", "item": [item]})
    found = screen(chart, base=knowledge.read(), on=date(2026, 11, 20)).findings
    (task,) = [finding for finding in found if finding.rule == "screening.scr_25"]
    assert (task.state, task.action) == ("fires", "TASK")


def test_answers_to_our_own_questions_are_read_and_the_others_listed() -> None:
    given = {
        "resourceType": "QuestionnaireResponse",
        "id": "q",
        "status": "completed",
        "subject": ME,
        "authored": "2026-11-20T10:00:00Z",
        "item": [
            {"linkId": "questions.aneurysm", "answer": [{"valueBoolean": False}]},
            {
                "linkId": "group",
                "item": [
                    {"linkId": "questions.mania", "answer": [{"valueCoding": {"system": LOINC, "code": "LA33-6"}}]}
                ],
            },
            {"linkId": "questions.glaucoma", "answer": [{"valueCoding": {"system": "http://x.test", "code": "maybe"}}]},
            {"linkId": "/44250-9", "answer": [{"valueInteger": 2}]},
        ],
    }
    chart, not_read = read(given)
    assert [(i.system, i.code, i.status) for i in chart.answers] == [
        ("norket", "questions.aneurysm", "no"),
        ("norket", "questions.mania", "yes"),
        ("norket", "questions.glaucoma", "unknown"),
    ]
    assert not_read == [
        "QuestionnaireResponse/q: 1 answers are to questions that are not ours (/44250-9); read them on the page"
    ]


# ---- the bundle


def test_every_kind_that_is_not_read_is_listed() -> None:
    _, not_read = read(
        {"resourceType": "Encounter", "id": "e"},
        {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "timeout"}]},
    )
    assert not_read == [
        "Encounter/e: resources of the kind Encounter are not read",
        "OperationOutcome in entry 3: the sender says that something went wrong: timeout",
    ]


def test_what_is_given_twice_is_read_once_and_said() -> None:
    chart, not_read = read(condition(), condition())
    assert len(chart.conditions) == 1
    assert not_read == ["Condition/c: is given twice, with the same content; read once"]


def test_further_pages_are_said() -> None:
    _, not_read = read_bundle(bundle(link=[{"relation": "next", "url": "http://x.test"}]))
    assert "further pages" in not_read[0].why


@pytest.mark.parametrize("reference", ["urn:uuid:7", "http://a.test/fhir/Patient/p"])
def test_a_reference_by_full_address_is_understood(reference: str) -> None:
    given = bundle(condition(subject={"reference": reference}))
    given["entry"][0]["fullUrl"] = reference
    assert len(read_bundle(given)[0].conditions) == 1


def test_the_same_number_at_another_hospital_is_another_patient() -> None:
    given = bundle(condition(subject={"reference": "http://b.test/fhir/Patient/p"}))
    given["entry"][0]["fullUrl"] = "http://a.test/fhir/Patient/p"
    chart, not_read = read_bundle(given)
    assert chart.conditions == ()
    assert "somebody or something else" in not_read[0].why


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "not readable as JSON"),
        ("{", "not readable as JSON"),
        (b"\xff\xfe\xff", "not readable as JSON"),
        ("[]", "no FHIR resource"),
        ("null", "no FHIR resource"),
        ('{"resourceType": "Patient"}', "a Bundle is needed"),
        ('{"resourceType": 7}', "no FHIR resource"),
        ('{"resourceType": "Bundle"}', "no Patient"),
        ('{"resourceType": "Bundle", "type": "history"}', "history"),
        ('{"resourceType": "Bundle", "entry": {}}', "not a list"),
        ('{"resourceType": "Bundle", "entry": [1]}', "not a list"),
        ('{"resourceType": "Bundle", "entry": [], "entry": []}', "written twice"),
        ('{"resourceType": "Bundle", "total": NaN}', "NaN"),
        ('{"resourceType": "Bundle", "total": 1e999}', "too large"),
        ('{"resourceType": "Bundle", "total": ' + "9" * 5000 + "}", "too large"),
        ('{"resourceType": "Bundle", "x": ' + "[" * 40 + "]" * 40 + "}", "nested deeper"),
        ("[" * 100_000, "nested deeper"),
        ('{"resourceType": "Bundle", "x": "\\u0000"}', "U+0000"),
        ('{"resourceType": "Bundle", "x": "\\ud800"}', "half of a character"),
        ({"resourceType": "Bundle", 1: 2}, "a key is no text"),
        (bundle(PATIENT | {"id": "other"}), "2 patients"),
        ({"resourceType": "Bundle", "entry": [{"resource": PATIENT | {"gender": []}}]}, "Patient cannot be read"),
        ({"resourceType": "Bundle", "entry": [{"resource": PATIENT | {"implicitRules": "x"}}]}, "change its meaning"),
        ("x" * 50_000_001, "longer than"),
    ],
)
def test_a_bundle_that_cannot_be_read_says_why(given: Any, why: str) -> None:
    with pytest.raises(FhirError, match=why.replace("+", r"\+")):
        read_bundle(given)


def test_more_entries_than_are_read_are_refused() -> None:
    with pytest.raises(FhirError, match="entries"):
        read_bundle({"resourceType": "Bundle", "entry": [{}] * 100_001})


@pytest.mark.parametrize(
    "entry", [{}, {"resource": None}, {"resource": []}, {"resource": {}}, {"resource": {"resourceType": "a/b"}}]
)
def test_an_entry_that_holds_nothing_is_listed(entry: dict[str, Any]) -> None:
    given = bundle()
    given["entry"].append(entry)
    assert [one.resource for one in read_bundle(given)[1]] == ["entry 2"]
