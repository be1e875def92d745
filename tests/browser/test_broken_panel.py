"""A part of the live page that fails takes nothing else with it, and the page says what is missing."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from support.clinic import Clinic
from support.desk import field, open_live, sign_in, until, vitals

SESSION = "running"
BROKEN = '[data-part="broken"]'
# Breaks one part of the page after the other, each alone, and tells which others were drawn and what the page named.
ONE_BY_ONE = """async () => {
  const live = document.querySelector("norket-live"), chart = document.querySelector("norket-chart");
  const parts = [...live.parts, chart], drawn = new Set(), seen = [];
  const real = parts.map((part) => part.update);
  parts.forEach((part, n) => { part.update = (store) => { drawn.add(n); return real[n].call(part, store); }; });
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const said = () => document.querySelector('[data-field="broken"]').textContent;
  const counted = parts.map((part) => part.update);
  for (const [n, part] of parts.entries()) {
    part.update = () => { throw new Error("broken on purpose"); };
    drawn.clear();
    live.draw();
    await frames();
    const others = drawn.size, words = said();
    part.update = counted[n];
    live.draw();
    await frames();
    const hidden = document.querySelector('[data-part="broken"]').hidden;
    seen.push({ name: part.constructor.name, others, words, hidden });
  }
  return seen;
}"""
# Numbers and times as nobody should ever send them.
BAD = """() => {
  const live = document.querySelector("norket-live"), see = live.seeView.bind(live);
  const bad = { dosing: 7, limits: null, next: "soon" };
  live.seeView = (view) => see({ ...view, ...bad, vitals: { ...view.vitals, sbp_mmhg: 7 } });
}"""


@pytest.fixture
def live(clinic: Clinic, page: Page) -> Page:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    return page


def test_each_part_fails_alone_is_named_in_words_and_comes_back(live: Page) -> None:
    seen: list[dict[str, Any]] = live.evaluate(ONE_BY_ONE)
    assert len(seen) > 10
    for one in seen:
        assert one["others"] == len(seen) - 1, one
        assert one["hidden"] is True, one
        assert one["name"] not in one["words"].replace("Alerts and Stop", ""), one
    blind = {one["name"] for one in seen if "ALERTS ARE NOT SHOWN" in one["words"]}
    assert blind == {"Alerts"}


def test_values_that_cannot_be_drawn_leave_alerts_ledger_and_stop(clinic: Clinic, live: Page) -> None:
    live.evaluate(BAD)
    expect(live.locator(BROKEN)).to_be_visible()
    vitals(live, 204, 118)
    expect(live.locator('[data-part="alert-top"]')).to_have_attribute("data-tier", "T3")
    expect(live.locator(BROKEN)).to_contain_text("what is due")
    live.keyboard.press("a")
    until(live, lambda: "alert_acknowledged" in kinds(clinic), "the alert is acknowledged")
    live.locator("#stop").click()
    expect(live.locator("norket-live")).to_have_attribute("data-phase", "stopped")
    assert kinds(clinic).count("infusion_stopped") == 1


def kinds(clinic: Clinic) -> list[str]:
    return [event["type"] for event in clinic.events(SESSION)]


@pytest.fixture
def apart(clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]) -> Any:
    """A page that gets one module of its script as `source`."""
    made = browser.new_context(**browser_context_args | {"service_workers": "block"})
    made.set_default_timeout(30_000)

    def opened(module: str, source: str) -> Page:
        page = made.new_page()

        def answer(route: Route) -> None:
            route.fulfill(content_type="text/javascript", body=source)

        page.route(f"**/norket/js/{module}*.js", answer)
        sign_in(page, clinic.url, "nurse")
        page.goto(clinic.live("recovery"))
        return page

    yield opened
    made.close()


def test_a_part_that_cannot_even_be_made_is_named_and_the_page_lives(apart: Any) -> None:
    page = apart("own-limits", "export class OwnLimits { constructor() { throw new Error('broken on purpose'); } }")
    expect(page.locator(BROKEN)).to_contain_text("limits of this patient")
    expect(field(page, "last_text")).not_to_have_text("–")
    vitals(page, 123, 71)


def test_alerts_that_cannot_be_made_are_as_loud_as_a_lost_server(apart: Any) -> None:
    page = apart("alerts", "export class Alerts { constructor() { throw new Error('broken on purpose'); } }")
    expect(page.locator(BROKEN)).to_contain_text("ALERTS ARE NOT SHOWN HERE")
    until(page, lambda: page.evaluate("document.documentElement.dataset.sounds") == "T3", "it sounds")
    vitals(page, 124, 72)
