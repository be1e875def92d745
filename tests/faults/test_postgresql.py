"""PostgreSQL that dies: a backend, the whole server, or a stop at once. What was acknowledged stays, and the service
comes back by itself as soon as the database does."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import postgres
import psycopg
import pytest
from support.nursery import Forked, Nursery

pytestmark = pytest.mark.faults
BACK_S = 60.0


@dataclass
class Cluster:
    """A throw-away PostgreSQL that can be killed and started again."""

    home: Path
    url: str
    port: int
    server: Any

    def backends(self) -> list[int]:
        with psycopg.connect(self.url, connect_timeout=10) as link:
            query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            return [row[0] for row in link.execute(query)]

    def again(self) -> None:
        self.server.wait(timeout=60)
        folder = Path(self.server.args[0]).parent
        self.server = postgres.start(
            folder, self.home, self.port, postgres.NOBODY if postgres.os.geteuid() == 0 else None
        )
        postgres.wait_until_ready(self.url, self.server, self.home / "log")


def _lazy(url: str) -> None:
    """The database itself writes seldom what nobody waits for, so that a commit that was not waited for is lost."""
    with psycopg.connect(url, autocommit=True) as link:
        link.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        link.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    started: list[Any] = []
    real = postgres.start

    def start(*args: Any) -> Any:
        started[:] = [(args, real(*args))]
        return started[0][1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgres, "start", start)
        with postgres.cluster() as url:
            (_, home, port, _), server = started[0]
            _lazy(url)
            yield (kept := Cluster(home, url, port, server))
            started[0] = ((), kept.server)
            kept.server.kill()
            kept.server.wait()


@dataclass
class Writer(threading.Thread):
    """Charts without a pause; what got no good answer is sent again under the same key."""

    url: str
    token: str
    session: str
    mark: str = ""
    acknowledged: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    answered_at: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        count = 0
        with httpx.Client(base_url=self.url, timeout=30, headers={"Authorization": f"Bearer {self.token}"}) as http:
            while not self.over.is_set():
                key = f"pg-{self.mark}-{count}"
                try:
                    answer = http.post(
                        f"/api/v1/sessions/{self.session}/commands",
                        json={"type": "note", "text": key},
                        headers={"Idempotency-Key": key},
                    )
                except httpx.TransportError:
                    continue
                if answer.status_code == httpx.codes.OK:
                    self.acknowledged.append(key)
                    self.answered_at = time.monotonic()
                    count += 1
                else:
                    assert answer.status_code >= 500, answer.text
                    time.sleep(0.05)


def _kill_backend(cluster: Cluster) -> None:
    victims = cluster.backends()
    postgres.os.kill(victims[0], signal.SIGKILL)  # the others are ended by the server, which then starts anew


def _kill_server(cluster: Cluster) -> None:
    cluster.server.kill()
    cluster.again()


def _stop_at_once(cluster: Cluster) -> None:
    cluster.server.send_signal(signal.SIGQUIT)  # the shutdown that PostgreSQL calls immediate
    cluster.again()


HARMS = (_kill_backend, _kill_server, _stop_at_once)


@dataclass
class Installation:
    """A clinic on that cluster, made once."""

    nursery: Nursery
    folder: Path
    token: str
    session: str


@pytest.fixture(scope="module")
def made(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("postgresql")
    with Nursery(cluster.url) as nursery:
        world = nursery.run("seed", folder, world="authz", seed=1)
        clinic = world["clinics"][0]
        token = next(p["token"] for p in world["people"] if p["role"] == "nurse" and p["clinic"] == clinic["id"])
        yield Installation(nursery, folder, token, clinic["sessions"][0]["id"])


def harmed(
    cluster: Cluster, made: Installation, harms: Sequence[Callable[[Cluster], None]], plant: str = ""
) -> tuple[Writer, list[str], list[float]]:
    """Somebody charts while this is done to the database: who wrote, the command ids kept, and the seconds until each
    return of the service."""
    server, back = Forked(made.folder, nursery=made.nursery, plant=plant), list[float]()
    server.start()
    writer = Writer(server.url, made.token, made.session, plant)
    writer.start()
    try:
        for harm in harms:
            _until(lambda: time.monotonic() - writer.answered_at < 1)
            harm(cluster)
            began = time.monotonic()
            time.sleep(0.2)
            _until(lambda began=began: writer.answered_at > began)
            back.append(round(time.monotonic() - began, 2))
        writer.over.set()
        writer.join(timeout=60)
        at = f"{server.url}/api/v1/sessions/{made.session}/events"
        events = httpx.get(at, headers={"Authorization": f"Bearer {made.token}"}, timeout=60).json()["events"]
    finally:
        writer.over.set()
        server.stop()
    return writer, [event["command_id"] for event in events], back


def test_what_was_acknowledged_outlives_the_database(
    cluster: Cluster, made: Installation, pytestconfig: pytest.Config, record_property: Any
) -> None:
    writer, kept, back = harmed(cluster, made, HARMS * (10 if pytestconfig.getoption("--faults") else 1))
    record_property("back_s", back)
    audit = made.nursery.run("verify", made.folder)
    assert len(writer.acknowledged) > len(back)
    assert [key for key in writer.acknowledged if kept.count(key) != 1] == []
    assert audit["ok"] is True, audit


def test_a_server_that_answers_before_the_database_has_it_is_noticed(cluster: Cluster, made: Installation) -> None:
    writer, kept, _ = harmed(cluster, made, (_stop_at_once,), "commits_unsynced")
    assert [key for key in writer.acknowledged if kept.count(key) != 1] != []


def _until(so: Any) -> None:
    until = time.monotonic() + BACK_S
    while not so():
        assert time.monotonic() < until, f"no answer within {BACK_S} s"
        time.sleep(0.02)
