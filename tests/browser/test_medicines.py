"""Medicines while the route is weighed: the strength is computed anew at once, with script and without."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.clinic import Clinic
from support.desk import sign_in

ASKED = "?on=2026-12-01&drug=ketamine&route=iv&setting=outpatient"


@pytest.fixture(scope="module", params=[True, False], ids=["with script", "without script"])
def screen(
    request: pytest.FixtureRequest, clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[tuple[Page, bool]]:
    """A tablet, and whether it runs scripts."""
    opened = browser.new_context(**browser_context_args | {"java_script_enabled": request.param})
    opened.set_default_timeout(30_000)
    yield opened.new_page(), request.param
    opened.close()


def test_the_verdict_and_the_strength_follow_the_route(clinic: Clinic, screen: tuple[Page, bool]) -> None:
    tablet, scripted = screen
    patient = f"{clinic.url}/patients/{clinic.session('waiting')['patient_id']}"
    sign_in(tablet, clinic.url, "prescriber")
    tablet.goto(f"{patient}/chart/")
    tablet.get_by_label("What it is").select_option("medicines")
    tablet.get_by_label("Is it so?").select_option("yes")
    tablet.get_by_label("Name", exact=True).fill("clarithromycin")
    tablet.get_by_label("Who says so").fill("patient")
    tablet.locator("#line-form button.button-primary").click()
    tablet.goto(f"{patient}/medicines/{ASKED}")
    card = tablet.locator("[data-medicine]").filter(has=tablet.get_by_role("heading", name="clarithromycin")).first
    expect(card).to_have_attribute("data-verdict", "review")
    by_vein = strength(card.locator("[data-strength]").inner_text())
    tablet.get_by_label("Route", exact=True).select_option("oral")
    if not scripted:
        tablet.get_by_role("button", name="Judge this session").click()
    expect(card).to_have_attribute("data-verdict", "hold")
    assert strength(card.locator("[data-strength]").inner_text()) > by_vein
    card.get_by_label("Decision").select_option("review")
    card.get_by_role("textbox", name=re.compile("Why")).fill("a small dose, with the predicted curve in view")
    card.get_by_role("button", name="Record the decision").click()
    expect(card.locator("[data-decided]")).to_contain_text("a small dose")
    assert "route=oral" in tablet.url


def strength(text: str) -> float:
    """How many times the area it is."""
    found = re.search(r"× ([\d.]+)", text)
    assert found is not None, text
    return float(found.group(1))
