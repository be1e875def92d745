"""The consent document: made from the base for one plan, the same every time, and saying what patients must read."""

from datetime import date
from hashlib import sha256
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from norket import knowledge
from norket.knowledge import KnowledgeError
from norket.knowledge.criteria import Drug, Route, Setting
from norket.therapy.assessment import indications
from norket.therapy.consent import ClinicRate, Document, Scope, document, faults, left_out

BASE = knowledge.read()
ON = date(2027, 3, 1)
KEYS = [row.keys[0] for row in indications(BASE) if row.offered]


def scope(**more: Any) -> Scope:
    plan: dict[str, Any] = {
        "indication": "trd",
        "drug": "ketamine",
        "route": "iv",
        "setting": "outpatient",
        "jurisdiction": "US",
        "dose_low": 20,
        "dose_high": 60,
        "dose_unit": "mg",
    }
    return Scope.model_validate(plan | more)


def made(rate: ClinicRate | None = None, **more: Any) -> Document:
    return document(BASE, scope(**more), on=ON, contact="the clinic, 555-0100", emergency="112", clinic_rate=rate)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("drug", get_args(Drug))
@pytest.mark.parametrize("jurisdiction", ["US", "EU", "AU", "NZ"])
def test_every_document_says_what_it_must_and_nothing_that_it_must_not(key: str, drug: str, jurisdiction: str) -> None:
    text = made(indication=key, drug=drug, jurisdiction=jurisdiction)
    assert left_out(text.text, BASE, label=text.label) == ()
    assert faults(text.text, BASE) == ()


@pytest.mark.parametrize("route", get_args(Route))
@pytest.mark.parametrize("setting", get_args(Setting))
def test_route_and_place_are_named_in_plain_words(route: str, setting: str) -> None:
    text = made(route=route, setting=setting).text
    words = BASE.entry("consent.words").data
    assert words["route"][route] in text
    assert words["setting"][setting] in text
    assert "{" not in text


def test_the_off_label_words_stand_where_the_use_is_not_known_to_be_approved() -> None:
    assert "off_label" in made(drug="ketamine").topics
    assert "off_label" in made(drug="esketamine", jurisdiction="NZ").topics
    approved = made(drug="esketamine", jurisdiction="US")
    assert "on_label" in approved.topics
    assert "off_label" not in approved.topics


def test_the_clinics_own_rate_is_a_count_of_a_count_or_the_words_that_there_is_none() -> None:
    assert "In this clinic 12 of 31 people" in made(ClinicRate(improved=12, treated=31)).text
    assert "This clinic has no figures of its own yet." in made().text
    for improved, treated in ((2, 1), (0, 0), (-1, 5)):
        with pytest.raises(ValidationError):
            ClinicRate(improved=improved, treated=treated)


def test_the_pooled_rate_comes_from_the_base() -> None:
    text = made().text
    assert f"about {BASE.figure('consent.rates', 'response').value:g} in 100" in text
    assert f"{BASE.figure('consent.rates', 'remission').value:g} in 100 were free" in text


def test_the_hash_is_of_the_exact_text_and_the_same_plan_gives_the_same_text() -> None:
    one, again, other = made(), made(), made(dose_high=61)
    assert one == again
    assert one.sha256 == sha256(one.text.encode()).hexdigest()
    assert one.sha256 != other.sha256
    assert one.version.startswith("2027-03-01-")


def test_every_topic_stands_once_and_in_order() -> None:
    topics = made().topics
    assert len(topics) == len(set(topics))
    assert {"off_label", "benefit", "not_a_cure", "bladder", "liver", "memory", "dependence"} <= set(topics)
    assert {"alternatives", "cost", "data", "stop", "driving", "escort", "medicines"} <= set(topics)
    assert topics[0] == "what"


@pytest.mark.parametrize("key", ["anaesthesia", "tinnitus"])
def test_there_is_no_document_for_what_is_not_offered(key: str) -> None:
    with pytest.raises(KnowledgeError):
        made(indication=key)


def test_a_document_without_anybody_to_call_is_not_made() -> None:
    with pytest.raises(ValueError, match="whom to call"):
        document(BASE, scope(), on=ON, contact=" ", emergency="112")


@pytest.mark.parametrize("broken", [{"dose_low": 61}, {"dose_high": float("nan")}, {"dose_low": 0}, {"route": "iv "}])
def test_a_plan_that_is_not_whole_is_no_scope(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        scope(**broken)
