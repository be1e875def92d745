"""One session that cannot be read takes the board from nobody: its chair says so in red, the others stay live."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from uuid import UUID

from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import sign_in

SAID = "This chair cannot be shown: JSONDecodeError. Go there and look at the patient."


def spoil(clinic: Clinic, name: str) -> None:
    """Puts a chunk of samples that nobody can read beside those of the session."""
    session = UUID(clinic.session(name)["id"]).hex
    with closing(sqlite3.connect(clinic.server.data / "norket.sqlite3")) as record, record:
        record.execute(
            "INSERT INTO record_samplechunk (session_id, first_n, last_n, first_at, last_at, data, sha256) "
            "VALUES (?, 999998, 999999, ?, ?, 'no json', '0')",
            (session, clinic.made["now"], clinic.made["now"]),
        )


def test_a_chair_that_cannot_be_shown_is_red_and_first_and_the_others_go_on(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None]
) -> None:
    clinic.server.stop()
    spoil(clinic, "recovery")
    clinic.server.start()
    sign_in(page, clinic.url, "nurse")
    page.get_by_role("link", name="Board").first.click()
    live = page.locator("li.chair[data-live]")
    expect(live).to_have_count(4)
    expect(live.first).to_contain_text(SAID)
    expect(live.first).to_have_attribute("data-session", clinic.session("recovery")["id"])
    expect(live.first).to_have_attribute("data-tier", "T3")
    running = page.locator(f'li.chair[data-session="{clinic.session("running")["id"]}"]')
    delivered = running.locator("[data-dose]").inner_text()
    expect(running.locator("[data-dose]")).not_to_have_text(delivered)  # the pump runs on, and so does its chair
    expect(page.locator('[data-part="not-connected"]')).to_be_hidden()
    picture(page, "30-broken-chair")
