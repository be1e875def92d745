"""From the first question on a phone without script to a patient with a chart; danger is met with help first."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import sign_in

STORY = True
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def phone(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """Somebody's own phone, with script switched off."""
    context = browser.new_context(**browser_context_args | {"viewport": PHONE, "java_script_enabled": False})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def desk(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The tablet of the staff."""
    context = browser.new_context(**browser_context_args)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def go_on(page: Page, times: int = 1) -> None:
    for _ in range(times):
        with page.expect_navigation():
            page.get_by_role("button", name="Next").click()


def test_choosing_yes_shows_help_at_once_without_script(phone: Page, clinic: Clinic) -> None:
    phone.goto(f"{clinic.url}/self-check/")
    expect(phone.locator(".at-once")).not_to_be_visible()
    phone.get_by_label("yes").check()
    expect(phone.locator(".at-once a").first).to_be_visible()
    phone.get_by_label("no", exact=True).check()
    expect(phone.locator(".at-once")).not_to_be_visible()
    phone.get_by_label("yes").check()
    go_on(phone)


def test_help_is_the_first_thing_that_the_phone_shows(phone: Page) -> None:
    crisis, heading = phone.locator("#crisis").bounding_box(), phone.locator("h1").bounding_box()
    assert crisis is not None
    assert heading is not None
    assert crisis["y"] < heading["y"]
    emergency = phone.locator("#crisis a").first.bounding_box()
    assert emergency is not None
    assert emergency["y"] + emergency["height"] < PHONE["height"]


def test_the_questions_go_on_to_words_and_to_what_to_talk_about(phone: Page) -> None:
    phone.locator('[id="questions.high_blood_pressure-yes"]').check()
    go_on(phone, 6)
    phone.get_by_label("What do you want help with?").fill("low for years")
    phone.get_by_label("Which medicines do you take?").fill("sertraline 50 mg")
    go_on(phone)
    expect(phone.locator("h1")).to_have_text("What to talk about")
    expect(phone.get_by_text("Do you have high blood pressure, treated or not?").first).to_be_visible()


def test_it_is_sent_when_the_person_says_so(phone: Page) -> None:
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator(".errorlist").first).to_be_visible()
    phone.get_by_label("First name").fill("Nora")
    phone.get_by_label("Family name").fill("Vance")
    phone.get_by_label("Date of birth").fill("1990-03-04")
    phone.get_by_label("Sex").select_option("female")
    phone.get_by_label("Phone or e-mail").fill("07700 900333")
    phone.get_by_label("I want my answers sent").check()
    phone.get_by_role("button", name="Send").click()
    expect(phone.locator("h1")).to_have_text("It is sent")
    expect(phone.locator("#crisis")).to_be_visible()
    expect(phone.get_by_text("Vance")).to_have_count(0)


def test_the_board_says_so_by_itself_and_the_nurse_calls(desk: Page, clinic: Clinic) -> None:
    sign_in(desk, clinic.url, "nurse")
    desk.goto(clinic.url)
    expect(desk.get_by_text("Danger was heard in 2 referrals")).to_be_visible()
    desk.get_by_role("link", name="Open the referrals").click()
    desk.get_by_role("link", name="Vance, Nora").click()
    desk.get_by_label("Spoke with the person?").select_option("yes")
    desk.get_by_label("What came of it").fill("Safe tonight with her sister; crisis line known; seen tomorrow at nine.")
    desk.locator("#look").click()
    expect(desk.get_by_text("Spoken with:")).to_be_visible()


def test_accepted_she_is_a_patient_with_her_answers_in_the_chart(desk: Page) -> None:
    desk.get_by_label("Record number").fill("N-2001")
    desk.locator("#accept").click()
    expect(desk.locator("h1")).to_have_text("Chart")
    expect(desk.get_by_text("sertraline 50 mg").first).to_be_visible()
    expect(desk.get_by_text("High blood pressure").first).to_be_visible()
    expect(desk.get_by_text("self-check").first).to_be_visible()


def test_every_step_of_the_self_check_passes_axe(desk: Page, clinic: Clinic) -> None:
    desk.context.clear_cookies()
    desk.goto(f"{clinic.url}/self-check/")
    desk.get_by_label("not sure").check()
    found = {}
    for step in range(9):
        found[step] = [one["id"] for one in Axe().run(desk).response["violations"]]
        if step < 8:
            go_on(desk)
    with desk.expect_navigation():
        desk.locator("#send-it").click()
    found[9] = [one["id"] for one in Axe().run(desk).response["violations"]]
    assert not any(found.values()), found
