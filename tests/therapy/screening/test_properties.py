"""What must hold for every chart: unknown is never clear, and only an answer about the matter makes it so."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.charts import ASKED, BASE, ON, OUTPATIENT, answers, healthy, own

from norket.knowledge.criteria import classes, is_rule, items, leaves, questions, rule_of
from norket.therapy.chart import Chart, Item, MedicineItem, Patient
from norket.therapy.screening import Context, screen
from norket.therapy.screening.compiled import compiled

KNOWN = compiled(BASE)
RULES = {entry.id: rule_of(entry).criterion for entry in BASE.entries if is_rule(entry)}
CONDITIONS = [entry.id for entry in BASE.of_kind("class") if entry.id.startswith("conditions.")]
OBSERVATIONS = [entry.id for entry in BASE.of_kind("class") if entry.id.startswith("observations.")]
MEDICINES = [entry.id for entry in BASE.of_kind("class") if entry.id.startswith("medicine_classes.")]
QUESTIONS = [entry.id for entry in BASE.of_kind("question")]

statuses = st.sampled_from(["yes", "no", "unknown"])
days = st.none() | st.dates(date(2024, 1, 1), date(2027, 4, 1))


def lines(ids: list[str], shape: type[Item] = Item, **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(
        shape,
        system=st.just("norket"),
        code=st.sampled_from(ids),
        status=statuses,
        at=days,
        onset=days,
        ended=days,
        **more,
    )


conditions = lines(CONDITIONS)
observations = lines(OBSERVATIONS, value=st.none() | st.floats(0, 300), unit=st.sampled_from([None, "mm[Hg]", "U/L"]))
medicines = lines(MEDICINES, MedicineItem, last_taken=days, daily_dose=st.none() | st.floats(0, 100))
answered = lines(QUESTIONS)
charts = st.builds(
    Chart,
    patient=st.builds(
        Patient, birth_date=days, sex=st.sampled_from(["female", "male", "unknown"]), pregnancy_potential=statuses
    ),
    conditions=st.lists(conditions, max_size=4).map(tuple),
    medicines=st.lists(medicines, max_size=4).map(tuple),
    observations=st.lists(observations, max_size=4).map(tuple),
    answers=st.lists(answered, max_size=8).map(tuple),
)
contexts = st.builds(
    Context,
    route=st.sampled_from([None, "iv", "oral"]),
    setting=st.sampled_from([None, "inpatient", "outpatient"]),
    day_of=st.sampled_from([None, True, False]),
    indication=st.sampled_from([None, "trd", "aud"]),
)


def states(chart: Chart, context: Context = OUTPATIENT) -> dict[str, str]:
    return {finding.rule: finding.state for finding in screen(chart, base=BASE, on=ON, context=context).findings}


def matter(rule: str) -> set[str]:
    """The questions, classes and classes' questions that a rule is about."""
    named = {*classes(RULES[rule]), *questions(RULES[rule]), *items(RULES[rule])}
    return named | {question for each in named for question in KNOWN.asked_by.get(each, ())} | set(KNOWN.complete)


@settings(max_examples=60, deadline=None)
@given(chart=charts, context=contexts)
def test_any_chart_gives_an_answer_to_every_rule_and_unknown_never_blocks_less_than_hold(
    chart: Chart, context: Context
) -> None:
    for finding in screen(chart, base=BASE, on=ON, context=context).findings:
        rule = rule_of(BASE.entry(finding.rule))
        if finding.state == "unknown" and rule.action in ("BLOCK-HARD", "BLOCK", "HOLD"):
            assert finding.action == "HOLD"


@settings(max_examples=60, deadline=None)
@given(chart=charts, context=contexts, fact=conditions | observations | medicines)
def test_a_fact_that_is_no_answer_never_makes_an_unknown_of_another_matter_clear(
    chart: Chart, context: Context, fact: Item
) -> None:
    members = KNOWN.members(fact, drug=isinstance(fact, MedicineItem)) | {fact.code}
    more = with_line(chart, fact)
    before, after = states(chart, context), states(more, context)
    for rule, state in before.items():
        if state == "unknown" and not members & matter(rule):
            assert after[rule] != "clear"


@settings(max_examples=60, deadline=None)
@given(chart=charts, answer=answered)
def test_an_answer_to_another_question_never_makes_an_unknown_clear(chart: Chart, answer: Item) -> None:
    more = with_line(chart, answer)
    before, after = states(chart), states(more)
    for rule, state in before.items():
        if state == "unknown" and answer.code not in matter(rule):
            assert after[rule] != "clear"


@settings(max_examples=40, deadline=None)
@given(chart=charts, code=st.sampled_from(CONDITIONS))
def test_a_diagnosis_never_clears_what_is_about_its_presence(chart: Chart, code: str) -> None:
    """Adding a present diagnosis moves no rule of screening from unknown or firing to clear."""
    line = Item(system="norket", code=code, status="yes", at=ASKED)
    before, after = states(chart), states(with_line(chart, line))
    for rule, state in before.items():
        negated = any(key == "not" for key in flat(BASE.entry(rule).data["when"]))
        if rule.startswith("screening.") and state != "clear" and not negated:
            assert after[rule] != "clear", rule


@settings(max_examples=25, deadline=None)
@given(
    dropped=st.sets(st.sampled_from([q for q in QUESTIONS if BASE.entry(q).data.get("mandatory") is True]), min_size=1)
)
def test_a_question_that_is_not_answered_leaves_its_rules_open(dropped: set[str]) -> None:
    names = {question.partition(".")[2]: None for question in dropped}
    after = states(healthy(answers=answers(**names)))
    assert after["screening.scr_29"] == "fires"
    for rule, state in after.items():
        if rule.startswith("screening.") and set(questions(RULES[rule])) & dropped and rule != "screening.scr_29":
            assert state != "clear"


@settings(max_examples=30, deadline=None)
@given(chart=charts, later=st.integers(1, 400))
def test_time_alone_clears_nothing_but_what_its_date_decides(chart: Chart, later: int) -> None:
    """As the session moves away, what was not known does not become clear, but for rules on dates and ages."""
    dated = {"ConditionWithin", "Age", "Missing"}
    day = ON + timedelta(days=later)
    before = {f.rule: f.state for f in screen(chart, base=BASE, on=ON, context=OUTPATIENT).findings}
    after = {f.rule: f.state for f in screen(chart, base=BASE, on=day, context=OUTPATIENT).findings}
    future = [i for part in (chart.answers, chart.observations, chart.conditions) for i in part if i.day and i.day > ON]
    for rule, state in before.items():
        kinds = {type(leaf).__name__ for leaf in leaves(RULES[rule])}
        if state == "unknown" and not kinds & dated and not future:
            assert after[rule] != "clear", rule


def with_line(chart: Chart, line: Item) -> Chart:
    part = (
        "answers"
        if line.code.startswith("questions.")
        else "medicines"
        if isinstance(line, MedicineItem)
        else "observations"
        if line.code.startswith("observations.")
        else "conditions"
    )
    return chart.model_copy(update={part: (*getattr(chart, part), line)})


def flat(when: Any) -> list[str]:
    if isinstance(when, dict):
        return [key for name, child in when.items() for key in (name, *flat(child))]
    return [key for child in when for key in flat(child)] if isinstance(when, list) else []


@pytest.mark.parametrize("part", ["conditions", "medicines", "allergies", "observations"])
def test_free_text_never_says_no(part: str) -> None:
    """A line of free text, whatever its status, clears nothing that was open."""
    shape = MedicineItem if part == "medicines" else Item
    before = states(Chart())
    for status in ("yes", "no", "unknown"):
        line = shape(text="something that nobody has classed", status=status, at=ASKED)
        after = states(Chart(**{part: (line,)}))
        assert [rule for rule, state in before.items() if state != "clear" and after[rule] == "clear"] == []


def test_an_answer_about_the_matter_is_what_clears_it() -> None:
    assert states(Chart())["screening.scr_15"] == "unknown"
    assert states(Chart(answers=(own("questions.glaucoma", status="no"),)))["screening.scr_15"] == "clear"
