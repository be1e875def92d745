"""What is stored in an entry is said in words: nothing stays hidden, and a rule can be read by whoever signs it."""

import pytest

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.criteria import classes, is_rule, items, questions, rule_of
from norket.knowledge.parts import HIDDEN, OWN, parts
from norket.knowledge.spoken import criterion_lines, name_of, shown

BASE = knowledge.read()
RULES = [entry for entry in BASE.entries if is_rule(entry)]


def by_id(entry: Entry) -> str:
    return entry.id


def text(entry: Entry) -> str:
    return " ".join(
        " ".join([part.title, *part.heads, *(" ".join(row) for row in part.rows)]) for part in parts(entry, BASE)
    )


@pytest.mark.parametrize("rule", RULES, ids=by_id)
def test_a_rule_names_everything_that_it_looks_at_and_every_figure_that_decides(rule: Entry) -> None:
    said = " ".join(line for _, line in criterion_lines(rule, BASE))
    criterion = rule_of(rule).criterion
    for name in (*classes(criterion), *questions(criterion), *items(criterion)):
        assert name_of(BASE, name) in said
    named = str(rule.data["when"])
    for value in rule.values:
        if f"'@{value.name}'" in named:
            assert shown(value) in said, value.name
    assert "@" not in said


def test_a_criterion_shows_how_its_parts_belong_together() -> None:
    found = criterion_lines(BASE.entry("screening.scr_25"), BASE)
    assert found[0] == (0, "any of these:")
    assert {depth for depth, _ in found[1:]} == {1}


def test_nothing_that_is_stored_stays_hidden() -> None:
    for entry in BASE.entries:
        said = text(entry).lower()
        own = OWN[entry.kind][0] if entry.kind in OWN else frozenset()
        for name, value in entry.data.items():
            if name not in HIDDEN | own and value not in (None, "", [], {}):
                assert name.replace("_", " ") in said, (entry.id, name)


def test_every_part_has_rows_of_one_width() -> None:
    for entry in BASE.entries:
        for part in parts(entry, BASE):
            widths = {len(row) for row in part.rows}
            assert len(widths) == 1, (entry.id, part.title)
            assert part.heads == () or widths == {len(part.heads)}


def test_an_entry_without_a_criterion_gives_no_lines() -> None:
    assert criterion_lines(BASE.entry("doses.d01"), BASE) == ()
    assert name_of(BASE, "nothing.of.this.name") == "nothing.of.this.name"
