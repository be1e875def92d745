"""A script that does not arrive never leaves a page that looks calm and is dead: what the page stands without is named
and everything else goes on; without the rest, the page says that it is not connected and its buttons are off."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import heard, open_live, sign_in, until

SESSION = "recovery"
BAR, NOTHING_OPEN, DEAD = '[data-part="not-connected"]', '[data-part="alert-none"]', '[data-part="no-program"]'


@pytest.fixture
def without(browser: Browser, browser_context_args: dict[str, Any], clinic: Clinic) -> Iterator[Callable[..., Page]]:
    """A live page, opened by a browser that these scripts do not reach."""
    opened = []

    def made(*scripts: str, **options: Any) -> Page:
        context = browser.new_context(**{**browser_context_args, "service_workers": "block", **options})
        opened.append(context)
        page = context.new_page()
        sign_in(page, clinic.url, "nurse")
        for script in scripts:
            page.route(f"**/js/{script}", lambda route: route.abort())
        page.goto(clinic.live(SESSION))
        return page

    yield made
    for context in opened:
        context.close()


def concerns(clinic: Clinic) -> int:
    return sum(event["type"] == "concern_raised" for event in clinic.events(SESSION))


def test_without_a_part_the_rest_works_and_the_page_names_what_is_missing(
    clinic: Clinic, without: Callable[..., Page]
) -> None:
    live = without("rehearsed.js", "learn.js")
    heard(live)
    expect(live.locator('[data-part="broken"]')).to_contain_text("rehearsal")
    expect(live.locator('[data-part="broken"]')).to_contain_text("update from this patient")
    expect(live.locator(BAR)).to_be_hidden()
    before = concerns(clinic)
    live.locator("#help").click()
    until(live, lambda: concerns(clinic) == before + 1, "help is called")


@pytest.mark.parametrize("script", ["live.js", "commands.js", "format.js"])
def test_without_what_the_page_stands_on_it_says_that_nothing_works(
    without: Callable[..., Page], script: str, picture: Callable[[Page, str], None]
) -> None:
    live = without(script)
    expect(live.locator(BAR)).to_be_visible()
    expect(live.locator(DEAD)).to_contain_text("The buttons of this page do not work yet")
    expect(live.locator(NOTHING_OPEN)).to_be_hidden()
    for button in ("#help", "#vitals"):
        expect(live.locator(button)).to_be_disabled()
    picture(live, f"dead-{script.removesuffix('.js')}")


def test_a_page_that_came_whole_shows_neither(clinic: Clinic, page: Page) -> None:
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    for part in (BAR, DEAD, '[data-part="broken"]'):
        expect(page.locator(part)).to_be_hidden()
    for button in ("#help", "#vitals", "#more"):
        expect(page.locator(button)).to_be_enabled()


def test_the_quiet_view_says_so_as_well(clinic: Clinic, without: Callable[..., Page]) -> None:
    live = without("stream.js")
    live.goto(f"{clinic.url}/sessions/{clinic.session(SESSION)['id']}/quiet/")
    expect(live.locator(BAR)).to_contain_text("call for help aloud")
    expect(live.locator("#help")).to_be_disabled()
    live.unroute("**/js/stream.js")
    live.reload()
    expect(live.locator(BAR)).to_be_hidden()
    expect(live.locator("#help")).to_be_enabled()
