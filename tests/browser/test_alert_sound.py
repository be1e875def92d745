"""What a device says of itself aloud: a dead server is heard within five seconds whatever was paused; the chair is
silent below high priority; a sound test that nobody can have heard cannot be answered. And the pad for vital signs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect
from support.clinic import Clinic
from support.desk import open_live, sign_in, until

pytestmark = pytest.mark.timed
SESSION = "running"
WITHIN_S = 5.0
MARGIN_S = 1.5  # a busy test machine looks late at its own clock
TRIALS = 3


@pytest.fixture
def live(clinic: Clinic, page: Page) -> Page:
    page.set_default_timeout(30_000)
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    until(page, lambda: not cut_off(page), "the page is connected")
    return page


def cut_off(page: Page) -> bool:
    return page.locator('[data-part="not-connected"]').is_visible()


def sounds(page: Page) -> str:
    """The priority that this device lets be heard now."""
    return page.evaluate("document.documentElement.dataset.sounds ?? ''")


@contextmanager
def silent(clinic: Clinic) -> Iterator[None]:
    """The server stands still, as one that hangs, and goes on afterwards."""
    process = clinic.server.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_a_dead_server_is_shown_and_sounds_within_five_seconds(clinic: Clinic, live: Page) -> None:
    for _ in range(TRIALS):
        with silent(clinic):
            took = until(live, lambda: cut_off(live) and sounds(live) == "T3", "the page shows and sounds it")
            assert took <= WITHIN_S + MARGIN_S
        until(live, lambda: not cut_off(live) and sounds(live) != "T3", "the page is back with fresh news")


def test_the_chair_is_silent_below_high_priority_and_keeps_what_it_is(clinic: Clinic, live: Page) -> None:
    live.locator("#sound-open").click()
    live.locator('[data-part="sound-role"] button[value="chair"]').click()
    expect(live.locator('[data-field="sound_role"]')).to_have_text("Sound: chair, high only")
    live.evaluate("import('/static/norket/js/sound.js').then((m) => { m.sound('T2'); })")
    live.wait_for_timeout(900)
    assert sounds(live) == ""
    live.reload()
    expect(live.locator('[data-part="sound-role"] button[value="chair"]')).to_have_attribute("aria-pressed", "true")
    with silent(clinic):
        until(live, lambda: sounds(live) == "T3", "high priority is heard at the chair too")


def test_a_sound_test_that_was_not_heard_is_not_answered(clinic: Clinic, page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive: false } });")
    sign_in(page, clinic.url, "nurse")
    open_live(page, clinic.live(SESSION))
    expect(page.locator('[data-field="sound_role"]')).to_have_text("SOUND OFF: touch the page")
    page.locator("#sound-open").click()
    page.locator('[data-play="T3"]').click()
    expect(page.locator('[data-field="sound_says"]')).to_have_text("No sound: try again")


def test_vital_signs_take_two_taps_each_and_nothing_is_filled_in(clinic: Clinic, live: Page) -> None:
    live.locator("#vitals").click()
    for name in ("sbp", "dbp", "hr", "spo2", "rr", "etco2", "temp"):
        assert live.input_value(f"#v-{name}") == ""
    taps = (("12", "4"), ("7", "6"), ("7", "2"), ("9", "8"), ("1", "4"))
    for tens, ones in taps:
        live.locator(f'#vitals-dialog [data-tens="{tens}"]').click()
        live.locator(f'.pad-ones button[value="{ones}"]').click()
    assert [live.input_value(f"#v-{name}") for name in ("sbp", "dbp", "hr", "spo2", "rr")] == [
        "124", "76", "72", "98", "14",
    ]  # fmt: skip
    live.locator("#vitals-dialog [data-submit]").click()
    expect(live.locator('[data-list="ledger"] tr').filter(has_text="124/76 mmHg")).to_have_count(1)
