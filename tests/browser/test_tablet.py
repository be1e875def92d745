"""A nurse hands the tablet over; the patient reads and signs on it and sees nothing else; the nurse finishes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.clinic import Clinic
from support.desk import sign_in
from support.pages import plain

from norket.knowledge import read
from norket.site.worlds.makers import PASSWORD
from norket.therapy.consent import faults

SIZES = {"tablet": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
TOUCH_PX = 56
PLAN = (
    "indication=trd&drug=ketamine&route=iv&setting=outpatient&jurisdiction=GB&dose_low=0.3&dose_high=0.5"
    "&dose_unit=mg/kg&contact=the+clinic&emergency=999"
)
SOUND = {
    "teach_back": "yes",
    "understands": "yes",
    "retains": "yes",
    "weighs": "yes",
    "communicates": "yes",
    "sedative_given": "no",
    "intoxicated": "no",
    "above_usual_dose": "no",
    "stable_sedative": "no",
    "interpreter_needed": "no",
}
Keep = Callable[[Page, str], None]


@pytest.fixture(params=["tablet-light", "phone-dark", "phone-without-script"])
def in_hand(
    request: pytest.FixtureRequest, clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[tuple[str, BrowserContext]]:
    """What the patient holds: its kind, and its browser."""
    kind, _, way = request.param.partition("-")
    options = {"viewport": SIZES[kind], "color_scheme": "dark" if way == "dark" else "light"}
    made = browser.new_context(**browser_context_args | options, java_script_enabled=way != "without-script")
    made.set_default_timeout(30_000)
    yield request.param, made
    made.close()


def sign_in_plainly(page: Page, clinic: Clinic) -> None:
    """By the form, as it works without script too."""
    page.goto(f"{clinic.url}/accounts/login/")
    page.locator("#as-nurse").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sound(page: Page, kind: str, keep: Keep, name: str) -> None:
    """Nothing that axe objects to, nothing wider than the screen, nothing that patients must not read."""
    assert faults(plain(page.content()), read()) == ()
    if "without-script" in kind:
        return
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found] == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    keep(page, f"50-{name}-{kind}")


def test_a_patient_signs_on_a_tablet_that_shows_nothing_else(
    clinic: Clinic, in_hand: tuple[str, BrowserContext], picture: Keep
) -> None:
    kind, context = in_hand
    page = context.new_page()
    sign_in_plainly(page, clinic)
    patient = clinic.session("waiting")["patient_id"]
    consent = f"{clinic.url}/patients/{patient}/consent/"
    page.goto(f"{consent}?{PLAN}")
    page.locator("#hand-over").click()
    expect(page.get_by_role("heading", name="Before you decide")).to_be_visible()
    sound(page, kind, picture, "sign")
    for address in ("/", "/patients/", f"/patients/{patient}/", "/accounts/login/"):
        page.goto(clinic.url + address)
        assert page.url == f"{consent}sign/"
    page.locator("#agree").click()
    expect(page.locator("#left li")).to_have_count(page.locator(".topic").count())
    sound(page, kind, picture, "left")
    for box in page.locator(".topic-tick input").all():
        box.check()
    assert all(
        (box.bounding_box() or {"height": 0})["height"] >= TOUCH_PX for box in page.locator(".topic-tick, #agree").all()
    )
    name = page.locator(".page-head p").inner_text().removeprefix("This is for ").partition(".")[0]
    page.get_by_label("Type your full name to sign").fill(name)
    page.locator("#agree").click()
    expect(page.get_by_text("Please give the tablet back")).to_be_visible()
    sound(page, kind, picture, "back")
    page.goto(f"{clinic.url}/patients/")
    assert page.url == f"{consent}sign/"
    page.get_by_text("For staff: what you found").click()
    for box in page.locator('input[name="identifiers"]').all()[:2]:
        box.check()
    for question, answer in SOUND.items():
        page.locator(f'input[name="{question}"][value="{answer}"]').check()
    page.get_by_label("Your password").first.fill(PASSWORD)
    page.locator("#finish").click()
    expect(page.get_by_text("The consent is signed and recorded.")).to_be_visible()
    page.get_by_role("link", name="Read and print").first.click()
    expect(page.locator("#exact")).to_contain_text("One session is 0.3 to 0.5 mg/kg.")
    if "without-script" not in kind:
        picture(page, f"50-signed-{kind}")


def test_a_nurse_takes_the_tablet_back_with_the_password_alone(clinic: Clinic, page: Page) -> None:
    sign_in(page, clinic.url, "nurse")
    patient = clinic.session("waiting")["patient_id"]
    page.goto(f"{clinic.url}/patients/{patient}/consent/?{PLAN}")
    page.locator("#hand-over").click()
    page.locator("#not-now").click()
    expect(page.get_by_text("Nothing is signed.")).to_be_visible()
    page.get_by_text("For staff: take the tablet back").click()
    page.locator("#back-password").fill("a guess")
    page.get_by_role("button", name="Take it back without a signature").click()
    expect(page.get_by_text("Your password is wrong.")).to_be_visible()
    page.get_by_text("For staff: take the tablet back").click()
    page.locator("#back-password").fill(PASSWORD)
    page.get_by_role("button", name="Take it back without a signature").click()
    expect(page.get_by_text("The tablet is with you again.")).to_be_visible()
