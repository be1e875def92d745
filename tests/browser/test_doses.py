"""Doses without a pump in the browser: an injection from order to recovery, then three devices of a spray."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.clinic import Clinic
from support.desk import ask_for_escort, field, heard, identify, open_live, save, sheet, sign_in, until

STORY = True
PATIENT, BORN, MRN = "Priya Raman", "1992-07-23", "N-1003"
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def nurse(clinic: Clinic, browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The tablet at the chair."""
    context: BrowserContext = browser.new_context(**browser_context_args)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def second(clinic: Clinic, browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The prescriber's phone."""
    context: BrowserContext = browser.new_context(**browser_context_args | {"viewport": {"width": 390, "height": 844}})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def session_url(clinic: Clinic) -> str:
    return f"{clinic.url}/sessions/{clinic.session('waiting')['id']}/"


def put_into_force(clinic: Clinic, page: Page, row: str, amount: str, strength: str = "") -> None:
    """The prescriber writes an order and puts it into force for the session."""
    sign_in(page, clinic.url, "prescriber")
    page.goto(f"{session_url(clinic)}order/")
    written = page.get_by_role("link", name="Write a new order").get_attribute("href")
    page.goto(f"{clinic.url}{written}?row={row}")
    expect(page.locator("#id_duration_min")).to_have_count(0)
    page.fill("#id_amount", amount)
    if strength:
        page.fill("#id_concentration_mg_ml", strength)
    page.fill("#id_reason", "agreed with the patient")
    page.locator("#sign").click()
    expect(page.get_by_text("Order signed")).to_be_visible()
    page.goto(f"{session_url(clinic)}order/")
    page.get_by_role("button", name="Use for this session").first.click()
    heard(page)


def missing(page: Page) -> Any:
    return page.locator('[data-list="missing"] > li')


def test_a_prescriber_puts_an_injection_into_force(clinic: Clinic, nurse: Page, second: Page, picture: Keep) -> None:
    put_into_force(clinic, second, "doses.d03", "0.5", "50")
    sign_in(nurse, clinic.url, "nurse")
    open_live(nurse, session_url(clinic))
    expect(nurse.locator("#start")).to_be_hidden()
    expect(nurse.locator("#give")).to_have_attribute("aria-disabled", "true")
    expect(missing(nurse).filter(has_text="read the pump")).to_have_count(0)
    expect(missing(nurse).filter(has_text="have checked the dose in hand")).to_have_count(1)
    picture(nurse, "doses-1-missing")


def test_the_syringe_is_prepared_and_two_people_check_it(
    clinic: Clinic, nurse: Page, second: Page, picture: Keep
) -> None:
    ask_for_escort(nurse)
    missing(nurse).get_by_role("button", name="Prepare").click()
    nurse.select_option("#p-stock", "ketamine-50|K50-77")
    nurse.locator('#prepare-dialog [data-set="checker"]').first.click()
    picture(nurse, "doses-2-prepare")
    save(nurse)
    volume = clinic.view("waiting")["order"]["volume_ml"]
    missing(nurse).get_by_role("button", name="Check dose").click()
    nurse.select_option("#k-product", "ketamine-50")
    nurse.select_option("#k-route", "im")
    nurse.fill("#k-volume", f"{volume:.2f}")
    nurse.fill("#k-strength", "50")
    sheet(nurse).get_by_role("button", name="Yes").click()
    identify(nurse, PATIENT, BORN)
    picture(nurse, "doses-3-check")
    save(nurse)
    expect(missing(nurse)).to_contain_text("1 of 2 people")
    second.goto(f"{session_url(clinic)}dose-check/")
    second.get_by_label("What the label says").select_option("ketamine-50")
    second.get_by_label("Route").select_option("im")
    second.get_by_label("Volume in the syringe").fill(f"{volume:.2f}")
    second.get_by_label("Strength on the label").fill("50")
    second.get_by_label("Allergies asked").select_option("yes")
    second.get_by_label(PATIENT).check()
    second.get_by_label(MRN).check()
    picture(second, "doses-4-second")
    second.get_by_role("button", name="Save my check").click()
    expect(nurse.locator('[data-part="nothing-missing"]')).to_be_visible()


def test_the_injection_is_given_and_its_curve_drawn(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    nurse.locator("#give").click()
    expect(field(nurse, "give_order")).to_contain_text("0.5 mg/kg im")
    nurse.select_option("#g-site", "left deltoid")
    identify(nurse, PATIENT, MRN)
    picture(nurse, "doses-5-give")
    save(nurse)
    expect(field(nurse, "phase")).to_have_text("Observing")
    expect(nurse.locator('[data-list="doses"] > li')).to_contain_text("left deltoid")
    expect(field(nurse, "ketamine_now")).to_contain_text("(")
    expect(nurse.locator("#give")).to_be_hidden()
    picture(nurse, "doses-6-observing")


def test_a_leaked_dose_widens_the_band_and_nothing_is_repeated(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    nurse.locator("#more").click()
    nurse.get_by_role("button", name="Dose lost").click()
    sheet(nurse).get_by_role("button", name="Leaked").click()
    picture(nurse, "doses-7-lost")
    save(nurse)
    expect(nurse.locator('[data-list="doses"] > li')).to_contain_text("from none to all")
    expect(nurse.locator("#give")).to_be_hidden()


def test_recovery_counts_from_the_injection(clinic: Clinic, nurse: Page) -> None:
    nurse.locator("#start-recovery").click()
    expect(field(nurse, "phase")).to_have_text("Recovery")
    view = clinic.view("waiting")
    assert view["recovery"]["clock_from"] == view["dosing"]["doses"][0]["at"]


def test_a_verbal_order_waits_for_its_prescriber(clinic: Clinic, nurse: Page, second: Page, picture: Keep) -> None:
    nurse.locator("#more").click()
    nurse.get_by_role("button", name="Verbal order").click()
    nurse.select_option("#v-by", label="Dr Amara Okafor")
    nurse.select_option("#v-act", "other")
    nurse.fill("#v-text", "blood pressure every 5 min")
    nurse.check("#v-read")
    save(nurse)
    open_live(second, session_url(clinic))
    second.locator("#more").click()
    second.get_by_role("button", name="Verbal order").click()
    expect(sheet(second)).to_contain_text("waits for the signature of Dr Amara Okafor")
    picture(second, "doses-8-verbal")
    sheet(second).get_by_role("button", name="Sign", exact=True).click()
    expect(sheet(second)).to_contain_text("signed")
    until(
        second, lambda: clinic.view("waiting")["dosing"]["verbal_orders"][0]["signed_at"] is not None, "the signature"
    )
