"""Three devices of an esketamine spray in the browser, five minutes apart, from order to recovery, by keyboard."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from support.clinic import Clinic
from support.desk import ask_for_escort, field, heard, identify, open_live, phase_s, save, sheet, sign_in, until

STORY = True
PATIENT, BORN, MRN = "Priya Raman", "1992-07-23", "N-1003"
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def nurse(clinic: Clinic, browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """The tablet at the chair, dim."""
    context: BrowserContext = browser.new_context(**browser_context_args | {"color_scheme": "dark"})
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


def leap(clinic: Clinic, page: Page, minutes: float) -> None:
    before = phase_s(page)
    clinic.server.advance(minutes)
    until(page, lambda: phase_s(page) >= before + 60 * minutes, "the page shows the new time")


def missing(page: Page) -> Any:
    return page.locator('[data-list="missing"] > li')


def doses(page: Page) -> Any:
    return page.locator('[data-list="doses"] > li')


def objections(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found.response["violations"] for node in rule["nodes"]]


def test_the_prescriber_puts_three_devices_into_force(clinic: Clinic, second: Page, picture: Keep) -> None:
    sign_in(second, clinic.url, "prescriber")
    second.goto(f"{session_url(clinic)}order/")
    written = second.get_by_role("link", name="Write a new order").get_attribute("href")
    second.goto(f"{clinic.url}{written}?row=doses.d04")
    second.fill("#id_amount", "84")
    second.fill("#id_reason", "84 mg were well borne elsewhere")
    second.locator("#sign").click()
    expect(second.get_by_text("Order signed")).to_be_visible()
    second.goto(f"{session_url(clinic)}order/")
    expect(second.locator("main")).to_contain_text("3 devices")
    assert objections(second) == []
    picture(second, "spray-1-order")
    second.get_by_role("button", name="Use for this session").first.click()
    heard(second)


def test_two_people_count_the_devices(clinic: Clinic, nurse: Page, second: Page, picture: Keep) -> None:
    sign_in(nurse, clinic.url, "nurse")
    open_live(nurse, session_url(clinic))
    ask_for_escort(nurse)
    missing(nurse).get_by_role("button", name="Prepare").click()
    expect(nurse.locator("#p-volume")).to_be_hidden()
    nurse.select_option("#p-stock", "esketamine-28|ES-12")
    expect(nurse.locator("#p-devices")).to_have_value("3")
    nurse.locator('#prepare-dialog [data-set="checker"]').first.click()
    save(nurse)
    missing(nurse).get_by_role("button", name="Check dose").click()
    nurse.select_option("#k-product", "esketamine-28")
    nurse.select_option("#k-route", "intranasal")
    nurse.fill("#k-devices", "3")
    sheet(nurse).get_by_role("button", name="Yes").press("Enter")
    identify(nurse, PATIENT, BORN)
    assert objections(nurse) == []
    picture(nurse, "spray-2-check")
    save(nurse)
    second.goto(f"{session_url(clinic)}dose-check/")
    second.get_by_label("What the label says").select_option("esketamine-28")
    second.get_by_label("Route").select_option("intranasal")
    second.get_by_label("Devices").fill("3")
    second.get_by_label("Allergies asked").select_option("yes")
    second.get_by_label(PATIENT).check()
    second.get_by_label(MRN).check()
    assert objections(second) == []
    second.get_by_role("button", name="Save my check").click()
    expect(nurse.locator('[data-part="nothing-missing"]')).to_be_visible()


def give(page: Page, n: int) -> None:
    expect(page.locator("#give")).to_have_text(f"Give device {n} of 3")
    page.locator("#give").press("Enter")
    for value in (PATIENT, MRN):
        sheet(page).locator(f'.chip[value="{value}"]').press("Enter")


def test_the_next_device_waits_five_minutes(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    give(nurse, 1)
    save(nurse)
    expect(doses(nurse)).to_contain_text("device 1 of 3, 28 mg")
    give(nurse, 2)
    sheet(nurse).locator("[data-submit]").click()
    expect(nurse.locator("#refusal-dialog[open]")).to_contain_text("5 min lie between two devices")
    picture(nurse, "spray-3-too-soon")
    nurse.keyboard.press("Escape")
    nurse.keyboard.press("Escape")
    for n in (2, 3):
        leap(clinic, nurse, 5)
        give(nurse, n)
        save(nurse)
    expect(doses(nurse)).to_have_count(3)
    expect(nurse.locator("#give")).to_be_hidden()
    picture(nurse, "spray-4-three")
    assert objections(nurse) == []


def test_the_pressure_is_due_forty_minutes_after_the_last_device(clinic: Clinic, nurse: Page) -> None:
    view = clinic.view("waiting")
    due = next(item for item in view["next"] if item["what"] == "blood_pressure")
    last = view["dosing"]["doses"][-1]["at"]
    assert (datetime.fromisoformat(due["due_at"]) - datetime.fromisoformat(last)).total_seconds() == 40 * 60


def test_the_curve_of_the_spray_is_drawn_for_esketamine(clinic: Clinic, nurse: Page) -> None:
    expect(field(nurse, "ketamine_now")).to_contain_text("(")
    expect(nurse.locator('[data-field="models"]')).to_contain_text("Perez")


def test_recovery_counts_from_the_last_device(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    nurse.locator("#start-recovery").press("Enter")
    expect(field(nurse, "phase")).to_have_text("Recovery")
    view = clinic.view("waiting")
    assert view["recovery"]["clock_from"] == view["dosing"]["doses"][-1]["at"]
    picture(nurse, "spray-5-recovery")
