"""What a referral brings into a chart: answers with their source, medicines as text, and nothing taken for "no"."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from norket.knowledge import read
from norket.therapy.care import events as e
from norket.therapy.care.fold import fold
from norket.therapy.care.referred import events_of
from norket.therapy.chart import Status
from norket.therapy.referral.shapes import Answered, Referral, Risk, Someone
from norket.therapy.screening.context import Context
from norket.therapy.screening.screen import screen

BASE = read()
NOW = datetime(2026, 11, 20, 23, 40, tzinfo=UTC)
BORN = date(1980, 1, 1)
QUESTIONS = [one.id for one in BASE.of_kind("question")]
BY_MEDICINE = [one.id for one in BASE.entries if set(one.data.get("when", {})) == {"medicine"}]
STATUSES: list[Status] = ["yes", "no", "unknown"]


def brought(answers: dict[str, Status], medicines: str = "") -> e.Event | Any:
    person = Someone(given_name="Ada", family_name="Glass", birth_date=BORN, contact="x")
    referral = Referral(
        origin="self-check",
        person=person,
        answers=tuple(Answered(question=name, status=status) for name, status in answers.items()),
        medicines=medicines,
        risk=Risk(state="not_known"),
        edition=BASE.edition,
    )
    events = events_of(BASE, UUID(int=1), NOW, referral)
    return fold([e.Recorded(n=n, recorded_at=NOW, by="x", event=one) for n, one in enumerate(events, start=1)])


@given(st.dictionaries(st.sampled_from(QUESTIONS), st.sampled_from(STATUSES)))
def test_every_answer_is_a_line_but_that_a_list_is_whole(answers: dict[str, Status]) -> None:
    lines = {line.item.code: line.item.status for line in brought(answers).lines}
    assert lines == {name: status for name, status in answers.items() if name != "questions.medicines_complete"}


@given(st.text(max_size=300))
def test_typed_medicines_stay_text_and_clear_no_rule_about_medicines(typed: str) -> None:
    care = brought({"questions.medicines_complete": "yes"}, typed)
    assert all(not line.item.code and line.item.status == "yes" for line in care.lines)
    found = screen(care.chart(BORN, "female"), base=BASE, on=NOW.date(), context=Context())
    clear = {one.rule for one in found.findings if one.state == "clear"}
    assert not clear & set(BY_MEDICINE)


def test_there_are_rules_that_ask_for_a_medicine_alone() -> None:
    assert len(BY_MEDICINE) > 5


def test_the_referral_itself_changes_no_line_of_the_chart() -> None:
    care = brought({})
    assert (care.version, care.chart_n, care.lines) == (1, 0, ())
    assert care.referrals[0].event.received_at == NOW
