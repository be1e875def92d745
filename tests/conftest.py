"""What every test may count on: a test installation of its own, reproducible examples, a named Chromium, and long
runs only when asked for.

The settings are read here and not by pytest-django, because the mode and the data directory must be set before: each
process of the suite has its own directory, and with it its own test clock and its own keys.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest
from support.examples import pin_examples

from norket.site import home

os.environ["NORKET_MODE"] = "test"
os.environ["NORKET_DATA"] = tempfile.mkdtemp(prefix="norket-tests-")
os.environ["DJANGO_SETTINGS_MODULE"] = "norket.site.settings"
# Where the servers of the tests keep it too: compiling takes half a minute, and every process of the suite needs it.
os.environ.setdefault("NUMBA_CACHE_DIR", str(home.compiled(Path(os.environ["NORKET_DATA"]))))
atexit.register(shutil.rmtree, os.environ["NORKET_DATA"], ignore_errors=True)
django.setup()

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)  # --hypothesis-profile=explore
hypothesis.settings.load_profile("ci")
pin_examples()

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = "no Chromium: install it (Debian: apt-get install chromium) or set NORKET_CHROMIUM=/path/to/chromium"
BROWSER_FIXTURES = {"page", "context", "new_context", "browser", "launch_browser", "browser_name"}


def chromium_path() -> str | None:
    """The browser that NORKET_CHROMIUM names, else the first installed one."""
    named = os.environ.get("NORKET_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="the long fault runs: minutes of kills and cuts")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests are marked, because their event loop stays and the record's tests cannot run beside it; without a
    browser they are skipped with the reason. Long runs are left out unless asked for."""
    for item in items:
        taken = BROWSER_FIXTURES & {mark.args[0] for mark in item.iter_markers("parametrize")}
        if taken:
            raise pytest.UsageError(f"{item.nodeid}: {', '.join(taken)} is the browser's; name the argument otherwise")
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
            if chromium_path() is None:
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
    if not config.getoption("--faults"):
        long = [item for item in items if item.get_closest_marker("long")]
        if long:
            items[:] = [item for item in items if item not in long]
            config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def fault_rounds(pytestconfig: pytest.Config) -> int:
    """How often a fault test kills or cuts: 20 times in the suite, 1,000 with --faults."""
    return 1000 if pytestconfig.getoption("--faults") else 20


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, as root, on loopback, speaking to nobody else."""
    quiet = ["no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"]
    switches = [f"--{name}" for name in ("no-sandbox", "disable-gpu", "disable-quic", *quiet)]
    return {**browser_type_launch_args, "executable_path": chromium_path(), "args": switches}
