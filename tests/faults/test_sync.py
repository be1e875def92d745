"""Nothing is acknowledged before it is on disk: the system calls of a running server, in their order.

Killing a process cannot tell a write that was synced from one that was not; the order of the calls can. For each answer
the log must have been synced after the commit that it speaks of was written, and before the answer left.
"""

import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.nursery import Forked

pytestmark = pytest.mark.faults
Made = Callable[..., tuple[Forked, dict[str, Any]]]
CALLS = "pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync"
NO_STRACE = "no strace, so the order of the system calls is NOT tested: apt-get install strace"
FORBIDDEN = "this machine forbids ptrace, so the order of the system calls is NOT tested"
LINE = re.compile(r"^(?P<pid>\d+) +(?P<rest>.*)$", re.DOTALL)
ESCAPE = re.compile(r'\\([0-7]{1,3}|x[0-9a-f]{2}|[abfnrtv"\\])')
NAMED = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}
HEADER, PAGE = 24, 4096


def _byte(match: "re.Match[str]") -> str:
    said = match[1]
    return chr(NAMED[said] if said in NAMED else int(said[1:], 16) if said[0] == "x" else int(said, 8))


class Call:
    """One system call: when it began and ended, as places in the trace."""

    def __init__(self, began: int, text: str) -> None:
        self.began, self.ended = began, began
        self.name, _, rest = text.partition("(")
        self.file = rest.partition("<")[2].partition(">")[0]
        self.data = ESCAPE.sub(_byte, rest.partition('"')[2].rpartition('"')[0]) if '"' in rest else ""

    @property
    def in_log(self) -> bool:
        return self.file.endswith("-wal")

    @property
    def commits(self) -> bool:
        """A frame header of the log whose database size is not nought ends a transaction."""
        return self.in_log and len(self.data) == HEADER and self.data[4:8] != "\0\0\0\0"


def calls(trace: str) -> list[Call]:
    found, waiting = list[Call](), dict[str, Call]()
    for place, line in enumerate(trace.splitlines()):
        match = LINE.match(line)
        if match is None:
            continue
        pid, rest = match["pid"], match["rest"]
        if rest.startswith("<... "):
            if pid in waiting:
                waiting.pop(pid).ended = place
        elif "(" in rest and not rest.startswith(("+++", "---")):
            found.append(Call(place, rest))
            if "<unfinished" in rest:
                found[-1].ended = 1 << 60
                waiting[pid] = found[-1]
    return found


def unsynced(trace: list[Call], keys: list[str]) -> list[str]:
    """The keys whose answer left before their commit was on disk. One that is nowhere in the trace is an error."""
    late = list[str]()
    for key in keys:
        page = next(n for n, one in enumerate(trace) if one.in_log and key in one.data)
        commit = next(n for n, one in enumerate(trace) if n >= page - 1 and one.commits)
        last = next(one for n, one in enumerate(trace) if n > commit and one.in_log and len(one.data) >= PAGE)
        answer = next(one for one in trace if not one.file.endswith(("-wal", "sqlite3")) and key in one.data)
        synced = (one for one in trace if one.in_log and one.name in {"fsync", "fdatasync"} and one.began > last.ended)
        if not any(one.ended < answer.began for one in synced):
            late.append(key)
    return late


def traced(server: Forked, world: dict[str, Any], count: int, place: Path) -> tuple[list[Call], list[str]]:
    """Sends so many commands to a server that is traced; the calls, and the keys that were answered."""
    server.start()
    token = next(person["token"] for person in world["people"] if person["role"] == "nurse")
    url = f"{server.url}/api/v1/sessions/{world['sessions']['running']['id']}/commands"
    headers = {"Authorization": f"Bearer {token}"}
    httpx.post(url, json={"type": "note", "text": "x"}, headers={**headers, "Idempotency-Key": "first"}, timeout=60)
    out = place / "trace"
    command = [
        "strace",
        "-f",
        "-y",
        "-s",
        "9000",
        "-e",
        f"trace={CALLS}",
        "-o",
        str(out),
        "-p",
        str(server.process.pid),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        if "attached" not in strace.stderr.readline():
            strace.terminate()
            pytest.skip(FORBIDDEN)
        keys = [f"synced-{number:05}-{number * 7919 % 99991:05}" for number in range(count)]
        for key in keys:
            answer = httpx.post(
                url, json={"type": "note", "text": "x"}, headers={**headers, "Idempotency-Key": key}, timeout=60
            )
            assert answer.status_code == httpx.codes.OK, answer.text
        time.sleep(0.1)
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=30)
    server.stop()
    return calls(out.read_text(encoding="latin-1")), keys


@pytest.fixture(autouse=True)
def _strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip(NO_STRACE)


def test_each_answer_left_after_its_commit_was_on_disk(
    clinic: Made, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    trace, keys = traced(*clinic(), 5000 if pytestconfig.getoption("--faults") else 20, tmp_path)
    assert unsynced(trace, keys) == []


@pytest.mark.parametrize("plant", ["synchronous_off", "synchronous_normal"])
def test_a_record_that_is_not_synced_is_noticed(clinic: Made, tmp_path: Path, plant: str) -> None:
    trace, keys = traced(*clinic(plant), 10, tmp_path)
    assert len(unsynced(trace, keys)) > 5
