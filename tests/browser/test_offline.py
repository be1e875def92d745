"""The live page without the network: it opens, keeps what is done, and loses and doubles nothing on the way back."""

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import field, heard, open_live, sheet, sign_in, until
from support.kept import everything, waiting

SESSION = "running"
PENDING = '[data-part="pending"]'


@pytest.fixture
def live(clinic: Clinic, page: Page) -> Page:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    until(page, lambda: kept_pages(page) >= 1, "the page is kept", within_s=240)
    until(page, lambda: views(page) == 1, "what it showed is kept")
    return page


def kept_pages(page: Page) -> int:
    return everything(page)["stores"]["norket/pages"][0].count("/sessions/")


def views(page: Page) -> int:
    return everything(page)["stores"]["norket/views"][0].count("-") // 4


def note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    page.locator("#note-text").fill(text)
    sheet(page).locator("[data-submit]").click()
    expect(page.locator("#note-dialog[open]")).to_have_count(0)


def notes(clinic: Clinic) -> list[str]:
    return [event["data"]["text"] for event in clinic.events(SESSION) if event["type"] == "noted"]


def test_the_page_opens_without_a_server_and_shows_how_old_it_is(clinic: Clinic, live: Page) -> None:
    name, rate = live.locator("#who-name").inner_text(), field(live, "rate_ml_h").inner_text()
    clinic.server.kill()
    live.reload()
    heard(live)
    expect(live.locator("#who-name")).to_have_text(name)
    expect(field(live, "rate_ml_h")).to_have_text(rate)
    expect(live.locator('[data-part="not-connected"]')).to_contain_text("NOT CONNECTED")
    note(live, "Written where no server is")
    live.reload()
    heard(live)
    expect(live.locator(PENDING)).to_contain_text("Queued, not yet in the record: note")
    expect(live.locator('[data-list="recent"]')).to_contain_text("Written where no server is (queued")
    expect(live.locator("norket-chart .dot-queued")).to_have_count(1)
    clinic.server.start()
    expect(live.locator('[data-part="not-connected"]')).to_be_hidden()
    expect(live.locator(PENDING)).to_be_hidden()
    expect(live.locator("norket-chart .dot-queued")).to_have_count(0)
    assert notes(clinic).count("Written where no server is") == 1
    assert waiting(live) == 0


def test_nothing_that_is_kept_names_the_patient_and_signing_out_leaves_what_is_not_sent_sealed(
    clinic: Clinic, live: Page
) -> None:
    live.route("**/commands", lambda route: route.abort("connectionreset"))
    note(live, "Zanzibar is where she went in her mind")
    live.keyboard.press("n")
    live.locator("#note-text").fill("Half a sentence about Zanzibar")
    until(live, lambda: waiting(live) == 1, "the note is kept")
    until(live, lambda: "note-dialog" in everything(live)["stores"]["norket/drafts"][0], "so is the half sentence")
    kept = str(everything(live))
    name = live.locator("#who-name").inner_text()
    for secret in (*name.split(), *clinic.session(SESSION)["identifiers"], "Zanzibar", "mL/h, "):
        assert secret not in kept, secret
    assert "readable: false" in kept
    live.goto(clinic.url)
    live.once("dialog", lambda dialog: dialog.accept())
    live.get_by_role("button", name="Sign out").click()
    live.wait_for_url("**/accounts/login/**")
    left = everything(live)
    gone = {name: kept for name, kept in left["stores"].items() if name not in {"norket/log", "norket/keys"}}
    assert all(kept == ["[]", "[]"] for kept in gone.values()), gone
    assert waiting(live) == 1
    for secret in (*name.split(), *clinic.session(SESSION)["identifiers"], "Zanzibar"):
        assert secret not in str(left["stores"]), secret
    assert left["files"] == {}
    assert left["workers"] == 0
    assert "norket:" not in left["storages"]


def test_a_stale_order_shows_both_and_is_dropped_or_done_by_a_person(clinic: Clinic, page: Page) -> None:
    page.set_default_timeout(60_000)
    sign_in(page, clinic.url, "prescriber")
    open_live(page, clinic.live("recovery"))
    page.evaluate("document.querySelector('norket-live').stream.close()")
    page.evaluate(
        "([id, token]) => fetch(`/api/v1/sessions/${id}/commands`, { method: 'POST', credentials: 'omit', headers: "
        "{ authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'from beside' }, "
        "body: JSON.stringify({ type: 'note', text: 'Her brother is here' }) }).then((answer) => answer.status)",
        [clinic.session("recovery")["id"], clinic.person("nurse")["token"]],
    )
    page.evaluate("document.querySelector('norket-live').send({ type: 'give_bolus', amount_mg: 5 })")
    both = page.locator("#undecided-dialog[open]")
    expect(both).to_contain_text("bolus 5 mg")
    expect(both).to_contain_text("note: Her brother is here")
    both.locator("[data-drop]").click()
    expect(page.locator('[data-part="undecided"]')).to_be_hidden()
    assert waiting(page) == 0
    assert [event for event in clinic.events("recovery") if event["type"] == "bolus_given"] == []


def test_an_order_that_nobody_answered_in_time_is_never_sent_late(clinic: Clinic, page: Page) -> None:
    page.set_default_timeout(60_000)
    sign_in(page, clinic.url, "prescriber")
    open_live(page, clinic.live("recovery"))
    page.route("**/commands", lambda route: route.abort("connectionreset"))
    page.evaluate("void document.querySelector('norket-live').send({ type: 'give_bolus', amount_mg: 5 })")
    until(page, lambda: waiting(page) == 1, "the order is kept")
    page.evaluate("document.querySelector('norket-live').commands.kept[0].tapped -= 121000")
    expect(page.locator("#undecided-dialog[open]")).to_contain_text("Nobody answered in time, so this order is void")
    page.unroute("**/commands")
    page.wait_for_timeout(4000)
    assert [event for event in clinic.events("recovery") if event["type"] == "bolus_given"] == []
    assert waiting(page) == 1
