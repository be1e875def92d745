"""Trying, looking back and keeping company: nothing is sent that nobody ordered, and axe finds nothing."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import open_live, sign_in

SLOW_MS = 90_000


def findings(page: Page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def test_a_trial_is_drawn_with_its_shift_and_posts_no_command(page: Page, clinic: Clinic) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    sign_in(page, clinic.url, "prescriber")
    open_live(page, clinic.live("running"))
    expect(page.locator('[data-field="models"]')).not_to_be_empty(timeout=SLOW_MS)
    sent.clear()
    page.locator("#more").click()
    page.locator("#what-if").click()
    page.locator("#trial-value").fill("20")
    expect(page.locator('[data-field="trial_ready_then"]')).to_have_text(re.compile(r"\d\d:\d\d.*min"), timeout=SLOW_MS)
    assert findings(page) == []
    page.locator("[data-try='stop']").click()
    expect(page.locator('[data-field="trial_ready_then"]')).to_have_text(re.compile("−"), timeout=SLOW_MS)
    page.keyboard.press("Escape")
    expect(page.locator("#trial-dialog[open]")).to_have_count(0)
    assert sent
    assert all(url.endswith("/what-if") for url in sent)


def test_a_replay_moves_by_keyboard_and_sends_nothing(page: Page, clinic: Clinic) -> None:
    sent: list[str] = []
    sign_in(page, clinic.url, "nurse")
    page.on("request", lambda request: sent.append(request.method))
    page.goto(clinic.live("recovery") + "replay/")
    expect(page.locator("#scrub")).to_be_enabled(timeout=SLOW_MS)
    first = page.locator('[data-field="instant"]').inner_text()
    page.locator("#scrub").focus()
    page.keyboard.press("End")
    expect(page.locator('[data-field="phase"]')).to_have_text("Recovery", timeout=SLOW_MS)
    assert page.locator('[data-field="instant"]').inner_text() != first
    page.keyboard.press("Home")
    expect(page.locator('[data-field="phase"]')).not_to_have_text("Recovery", timeout=SLOW_MS)
    assert findings(page) == []
    assert set(sent) <= {"GET"}


@pytest.mark.parametrize("path", ["record/", "quiet/"])
def test_axe_finds_nothing_on_the_record_and_the_quiet_view(page: Page, clinic: Clinic, path: str) -> None:
    sign_in(page, clinic.url, "therapist")
    page.goto(clinic.live("recovery") + path)
    expect(page.locator("main h1")).to_be_visible()
    assert findings(page) == []


def test_the_record_is_one_page_of_paper(page: Page, clinic: Clinic) -> None:
    sign_in(page, clinic.url, "nurse")
    page.goto(clinic.live("recovery") + "record/")
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


def test_a_rehearsal_is_started_from_its_page_and_says_what_is_seen(page: Page, clinic: Clinic) -> None:
    sign_in(page, clinic.url, "prescriber")
    page.goto(f"{clinic.url}/rehearsal/")
    assert findings(page) == []
    page.locator("#rehearse-wrong_vial").click()
    expect(page.locator('[data-part="rehearsed"]')).to_contain_text("A colleague hands you", timeout=SLOW_MS)
    page.goto(page.url + "debrief/")
    expect(page.locator("h1")).to_have_text("Debrief: Wrong vial")
    assert findings(page) == []
