"""With an emergency open nothing lies over the buttons that stop, pause and call, on any screen, and on a tablet every
number stays in sight."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import open_live, sign_in

SIZES = [(1280, 800), (1024, 768), (390, 844)]
PHONE_PX = 640
ALWAYS = ("stop", "pause", "help", "more")
NUMBERS = "[...document.querySelectorAll('.tile-value')].map((one) => one.getBoundingClientRect().bottom)"
CLINICAL = ("rate", "bolus", "vitals", "event")
HIT = """(id) => {
  const button = document.getElementById(id), at = button.getBoundingClientRect();
  if (at.bottom > innerHeight || at.right > innerWidth || at.top < 0) return "off the screen";
  const hit = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
  return button.contains(hit) ? "hit" : `under ${hit?.id || hit?.className}`;
}"""


IN_SIGHT = (".not-connected strong", "#who-name")
SEEN = """(selector) => {
  const shown = document.querySelector(selector), at = shown.getBoundingClientRect();
  const hit = document.elementFromPoint(at.x + 5, at.y + at.height / 2);
  return shown.contains(hit) ? "seen" : `under ${hit?.id || hit?.className || "nothing"}`;
}"""


@pytest.fixture(scope="module")
def emergency(clinic: Clinic) -> Clinic:
    """A running session with a T3 that nobody has answered."""
    path = f"/api/v1/sessions/{clinic.session('running')['id']}/commands"
    with clinic._client("nurse") as client:
        body = {"type": "record_event", "event": "severe_headache"}
        answer = client.post(path, json=body, headers={"Idempotency-Key": "reach-1"})
    assert answer.status_code == 200, answer.text
    return clinic


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_what_stops_pauses_and_calls_is_within_reach(
    emergency: Clinic, page: Page, picture: Callable[[Page, str], None], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, emergency.url, "nurse")
    open_live(page, emergency.live("running"))
    expect(page.locator("#emergency-open")).to_be_visible()
    expect(page.locator('.alert-top[data-tier="T3"]')).to_be_visible()
    picture(page, f"reach-{width}")
    assert {id_: page.evaluate(HIT, id_) for id_ in (*ALWAYS, *CLINICAL)} == dict.fromkeys((*ALWAYS, *CLINICAL), "hit")
    if width > PHONE_PX:
        top = page.locator("#stop").bounding_box()
        assert top is not None
        assert max(page.evaluate(NUMBERS)) <= top["y"]
    for id_ in ("emergency-open", "alerts-open", "acknowledge"):
        box = page.locator(f"#{id_}").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width


@pytest.fixture
def cut_off(emergency: Clinic) -> Iterator[Clinic]:
    """Its server may be killed, and is there again afterwards."""
    yield emergency
    emergency.server.start()


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_cut_off_in_an_emergency_the_bar_the_name_and_the_numbers_stay_in_sight(
    cut_off: Clinic, page: Page, picture: Callable[[Page, str], None], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, cut_off.url, "nurse")
    open_live(page, cut_off.live("running"))
    expect(page.locator('.alert-top[data-tier="T3"]')).to_be_visible()
    cut_off.server.kill()
    expect(page.locator("norket-live.is-cut-off")).to_have_count(1)
    page.evaluate("scrollTo(0, document.scrollingElement.scrollHeight)")
    picture(page, f"reach-cut-off-{width}")
    assert {one: page.evaluate(SEEN, one) for one in IN_SIGHT} == dict.fromkeys(IN_SIGHT, "seen")
    if width > PHONE_PX:
        top = page.locator("#stop").bounding_box()
        assert top is not None
        assert max(page.evaluate(NUMBERS)) <= top["y"]
