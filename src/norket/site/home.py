"""The data directory of an installation: where it is, and the keys that live in it, outside the database."""

import os
import secrets
import tempfile
from pathlib import Path

Modes = ("production", "demo", "test")


def mode() -> str:
    """NORKET_MODE; production unless said otherwise, so that nothing is ever open by forgetting."""
    chosen = os.environ.get("NORKET_MODE", "production")
    if chosen not in Modes:
        raise SystemExit(f"NORKET_MODE={chosen} is unknown; use one of {', '.join(Modes)}")
    return chosen


def folder() -> Path:
    """NORKET_DATA, else the place that the system keeps for a program's data. Not made here."""
    named = os.environ.get("NORKET_DATA")
    share = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(named) if named else Path(share) / "norket"


def make() -> Path:
    """The data directory, made for its owner alone if it is not there."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def compiled(place: Path) -> Path:
    """Where the compiled engine is kept: with the data; for demos and tests, whose data go, with the user's caches."""
    if mode() == "production":
        return place / "numba"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "norket" / "numba"


def key(name: str) -> str:
    """The key NORKET_<NAME>_KEY, else the one kept in the data directory; without a directory, one for this run."""
    given = os.environ.get(f"NORKET_{name.upper()}_KEY")
    if given:
        return given
    place = folder()
    if not place.is_dir():
        return secrets.token_urlsafe(48)
    path = place / f"{name}.key"
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, text: str) -> None:
    """Writes the whole file or none of it; the first of two writers wins."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        os.unlink(name)
