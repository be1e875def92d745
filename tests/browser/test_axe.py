"""Every page, bright and dim: no finding of axe, nothing blocked by the content security policy, no error in the
console; and nothing wider than a phone, nor higher than the tablet where a nurse must not scroll."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from support.clinic import Clinic
from support.desk import heard, over_the_strip, sign_in

PHONE = {"width": 390, "height": 844}
OF_PRESCRIBER = (
    "referrals", "referral", "referral-new", "new-patient",
    "welcome", "board", "patients", "patient", "chart", "history", "screening", "choices", "consent", "exposure",
    "medicines", "tests", "assessment",
    "course", "order",
    "running", "waiting", "recovery", "recovery-page", "register",
    "roster", "ready", "records", "rehearse",
    "quiet", "replay", "printed", "downtime", "closing", "form", "home", "transfer", "dose-check", "session-order",
    "policy", "rescue-templates", "time-out",
    "knowledge", "knowledge-entry", "knowledge-form", "knowledge-rule", "facts",
)  # fmt: skip
OF_DIRECTOR = ("audit", "alert-load")
OF_ANYBODY = ("sign-in", "self-check", "refer")
OF_A_SESSION = {
    "quiet": "quiet/",
    "replay": "replay/",
    "printed": "record/",
    "downtime": "downtime/",
    "closing": "closing/",
    "form": "form/",
    "home": "home/",
    "transfer": "transfer/",
    "session-order": "order/",
}
LIVE = ("running", "waiting", "recovery")
SHEETS = ("vitals", "event", "score", "note", "rate", "bolus", "alerts-open", "ledger-open")
SCHEMES = ("light", "dark")
# In the dark a page has other colours and nothing else: there axe judges these, and no layout is measured again.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
layout = pytest.mark.parametrize("desk", ["light"], indirect=True)


WRONG = """() => {
  const faint = document.createElement("p");
  faint.textContent = "hardly to be read";
  Object.assign(faint.style, { color: "#777", background: "#888" });
  document.querySelector("main").append(faint, document.createElement("input"));
}"""


@dataclass
class Desk:
    """A tablet in one light, and what its console complained of."""

    clinic: Clinic
    page: Page
    scheme: str
    complaints: list[str] = field(default_factory=list)

    def address(self, name: str) -> str:
        patient = self.clinic.session("waiting")["patient_id"]
        waiting = self.clinic.live("waiting")
        paths = {
            "sign-in": "/accounts/login/",
            "welcome": "/welcome/",
            "board": "/",
            "patients": "/patients/",
            "self-check": "/self-check/",
            "refer": "/refer/",
            "referrals": "/referrals/",
            "referral": "/referrals/",
            "referral-new": "/referrals/new/",
            "new-patient": "/patients/new/",
            "patient": f"/patients/{patient}/",
            "chart": f"/patients/{patient}/chart/",
            "history": f"/patients/{patient}/history/",
            "screening": f"/patients/{patient}/screening/",
            "medicines": f"/patients/{patient}/medicines/?on=2026-12-01&drug=ketamine&route=oral",
            "tests": f"/patients/{patient}/tests/",
            "assessment": f"/patients/{patient}/assessment/?form=phq_9",
            "choices": f"/patients/{patient}/choices/",
            "consent": f"/patients/{patient}/consent/",
            "exposure": f"/patients/{patient}/ketamine/",
            "course": f"/patients/{patient}/plan/",
            "order": f"/patients/{patient}/order/",
            "register": "/register/",
            "policy": "/policy/",
            "knowledge": "/knowledge/",
            "knowledge-entry": "/knowledge/doses.d01/",
            "knowledge-form": "/knowledge/instruments.phq_9/",
            "knowledge-rule": "/knowledge/tests.tst_05/",
            "facts": "/knowledge/facts/",
            "audit": "/audit/",
            "alert-load": "/alerts/",
            "roster": "/roster/",
            "ready": "/ready/",
            "records": "/records/",
            "rehearse": "/rehearsal/",
            "rescue-templates": "/policy/rescue/",
        }
        if name in paths:
            return self.clinic.url + paths[name]
        if name in OF_A_SESSION:
            return self.clinic.live("recovery") + OF_A_SESSION[name]
        if name in ("time-out", "dose-check"):
            return f"{waiting}{name}/"
        return self.clinic.live("recovery") + "recovery/" if name == "recovery-page" else self.clinic.live(name)

    def open(self, name: str) -> Page:
        """The page as a person finds it a moment later: streams heard, curves drawn."""
        self.page.goto(self.address(name))
        if name == "recovery-page":
            expect(self.page.locator('[data-list="gates"] > li').first).to_be_visible()
        if name in LIVE:
            heard(self.page)
            expect(self.page.locator('[data-field="models"]')).not_to_be_empty()
        if name == "referral":
            self.page.locator('[data-risk="said"] a').first.click()
            expect(self.page.locator("#danger")).to_be_visible()
        if name == "board":
            expect(self.page.locator("li[data-live]").first).to_be_visible()
        if name == "order":
            self._write_a_dose()
        return self.page

    def pages(self) -> Iterator[tuple[str, Page]]:
        """Every page in turn, by somebody who may open it."""
        self.page.context.clear_cookies()
        for name in OF_ANYBODY:
            yield name, self.open(name)
        sign_in(self.page, self.clinic.url, "prescriber")
        for name in OF_PRESCRIBER:
            yield name, self.open(name)
        sign_in(self.page, self.clinic.url, "medical_director")
        for name in OF_DIRECTOR:
            yield name, self.open(name)

    def _write_a_dose(self) -> None:
        self.page.get_by_text("Write the dose as text instead").click()
        self.page.get_by_label("Dose as text").fill("0.5 mg/kg iv over 40 min")
        expect(self.page.locator("norket-curve canvas")).to_be_visible()
        expect(self.page.locator("#eq-mg")).to_have_text("29")


def listen(desk: Desk) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            desk.complaints.append(f"{message.type}: {message.text} ({message.location['url']})")

    desk.page.on("console", said)
    desk.page.on("pageerror", lambda error: desk.complaints.append(f"uncaught: {error}"))
    # Chromium reports what the policy blocks in the console; the event of the document says it for certain.
    desk.page.add_init_script(
        "document.addEventListener('securitypolicyviolation',"
        " e => console.error('CSP blocked ' + e.violatedDirective + ' ' + e.blockedURI))"
    )


@pytest.fixture(scope="module", params=SCHEMES)
def desk(
    request: pytest.FixtureRequest, clinic: Clinic, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Desk]:
    """One tablet in one light."""
    context = browser.new_context(**browser_context_args | {"color_scheme": request.param})
    context.set_default_timeout(30_000)
    made = Desk(clinic, context.new_page(), request.param)
    listen(made)
    yield made
    context.close()


def findings(desk: Desk) -> list[str]:
    """What axe objects to, with the element, one line each."""
    rules = {"runOnly": OF_COLOUR} if desk.scheme == "dark" else {}
    found = Axe().run(desk.page, options={"resultTypes": ["violations"], **rules}).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


def test_axe_would_find_what_is_wrong(desk: Desk) -> None:
    desk.open("sign-in").evaluate(WRONG)
    rules = {line.split(" ", 1)[0] for line in findings(desk)}
    assert "color-contrast" in rules
    assert ("label" in rules) == (desk.scheme == "light")


def test_axe_finds_nothing_on_any_page(desk: Desk, picture: Callable[[Page, str], None]) -> None:
    dark = desk.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert dark == (desk.scheme == "dark")
    found = {}
    for name, page in desk.pages():
        found[name] = findings(desk)
        picture(page, f"30-{name}-{desk.scheme}")
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert desk.complaints == []


def test_axe_finds_nothing_on_the_sheets_of_the_live_page(desk: Desk) -> None:
    sign_in(desk.page, desk.clinic.url, "prescriber")
    desk.open("running")
    found = {}
    for button in SHEETS:
        if not desk.page.locator(f"#{button}").is_visible():
            continue
        desk.page.locator(f"#{button}").click()
        expect(desk.page.locator("dialog[open]")).to_be_visible()
        found[button] = findings(desk)
        desk.page.keyboard.press("Escape")
    assert {"vitals", "rate", "score"} <= set(found)
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert desk.complaints == []


def excess(page: Page) -> tuple[int, int]:
    """How many pixels the page is wider and higher than the window."""
    wide, high = page.evaluate(
        "() => { const e = document.scrollingElement;"
        " return [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]; }"
    )
    return int(wide), int(high)


@layout
def test_the_live_page_fits_the_tablet(desk: Desk) -> None:
    sign_in(desk.page, desk.clinic.url, "nurse")
    assert {name: excess(desk.open(name)) for name in LIVE} == dict.fromkeys(LIVE, (0, 0))
    for name in LIVE:
        buttons = desk.open(name).locator(".buttons button:visible")
        assert buttons.count() > 4
        assert over_the_strip(desk.page) == []


@layout
def test_no_page_is_wider_than_a_phone(desk: Desk, picture: Callable[[Page, str], None]) -> None:
    desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    wider = {}
    for name, page in desk.pages():
        wider[name] = excess(page)[0]
        picture(page, f"40-{name}-phone")
    assert wider == dict.fromkeys(wider, 0)
    assert desk.complaints == []
