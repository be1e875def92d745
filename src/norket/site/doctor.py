"""What is wrong with this installation, and what to do about it."""

import resource
import sqlite3
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from pydantic import BaseModel, ConfigDict

from norket.knowledge.reader import KnowledgeError, read
from norket.site import clock, connections, health
from norket.site.problems import ProblemError

# The write-ahead-log reset bug was repaired in this release. Older branches that took the repair up are refused too:
# a version number does not tell which build of them has it.
REPAIRED = (3, 51, 3)
ANCHORS = "anchors.jsonl"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Check(BaseModel):
    """One thing looked at."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: Literal["good", "warning", "bad"]
    why: str


def sqlite_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite is outside the range of the write-ahead-log corruption bug."""
    return version >= REPAIRED


def sqlite() -> Check:
    """The version of SQLite that Django uses here."""
    if connection.vendor != "sqlite":
        return Check(name="sqlite", state="good", why="not used; the record is on PostgreSQL")
    version: tuple[int, int, int] = sqlite3.sqlite_version_info
    if sqlite_is_safe(version):
        return Check(name="sqlite", state="good", why=f"SQLite {sqlite3.sqlite_version}")
    why = (
        f"SQLite {sqlite3.sqlite_version} can corrupt its write-ahead log when several connections write. "
        "Install pysqlite3 (pip install pysqlite3) or set DATABASE_URL to a PostgreSQL."
    )
    return Check(name="sqlite", state="bad", why=why)


def refuse_old_sqlite() -> None:
    """No command opens the record with an SQLite that can corrupt it: beside a server it would be the second writer,
    and even one that only reads moves the log into the database when it leaves."""
    found = sqlite()
    if found.state == "bad":
        raise ProblemError(found.why)


def _data() -> Check:
    place = Path(settings.NORKET_DATA)
    if not place.is_dir():
        return Check(name="data", state="bad", why=f"{place} is not there; run `norket migrate`")
    if place.stat().st_mode & 0o077:
        return Check(name="data", state="warning", why=f"{place} can be read by others; run `chmod 700 {place}`")
    return Check(name="data", state="good", why=str(place))


def _schema() -> Check:
    schema = health.schema()
    state: Literal["good", "bad"] = "bad" if schema == "behind" else "good"
    return Check(name="schema", state=state, why="run `norket migrate`" if schema == "behind" else schema)


def _knowledge() -> Check:
    try:
        return Check(name="knowledge", state="good", why=f"edition {read().edition[:12]}")
    except KnowledgeError as error:
        return Check(name="knowledge", state="bad", why=str(error))


def _origin() -> Check:
    origin = urlsplit(settings.NORKET_ORIGIN)
    if origin.scheme == "https" or origin.hostname in LOOPBACK:
        return Check(name="origin", state="good", why=settings.NORKET_ORIGIN)
    why = f"{settings.NORKET_ORIGIN} sends passwords and charts in the clear; put TLS before it and use https"
    return Check(name="origin", state="bad", why=why)


def _anchors() -> Check:
    beside = Path(settings.NORKET_DATA) / ANCHORS
    if not beside.exists():
        return Check(name="anchors", state="good", why="none beside the record; keep them on another machine")
    why = (
        f"{beside} lies beside the record: whoever can change one can change both. "
        "Anchor to another place (norket audit anchor --anchor FILE) and move the file there."
    )
    return Check(name="anchors", state="warning", why=why)


def _clock() -> Check:
    clock.now()
    held = clock.held().total_seconds()
    if not held:
        return Check(name="clock", state="good", why="runs evenly")
    why = (
        f"the machine's clock was set by {held:+.1f} s while people were treated; the time shown goes on evenly and "
        "takes the machine's over when no session is open. Let chrony or ntpd keep the clock: they never step it."
    )
    return Check(name="clock", state="warning", why=why)


def files(most: int | None = None) -> Check:
    """How many files, and with them connections, one process of this machine may open."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1] if most is None else most
    if hard == resource.RLIM_INFINITY or hard >= connections.ENOUGH_FILES:
        return Check(name="files", state="good", why=f"{connections.MOST} connections are taken")
    why = (
        f"a process here may open {hard} files, so {connections.places_for(hard)} connections are taken. Raise the "
        f"limit to {connections.ENOUGH_FILES} or more (LimitNOFILE= of the service, or `ulimit -n`)."
    )
    return Check(name="files", state="warning", why=why)


def _mode() -> Check:
    if settings.NORKET_MODE == "production":
        return Check(name="mode", state="good", why="production")
    return Check(name="mode", state="warning", why=f"{settings.NORKET_MODE}: not for the care of people")


def _durability() -> Check:
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            found = cursor.fetchone()[0]
        good = found == "on"
        return Check(name="durability", state="good" if good else "bad", why=f"synchronous_commit={found}")
    with connection.cursor() as cursor:
        journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    good = journal == "wal" and synchronous == 2  # noqa: PLR2004 -- SQLite's word for FULL
    return Check(name="durability", state="good" if good else "bad", why=f"{journal}, synchronous={synchronous}")


def examine() -> list[Check]:
    """All checks, in order."""
    first = [_mode(), _data(), sqlite(), _knowledge(), _origin(), _anchors(), _clock(), files()]
    return first if first[1].state == "bad" else [*first, _schema(), _durability()]


def as_json(checks: list[Check]) -> dict[str, Any]:
    return {"good": all(c.state != "bad" for c in checks), "checks": [c.model_dump() for c in checks]}
