"""Bearer tokens: made once and shown once; kept only as their hash."""

import secrets
from datetime import datetime
from hashlib import sha256

from norket.record.access.models import Device, Token
from norket.record.people.models import Person

PREFIX = "nrk_"


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def make(holder: Person | Device, *, now: datetime, expires_at: datetime | None = None, token: str = "") -> str:
    """A new token of the holder; the text is returned here and never again."""
    text = token or PREFIX + secrets.token_urlsafe(32)
    kind = "person" if isinstance(holder, Person) else "device"
    Token.objects.create(digest=digest_of(text), created_at=now, expires_at=expires_at, **{kind: holder})
    return text


def holder(token: str, now: datetime) -> Person | Device | None:
    """Who carries this token at this time; nobody when it is unknown, revoked, expired or its holder is inactive."""
    found = Token.objects.select_related("person", "device").filter(digest=digest_of(token)).first()
    if found is None or found.revoked_at is not None or (found.expires_at is not None and found.expires_at <= now):
        return None
    if found.person is not None:
        return found.person if found.person.is_active else None
    return found.device if found.device is not None and found.device.active else None
