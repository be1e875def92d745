"""A blood sample is written down with the instant at which it was drawn, however long ago that was."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import open_live, sheet, sign_in, until

SESSION = "running"
INSTANT = """async ([text, day, zone]) => {
  const { name } = performance.getEntriesByType("resource").find(({ name }) => name.includes("time-of-day"));
  return (await import(name)).instantOn(text, day, zone);
}"""


@pytest.fixture(scope="module")
def live(clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    made = browser.new_context(**browser_context_args)
    page = made.new_page()
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    yield page
    made.close()


def fill(page: Page, time: str, day: str) -> None:
    """Opens the sheet and writes a level of this time and, where there is one, this day."""
    page.keyboard.press("Escape")
    page.locator("#more").click()
    page.locator('[data-open="level-dialog"]').first.click()
    opened = sheet(page)
    opened.get_by_role("button", name="ketamine", exact=True).click()
    opened.get_by_role("button", name="from a vein").click()
    opened.get_by_label("Drawn at").fill(time)
    opened.get_by_label("On, if longer ago than a day").fill(day)
    opened.get_by_label("Result").fill("118")
    opened.get_by_label("Laboratory").fill("Bedside")
    opened.locator("[data-submit]").click()


def drawn(clinic: Clinic) -> list[str]:
    return [event["at"] for event in clinic.events(SESSION) if event["type"] == "level_recorded"]


def test_a_sample_of_another_day_is_written_with_its_date(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    day = (datetime.now(UTC) - timedelta(days=3)).date()
    fill(live, "09:10", day.isoformat())
    until(live, lambda: len(drawn(clinic)) == 1, "the level is in the record")
    (at,) = drawn(clinic)
    assert timedelta(days=2) < datetime.now(UTC) - datetime.fromisoformat(at) < timedelta(days=5)
    ledger = live.locator('[data-list="ledger"] tr').first
    assert f"{day.day} {day:%b} 09:10" in (ledger.text_content() or "")
    picture(live, "level-of-another-day")


def test_a_time_that_is_still_to_come_is_refused_in_words(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    before = drawn(clinic)
    fill(live, "09:10", (datetime.now(UTC) + timedelta(days=2)).date().isoformat())
    expect(sheet(live)).to_contain_text("That time is still to come. Look at the date.")
    picture(live, "level-to-come")
    assert drawn(clinic) == before


@pytest.mark.parametrize(
    ("time", "day", "instant"),
    [
        ("07:30", "2026-11-20", "2026-11-20T07:30:00.000Z"),
        ("07:30", "2026-07-20", "2026-07-20T06:30:00.000Z"),
        ("00:59", "2026-03-29", "2026-03-29T00:59:00.000Z"),
        ("01:30", "2026-03-29", None),
        ("02:00", "2026-03-29", "2026-03-29T01:00:00.000Z"),
        ("01:30", "2026-10-25", "2026-10-25T00:30:00.000Z"),
        ("02:00", "2026-10-25", "2026-10-25T02:00:00.000Z"),
        ("25:00", "2026-11-20", None),
        ("07:30", "", None),
    ],
)
def test_a_day_and_a_time_are_one_instant_or_none(live: Page, time: str, day: str, instant: str | None) -> None:
    assert live.evaluate(INSTANT, [time, day, "Europe/London"]) == instant
