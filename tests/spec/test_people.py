"""People who come to be treated, and what screening finds of each.

Each row is one invented person with every question answered and the list of medicines whole, screened at check-in of a
first infusion for depression outside a hospital unless it says otherwise. What is named is found, what is named as
absent is not, and nothing else blocks, holds or warns: a missing finding and a needless one both fail.
"""

from collections.abc import Iterator

import pytest
from support.charts import BASE, ON
from support.people import Person, person, told
from support.people_body import ages, heart, organs
from support.people_mind import medicines, mind, substances

from norket.therapy.medicines import review
from norket.therapy.medicines.wording import advises_ending
from norket.therapy.screening import screen

# What every check-in asks for, whoever it is: found in the healthy person below, and left out of the rows.
ALWAYS = frozenset({"indications.ind_04", "medicines.med_20", "tests.tst_03"})
LOUD = frozenset({"BLOCK-HARD", "BLOCK", "HOLD", "WARN"})


def people() -> Iterator[Person]:
    yield Person("somebody healthy", person(), {}, absent=frozenset({"SCR-03", "SCR-17", "SCR-20"}))
    yield Person("one question left open", person(answers=told(glaucoma=None)), {"SCR-15": "HOLD?", "SCR-29": "HOLD"})
    for some in (heart, ages, organs, mind, substances, medicines):
        yield from some()


PEOPLE = tuple(people())


def table() -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The rows as the manual shows them."""
    heads = ("who", "blocks, holds or warns", "is to be done", "has nothing against it")
    return heads, [
        (
            one.who,
            ", ".join(f"{code} {action}".replace("?", ", not known") for code, action in sorted(one.finds.items())),
            ", ".join(sorted(one.todo)),
            ", ".join(sorted(one.absent)),
        )
        for one in PEOPLE
    ]


LOUDEST = ("BLOCK-HARD", "BLOCK", "HOLD", "HOLD?", "WARN", "WARN?")


def code(rule: str) -> str:
    return str(BASE.entry(rule).data["code"])


def loud(one: Person) -> dict[str, str]:
    """By the code of its rules, the loudest of what blocks, holds or warns, without what is asked of everybody."""
    found: dict[str, str] = {}
    for finding in screen(one.chart, base=BASE, on=ON, context=one.context).open:
        if finding.action in LOUD and finding.rule not in ALWAYS:
            said = finding.action + ("?" if finding.state == "unknown" else "")
            found[code(finding.rule)] = min(found.get(code(finding.rule), "WARN?"), said, key=LOUDEST.index)
    return found


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_what_is_named_of_a_person_is_found_and_nothing_else_blocks_holds_or_warns(one: Person) -> None:
    assert loud(one) == one.finds


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_what_is_to_be_done_is_found_and_what_is_absent_is_clear(one: Person) -> None:
    findings = screen(one.chart, base=BASE, on=ON, context=one.context).findings
    tasks = {code(finding.rule) for finding in findings if finding.state == "fires" and finding.action == "TASK"}
    assert one.todo <= tasks
    assert all(finding.state == "clear" for finding in findings if code(finding.rule) in one.absent)


def test_every_rule_of_screening_speaks_of_somebody() -> None:
    spoken_of = {code for one in PEOPLE for code in (*one.finds, *one.todo)}
    assert {f"SCR-{number:02}" for number in range(1, 30)} <= spoken_of


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_nobody_is_told_to_end_a_medicine_that_is_dangerous_to_end(one: Person) -> None:
    for line in review(one.chart, base=BASE, on=ON, context=one.context):
        assert not advises_ending(" ".join(line.why), BASE), line.medicine
        assert line.verdict in ("continue", "time_shift", "review", "hold")


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.who)
def test_every_line_of_a_chart_is_understood(one: Person) -> None:
    assert screen(one.chart, base=BASE, on=ON, context=one.context).not_classified == ()
