"""Whoever changes the record shows: eight ways of changing the chain, and the tables that the chain speaks of."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from support.worlds import NOW, World

from norket.record import append_only
from norket.record.audit import actions, chain
from norket.record.audit.models import AuditHead, AuditLine
from norket.record.register.models import RegisterEntry
from norket.record.session.models import SampleChunk, SessionEvent
from norket.record.verify import verify

pytestmark = pytest.mark.django_db
KEY = "a key that is not in the database"


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
    line = AuditLine.objects.filter(subject=f"session:{unguarded.session()}", kind="command").order_by("seq")[3]
    SessionEvent.objects.filter(pk=event.pk).update(by="somebody else")
    assert verify()["first_bad"] == line.seq


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
