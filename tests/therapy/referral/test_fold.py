"""How a referral stands, and what may still happen to it."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from norket.therapy.finding import Refused
from norket.therapy.referral import events as e
from norket.therapy.referral.fold import Standing, fold, refusal
from norket.therapy.referral.shapes import Referral, Risk, RiskState, Someone

NOW = datetime(2026, 11, 20, 23, 40, tzinfo=UTC)
ENDINGS = (e.Declined(reason="far away", instead="the clinic in town"), e.Duplicate(of="the one of Monday"))
ACCEPTED = e.Accepted(patient=UUID(int=1), known_before=False)
SPOKEN = e.Spoken(reached=False, note="no answer, crisis team told")


def standing(*later: e.Event, risk: RiskState = "not_said") -> Standing:
    person = Someone(given_name="Ada", family_name="Glass", birth_date=date(1980, 1, 1), contact="ada at home")
    referral = Referral(origin="self-check", person=person, risk=Risk(state=risk), edition="e")
    every = (e.Received(referral=referral), *later)
    return fold([e.Recorded(n=n, recorded_at=NOW, by="x", event=one) for n, one in enumerate(every, start=1)])


def test_it_is_new_until_somebody_has_looked() -> None:
    assert (standing().state, standing().seen) == ("new", None)
    seen = standing(e.Seen())
    assert (seen.state, seen.is_open) == ("seen", True)
    assert seen.seen is not None
    assert standing(SPOKEN).state == "seen"


def test_an_accepted_one_names_its_patient() -> None:
    done = standing(e.Seen(), ACCEPTED)
    assert (done.state, done.is_open, done.patient) == ("accepted", False, UUID(int=1))
    assert standing().patient is None


@pytest.mark.parametrize("event", [e.Seen(), SPOKEN, ACCEPTED, *ENDINGS])
def test_nothing_happens_to_a_closed_one(event: e.Event) -> None:
    refused = refusal(standing(e.Seen(), ENDINGS[0]), event)
    assert isinstance(refused, Refused)
    assert refused.code == "referral_closed"


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda one: one.type)
def test_where_danger_was_heard_nobody_is_turned_away_before_somebody_tried_to_speak(ending: e.Event) -> None:
    refused = refusal(standing(e.Seen(), risk="said"), ending)
    assert isinstance(refused, Refused)
    assert refused.code == "speak_first"
    assert refusal(standing(SPOKEN, risk="said"), ending) is None
    assert refusal(standing(e.Seen(), risk="not_known"), ending) is None


def test_a_person_in_danger_can_be_taken_at_once() -> None:
    assert refusal(standing(risk="said"), ACCEPTED) is None


def test_a_ledger_without_its_beginning_is_none() -> None:
    with pytest.raises(ValueError, match="begins with"):
        fold([e.Recorded(n=1, recorded_at=NOW, by="x", event=e.Seen())])
