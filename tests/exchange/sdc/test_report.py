"""A report of an SDC device as the message that the HL7 port judges: nothing is mended on the way, nothing hidden."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.table import device_table
from norket.exchange.sdc.report import Metric, Report, message

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DEVICE = "urn:uuid:31d2a27f-cf44-44e8-9830-2ba26fc63b21"


def metric(**changes: Any) -> Metric:
    usual: dict[str, Any] = {
        "handle": "spo2", "code": "150456", "system": None, "name": None, "unit": "262688", "unit_system": None,
        "value": Decimal(97), "validity": "Vld", "at": NOW - timedelta(seconds=1),
    }  # fmt: skip
    return Metric(**(usual | changes))


def judged(*metrics: Metric, **changes: Any) -> Parsed | Rejected:
    usual: dict[str, Any] = {"device": DEVICE, "patient": "MRN-1", "number": "seq-7", "sent_at": NOW}
    return parse(message(Report(**(usual | changes), metrics=metrics), device_table()), NOW, device_table())


def taken(*metrics: Metric) -> Parsed:
    read = judged(*metrics)
    assert isinstance(read, Parsed), read
    return read


def test_a_valid_number_is_charted_with_device_patient_and_time() -> None:
    read = taken(metric())
    (sample,) = read.samples
    assert (read.sending_device, read.patient_identity, read.message_id) == (DEVICE, "MRN-1", "seq-7")
    assert (sample.channel, sample.value, sample.at, sample.artefact) == (
        "spo2_percent", 97.0, NOW - timedelta(seconds=1), False,
    )  # fmt: skip


def test_a_number_keeps_the_digits_that_the_device_wrote() -> None:
    (sample,) = taken(metric(code="150344", unit="268192", value=Decimal("36.70"))).samples
    assert sample.value == 36.7
    (sample,) = taken(metric(value=Decimal("1E+2"))).samples
    assert sample.value == 100.0


@pytest.mark.parametrize("validity", ["Inv", "NA", "Ong", "Calib", "Oflw", "Uflw"])
def test_what_the_device_calls_no_measurement_is_not_charted(validity: str) -> None:
    read = taken(metric(validity=validity))
    assert read.samples == ()
    assert read.ignored


def test_a_number_that_the_device_questions_is_an_artefact() -> None:
    assert taken(metric(validity="Qst")).samples[0].artefact


@pytest.mark.parametrize("changes", [{"value": None}, {"at": None}])
def test_a_metric_without_a_number_or_a_time_charts_nothing(changes: dict[str, Any]) -> None:
    assert taken(metric(**changes)).samples == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "MDC_CONC_AWAY_CO2_ET"}, "label"),
        ({"unit": "266016"}, "unit"),
        ({"system": "urn:oid:2.16.840.1.113883.6.1"}, "label"),
        ({"value": Decimal(170)}, "range"),
        ({"value": Decimal("97.12345")}, "number"),
        ({"value": Decimal("NaN")}, "number"),
        ({"at": NOW + timedelta(minutes=2)}, "clock"),
        ({"at": NOW - timedelta(hours=1)}, "clock"),
    ],
)
def test_a_number_that_does_not_agree_with_the_table_refuses_the_report(changes: dict[str, Any], code: str) -> None:
    read = judged(metric(), metric(handle="b", **changes))
    assert isinstance(read, Rejected)
    assert read.code == code


def test_a_code_that_the_table_does_not_know_is_named_and_left_out() -> None:
    read = taken(metric(), metric(handle="ci", code="149772", unit="264704"))
    assert len(read.samples) == 1
    assert any("149772" in text for text in read.ignored)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_text_of_a_device_breaks_out_of_its_field(handle: str, name: str, patient: str, number: str) -> None:
    report = Report(DEVICE, patient, number, NOW, (metric(handle=handle, name=name), metric()))
    lines = message(report, device_table()).decode().rstrip("\r").split("\r")
    assert [line[:3] for line in lines] == ["MSH", "PID", "OBR", "OBX", "OBX"]
    assert [line.count("|") for line in lines[1:]] == [3, 7, 14, 14]
    assert isinstance(judged(metric(handle=handle, name=name), patient=patient, number=number), Parsed | Rejected)
