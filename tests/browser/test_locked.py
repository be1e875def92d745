"""A live page that nobody touches locks: it goes on showing, takes stop, pause and help in one tap, asks for the name
afterwards and for a password before anything else. A sign-in that has run out changes nothing of that."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import heard, open_live, sheet, sign_in, until

SESSION = "running"
LOCKED = "norket-live[data-locked]"
STORY = True
IDLE = "localStorage.setItem('norket:active', String(Date.now() - 301000))"


@pytest.fixture(scope="module")
def live(clinic: Clinic, module_page: Page) -> Page:
    sign_in(module_page, clinic.url, "nurse")
    open_live(module_page, clinic.live(SESSION))
    return module_page


@pytest.fixture(scope="module")
def module_page(browser: Any, browser_context_args: dict[str, Any]) -> Any:
    made = browser.new_context(**browser_context_args)
    made.set_default_timeout(60_000)
    yield made.new_page()
    made.close()


def events(clinic: Clinic, kind: str) -> list[dict[str, Any]]:
    return [event for event in clinic.events(SESSION) if event["type"] == kind]


def test_after_five_minutes_it_locks_and_no_other_page_of_the_browser_opens(live: Page) -> None:
    expect(live.locator(LOCKED)).to_have_count(0)
    live.evaluate(IDLE)
    expect(live.locator(LOCKED)).to_have_count(1)
    expect(live.locator('[data-part="locked"]')).to_contain_text("Stop, Pause and Call help work at once")
    until(live, lambda: live.evaluate("fetch('/patients/').then((answer) => answer.status)") == 423, "it is locked")
    live.locator("#vitals").click(force=True)
    expect(live.locator("#unlock-dialog[open]")).to_be_visible()
    expect(live.locator("#vitals-dialog[open]")).to_have_count(0)
    live.locator("#unlock-dialog [data-close]").click()


def test_help_and_stop_are_one_tap_and_the_ledger_says_that_a_name_follows(clinic: Clinic, live: Page) -> None:
    live.locator("#help").click()
    until(live, lambda: [one["data"]["unnamed"] for one in events(clinic, "concern_raised")] == [True], "help is there")
    live.locator("#stop").click()
    until(live, lambda: [one["data"]["unnamed"] for one in events(clinic, "infusion_stopped")] == [True], "it stopped")
    expect(live.locator('[data-list="next"]')).to_contain_text("Say who called for help")
    expect(live.locator('[data-list="ledger"]')).to_contain_text("(name to follow)")


def test_it_stays_locked_over_a_reload_and_opens_with_the_own_password_alone(clinic: Clinic, live: Page) -> None:
    live.reload()
    heard(live)
    expect(live.locator(LOCKED)).to_have_count(1)
    live.locator("[data-unlock]").click()
    live.locator("#unlock-password").fill("not this one")
    live.locator("#unlock-password").press("Enter")
    expect(live.locator("#unlock-error")).to_contain_text("Your password is wrong")
    live.locator("#unlock-password").fill(clinic.person("nurse")["password"])
    live.locator("#unlock-password").press("Enter")
    expect(live.locator(LOCKED)).to_have_count(0)
    assert live.evaluate("fetch('/patients/').then((answer) => answer.status)") == 200


def test_the_name_is_one_tap(clinic: Clinic, live: Page) -> None:
    live.locator("#name-open").click()
    sheet(live).locator(f'button[value="{clinic.person("prescriber")["id"]}"]').click()
    until(live, lambda: len(events(clinic, "act_named")) == 1, "the name is there")
    assert events(clinic, "act_named")[0]["data"]["person"] == clinic.person("prescriber")["id"]


def note(live: Page, text: str) -> None:
    live.keyboard.press("n")
    live.locator("#note-text").fill(text)
    sheet(live).locator("[data-submit]").click()


def noted(clinic: Clinic) -> list[tuple[str, str]]:
    """What was noted, and by whom."""
    return [(event["data"]["text"], event["by"]) for event in events(clinic, "noted")]


def lock(live: Page) -> None:
    live.evaluate(IDLE)
    expect(live.locator(LOCKED)).to_have_count(1)
    until(live, lambda: live.evaluate("fetch('/patients/').then((answer) => answer.status)") == 423, "it is locked")


def unlock(clinic: Clinic, live: Page, role: str = "nurse") -> None:
    live.locator("#unlock-password").fill(clinic.person(role)["password"])
    live.locator("#unlock-password").press("Enter")


def test_what_was_entered_without_a_password_is_shown_to_who_gives_one_and_sent_by_nobody_else(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    lock(live)
    clinic.server.kill()
    expect(live.locator('[data-part="not-connected"]')).to_be_visible()
    live.locator("[data-unlock]").click()
    live.locator("#unlock-anyway").click()
    expect(live.locator(LOCKED)).to_have_count(0)
    for text in ("By a hand that nobody knows", "By the nurse, who could not give a password"):
        note(live, text)
        expect(live.locator("#note-dialog[open]")).to_have_count(0)
    clinic.server.start()
    expect(live.locator(LOCKED)).to_have_count(1, timeout=60_000)
    live.wait_for_timeout(2000)
    assert noted(clinic) == []
    live.locator("[data-unlock]").click()
    unlock(clinic, live)
    both = live.locator("#undecided-dialog[open]")
    expect(both).to_contain_text("nobody knows by whom")
    expect(both.locator("[data-again]")).to_have_count(2)
    picture(live, "entered-at-a-locked-screen")
    assert noted(clinic) == []
    both.locator("li").filter(has_text="By the nurse").locator("[data-again]").click()
    until(live, lambda: len(noted(clinic)) == 1, "the own note is sent")
    both.locator("li").filter(has_text="nobody knows").locator("[data-drop]").click()
    expect(both).to_have_count(0)
    assert noted(clinic) == [("By the nurse, who could not give a password", clinic.person("nurse")["id"])]


def test_a_colleague_takes_the_screen_over_and_the_chair_keeps_its_page(
    clinic: Clinic, live: Page, picture: Callable[[Page, str], None]
) -> None:
    for role in ("prescriber", "nurse"):
        lock(live)
        live.locator("[data-unlock]").click()
        expect(live.locator("#unlock-dialog form[data-sign-out]")).to_be_hidden()
        live.locator("#unlock-other summary").click()
        live.locator("#unlock-username").fill(clinic.person(role)["username"])
        picture(live, f"taken-over-{role}")
        unlock(clinic, live, role)
        expect(live.locator(f'norket-live[data-person="{clinic.person(role)["id"]}"]')).to_have_count(1)
        heard(live)
        expect(live.locator(LOCKED)).to_have_count(0)


def test_a_sign_in_that_has_run_out_ends_no_alert_and_takes_help_but_no_note(clinic: Clinic, live: Page) -> None:
    with closing(sqlite3.connect(clinic.server.data / "norket.sqlite3", timeout=30)) as record, record:
        record.execute("UPDATE django_session SET expire_date = '2020-01-01 00:00:00'")
    live.wait_for_timeout(8000)  # the stream is looked at every five seconds
    expect(live.locator('[data-part="not-connected"]')).to_be_hidden()
    live.locator("#help").click()
    until(live, lambda: len(events(clinic, "concern_raised")) == 2, "help is called")
    live.keyboard.press("n")
    live.locator("#note-text").fill("Written after the sign-in had run out")
    sheet(live).locator("[data-submit]").click()
    expect(live.locator("#unlock-dialog[open]")).to_be_visible()
    assert len(events(clinic, "noted")) == 1
    live.locator("#unlock-password").fill(clinic.person("nurse")["password"])
    live.locator("#unlock-password").press("Enter")
    until(live, lambda: len(events(clinic, "noted")) == 2, "the note is sent once the person is back")


def test_signing_out_ends_the_pass_too(clinic: Clinic, live: Page) -> None:
    live.goto(clinic.url)
    live.get_by_role("button", name="Sign out").click()
    live.wait_for_url("**/accounts/login/**")
    session = clinic.session(SESSION)["id"]
    asked = f"fetch('/api/v1/sessions/{session}').then((answer) => answer.status)"
    assert live.evaluate(asked) == 401
