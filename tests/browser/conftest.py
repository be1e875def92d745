"""One demo world for all browser tests, seeded once; each module gets a server over its own copy."""

import os
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import seen
from support.nursery import Nursery

from norket.pharmacology.predict import warm_up

TABLET = {"width": 1280, "height": 800}
PATIENCE_MS = 30_000  # a loaded machine is slow; what must be fast is measured by name

expect.set_options(timeout=PATIENCE_MS)


def is_story(item: pytest.Item) -> bool:
    """Whether the tests of its module are steps of one story (`STORY = True`)."""
    return bool(getattr(item.module, "STORY", False))  # type: ignore[attr-defined]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remembers in its module the first step of a story that failed, and lets what it used say what it knows."""
    report = yield
    if report.failed and is_story(item):
        vars(item.parent).setdefault("broken_at", item.name)
    if call.when == "call" and report.failed:
        report.sections += list(explained(getattr(item, "funcargs", {})))
    return report


def explained(used: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the clinic and the pages of a failed test have to say; a failure must explain itself at its first time."""
    for name, value in used.items():
        if isinstance(value, Clinic):
            yield f"clinic {name}", value.told()
        if isinstance(value, Page):
            yield f"page {name}", seen(value)


@pytest.fixture(autouse=True)
def _story(request: pytest.FixtureRequest, browser_name: str) -> None:
    """A step of a story stands on those before it: after one that failed, the rest are skipped and say why; that one
    failure fails the run. That every test here is one of a browser by name keeps the steps together: pytest moves apart
    those that are and are not.
    """
    broken_at = getattr(request.node.parent, "broken_at", None)
    if broken_at:
        pytest.skip(f"the story ended at {broken_at}")


@pytest.fixture(scope="session")
def loaded() -> Iterator[Nursery]:
    """A process that has loaded the program once: a server forked from it is there at once. The simulated monitors
    measure in this process, and the first message of the first of them must not wait for a compiler either."""
    with Nursery(mode="demo") as kept:
        warm_up()
        yield kept


@pytest.fixture(scope="session")
def planted(loaded: Nursery, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The demo world in a folder that no server touches."""
    folder = Path(tmp_path_factory.mktemp("planted"))
    return folder, loaded.run("seed", folder, world="demo", seed=1, now=datetime.now(UTC).isoformat())


@pytest.fixture(scope="module")
def clinic(
    loaded: Nursery, planted: tuple[Path, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Clinic]:
    """A running server over a fresh copy of that world."""
    made = Clinic.copied(*planted, Path(tmp_path_factory.mktemp("clinic")), loaded)
    made.server.start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """The tablet at the chair."""
    return {**browser_context_args, "viewport": TABLET, "reduced_motion": "reduce"}


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keeps pictures of the key moments in the folder that NORKET_PICTURES names; without it, none."""
    folder = os.environ.get("NORKET_PICTURES")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.screenshot(path=Path(folder) / f"{name}.png")

    return keep
