"""The packaged knowledge base: every figure sourced or owned as a proposal, and every limit shown from both sides."""

import operator
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from norket.knowledge import Entry, read
from norket.knowledge.check import DOSE_LEVELS, DOSE_UNITS, check, is_criterion
from norket.knowledge.reader import PACKAGED

BASE = read()
CRITERIA = [entry for entry in BASE.entries if is_criterion(entry)]
MEASURED = [entry for entry in CRITERIA if entry.data["comparison"] != "is"]
ROWS = tuple(entry for entry in BASE.of_kind("dose") if entry.data["orderable"])
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
TOLERANCE = 1e-9


def by_id(entry: Entry) -> str:
    return entry.id


def test_it_holds_together() -> None:
    assert check(BASE) == []


def test_a_review_that_is_over_is_a_fault() -> None:
    first = min(entry.review_by for entry in BASE.entries)
    assert check(BASE, on=first) == []
    assert any("its review was due by" in fault for fault in check(BASE, on=date(2100, 1, 1)))


def test_every_source_resolves_and_says_how_it_was_read() -> None:
    for entry in BASE.entries:
        for source in entry.sources:
            assert BASE.reference(source.key).read


def test_a_proposal_has_its_derivation_and_waits_for_a_signature() -> None:
    proposals = [entry for entry in BASE.entries if entry.certainty == "D"]
    assert len(proposals) > 50
    assert [entry.id for entry in proposals if entry.policy != "to-be-signed" or not entry.derivation] == []
    assert [entry.id for entry in BASE.entries if entry.certainty != "D" and not entry.sources] == []


def test_nothing_comes_signed() -> None:
    assert [entry.id for entry in BASE.entries if entry.signed_by is not None] == []


def test_nothing_rests_on_memory() -> None:
    assert [entry.id for entry in BASE.entries if entry.certainty == "M"] == []


def test_every_request_cited_is_one_of_the_five_guides() -> None:
    last = {"000": 51, "001": 38, "002": 30, "003": 33, "004": 223}
    for entry in BASE.entries:
        for seed in entry.seeds:
            word, guide, number = seed.split("-")
            assert word == "SEED"
            assert 1 <= int(number) <= last[guide], seed


def test_a_quotation_is_short() -> None:
    quotes = [source.quote for entry in BASE.entries for source in entry.sources]
    assert [quote for quote in quotes if len(quote) > 120] == []


def test_no_data_file_names_a_download_address() -> None:
    for path in PACKAGED.rglob("*.yaml"):
        assert "://" not in path.read_text(encoding="utf-8"), path.name


# ---- dose rows -----------------------------------------------------------------------------------------------------


def test_every_row_of_the_library_is_there_and_these_can_be_ordered() -> None:
    library = {row.data["row"]: row for row in BASE.of_kind("dose")}
    assert set(library) == {f"D{n:02}" for n in range(1, 26)} | {"D12-SC"}
    assert {code: row.data["route"] for code, row in library.items() if row.data["orderable"]} == {
        "D01": "iv", "D02": "sc", "D03": "im", "D04": "intranasal", "D05": "intranasal", "D07": "oral",
        "D08": "sublingual", "D10": "iv", "D11": "iv", "D12": "iv", "D12-SC": "sc", "D14": "iv", "D17": "iv",
        "D19": "iv",
    }  # fmt: skip


def test_a_row_for_reference_says_why_it_is_no_more() -> None:
    why = {row.data["row"]: row.data["not_orderable"] for row in BASE.of_kind("dose") if not row.data["orderable"]}
    assert why == {
        "D06": "hospital", "D09": "compounded", "D13": "not_read", "D15": "stages", "D16": "research",
        "D18": "multi_day", "D20": "multi_day", "D21": "multi_day", "D22": "hospital", "D23": "hospital",
        "D24": "anaesthesia", "D25": "no_limits",
    }  # fmt: skip


def test_ketamine_to_be_swallowed_or_held_under_the_tongue_is_off_until_a_clinic_wants_it() -> None:
    assert {row.data["row"] for row in ROWS if row.data.get("off_by_default")} == {"D07", "D08"}


def test_the_esketamine_spray_goes_in_devices_of_28_mg() -> None:
    for row in ("doses.d04", "doses.d05"):
        device = BASE.figure(row, "device_mg").value
        assert device == 28
        for name in ("start_mg", "start_frail_or_65_mg", "step_mg", "soft_low_mg", "cap_mg", "ceiling_mg"):
            assert BASE.figure(row, name).value % device == 0


def test_every_row_points_to_indications_that_exist() -> None:
    known = {entry.id for entry in BASE.of_kind("indication")}
    assert {one for row in BASE.of_kind("dose") for one in row.data["indications"]} <= known


@pytest.mark.parametrize("unit", DOSE_UNITS)
@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_soft_range_cap_and_ceiling_lie_in_this_order(row: Entry, unit: str) -> None:
    levels = [BASE.figure(row.id, f"{level}_{unit}").value for level in DOSE_LEVELS]
    assert levels == sorted(levels)
    assert levels[0] > 0


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_the_start_lies_in_the_soft_range_and_is_lower_for_the_frail(row: Entry) -> None:
    unit = "mg_kg" if any(value.name == "start_mg_kg" for value in row.values) else "mg"
    low, high = (BASE.figure(row.id, f"soft_{side}_{unit}").value for side in ("low", "high"))
    usual, frail = (BASE.figure(row.id, f"{name}_{unit}").value for name in ("start", "start_frail_or_65"))
    assert low <= frail <= usual <= high
    assert frail < usual or row.data["row"] == "D05"  # the label's own row for those of 65 and over


def test_the_first_depression_dose_is_half_a_milligram_a_kilogram_over_forty_minutes() -> None:
    assert BASE.figure("doses.d01", "start_mg_kg").value == 0.5
    assert BASE.figure("doses.d01", "duration_min").value == 40


def test_the_outpatient_pain_rate_ends_at_one_milligram_a_kilogram_an_hour() -> None:
    assert BASE.figure("doses.d19", "cap_mg_kg_h").value == 1.0
    assert BASE.figure("doses.d19", "ceiling_mg_kg_h").value == 1.0


def test_eighty_milligrams_are_evidence_and_never_a_minimum() -> None:
    assert BASE.entry("doses.d19.evidence").kind == "text"
    assert 80 not in [value.value for value in BASE.entry("doses.d19").values]


def limits(row: Entry) -> dict[str, float]:
    names = [f"{level}_{unit}" for level in DOSE_LEVELS for unit in DOSE_UNITS]
    return {name: BASE.figure(row.id, name).value for name in names}


def verdict(
    limit: Mapping[str, float], form: str, weight_kg: float | None, amount_mg: float, duration_min: float | None
) -> str:
    """What limits say to a dose, computed here alone; a dose at once counts as given within one hour."""
    if weight_kg is None or (duration_min is None and form == "infusion"):
        return "unknown"
    rate = amount_mg if form == "dose" or duration_min is None else amount_mg / duration_min * 60
    sizes = {"mg_kg": amount_mg / weight_kg, "mg": amount_mg, "mg_h": rate, "mg_kg_h": rate / weight_kg}

    def above(level: str) -> bool:
        return any(size > limit[f"{level}_{unit}"] * (1 + TOLERANCE) for unit, size in sizes.items())

    if above("ceiling"):
        return "never"
    if above("cap"):
        return "needs_second"
    below = any(size < limit[f"soft_low_{unit}"] * (1 - TOLERANCE) for unit, size in sizes.items())
    return "needs_reason" if above("soft_high") or below else "ok"


def wrong_cases(row: Entry, limit: Mapping[str, float]) -> list[str]:
    return [case.name for case in row.cases if verdict(limit, row.data["form"], **case.given) != case.expect]


@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_the_cases_of_a_row_follow_from_its_figures(row: Entry) -> None:
    assert wrong_cases(row, limits(row)) == []
    seen = {case.expect for case in row.cases}
    assert seen >= {"ok", "needs_reason", "never", "unknown"}
    one_limit = all(limits(row)[f"cap_{unit}"] == limits(row)[f"ceiling_{unit}"] for unit in DOSE_UNITS)
    assert ("needs_second" in seen) is not one_limit


def moved(row: Entry, name: str, factor: float) -> dict[str, float]:
    """The limits with one of them moved; of a dose at once its rate, which is the dose itself, moves along."""
    limit, level = limits(row), next(x for x in DOSE_LEVELS if name.startswith(x))
    unit = name.removeprefix(f"{level}_").removesuffix("_h")
    names = [f"{level}_{unit}", f"{level}_{unit}_h"] if row.data["form"] == "dose" else [name]
    return limit | {one: limit[one] * factor for one in names}


def is_hidden(row: Entry, name: str) -> bool:
    """Whether a limit that is loosened cannot be seen, because the next level stands at the same figure."""
    after = name.replace("cap_", "ceiling_") if name.startswith("cap_") else name.replace("soft_high_", "cap_")
    return after != name and limits(row)[after] == limits(row)[name]


@pytest.mark.parametrize("name", limits(ROWS[0]))
@pytest.mark.parametrize("row", ROWS, ids=by_id)
def test_every_limit_of_a_row_is_pinned_from_both_sides(row: Entry, name: str) -> None:
    """A limit moved by 3 % either way makes a case wrong, unless the next level at the same place hides it."""
    tighter, looser = (1.03, 0.97) if name.startswith("soft_low") else (0.97, 1.03)
    assert wrong_cases(row, limits(row) | {name: limits(row)[name] * tighter})
    if not is_hidden(row, name):
        assert wrong_cases(row, moved(row, name, looser))


# ---- escalation ----------------------------------------------------------------------------------------------------


def fires(entry: Entry, given: Mapping[str, Any]) -> str:
    """What a criterion says to a case, computed here alone from its figure and its data."""
    data = entry.data
    seen = given[data["channel"]]
    states = ["unknown" if seen is None else _state(COMPARE[data["comparison"]](seen, BASE.figure(entry.id).value))]
    for need in data["needs"]:
        other = given.get(need["channel"])
        states.append("unknown" if other is None else _state(COMPARE[need["comparison"]](other, need["value"])))
    if given.get("for_s", data["for_s"]) < data["for_s"]:
        return "clear"
    late = given.get("min_since_first", 0) > (data["repeat_within_min"] or 0)
    if given.get("readings", data["readings"]) < data["readings"] and not late and "clear" not in states:
        return str(data["on_first"])
    return "clear" if "clear" in states else "unknown" if "unknown" in states else "fires"


def _state(met: bool) -> str:
    return "fires" if met else "clear"


@pytest.mark.parametrize("entry", MEASURED, ids=by_id)
def test_a_measured_criterion_is_shown_on_both_sides_and_unknown(entry: Entry) -> None:
    assert {"fires", "clear", "unknown"} <= {case.expect for case in entry.cases}
    for case in entry.cases:
        assert fires(entry, case.given) == case.expect, case.name


@pytest.mark.parametrize(
    ("id_", "value"),
    [
        ("escalation.t2.sbp_high", 180),
        ("escalation.t2.dbp_high", 110),
        ("escalation.t2.sbp_low", 90),
        ("escalation.t2.hr_low", 45),
        ("escalation.t3.sbp_high", 200),
        ("escalation.t3.dbp_high", 120),
        ("escalation.t3.sbp_low", 80),
        ("escalation.t3.spo2_very_low", 85),
        ("escalation.t3.spo2_low", 88),
        ("escalation.t1.sbp_rise", 150),
    ],
)
def test_the_limits_of_the_clinic_day(id_: str, value: float) -> None:
    assert BASE.figure(id_).value == value


def test_the_relative_rise_counts_systolic_pressure_only() -> None:
    relative = [entry for entry in CRITERIA if any(need.get("of") for need in entry.data["needs"])]
    assert [(entry.id, entry.data["channel"]) for entry in relative] == [("escalation.t1.sbp_rise", "sbp_mmhg")]
    assert relative[0].data["needs"][0]["value"] == BASE.figure("escalation.t1.sbp_rise", "rise_percent").value


def test_what_nobody_acknowledges_goes_further() -> None:
    steps = {
        tier: [BASE.figure(f"escalation.unacknowledged.{tier}", name).value for name in ("first_s", "second_s")]
        for tier in ("t2", "t3")
    }
    assert steps == {"t3": [30, 60], "t2": [120, 300]}


def test_signs_of_a_hypertensive_emergency_are_t3_at_any_pressure() -> None:
    codes = {
        entry.data["code"] for entry in CRITERIA if entry.data["tier"] == "T3" and entry.data["channel"] == "event"
    }
    assert codes >= {
        "chest_pain",
        "breathlessness",
        "severe_headache",
        "visual_change",
        "seizure",
        "confusion",
        "focal_deficit",
        "syncope",
    }


def test_every_cleared_channel_has_a_margin() -> None:
    for channel in ("sbp_mmhg", "dbp_mmhg", "hr_per_min", "spo2_percent", "rr_per_min"):
        assert BASE.figure(f"escalation.clear.{channel}", "margin").value > 0


# ---- recovery, monitoring, start -----------------------------------------------------------------------------------


def test_the_gates_are_those_of_the_clinic_day_in_their_order() -> None:
    gates = [entry for entry in BASE.entries if entry.id.startswith("recovery.gate.")]
    assert [entry.id.removeprefix("recovery.gate.") for entry in sorted(gates, key=lambda e: e.data["order"])] == [
        "time",
        "score",
        "sedation_orientation",
        "blood_pressure",
        "no_open_alert",
        "suicide_risk",
        "cannula",
        "escort",
        "instructions",
    ]
    assert all(entry.data["resolves_by"] for entry in gates)


def test_no_gate_is_met_by_what_is_not_known() -> None:
    for entry in BASE.entries:
        for case in entry.cases:
            if entry.id.startswith("recovery.gate.") and "unknown" in map(str, case.given.values()):
                assert case.expect != "clear" or case.given.get("psychiatric") is False, (entry.id, case.name)


def test_observation_is_two_hours_and_never_below_one() -> None:
    assert BASE.figure("recovery.minimum_observation", "minimum_min").value == 120
    assert BASE.figure("recovery.minimum_observation", "floor_min").value == 60


def test_the_recovery_score_passes_at_nine_of_ten() -> None:
    assert BASE.figure("recovery.aldrete", "pass_mark").value == 9
    items = BASE.entry("recovery.aldrete").data["items"]
    assert (
        BASE.figure("recovery.aldrete", "maximum").value
        == len(items) * BASE.figure("recovery.aldrete", "item_maximum").value
    )
    assert {BASE.entry(f"recovery.aldrete.{item}").data["item"] for item in items} == set(items)


def test_pressure_is_never_more_than_fifteen_minutes_old() -> None:
    interval = {value.name: value.value for value in BASE.entry("monitoring.blood_pressure").values}
    assert interval == {
        "first_interval_min": 5,
        "first_window_min": 15,
        "first_session_window_min": 40,
        "later_interval_min": 10,
        "max_interval_min": 15,
    }
    assert BASE.figure("monitoring.overdue", "pause_prompt_since_last_min").value == 15


def test_a_start_names_what_it_needs() -> None:
    items = [entry.data["item"] for entry in BASE.entries if entry.id.startswith("preflight.")]
    assert set(items) >= {
        "identity",
        "consent",
        "fasting",
        "escort_booked",
        "weight",
        "allergies_checked",
        "baseline",
        "time_out",
    }
    assert len(items) == len(set(items))


def test_the_salt_factor_is_the_ratio_of_the_molar_masses() -> None:
    base, salt, factor = (
        BASE.figure("products.salt_factor", name).value
        for name in ("base_molar_mass", "hydrochloride_molar_mass", "hydrochloride_per_base")
    )
    assert salt / base == pytest.approx(factor, abs=0.001)
    assert BASE.figure("products.ketamine_10", "hydrochloride_mg_ml").value == pytest.approx(10 * factor, abs=0.005)


def test_the_molar_and_the_mass_potency_are_one() -> None:
    molar = next(v for v in BASE.entry("effects.dissociation").values if v.name == "c50_nmol_ml")
    mass = next(v for v in BASE.entry("effects.dissociation").values if v.name == "c50_ng_ml")
    grams = BASE.figure("products.salt_factor", "base_molar_mass").value
    for small, large in ((molar.value, mass.value), (molar.low, mass.low), (molar.high, mass.high)):
        assert small is not None
        assert large == pytest.approx(small * grams, abs=0.5)


@pytest.mark.parametrize(
    ("slope", "entry", "rise"),
    [
        ("sbp_slope", "effects.blood_pressure_slope", ("effects.blood_pressure_course", "sbp_rise_mmhg")),
        ("dbp_slope", "effects.blood_pressure_slope", ("effects.blood_pressure_course", "dbp_rise_mmhg")),
        ("hr_slope", "effects.heart_rate_slope", ("effects.heart_rate_slope", "pooled_hr_rise_per_min")),
    ],
)
def test_a_slope_is_the_observed_rise_over_the_usual_peak(slope: str, entry: str, rise: tuple[str, str]) -> None:
    expected = BASE.figure(*rise).value / BASE.figure(entry, "reference_cmax_ng_ml").value
    assert BASE.figure(entry, slope).value == pytest.approx(expected, abs=0.0006)


def test_reading_again_gives_the_same_edition() -> None:
    assert read(PACKAGED).edition == BASE.edition
