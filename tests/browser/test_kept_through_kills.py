"""Whatever ends, nothing that was done is lost and nothing is done twice: a reload, the browser killed, the server
killed, answers lost and requests repeated. Two planted bugs show that these tests can fail."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, expect
from support.clinic import Clinic
from support.desk import heard, open_live, sheet, sign_in, until
from support.kept import everything, waiting
from support.lossy import Lossy
from support.nursery import Forked, Nursery

SESSION = "running"
COMMANDS, RUNS = 25, 20
SENT_WITHIN_S, KEPT_WITHIN_S = 240.0, 240.0  # patience with a busy machine
LONG, SHORT, FEW = 300, 40, 20


@pytest.fixture(scope="session")
def runs(pytestconfig: pytest.Config) -> int:
    return RUNS if pytestconfig.getoption("--faults") else 1


@pytest.fixture(scope="session")
def many(pytestconfig: pytest.Config) -> int:
    return LONG if pytestconfig.getoption("--faults") else SHORT


@pytest.fixture
def wrong(loaded: Nursery, planted: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[Callable[[str], Clinic]]:
    """A clinic whose server has this mistake planted."""
    made: list[Clinic] = []

    def plant(name: str) -> Clinic:
        clinic = Clinic.copied(*planted, tmp_path / "data", loaded)
        assert isinstance(clinic.server, Forked)
        clinic.server.plant = name
        made.append(clinic)
        clinic.server.start()
        return clinic

    yield plant
    for clinic in made:
        clinic.close()


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#note-text").fill(text)
    sheet(page).locator("[data-submit]").click()
    expect(page.locator("#note-dialog[open]")).to_have_count(0)


def stored(clinic: Clinic, prefix: str) -> list[str]:
    """The notes of one run in the order of the ledger."""
    texts = [event["data"]["text"] for event in clinic.events(SESSION) if event["type"] == "noted"]
    return [text for text in texts if text.startswith(prefix)]


def opened(browser_type: BrowserType, arguments: dict[str, Any], profile: Path) -> BrowserContext:
    made = browser_type.launch_persistent_context(profile, **arguments, viewport={"width": 1280, "height": 800})
    made.set_default_timeout(30_000)
    return made


def kill(profile: Path) -> None:
    """SIGKILL to the browser of this profile and all that it started."""
    mark = f"--user-data-dir={profile}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in line:
            os.kill(int(process.name), signal.SIGKILL)


def through_kills(clinic: Clinic, browser_type: BrowserType, arguments: dict[str, Any], profile: Path, run: str) -> str:
    """25 notes over a reload, a killed server and a killed browser; what is stored, or what is missing of it."""
    wanted = [f"{run} {number:02d}" for number in range(COMMANDS)]
    todo = iter(wanted)
    used = opened(browser_type, arguments, profile)
    page = used.pages[0]
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    until(
        page,
        lambda: everything(page)["stores"]["norket/pages"][0].count("/sessions/") > 0,
        "the page is kept",
        within_s=KEPT_WITHIN_S,
    )
    until(
        page,
        lambda: everything(page)["stores"]["norket/views"][0] != "[]",
        "and what it showed",
        within_s=KEPT_WITHIN_S,
    )
    for _ in range(5):
        note(page, next(todo))
    clinic.server.kill()
    for _ in range(7):
        note(page, next(todo))
    page.reload()
    heard(page)
    for _ in range(5):
        note(page, next(todo))
    until(page, lambda: waiting(page) >= 12, "what was done is kept")
    cookies = used.cookies()
    kill(profile)
    used = opened(browser_type, arguments, profile)
    used.add_cookies(cookies)  # type: ignore[arg-type]  # a browser writes its cookies down every half minute
    page = used.pages[0]
    page.goto(clinic.live(SESSION))
    heard(page)
    for _ in range(5):
        note(page, next(todo))
    clinic.server.start()
    for _ in range(3):
        note(page, next(todo))
    try:
        until(page, lambda: waiting(page) == 0, "nothing waits any more", within_s=SENT_WITHIN_S)
        time.sleep(1)
        found = stored(clinic, run)
    finally:
        used.close()
    return "" if found == wanted else f"wanted {wanted}, found {found}"


def test_25_commands_over_reload_browser_kill_and_server_kill_are_stored_once_each_in_order(
    clinic: Clinic,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
    runs: int,
) -> None:
    for run in range(runs):
        wrong = through_kills(clinic, browser_type, browser_type_launch_args, tmp_path / f"profile-{run}", f"run {run}")
        assert wrong == ""
        print(f"run {run}: {COMMANDS} of {COMMANDS} once and in order")  # noqa: T201 -- a measured figure


SEND_ALL = """async ([prefix, many]) => {
  const { commands } = document.querySelector("norket-live");
  const answers = Array.from({ length: many }, (_, i) => commands.send({ type: "note", text: `${prefix} ${i}` }, 0));
  return (await Promise.all(answers)).filter((answer) => answer.ok).length;
}"""


def over_a_bad_network(clinic: Clinic, page: Page, prefix: str, many: int, *, deaf: bool) -> Lossy:
    """So many notes through it; what the network did to them."""
    network = Lossy(clinic.server.port, lost=0.3, repeats=5)
    url = network.start()
    try:
        sign_in(page, url, "nurse")
        open_live(page, clinic.live(SESSION).replace(clinic.url, url))
        network.deaf = deaf
        if deaf:
            page.evaluate("document.querySelector('norket-live').stream.close()")
        page.set_default_timeout(0)
        assert page.evaluate(SEND_ALL, [prefix, many]) == many
    finally:
        network.stop()
    return network


@pytest.mark.parametrize("deaf", [True, False], ids=["the stream is cut too", "the stream tells"])
def test_lost_answers_and_repeated_requests_do_everything_once(
    clinic: Clinic, page: Page, many: int, deaf: bool
) -> None:
    prefix = f"bad network {deaf}"
    network = over_a_bad_network(clinic, page, prefix, many, deaf=deaf)
    assert stored(clinic, prefix) == [f"{prefix} {number}" for number in range(many)]
    assert len(network.sent) == many
    assert all(len(texts) == 1 for texts in network.answers.values()), "the same key, two different answers"
    said = f"{many} commands, {sum(network.sent.values())} requests, {network.dropped} answers lost"
    print(f"{said}: each done once")  # noqa: T201 -- a measured figure


def test_a_planted_bug_that_makes_the_identifier_anew_is_caught(wrong: Callable[[str], Clinic], page: Page) -> None:
    clinic = wrong("names_commands_anew")
    over_a_bad_network(clinic, page, "planted", FEW, deaf=True)
    found = stored(clinic, "planted")
    assert len(found) > len(set(found)), "the bug doubled nothing: the test could not have caught it"


def test_a_planted_bug_that_clears_the_log_before_the_answer_is_caught(
    wrong: Callable[[str], Clinic],
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
) -> None:
    clinic = wrong("forgets_before_the_answer")
    with pytest.raises(AssertionError, match="not within"):
        through_kills(clinic, browser_type, browser_type_launch_args, tmp_path / "profile", "planted")
