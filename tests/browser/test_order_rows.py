"""Choosing another row of the dose library opens the form of that row, with the keyboard where it was."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import sign_in

STORY = True


@pytest.fixture(scope="module")
def desk(browser: Browser, browser_context_args: dict[str, Any], clinic: Clinic) -> Iterator[Page]:
    """A prescriber at an order."""
    context = browser.new_context(**browser_context_args)
    context.set_default_timeout(30_000)
    one = context.new_page()
    sign_in(one, clinic.url, "prescriber")
    one.goto(f"{clinic.url}/patients/{clinic.session('waiting')['patient_id']}/order/")
    yield one
    context.close()


def test_the_form_of_the_spray_has_devices_and_neither_time_nor_strength(desk: Page) -> None:
    expect(desk.locator("#id_duration_min")).to_be_visible()
    desk.locator("#id_row").focus()
    desk.select_option("#id_row", "doses.d04")
    expect(desk.locator("#dose-title")).to_have_text("esketamine, by nose")
    expect(desk.locator("#eq-devices")).to_have_text("2")
    expect(desk.locator("#id_duration_min")).to_have_count(0)
    expect(desk.locator("#id_concentration_mg_ml")).to_have_count(0)
    expect(desk.locator("#id_row")).to_be_focused()


def test_what_is_typed_there_is_computed_for_the_spray(desk: Page) -> None:
    desk.fill("#id_amount", "84")
    expect(desk.locator("#eq-devices")).to_have_text("3")
    desk.fill("#id_amount", "90")
    expect(desk.locator("#preview")).to_contain_text("One device holds 28 mg")


def test_the_form_of_an_injection_asks_for_the_strength_of_the_vial(desk: Page) -> None:
    desk.select_option("#id_row", "doses.d03")
    expect(desk.locator("#dose-title")).to_have_text("ketamine, by muscle")
    expect(desk.locator("#id_concentration_mg_ml")).to_have_value("")
    desk.fill("#id_concentration_mg_ml", "50")
    expect(desk.locator("#eq-ml")).to_be_visible()
