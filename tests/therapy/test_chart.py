"""The chart: what is taken, what is refused with its place, and that what is absent is unknown."""

import json
from datetime import date

import pytest

from norket.therapy.chart import Chart, ChartError, Item, read_chart

WHOLE = {
    "format": "chart-1",
    "patient": {"birth_date": "1980-02-29", "sex": "female", "pregnancy_potential": "no"},
    "conditions": [
        {
            "system": "http://snomed.info/sct",
            "code": "22298006",
            "text": "Myocardial infarction",
            "status": "yes",
            "onset": "2027-01-18",
            "at": "2027-01-20T09:30:00+10:00",
            "source": "letter",
        }
    ],
    "medicines": [
        {
            "system": "atc",
            "code": "N05BA01",
            "status": "yes",
            "daily_dose": 10,
            "daily_unit": "mg",
            "last_taken": "2027-02-28",
        }
    ],
    "allergies": [{"text": "penicillin", "status": "yes", "at": "2027-02-01", "source": "patient"}],
    "observations": [
        {"system": "loinc", "code": "8480-6", "value": 128, "unit": "mm[Hg]", "at": "2027-03-01T08:00:00Z"}
    ],
    "answers": [{"system": "norket", "code": "questions.glaucoma", "status": "no", "at": "2027-02-28"}],
}


def refused(document: object) -> tuple[str, ...]:
    with pytest.raises(ChartError) as caught:
        read_chart(json.dumps(document))
    return caught.value.faults


def test_a_whole_chart_is_read_and_written_back_the_same() -> None:
    chart = read_chart(json.dumps(WHOLE))
    assert read_chart(chart.model_dump_json()) == chart
    assert chart.medicines[0].daily_dose == 10


def test_what_is_absent_is_unknown() -> None:
    chart = read_chart("{}")
    assert chart == Chart()
    assert chart.patient.sex == "unknown"
    assert chart.patient.pregnancy_potential == "unknown"
    assert Item(text="something").status == "unknown"


def test_a_time_keeps_the_day_of_the_place_where_it_was_written() -> None:
    assert read_chart(json.dumps(WHOLE)).conditions[0].day == date(2027, 1, 20)
    late = Item.model_validate_json('{"text": "x", "at": "2027-01-20T23:30:00-08:00"}')
    assert late.day == date(2027, 1, 20)
    assert Item(text="x").day is None


def test_a_code_system_is_known_by_its_address_and_by_its_short_name() -> None:
    assert read_chart(json.dumps(WHOLE)).conditions[0].short_system == "snomed"
    assert Item(system="snomed", code="1").short_system == "snomed"
    assert Item(system="of our own", code="1").short_system == "of our own"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"format": "chart-2"}, "format: "),
        ({"problems": []}, "problems: "),
        ({"conditions": [{"text": "x", "status": "maybe"}]}, "conditions.0.status: "),
        ({"conditions": [{"text": "x", "status": True}]}, "conditions.0.status: "),
        ({"conditions": [{"status": "yes"}]}, "conditions.0: "),
        ({"conditions": [{"code": "I21.9", "status": "yes"}]}, "conditions.0: "),
        ({"conditions": [{"text": "x", "onset": "2027-02-30"}]}, "conditions.0.onset: "),
        ({"conditions": [{"text": "x", "since": "2027"}]}, "conditions.0.since: "),
        ({"observations": [{"text": "x", "value": "128"}]}, "observations.0.value: "),
        ({"observations": [{"text": "x", "value": True}]}, "observations.0.value: "),
        ({"observations": [{"text": "x", "at": "2027-03-01T08:00:00"}]}, "observations.0.at"),
        ({"medicines": [{"text": "x", "daily_dose": -1}]}, "medicines.0.daily_dose: "),
        ({"patient": {"birth_date": "1980"}}, "patient.birth_date: "),
        ({"patient": {"sex": "f"}}, "patient.sex: "),
        ([], "chart: "),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(part: object, said: str) -> None:
    document = WHOLE | part if isinstance(part, dict) else part
    assert [fault for fault in refused(document) if fault.startswith(said)]


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ChartError, match=r"observations\.0\.value"):
        read_chart('{"observations": [{"text": "x", "value": NaN}]}')


def test_all_faults_come_at_once() -> None:
    assert len(refused({"format": "chart-2", "patient": {"sex": "f"}, "conditions": [{}]})) == 3


def test_a_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ChartError, match="chart: "):
        read_chart("{")
