"""What an ordinary pre-flight costs a nurse: no more than twelve taps from the first one until only the two readings of
the pump are left, and a number or a name is typed once. Taps and fields are counted by the page itself."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Page, Route, expect
from support.clinic import Clinic
from support.desk import open_live, sheet, sign_in, until

SESSION, PATIENT, MRN = "planned", "Lukas Brandt", "N-1004"
TAPS = 12
TYPED = {"last_food_at", "last_fluid_at", "escort_name", "escort_phone", "weight_kg", "pain", "dissociation", "moaas"}
# This patient takes a sedating medicine, and the simulated monitor has no capnography.
TYPED |= {"vitals.etco2_mmhg"}
COUNTS = """
window.taps = [];
window.typed = new Set();
addEventListener("click", ({ isTrusted, target }) => {
  if (isTrusted) window.taps.push(target.closest("button, a")?.innerText ?? target.tagName);
}, true);
addEventListener("change", ({ target }) => {
  if (target instanceof HTMLSelectElement) window.taps.push(target.name, target.name); // it is opened, then chosen from
}, true);
addEventListener("input", ({ target }) => {
  if (target instanceof HTMLInputElement) window.typed.add(target.name);
}, true);
"""
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module", autouse=True)
def _ordinary(clinic: Clinic) -> None:
    """The consent was found on paper."""
    said = {"type": "record_preflight", "item": "consent", "answer": "yes"}
    headers = {"Authorization": f"Bearer {clinic.person('nurse2')['token']}", "Idempotency-Key": str(uuid4())}
    url = f"{clinic.url}/api/v1/sessions/{clinic.session(SESSION)['id']}/commands"
    assert httpx.post(url, json=said, headers=headers, trust_env=False, timeout=30).status_code == httpx.codes.OK


@pytest.fixture
def nurse(clinic: Clinic, page: Page) -> Page:
    """The tablet of the nurse at the chair."""
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    page.add_init_script(COUNTS)
    open_live(page, clinic.live(SESSION))
    return page


def monitored(clinic: Clinic, page: Page) -> None:
    """The chair's monitor is connected by its label, and its cuff has read."""
    clinic.connect_monitor(SESSION)
    expect(page.locator('[data-vital="hr_per_min"]')).to_contain_text("monitor")
    clinic.server.advance(1)  # the cuff has had its time
    expect(page.locator('[data-vital="pressure"]')).to_contain_text("monitor")


def opened(page: Page, name: str) -> None:
    expect(page.locator(f"#{name}-dialog[open]")).to_be_visible()


def test_a_sheet_that_is_closed_ends_the_walk(nurse: Page) -> None:
    nurse.locator("#walk").click()
    opened(nurse, "checkin")
    sheet(nurse).locator("[data-close]").click()
    expect(nurse.locator("dialog[open]")).to_have_count(0)


def test_yes_to_the_rest_leaves_a_no_as_it_is(nurse: Page) -> None:
    sent: list[dict[str, object]] = []

    def kept(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.fulfill(status=422, json={"refused": "held_back", "why": "Held back."})

    nurse.route("**/commands", kept)
    nurse.locator('[data-list="missing"] > li').get_by_role("button", name="Ask: To ask today").click()
    opened(nurse, "arrival")
    nurse.locator('[data-asked="suicide_screen"]').get_by_role("button", name="No").click()
    nurse.locator("#arrival-all").click()
    until(nurse, lambda: bool(sent), "the answers are sent")
    answers = dict(sent[0]["answers"])  # type: ignore[call-overload]
    assert answers.pop("suicide_screen") == "no"
    assert set(answers.values()) == {"yes"}
    assert len(answers) > 3


def test_an_ordinary_pre_flight_costs_twelve_taps(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    picture(nurse, "taps-1-missing")
    nurse.locator("#walk").click()
    opened(nurse, "checkin")
    for chip in (PATIENT, MRN):
        sheet(nurse).locator(f'.chip[value="{chip}"]').click()
    opened(nurse, "arrival")
    monitored(clinic, nurse)
    fasted = (clinic.now().astimezone(ZoneInfo("Europe/London")) - timedelta(hours=9)).strftime("%H:%M")
    for name, value in {"food": fasted, "drink": fasted, "escort": "Anna Brandt", "phone": "555 0177"}.items():
        nurse.locator(f"#a-{name}").fill(value)
    picture(nurse, "taps-2-ask")
    nurse.locator("#arrival-all").click()
    opened(nurse, "baseline")
    for name, value in {"weight": "79", "pain": "1", "dissociation": "0", "moaas": "5", "etco2": "38"}.items():
        nurse.locator(f"#b-{name}").fill(value)
    sheet(nurse).get_by_role("button", name="without help").click()
    picture(nurse, "taps-3-baseline")
    sheet(nurse).locator("[data-submit]").click()
    opened(nurse, "prepare")
    sheet(nurse).get_by_role("button", name="Dr Amara Okafor").click()
    picture(nurse, "taps-4-prepare")
    sheet(nurse).locator("[data-submit]").click()
    opened(nurse, "access")
    sheet(nurse).get_by_role("button", name="Left forearm").click()
    sheet(nurse).get_by_role("button", name="22 G").click()
    sheet(nurse).get_by_role("button", name="It is in").click()
    opened(nurse, "sound-check")
    picture(nurse, "taps-5-sound")
    sheet(nurse).get_by_role("button", name="Heard it").click()
    opened(nurse, "timeout")
    taps, typed = nurse.evaluate("window.taps"), set(nurse.evaluate("[...window.typed]"))
    assert len(taps) <= TAPS, taps
    assert typed == TYPED
    missing = {finding["rule"] for finding in clinic.view(SESSION)["missing"]}
    assert missing == {"preflight.time_out"}
