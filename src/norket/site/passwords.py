"""Password hashing in a bounded queue: a flood of sign-ins waits or is turned away, alerts never wait for it."""

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from norket.site import one_core

AT_ONCE = 1
WAITING = 8
NICE = 15

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


def _yield_to_others() -> None:
    """Of this thread alone, where the system knows such a thing: it computes with what nobody else wants."""
    one_core.spread()
    if hasattr(os, "setpriority") and sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


_aside = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="norket-hashing", initializer=_yield_to_others)


class QueuedHasher(PBKDF2PasswordHasher):
    """Django's own hasher, one at a time, on a thread that gives way. OpenSSL computes without Python's own lock."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with _place():
            return _aside.submit(super().encode, password, salt, iterations).result()
