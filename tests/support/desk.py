"""What hands do on the pages of the desk, in the words of the clinic."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect
from support.clinic import Clinic


def sign_in(page: Page, url: str, role: str) -> None:
    """By the demo's button for this role, whoever was signed in before. The page of before is left first: what it still
    fetches would be given another token than the form."""
    page.goto("about:blank")
    page.context.clear_cookies()
    page.goto(f"{url}/accounts/login/")
    page.locator(f"#as-{role}").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def open_live(page: Page, url: str) -> None:
    """The live page, with the first news of its stream drawn."""
    page.goto(url)
    heard(page)


def heard(page: Page) -> None:
    """The first news is drawn, and every part of the page has come."""
    expect(page.locator("norket-live[data-whole]")).to_have_count(1)
    expect(page.locator('[data-field="last_text"]')).not_to_have_text("–")
    expect(page.locator('[data-plot="vitals"] canvas')).to_be_visible()


def sheet(page: Page) -> Locator:
    """The sheet that lies open."""
    return page.locator("dialog[open]").last


def identify(page: Page, *two: str) -> None:
    """Taps the identifiers that the patient tells."""
    for value in two:
        sheet(page).locator(f'.chip[value="{value}"]').click()


def save(page: Page) -> None:
    """Sends the sheet and sees it close; a refusal fails with its words."""
    opened = sheet(page)
    name = opened.get_attribute("id")
    opened.locator("[data-submit]").click()
    refusal = page.locator("#refusal-dialog[open]")
    until(page, lambda: not page.locator(f"#{name}[open]").count() or bool(refusal.count()), f"an answer to {name}")
    assert not refusal.count(), refusal.inner_text()


def vitals(page: Page, sbp: int, dbp: int, *, hr: int = 72, spo2: int = 98, rr: int = 14) -> None:
    """Types vital signs by keyboard alone and sees them in the page's ledger, once: the pressure is a new one."""
    page.keyboard.press("v")
    expect(page.locator("#vitals-dialog[open]")).to_be_visible()
    for name, value in {"sbp": sbp, "dbp": dbp, "hr": hr, "spo2": spo2, "rr": rr}.items():
        page.locator(f"#v-{name}").fill(str(value))
    page.locator("#v-rr").press("Enter")
    expect(page.locator("#vitals-dialog[open]")).to_have_count(0)
    expect(page.locator('[data-list="ledger"] tr').filter(has_text=f"{sbp}/{dbp} mmHg")).to_have_count(1)


def ask_for_escort(page: Page) -> None:
    """Answers what is still to ask today: who takes the patient home."""
    page.locator('[data-list="missing"] > li').filter(has_text="Escort").get_by_role("button", name="Ask").click()
    page.locator("#a-escort").fill("Arun Raman")
    page.locator("#a-phone").fill("555 0134")
    sheet(page).get_by_role("button", name="Save answers").click()
    expect(page.locator("#arrival-dialog[open]")).to_have_count(0)


def number(text: str) -> float:
    """The first number in a visible text."""
    found = re.search(r"[0-9]+(\.[0-9]+)?", text)
    assert found, f"no number in {text!r}"
    return float(found.group())


def field(page: Page, name: str) -> Locator:
    return page.locator(f'[data-field="{name}"]').first


def until(page: Page, look: Callable[[], bool], what: str, within_s: float = 30.0) -> float:
    """Looks again and again until it holds, and gives the seconds that took; `what` says what did not come."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        page.wait_for_timeout(50)
    return time.monotonic() - began


def seconds(text: str) -> float:
    """A running time as the page writes it: 0:07, 12:31, 1:04:10."""
    return sum(float(part) * 60**place for place, part in enumerate(reversed(text.split(":"))))


def phase_s(page: Page) -> float:
    """How long the phase has lasted, as the page says it."""
    return seconds(field(page, "phase_elapsed").inner_text())


def leap(clinic: Clinic, page: Page, minutes: float) -> None:
    """Sets the clock of the clinic ahead and waits until the page knows."""
    before = phase_s(page)
    clinic.server.advance(minutes)
    until(page, lambda: phase_s(page) >= before + 60 * minutes, "the page shows the new time")


def score_recovery(page: Page) -> None:
    page.locator("#recovery-score").click()
    for item in ("activity", "respiration", "consciousness", "saturation"):
        page.locator(f'#recovery-score-dialog button[data-set="{item}"][value="2"]').click()
    page.locator("#rs-sbp").fill("121")
    page.locator("#rs-dbp").fill("76")
    save(page)


def score(page: Page, name: str) -> None:
    page.keyboard.press("s")
    sheet(page).get_by_role("button", name=name).click()
    expect(page.locator("#score-dialog[open]")).to_have_count(0)


def answer_gate(page: Page, label: str) -> None:
    page.locator('[data-list="gates"]').get_by_role("button", name=label, exact=True).click()
    sheet(page).get_by_role("button", name="Yes").click()
    save(page)


def over_the_strip(page: Page) -> list[str]:
    """The big buttons of the live page that reach into the strip below them."""
    strip = page.locator(".live-strip").bounding_box()
    assert strip is not None
    boxes = {one.inner_text(): one.bounding_box() for one in page.locator(".buttons button:visible").all()}
    return [name for name, box in boxes.items() if box is None or box["y"] + box["height"] > strip["y"] + 1]


def seen(page: Page) -> str:
    """What a page holds and whether it still draws: for the report of a failed test."""
    try:
        return str(page.wait_for_function(INSIDE, polling=100, timeout=5000).json_value())
    except PlaywrightError as error:
        return f"the page does not answer: {error}"


INSIDE = """async () => {
  const frame = new Promise((done) => requestAnimationFrame(() => done("frames are drawn")));
  const late = new Promise((done) => setTimeout(() => done("no frame within 2 s"), 2000));
  const live = document.querySelector("norket-live"), store = live?.store;
  return JSON.stringify({
    url: location.href, visible: document.visibilityState, frames: await Promise.race([frame, late]),
    drawing: live?.drawing, heard_ms_ago: live?.stream ? Date.now() - live.stream.lastHeard : null,
    last_id: live?.stream?.lastId, now: store?.view?.now, version: store?.view?.version, vitals: store?.view?.vitals,
    newest: Object.entries(store?.samples ?? {}).map(([name, line]) => [name, ...line.slice(-3)]),
    tiles: [...document.querySelectorAll("[data-vital]")].map((tile) => tile.innerText.replaceAll("\\n", " ")),
  }, null, 1);
}"""
