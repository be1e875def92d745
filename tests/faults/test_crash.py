"""A crash just before or just after the commit: all of a command is there, or nothing of it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.nursery import Forked, Nursery

pytestmark = pytest.mark.faults


class Quiet:
    """A clinic in which nothing happens but what the test does."""

    def __init__(self, server: Forked, world: dict[str, Any]) -> None:
        clinic = world["clinics"][0]
        people = (one for one in world["people"] if one["clinic"] == clinic["id"])
        token = next(one["token"] for one in people if one["role"] == "nurse")
        self.server, self.headers = server, {"Authorization": f"Bearer {token}"}
        self.at = f"{server.url}/api/v1/sessions/{clinic['sessions'][0]['id']}"

    def start(self, fault: str = "") -> None:
        self.server.fault = fault
        self.server.start()

    def note(self, key: str, text: str = "x") -> httpx.Response:
        headers = self.headers | {"Idempotency-Key": key}
        return httpx.post(f"{self.at}/commands", json={"type": "note", "text": text}, headers=headers, timeout=30)

    def notes(self) -> list[str]:
        events = httpx.get(f"{self.at}/events", headers=self.headers, timeout=30).raise_for_status().json()["events"]
        return [event["data"]["text"] for event in events if event["type"] == "noted"]


@pytest.fixture(scope="module")
def planted(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = Path(tmp_path_factory.mktemp("quiet"))
    return folder, nursery.run("seed", folder, world="authz", seed=1)


@pytest.fixture
def quiet(nursery: Nursery, planted: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[Callable[..., Quiet]]:
    made: list[Quiet] = []

    def make(plant: str = "") -> Quiet:
        place = Path(shutil.copytree(planted[0], tmp_path / f"clinic{len(made)}"))
        made.append(Quiet(Forked(place, nursery=nursery, plant=plant), planted[1]))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


def around(clinic: Quiet, fault: str) -> tuple[int, int]:
    """How often a note stands in the ledger after the crash, and after it was sent again."""
    clinic.start(fault)
    with pytest.raises(httpx.TransportError):
        clinic.note("crash", "around the commit")
    clinic.server.process.wait(timeout=10)
    clinic.start()
    left = clinic.notes().count("around the commit")
    assert clinic.note("crash", "around the commit").status_code == httpx.codes.OK
    return left, clinic.notes().count("around the commit")


@pytest.mark.parametrize(("fault", "kept"), [("crash_before_commit", 0), ("crash_after_commit", 1)])
def test_a_crash_around_the_commit_leaves_all_or_nothing(quiet: Callable[..., Quiet], fault: str, kept: int) -> None:
    clinic = quiet()
    assert around(clinic, fault) == (kept, 1)
    clinic.server.stop()
    assert clinic.server.verify()["ok"] is True


def test_a_server_that_carries_out_repeats_is_noticed(quiet: Callable[..., Quiet]) -> None:
    assert around(quiet("keys_in_memory"), "crash_after_commit") == (1, 2)
