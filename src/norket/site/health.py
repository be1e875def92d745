"""Alive and ready: what a supervisor, a load balancer and the tests ask."""

import time

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse

from norket.knowledge.reader import read
from norket.record import writer

_last_commit: list[float] = []
_warm: list[bool] = []
_schema: list[str] = []


def note_commit(_: str) -> None:
    """Told by the writer after each commit."""
    _last_commit[:] = [time.monotonic()]


def warmed() -> None:
    """The engine has been run once; curves come without delay from here on."""
    _warm[:] = [True]


def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"alive": True})


def readyz(request: HttpRequest) -> HttpResponse:
    """503 until the schema is current, the writer has its turn and the engine is warm."""
    answer = {
        "last_commit_age_ms": round((time.monotonic() - _last_commit[0]) * 1000) if _last_commit else None,
        "writer_alive": writer.alive(),
        "schema": schema(),
        "knowledge_edition": read().edition,
        "warm": bool(_warm),
    }
    ready = answer["writer_alive"] and answer["schema"] != "behind" and answer["warm"]
    response = JsonResponse(answer | {"ready": ready}, status=200 if ready else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # not ready yet is no fault to log
    return response


def schema() -> str:
    """The last migration of the record on disk, or `behind` while some are still to be run."""
    if not _schema:
        try:
            executor = MigrationExecutor(connection)
        except DatabaseError:
            return "behind"
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "behind"
        _schema[:] = [max(name for app, name in executor.loader.applied_migrations if app == "record")]
    return _schema[0]
