"""`norket device follow`: the SDC gateway with the clinic's clock, ended by a signal."""

import signal
import threading
from pathlib import Path

from norket.site import clock
from norket.site.problems import ProblemError

MISSING = "sdc11073 is not installed; SDC devices need: pip install 'norket[devices]'"


class FollowError(ProblemError):
    """The device cannot be followed as asked; the message says why."""


def follow(address: str, *, hl7: tuple[str, int], certificates: Path | None) -> None:
    """Runs until Ctrl-C or a polite end."""
    try:
        import sdc11073  # noqa: F401, PLC0415 -- of the extra `devices`; asked for first, so that the message is ours
    except ModuleNotFoundError as error:
        raise FollowError(MISSING) from error
    from norket.exchange.sdc import gateway  # noqa: PLC0415

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        gateway.follow(address, hl7=hl7, certificates=certificates, now=clock.now, stop=stop)
    except gateway.PlainTextError as error:
        raise FollowError(str(error)) from error
