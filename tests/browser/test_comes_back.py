"""The server is killed while a nurse looks at the running session: the page says so, keeps what she does, and comes
back by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect
from support.clinic import Clinic
from support.desk import field, open_live, over_the_strip, phase_s, sheet, sign_in, until

pytestmark = pytest.mark.timed
SAID_WITHIN_S = 5.0
MARGIN_S = 1.5  # for the page's own look each half second and a busy test machine
CLOCK_WITHIN_S = 2.0
SESSION = "running"


def banner_shows(page: Page) -> bool:
    return page.locator('[data-part="not-connected"]').is_visible()


def hidden(page: Page) -> bool:
    return not banner_shows(page)


def newest(page: Page) -> int:
    """The number of the newest event that the page holds."""
    return int(page.locator('[data-list="ledger"] tr [data-n]').first.text_content() or 0)


@pytest.fixture
def live(clinic: Clinic, page: Page) -> Page:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    until(page, lambda: hidden(page) and newest(page) > 1, "the page is connected")
    return page


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#note-text").fill(text)
    sheet(page).locator("[data-submit]").click()


def notes(clinic: Clinic, text: str) -> list[str]:
    return [
        event["command_id"]
        for event in clinic.events(SESSION)
        if event["type"] == "noted" and event["data"]["text"] == text
    ]


def agrees(clinic: Clinic, page: Page) -> bool:
    """Whether the page's running time is that of the server, within the tolerance."""
    since = clinic.view(SESSION)["elapsed_s"]
    return abs(phase_s(page) - since) <= CLOCK_WITHIN_S


def test_a_dead_server_is_said_within_five_seconds_and_the_page_comes_back(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    loads: list[Request] = []
    live.on("request", lambda request: loads.append(request) if request.is_navigation_request() else None)
    assert agrees(clinic, live)
    clinic.server.kill()
    said = until(live, lambda: banner_shows(live), "the page says that it is not connected")
    print(f"NOT CONNECTED after {said:.2f} s")  # noqa: T201 -- a measured figure
    assert said <= SAID_WITHIN_S + MARGIN_S
    expect(live.locator('[data-part="not-connected"]')).to_contain_text("NOT CONNECTED")
    before = phase_s(live)
    until(live, lambda: phase_s(live) > before, "the time goes on while the server is away")
    picture(live, "20-not-connected")
    clinic.server.start()
    back = until(live, lambda: hidden(live), "the page is connected again")
    print(f"connected again {back:.2f} s after the server was ready")  # noqa: T201 -- a measured figure
    until(live, lambda: agrees(clinic, live), "the page shows the server's elapsed time", within_s=5)
    until(live, lambda: newest(live) == clinic.view(SESSION)["version"], "the newest events are there")
    assert loads == []  # nobody reloaded it


def test_what_was_tapped_while_the_server_was_away_is_stored_once(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    text = "Partner phoned, told that she is well"
    expect(live.locator('[data-part="alert-top"]')).to_be_visible()  # the monitor of this chair is off
    clinic.server.kill()
    note(live, text)
    pending = live.locator('[data-part="pending"]')
    expect(pending).to_contain_text("Queued, not yet in the record: note")
    expect(live.locator('[data-list="ledger"]')).not_to_contain_text(text)
    until(live, lambda: banner_shows(live), "the page says that it is not connected")
    picture(live, "21-pending")
    live.keyboard.press("Escape")
    assert over_the_strip(live) == []  # with all three bands above
    picture(live, "22-pending")
    clinic.server.start()
    expect(pending).to_be_hidden()
    expect(live.locator('[data-list="ledger"] tr').filter(has_text=text)).to_have_count(1)
    assert len(notes(clinic, text)) == 1


def test_a_command_whose_answer_is_lost_is_looked_for_and_done_once(clinic: Clinic, live: Page) -> None:
    text = "Asked for a blanket"
    sent: list[str] = []
    live.on("request", lambda r: sent.append(r.headers["idempotency-key"]) if r.url.endswith("/commands") else None)
    live.route("**/commands", lambda route: (route.fetch(), route.abort("connectionreset"))[1], times=1)
    note(live, text)
    until(live, lambda: len(notes(clinic, text)) == 1, "the server stored it, the answer was lost")
    expect(live.locator('[data-part="pending"]')).to_be_hidden()
    assert len(set(sent)) == 1
    assert notes(clinic, text) == sent[:1]
    expect(field(live, "last_text")).to_contain_text(text)
