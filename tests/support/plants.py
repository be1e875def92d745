"""Mistakes planted in a forked server, each of the kind that one of the fault harnesses is there to find."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

ALL: dict[str, Callable[[], None]] = {}


def planted(plant: Callable[[], None]) -> Callable[[], None]:
    ALL[plant.__name__] = plant
    return plant


def _synchronous(word: str) -> None:
    from django.db import connections

    from norket.site import commands

    commands.check_fit = lambda: None  # which would refuse to serve so
    options = connections.databases["default"]["OPTIONS"]
    options["init_command"] = options["init_command"].replace("synchronous=FULL", f"synchronous={word}")


@planted
def synchronous_off() -> None:
    """The commit returns before anything is on disk."""
    _synchronous("OFF")


@planted
def synchronous_normal() -> None:
    """The commit returns when the log is written but not synced."""
    _synchronous("NORMAL")


@planted
def commits_unsynced() -> None:
    """The commit returns before PostgreSQL has it on disk."""
    from django.db import connections

    from norket.site import commands

    commands.check_fit = lambda: None  # which would refuse to serve so
    connections.databases["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"


@planted
def answers_first() -> None:
    """The answer leaves while the commit is still to come: a dry run is answered, the real one follows."""
    from django.db import transaction

    from norket.record.session import actions

    real = actions.act

    def act(*args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            done = real(*args, **kwargs)
            transaction.set_rollback(True)
        actions.queries._folded.clear()
        threading.Thread(target=lambda: (time.sleep(0.3), real(*args, **kwargs))).start()
        return done

    actions.act = act


@planted
def forgets_keys() -> None:
    """A command that comes again is carried out again."""
    from norket.record.session import actions

    real, count = actions.act, itertools.count()

    def act(*args: Any, command_id: str, **kwargs: Any) -> Any:
        return real(*args, command_id=f"{command_id}:{next(count)}", **kwargs)

    actions.act = act


@planted
def keys_in_memory() -> None:
    """Which commands were carried out is known until the process ends, and nowhere else."""
    from norket.record.session import actions
    from norket.record.session.models import SessionEvent

    known: set[str] = set()
    real, looked = actions._record, actions._earlier

    def earlier(session: Any, command_id: str, content: str) -> Any:
        return looked(session, command_id, content) if command_id in known else None

    def record(session: Any, decided: Any, *, command_id: str, **kwargs: Any) -> Any:
        again = SessionEvent.objects.filter(session=session, command_id__startswith=command_id + "#").count()
        taken = SessionEvent.objects.filter(session=session, command_id=command_id).exists()
        known.add(command_id)
        return real(session, decided, command_id=f"{command_id}#{again}" if taken else command_id, **kwargs)

    def act(*args: Any, **kwargs: Any) -> Any:
        done = acted(*args, **kwargs)
        time.sleep(0.1)  # what a busy machine does anyway: the answer is a while on its way
        return done

    acted, actions.act = actions.act, act
    actions._earlier, actions._record = earlier, record


@planted
def takes_old_news() -> None:
    """An order is carried out whatever its giver had seen."""
    from norket.record.session import actions

    actions.EXPECTS_VERSION = frozenset()


@planted
def register_afterwards() -> None:
    """The register's line is written after the commit of the dose: half a transaction."""
    from django.db import transaction

    from norket.record.register import actions as register
    from norket.record.session import actions
    from norket.record.writer import writing

    real = register.enter

    def enter(clinic: Any, line: Any, now: Any) -> Any:
        def late() -> None:
            time.sleep(0.05)
            with writing():
                real(clinic, line, now)

        transaction.on_commit(late)
        return {"late": True}

    actions.register.enter = enter


@planted
def remembers_alerts() -> None:
    """What the watch raised is kept in memory and never written."""
    from norket.record.session import actions

    actions.watch = lambda *_: ()


@planted
def dies_of_a_lost_client() -> None:
    """A client that breaks off in its request takes the writer's turn along."""
    from norket.record import writer
    from norket.site import bodies

    real = bodies._Coming.read

    async def read(coming: Any, *given: Any) -> Any:
        messages = await real(coming, *given)
        if messages and messages[0]["type"] == "http.disconnect":
            threading.Thread(target=hold, daemon=True).start()
        return messages

    def hold() -> None:
        writer._turn.acquire()
        threading.Event().wait()  # a thread that ended would leave its name to the next, who would have the turn

    bodies._Coming.read = read


@planted
def wall_can_be_set() -> None:
    """No mistake: the clock on the wall is ahead by what a file says, as if somebody had set it."""
    from datetime import timedelta
    from pathlib import Path

    from django.conf import settings

    from norket.site import clock

    real, offset = clock.real, Path(settings.NORKET_DATA) / "wall-offset"
    clock.real = lambda: real() + timedelta(seconds=float(offset.read_text()))


@planted
def walks_with_the_wall() -> None:
    """Durations follow the clock on the wall, wherever somebody sets it."""
    from norket.site import clock

    wall_can_be_set()
    clock.steady = clock.real


@planted
def forgets_the_downtime() -> None:
    """Time goes on from where the clinic's clock was set, counted from the start of the process."""
    from norket.site import clock

    begun = clock.real()
    clock.now = lambda: clock._setting()[1] + (clock.real() - begun) * clock.rate()


@planted
def no_lanes() -> None:
    """Whoever asks first is served first, also at the door."""
    from norket.site import lanes

    lanes.Lanes.__call__ = lambda self, scope, receive, send: self._app(scope, receive, send)


def _script(name: str, right: str, wrong: str) -> None:
    """The server sends this script with one line changed."""
    import gc
    from pathlib import Path

    from django.conf import settings

    from norket.site.files import Files

    files = next(one for one in gc.get_objects() if isinstance(one, Files))
    url = f"/static/norket/js/{name}"
    text = files.files[url].content.decode()
    assert text.count(right) == 1, "the line has changed: plant the bug anew"
    changed = Path(settings.NORKET_DATA) / name
    changed.write_text(text.replace(right, wrong))
    files.files[url] = files.get_static_file(str(changed), url)


@planted
def names_commands_anew() -> None:
    """The page gives a command another identifier each time it sends it."""
    _script("commands.js", '"idempotency-key": one.id', '"idempotency-key": crypto.randomUUID()')


@planted
def forgets_before_the_answer() -> None:
    """The page clears a command from its log when it sends it."""
    _script(
        "commands.js", "    one.sending = true;\n", '    one.sending = true;\n    await vault.drop("log", one.n);\n'
    )
