"""Password hashing in a bounded queue: a flood of sign-ins waits or is turned away, alerts never wait for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

AT_ONCE = 1
WAITING = 8

_working = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + WAITING)


class HashingBusyError(RuntimeError):
    """Too many sign-ins wait already; answered with 503 before any work is done."""


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise HashingBusyError("too many people are signing in at this moment; try again in a few seconds")
    try:
        with _working:
            yield
    finally:
        _places.release()


class QueuedHasher(PBKDF2PasswordHasher):
    """Django's own hasher, one at a time."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with _place():
            return super().encode(password, salt, iterations)
