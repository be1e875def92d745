"""The roster goes along when the building is left: kept by whoever has the board open, old by its own word, gone at
sign-out, and what is tapped on it arrives once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from support.clinic import Clinic
from support.desk import sign_in, until
from support.kept import everything, waiting

BAND = '[data-part="not-connected"]'
IN_THE_BUILDING = 3


@pytest.fixture
def kept(clinic: Clinic, page: Page) -> Page:
    """A phone on which nobody ever opened the roster: the board asked for it."""
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    page.goto(clinic.url)
    until(page, lambda: "/roster/" in everything(page)["stores"]["norket/pages"][0], "the roster is kept", 240)
    return page


def patient(page: Page, name: str) -> Locator:
    return page.locator("norket-roster li[data-session]").filter(has_text=name)


def said(clinic: Clinic, kind: str, session: str = "running") -> list[str]:
    return [event["type"] for event in clinic.events(session) if event["type"] == kind]


def test_an_evacuation_without_a_server_is_kept_and_arrives_once(
    clinic: Clinic, kept: Page, picture: Callable[[Page, str], None]
) -> None:
    name = clinic.session("running")["identifiers"][0]
    clinic.server.kill()
    kept.goto(f"{clinic.url}/roster/")
    expect(kept.locator(BAND)).to_contain_text(re.compile(r"NOT CONNECTED\. This list is from [0-9]+ (s|min) ago"))
    expect(kept.locator("norket-roster li[data-session]")).to_have_count(IN_THE_BUILDING)
    expect(patient(kept, name)).to_contain_text("running")
    kept.locator("#evacuate").click()
    expect(kept.locator('[data-part="begun"]')).to_contain_text("Queued, not yet in the record")
    patient(kept, name).get_by_label("Where").fill("at the gate")
    patient(kept, name).get_by_role("button", name="Seen").click()
    expect(patient(kept, name)).to_contain_text("at the gate: queued, not yet in the record")
    kept.reload()
    expect(patient(kept, name)).to_contain_text("at the gate: queued, not yet in the record")
    picture(kept, "60-roster-kept")
    assert waiting(kept) == IN_THE_BUILDING + 1
    clinic.server.start()
    expect(kept.locator(BAND)).to_be_hidden(timeout=60_000)
    expect(kept.get_by_role("heading", level=1)).to_have_text("Evacuation", timeout=60_000)
    expect(patient(kept, name).locator(".tag")).to_contain_text("at the gate", timeout=60_000)
    assert (said(clinic, "evacuation_recorded"), said(clinic, "accounted_for")) == (
        ["evacuation_recorded"],
        ["accounted_for"],
    )
    assert waiting(kept) == 0


def test_the_kept_roster_names_nobody_to_who_reads_the_device_and_ends_with_the_sign_in(
    clinic: Clinic, kept: Page
) -> None:
    found = str(everything(kept))
    for secret in (*clinic.session("running")["identifiers"], "not recorded"):
        assert secret not in found, secret
    kept.get_by_role("button", name="Sign out").click()
    kept.wait_for_url("**/accounts/login/**")
    assert everything(kept)["stores"]["norket/pages"] == ["[]", "[]"]
    kept.goto(f"{clinic.url}/roster/")
    expect(kept.locator("norket-roster")).to_have_count(0)


def test_what_is_tapped_without_a_password_waits_for_somebody_who_gives_one(
    clinic: Clinic, kept: Page, picture: Callable[[Page, str], None]
) -> None:
    name = clinic.session("waiting")["identifiers"][0]
    clinic.server.kill()
    kept.goto(f"{clinic.url}/roster/")
    kept.evaluate("localStorage.setItem('norket:unproven', 'yes')")  # as "Go on" at a locked live page leaves it
    patient(kept, name).get_by_label("Where").fill("by a hand that nobody knows")
    patient(kept, name).get_by_role("button", name="Seen").click()
    expect(patient(kept, name)).to_contain_text("queued, not yet in the record")
    expect(patient(kept, name)).to_contain_text("Given without a password")
    picture(kept, "61-roster-unproven")
    clinic.server.start()
    expect(kept.get_by_label("Your password")).to_be_visible(timeout=60_000)  # the server is back, and the screen locks
    kept.get_by_label("Your password").fill(clinic.person("nurse")["password"])
    kept.get_by_role("button", name="Unlock").click()
    expect(patient(kept, name)).to_contain_text("Something of this device is not in the record")
    assert said(clinic, "accounted_for", "waiting") == []
    kept.goto(clinic.live("waiting"))
    undecided = kept.locator("#undecided-dialog[open]")
    expect(undecided).to_contain_text("nobody knows by whom")
    undecided.locator("[data-again]").click()
    until(kept, lambda: said(clinic, "accounted_for", "waiting") != [], "what somebody stands for is sent")
