"""A whole session without a pointer: from who is in the chair to the way home, by keys alone, and the eye always finds
where the keys are."""

import uuid
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from support.clinic import Clinic
from support.desk import field, heard, leap, sheet, sign_in, until

PATIENT, BORN, MRN = "Priya Raman", "1992-07-23", "N-1003"
RATE, VOLUME = "43.5", "29"
MOST_TABS = 150
POINTERS = "window.pointers = 0; addEventListener('pointerdown', () => { window.pointers += 1; }, true);"
FOCUS = """(wanted) => {
  const at = document.activeElement;
  if (at !== wanted) return "elsewhere";
  const ringed = [at, at.closest(".chair")].some((one) => one && getComputedStyle(one).outlineStyle !== "none");
  return ringed ? "here" : "unseen";
}"""


@pytest.fixture
def hands(clinic: Clinic, page: Page) -> Page:
    """A tablet with a keyboard. Signing in is another test's."""
    page.set_default_timeout(30_000)
    page.add_init_script(POINTERS)
    sign_in(page, clinic.url, "nurse")
    return page


def reach(page: Page, target: Locator) -> None:
    """Goes from one element to the next until the keys are here."""
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        found = target.evaluate(FOCUS)
        assert found != "unseen", f"nobody sees the focus at {target}"
        if found == "here":
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no key leads to {target}")


def press(page: Page, target: Locator) -> None:
    reach(page, target)
    page.keyboard.press("Enter")


def write(page: Page, target: Locator, text: str) -> None:
    reach(page, target)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def tell(page: Page, *identifiers: str) -> None:
    for value in identifiers:
        press(page, sheet(page).locator(f'.chip[value="{value}"]'))


def save(page: Page) -> None:
    opened = sheet(page)
    name = opened.get_attribute("id")
    press(page, opened.locator("[data-submit]:visible").first)
    expect(page.locator(f"#{name}[open]")).to_have_count(0)


def button(page: Page, place: str, name: str) -> Locator:
    return page.locator(place).get_by_role("button", name=name, exact=True)


def colleague_reads(clinic: Clinic, patient: str) -> None:
    """The prescriber reads the pump at another place."""
    sent(clinic, patient, type="time_out", rate_ml_h=43.5, volume_ml=29.0, identifiers=[PATIENT, MRN])


def sent(clinic: Clinic, patient: str, **body: Any) -> None:
    """What the prescriber does elsewhere."""
    headers = {"Authorization": f"Bearer {clinic.person('prescriber')['token']}", "Idempotency-Key": str(uuid.uuid4())}
    address = f"{clinic.url}/api/v1/sessions/{clinic.session(patient)['id']}/commands"
    answer = httpx.post(address, json=body, headers=headers, timeout=30, trust_env=False)
    assert answer.status_code == httpx.codes.OK, answer.text


def vitals(page: Page, sbp: int, dbp: int) -> None:
    page.keyboard.press("v")
    for name, value in {"sbp": sbp, "dbp": dbp, "hr": 72, "spo2": 98, "rr": 14}.items():
        write(page, page.locator(f"#v-{name}"), str(value))
    page.keyboard.press("Enter")
    expect(page.locator("#vitals-dialog[open]")).to_have_count(0)
    expect(page.locator('[data-list="ledger"] tr').filter(has_text=f"{sbp}/{dbp} mmHg")).to_have_count(1)


def start(clinic: Clinic, page: Page) -> None:
    missing = page.locator('[data-list="missing"] > li')
    press(page, missing.filter(has_text="Escort").get_by_role("button", name="Ask"))
    write(page, page.locator("#a-escort"), "Arun Raman")
    write(page, page.locator("#a-phone"), "555 0134")
    press(page, sheet(page).get_by_role("button", name="Save answers"))
    expect(missing).to_have_count(1)
    press(page, missing.get_by_role("button", name="Read pump"))
    write(page, page.locator("#t-rate"), RATE)
    write(page, page.locator("#t-volume"), VOLUME)
    tell(page, PATIENT, BORN)
    save(page)
    colleague_reads(clinic, "waiting")
    expect(page.locator('[data-part="nothing-missing"]')).to_be_visible()
    press(page, page.locator("#start"))
    tell(page, PATIENT, MRN)
    save(page)
    expect(field(page, "run_state")).to_contain_text("running")


def run(clinic: Clinic, page: Page) -> None:
    vitals(page, 132, 84)
    page.keyboard.press("e")
    press(page, button(page, "#event-dialog", "Nausea"))
    until(page, lambda: any(one["type"] == "event_recorded" for one in clinic.events("waiting")), "the event stands")
    if page.locator("#event-dialog[open]").count():
        page.keyboard.press("Escape")
    page.keyboard.press("n")
    write(page, page.locator("#note-text"), "Breathes calmly")
    save(page)
    press(page, page.locator("#pause"))
    expect(field(page, "run_state")).to_contain_text("paused")
    press(page, page.locator("#resume"))
    expect(field(page, "run_state")).to_contain_text("running")
    leap(clinic, page, 6)
    press(page, page.locator("#stop"))
    press(page, page.locator("#start-recovery"))
    expect(page.locator("#discharge")).to_be_visible()


def recover(clinic: Clinic, page: Page) -> None:
    for place, minutes in enumerate((40, 40, 41)):
        leap(clinic, page, minutes)
        vitals(page, 124 - place, 76)
    press(page, page.locator("#recovery-score"))
    for item in ("activity", "respiration", "consciousness", "saturation"):
        press(page, page.locator(f'#recovery-score-dialog button[data-set="{item}"][value="2"]'))
    write(page, page.locator("#rs-sbp"), "121")
    write(page, page.locator("#rs-dbp"), "76")
    save(page)
    page.keyboard.press("s")
    press(page, sheet(page).get_by_role("button", name="MOAA/S 5"))
    expect(page.locator("#score-dialog[open]")).to_have_count(0)
    for label in ("Oriented", "Gait", "Dissociation", "Review", "Cannula"):
        press(page, button(page, '[data-list="gates"]', label))
        press(page, sheet(page).get_by_role("button", name="Yes"))
        save(page)


def go_home(page: Page) -> None:
    press(page, button(page, '[data-list="gates"]', "Escort"))
    press(page, sheet(page).get_by_role("button", name="Here"))
    write(page, page.locator("#escort-name"), "Arun Raman")
    write(page, page.locator("#escort-phone"), "555 0134")
    save(page)
    press(page, button(page, '[data-list="gates"]', "Instructions"))
    press(page, sheet(page).get_by_role("button", name="Both"))
    save(page)
    expect(page.locator("#discharge")).to_have_attribute("data-ready", "true")
    press(page, page.locator("#discharge"))
    tell(page, PATIENT, BORN)
    write(page, page.locator("#d-escort"), "Arun Raman")
    save(page)
    expect(page.locator("norket-live")).to_have_attribute("data-phase", "discharged")


def test_news_leave_the_keys_on_the_button_where_they_stand(clinic: Clinic, hands: Page) -> None:
    hands.goto(clinic.live("waiting"))
    heard(hands)
    missing = hands.locator('[data-list="missing"] > li')
    ask = missing.filter(has_text="Escort").get_by_role("button", name="Ask")
    reach(hands, ask)
    ask.evaluate("button => { window.stood = button; }")
    sent(clinic, "waiting", type="record_preflight", item="cannula_in", answer="no")
    expect(missing).to_have_count(3)
    assert not hands.evaluate("window.stood.isConnected"), "the list was not drawn anew"
    assert ask.evaluate(FOCUS) == "here"
    sent(clinic, "waiting", type="record_preflight", item="cannula_in", answer="yes")
    expect(missing).to_have_count(2)
    hands.keyboard.press("Enter")
    expect(hands.locator("#arrival-dialog[open]")).to_be_visible()


def test_an_answer_to_one_question_leaves_the_keys_on_the_next_of_the_same_row(clinic: Clinic, hands: Page) -> None:
    hands.goto(clinic.live("recovery"))
    heard(hands)
    gait = button(hands, '[data-list="gates"]', "Gait")
    reach(hands, gait)
    row = hands.locator('[data-list="gates"] > li').filter(has=hands.get_by_role("button", name="Gait", exact=True))
    before = row.text_content()
    sent(clinic, "recovery", type="record_gate", gate="oriented", answer="yes")
    until(hands, lambda: row.text_content() != before, "the row has changed")
    hands.keyboard.press("Enter")
    expect(hands.locator("#gate-dialog[open]")).to_be_visible()


def test_a_session_from_the_board_to_the_way_home_takes_no_pointer(clinic: Clinic, hands: Page) -> None:
    hands.goto(clinic.url)
    card = hands.locator("li.chair[data-live]", has_text=PATIENT).get_by_role("link")
    press(hands, card)
    heard(hands)
    start(clinic, hands)
    run(clinic, hands)
    recover(clinic, hands)
    go_home(hands)
    assert hands.evaluate("window.pointers") == 0


def test_who_is_in_the_chair_is_told_by_keys(clinic: Clinic, hands: Page) -> None:
    """The planned session: identity is the first thing that it misses."""
    hands.goto(clinic.live("planned"))
    heard(hands)
    press(
        hands, button(hands, '[data-list="missing"]', "Check in: The patient is not checked in with two identifiers.")
    )
    tell(hands, *clinic.session("planned")["identifiers"][:2])
    expect(hands.locator("norket-live")).to_have_attribute("data-phase", "checked_in")
    assert hands.evaluate("window.pointers") == 0
