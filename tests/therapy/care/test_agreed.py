"""Consents, choices and goals in the ledger of a patient's care: kept, changed by later events, never lost."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from support.agreed import BASE, consent

from norket.record.canonical import canonical
from norket.therapy.care import events as e
from norket.therapy.care.fold import fold
from norket.therapy.consent import withdraw
from norket.therapy.goals import Choice, Goal

NOW = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
SIGNED = e.ConsentSigned(consent=consent(), contact="the clinic", emergency="112")
ENDED = e.ConsentEnded(ended=withdraw(SIGNED.consent, by="somebody", at=NOW))
CHOICE = e.ChoiceRecorded(
    choice=Choice(shown=("alternatives.a", "alternatives.b"), chosen=("alternatives.b",), reason="mine", edition="e")
)


def goal(measure: str = "PHQ-9", **more: object) -> e.GoalSet:
    return e.GoalSet(goal=Goal(measure=measure, baseline=18, target=9, by=date(2027, 6, 1)), **more)


def ledger(*events: e.Event) -> list[e.Recorded]:
    return [e.Recorded(n=n, recorded_at=NOW, by="somebody", event=one) for n, one in enumerate(events, start=1)]


def test_a_consent_and_its_end_stand_beside_each_other() -> None:
    care = fold(ledger(SIGNED, ENDED))
    assert [one.event for one in care.consents] == [SIGNED]
    assert [one.event for one in care.consent_ends] == [ENDED]


def test_what_was_agreed_changes_no_line_of_the_chart() -> None:
    assert fold(ledger(SIGNED, ENDED, CHOICE, goal(), e.GoalDropped(n=4, reason="reached"))).chart_n == 0


def test_the_last_choice_counts_and_the_earlier_ones_stay() -> None:
    other = CHOICE.model_copy(update={"choice": CHOICE.choice.model_copy(update={"reason": "another"})})
    care = fold(ledger(CHOICE, other))
    assert care.choice == other.choice
    assert len(care.choices) == 2
    assert fold([]).choice is None


def test_a_changed_goal_stands_in_the_place_of_the_first_and_a_dropped_one_no_more() -> None:
    care = fold(ledger(goal(), goal("GAD-7"), goal("PHQ-9 again", instead_of=1), e.GoalDropped(n=2, reason="reached")))
    assert [one.n for one in care.goals] == [3]
    assert [one.n for one in care.goal_events] == [4, 3, 2, 1]


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_no_event_of_a_goal_is_ever_lost(drops: list[bool]) -> None:
    events: list[e.Event] = [goal()]
    for n, dropped in enumerate(drops, start=1):
        events.append(e.GoalDropped(n=n, reason="x") if dropped else goal(instead_of=n))
    care = fold(ledger(*events))
    assert [one.event for one in reversed(care.goal_events)] == events
    assert len(care.goals) == (0 if drops[-1] else 1)


def test_events_are_written_and_read_as_they_are() -> None:
    for event in (SIGNED, ENDED, CHOICE, goal(instead_of=1, why="too easy"), e.GoalDropped(n=1, reason="x")):
        assert e.EVENT.validate_json(e.EVENT.dump_json(event)) == event


def test_topics_are_written_in_one_order_whatever_the_set_did() -> None:
    written = canonical(SIGNED.model_dump(mode="json"))
    topics = e.EVENT.validate_json(written).consent.signing.acknowledged  # type: ignore[union-attr]
    assert topics == SIGNED.consent.signing.acknowledged
    assert str(sorted(topics)).replace("'", '"').replace(" ", "") in written
    assert SIGNED.consent.edition == BASE.edition
