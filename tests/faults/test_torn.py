"""A log that was torn, a block that was flipped or lost: the record comes back to an exact earlier moment, or says that
it is damaged. It never shows something that nobody wrote.

The files are copied while the program that writes them lives, then cut, flipped and zeroed at random places.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite
from support.hand import Hand
from support.nursery import Nursery

pytestmark = pytest.mark.faults
World = dict[str, Any]
NAME = "norket.sqlite3"
COMMANDS = 60
CHAIN = "SELECT seq, kind, actor, subject, data, prev, hash FROM record_auditline ORDER BY seq"
EVENTS = "SELECT session_id, n, command_id, data FROM record_sessionevent ORDER BY id"
HEADS = "SELECT id, version, head, phase, alarmed FROM record_sessionrecord ORDER BY id"
SIGNED = {
    f"record_{name}"
    for name in (
        "auditline",
        "audithead",
        "sessionevent",
        "samplechunk",
        "registerentry",
        "careevent",
        "referralevent",
        "orderrecord",
        "policysignature",
        "quarantinedmessage",
    )
}
Image = dict[str, list[tuple[Any, ...]]]
Damage = Callable[[bytearray, random.Random], None]


def cut(log: bytearray, chance: random.Random) -> None:
    del log[chance.randrange(len(log)) :]


def flip(log: bytearray, chance: random.Random) -> None:
    log[chance.randrange(len(log))] ^= 1 << chance.randrange(8)


def zero(log: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(log))
    log[at : at + 512] = bytes(len(log[at : at + 512]))


@pytest.fixture(scope="module")
def live(nursery: Nursery, seeded: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of database and log, taken between two commits of a living program."""
    place = tmp_path_factory.mktemp("torn")
    hand = Hand(nursery, Path(shutil.copytree(seeded[0], place / "clinic")))
    world = seeded[1]
    nurse = next(person["id"] for person in world["people"] if person["role"] == "nurse")
    for number in range(COMMANDS):
        session = list(world["sessions"].values())[number % 3]
        body = {"type": "note", "text": f"note {number}"}
        if number % 3 == 0:
            body = {"type": "record_vitals", "vitals": {"sbp_mmhg": 110 + number % 30, "dbp_mmhg": 70}}
        hand.ask("act", session=session["id"], person=nurse, body=body, key=f"torn-{number}", ordered=False, die="")
    copy = place / "copy"
    copy.mkdir()
    for suffix in ("", "-wal"):
        shutil.copyfile(place / "clinic" / f"{NAME}{suffix}", copy / f"{NAME}{suffix}")
    yield copy
    hand.kill()


def image(folder: Path) -> Image:
    """What a program that opens these files finds."""
    with sqlite.connect(folder / NAME) as record:
        try:
            return {
                name: record.execute(query).fetchall()
                for name, query in (("chain", CHAIN), ("events", EVENTS), ("heads", HEADS))
            }
        finally:
            record.rollback()


def damaged(live: Path, place: Path, log: bytes | None = None, base: bytes | None = None) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / NAME).write_bytes((live / NAME).read_bytes() if base is None else base)
    (place / f"{NAME}-wal").write_bytes((live / f"{NAME}-wal").read_bytes() if log is None else log)
    return place


def expected(whole: Image, lines: int) -> tuple[int, dict[str, tuple[int, str]]]:
    """How many events there are after so many lines of the chain, and the version and head of each session."""
    count, heads = 0, dict[str, tuple[int, str]]()
    for _, kind, _, subject, data, _, _ in whole["chain"][:lines]:
        if kind == "command":
            told = json.loads(data)
            first, last = told["events"]
            count += last - first + 1
            heads[subject.removeprefix("session:").replace("-", "")] = (last, told["head"])
    return count, heads


def prefix_fault(found: Image, whole: Image) -> str:
    """Why this is not an exact earlier moment of the whole; nothing when it is one."""
    lines = len(found["chain"])
    if found["chain"] != whole["chain"][:lines]:
        return "the chain is no prefix"
    count, heads = expected(whole, lines)
    if found["events"] != whole["events"][:count]:
        return f"{len(found['events'])} events beside {lines} lines of the chain"
    shown = {row[0]: (row[1], row[2]) for row in found["heads"] if row[1]}
    return "" if shown == heads else "a session shows another version than its ledger"


def rounds(pytestconfig: pytest.Config, short: int, long: int) -> int:
    return long if pytestconfig.getoption("--faults") else short


@pytest.mark.parametrize("damage", [cut, flip, zero], ids=lambda one: one.__name__)
def test_a_damaged_log_gives_an_exact_earlier_moment(
    live: Path, tmp_path: Path, pytestconfig: pytest.Config, damage: Damage, record_property: Any
) -> None:
    chance, whole = random.Random(damage.__name__), image(damaged(live, tmp_path / "whole"))
    assert prefix_fault(whole, whole) == ""
    lengths, refused = set(), 0
    for _ in range(rounds(pytestconfig, 120, 7000)):
        log = bytearray((live / f"{NAME}-wal").read_bytes())
        damage(log, chance)
        try:
            found = image(damaged(live, tmp_path / "one", log=bytes(log)))
        except sqlite.DatabaseError:
            refused += 1
            continue
        assert prefix_fault(found, whole) == ""
        lengths.add(len(found["chain"]))
    record_property("refused", refused)
    assert len(lengths) > 10


def test_half_a_transaction_would_be_noticed(live: Path, tmp_path: Path) -> None:
    whole = image(damaged(live, tmp_path / "whole"))
    half = {**whole, "chain": whole["chain"][:-1]}
    other = {**whole, "chain": [*whole["chain"][:-1], (*whole["chain"][-1][:-1], "0" * 64)]}
    ahead = {**whole, "heads": [(*whole["heads"][0][:1], 99, *whole["heads"][0][2:]), *whole["heads"][1:]]}
    assert "" not in {prefix_fault(one, whole) for one in (half, other, ahead)}


def everything(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with sqlite.connect(folder / NAME) as record:
        tables = [row[0] for row in record.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
        return {table: record.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}  # noqa: S608


def test_a_flipped_bit_in_the_record_is_found_or_changes_nothing_that_is_signed(
    live: Path, tmp_path: Path, pytestconfig: pytest.Config, nursery: Nursery, record_property: Any
) -> None:
    """A flip is found by SQLite, by its integrity check or by `norket audit verify`, or every ledger reads the same."""
    chance, place = random.Random(5), tmp_path / "one"
    with sqlite.connect(damaged(live, tmp_path / "base") / NAME) as record:
        record.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    base = (tmp_path / "base" / NAME).read_bytes()
    whole, hand = everything(damaged(live, place, log=b"", base=base)), Hand(nursery, tmp_path)
    found, same, unsigned = 0, 0, list[str]()
    for _ in range(rounds(pytestconfig, 24, 3000)):
        bad = bytearray(base)
        flip(bad, chance)
        damaged(live, place, log=b"", base=bytes(bad))
        try:
            after = everything(place)
            with sqlite.connect(place / NAME) as record:
                sound = record.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except (sqlite.DatabaseError, UnicodeDecodeError):
            sound, after = False, {}
        changed = {table for table, rows in whole.items() if after.get(table) != rows}
        if not sound or (changed and not hand.ask("verify", folder=str(place))["ok"]):
            found += 1
        elif changed:
            unsigned += sorted(changed)
        else:
            same += 1
    hand.kill()
    record_property("flips", {"found": found, "same": same, "unsigned": unsigned})
    assert found > 0
    assert set(unsigned) & SIGNED == set()
