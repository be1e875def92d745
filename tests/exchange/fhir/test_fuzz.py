"""Whatever arrives as a bundle: a chart and a list, or the one named error; and nothing is left out in silence."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norket.exchange.fhir import FhirError, read_bundle
from norket.therapy.chart import Chart, read_chart

ME = {"reference": "Patient/p"}
CODE = {"coding": [{"system": "http://loinc.org", "code": "8480-6", "display": "SBP"}], "text": "SBP"}
MG = {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
STATUS = {"coding": [{"system": "s", "code": "active"}]}
WHOLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "link": [{"relation": "next", "url": "u"}],
    "entry": [
        {"fullUrl": "urn:uuid:1", "resource": one}
        for one in (
            {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1980-02-03"},
            {
                "resourceType": "Condition",
                "id": "c",
                "subject": ME,
                "clinicalStatus": STATUS,
                "verificationStatus": STATUS,
                "code": CODE,
                "onsetDateTime": "2020-01-01",
                "abatementPeriod": {"start": "2020-01-01", "end": "2021-01-01"},
            },
            {
                "resourceType": "Procedure",
                "id": "x",
                "subject": ME,
                "status": "completed",
                "code": CODE,
                "performedPeriod": {"start": "2020-01-01T10:00:00Z", "end": "2020-01-01T11:00:00Z"},
            },
            {
                "resourceType": "AllergyIntolerance",
                "id": "a",
                "patient": ME,
                "code": CODE,
                "reaction": [{"substance": CODE}],
            },
            {
                "resourceType": "Observation",
                "id": "o",
                "status": "final",
                "subject": ME,
                "code": CODE,
                "effectiveDateTime": "2020-01-01T10:00:00+02:00",
                "valueQuantity": MG,
                "referenceRange": [{"high": MG}],
                "interpretation": [CODE],
                "component": [{"code": CODE, "valueCodeableConcept": CODE}],
            },
            {
                "resourceType": "MedicationRequest",
                "id": "m",
                "status": "active",
                "intent": "order",
                "subject": ME,
                "contained": [{"resourceType": "Medication", "id": "d", "ingredient": [{"itemCodeableConcept": CODE}]}],
                "medicationReference": {"reference": "#d"},
                "dosageInstruction": [
                    {
                        "sequence": 1,
                        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}, "code": CODE},
                        "doseAndRate": [{"doseQuantity": MG}],
                    }
                ],
            },
            {
                "resourceType": "MedicationStatement",
                "id": "s",
                "status": "active",
                "subject": ME,
                "medicationCodeableConcept": CODE,
                "effectivePeriod": {"start": "2020-01-01", "end": "2020-02-01"},
                "dosage": [{"doseAndRate": [{"doseRange": {"high": MG}}]}],
            },
            {
                "resourceType": "QuestionnaireResponse",
                "id": "q",
                "status": "completed",
                "subject": ME,
                "item": [{"linkId": "questions.x", "answer": [{"valueBoolean": True}], "item": [{"linkId": "y"}]}],
            },
            {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "x"}]},
        )
    ],
}
READ_OF_WHOLE = 8

HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([10**400, -1e308, "2020", "2020-13-01", "9999-12-31T23:59:60+14:00", "0001-01-01T00:00:00+14:00"]),
    st.sampled_from(["entered-in-error", "stopped", "#d", "Patient/p", "urn:uuid:1", "http://snomed.info/sct", ""]),
    st.just([]),
    st.just({}),
    st.lists(st.one_of(st.none(), st.integers(), st.dictionaries(st.text(max_size=3), st.integers()))),
)
JSON = st.recursive(HOSTILE, lambda child: st.lists(child) | st.dictionaries(st.text(max_size=6), child), max_leaves=10)


def places(value: Any, found: list[Callable[[Any], None]] | None = None) -> list[Callable[[Any], None]]:
    """A setter for every place inside a value."""
    found = [] if found is None else found
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        found.append(lambda new, at=value, key=key: at.__setitem__(key, new))  # type: ignore[misc]
        places(child, found)
    return found


def holds(given: Any) -> None:
    """Either the named error, or a chart in which or beside which every entry is found."""
    try:
        chart, not_read = read_bundle(given)
    except FhirError:
        return
    assert read_chart(chart.model_dump_json()) == chart
    fields = (chart.conditions, chart.medicines, chart.allergies, chart.observations, chart.answers)
    told = {item.source.removeprefix("fhir ") for field in fields for item in field} | {
        one.resource for one in not_read
    }
    assert all(one.why for one in not_read)
    for place, entry in enumerate(given["entry"], start=1):
        resource = entry.get("resource")
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        names = {f"entry {place}", f"{kind} in entry {place}"}
        names |= {f"{kind}/{resource.get('id')}"} if isinstance(resource, dict) else set()
        assert kind == "Patient" or names & told, f"{names} left no trace"


def test_the_bundle_that_is_changed_below_is_read_whole() -> None:
    chart, not_read = read_bundle(WHOLE)
    items = [*chart.conditions, *chart.allergies, *chart.observations, *chart.medicines, *chart.answers]
    assert len(items) == READ_OF_WHOLE
    assert {one.resource for one in not_read} == {"Bundle", "Condition/c", "OperationOutcome in entry 9"}


@pytest.mark.parametrize(
    "planted",
    [None, False, 0, -1.5, 10**400, "", "x", "2020", "stopped", "entered-in-error", "#d", [], {}, [{}]],
    ids=repr,
)
def test_each_place_in_turn_made_wrong_gives_a_chart_or_the_named_error(planted: Any) -> None:
    """Every place with every planted value: what chance finds only now and then is found each time."""
    for place in range(len(places(WHOLE))):
        changed = deepcopy(WHOLE)
        places(changed)[place](planted)
        holds(changed)


@pytest.mark.parametrize("emptied", [{"item": None}, {"item": []}, {"item": [{"linkId": "y"}]}, {"item": [{}]}])
def test_a_form_without_answers_is_listed(emptied: dict[str, Any]) -> None:
    changed = deepcopy(WHOLE)
    changed["entry"][7]["resource"] |= emptied
    told = {one.resource: one.why for one in read_bundle(changed)[1]}
    assert told["QuestionnaireResponse/q"] == "it holds no answers"


@settings(max_examples=400)
@given(st.data())
def test_any_change_of_any_place_gives_a_chart_or_the_named_error(data: st.DataObject) -> None:
    changed = deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        data.draw(st.sampled_from(places(changed)))(data.draw(JSON))
    holds(changed)


@settings(max_examples=200)
@given(JSON)
def test_anything_at_all_gives_the_named_error(value: Any) -> None:
    with pytest.raises(FhirError):
        read_bundle(value)


@settings(max_examples=200)
@given(st.one_of(st.text(), st.binary()))
def test_any_text_gives_the_named_error(text: str | bytes) -> None:
    with pytest.raises(FhirError):
        read_bundle(text)


@settings(max_examples=100)
@given(st.data())
def test_a_text_that_was_cut_or_spoiled_gives_a_chart_or_the_named_error(data: st.DataObject) -> None:
    text = json.dumps(WHOLE)
    cut = data.draw(st.integers(0, len(text)))
    spoiled = (
        text[:cut]
        + data.draw(st.sampled_from(["", '"', "}", "]", ",", "NaN", "\\ud800", "1e999", "\x00"]))
        + text[cut:]
    )
    try:
        chart, _ = read_bundle(spoiled)
    except FhirError:
        return
    assert isinstance(chart, Chart)
