"""What goes wrong, at the chair: each sheet is sound on tablet and phone, and fright leads to a pause in one tap."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import heard, sign_in, until

SIZES = {"tablet": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SHEETS = ("rescue-dialog", "fright-dialog", "emergency-dialog", "incident-dialog", "transfer-dialog", "event-dialog")
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module", params=["tablet-light", "phone-dark"])
def chair(
    request: pytest.FixtureRequest, clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[tuple[str, Page]]:
    kind, _, scheme = request.param.partition("-")
    made = browser.new_context(**browser_context_args | {"viewport": SIZES[kind], "color_scheme": scheme})
    made.set_default_timeout(30_000)
    page = made.new_page()
    sign_in(page, clinic.url, "nurse")
    page.goto(clinic.live("running"))
    heard(page)
    yield request.param, page
    made.close()


def open_sheet(page: Page, name: str) -> None:
    page.evaluate("for (const one of document.querySelectorAll('dialog[open]')) one.close()")
    page.evaluate("(name) => document.querySelector('norket-live').dialogs.open(name)", name)
    expect(page.locator(f"#{name}")).to_be_visible()


def more(page: Page, button: str) -> None:
    page.evaluate("for (const one of document.querySelectorAll('dialog[open]')) one.close()")
    page.locator("#more").click()
    page.locator(f"#more-dialog {button}").click()


@pytest.mark.parametrize("name", SHEETS)
def test_each_sheet_is_sound_on_tablet_and_phone(chair: tuple[str, Page], name: str, picture: Keep) -> None:
    kind, page = chair
    open_sheet(page, name)
    picture(page, f"60-{name}-{kind}")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    wide = page.locator(f"#{name} button:visible").evaluate_all(
        "all => all.filter(b => b.scrollWidth > b.clientWidth + 1).length"
    )
    assert wide == 0, "a word hangs out of its button"


def test_fright_is_told_how_long_it_lasts_and_one_tap_pauses(
    clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    made = browser.new_context(**browser_context_args | {"viewport": SIZES["tablet"]})
    made.set_default_timeout(30_000)
    page = made.new_page()
    sign_in(page, clinic.url, "nurse")
    page.goto(clinic.live("running"))
    heard(page)

    before = calls(clinic)
    more(page, "#frightened")
    expect(page.locator('[data-field="fades"]')).to_contain_text("fades by half in about", timeout=60_000)
    page.get_by_role("button", name="Eye mask off").click()
    page.locator('#fright-dialog [data-then="close"]').first.click()
    expect(page.locator('[data-field="phase"]')).to_have_text("Paused")
    more(page, "#frightened")  # to read the time again
    expect(page.locator("#fright-dialog[open]")).to_be_visible()
    page.get_by_role("button", name="Eye mask off").click()
    until(page, lambda: masks(clinic) == 2, "what was tapped last is in the ledger")
    assert calls(clinic) == before + 1
    page.get_by_role("button", name="Still frightened: call the prescriber").click()
    until(page, lambda: calls(clinic) == before + 2, "the second call is in the ledger")
    made.close()


def calls(clinic: Clinic) -> int:
    """How often the patient was said to be frightened."""
    return sum(one["data"].get("concern") == "frightened" for one in clinic.events("running"))


def masks(clinic: Clinic) -> int:
    return sum(one["data"].get("step") == "mask_off" for one in clinic.events("running"))
