"""The service in a record of its own, with one hospital on record and the small base."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from support.hospital import Ehr, Service, small_base
from support.worlds import _fresh_memory

from norket.exchange.cds import views
from norket.knowledge import KnowledgeBase

__all__ = ["_fresh_memory"]


@pytest.fixture(scope="session")
def base() -> KnowledgeBase:
    return small_base()


@pytest.fixture(scope="session")
def ehr() -> Ehr:
    return Ehr()


@pytest.fixture
def written(settings: LazySettings, tmp_path: Path) -> Callable[[Any], None]:
    """Writes the settings file of the hospitals."""
    settings.NORKET_HOSPITALS = tmp_path / "hospitals.json"
    versions = iter(range(10**9, 10**10, 10**6))

    def write(given: Any) -> None:
        text = given if isinstance(given, str) else json.dumps(given)
        settings.NORKET_HOSPITALS.write_text(text)
        at = next(versions)
        os.utime(settings.NORKET_HOSPITALS, ns=(at, at))

    return write


@pytest.fixture
def service(
    db: None, ehr: Ehr, base: KnowledgeBase, written: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> Service:
    """The service with one hospital on record and the rules of this file."""
    monkeypatch.setattr(views, "knowledge", lambda: base)
    written(ehr.settings())
    return Service(ehr)
