"""What was read is kept beside the code, as Python keeps what it compiled: to parse takes half a second, this far less.

A kept base is used only when every text, the code that read it and the versions of Python and pydantic are the same,
and its own hash is right. Where nothing can be written, nothing is kept.
"""

import os
import pickle
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pydantic

HERE = Path(__file__).parent
FOLDER = HERE / "__pycache__"
DIGEST = 32
Read = TypeVar("Read")


def kept(texts: Mapping[str, str], shape: type[Read], make: Callable[[], Read]) -> Read:
    """What `make` makes of the `texts`, or the same as it was kept; what `make` raises is not kept."""
    place = FOLDER / f"knowledge-{_key(texts)}.pickle"
    found = _load(place)
    if isinstance(found, shape):
        return found
    made = make()
    if not sys.dont_write_bytecode:
        _save(place, made)
    return made


def _key(texts: Mapping[str, str]) -> str:
    digest = sha256(f"{sys.version}\0{pydantic.VERSION}\0".encode())
    for code in sorted(HERE.glob("*.py")):
        digest.update(code.read_bytes())
    for name in sorted(texts):
        digest.update(f"{name}\0{texts[name]}\0".encode())
    return digest.hexdigest()[:32]


def _load(place: Path) -> object:
    """None for a file that is not there, cannot be read or is not whole."""
    try:
        content = place.read_bytes()
    except OSError:
        return None
    if sha256(content[DIGEST:]).digest() != content[:DIGEST]:
        return None
    return pickle.loads(content[DIGEST:])  # noqa: S301 -- our own, beside the code and as trusted as it


def _save(place: Path, made: object) -> None:
    content = pickle.dumps(made, protocol=5)
    mine = place.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        mine.write_bytes(sha256(content).digest() + content)
        mine.replace(place)
        for other in place.parent.glob("knowledge-*.pickle"):
            if other != place:
                other.unlink(missing_ok=True)
