"""A dose from its text to a signed order: equivalents, limits on both sides, signatures."""

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.compare import UNITS, LimitMissingError, amounts, excesses, finite
from norket.therapy.plan.limits import Draft, DraftError, draft_order, judge, limit_of, rows, sign
from norket.therapy.plan.order import Limit, Order
from norket.units import DoseTextError

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
DOCTOR = Actor(id="doc-1", name="Pia", roles=frozenset({"prescriber"}))
SECOND = Actor(id="ana-1", name="Ana", roles=frozenset({"anaesthetist"}))
NURSE = Actor(id="nurse-1", name="Nora", roles=frozenset({"nurse"}))


def draft(text: str = "0.5 mg/kg iv over 40 min", **changes: Any) -> Draft:
    usual = {
        "row": "D01",
        "dose_text": text,
        "weight_kg": 70.0,
        "weight_measured_on": TODAY,
        "concentration_mg_ml": 1.0,
        "frail": False,
        "age_y": 45.0,
        "base": knowledge.read(),
        "on": TODAY,
    }
    return draft_order(**(usual | changes))


def signed(made: Draft, **changes: Any) -> Order | Refused:
    return sign(made, **({"by": DOCTOR, "now": NOW, "order_id": "o", "policy_signed": True} | changes))


def code(answer: Order | Refused) -> str | None:
    return answer.code if isinstance(answer, Refused) else None


# ---- equivalents ---------------------------------------------------------------------------------------------------


def test_the_worked_check_of_the_field() -> None:
    made = draft()
    assert (made.amount_mg, made.volume_ml, made.rate_ml_h, made.rate_mg_kg_h) == (35.0, 35.0, 52.5, 0.75)
    assert made.verdict == "ok"


@pytest.mark.parametrize("text", ["35 mg iv over 40 min", "52.5 mg/h iv for 40 min", "0.75 mg/kg/h iv for 40 min"])
def test_one_dose_written_four_ways_is_one_dose(text: str) -> None:
    made, usual = draft(text), draft()
    for name in ("amount_mg", "mg_kg", "rate_mg_h", "rate_mg_kg_h", "volume_ml", "rate_ml_h", "duration_min"):
        assert getattr(made, name) == pytest.approx(getattr(usual, name))


@given(
    st.sampled_from(["mg/kg", "mg", "mg/kg/h", "mg/h"]),
    st.integers(1, 900),
    st.integers(10, 240),
    st.integers(300, 2500),
)
def test_all_equivalents_of_an_order_agree(unit: str, thousandths: int, minutes: int, weight: int) -> None:
    value = thousandths / (1000 if "kg" in unit else 10)
    word = "for" if unit.endswith("/h") else "over"
    made = draft(f"{value:g} {unit} iv {word} {minutes} min", weight_kg=weight / 10, concentration_mg_ml=2.0)
    assert made.volume_ml * 2.0 == pytest.approx(made.amount_mg)
    assert made.rate_ml_h * made.duration_min / 60 == pytest.approx(made.volume_ml)
    assert made.mg_kg * made.weight_kg == pytest.approx(made.amount_mg, abs=1e-6)
    assert made.rate_mg_kg_h * made.weight_kg == pytest.approx(made.rate_mg_h, abs=1e-6)


@given(st.integers(300, 2500))
def test_a_dose_at_the_cap_is_at_the_cap_for_every_weight(weight: int) -> None:
    """1 mg/kg over 40 min is exactly the cap in mg/kg and in mg/kg/h; rounding must not push it over."""
    made = draft("1 mg/kg iv over 40 min", weight_kg=weight / 10)
    assert made.verdict == ("needs_reason" if weight <= 1000 else made.verdict)


# ---- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("level", ["soft_high", "cap", "ceiling"])
@pytest.mark.parametrize("row", ["doses.d01", "doses.d19"])
def test_a_limit_lies_between_two_neighbouring_numbers(base: KnowledgeBase, row: str, level: str, unit: str) -> None:
    limit = limit_of(base, row, level, TODAY)
    value = getattr(limit, unit)
    below = dict.fromkeys(UNITS, 0.0)
    for allowed in (math.nextafter(value, 0), value):
        assert excesses(level, limit, below | {unit: allowed}) == ()
    (over,) = excesses(level, limit, below | {unit: math.nextafter(value, math.inf)})
    assert (over.unit, over.limit) == (UNITS[unit], value)


@pytest.mark.parametrize(("amount", "verdict"), [(125.0, "needs_second"), (125.000001, "never")])
def test_the_ceiling_in_milligrams(base: KnowledgeBase, amount: float, verdict: str) -> None:
    assert judge(base, "doses.d01", weight_kg=160.0, amount_mg=amount, duration_min=60.0, on=TODAY) == verdict


BROKEN = st.sampled_from([None, math.nan, math.inf, -math.inf, "", "abc", "1", True, 0, -1.0])


@given(BROKEN)
def test_only_a_finite_number_above_zero_is_a_limit(broken: Any) -> None:
    with pytest.raises(LimitMissingError):
        finite("cap_mg", broken)


@given(
    st.sampled_from(["doses.d01", "doses.d19"]),
    st.sampled_from(["soft_low", "soft_high", "cap", "ceiling"]),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(["gone", None]),
)
def test_a_row_that_lacks_a_limit_cannot_be_ordered(row: str, level: str, unit: str, how: str | None) -> None:
    base = knowledge.read()
    entry, name = base.entry(row), f"{level}_{unit}"
    values = tuple(
        v.model_copy(update={"value": None}) if v.name == name else v
        for v in entry.values
        if how != "gone" or v.name != name
    )
    damaged = KnowledgeBase(
        "damaged",
        tuple(e.model_copy(update={"values": values}) if e.id == row else e for e in base.entries),
        base.references,
    )
    assert row not in {offered.id for offered in rows(damaged, TODAY)}
    text = "0.5 mg/kg iv over 40 min" if row == "doses.d01" else "0.5 mg/kg iv over 2 h"
    made = draft(text, row=row, base=damaged)
    assert made.verdict == "unknown"
    assert code(signed(made, reason="r", second=SECOND, second_reason="r")) == "limit_missing"


@pytest.mark.parametrize("row", ["D99", "doses.d19.evidence", "D04", ""])
def test_what_is_not_an_orderable_row_is_not_drafted(row: str) -> None:
    with pytest.raises(DraftError):
        draft(row=row)


@pytest.mark.parametrize("weight", [math.nan, math.inf, 0.0, -70.0])
def test_a_weight_that_is_no_number_drafts_nothing(weight: float) -> None:
    with pytest.raises(DraftError):
        draft(weight_kg=weight)


@pytest.mark.parametrize(
    "text",
    [
        "35 mg iv",
        "0.5 mg/kg im",
        "esketamine 0.5 mg/kg iv over 40 min",
        "0.5 mg/kg iv over 40 min at 5 min",
    ],
)
def test_what_is_not_an_infusion_of_the_row_is_refused(text: str) -> None:
    with pytest.raises(DraftError):
        draft(text)


def test_a_sloppy_text_is_refused_with_its_place() -> None:
    with pytest.raises(DoseTextError):
        draft("0,5 mg/kg iv over 40 min")


def test_an_earlier_dose_of_the_session_counts(base: KnowledgeBase) -> None:
    assert draft(delivered_mg=35.0).verdict == "needs_reason"
    assert draft(delivered_mg=60.0).verdict == "never"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "ok"),
        ({"first_session": True}, "ok"),
        ({"first_session": True, "frail": True}, "needs_reason"),
        ({"first_session": True, "age_y": 65.0}, "needs_reason"),
        ({"first_session": True, "age_y": 64.9}, "ok"),
        ({"first_session": False, "age_y": 65.0}, "ok"),
        ({"age_y": 17.9}, "never"),
        ({"weight_kg": 29.9}, "never"),
        ({"concentration_mg_ml": 50.1}, "never"),
        ({"weight_measured_on": date(2026, 11, 21)}, "never"),
    ],
)
def test_what_beside_the_limits_stands_against_a_dose(changes: dict[str, Any], verdict: str) -> None:
    assert draft(**changes).verdict == verdict


def test_the_band_of_rates_holds_the_ordered_rate(base: KnowledgeBase) -> None:
    for text in ("0.5 mg/kg iv over 40 min", "0.1 mg/kg iv over 60 min", "1 mg/kg iv over 40 min"):
        made = draft(text)
        assert made.rate_low_mg_h is not None
        assert made.rate_high_mg_h is not None
        assert made.rate_low_mg_h <= made.rate_mg_h <= made.rate_high_mg_h


def test_the_order_form_offers_the_rows_that_can_be_ordered(base: KnowledgeBase) -> None:
    codes = [row.code for row in rows(base, TODAY)]
    assert codes == ["D01", "D02", "D03", "D04", "D05", "D10", "D11", "D12", "D12-SC", "D14", "D17", "D19"]
    assert [row.code for row in rows(base, TODAY, frozenset({"D08", "D18"}))] == [*codes[:5], "D08", *codes[5:]]


# ---- signatures ----------------------------------------------------------------------------------------------------


def test_an_order_carries_what_was_drafted() -> None:
    order = signed(draft())
    assert isinstance(order, Order)
    assert (order.rate_ml_h, order.volume_ml, order.signed_by, order.edition) == (
        52.5,
        35.0,
        "doc-1",
        knowledge.read().edition,
    )


def test_who_may_sign_and_under_which_policy() -> None:
    assert code(signed(draft(), by=NURSE)) == "role_not_allowed"
    assert code(signed(draft(), policy_signed=False)) == "policy_unsigned"


def test_a_dose_outside_the_usual_range_needs_a_reason() -> None:
    assert code(signed(draft("1 mg/kg iv over 40 min"))) == "reason_missing"
    assert code(signed(draft("1 mg/kg iv over 40 min"), reason="partial response")) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "second_signer_missing"),
        ({"second": DOCTOR, "second_reason": "r"}, "second_signer_wrong"),
        ({"second": NURSE, "second_reason": "r"}, "second_signer_wrong"),
        ({"second": SECOND}, "reason_missing"),
        ({"second": SECOND, "second_reason": "  "}, "reason_missing"),
        ({"second": SECOND, "second_reason": "r"}, None),
    ],
)
def test_above_the_cap_a_second_person_signs_with_a_reason(changes: dict[str, Any], expected: str | None) -> None:
    assert code(signed(draft("1.1 mg/kg iv over 60 min"), **changes)) == expected


def test_above_the_ceiling_nobody_signs() -> None:
    made = draft("1.3 mg/kg iv over 60 min")
    assert code(signed(made, second=SECOND, second_reason="r", reason="r")) == "above_ceiling"
    forged = made.model_copy(update={"verdict": "ok", "findings": ()})
    assert code(signed(forged, second=SECOND, second_reason="r", reason="r")) == "above_ceiling"


@given(st.floats(1, 400), st.floats(1, 400), st.floats(30, 250))
def test_no_signed_order_is_above_a_ceiling(amount: float, minutes: float, weight: float) -> None:
    made = draft().model_copy(update={"amount_mg": amount, "duration_min": minutes, "weight_kg": weight})
    order = signed(made, second=SECOND, second_reason="r", reason="r")
    figures = amounts(amount, amount / minutes * 60, weight)
    ceiling = Limit(mg_kg=1.25, mg=125.0, mg_h=187.5, mg_kg_h=1.875)
    assert isinstance(order, Order) == all(figures[unit] <= getattr(ceiling, unit) for unit in UNITS)
