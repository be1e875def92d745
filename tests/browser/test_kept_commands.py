"""What a person tapped is theirs: kept while they are signed out, sent when they are back, never under another name."""

import pytest
from playwright.sync_api import Dialog, Page, expect
from support.clinic import Clinic
from support.desk import open_live, sheet, sign_in, until
from support.kept import waiting

SESSION = "running"

PENDING = '[data-part="pending"]'


@pytest.fixture
def live(clinic: Clinic, page: Page) -> Page:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    return page


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#note-text").fill(text)
    sheet(page).locator("[data-submit]").click()


def noted(clinic: Clinic, text: str) -> list[str]:
    """Who noted this, for each time that it is in the ledger."""
    events = [event for event in clinic.events(SESSION) if event["type"] == "noted"]
    return [event["by"] for event in events if event["data"]["text"] == text]


def tap_while_signed_out(page: Page, text: str) -> None:
    page.context.clear_cookies()
    note(page, text)
    refusal = page.locator("#refusal-dialog[open]")
    expect(refusal).to_contain_text("what you did is kept in this window and is sent then")
    refusal.locator("[data-close]").click()
    expect(page.locator(PENDING)).to_contain_text("Queued, not yet in the record: note")


def test_a_note_of_somebody_signed_out_is_sent_when_they_are_back_and_not_before(clinic: Clinic, live: Page) -> None:
    text = "Written as the sign-in ended"
    tap_while_signed_out(live, text)
    sign_in(live, clinic.url, "prescriber")
    open_live(live, clinic.live(SESSION))
    expect(live.locator(PENDING)).to_be_hidden()
    assert noted(clinic, text) == []
    sign_in(live, clinic.url, "nurse")
    open_live(live, clinic.live(SESSION))
    until(live, lambda: noted(clinic, text) == [clinic.person("nurse")["id"]], "the note is there, under its name")
    expect(live.locator(PENDING)).to_be_hidden()
    assert waiting(live) == 0


def test_signing_out_asks_about_what_is_not_sent_and_keeps_it_sealed_for_its_author(clinic: Clinic, live: Page) -> None:
    text = "Sent once its author is back"
    live.route("**/commands", lambda route: route.abort("connectionreset"))
    note(live, text)
    expect(live.locator(PENDING)).to_contain_text("Queued, not yet in the record: note")
    live.goto(clinic.url)
    asked: list[str] = []

    def answer(accept: bool) -> None:
        def said(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.accept() if accept else dialog.dismiss()

        live.once("dialog", said)
        live.get_by_role("button", name="Sign out").click()

    answer(accept=False)
    until(live, lambda: len(asked) == 1, "it asks")
    live.route("**/accounts/logout/", lambda route: route.abort("connectionreset"))
    answer(accept=True)
    expect(live.get_by_text("You are not signed out: the server did not answer.")).to_be_visible()
    assert live.evaluate("fetch('/patients/').then((answer) => answer.url)") == f"{clinic.url}/patients/"
    live.unroute("**/accounts/logout/")
    answer(accept=True)
    live.wait_for_url("**/accounts/login/**")
    assert all("It stays sealed here" in one for one in asked)
    assert waiting(live) == 1
    live.unroute("**/commands")
    sign_in(live, clinic.url, "prescriber")
    open_live(live, clinic.live(SESSION))
    assert noted(clinic, text) == []
    sign_in(live, clinic.url, "nurse")
    open_live(live, clinic.live(SESSION))
    until(live, lambda: noted(clinic, text) == [clinic.person("nurse")["id"]], "it is there, under its author's name")
    assert waiting(live) == 0
