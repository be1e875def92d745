"""Whoever changes the record shows: eight ways of changing the chain, and the tables that the chain speaks of."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import UniqueConstraint
from django.db.utils import DatabaseError
from support.worlds import NOW, World

from norket.record import append_only
from norket.record.audit import actions, chain
from norket.record.audit.models import AuditHead, AuditLine
from norket.record.care import actions as care
from norket.record.care.models import CareEvent
from norket.record.people.models import Patient, Person
from norket.record.plan import rescues, switches
from norket.record.plan.models import OrderRecord, PolicySignature
from norket.record.register.models import RegisterEntry
from norket.record.session import actions as records
from norket.record.session import chunks, ledger
from norket.record.session.models import QuarantinedMessage, SampleChunk, SessionEvent
from norket.record.verify import verify
from norket.therapy.care.events import PregnancyPotentialRecorded
from norket.therapy.plan.rescue_signing import Filled
from norket.therapy.session.samples import Sample

pytestmark = pytest.mark.django_db
KEY = "a key that is not in the database"
FILLED = {
    "record_careevent",
    "record_clinicswitch",
    "record_quarantinedmessage",
    "record_rescuesignature",
    "record_samplechunk",
}


def lines() -> int:
    return AuditLine.objects.count()


@pytest.fixture
def unguarded(world: World) -> World:
    """A world whose tables an intruder can write to."""
    append_only.remove(connection)
    return world


def rechain(first: int) -> None:
    """Makes every hash from a line on anew, as someone with the program would."""
    prev = AuditLine.objects.get(seq=first - 1).hash
    for line in AuditLine.objects.filter(seq__gte=first).order_by("seq"):
        line.prev = prev
        line.hash = prev = actions.line_hash(line)
        AuditLine.objects.filter(pk=line.pk).update(prev=line.prev, hash=line.hash)
    last = AuditLine.objects.order_by("-seq")[0]
    AuditHead.objects.update(seq=last.seq, hash=last.hash)


def edit(seq: int) -> None:
    AuditLine.objects.filter(seq=seq).update(data='{"changed":true}')


def delete(seq: int) -> None:
    AuditLine.objects.filter(seq=seq).delete()


def insert(seq: int) -> None:
    line = AuditLine.objects.get(seq=seq)
    for later in AuditLine.objects.filter(seq__gt=seq).order_by("-seq"):
        AuditLine.objects.filter(pk=later.pk).update(seq=later.seq + 1)
    line.seq += 1
    line.save(force_insert=True)


def swap(seq: int) -> None:
    first, second = AuditLine.objects.get(seq=seq), AuditLine.objects.get(seq=seq + 1)
    for line, other in ((first, second), (second, first)):
        AuditLine.objects.filter(pk=line.pk).update(
            at=other.at, actor=other.actor, kind=other.kind, subject=other.subject, data=other.data, hash=other.hash
        )


def retime(seq: int) -> None:
    line = AuditLine.objects.get(seq=seq)
    AuditLine.objects.filter(seq=seq).update(at=line.at - timedelta(hours=1))


def reassign(seq: int) -> None:
    AuditLine.objects.filter(seq=seq).update(actor="somebody else")


def cut(seq: int) -> None:
    AuditLine.objects.filter(seq__gte=seq).delete()
    last = AuditLine.objects.order_by("-seq")[0]
    AuditHead.objects.update(seq=last.seq, hash=last.hash)


def edit_and_rechain(seq: int) -> None:
    line = AuditLine.objects.filter(kind="read").first() or AuditLine.objects.get(seq=seq)
    AuditLine.objects.filter(seq=line.seq).update(actor="somebody else")
    rechain(line.seq)


IN_THE_CHAIN: list[tuple[Callable[[int], None], int]] = [
    (edit, 0),
    (delete, 0),
    (insert, 1),
    (swap, 0),
    (retime, 0),
    (reassign, 0),
]


@pytest.mark.parametrize(("tamper", "after"), IN_THE_CHAIN, ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("place", [2, 0.5, -1])
def test_a_change_inside_the_chain_names_its_first_line(
    unguarded: World, tamper: Callable[[int], None], after: int, place: float
) -> None:
    seq = {2: 2, 0.5: lines() // 2, -1: lines() - 1}[place]
    tamper(seq)
    found = verify()
    assert not found["ok"]
    assert found["first_bad"] == seq + after


@pytest.mark.parametrize("tamper", [cut, edit_and_rechain])
def test_a_cut_end_or_a_new_chain_shows_only_against_an_anchor(unguarded: World, tamper: Callable[[int], None]) -> None:
    early = chain.anchor(NOW, KEY)
    for place in range(3):
        actions.append("read", actor="x", subject=f"patient:{place}", data={}, at=NOW)
    late = chain.anchor(NOW, KEY)
    tamper(late.seq - 1)
    assert list(chain.faults()) == []
    faults = list(chain.faults([early, late], KEY))
    assert faults
    assert early.seq < faults[0].seq <= late.seq


def test_an_anchor_of_another_key_is_itself_a_fault(world: World) -> None:
    forged = chain.anchor(NOW, "another key")
    assert [fault.seq for fault in chain.faults([forged], KEY)] == [forged.seq]


def test_an_untouched_chain_agrees_with_its_anchors_from_the_file(world: World, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    chain.write(path, chain.anchor(NOW, KEY))
    actions.append("read", actor="x", subject="patient:1", data={}, at=NOW)
    chain.write(path, chain.anchor(NOW, KEY))
    assert verify(chain.load(path), KEY)["ok"]


def test_a_changed_event_names_the_audit_line_that_wrote_it(unguarded: World) -> None:
    event = SessionEvent.objects.filter(session=unguarded.session()).order_by("n")[3]
    lines = AuditLine.objects.filter(subject=f"session:{unguarded.session()}", kind="command").order_by("seq")
    line = next(line for line in lines if event.n <= json.loads(line.data)["events"][1])
    SessionEvent.objects.filter(pk=event.pk).update(by="somebody else")
    assert verify()["first_bad"] == line.seq


def test_the_chain_is_over_what_is_stored_not_over_what_a_later_version_makes_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_another_version(row: SessionEvent) -> None:
        raise AssertionError(f"event {row.n} was interpreted")

    monkeypatch.setattr(ledger, "recorded", of_another_version)
    assert SessionEvent.objects.exists()
    assert verify()["ok"]


def test_an_event_slipped_in_at_the_end_is_found(unguarded: World) -> None:
    last = SessionEvent.objects.filter(session=unguarded.session()).order_by("-n")[0]
    last.pk, last.n, last.command_id = None, last.n + 1, "slipped"
    last.save()
    found = verify()
    assert (found["ok"], found["first_bad"]) == (False, lines() + 1)


@pytest.mark.parametrize("change", [{"amount_mg": 1.0}, {"balance_mg": 1.0}, {"witness": "nobody"}])
def test_a_changed_register_line_is_found(unguarded: World, change: dict[str, Any]) -> None:
    RegisterEntry.objects.filter(pk=RegisterEntry.objects.order_by("id")[0].pk).update(**change)
    found = verify()
    assert AuditLine.objects.get(seq=found["first_bad"]).kind == "register"


@pytest.mark.parametrize("model", [AuditLine, SessionEvent, RegisterEntry])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_was_written(world: World, model: Any, change: str) -> None:
    row = model.objects.order_by("pk")[0]
    field = {"AuditLine": "actor", "SessionEvent": "by", "RegisterEntry": "by"}[model.__name__]
    rows = model.objects.filter(pk=row.pk)
    attempt = {"update": lambda: rows.update(**{field: "x"}), "delete": rows.delete}[change]
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        attempt()
    assert model.objects.filter(pk=row.pk).exists()


def test_postgresql_refuses_to_empty_the_tables(world: World) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE; its DELETE is refused above")
    connection.check_constraints()
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE record_sessionevent CASCADE")


def test_every_append_only_table_exists(world: World) -> None:
    assert set(append_only.TABLES) <= set(connection.introspection.table_names())
    assert SampleChunk._meta.db_table in append_only.TABLES


@pytest.mark.parametrize("table", append_only.TABLES)
def test_a_row_cannot_be_put_in_the_place_of_another(world: World, table: str) -> None:
    """By its primary key, and by each of its unique keys under a new primary key."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite replaces")
    if table in FILLED:
        fill(world)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608 -- our own table
        names, row = [column[0] for column in cursor.description], cursor.fetchone()
        for key in append_only.KEYS[table]:
            primary = append_only.KEYS[table][0][0]
            other = {} if key == (primary,) else {primary: 999_999 if isinstance(row[0], int) else "f" * 32}
            values = [other.get(name, value) for name, value in zip(names, row, strict=True)]
            marks = ", ".join(["%s"] * len(names))
            columns = ", ".join(f'"{name}"' for name in names)
            with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
                cursor.execute(f"REPLACE INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608
        cursor.execute(f"SELECT * FROM {table} LIMIT 1")  # noqa: S608
        assert cursor.fetchone() == row


def test_the_guards_name_every_unique_key_of_their_tables(world: World) -> None:
    models = {model._meta.db_table: model for model in apps.get_app_config("record").get_models()}
    for table, keys in append_only.KEYS.items():
        meta = models[table]._meta
        unique = [
            tuple(str(meta.get_field(name).column) for name in constraint.fields)
            for constraint in meta.constraints
            if isinstance(constraint, UniqueConstraint)
        ]
        assert set(keys) == {(str(meta.pk.column),), *unique}
        assert not [field.name for field in meta.fields if field.unique and not field.primary_key]


@pytest.mark.parametrize(
    ("model", "change", "kind"),
    [
        (CareEvent, {"data": '{"type":"pregnancy_potential_recorded","status":"yes"}'}, "care"),
        (CareEvent, {"by": "somebody else"}, "care"),
        (CareEvent, {"n": 2}, "care"),
        (OrderRecord, {"order": "{}"}, "order_signed"),
        (OrderRecord, {"signed_at": NOW + timedelta(days=9)}, "order_signed"),
        (PolicySignature, {"signed_at": NOW + timedelta(days=9)}, "policy_signed"),
        (PolicySignature, {"edition": "another"}, "policy_signed"),
        (QuarantinedMessage, {"raw": b"other"}, "quarantined"),
        (QuarantinedMessage, {"reason": "other"}, "quarantined"),
        (QuarantinedMessage, {"sender": "other"}, "quarantined"),
        (QuarantinedMessage, {"message_id": "other"}, "quarantined"),
    ],
)
def test_a_changed_entry_order_signature_or_message_is_found(
    unguarded: World, model: Any, change: dict[str, Any], kind: str
) -> None:
    fill(unguarded)
    assert verify()["ok"]
    model.objects.filter(pk=model.objects.order_by("pk")[0].pk).update(**change)
    assert AuditLine.objects.get(seq=verify()["first_bad"]).kind == kind


@pytest.mark.parametrize("model", [OrderRecord, PolicySignature, QuarantinedMessage])
@pytest.mark.parametrize("deed", ["deleted", "slipped in"])
def test_an_order_signature_or_message_deleted_or_slipped_in_is_found(unguarded: World, model: Any, deed: str) -> None:
    fill(unguarded)
    row = model.objects.order_by("pk")[0]
    if deed == "deleted":
        model.objects.filter(pk=row.pk)._raw_delete(model.objects.db)
    else:
        row.pk = None if isinstance(row.pk, int) else uuid4()
        row._state.adding = True
        if isinstance(row, PolicySignature):
            row.edition = "another"
        row.save(force_insert=True)
    assert not verify()["ok"]


def fill(world: World) -> None:
    """A chunk of samples, a message kept apart, a switch turned, a rescue template signed and an entry of care."""
    director = Person.objects.get(pk=world.person("medical_director")["id"])
    switches.turn(director, "prediction_advice", on=True, now=NOW)
    figures = {"least": 4.0, "most": 8.0, "unit": "mg", "interval_min": 240.0, "max_total": 16.0}
    rescues.sign(
        director, Filled(template="rescue.template_antiemetic", agent="ondansetron", route="iv", **figures), now=NOW
    )
    care.record(
        Patient.objects.order_by("pk")[0].pk,
        [PregnancyPotentialRecorded(status="no")],
        by="somebody",
        now=NOW,
        command_id="care",
    )
    device, patient = world.clinic()["device"], world.clinic()["sessions"][0]["mrn"]
    one = Sample(channel="spo2_percent", value=97.0, unit="%", at=NOW, received_at=NOW, device=device, interval_s=1.0)
    records.receive(device, patient, [one], message_id="m", raw=b"MSH", now=NOW)
    chunks.flush(NOW)
    records.quarantine(b"MSH|raw", "unknown device", "somebody", NOW, message_id="m")
