"""The report is one page that needs nothing else, and it says what the answer says."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from norket.lab.report import report_html
from norket.lab.run import Run, with_numbers
from norket.lab.store import Store
from norket.lab.svg import band_chart, days_drawn, ticks
from norket.lab.text import answer_text, outside, points
from norket.lab.workers import Alone
from norket.pharmacology.population.reading import read_scenario

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "population" / "six-infusions.yaml").read_text()
VOID = {"meta", "rect", "line", "polygon", "polyline", "path"}


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report") / "run"
    return Run(with_numbers(read_scenario(TEXT), 70, None), Store(folder), Alone(), 2).finish()


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_needs_nothing_from_outside(answer: dict[str, Any]) -> None:
    page = report_html(answer)
    assert re.findall(r"(?:src|href)=|<script|<link|@import|url\(", page) == []


def test_every_tag_is_closed_and_every_output_has_a_picture(answer: dict[str, Any]) -> None:
    outline = Outline()
    outline.feed(report_html(answer))
    assert outline.open == []
    assert outline.seen.count("svg") >= len(answer["outputs"]) + 1


def test_it_shows_chances_sources_warnings_and_versions(answer: dict[str, Any]) -> None:
    page = report_html(answer)
    target = answer["protocols"][0]["targets"][0]
    assert f"{target['probability']:.1%} ({target['low']:.1%} to {target['high']:.1%})" in page
    for one in answer["stated"]:
        assert one["what"] in page
    assert answer["versions"]["norket"] in page
    assert "no order and no advice" in page
    assert len(answer["warnings"]) > 0


def test_it_shows_what_happens_to_doses_and_how_sure_a_difference_is(answer: dict[str, Any]) -> None:
    page = report_html(answer)
    assert "2% of the sessions are missed" in page
    assert "a session ends when systolic pressure is 180 or more at a check, every 10 min" in page
    assert points(answer["comparisons"][0]["targets"][0]) in page


def test_levels_that_somebody_comes_near_are_drawn_with_their_name(answer: dict[str, Any]) -> None:
    output = answer["outputs"][0]
    chart = band_chart(answer, output)
    assert chart.count('class="level"') == 2
    assert "above usual range 250" in chart
    assert "usual range: at least 100" in chart
    far = {**answer["thresholds"][0], "level": 10_000.0}
    assert "10000" not in band_chart({**answer, "thresholds": [far]}, output)


def test_of_many_days_the_first_the_last_and_some_between_are_drawn(answer: dict[str, Any]) -> None:
    assert len(days_drawn(answer)) == 6
    many = [{**one, "sessions_min": [1440.0 * day for day in range(30)]} for one in answer["protocols"]]
    drawn = days_drawn({**answer, "protocols": many})
    assert (len(drawn), drawn[0], drawn[-1]) == (8, 0.0, 29 * 1440.0)


def test_who_is_outside_what_was_studied_is_counted(answer: dict[str, Any]) -> None:
    (weights,) = (one for one in answer["studied"] if one["fact"] == "weight")
    assert 0.1 < weights["outside"] < 0.5
    assert f"{weights['outside']:.1%} are outside the weights that otto_2021 studied (53.6 to 88.3 kg)" in report_html(
        answer
    )
    assert list(outside({"studied": [{**weights, "outside": 0.0}]})) == []


def test_where_models_disagree_the_terminal_says_so(answer: dict[str, Any]) -> None:
    first = answer["protocols"][0]
    target = {**first["targets"][0], "by_model": {"one": 0.9, "other": 0.2}}
    text = answer_text({**answer, "protocols": [{**first, "targets": [target]}], "comparisons": []})
    assert "by model: one 90.0%, other 20.0%" in text


def test_text_of_a_scenario_cannot_become_markup(answer: dict[str, Any]) -> None:
    page = report_html({**answer, "title": "<script>alert(1)</script>", "question": "<img src=x>"})
    assert "<script" not in page
    assert "<img" not in page


def test_the_terminal_gets_the_chances_and_the_comparison(answer: dict[str, Any]) -> None:
    text = answer_text(answer)
    assert "bolus against usual, the same people" in text
    assert points(answer["comparisons"][0]["targets"][0]) in text
    assert f"{answer['protocols'][0]['targets'][0]['probability']:.1%}" in text
    assert max(len(line) for line in text.splitlines()) <= 130


@pytest.mark.parametrize(("top", "last"), [(0, 1), (7, 8), (100, 100), (247, 250), (0.03, 0.03)])
def test_axes_end_at_a_round_number_just_above(top: float, last: float) -> None:
    found = ticks(top)
    assert found[0] == 0
    assert found[-1] == pytest.approx(last)
    assert len(found) <= 7
