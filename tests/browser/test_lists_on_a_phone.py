"""On a phone the lists before the start and in recovery never scroll sideways, and none of their buttons lies under the
buttons that stay at the foot of the screen, wherever a finger or the keyboard goes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import open_live, sign_in

PHONE = {"width": 390, "height": 844}
LISTS = {"waiting": ".preflight", "recovery": ".recovery"}
# Each part of the list and of the page that is wider than the phone, by its words.
WIDE = """(list) => [document.scrollingElement, ...document.querySelectorAll(`${list}, ${list} *`)].filter((one) => {
  const shown = one === document.scrollingElement || one.offsetParent !== null, at = one.getBoundingClientRect();
  const scrolls = getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
  return shown && (scrolls || at.right > innerWidth + 1 || at.left < -1);
}).map((one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 60)}`)"""
# What lies over each button of the list when the keyboard has come to it.
COVERED = """async (list) => {
  const found = [];
  const buttons = [...document.querySelectorAll(`${list} button, ${list} summary`)];
  for (const one of buttons.filter((one) => one.offsetParent !== null)) {
    one.focus();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const at = one.getBoundingClientRect();
    for (const y of [at.top + 2, at.bottom - 2]) {
      const hit = document.elementFromPoint(at.x + at.width / 2, y);
      if (!one.contains(hit)) found.push(`${one.textContent.trim()} under ${hit?.id || hit?.className || "nothing"}`);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("session", LISTS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_phone_and_no_button_is_covered(
    clinic: Clinic, page: Page, picture: Callable[[Page, str], None], session: str, scheme: str
) -> None:
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(session))
    shown = LISTS[session]
    expect(page.locator(f"{shown} button:visible").first).to_be_visible()
    picture(page, f"list-{session}-{scheme}")
    assert page.evaluate(WIDE, shown) == []
    assert page.evaluate(COVERED, shown) == []
    picture(page, f"list-{session}-{scheme}-end")
