"""Faults on purpose, for the tests that kill and cut. They exist in test mode only."""

import os
import signal
from collections.abc import Callable
from typing import NoReturn

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from norket.record import writer
from norket.site.problems import ProblemError

NAMES = ("crash_before_commit", "crash_after_commit", "drop_answer")


class FaultRefusedError(ProblemError):
    """A fault was asked for outside test mode."""


def arm(name: str) -> None:
    """Makes the fault happen at the next command (`drop_answer`: at each third command)."""
    if settings.NORKET_MODE != "test":
        raise FaultRefusedError("faults exist in test mode only (NORKET_MODE=test)")
    if name not in NAMES:
        raise FaultRefusedError(f"no fault is called {name}; there are {', '.join(NAMES)}")
    if name == "crash_before_commit":
        writer.before_commit.append(_die)
    elif name == "crash_after_commit":
        writer.listen(_die_told)
    else:
        settings.MIDDLEWARE = ["norket.site.faults.DropAnswer", *settings.MIDDLEWARE]


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit(1)


def _die_told(told: str) -> None:
    if told:
        _die()


class DropAnswer:
    """Loses every third answer to a command after it was carried out."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.seen = 0

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.endswith("/commands"):
            self.seen += 1
            if self.seen % 3 == 0:
                raise ConnectionAbortedError("the answer was dropped on purpose")
        return response
