"""Not the live page alone: each page of a browser that nobody touches locks, and opens where it was with a password."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import heard, open_live, sheet, sign_in, until
from support.kept import everything, waiting

IDLE = "localStorage.setItem('norket:active', String(Date.now() - 301000))"
SESSION = "running"


def test_a_chart_locks_and_opens_again_where_it_was(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None]
) -> None:
    sign_in(page, clinic.url, "nurse")
    chart = f"{clinic.url}/patients/{clinic.session(SESSION)['patient_id']}/chart/"
    page.goto(chart)
    name = page.get_by_role("heading", level=1).inner_text()
    page.wait_for_timeout(2500)
    expect(page.locator("#unlock-password")).to_have_count(0)  # touched a moment ago
    page.evaluate(IDLE)
    expect(page.locator("#unlock-password")).to_be_visible()
    assert name not in page.content()
    picture(page, "locked-page")
    page.locator("#unlock-password").fill("not this one")
    page.locator("#unlock-password").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Your password is wrong.")
    page.locator("#unlock-password").fill(clinic.person("nurse")["password"])
    page.locator("#unlock-password").press("Enter")
    page.wait_for_url(chart)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_page_whose_token_is_old_or_whose_person_has_left_does_not_stay_open(clinic: Clinic, page: Page) -> None:
    sign_in(page, clinic.url, "nurse")
    page.goto(f"{clinic.url}/patients/")
    name = page.locator("main a[href^='/patients/']").first.inner_text()
    page.evaluate("document.querySelector('meta[name=norket-idle]').dataset.csrf = 'x'.repeat(64)")
    page.evaluate(IDLE)
    expect(page.locator("#unlock-password")).to_be_visible()
    page.locator("#unlock-password").fill(clinic.person("nurse")["password"])
    page.locator("#unlock-password").press("Enter")
    expect(page.get_by_text(name).first).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    page.evaluate(IDLE)
    page.wait_for_url("**/accounts/login/**")
    assert name not in page.content()


def test_who_signs_out_in_one_window_leaves_every_window(clinic: Clinic, page: Page) -> None:
    sign_in(page, clinic.url, "nurse")
    other = page.context.new_page()
    other.goto(f"{clinic.url}/patients/")
    page.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/accounts/login/**")
    page.wait_for_url("**/accounts/login/**")
    kept = everything(page)
    assert (kept["stores"].get("norket/views"), kept["workers"]) in ((["[]", "[]"], 0), (None, 0))


def test_a_page_stays_where_no_server_could_open_it_again(clinic: Clinic, page: Page) -> None:
    sign_in(page, clinic.url, "nurse")
    page.goto(f"{clinic.url}/patients/")
    page.route("**/lock/", lambda route: route.abort())
    page.evaluate(IDLE)
    page.wait_for_timeout(3000)
    expect(page.locator("#unlock-password")).to_have_count(0)
    page.unroute("**/lock/")
    expect(page.locator("#unlock-password")).to_be_visible()


def test_a_note_on_the_quiet_view_that_nobody_stands_for_waits_until_somebody_decides(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None]
) -> None:
    sign_in(page, clinic.url, "nurse")
    quiet = f"{clinic.url}/sessions/{clinic.session(SESSION)['id']}/quiet/"
    noted = lambda: [e["data"]["text"] for e in clinic.events(SESSION) if e["type"] == "noted"]  # noqa: E731
    page.goto(quiet)
    expect(page.locator('[data-part="not-connected"]')).to_be_hidden()
    before = noted()
    page.route("**/lock/", lambda route: route.abort())
    page.evaluate("localStorage.setItem('norket:unproven', 'yes')")
    page.locator("summary").first.click()
    page.locator("#quiet-note").fill("By a hand that nobody knows")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Given without a password")).to_be_visible()
    page.wait_for_timeout(2000)
    assert noted() == before
    page.evaluate("localStorage.removeItem('norket:unproven')")
    page.reload()
    expect(page.locator('[data-list="undecided"] li')).to_contain_text("By a hand that nobody knows")
    picture(page, "quiet-undecided")
    page.locator("[data-again]").click()
    until(page, lambda: noted() == [*before, "By a hand that nobody knows"], "it is sent once somebody stands for it")
    expect(page.locator('[data-part="undecided"]')).to_be_hidden()


def test_the_quiet_view_stays_behind_the_lock_with_its_call_for_help(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None]
) -> None:
    sign_in(page, clinic.url, "nurse")
    page.goto(f"{clinic.url}/sessions/{clinic.session(SESSION)['id']}/quiet/")
    expect(page.locator('[data-part="not-connected"]')).to_be_hidden()
    page.evaluate(IDLE)
    expect(page.locator("norket-quiet[data-locked]")).to_have_count(1)
    expect(page.locator("summary").first).to_be_hidden()
    picture(page, "locked-quiet")
    page.locator("#help").click()
    called = lambda: [e["data"] for e in clinic.events(SESSION) if e["type"] == "concern_raised"]  # noqa: E731
    until(page, lambda: [one.get("unnamed") for one in called()] == [True], "help is called, the name follows")
    page.get_by_role("link", name="Unlock").click()
    page.locator("#unlock-password").fill(clinic.person("nurse")["password"])
    page.locator("#unlock-password").press("Enter")
    expect(page.locator("norket-quiet:not([data-locked]) summary").first).to_be_visible()


def test_one_lock_for_all_windows_and_the_live_page_and_a_board_without_names_go_on_behind_it(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None]
) -> None:
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    board = page.context.new_page()
    board.goto(f"{clinic.url}/")
    expect(board.locator("li.chair").first).to_be_visible()
    board.evaluate(IDLE)
    expect(page.locator("norket-live[data-locked]")).to_have_count(1)
    expect(board.get_by_text("names are hidden")).to_be_visible()
    expect(board.locator("li.chair").first).to_be_visible()
    expect(board.locator("li.chair a")).to_have_count(0)
    picture(board, "locked-board")
    expect(page.locator('[data-part="not-connected"]')).to_be_hidden()
    board.get_by_role("link", name="Unlock").click()
    expect(board.locator("#unlock-password")).to_be_visible()
    board.get_by_role("link", name="Live page of").first.click()
    heard(board)
    expect(board.locator("norket-live[data-locked]")).to_have_count(1)


def test_what_waits_in_a_window_stays_with_its_author_when_a_colleague_takes_over_in_another(
    clinic: Clinic, page: Page
) -> None:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    nurse, prescriber = clinic.person("nurse"), clinic.person("prescriber")
    noted = lambda: [(e["data"]["text"], e["by"]) for e in clinic.events(SESSION) if e["type"] == "noted"]  # noqa: E731
    before = noted()
    live_page = lambda who: page.locator(f'norket-live[data-person="{who["id"]}"]')  # noqa: E731
    page.route("**/api/v1/sessions/*/commands", lambda route: route.abort())
    page.keyboard.press("n")
    page.locator("#note-text").fill("What the nurse saw")
    sheet(page).locator("[data-submit]").click()
    until(page, lambda: waiting(page) == 1, "the note waits")
    other = page.context.new_page()
    other.goto(f"{clinic.url}/patients/")
    other.evaluate(IDLE)
    expect(page.locator("norket-live[data-locked]")).to_have_count(1)
    page.unroute("**/api/v1/sessions/*/commands")
    for person in (prescriber, nurse):
        other.locator("details.take-over summary").click()
        other.locator("#unlock-username").fill(person["username"])
        other.locator("#unlock-password").fill(person["password"])
        other.locator("#unlock-password").press("Enter")
        expect(live_page(person)).to_have_count(1)
        heard(page)
        if person is prescriber:
            page.wait_for_timeout(3000)
            assert noted() == before
            other.evaluate(IDLE)
            expect(page.locator("norket-live[data-locked]")).to_have_count(1)
    until(page, lambda: noted() == [*before, ("What the nurse saw", nurse["id"])], "it goes when its author is back")


def test_the_sheet_for_a_power_cut_opens_without_the_network_but_not_behind_the_lock(
    clinic: Clinic, page: Page
) -> None:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    kept, sheet = page.locator("h1").first.inner_text(), f"{clinic.live(SESSION)}downtime/"
    pages = lambda: str(everything(page)["stores"]["norket/pages"][0])  # noqa: E731
    until(page, lambda: "/downtime/" in pages(), "the sheet is kept", within_s=240)
    clinic.server.kill()
    page.goto(sheet)
    expect(page.locator("h1")).to_contain_text(kept)
    clinic.server.start()
    open_live(page, clinic.live(SESSION))
    page.evaluate(IDLE)
    expect(page.locator("norket-live[data-locked]")).to_have_count(1)
    until(page, lambda: page.evaluate("fetch('/patients/').then((answer) => answer.status)") == 423, "it is locked")
    clinic.server.kill()
    page.goto(sheet)
    expect(page.locator("body")).to_contain_text("This screen is locked.")
    assert kept not in page.content()
    clinic.server.start()
