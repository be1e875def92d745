"""A consent in the record: taken once, held against what the clinic gave that day, ended, and asked for by others."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.agreed import PLAN, signing, text
from support.worlds import NOW, World

from norket.record.care import actions, consent, queries
from norket.record.people.models import Patient
from norket.record.session import queries as session_queries
from norket.record.session.actions import Acted, act
from norket.record.session.models import SessionRecord
from norket.record.session.queries import state_of
from norket.therapy.care.events import ConsentEnded, ConsentSigned, LineRecorded
from norket.therapy.chart import Item
from norket.therapy.consent import ClinicRate, Scope
from norket.therapy.finding import Refused
from norket.therapy.plan.order import Order
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
WHOM = {"contact": "the clinic, 555-0100", "emergency": "112"}


@pytest.fixture
def patient(world: World) -> Patient:
    """The patient of the checked-in session."""
    return SessionRecord.objects.get(pk=world.session()).patient


def take(patient: Patient, *, later_min: float = 0.0, command_id: str = "", plan: Any = None, **more: Any) -> Any:
    read = text(NOW, **(plan or {}))
    kept_at = more.pop("kept_at", "")
    return consent.take(
        patient,
        read,
        signing(read, **more),
        **WHOM,
        kept_at=kept_at,
        by="nurse-1",
        now=NOW + timedelta(minutes=later_min),
        command_id=command_id or str(uuid4()),
    )


def state(patient: Patient, on: date = TODAY, **plan: Any) -> str:
    return consent.standing(patient, Scope.model_validate(PLAN | plan), on).state


def test_nobody_has_agreed_to_anything_before_they_signed(patient: Patient) -> None:
    assert state(patient) == "fires"
    assert consent.for_order(patient, None, NOW) is None


def test_a_signature_is_kept_whole_and_stands_for_its_plan(patient: Patient) -> None:
    (done,) = take(patient)
    assert isinstance(done.event, ConsentSigned)
    assert done.event.consent.is_exact
    assert done.event.contact == WHOM["contact"]
    assert state(patient) == "clear"
    assert state(patient, route="im") == "fires"
    assert state(patient, TODAY + timedelta(days=365)) == "clear"
    assert state(patient, TODAY + timedelta(days=366)) == "fires"


def test_the_same_command_again_signs_nothing_twice(patient: Patient) -> None:
    first = take(patient, command_id="a")
    assert take(patient, command_id="a", later_min=3) == first
    assert len(queries.care(patient.pk).consents) == 1


@pytest.mark.parametrize("unsound", [{"teach_back": "unknown"}, {"intoxicated": "yes"}, {"stable_sedative": "unknown"}])
def test_what_is_not_sound_is_not_kept(patient: Patient, unsound: dict[str, Any]) -> None:
    refused = take(patient, **unsound)
    assert isinstance(refused, Refused)
    assert queries.care(patient.pk).consents == ()


def test_a_paper_has_a_place_where_it_is_kept(patient: Patient) -> None:
    refused = take(patient, way="paper_scan")
    assert isinstance(refused, Refused)
    assert refused.code == "paper_missing"
    (done,) = take(patient, way="paper_scan", kept_at="cabinet 3, folder 12")
    assert done.event.kept_at == "cabinet 3, folder 12"


def test_nobody_can_say_that_nothing_was_given_when_the_record_knows_better(patient: Patient, world: World) -> None:
    world.start(minutes_ago=10)
    refused = take(patient)
    assert isinstance(refused, Refused)
    assert any("Sedative given by the clinic: yes" in one.why for one in refused.findings)


def test_a_dose_that_is_recorded_late_makes_the_signature_after_it_void(patient: Patient, world: World) -> None:
    take(patient)
    world.start(minutes_ago=10)
    assert state(patient) == "fires"
    (only,) = consent.kept(patient, TODAY)
    assert not only.stands
    assert "sedative given" in only.over
    again = take(patient, later_min=60)
    assert isinstance(again, Refused)
    assert again.code == "too_early"


def test_a_dose_after_the_signature_changes_nothing(patient: Patient, world: World) -> None:
    take(patient, later_min=-30)
    world.start(minutes_ago=10)
    assert state(patient) == "clear"


def test_a_withdrawal_ends_everything_at_once_and_a_later_signature_stands_again(patient: Patient) -> None:
    take(patient)
    take(patient, plan={"route": "im"}, later_min=1)
    done = consent.take_back(patient, by="manager-1", now=NOW + timedelta(minutes=5), command_id="w")
    assert not isinstance(done, Refused)
    assert state(patient) == state(patient, route="im") == "fires"
    assert consent.take_back(patient, by="x", now=NOW + timedelta(minutes=9), command_id="w") == done
    take(patient, later_min=10)
    assert state(patient) == "clear"
    assert len(queries.care(patient.pk).consents) == 3


def test_an_old_withdrawal_sent_again_does_not_pass_for_one_of_what_was_signed_since(patient: Patient) -> None:
    take(patient)
    consent.take_back(patient, by="nurse-1", now=NOW + timedelta(minutes=5), command_id="w")
    take(patient, later_min=10)
    old = consent.take_back(patient, by="nurse-1", now=NOW + timedelta(minutes=15), command_id="w")
    assert isinstance(old, Refused)
    assert old.code == "command_id_reused"
    assert state(patient) == "clear"
    consent.take_back(patient, by="nurse-1", now=NOW + timedelta(minutes=16), command_id="another")
    assert state(patient) == "fires"


def test_whoever_never_signed_here_can_withdraw_as_well(patient: Patient) -> None:
    consent.take_back(patient, by="nurse-1", now=NOW, command_id="w", words="no more")
    (ended,) = queries.care(patient.pk).consent_ends
    assert isinstance(ended.event, ConsentEnded)
    assert ended.event.ended.words == "no more"
    found = consent.for_order(patient, None, NOW)
    assert found is not None
    assert found.state == "fires"


@pytest.mark.parametrize("what", ["sedative", "intoxicated", "above_usual_dose"])
def test_what_comes_to_light_makes_it_void_until_the_next_day(patient: Patient, what: str) -> None:
    (signed,) = take(patient)
    found = dict.fromkeys(("sedative", "intoxicated", "above_usual_dose"), False) | {what: True}
    late: dict[str, Any] = {"words": "the lab called", "by": "n", "now": NOW + timedelta(hours=2), "command_id": "v"}
    done = consent.found_void(patient, signed.n, **found, **late)
    assert not isinstance(done, Refused)
    assert state(patient) == "fires"
    early = take(patient, later_min=180)
    assert isinstance(early, Refused)
    assert early.code == "too_early"
    take(patient, later_min=24 * 60)
    assert state(patient, TODAY + timedelta(days=1)) == "clear"


def test_what_was_found_about_one_consent_sent_again_does_not_pass_for_another(patient: Patient) -> None:
    (first,), (second,) = take(patient), take(patient, plan={"route": "im"}, later_min=1)
    found = {"sedative": False, "intoxicated": True, "above_usual_dose": False, "words": "the lab called"}
    late: dict[str, Any] = {"by": "n", "now": NOW + timedelta(hours=2), "command_id": "v"}
    done = consent.found_void(patient, first.n, **found, **late)
    assert consent.found_void(patient, first.n, **found, **late) == done
    other = consent.found_void(patient, second.n, **found, **late)
    assert isinstance(other, Refused)
    assert other.code == "command_id_reused"


def test_nothing_found_ends_nothing_and_a_consent_that_is_not_there_is_refused(patient: Patient) -> None:
    (signed,) = take(patient)
    none: dict[str, Any] = dict.fromkeys(("sedative", "intoxicated", "above_usual_dose"), False)
    late: dict[str, Any] = {"words": "", "by": "n", "now": NOW, "command_id": "v"}
    for n, code in ((signed.n, "nothing_found"), (signed.n + 7, "consent_not_known")):
        refused = consent.found_void(patient, n, **none, **late)
        assert isinstance(refused, Refused)
        assert refused.code == code


def test_an_order_is_covered_by_drug_route_and_dose(patient: Patient, world: World) -> None:
    order = state_of(SessionRecord.objects.get(pk=world.session())).order
    assert order is not None
    take(patient, plan={"dose_low": order.amount_mg, "dose_high": order.amount_mg})
    found = consent.for_order(patient, order, NOW)
    assert found is not None
    assert found.state == "clear"
    for beyond in ({"amount_mg": order.amount_mg + 0.1}, {"route": "im"}, {"drug": "esketamine"}):
        found = consent.for_order(patient, order.model_copy(update=beyond), NOW)
        assert found is not None
        assert found.state == "fires", beyond


def test_an_order_is_held_against_a_consent_by_weight(patient: Patient, world: World) -> None:
    order = state_of(SessionRecord.objects.get(pk=world.session())).order
    assert order is not None
    take(patient, plan={"dose_unit": "mg/kg", "dose_low": 0.5, "dose_high": 0.5})
    for factor, expected in ((1.0, "clear"), (0.5, "clear"), (1.01, "fires")):
        found = consent.for_order(patient, order.model_copy(update={"amount_mg": order.amount_mg * factor}), NOW)
        assert found is not None
        assert found.state == expected, factor


def test_each_consent_says_why_it_does_not_stand(patient: Patient) -> None:
    take(patient)
    (only,) = consent.kept(patient, TODAY, Scope.model_validate(PLAN | {"setting": "inpatient"}))
    assert (only.over, only.stands) == ("", False)
    assert only.again == ("setting is inpatient, agreed was outpatient",)
    assert consent.kept(patient, TODAY)[0].stands


# ---- what a session asks before it starts ------------------------------------------------------------------------


def asked(world: World) -> Any:
    """What the session page says of consent before the start; None where nothing is missing."""
    view = session_queries.view(world.session(), NOW + timedelta(minutes=1))
    return next((one for one in view.missing if one.rule == "preflight.consent"), None)


def tapped(world: World, answer: str) -> None:
    done = act(
        world.session(),
        COMMAND.validate_python({"type": "record_preflight", "item": "consent", "answer": answer}),
        by=world.actor("nurse"),
        now=NOW,
        command_id=str(uuid4()),
    )
    assert isinstance(done, Acted)


@pytest.fixture
def ordered(patient: Patient, world: World) -> Order:
    """The order of the checked-in session."""
    order = state_of(SessionRecord.objects.get(pk=world.session())).order
    assert order is not None
    return order


def plan_of(order: Order) -> dict[str, Any]:
    return {"dose_low": order.amount_mg, "dose_high": order.amount_mg}


def test_a_start_asks_whoever_has_the_paper_where_the_ledger_knows_of_none(world: World) -> None:
    tapped(world, "unknown")
    assert asked(world).state == "unknown"
    tapped(world, "yes")
    assert asked(world) is None


def test_a_consent_of_the_ledger_answers_without_a_tap(world: World, patient: Patient, ordered: Order) -> None:
    tapped(world, "unknown")
    take(patient, plan=plan_of(ordered))
    assert asked(world) is None


def test_a_no_at_the_chair_counts_whatever_was_signed(world: World, patient: Patient, ordered: Order) -> None:
    take(patient, plan=plan_of(ordered))
    tapped(world, "no")
    assert asked(world).state == "fires"


def test_after_a_withdrawal_no_tap_lets_a_session_start(world: World, patient: Patient, ordered: Order) -> None:
    take(patient, plan=plan_of(ordered))
    consent.take_back(patient, by="nurse-1", now=NOW + timedelta(seconds=30), command_id="w")
    tapped(world, "yes")
    assert (asked(world).state, asked(world).action) == ("fires", "BLOCK")
    assert "withdrawn" in asked(world).why
    board = session_queries.board(NOW + timedelta(minutes=1), patient.clinic_id)
    (card,) = [one for one in board if one.session == str(world.session())]
    assert card.view is not None
    assert any(one.rule == "preflight.consent" for one in card.view.missing)
    refused = act(
        world.session(),
        COMMAND.validate_python(start(world)),
        by=world.actor("nurse"),
        now=NOW + timedelta(minutes=1),
        command_id="start",
        expected_version=session_queries.state(world.session()).version,
    )
    assert isinstance(refused, Refused)
    assert any(one.rule == "preflight.consent" for one in refused.findings)


def test_an_order_above_what_was_agreed_is_held(world: World, patient: Patient, ordered: Order) -> None:
    take(patient, plan={"dose_low": 1.0, "dose_high": ordered.amount_mg - 0.1})
    tapped(world, "yes")
    assert "agreed were at most" in asked(world).why


def start(world: World) -> dict[str, Any]:
    planned = world.clinic()["sessions"][0]
    names = ("order_id", "product_id", "concentration_mg_ml", "rate_ml_h", "volume_ml")
    return {"type": "start_infusion", "identifiers": planned["identifiers"][:2]} | {n: planned[n] for n in names}


# ---- the clinic's own rate ---------------------------------------------------------------------------------------


def scored(patient: Patient, value: float, days: int) -> None:
    item = Item(
        system="loinc", code="44261-6", value=value, unit="score", status="yes", at=TODAY + timedelta(days=days)
    )
    line = LineRecorded(place="observations", item=item)
    actions.record(patient.pk, [line], by="nurse-1", now=NOW, command_id=str(uuid4()))


def test_a_clinic_counts_its_own_patients_once_they_were_treated_long_enough(patient: Patient, world: World) -> None:
    take(patient, later_min=-30)
    assert consent.own_rate(patient, "trd", TODAY + timedelta(days=60)) is None
    world.start(minutes_ago=10)
    scored(patient, 20.0, -1)
    scored(patient, 10.0, 20)
    assert consent.own_rate(patient, "trd", TODAY + timedelta(days=27)) is None
    late = TODAY + timedelta(days=28)
    assert consent.own_rate(patient, "trd", late) == ClinicRate(improved=1, treated=1)
    assert consent.own_rate(patient, "ptsd", late) is None
    other = SessionRecord.objects.get(pk=world.session(0, side=1)).patient
    assert consent.own_rate(other, "trd", late) is None


def test_who_withdrew_is_counted_all_the_same(patient: Patient, world: World) -> None:
    take(patient, later_min=-30)
    world.start(minutes_ago=10)
    consent.take_back(patient, by="nurse-1", now=NOW, command_id="w")
    assert consent.own_rate(patient, "trd", TODAY + timedelta(days=28)) == ClinicRate(improved=0, treated=1)
