"""All ketamine counts: here and elsewhere, by every route, in the limits and in the time between."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.finding import Finding
from norket.therapy.plan import exposure as all_of
from norket.therapy.plan.exposure import Exposure, PriorDose, counted_mg, lifetime_mg, unknown_doses
from norket.therapy.plan.limits import Draft, draft_order

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)  # a Thursday
BASE = knowledge.read()


def dose(hours_ago: float, amount_mg: float | None = 35.0, **changes: Any) -> PriorDose:
    usual = {"route": "iv", "drug": "ketamine", "where": "this clinic", "source": "session"}
    return PriorDose(at=NOW - timedelta(hours=hours_ago), amount_mg=amount_mg, **(usual | changes))


def days(*ago: float, mg: tuple[float | None, ...] = ()) -> Exposure:
    """Infusions so many days ago, of 35 mg or of the amounts given."""
    amounts = mg or (35.0,) * len(ago)
    return Exposure(doses=tuple(dose(24 * day, amount) for day, amount in zip(ago, amounts, strict=True)), asked_at=NOW)


def drafted(prior: Exposure, text: str = "0.5 mg/kg iv over 40 min", **changes: Any) -> Draft:
    usual = {
        "row": "D01", "dose_text": text, "weight_kg": 70.0, "weight_measured_on": NOW.date(), "age_y": 45.0,
        "concentration_mg_ml": 1.0, "frail": False, "base": BASE, "on": NOW.date(), "first_session": False, "at": NOW,
    }  # fmt: skip
    return draft_order(**(usual | changes), prior=prior)


def of(made: Draft, rule: str) -> Finding:
    return next(one for one in made.findings if one.rule == rule)


# ---- what counts ---------------------------------------------------------------------------------------------------


def test_a_spray_on_tuesday_troches_at_home_and_an_infusion_on_thursday_are_one_ledger() -> None:
    spray = dose(
        43, 56.0, route="intranasal", drug="esketamine", where="another clinic", source="reported"
    )  # fmt: skip
    troches = [dose(24 * n + 2, 100.0, route="sublingual", where="at home", source="reported") for n in (2, 1, 0)]
    made = drafted(Exposure(doses=(spray, *troches), asked_at=NOW))
    assert of(made, "doses.exposure").inputs == {"counted_mg": 100.0}
    assert of(made, "doses.interval").state == "fires"
    assert of(made, "doses.interval").action == "HOLD"
    assert made.verdict == "never"  # 135 mg within a day lie above the ceiling of 125 mg


@pytest.mark.parametrize(("hours", "verdict"), [(43.9, "needs_reason"), (44.0, "ok")])
def test_another_dose_within_the_interval_of_the_row_waits_for_a_reason(hours: float, verdict: str) -> None:
    assert drafted(Exposure(doses=(dose(hours),), asked_at=NOW)).verdict == verdict


@pytest.mark.parametrize("route", ["iv", "im", "sc", "intranasal", "sublingual", "oral"])
def test_a_dose_by_any_route_counts_and_holds(route: str) -> None:
    made = drafted(Exposure(doses=(dose(10, 20.0, route=route),), asked_at=NOW))
    assert of(made, "doses.exposure").inputs == {"counted_mg": 20.0}
    assert made.verdict == "needs_reason"


@pytest.mark.parametrize(("earlier", "verdict"), [(35.0, "needs_reason"), (35.1, "needs_second"), (52.6, "never")])
def test_the_limits_count_the_dose_of_before(earlier: float, verdict: str) -> None:
    assert drafted(Exposure(doses=(dose(5, earlier),), asked_at=NOW)).verdict == verdict


def test_a_dose_of_an_unknown_amount_holds_and_is_said() -> None:
    made = drafted(Exposure(doses=(dose(20.0, None),), asked_at=NOW), row="D17", text="0.35 mg/kg/h iv for 4 h")
    assert (of(made, "doses.interval").state, of(made, "doses.exposure").state) == ("clear", "unknown")
    assert made.verdict == "needs_reason"


@pytest.mark.parametrize(("known", "verdict"), [(52.5, "needs_second"), (52.6, "never")])
def test_a_dose_of_an_unknown_amount_takes_nothing_away_from_what_is_known(known: float, verdict: str) -> None:
    made = drafted(Exposure(doses=(dose(5, known), dose(6, None, route="oral")), asked_at=NOW))
    assert of(made, "doses.exposure").state == "unknown"
    assert f"{known:g} mg beside it count" in of(made, "doses.exposure").why
    assert made.verdict == verdict


@pytest.mark.parametrize(("hours", "verdict"), [(20.0, "never"), (20.1, "ok"), (23.5, "ok")])
def test_the_daily_row_can_be_given_daily(hours: float, verdict: str) -> None:
    made = drafted(Exposure(doses=(dose(hours, 98.0),), asked_at=NOW), row="D17", text="0.35 mg/kg/h iv for 4 h")
    assert made.verdict == verdict


def test_what_happened_elsewhere_is_unknown_until_it_is_asked() -> None:
    assert of(drafted(Exposure()), "doses.elsewhere").state == "unknown"
    assert drafted(Exposure()).verdict == "ok"
    for ago, state in ((7.0, "clear"), (7.1, "unknown")):
        asked = Exposure(asked_at=NOW - timedelta(days=ago))
        assert of(drafted(asked), "doses.elsewhere").state == state


def test_a_dose_that_is_still_to_come_does_not_count(base: KnowledgeBase) -> None:
    assert counted_mg(base, Exposure(doses=(dose(-1),)), base.entry("doses.d01"), NOW) == 0


@given(st.lists(st.tuples(st.floats(0, 24), st.floats(0.1, 500)), max_size=5))
def test_every_milligram_of_the_last_day_is_counted_once(given_doses: list[tuple[float, float]]) -> None:
    exposure = Exposure(doses=tuple(dose(hours, mg) for hours, mg in given_doses))
    assert counted_mg(BASE, exposure, BASE.entry("doses.d01"), NOW) == pytest.approx(sum(mg for _, mg in given_doses))


def test_the_life_time_is_told_by_drug_and_its_gaps_are_counted() -> None:
    exposure = Exposure(doses=(dose(1, 35.0), dose(900, 40.0), dose(9000, None), dose(50, 56.0, drug="esketamine")))
    assert (lifetime_mg(exposure, "ketamine"), lifetime_mg(exposure, "esketamine")) == (75.0, 56.0)
    assert unknown_doses(exposure) == 1


# ---- drift ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prior", "text", "state"),
    [
        (days(21, 49), "0.5 mg/kg iv over 40 min", "clear"),  # 28, then 21 days
        (days(20, 48), "0.5 mg/kg iv over 40 min", "fires"),  # 28, then 20 days
        (days(14, 35, 63), "0.5 mg/kg iv over 40 min", "fires"),  # 28, 21, 14 days
        (days(7, 14, mg=(31.5, 28.0)), "0.5 mg/kg iv over 40 min", "clear"),  # 0.4, 0.45, 0.5 mg/kg
        (days(7, 14, mg=(31.5, 27.9)), "0.5 mg/kg iv over 40 min", "fires"),
        (days(7, 14, mg=(31.5, None)), "0.5 mg/kg iv over 40 min", "unknown"),
    ],
)
def test_a_dose_or_an_interval_that_drifts_over_three_sessions_holds(prior: Exposure, text: str, state: str) -> None:
    made = drafted(prior, text)
    assert (of(made, "plans.drift").state, of(made, "plans.drift").action) == (state, "HOLD")
    assert made.verdict == ("ok" if state == "clear" else "needs_reason")


# ---- the step to the next session ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_mg", "text", "state"),
    [
        (17.5, "0.5 mg/kg iv over 40 min", "clear"),  # one step of 0.25 mg/kg
        (17.5, "36.75 mg iv over 40 min", "clear"),  # 17.5 mg and a tenth, and 17.5 mg
        (17.5, "36.76 mg iv over 40 min", "fires"),
        (17.5, "0.75 mg/kg iv over 40 min", "fires"),  # two steps at once, though inside the usual range
        (35.0, "0.75 mg/kg iv over 40 min", "clear"),
        (35.0, "0.5 mg/kg iv over 40 min", "clear"),
        (None, "0.5 mg/kg iv over 40 min", "unknown"),
    ],
)
def test_an_order_rises_above_the_last_session_by_a_step_of_its_row(
    last_mg: float | None, text: str, state: str
) -> None:
    made = drafted(days(3.5, mg=(last_mg,)), text)
    assert (of(made, "plans.titration").state, of(made, "plans.titration").action) == (state, "HOLD")
    assert made.verdict == ("ok" if state == "clear" else "needs_reason")


@pytest.mark.parametrize(("zone", "before", "state"), [("America/Los_Angeles", 35, "clear"), ("UTC", 15, "fires")])
def test_a_session_is_of_one_day_where_the_order_is_written(zone: str, before: int, state: str) -> None:
    """At half past three and half past four in the afternoon there; in UTC on two days."""
    midnight = timedelta(days=7, hours=9) / timedelta(hours=1)
    prior = Exposure(doses=(dose(midnight + 0.5, 20.0), dose(midnight - 0.5, 15.0)), asked_at=NOW)
    made = drafted(prior, "0.75 mg/kg iv over 40 min", at=NOW.astimezone(ZoneInfo(zone)))
    found = of(made, "plans.titration")
    assert found.state == state
    assert f"after {before} mg on 2026-11-1" in found.why


@pytest.mark.parametrize(("mg", "state"), [("19.25", "clear"), ("19.26", "fires")])
def test_a_row_without_a_step_rises_by_nothing(mg: str, state: str) -> None:
    made = drafted(days(3.5, mg=(17.5,)), f"{mg} mg iv over 40 min", row="D10")
    assert of(made, "plans.titration").state == state


def test_the_first_dose_by_a_route_is_no_step() -> None:
    assert all(one.rule != "plans.titration" for one in drafted(Exposure(asked_at=NOW)).findings)


def test_another_route_is_no_part_of_the_drift() -> None:
    oral = Exposure(doses=tuple(dose(24 * n, 5.0, route="oral") for n in (7, 14)), asked_at=NOW)
    assert of(drafted(oral), "plans.drift").state == "clear"


def test_two_doses_of_one_day_are_one_session() -> None:
    prior = Exposure(doses=(dose(24 * 7, 20.0), dose(24 * 7 - 1, 15.0), dose(24 * 14)), asked_at=NOW)
    assert of(drafted(prior), "plans.drift").state == "clear"
    assert "35 mg 7 d ago" in of(drafted(prior), "plans.drift").why


def test_a_row_without_its_interval_blocks() -> None:
    entry = BASE.entry("doses.d01")
    values = tuple(value for value in entry.values if value.name != "interval_h")
    changed = entry.model_copy(update={"values": values})
    entries = tuple(changed if one is entry else one for one in BASE.entries)
    damaged = type(BASE)("damaged", entries, BASE.references)
    found = list(all_of.findings(damaged, changed, days(7), NOW, amount_mg=35.0, weight_kg=70.0))
    assert [one.action for one in found if one.rule == "doses.interval"] == ["BLOCK-HARD"]
