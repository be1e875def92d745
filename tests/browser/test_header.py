"""The header says its words whole on every screen: who, the phase, what was last and what is next on the live page, and
every part of the program on the others, with nothing that scrolls sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import open_live, sign_in

SIZES = [(1280, 800), (1024, 768), (390, 844)]
TARGET_PX, GLOVES_PX, PHONE_PX = 44, 56, 640
# What is cut off or lies outside the screen, by its words.
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((one) => {
  const at = one.getBoundingClientRect(), inline = getComputedStyle(one).display === "inline";
  const wider = !inline && one.scrollWidth > one.clientWidth + 1;
  return one.offsetParent !== null && (wider || at.right > innerWidth || at.left < 0);
}).map((one) => one.textContent.trim())"""
LOW = """([selector, least]) => [...document.querySelectorAll(selector)].filter((one) => one.offsetParent !== null)
  .filter((one) => one.getBoundingClientRect().height < least).map((one) => one.textContent.trim())"""
SIDEWAYS = "document.scrollingElement.scrollWidth > innerWidth"
LINKS = ("Board", "Patients", "Referrals", "Tasks", "Register", "Policy", "Knowledge", "Alerts", "Audit")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_live_header_and_the_strip_are_read_whole(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live("running"))
    picture(page, f"header-live-{width}")
    assert page.evaluate(CUT, ".live-head :is(h1, p, a, button), .live-strip button") == []
    assert page.evaluate(LOW, [".live-head a, .live-head button", TARGET_PX if width < PHONE_PX else GLOVES_PX]) == []
    assert not page.evaluate(SIDEWAYS)
    expect(page.get_by_role("link", name="Board")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_part_of_the_program_is_in_sight_at_once(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, clinic.url, "medical_director")
    if width < PHONE_PX:
        page.get_by_role("button", name="Menu").click()
    picture(page, f"header-menu-{width}")
    main = page.get_by_role("navigation", name="Main")
    assert tuple(main.get_by_role("link").all_inner_texts()) == LINKS
    assert page.evaluate(CUT, ".bar :is(a, button, nav)") == []
    assert page.evaluate(LOW, [".bar a, .bar button", TARGET_PX]) == []
    assert not page.evaluate(SIDEWAYS)
    main.get_by_role("link", name="Knowledge").click()
    page.wait_for_url("**/knowledge/**")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_whose_page_it_is_stays_in_sight_when_the_page_is_scrolled(
    clinic: Clinic, page: Page, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, clinic.url, "medical_director")
    page.goto(f"{clinic.url}/patients/{clinic.session('running')['patient_id']}/")
    page.mouse.wheel(0, 400)
    page.wait_for_function("scrollY > 100")
    covers = """() => { const at = document.querySelector(".who-name").getBoundingClientRect();
      return document.elementFromPoint(at.x + 5, at.y + at.height / 2)?.className; }"""
    assert page.evaluate(covers) == "who-name"
