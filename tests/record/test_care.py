"""The ledger of a patient's care on disk: written once, in order, in the chain, and never changed."""

from typing import Any
from uuid import UUID

import pytest
from support.worlds import NOW, World

from norket.record.audit.models import AuditLine
from norket.record.care import actions, queries
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient
from norket.record.verify import verify
from norket.therapy.care import events as e
from norket.therapy.chart import Chart, Item
from norket.therapy.finding import Refused

pytestmark = pytest.mark.django_db
MIGRAINE = e.LineRecorded(place="conditions", item=Item(text="migraine", status="yes"))


@pytest.fixture
def patient(world: World) -> UUID:
    return Patient.objects.order_by("pk")[0].pk


def record(patient: UUID, *events: e.Event, command_id: str = "a") -> Any:
    return actions.record(patient, events, by="somebody", now=NOW, command_id=command_id)


def test_what_is_recorded_is_in_the_chart(patient: UUID) -> None:
    (done,) = record(patient, MIGRAINE)
    assert (done.n, done.by, done.recorded_at) == (1, "somebody", NOW)
    assert queries.chart(Patient.objects.get(pk=patient)).conditions == (MIGRAINE.item,)


def test_the_same_command_again_gives_the_same_answer_and_writes_nothing(patient: UUID) -> None:
    assert record(patient, MIGRAINE) == record(patient, MIGRAINE)
    assert CareEvent.objects.filter(patient_id=patient).count() == 1


def test_a_command_id_used_for_something_else_is_refused(patient: UUID) -> None:
    record(patient, MIGRAINE)
    refused = record(patient, e.PregnancyPotentialRecorded(status="no"))
    assert isinstance(refused, Refused)
    assert refused.code == "command_id_reused"


def test_a_line_that_is_not_there_cannot_be_withdrawn(patient: UUID) -> None:
    record(patient, MIGRAINE)
    for n, index in ((2, 0), (1, 1)):
        refused = record(patient, e.LineWithdrawn(n=n, index=index, reason="wrong"), command_id=f"b{n}{index}")
        assert isinstance(refused, Refused)
        assert refused.code == "line_not_known"
    record(patient, e.LineWithdrawn(n=1, index=0, reason="wrong"), command_id="c")
    assert queries.care(patient).lines == ()


def test_the_same_file_is_imported_once(patient: UUID) -> None:
    brought = e.ChartImported(name="letter.json", sha256="0", chart=Chart(conditions=(MIGRAINE.item,)))
    record(patient, brought)
    refused = record(patient, brought, command_id="b")
    assert isinstance(refused, Refused)
    assert refused.code == "imported_already"
    assert len(queries.care(patient).lines) == 1


def test_nothing_to_record_is_refused(patient: UUID) -> None:
    refused = record(patient)
    assert isinstance(refused, Refused)
    assert refused.code == "nothing_to_record"


def test_the_chain_knows_every_entry_and_says_nothing_of_what_is_in_it(patient: UUID) -> None:
    record(patient, MIGRAINE, e.PregnancyPotentialRecorded(status="no"))
    line = AuditLine.objects.order_by("-seq")[0]
    assert (line.kind, line.subject) == ("care", f"patient:{patient}")
    assert "migraine" not in line.data
    assert verify()["ok"]
