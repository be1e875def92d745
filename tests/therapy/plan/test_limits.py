"""A dose from its text to a signed order: equivalents, limits on both sides, signatures."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from norket import knowledge
from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.checks import first_dose_state
from norket.therapy.plan.compare import UNITS, LimitMissingError, amounts, excesses, finite
from norket.therapy.plan.library import start_of
from norket.therapy.plan.limits import Draft, DraftError, Weighed, draft_order, judge, limit_of, rows, sign
from norket.therapy.plan.order import AnyOrder, DoseOrder, Limit, Order
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


def signed(made: Draft, **changes: Any) -> AnyOrder | Refused:
    return sign(made, **({"by": DOCTOR, "now": NOW, "order_id": "o", "policy_signed": True} | changes))


def code(answer: AnyOrder | Refused) -> str | None:
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


@pytest.mark.parametrize("row", ["D99", "doses.d19.evidence", "D16", "D24", ""])
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


@pytest.mark.parametrize("who", [{"frail": True}, {"age_y": 65.0}])
@pytest.mark.parametrize("first", [True, None])
def test_the_band_does_not_give_back_what_a_lowered_first_dose_left_out(
    who: dict[str, Any], first: bool | None
) -> None:
    text = "0.25 mg/kg iv over 40 min"
    lowered = draft(text, first_session=first, **who)
    assert lowered.rate_high_mg_h == lowered.rate_mg_h
    for usual in (draft(text, first_session=False, **who), draft(text, first_session=first, age_y=64.9)):
        assert usual.rate_high_mg_h is not None
        assert usual.rate_high_mg_h > usual.rate_mg_h


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
    figures, rate = amounts(amount, amount / minutes * 60, weight), amount / minutes * 60
    made = draft().model_copy(
        update={
            "amount_mg": amount,
            "duration_min": minutes,
            "weight_kg": weight,
            "mg_kg": figures["mg_kg"],
            "rate_mg_h": rate,
            "rate_mg_kg_h": figures["mg_kg_h"],
            "volume_ml": amount,
            "rate_ml_h": rate,
        }
    )
    order = signed(made, second=SECOND, second_reason="r", reason="r")
    ceiling = Limit(mg_kg=1.25, mg=125.0, mg_h=187.5, mg_kg_h=1.875)
    assert isinstance(order, Order) == all(figures[unit] <= getattr(ceiling, unit) for unit in UNITS)


@pytest.mark.parametrize("name", ["mg_kg", "rate_mg_h", "rate_mg_kg_h", "volume_ml", "rate_ml_h"])
@pytest.mark.parametrize(("factor", "expected"), [(1.0099, None), (0.9901, None), (1.0101, "equivalents_disagree")])
def test_an_equivalent_more_than_one_percent_off_is_not_signed(name: str, factor: float, expected: str | None) -> None:
    made = draft()
    assert code(signed(made.model_copy(update={name: getattr(made, name) * factor}))) == expected


def test_an_equivalent_that_is_missing_is_not_signed() -> None:
    assert code(signed(draft().model_copy(update={"rate_ml_h": None}))) == "equivalents_disagree"


# ---- doses at once -------------------------------------------------------------------------------------------------

AT_ONCE = {
    "D02": ("0.5 mg/kg sc", 50.0),
    "D03": ("0.5 mg/kg im", 50.0),
    "D04": ("esketamine 56 mg intranasal", None),
    "D05": ("esketamine 28 mg intranasal", None),
    "D07": ("0.5 mg/kg oral", None),
    "D08": ("10 mg sublingual", None),
    "D12-SC": ("0.25 mg/kg sc", 10.0),
}


def at_once(row: str, text: str = "", **changes: Any) -> Draft:
    usual, strength = AT_ONCE[row]
    given = {"row": row, "concentration_mg_ml": strength, "switched_on": frozenset({"D07", "D08"})}
    return draft(text or usual, **(given | changes))


@pytest.mark.parametrize("row", AT_ONCE)
def test_the_start_of_every_row_at_once_is_drafted_and_signed(row: str) -> None:
    made = at_once(row, first_session=True, age_y=70.0 if row == "D05" else 45.0)
    order = signed(made)
    assert made.verdict == "ok"
    assert isinstance(order, DoseOrder)
    assert (order.kind, order.text, order.amount_mg) == ("dose", AT_ONCE[row][0], made.amount_mg)


@pytest.mark.parametrize("row", AT_ONCE)
def test_a_dose_at_once_counts_as_given_within_one_hour(row: str) -> None:
    made = at_once(row)
    assert (made.duration_min, made.rate_ml_h, made.rate_low_mg_h) == (None, None, None)
    assert (made.rate_mg_h, made.rate_mg_kg_h) == (made.amount_mg, made.mg_kg)


def test_what_is_drawn_has_a_volume_and_what_is_not_has_none() -> None:
    assert at_once("D03").volume_ml == 35.0 / 50.0
    assert at_once("D04").volume_ml is None
    for row, strength in (("D03", None), ("D04", 28.0), ("D08", 10.0)):
        with pytest.raises(DraftError):
            at_once(row, concentration_mg_ml=strength)


@pytest.mark.parametrize(("mg", "devices"), [(28, 1), (56, 2), (84, 3)])
def test_the_spray_is_ordered_in_whole_devices(mg: int, devices: int) -> None:
    assert at_once("D04", f"esketamine {mg} mg intranasal").devices == devices


@pytest.mark.parametrize("amount", ["27 mg", "29 mg", "14 mg", "42 mg", "0.8 mg/kg", "0.4 mg/kg"])
def test_a_spray_that_is_no_whole_number_of_devices_is_no_order(amount: str) -> None:
    with pytest.raises(DraftError, match="device"):
        at_once("D04", f"esketamine {amount} intranasal")


def test_a_fourth_device_is_for_nobody() -> None:
    made = at_once("D04", "esketamine 112 mg intranasal")
    assert made.verdict == "never"
    assert code(signed(made, second=SECOND, second_reason="r", reason="r")) == "above_ceiling"


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("D03", "0.5 mg/kg im over 5 min"),
        ("D03", "0.5 mg/kg sc"),
        ("D04", "56 mg intranasal"),
        ("D08", "10 mg oral"),
        ("D03", "0.5 mg/kg/h im for 1 h"),
    ],
)
def test_what_is_not_a_dose_at_once_of_the_row_is_refused(row: str, text: str) -> None:
    with pytest.raises(DraftError):
        at_once(row, text)


@pytest.mark.parametrize("row", ["D07", "D08"])
def test_a_row_that_is_off_is_not_drafted_until_it_is_switched_on(row: str) -> None:
    with pytest.raises(DraftError, match="off in this clinic"):
        at_once(row, switched_on=frozenset())


@pytest.mark.parametrize("row", [entry.id for entry in knowledge.read().of_kind("dose") if entry.data["orderable"]])
def test_the_start_of_a_row_holds_on_both_sides(base: KnowledgeBase, row: str) -> None:
    weight = 60.0
    for older, age_y in ((False, 64.9), (True, 65.0)):
        start, unit = start_of(base, row, TODAY, older=older)
        for factor, expected in ((1.0, "clear"), (1.001, "fires")):
            mg_kg = start * factor if unit == "mg/kg" else start * factor / weight
            amount_mg = mg_kg * weight if unit == "mg/kg" else start * factor
            found = first_dose_state(base, row, mg_kg, frail=False, age_y=age_y, on=TODAY, amount_mg=amount_mg)
            assert found == expected


def test_a_row_for_reference_judges_everything_as_unknown(base: KnowledgeBase) -> None:
    for entry in base.of_kind("dose"):
        if not entry.data["orderable"]:
            assert judge(base, entry.id, weight_kg=70.0, amount_mg=1.0, duration_min=60.0, on=TODAY) == "unknown"


def test_an_order_of_before_says_nothing_of_its_kind_and_is_an_infusion() -> None:
    order = signed(draft())
    assert isinstance(order, Order)
    old = order.model_dump(mode="json", exclude={"kind", "weight_basis"})
    assert TypeAdapter(AnyOrder).validate_python(old | {"signed_at": NOW, "weight_measured_on": TODAY}) == order


def test_a_dose_at_once_is_read_back_as_one() -> None:
    order = signed(at_once("D04"))
    assert isinstance(order, DoseOrder)
    assert TypeAdapter(AnyOrder).validate_json(order.model_dump_json()) == order


# ---- weight and strength -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "earlier", "verdict"),
    [
        (154.3, (Weighed(70.0, TODAY),), "never"),
        (70.0, (Weighed(154.3, TODAY),), "never"),
        (154.3, (Weighed(150.0, TODAY), Weighed(70.0, TODAY)), "never"),
        (75.0, (Weighed(70.0, TODAY),), "ok"),
        (154.3, (), "needs_reason"),
    ],
)
def test_pounds_for_kilograms_are_caught_where_an_earlier_weight_exists(
    weight: float, earlier: tuple[Weighed, ...], verdict: str
) -> None:
    assert draft(weight_kg=weight, earlier_weights=earlier).verdict == verdict


@pytest.mark.parametrize(("days", "expected"), [(30, None), (31, "reason_missing"), (426, "reason_missing")])
def test_an_old_weight_needs_a_reason(days: int, expected: str | None) -> None:
    assert code(signed(draft(weight_measured_on=TODAY - timedelta(days=days)))) == expected


def test_at_a_body_mass_index_of_45_the_milligrams_decide() -> None:
    heavy = {"weight_kg": 130.0, "height_cm": 170.0}
    for text, verdict in (
        ("0.5 mg/kg iv over 40 min", "ok"),
        ("0.75 mg/kg iv over 40 min", "needs_reason"),
        ("0.8 mg/kg iv over 50 min", "needs_second"),
        ("1 mg/kg iv over 60 min", "never"),
    ):
        made = draft(text, **heavy)
        assert made.verdict == verdict
        assert made.mg_kg <= 1.0
        (told,) = [one for one in made.findings if one.rule == "plausibility.mass_index"]
        assert (told.state, told.action) == ("fires", "INFO")


@pytest.mark.parametrize(("route", "row", "strength", "verdict"), [
    ("iv over 40 min", "D01", 50.0, "ok"), ("iv over 40 min", "D01", 50.1, "never"),
    ("im", "D03", 100.0, "ok"), ("im", "D03", 100.1, "never"),
])  # fmt: skip
def test_nothing_is_drawn_stronger_than_the_route_and_the_vials_allow(
    route: str, row: str, strength: float, verdict: str
) -> None:
    assert draft(f"0.5 mg/kg {route}", row=row, concentration_mg_ml=strength).verdict == verdict
