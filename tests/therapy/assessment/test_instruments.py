"""Questionnaires are scored strictly: nothing is filled in or guessed, and every cut is shown from both sides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket import knowledge
from norket.knowledge import Entry
from norket.knowledge.entry import Case
from norket.knowledge.instrument_check import named_figures
from norket.therapy.assessment.instruments import Change, Scored, change, entered, instrument, instruments, score
from norket.therapy.finding import Refused

BASE = knowledge.read()
FORMS = instruments(BASE)
ENTRIES = BASE.of_kind("instrument")
CASES = [(entry, case) for entry in ENTRIES for case in entry.cases]
SUMS = [form for form in FORMS if form.method == "items" and form.rules["scoring"]["rule"] in ("sum", "mean")]
TOTALS = [form for form in FORMS if form.method == "total"]
TOLERANCE = 0.05


def answers(entry: Entry, given_: dict[str, Any]) -> dict[str, float | None]:
    counted = [item for item in instrument(BASE, entry.id).items if item.counted]
    every = {item.code: given_["all"] for item in counted} if "all" in given_ else {}
    return every | given_.get("answers", {})


def scored(entry: Entry, given_: dict[str, Any]) -> Scored | Refused:
    if "entered" in given_:
        return entered(BASE, entry.id, given_["entered"])
    return score(BASE, entry.id, answers(entry, given_), sex=given_.get("sex"))


def seen(result: Scored | Change, name: str) -> Any:
    found = getattr(result, name)
    return [flag.code for flag in found] if name == "flags" else found


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, int | float) and not isinstance(expected, bool) and found is not None:
        return bool(found == pytest.approx(expected, abs=TOLERANCE))
    return bool(found == expected)


def wrong(entry: Entry, case: Case) -> dict[str, Any]:
    """What a case expects and does not get."""
    result = scored(entry, case.given)
    if isinstance(result, Refused) or "refused" in case.expect:
        code = result.code if isinstance(result, Refused) else None
        return {} if code == case.expect.get("refused") else {"refused": code}
    expected = {name: value for name, value in case.expect.items() if name != "change"}
    missed = {name: seen(result, name) for name, value in expected.items() if not same(seen(result, name), value)}
    if "change" not in case.expect:
        return missed
    baseline = scored(entry, case.given["baseline"])
    assert isinstance(baseline, Scored)
    against = change(BASE, result, baseline)
    assert isinstance(against, Change)
    wanted = case.expect["change"]
    return missed | {name: seen(against, name) for name in wanted if not same(seen(against, name), wanted[name])}


@pytest.mark.parametrize(("entry", "case"), CASES, ids=[f"{e.id[12:]}: {c.name}" for e, c in CASES])
def test_a_form_answers_its_cases(entry: Entry, case: Case) -> None:
    assert wrong(entry, case) == {}


# ---- no figure can be wrong unnoticed ------------------------------------------------------------------------------

NAMED = sorted({(entry.id, name) for entry in ENTRIES for name in named_figures(entry.data)})


def moved(of: Entry, name: str, by: float) -> knowledge.KnowledgeBase:
    """The base with one figure of one entry moved."""
    values = tuple(
        value.model_copy(update={"value": (value.value or 0) + by, "low": None, "high": None})
        if value.name == name
        else value
        for value in of.values
    )
    changed = of.model_copy(update={"values": values})
    entries = tuple(changed if each.id == of.id else each for each in BASE.entries)
    return knowledge.KnowledgeBase(BASE.edition, entries, BASE.references, BASE.files)


def steps(form: str, unit: str, figure: float) -> tuple[float, float]:
    """How far a figure is moved: a percentage by a fifth of itself, else by a point, half of one where means count."""
    size = figure / 5 if unit == "%" else 1.0 if instrument(BASE, form).whole else 0.5
    return -size, size


@pytest.mark.parametrize(("form", "named"), NAMED, ids=lambda one: one.removeprefix("instruments."))
def test_no_figure_that_a_form_decides_by_can_be_moved_unnoticed(
    form: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _, name = named.rpartition(":")
    holder = BASE.entry(other or form)
    figure = BASE.figure(holder.id, name)
    for by in steps(form, figure.unit, figure.value):
        monkeypatch.setitem(globals(), "BASE", moved(holder, name, by))
        assert [case.name for case in BASE.entry(form).cases if wrong(BASE.entry(form), case)], f"{by:+g}"
        monkeypatch.undo()


# ---- what holds for any answers ------------------------------------------------------------------------------------


@given(st.data())
def test_a_total_stays_in_its_range_and_grows_with_every_answer(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(SUMS))
    every = [item for item in form.items if item.counted or not item.optional]
    drawn = {item.code: data.draw(st.integers(int(item.low), int(item.high))) for item in every}
    drawn |= {item.code: 1 for item in every if not item.counted}  # the gate stands open
    first = score(BASE, form.id, drawn)
    assert isinstance(first, Scored)
    assert first.total is not None
    assert form.low is not None
    assert form.high is not None
    assert form.low <= first.total <= form.high
    raised = next((item for item in every if item.counted and drawn[item.code] < item.high), None)
    if raised is not None:
        more = score(BASE, form.id, drawn | {raised.code: drawn[raised.code] + 1})
        assert isinstance(more, Scored)
        assert more.total is not None
        assert more.total > first.total


@given(st.data())
def test_an_answer_that_is_missing_never_counts_as_zero(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from([each for each in FORMS if each.method == "items"]))
    every = {item.code: int(item.high) for item in form.items if item.counted and item.after is None}
    every |= {item.code: 1 for item in form.items if not item.counted and not item.optional}
    every |= {item.code: int(item.high) for item in form.items if item.after is not None}
    whole = score(BASE, form.id, every)
    assert isinstance(whole, Scored)
    left_out = data.draw(st.sampled_from(sorted(code for code in every if form.item(code).counted)))  # type: ignore[union-attr]
    result = score(BASE, form.id, {code: value for code, value in every.items() if code != left_out})
    if isinstance(result, Refused):
        assert result.code in ("missing_item", "not_asked")
        assert left_out in result.why or result.code == "not_asked"
    else:
        assert result.prorated
        assert result.total == whole.total


@given(st.one_of(st.just(float("nan")), st.just(float("inf")), st.booleans(), st.text(max_size=3), st.just(0.5)))
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    for form in FORMS:
        if form.method == "items":
            refused = score(BASE, form.id, {form.items[0].code: value})
            assert isinstance(refused, Refused)
            assert refused.code == "not_a_number"
    for form in TOTALS:
        if value != 0.5:
            refused = entered(BASE, form.id, value)
            assert isinstance(refused, Refused)
            assert refused.code == "not_a_number"


@given(st.data())
def test_a_total_that_is_entered_is_labelled_so_and_kept_in_its_range(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(TOTALS))
    assert form.low is not None
    assert form.high is not None
    total = data.draw(st.integers(int(form.low) - 5, int(form.high) + 5))
    result = entered(BASE, form.id, total)
    if form.low <= total <= form.high:
        assert isinstance(result, Scored)
        assert (result.method, result.total, result.answers) == ("entered", total, {})
    else:
        assert isinstance(result, Refused)
        assert result.code == "out_of_range"


def test_a_form_whose_answers_are_taken_is_never_entered_as_a_total() -> None:
    for form in FORMS:
        if form.method == "items":
            refused = entered(BASE, form.id, 1)
            assert isinstance(refused, Refused)
            assert refused.code == "entered_not_allowed"


def test_a_score_survives_as_json() -> None:
    result = score(BASE, "phq_9", {str(number): 1 for number in range(1, 10)})
    assert isinstance(result, Scored)
    assert Scored.model_validate_json(result.model_dump_json()) == result


def test_a_change_needs_a_baseline_of_the_same_form() -> None:
    phq = score(BASE, "phq_9", {str(number): 1 for number in range(1, 10)})
    gad = score(BASE, "gad_7", {str(number): 1 for number in range(1, 8)})
    assert isinstance(phq, Scored)
    assert isinstance(gad, Scored)
    for baseline, code in ((None, "no_baseline"), (gad, "other_instrument")):
        refused = change(BASE, phq, baseline)
        assert isinstance(refused, Refused)
        assert refused.code == code


def test_a_form_that_does_not_exist_is_an_error() -> None:
    for name in ("phq_10", "screening.scr_01"):
        with pytest.raises(knowledge.KnowledgeError):
            instrument(BASE, name)
