"""Findings as cards: what they say, how loudly, on whose word, and who may decide otherwise."""

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hospital import ANEURYSM, PATIENT, WEIGHT, asked, small_base

from norket.exchange.cds import draft
from norket.exchange.cds.answer import answer
from norket.exchange.cds.asked import AskedError
from norket.exchange.cds.asked import read as read_question
from norket.exchange.cds.cards import plain
from norket.exchange.cds.services import HOOKS, PREFETCH
from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Setting
from norket.therapy.screening.screen import screen

ON = date(2026, 11, 20)
SERVICE = {hook: id_ for id_, (hook, _, _) in HOOKS.items()}


def cards(
    base: KnowledgeBase, request: dict[str, Any] | None = None, setting: Setting | None = None, **prefetch: Any
) -> list[dict[str, Any]]:
    given = request or asked()
    given["prefetch"] = {"patient": PATIENT, **prefetch}
    question = read_question(SERVICE[given["hook"]], json.dumps(given).encode())
    found = answer(question, base=base, on=ON, setting=setting, origin="https://clinic.example")["cards"]
    assert len({card["uuid"] for card in found}) == len(found)
    for card in found:
        assert set(card) <= {"uuid", "summary", "indicator", "detail", "source", "overrideReasons", "links"}
        assert 0 < len(card["summary"]) < 140
        assert card["indicator"] in {"critical", "warning", "info"}
        assert card["source"]["label"]
        assert card["source"]["url"].startswith("https://")
        assert card["detail"]
        assert card.get("overrideReasons") != []
        assert card.get("links") != []
        for link in card.get("links", ()):
            assert link["type"] == "absolute"
            assert link["url"].startswith("https://doi.org/")
            assert link["label"]
        assert UUID(card["uuid"])
    return found


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources], **more}


def of(found: list[dict[str, Any]], words: str) -> dict[str, Any]:
    return next(card for card in found if words in card["summary"])


def test_each_finding_that_objects_is_one_card_the_loudest_first(base: KnowledgeBase) -> None:
    found = cards(base, conditions=bundle(ANEURYSM))
    assert [(card["indicator"], card["summary"]) for card in found[:5]] == [
        ("critical", "No ketamine: Label of hard"),
        ("critical", "Blocked: Label of block"),
        ("warning", "Take care: Label of old"),
        ("info", "Note: Label of note"),
        ("info", "To do: 2 tests or steps are due before ketamine"),
    ]


def test_a_card_tells_why_how_certain_and_what_would_settle_it(base: KnowledgeBase) -> None:
    detail = of(cards(base, conditions=bundle(ANEURYSM)), "Label of block")["detail"]
    assert "icd10cm I67.1" in detail
    assert "fhir Condition/c1" in detail
    assert "**Certainty:** C, read in a secondary source" in detail
    assert "**Resolved by:** Way out of block." in detail
    assert "**May decide otherwise:** prescriber, together with cardiologist or anaesthetist" in detail
    assert "A test of tests. 2026. https://doi.org/10.1000/test" in detail
    assert "**Figure:** 40 a" in of(cards(base), "Label of old")["detail"]


def test_all_that_is_to_be_done_is_one_card(base: KnowledgeBase) -> None:
    card = of(cards(base), "To do")
    for words in ("Label of task", "Label of step", "Way out of task", "**Certainty:** C", "screening.step"):
        assert words in card["detail"]
    assert [reason["code"] for reason in card["overrideReasons"]] == ["will-be-done", "done-elsewhere"]


def test_a_card_names_its_source_and_its_rule(base: KnowledgeBase) -> None:
    source = of(cards(base), "Label of old")["source"]
    assert source["label"] == "Norket OLD: A test of tests. 2026."
    assert source["url"] == "https://doi.org/10.1000/test"
    assert source["topic"]["code"] == "screening.old"


def test_a_card_links_to_the_sources_that_anybody_can_open(base: KnowledgeBase) -> None:
    (link,) = of(cards(base), "Label of old")["links"]
    assert link == {"label": "A test of tests. 2026.", "url": "https://doi.org/10.1000/test", "type": "absolute"}
    assert "links" not in of(cards(base), "rests on")


def test_reasons_to_go_on_are_those_that_the_rule_allows(base: KnowledgeBase) -> None:
    found = cards(base, conditions=bundle(ANEURYSM))
    assert "overrideReasons" not in of(found, "Label of hard")
    assert "nobody" in of(found, "Label of hard")["detail"]
    assert [reason["code"] for reason in of(found, "Label of block")["overrideReasons"]] == ["resolved", "overridden"]
    assert [reason["code"] for reason in of(found, "Label of old")["overrideReasons"]] == ["seen"]
    for card in found:
        for reason in card.get("overrideReasons", ()):
            assert reason["display"]
            assert reason["system"] == "https://clinic.example/cds-services/override-reasons"


def test_what_was_not_sent_is_unknown_and_said(base: KnowledgeBase) -> None:
    found = cards(base)
    unknown = of(found, "not known")
    assert unknown["indicator"] == "warning"
    assert "Label of hard" in unknown["detail"]
    assert "Way out of hard" in unknown["detail"]
    assert "Not known is never taken for no" in unknown["detail"]
    rests = of(found, "rests on")["detail"]
    assert all(f"- {key}" in rests for key in PREFETCH if key != "patient")


def test_an_empty_list_of_conditions_is_no_answer_either(base: KnowledgeBase) -> None:
    assert "Label of hard" in of(cards(base, conditions=bundle()), "not known")["detail"]
    assert "Label of hard" in of(cards(base, conditions=None), "not known")["detail"]


def test_without_the_patient_the_age_is_unknown(base: KnowledgeBase) -> None:
    found = cards(base, patient=None)
    assert "Label of old" in of(found, "not known")["detail"]
    assert "- patient" in of(found, "rests on")["detail"]


def test_what_did_not_read_and_what_no_rule_knows_is_said(base: KnowledgeBase) -> None:
    other = ANEURYSM | {"id": "c2", "code": {"text": "Sore thumb"}}
    broken = ANEURYSM | {"id": "c3", "code": 7}
    detail = of(cards(base, conditions=bundle(other, broken, link=[{"relation": "next"}])), "rests on")["detail"]
    assert "Sore thumb" in detail
    assert "Condition/c3: 'code' is not an object" in detail
    assert "further pages" in detail


def test_the_cards_say_what_screening_found_and_nothing_else(base: KnowledgeBase) -> None:
    found = cards(base, conditions=bundle(ANEURYSM))
    given = asked(prefetch={"patient": PATIENT, "conditions": bundle(ANEURYSM)})
    chart = read_question(SERVICE["patient-view"], json.dumps(given).encode()).chart
    screening = screen(chart, base=base, on=ON)
    fires = [one for one in screening.findings if one.state == "fires" and one.action != "TASK"]
    assert [card["source"].get("topic", {}).get("code") for card in found][: len(fires)] == [one.rule for one in fires]


def test_words_of_a_record_are_never_markup(base: KnowledgeBase) -> None:
    for card in cards(base, conditions=bundle(ANEURYSM)):
        assert "<" not in card["detail"]


@given(st.text())
def test_plain_words_stay_plain(text: str) -> None:
    shown = plain(text)
    assert "<" not in shown
    assert "\n" not in shown
    assert not shown.startswith(("#", ">", "- ", "* ", "+ ", "="))
    assert "://" not in shown
    assert "@" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see http://evil.test/x", "see http:&#47;/evil.test/x"),
        ("www.evil.test", "www&#46;evil.test"),
        ("mail ada@evil.test", "mail ada&#64;evil.test"),
        ("2. stage", "2\\. stage"),
        ("12) stage", "12\\) stage"),
        ("120/80 on 1.3.", "120/80 on 1.3."),
        ("a & <b>", "a &amp; &lt;b>"),
    ],
)
def test_what_a_reader_of_markdown_would_make_of_words_is_kept_from_happening(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_the_same_call_gives_the_same_cards(base: KnowledgeBase) -> None:
    request = asked()
    assert cards(base, request) == cards(base, request)
    assert {card["uuid"] for card in cards(base)} & {card["uuid"] for card in cards(base)} == set()


# ---- orders

MG = {"system": "http://unitsofmeasure.org", "code": "mg", "unit": "mg"}
VEIN = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}


def order(
    name: str = "ketamine 10 mg/mL injection", amount: float = 35, minutes: float = 40, **more: Any
) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "d1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": name},
        "dosageInstruction": [
            {
                "route": VEIN,
                "timing": {"repeat": {"duration": minutes, "durationUnit": "min"}},
                "doseAndRate": [{"doseQuantity": {"value": amount, **MG}}],
            }
        ],
        **more,
    }


def drafted(*orders: Any, hook: str = "order-sign", **context: Any) -> dict[str, Any]:
    return asked(hook, context={"draftOrders": bundle(*orders), **context})


def read_draft(base: KnowledgeBase, given: dict[str, Any]) -> draft.Draft:
    return draft.read(given, base, {})


def test_the_class_by_which_ketamine_is_known_is_there(base: KnowledgeBase) -> None:
    assert base.entry(draft.KETAMINE).kind == "class"


@pytest.mark.parametrize(
    ("medicine", "drug"),
    [
        ({"text": "Ketamine HCl 50 mg/mL"}, "ketamine"),
        ({"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "6130"}]}, "ketamine"),
        ({"text": "Spravato 28 mg"}, "esketamine"),
        ({"coding": [{"system": "http://www.whocc.no/atc", "code": "N06AX27"}]}, "esketamine"),
        ({"text": "arketamine"}, None),
    ],
)
def test_ketamine_is_known_by_code_and_by_name(base: KnowledgeBase, medicine: Any, drug: str | None) -> None:
    found = read_draft(base, order() | {"medicationCodeableConcept": medicine})
    assert (found.ketamine, found.drug) == (True, drug)


@pytest.mark.parametrize(
    ("route", "read"),
    [
        (VEIN, "iv"),
        ({"text": "Intravenous"}, "iv"),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "46713006"}]}, "intranasal"),
        (
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "code": "PO"}]},
            "oral",
        ),
        ({"text": "through the knee"}, None),
    ],
)
def test_the_route_is_read_or_unknown(base: KnowledgeBase, route: Any, read: str | None) -> None:
    assert read_draft(base, order(dosageInstruction=[{"route": route}])).route == read


def test_two_routes_in_one_order_are_none(base: KnowledgeBase) -> None:
    assert read_draft(base, order(dosageInstruction=[{"route": VEIN}, {"route": {"text": "oral"}}])).route is None


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_an_order_is_screened_for_its_route_and_its_dose_is_read(base: KnowledgeBase, hook: str) -> None:
    found = cards(base, drafted(order(), hook=hook), vitals=bundle(WEIGHT))
    dose = found[0]
    assert dose["indicator"] == "info"
    assert "inside the usual range" in dose["summary"]
    assert "35 mg of ketamine iv over 40 min, 70 kg (2026-11-01)" in dose["detail"]
    assert of(found, "Label of by_vein")["indicator"] == "warning"
    assert not any("Label of esketamine" in card["summary"] for card in found)


@pytest.mark.parametrize(
    ("amount", "indicator", "words"),
    [
        (60, "warning", "outside the usual range"),
        (80, "warning", "above the cap"),
        (350, "critical", "above the ceiling"),
    ],
)
def test_a_dose_is_held_against_the_library(base: KnowledgeBase, amount: float, indicator: str, words: str) -> None:
    dose = cards(base, drafted(order(amount=amount)), vitals=bundle(WEIGHT))[0]
    assert dose["indicator"] == indicator
    assert words in dose["summary"]


def quantity(value: float, code: str) -> dict[str, Any]:
    return {"value": value, "system": "http://unitsofmeasure.org", "code": code}


RATIO = {"numerator": quantity(35, "mg"), "denominator": quantity(40, "min")}


@pytest.mark.parametrize(
    ("dose", "minutes", "read"),
    [
        ({"doseQuantity": quantity(0.5, "mg/kg")}, 40, "35 mg of ketamine iv over 40 min"),
        ({"rateQuantity": quantity(0.5, "mg/kg/h")}, 40, "23.3333 mg of ketamine iv over 40 min"),
        ({"rateQuantity": quantity(52.5, "mg/h")}, 40, "35 mg of ketamine iv over 40 min"),
        ({"doseQuantity": quantity(35, "mg"), "rateQuantity": quantity(52.5, "mg/h")}, None, "over 40 min"),
        ({"rateRatio": RATIO}, 40, "35 mg of ketamine iv over 40 min"),
        ({"doseQuantity": quantity(35, "mg"), "rateRatio": RATIO}, 40, "35 mg of ketamine iv over 40 min"),
    ],
)
def test_an_amount_is_never_taken_for_a_rate(
    base: KnowledgeBase, dose: dict[str, Any], minutes: float | None, read: str
) -> None:
    repeat = {"duration": minutes, "durationUnit": "min"} if minutes else {}
    line = {"route": VEIN, "timing": {"repeat": repeat}, "doseAndRate": [dose]}
    assert read in cards(base, drafted(order(dosageInstruction=[line])), vitals=bundle(WEIGHT))[0]["detail"]


MUSCLE = {"coding": [{"system": "http://snomed.info/sct", "code": "78421000"}]}


@pytest.mark.parametrize(("amount", "indicator"), [(35, "info"), (36, "critical")])
def test_an_injection_into_the_muscle_needs_no_time_and_is_held_against_its_row(
    base: KnowledgeBase, amount: float, indicator: str
) -> None:
    line = {"route": MUSCLE, "doseAndRate": [{"doseQuantity": quantity(amount, "mg")}]}
    card = cards(base, drafted(order(dosageInstruction=[line])), vitals=bundle(WEIGHT))[0]
    assert f"{amount} mg of ketamine im at once" in card["detail"]
    assert card["indicator"] == indicator


@pytest.mark.parametrize(
    ("dose", "why"),
    [
        ({"doseQuantity": quantity(35, "mg"), "rateQuantity": quantity(35, "mg/h")}, "contradicts itself"),
        ({"rateQuantity": quantity(35, "mL/h")}, "lacks a dose"),
        ({"doseQuantity": quantity(1, "{vial}")}, "lacks a dose"),
        ({"doseQuantity": quantity(35, "mg/m2")}, "lacks a dose"),
        ({"doseQuantity": quantity(-35, "mg")}, "lacks a dose"),
        ({"rateQuantity": quantity(0, "mg/h")}, "lacks a dose"),
    ],
)
def test_a_dosage_that_says_no_one_dose_is_not_judged(base: KnowledgeBase, dose: dict[str, Any], why: str) -> None:
    line = order()["dosageInstruction"][0] | {"doseAndRate": [dose]}
    card = cards(base, drafted(order(dosageInstruction=[line])), vitals=bundle(WEIGHT))[0]
    assert "cannot be judged" in card["summary"]
    assert why in card["detail"]


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        (order(), "a measured weight"),
        (
            order(dosageInstruction=[]),
            "the route; it lacks a dose in mg or mg/kg and the time over which it is given",
        ),
        (order(name="arketamine"), "the drug"),
    ],
)
def test_a_dose_that_cannot_be_judged_says_what_is_missing(base: KnowledgeBase, given: Any, lacks: str) -> None:
    dose = cards(base, drafted(given))[0]
    assert dose["indicator"] == "warning"
    assert "cannot be judged" in dose["summary"]
    assert lacks in dose["detail"]


def test_an_order_of_something_else_gets_no_card(base: KnowledgeBase) -> None:
    assert cards(base, drafted(order(name="amoxicillin 500 mg"))) == []
    assert cards(base, drafted()) == []


def test_an_order_without_a_name_is_not_taken_for_something_else(base: KnowledgeBase) -> None:
    unnamed = order() | {"medicationCodeableConcept": {"coding": [{"system": "http://x.test", "code": "1"}]}}
    (card,) = cards(base, drafted(unnamed))
    assert "Nobody can tell" in card["summary"]
    pointing = {key: value for key, value in order().items() if key != "medicationCodeableConcept"}
    pointing["medicationReference"] = {"reference": "Medication/9"}
    assert "Nobody can tell" in cards(base, drafted(pointing))[0]["summary"]
    product = {"resourceType": "Medication", "id": "9", "code": {"text": "ketamine"}}
    assert "Nobody can tell" not in cards(base, drafted(pointing, product))[0]["summary"]


@pytest.mark.parametrize("selected", ["MedicationRequest/d1", "MedicationRequest/d2"])
def test_what_is_ordered_beside_ketamine_counts_as_taken(base: KnowledgeBase, selected: str) -> None:
    other = order(name="diazepam 5 mg tablet") | {"id": "d2"}
    found = cards(base, drafted(order(), other, hook="order-select", selections=[selected]))
    assert "draft MedicationRequest/d2" in of(found, "Label of sedative")["detail"]
    assert not any("Label of sedative" in card["summary"] for card in cards(base, drafted(order())))


@pytest.mark.parametrize("amount", [-5, 1e308])
def test_an_amount_that_nobody_takes_costs_the_dose_and_not_the_answer(base: KnowledgeBase, amount: float) -> None:
    timing = {"repeat": {"frequency": 9, "period": 1, "periodUnit": "s", "duration": 1e308, "durationUnit": "d"}}
    line = {"route": VEIN, "timing": timing, "doseAndRate": [{"doseQuantity": {"value": amount, **MG}}]}
    wrong = [order(name=name) | {"id": name, "dosageInstruction": [line]} for name in ("diazepam", "ketamine")]
    found = cards(base, drafted(*wrong), vitals=bundle(WEIGHT))
    assert of(found, "The dose of this order cannot be judged")
    assert "draft MedicationRequest/diazepam" in of(found, "Label of sedative")["detail"]


def test_two_orders_by_two_routes_are_screened_for_each(base: KnowledgeBase) -> None:
    oral = order() | {"id": "d2", "dosageInstruction": [{"route": {"text": "oral"}}]}
    found = cards(base, drafted(order(), oral))
    assert sum("rests on" in card["summary"] for card in found) == 2


def test_ketamine_that_is_ordered_is_not_ketamine_from_elsewhere(base: KnowledgeBase) -> None:
    given = drafted(order())
    chart = read_question(SERVICE["order-sign"], json.dumps(given).encode()).chart
    assert chart.medicines == ()


# ---- what cannot be answered


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"hook": "order-sign"}, "wrong_hook"),
        ({"hookInstance": ""}, "malformed"),
        ({"hookInstance": 7}, "malformed"),
        ({"context": None}, "malformed"),
        ({"context": {"patientId": ""}}, "malformed"),
        ({"prefetch": []}, "malformed"),
        ({"prefetch": {"patient": 7}}, "malformed"),
        ({"prefetch": {"x": {"resourceType": "Bundle", "entry": 7}}}, "malformed"),
        ({"prefetch": {"x": {"resourceType": "Bundle", "entry": [7]}}}, "prefetch_unreadable"),
        ({"prefetch": {"patient": PATIENT | {"id": "p2"}}}, "other_patient"),
        ({"prefetch": {"patient": PATIENT, "more": bundle(PATIENT | {"gender": "male"})}}, "prefetch_unreadable"),
        ({"prefetch": {"patient": PATIENT | {"gender": 7}}}, "prefetch_unreadable"),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(change: dict[str, Any], code: str) -> None:
    with pytest.raises(AskedError) as error:
        read_question("norket-patient-view", json.dumps(asked() | change).encode())
    assert error.value.code == code
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    "ordered",
    [
        {},
        {"draftOrders": []},
        {"draftOrders": {"resourceType": "Patient"}},
        {"draftOrders": bundle(order() | {"subject": {"reference": "Patient/p2"}})},
    ],
)
def test_an_order_hook_needs_the_orders_of_this_patient(ordered: dict[str, Any]) -> None:
    with pytest.raises(AskedError):
        read_question("norket-order-sign", json.dumps(asked("order-sign", context=ordered)).encode())


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(max_size=5), child, max_size=3),
    max_leaves=6,
)
NAMES = ("resourceType", "medicationCodeableConcept", "dosageInstruction", "subject", "id", "contained")


@given(st.dictionaries(st.sampled_from(NAMES), HOSTILE, min_size=1), st.one_of(HOSTILE, st.just([])))
def test_whatever_is_drafted_gives_cards_or_the_named_error(change: Any, selections: Any) -> None:
    request = drafted(order() | change, selections=selections)
    try:
        question = read_question("norket-order-sign", json.dumps(request).encode())
    except AskedError:
        return
    found = answer(question, base=small_base(), on=ON, setting=None, origin="https://clinic.example")
    assert json.dumps(found)
