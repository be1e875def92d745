"""Cards from the packaged knowledge, for people of every kind: of the shape that the standard asks for."""

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from support.charts import BASE, ON, answers, healthy, measured, medicine, own

from norket.exchange.cds.answer import answer
from norket.exchange.cds.asked import Question
from norket.therapy.chart import Chart, Item

CHARTS = {
    "nothing known": Chart(),
    "healthy": healthy(answers=answers(medicines_complete="yes")),
    "much against it": healthy(
        conditions=tuple(
            own(f"conditions.{name}", onset=ON - timedelta(days=30))
            for name in ("major_cv_event", "bipolar", "active_psychosis", "glaucoma", "raised_icp", "urinary_symptoms")
        ),
        medicines=tuple(medicine(text) for text in ("Vivitrol 380 mg", "tranylcypromine 10 MG", "lorazepam 2 MG")),
        observations=measured(sbp=190, phq9_item9=2),
    ),
    "words of a stranger": healthy(
        conditions=(
            Item(text="<img src=x onerror=alert(1)> [a](http://evil.test) www.evil.test", status="yes", at=ON),
        ),
        medicines=(medicine("**ketamine** <b>lozenge</b> from http://evil.test & ada@evil.test"),),
    ),
}


def cards(chart: Chart) -> list[dict[str, Any]]:
    question = Question("norket-patient-view", "patient-view", "1", chart, (), (), (), {})
    found: list[dict[str, Any]] = answer(question, base=BASE, on=ON, setting=None, origin="https://clinic.example")[
        "cards"
    ]
    return found


@pytest.mark.parametrize("who", CHARTS)
def test_every_card_has_the_fields_lengths_and_addresses_of_the_standard(who: str) -> None:
    found = cards(CHARTS[who])
    assert json.loads(json.dumps({"cards": found}))["cards"] == found
    for card in found:
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]
        assert card["indicator"] in {"info", "warning", "critical"}
        assert UUID(card["uuid"])
        source = card["source"]
        assert source["label"]
        assert urlsplit(source["url"]).scheme == "https"
        assert set(source.get("topic", {"code": 1, "system": 1, "display": 1})) == {"code", "system", "display"}
        for reason in card.get("overrideReasons", ()):
            assert set(reason) == {"code", "system", "display"}
            assert all(reason.values())
        for link in card.get("links", ()):
            assert set(link) == {"label", "url", "type"}
            assert urlsplit(link["url"]).netloc == "doi.org"
    assert len({card["uuid"] for card in found}) == len(found)


@pytest.mark.parametrize("who", CHARTS)
def test_a_block_that_nobody_may_override_offers_no_reason_and_every_other_one_does(who: str) -> None:
    for card in cards(CHARTS[who]):
        if card["summary"].startswith("No ketamine"):
            assert "overrideReasons" not in card
        elif not card["summary"].startswith("Blocked") and "rests on" not in card["summary"]:
            assert card["overrideReasons"]


def test_nothing_that_a_stranger_wrote_becomes_an_element_or_a_link() -> None:
    text = "\n".join(card["detail"] for card in cards(CHARTS["words of a stranger"]))
    assert "evil" in text
    assert "<" not in text.replace("&lt;", "")
    for address in re.findall(r"https?://[^\s)]+", text):
        assert urlsplit(address).netloc == "doi.org"
    assert "www.evil" not in text
    assert "ada@evil" not in text


def test_the_same_chart_is_told_in_the_same_order_with_the_loudest_first() -> None:
    found = cards(CHARTS["much against it"])
    assert found == cards(CHARTS["much against it"])
    loud = [card["indicator"] for card in found if card["source"].get("topic")]
    assert loud == sorted(loud, key=["critical", "warning", "info"].index)
