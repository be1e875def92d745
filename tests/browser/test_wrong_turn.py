"""A session that takes a wrong turn: fright, a sedative from a signed template, chest pain, and all that a person then
does until the record is closed and printed. The paper tells every step of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import (
    answer_gate,
    field,
    identify,
    leap,
    open_live,
    save,
    score,
    score_recovery,
    sheet,
    sign_in,
    vitals,
)

STORY = True
SESSION = "running"
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def two(clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[dict[str, Page]]:
    """The nurse's tablet and the prescriber's."""
    made = {name: browser.new_context(**browser_context_args) for name in ("nurse", "prescriber")}
    for context in made.values():
        context.set_default_timeout(30_000)
    yield {name: context.new_page() for name, context in made.items()}
    for context in made.values():
        context.close()


@pytest.fixture
def nurse(two: dict[str, Page]) -> Page:
    return two["nurse"]


@pytest.fixture
def prescriber(two: dict[str, Page]) -> Page:
    return two["prescriber"]


def more(page: Page, button: str) -> None:
    page.locator("#more").click()
    page.locator("#more-dialog").locator(button).first.click()


def happened(clinic: Clinic, kind: str) -> list[dict[str, Any]]:
    return [event for event in clinic.events(SESSION) if event["type"] == kind]


def told(page: Page, text: str) -> None:
    """The page's own ledger has a line with these words."""
    expect(page.locator('[data-list="ledger"] tr').filter(has_text=text)).not_to_have_count(0)


def test_a_frightened_patient_is_comforted_and_the_pump_paused(clinic: Clinic, nurse: Page) -> None:
    sign_in(nurse, clinic.url, "nurse")
    open_live(nurse, clinic.live(SESSION))
    more(nurse, "#frightened")
    nurse.get_by_role("button", name="Eye mask off").click()
    nurse.locator('#fright-dialog [data-then="close"]').first.click()
    expect(field(nurse, "phase")).to_have_text("Paused")


def test_midazolam_is_given_from_the_signed_template_with_two_identifiers(
    clinic: Clinic, nurse: Page, picture: Keep
) -> None:
    vitals(nurse, 131, 79)
    nurse.keyboard.press("s")
    sheet(nurse).locator('form:has([value="watched_sedation"]) button[value="1"]').click()
    expect(nurse.locator("#score-dialog[open]")).to_have_count(0)
    more(nurse, '[data-open="rescue-dialog"]')
    sheet(nurse).get_by_role("button", name="midazolam iv").click()
    given = sheet(nurse)
    given.get_by_label("Amount").fill("1")
    given.locator("[data-submit]").click()
    expect(given).to_contain_text("Two identifiers are needed")
    patient = clinic.session(SESSION)["identifiers"]
    identify(nurse, patient[0], patient[1])
    picture(nurse, "70-midazolam")
    save(nurse)


def test_it_stands_in_the_log_with_its_template_and_its_lot(clinic: Clinic, nurse: Page) -> None:
    told(nurse, "midazolam 1 mg iv")
    (given,) = happened(clinic, "rescue_given")
    assert (given["data"]["template"], given["data"]["version"]) == ("rescue.template_benzodiazepine", 1)
    assert given["data"]["flags"] == []
    nurse.goto(f"{clinic.url}/register/")
    line = nurse.locator("tbody tr").filter(has_text=given["data"]["lot"]).filter(has_text="1")
    expect(line.first).to_contain_text("midazolam")
    open_live(nurse, clinic.live(SESSION))


def test_chest_pain_opens_the_emergency_log_and_the_pump_is_stopped(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    nurse.keyboard.press("e")
    sheet(nurse).get_by_role("button", name="Severe", exact=True).click()
    sheet(nurse).locator('button[name="event"][value="chest_pain"]').click()
    expect(nurse.locator('[data-part="alert-top"]')).to_have_attribute("data-tier", "T3")
    nurse.locator("#stop").click()
    nurse.locator("#emergency-open").click()
    log = nurse.locator("#emergency-dialog[open]")
    log.locator('button[data-send*="oxygen_on"]').click()
    expect(log.locator('[data-list="emergency"]')).to_contain_text("xygen")
    picture(nurse, "71-emergency")
    log.get_by_role("button", name="Emergency is over").click()
    log.locator("[data-close]").click()
    nurse.keyboard.press("a")
    nurse.keyboard.press("e")
    sheet(nurse).get_by_role("button", name="Resolved: ").click()
    expect(sheet(nurse).locator('[data-part="open-events"]')).to_be_hidden()
    sheet(nurse).locator("[data-close]").click()
    assert [event["data"]["event"] for event in happened(clinic, "event_recorded")][-1] == "chest_pain"


def test_the_incident_is_reported_and_the_prescriber_signs(
    clinic: Clinic, nurse: Page, prescriber: Page, picture: Keep
) -> None:
    more(nurse, "#incident-open")
    words = {
        "what": "chest pain during the pause",
        "told": "Dr Okafor at once",
        "actions": "stopped, oxygen, ECG",
        "outcome": "pain gone after some minutes, ECG normal",
    }
    for name, text in words.items():
        nurse.locator(f"#incident-{name}").fill(text)
    picture(nurse, "72-incident")
    nurse.locator('#incident-dialog form[data-command="report_incident"] [data-submit]').click()
    expect(nurse.locator("#incident-dialog[open]")).to_have_count(0)
    sign_in(prescriber, clinic.url, "prescriber")
    open_live(prescriber, clinic.live(SESSION))
    more(prescriber, "#incident-open")
    expect(field(prescriber, "incident_text")).to_contain_text("chest pain during the pause")
    prescriber.locator('[data-part="incident-sign"] [data-submit]').click()
    expect(prescriber.locator("#incident-dialog[open]")).to_have_count(0)
    assert happened(clinic, "incident_signed")


def test_recovery_holds_the_patient_until_every_gate_is_met(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    nurse.locator("#start-recovery").click()
    expect(nurse.locator("#discharge")).to_be_visible()
    nurse.keyboard.press("v")
    nurse.locator("#v-spo2").fill("98")
    nurse.locator("#v-oxygen").select_option(label="room air")
    save(nurse)
    for place, minutes in enumerate((30, 30, 30, 31)):
        leap(clinic, nurse, minutes)
        vitals(nurse, 124 - place, 76)
    score_recovery(nurse)
    score(nurse, "MOAA/S 5")
    for label in ("Oriented", "Gait", "Dissociation", "Review", "Cannula"):
        answer_gate(nurse, label)
    nurse.locator('[data-list="gates"]').get_by_role("button", name="Instructions", exact=True).click()
    sheet(nurse).get_by_role("button", name="Both").click()
    save(nurse)
    nurse.locator('[data-list="gates"]').get_by_role("button", name="Escort").click()
    sheet(nurse).get_by_role("button", name="Here").click()
    nurse.locator("#escort-name").fill("Arun Raman")
    nurse.locator("#escort-phone").fill("555 0134")
    save(nurse)
    picture(nurse, "73-gates")
    expect(nurse.locator("#discharge")).to_have_attribute("data-ready", "true")
    nurse.locator("#discharge").click()
    patient = clinic.session(SESSION)["identifiers"]
    identify(nurse, patient[0], patient[1])
    nurse.locator("#d-escort").fill("Arun Raman")
    save(nurse)
    expect(nurse.locator("norket-live")).to_have_attribute("data-phase", "discharged")


def test_the_record_is_closed_when_nothing_holds_it(
    clinic: Clinic, nurse: Page, prescriber: Page, picture: Keep
) -> None:
    nurse.locator("#waste").click()
    nurse.locator("#w-witness").select_option(label="Dr Amara Okafor")
    save(nurse)
    more(nurse, '[data-open="escort-sign-dialog"]')
    nurse.locator("#es-name").fill("Arun Raman")
    save(nurse)
    more(nurse, 'a:has-text("Close the record")')
    held = nurse.locator('#holds > li:not([data-state="clear"])')
    expect(held).to_have_count(2)
    witness = nurse.locator("form", has=nurse.get_by_role("button", name="The witness signs"))
    witness.get_by_label("Witness", exact=True).select_option(label="Dr Amara Okafor")
    witness.get_by_label("Witness's password").fill(clinic.person("prescriber")["password"])
    picture(nurse, "74-witness")
    witness.get_by_role("button").click()
    expect(held).to_have_count(1)
    expect(held).to_contain_text("Prescriber's signature: missing")
    expect(nurse.locator('#holds [data-rule="recovery.record.incident"]')).to_have_attribute("data-state", "clear")
    prescriber.goto(nurse.url)
    prescriber.locator("#sign").click()
    prescriber.locator("#close").click()
    expect(prescriber.locator("#state")).to_have_attribute("data-state", "closed")
    picture(prescriber, "75-closed")


def test_the_printed_page_tells_all_of_it(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    session = clinic.session(SESSION)["id"]
    nurse.goto(f"{clinic.url}/sessions/{session}/record/")
    nurse.emulate_media(media="print")
    paper = nurse.locator("article.record")
    lines = paper.locator(".record-events li")
    wanted = ("fright", "midazolam 1 mg iv", "chest pain", "xygen", "ncident", "ecovery", "ischarged")
    heard = lines.all_inner_texts()
    places = [next((n for n, line in enumerate(heard) if word in line), None) for word in wanted]
    assert None not in places, (wanted, heard)
    assert places == sorted(places)
    expect(paper).not_to_contain_text("not over yet")
    picture(nurse, "76-paper")
