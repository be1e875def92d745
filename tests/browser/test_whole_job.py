"""A nurse does the whole job in the browser: from what is missing before the start to the patient's way home. Then the
ledger, the milligrams, the register, the audit chain and the curve must say the same."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.clinic import Clinic
from support.desk import (
    answer_gate,
    ask_for_escort,
    field,
    heard,
    identify,
    leap,
    number,
    open_live,
    save,
    score,
    score_recovery,
    sheet,
    sign_in,
    until,
    vitals,
)

import norket

STORY = True
PATIENT, BORN, MRN = "Priya Raman", "1992-07-23", "N-1003"
FRESH = {"0 s ago", "1 s ago", "2 s ago"}
ORDERED_ML_H, ORDERED_ML, SLOWER_ML_H = "43.5", "29", "40"
Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def nurse(clinic: Clinic, browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """One tablet for the whole session."""
    context: BrowserContext = browser.new_context(**browser_context_args)
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def second(clinic: Clinic, browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A colleague's phone."""
    context: BrowserContext = browser.new_context(**browser_context_args | {"viewport": {"width": 390, "height": 844}})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def test_the_board_leads_to_the_session_that_waits(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    sign_in(nurse, clinic.url, "nurse")
    nurse.get_by_role("link", name="Board").first.click()
    card = nurse.locator("li.chair", has_text=PATIENT)
    expect(card).to_contain_text("2 missing before the start")
    picture(nurse, "1-board")
    card.get_by_role("link").click()
    heard(nurse)


def test_what_is_missing_is_named_and_holds_the_start(nurse: Page, picture: Keep) -> None:
    missing = nurse.locator('[data-list="missing"] > li')
    expect(missing).to_have_count(2)
    expect(missing.nth(0)).to_contain_text("Escort")
    expect(missing.nth(1)).to_contain_text("0 of 2 people have read the pump")
    nurse.locator("#start").click(force=True)  # it says that it is disabled; a finger does not read
    expect(sheet(nurse)).to_contain_text("Escort")
    expect(sheet(nurse)).to_contain_text("read the pump")
    picture(nurse, "2-start-holds")
    sheet(nurse).locator("[data-close]").click()


def test_two_people_read_the_pump_and_nothing_is_missing(
    clinic: Clinic, nurse: Page, second: Page, picture: Keep
) -> None:
    missing = nurse.locator('[data-list="missing"] > li')
    ask_for_escort(nurse)
    expect(missing).to_have_count(1)
    missing.get_by_role("button", name="Read pump").click()
    nurse.locator("#t-rate").fill(ORDERED_ML_H)
    nurse.locator("#t-volume").fill(ORDERED_ML)
    identify(nurse, PATIENT, BORN)
    picture(nurse, "3-time-out")
    save(nurse)
    expect(missing).to_contain_text("1 of 2 people have read the pump")
    sign_in(second, clinic.url, "prescriber")
    open_live(second, nurse.url)
    second.get_by_role("button", name="Read pump").click()
    second.get_by_role("link", name="Page for the second person").click()
    second.get_by_label("Rate on the pump").fill(ORDERED_ML_H)
    second.get_by_label("Volume to be infused on the pump").fill(ORDERED_ML)
    second.get_by_label(PATIENT).check()
    second.get_by_label(MRN).check()
    picture(second, "4-time-out-second")
    second.get_by_role("button", name="Save my reading").click()
    heard(second)
    expect(nurse.locator('[data-part="nothing-missing"]')).to_be_visible()


def test_the_infusion_starts_with_two_identifiers(nurse: Page, picture: Keep) -> None:
    nurse.locator("#start").click()
    expect(field(nurse, "start_order")).to_contain_text("0.5 mg/kg iv over 40 min")
    sheet(nurse).locator("[data-submit]").click()
    expect(sheet(nurse)).to_contain_text("Two identifiers are needed")
    identify(nurse, PATIENT, MRN)
    expect(nurse.locator("#s-rate")).to_have_value(ORDERED_ML_H)
    expect(sheet(nurse)).to_contain_text("as ordered")
    picture(nurse, "5-start")
    save(nurse)
    expect(field(nurse, "run_state")).to_contain_text("running")
    expect(field(nurse, "rate_ml_h")).to_have_text(ORDERED_ML_H)


def test_vital_signs_and_the_curve_move(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    clinic.connect_monitor("waiting")
    heart = nurse.locator('[data-vital="hr_per_min"]')
    expect(heart).to_contain_text("monitor")
    drawn = [painted(nurse, "vitals"), painted(nurse, "curve")]
    follows(clinic, nurse, "hr_per_min")
    expect(field(nurse, "ketamine_now")).to_contain_text("(")
    part, level = part_delivered(nurse), number(field(nurse, "ketamine_now").inner_text())
    leap(clinic, nurse, 6)
    follows(clinic, nurse, "hr_per_min")
    until(nurse, lambda: part_delivered(nurse) > part + 0.1, "the bar of what is delivered grows")
    until(nurse, lambda: number(field(nurse, "ketamine_now").inner_text()) > level + 20, "the level rises")
    before = clinic.now() + timedelta(seconds=59)
    leap(clinic, nurse, 1)  # what the cuff began after the leap is ready now, and the next is five minutes away
    until(nurse, lambda: read_at(clinic, "sbp_mmhg") > before, "the cuff has read")
    expect(nurse.locator('[data-vital="pressure"]')).to_contain_text("monitor")
    expect(field(nurse, "delivered")).to_contain_text("mg")
    assert [painted(nurse, "vitals"), painted(nurse, "curve")] != drawn
    picture(nurse, "6-running")


def follows(clinic: Clinic, page: Page, channel: str) -> None:
    """Until the tile shows a reading that the monitor took after this moment. The number itself may well be the one
    before: a healthy heart can beat 76 to the minute for half a minute and more."""
    since, tile = clinic.now(), page.locator(f'[data-vital="{channel}"]')

    def fresh() -> bool:
        read = clinic.view("waiting")["vitals"][channel]
        shown, age = (tile.locator(part).inner_text() for part in ("[data-value]", "[data-age]"))
        taken = datetime.fromisoformat(read["at"])
        return taken > since and shown == f"{read['value']:.0f}" and age in FRESH

    until(page, fresh, f"the tile of {channel} shows a reading of after {since.isoformat()}")


def read_at(clinic: Clinic, channel: str) -> datetime:
    return datetime.fromisoformat(clinic.view("waiting")["vitals"][channel]["at"])


def painted(page: Page, plot: str) -> str:
    """The picture that a canvas of the chart holds."""
    return str(page.locator(f'[data-plot="{plot}"] canvas').evaluate("canvas => canvas.toDataURL()"))


def part_delivered(page: Page) -> float:
    return float(page.locator('progress[data-field="progress"]').evaluate("bar => bar.value"))


def test_an_alert_is_raised_and_acknowledged_by_name(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    cuff_rests(clinic, nurse)  # its reading between the two that are typed would be a third, and a normal one
    vitals(nurse, 184, 96)
    expect(field(nurse, "alert_advice")).to_contain_text("Pause the pump and measure again within 2 min")
    leap(clinic, nurse, 1.25)  # what is typed within a minute of a reading is that reading once more
    vitals(nurse, 187, 97)
    expect(nurse.locator('[data-part="alert-top"]')).to_have_attribute("data-tier", "T2")
    expect(field(nurse, "alert_why")).to_contain_text("SBP 187 mmHg")
    picture(nurse, "7-alert")
    nurse.keyboard.press("a")
    expect(nurse.locator("#acknowledge")).to_have_text("Acknowledged")
    picture(nurse, "8-acknowledged")
    leap(clinic, nurse, 1)
    vitals(nurse, 148, 88)
    until(nurse, lambda: not open_pressure_alerts(clinic), "the alert is over")
    expect(nurse.locator("[data-part='alert-top']:visible", has_text="SBP 187")).to_have_count(0)


def cuff_rests(clinic: Clinic, page: Page) -> None:
    """Sets the clock ahead, if need be, until the monitor's cuff has just read: the next time is minutes away."""
    monitor = clinic.monitors[0].at_work
    assert monitor is not None

    def begun_ago_min() -> float:
        return (clinic.now() - monitor.zero).total_seconds() / 60 - (monitor.cuff.begun_min or 0.0)

    while monitor.cuff.inflated or begun_ago_min() > 2:  # of the five minutes from one reading to the next
        leap(clinic, page, 1)
        follows(clinic, page, "hr_per_min")


def open_pressure_alerts(clinic: Clinic) -> list[str]:
    return [one["alert_id"] for one in clinic.view("waiting")["alerts"] if one["open"] and "sbp" in one["alert_id"]]


def test_the_rate_is_changed_with_every_equivalent_shown(nurse: Page, picture: Keep) -> None:
    nurse.keyboard.press("r")
    nurse.locator("#r-rate").fill(SLOWER_ML_H)
    expect(nurse.locator('#rate-dialog [data-read-back="rate"]')).to_contain_text("8 % less than ordered")
    picture(nurse, "9-rate")
    save(nurse)
    expect(field(nurse, "rate_ml_h")).to_have_text(SLOWER_ML_H)


def test_stopped_early_with_one_tap(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    leap(clinic, nurse, 6)
    expect(field(nurse, "delivered")).to_contain_text(re.compile("^1[0-2]"))
    nurse.locator("#stop").click()
    expect(nurse.locator("#start-recovery")).to_be_visible()
    picture(nurse, "10-stopped")
    nurse.locator("#start-recovery").click()
    expect(nurse.locator("#discharge")).to_be_visible()
    expect(field(nurse, "recovery_score_at")).to_have_text("no recovery score yet")
    picture(nurse, "11-recovery")


def test_recovery_takes_its_time_and_its_looks(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    for place, minutes in enumerate((30, 30, 30, 31)):
        leap(clinic, nurse, minutes)
        vitals(nurse, 124 - place, 76)
    score_recovery(nurse)
    expect(field(nurse, "recovery_score")).to_have_text("10/10")
    score(nurse, "MOAA/S 5")
    for label in ("Oriented", "Gait", "Dissociation", "Review", "Cannula"):
        answer_gate(nurse, label)
    gates = nurse.locator('[data-list="gates"] > li')
    expect(gates.filter(has_text="Sedation and orientation")).to_contain_text("✓")
    expect(gates.filter(has_text="Time:")).to_contain_text("✓")
    picture(nurse, "12-gates")


def test_a_discharge_without_an_escort_is_refused_and_says_so(nurse: Page, picture: Keep) -> None:
    nurse.locator("#discharge").click(force=True)
    identify(nurse, PATIENT, BORN)
    sheet(nurse).locator("[data-submit]").click()
    refusal = nurse.locator("#refusal-dialog[open]")
    expect(refusal).to_contain_text("Escort: has not come yet.")
    expect(refusal).to_contain_text("nstructions")
    expect(refusal.locator("[data-list=refusal] > li")).to_have_count(2)
    picture(nurse, "13-refused")
    refusal.locator("[data-close]").click()
    nurse.locator("#discharge-dialog [data-close]").click()
    expect(nurse.locator("norket-live")).to_have_attribute("data-phase", "recovery")


def test_with_the_escort_and_every_gate_the_patient_goes_home(nurse: Page, picture: Keep) -> None:
    nurse.locator('[data-list="gates"]').get_by_role("button", name="Escort").click()
    sheet(nurse).get_by_role("button", name="Here").click()
    nurse.locator("#escort-name").fill("Arun Raman")
    nurse.locator("#escort-phone").fill("555 0134")
    save(nurse)
    nurse.locator('[data-list="gates"]').get_by_role("button", name="Instructions", exact=True).click()
    sheet(nurse).get_by_role("button", name="Both").click()
    save(nurse)
    nurse.locator("#waste").click()
    nurse.locator("#w-witness").select_option(label="Dr Amara Okafor")
    save(nurse)
    expect(nurse.locator("#discharge")).to_have_attribute("data-ready", "true")
    nurse.locator("#discharge").click(force=True)
    identify(nurse, PATIENT, BORN)
    nurse.locator("#d-escort").fill("Arun Raman")
    picture(nurse, "14-discharge")
    save(nurse)
    expect(nurse.locator("norket-live")).to_have_attribute("data-phase", "discharged")
    expect(field(nurse, "mass_text")).to_contain_text("not accounted for 0 mg")
    picture(nurse, "15-discharged")


# ---- and everything agrees ------------------------------------------------------------------------------------------


def test_the_ledger_tells_the_whole_job_in_order(clinic: Clinic) -> None:
    events = clinic.events("waiting")
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    told = [event["type"] for event in events]
    wanted = [
        "escort_recorded",
        "infusion_started",
        "alert_raised",
        "alert_acknowledged",
        "rate_changed",
        "infusion_stopped",
        "recovery_started",
        "recovery_score_recorded",
        "instructions_given",
        "waste_recorded",
        "discharged",
    ]
    places = [told.index(kind) for kind in wanted]
    assert places == sorted(places)
    nurse, prescriber = clinic.person("nurse")["id"], clinic.person("prescriber")["id"]
    assert {event["by"] for event in events if event["type"] == "time_out_recorded"} == {nurse, prescriber}
    assert {event["by"] for event in events if event["type"] == "alert_acknowledged"} == {nurse}


def poured(events: list[dict[str, Any]]) -> list[tuple[float, float, float]]:
    """Start (min), length (min) and milligrams of each stretch of the pump, from rate and time in the ledger alone."""
    changes = [
        (datetime.fromisoformat(event["at"]), event["data"].get("rate_ml_h", 0.0))
        for event in events
        if event["type"] in ("infusion_started", "rate_changed", "infusion_stopped")
    ]
    strength = next(e["data"]["concentration_mg_ml"] for e in events if e["type"] == "infusion_started")
    zero = changes[0][0]
    return [
        ((start - zero).total_seconds() / 60, minutes, rate * strength * minutes / 60)
        for (start, rate), (end, _) in pairwise(changes)
        for minutes in [(end - start).total_seconds() / 60]
    ]


def test_the_milligrams_are_the_pump_s_rate_times_its_time(clinic: Clinic) -> None:
    events, view = clinic.events("waiting"), clinic.view("waiting")
    given = sum(amount for _, _, amount in poured(events))
    stopped = next(event for event in events if event["type"] == "infusion_stopped")
    assert len(poured(events)) == 2
    assert view["delivered_mg"] == pytest.approx(given, rel=1e-6)
    assert stopped["data"]["delivered_mg"] == pytest.approx(given, rel=1e-6)
    assert 9 < given < float(ORDERED_ML) / 2  # about 15 of 40 minutes


def test_the_register_accounts_for_every_milligram(clinic: Clinic, nurse: Page, picture: Keep) -> None:
    view = clinic.view("waiting")
    nurse.goto(f"{clinic.url}/register/")
    rows = nurse.locator("tbody tr", has=nurse.locator(f'a[href*="{view["session"]}"]'))
    lines = {row.locator("td").nth(3).inner_text(): row for row in rows.all()}
    assert set(lines) == {"drawn", "wasted"}
    drawn, wasted = (number(lines[kind].locator("td").nth(4).inner_text()) for kind in ("drawn", "wasted"))
    mass = view["mass"]
    assert (mass["drawn_mg"], drawn) == (pytest.approx(29), pytest.approx(29))
    assert wasted == pytest.approx(mass["wasted_mg"], abs=0.005)
    assert drawn == pytest.approx(mass["given_mg"] + mass["wasted_mg"] + mass["unaccounted_mg"], abs=1e-6)
    assert mass["given_mg"] == pytest.approx(view["delivered_mg"])
    assert abs(mass["unaccounted_mg"]) < 0.001
    picture(nurse, "16-register")


def test_the_audit_chain_holds(clinic: Clinic) -> None:
    verified = json.loads(clinic.server.run("audit", "verify", "--json"))
    assert verified["ok"], verified
    assert verified["lines"] > len(clinic.events("waiting"))


def test_the_final_curve_is_that_of_the_doses_in_the_ledger(clinic: Clinic) -> None:
    session = clinic.session("waiting")
    shown = clinic.get(f"/api/v1/sessions/{session['id']}/prediction")
    ran = poured(clinic.events("waiting"))
    assert {dose["kind"] for dose in shown["doses"]} == {"given"}
    assert sum(dose["amount_mg"] for dose in shown["doses"]) == pytest.approx(clinic.view("waiting")["delivered_mg"])
    patient = norket.Patient(session["weight_kg"], float(session["age_y"]), session["sex"], session["height_cm"])
    doses = [norket.Dose(amount, start_min=start, duration_min=minutes) for start, minutes, amount in ran]
    computed = norket.predict(patient, doses, times_min=shown["times_min"], draws=2)
    for name in ("ketamine", "norketamine"):
        typical = shown[f"{name}_ng_ml"]["typical"]
        assert max(typical) > 10
        assert typical == pytest.approx(computed.track(name).typical.tolist(), rel=1e-6, abs=1e-6 * max(typical))
