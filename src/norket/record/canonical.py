"""One way to write a value as bytes, so that a hash of it means the same everywhere and always."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, plain Unicode; NaN and infinity are errors, never text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(*parts: Any) -> str:
    """SHA-256 (hex) over the canonical form of the parts."""
    return sha256(canonical(list(parts)).encode()).hexdigest()


def instant(stored: datetime | None) -> str:
    """An instant of a row as the hashes take it, in UTC. What a damaged disk no longer gives back as an instant is said
    to be unreadable: then no hash fits, and the row is named as changed."""
    return stored.astimezone(UTC).isoformat() if isinstance(stored, datetime) else "unreadable"
