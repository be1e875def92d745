"""The day of a session, through the real start: what the chart says today holds it, and lets it go again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from support.agreed import signing, text
from support.worlds import NOW, World

from norket.record.care import actions as care
from norket.record.care import consent, day_of, screening
from norket.record.care import queries as care_queries
from norket.record.people.models import Patient, Person
from norket.record.session import actions, queries
from norket.record.session.models import SessionRecord
from norket.site.worlds import charts
from norket.therapy.care.events import Event, LineRecorded
from norket.therapy.chart import OWN, Item
from norket.therapy.finding import Refused
from norket.therapy.screening.override import Clinician
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
RECENT, HEART, LAST_DAY = "screening.scr_05", "screening.scr_07", 42
PRESCRIBER = Clinician(id="p", name="Pia", competences=frozenset({"prescriber"}))
CARDIOLOGIST = Clinician(id="c", name="Cora", competences=frozenset({"cardiologist"}))
THOUGHTS, SOBER = "questions.suicidal_thoughts", "questions.intoxicated_now"
SOBER_RULE = "screening.scr_12"
WHOM = {"contact": "the clinic, 555-0100", "emergency": "112"}
Tell = Callable[..., None]


@pytest.fixture
def patient(world: World) -> Patient:
    """The patient of the checked-in session; nothing stands against them, and the syringe is checked."""
    patient = SessionRecord.objects.get(pk=world.session()).patient
    charts.plant_healthy([patient], Person.objects.get(pk=world.person("nurse")["id"]), NOW)
    _made_ready(world)
    return patient


@pytest.fixture
def tell(patient: Patient) -> Tell:
    """Writes a line of the patient's chart."""

    def told(place: str, code: str, **more: Any) -> None:
        item = Item(system=OWN, code=code, source="letter", **({"status": "yes", "at": NOW} | more))
        event: Event = LineRecorded.model_validate({"place": place, "item": item})
        done = care.record(patient.pk, [event], by="p", now=NOW, command_id=str(uuid4()))
        assert not isinstance(done, Refused)

    return told


def _send(world: World, role: str, now: datetime, **body: Any) -> Any:
    command = COMMAND.validate_python(body)
    version = queries.state(world.session()).version if body["type"] == "start_infusion" else None
    by = world.actor(role)
    return actions.act(world.session(), command, by=by, now=now, command_id=str(uuid4()), expected_version=version)


def _made_ready(world: World) -> None:
    """Drawn up and read from the pump by two people."""
    made, order = world.clinic()["sessions"][0], queries.state(world.session()).order
    assert order is not None
    drawn = {name: made[name] for name in ("product_id", "lot", "concentration_mg_ml", "volume_ml")}
    checker = {
        "drawn_mg": order.amount_mg,
        "diluent": "sodium chloride 0.9 %",
        "checker": world.person("prescriber")["id"],
    }
    pump = {"rate_ml_h": made["rate_ml_h"], "volume_ml": made["volume_ml"], "identifiers": made["identifiers"][:2]}
    for role, body in (
        ("nurse", {"type": "prepare_dose", **drawn, **checker}),
        ("nurse", {"type": "time_out", **pump}),
        ("prescriber", {"type": "time_out", **pump}),
    ):
        done = _send(world, role, NOW, **body)
        assert isinstance(done, actions.Acted), done


def start(world: World, now: datetime = NOW + timedelta(minutes=1)) -> Any:
    """What the start says."""
    made = world.clinic()["sessions"][0]
    names = ("order_id", "product_id", "concentration_mg_ml", "rate_ml_h")
    body = {name: made[name] for name in names} | {"identifiers": made["identifiers"][:2]}
    return _send(world, "nurse", now, type="start_infusion", **body)


def lacks(world: World, now: datetime = NOW + timedelta(minutes=1)) -> set[str]:
    """The rules that hold the start; the page of the session names the same ones."""
    done = start(world, now)
    held = {finding.rule for finding in done.findings} if isinstance(done, Refused) else set()
    if held:
        assert held == {finding.rule for finding in queries.view(world.session(), now).missing}
    return held


def event(tell: Tell, on: date | None) -> None:
    tell("conditions", "conditions.major_cv_event", onset=on)


def test_somebody_against_whom_nothing_stands_starts(world: World, patient: Patient) -> None:
    assert isinstance(start(world), actions.Acted)


@pytest.mark.parametrize("days_ago", [0, 1, LAST_DAY - 1, LAST_DAY])
def test_a_recent_event_holds_the_start_to_its_last_day(world: World, tell: Tell, days_ago: int) -> None:
    event(tell, NOW.date() - timedelta(days=days_ago))
    assert lacks(world) == {RECENT, HEART}


@pytest.mark.parametrize("days_ago", [LAST_DAY + 1, LAST_DAY + 2, 10 * LAST_DAY])
def test_the_day_after_it_lets_go(world: World, tell: Tell, days_ago: int) -> None:
    event(tell, NOW.date() - timedelta(days=days_ago))
    assert lacks(world) == {HEART}


def test_as_days_go_by_it_lets_go_once_and_at_midnight(world: World, tell: Tell) -> None:
    event(tell, NOW.date() - timedelta(days=LAST_DAY - 3))
    midnight = NOW.replace(hour=0) + timedelta(days=4)
    at = [NOW + timedelta(days=day) for day in range(3)]
    at += [midnight - timedelta(minutes=1), midnight, *(midnight + timedelta(days=day) for day in (1, 2, 30))]
    held = [RECENT in lacks(world, now) for now in at]
    assert (held[0], held[3], held[4], held[-1]) == (True, True, False, False)
    assert sum(one != other for one, other in pairwise(held)) == 1


def test_an_event_whose_day_is_not_known_holds(world: World, tell: Tell) -> None:
    event(tell, None)
    assert RECENT in lacks(world)


def test_what_is_learned_after_the_questions_holds_at_once(world: World, tell: Tell) -> None:
    assert RECENT not in {finding.rule for finding in queries.view(world.session(), NOW).missing}
    event(tell, NOW.date())
    assert RECENT in {finding.rule for finding in queries.view(world.session(), NOW).missing}
    assert RECENT in lacks(world)


def test_a_positive_pregnancy_test_holds(world: World, tell: Tell) -> None:
    tell("observations", "observations.pregnancy_test")
    assert "screening.scr_17" in lacks(world)


@pytest.mark.parametrize(("before", "expected"), [("no", "no"), ("yes", "yes"), ("unknown", "unknown")])
def test_that_nothing_is_new_repeats_the_last_answer_of_the_chart(
    world: World, patient: Patient, tell: Tell, before: str, expected: str
) -> None:
    tell("answers", THOUGHTS, status=before, at=NOW - timedelta(days=5))
    assert thoughts(world, patient) == (expected, NOW.date())


def test_thoughts_that_are_new_today_are_an_answer_of_yes_whatever_is_tapped_after(
    world: World, patient: Patient
) -> None:
    for answer in ("no", "yes"):
        _send(world, "nurse", NOW, type="record_preflight", item="suicide_screen", answer=answer)
        assert thoughts(world, patient) == ("yes", NOW.date())


def test_an_answer_that_grew_old_counts_again_once_it_was_asked_again(world: World, patient: Patient) -> None:
    later = NOW + timedelta(days=3)
    assert "screening.scr_29" in lacks(world, later)
    for item in ("suicide_screen", "sober_today", "medicines_unchanged"):
        _send(world, "nurse", later, type="record_preflight", item=item, answer="yes")
    assert "screening.scr_29" not in lacks(world, later + timedelta(minutes=1))


def thoughts(world: World, patient: Patient) -> tuple[str, date]:
    """The newest answer about thoughts of suicide, as the day is judged, and its day."""
    chart = day_of.with_answers(care_queries.chart(patient), queries.state(world.session()), care_queries.zone(patient))
    newest = max((one for one in chart.answers if one.code == THOUGHTS), key=lambda one: one.at)
    return newest.status, newest.at.date()


def gone_on(world: World, patient: Patient, rule: str, now: datetime = NOW) -> Any:
    asked = day_of.asked_today(SessionRecord.objects.get(pk=world.session()), now)
    second = {"second": CARDIOLOGIST, "second_reason": "Seen today"}
    who: dict[str, Any] = {"by": PRESCRIBER, "reason": "Weighed with the patient", **second}
    return screening.go_on(patient, asked, rule, **who, now=now, command_id=str(uuid4()))


def test_nobody_goes_on_against_a_recent_event_outside_a_hospital(world: World, tell: Tell, patient: Patient) -> None:
    event(tell, NOW.date() - timedelta(days=LAST_DAY))
    refused = gone_on(world, patient, RECENT)
    assert isinstance(refused, Refused)
    assert refused.code == "block_hard"
    assert RECENT in lacks(world)


def test_a_decision_to_go_on_lets_go_for_its_day_alone(world: World, tell: Tell, patient: Patient) -> None:
    event(tell, NOW.date() - timedelta(days=LAST_DAY + 1))
    assert lacks(world) == {HEART}
    done = gone_on(world, patient, HEART)
    assert not isinstance(done, Refused), done
    assert HEART in lacks(world, NOW + timedelta(days=1))
    assert isinstance(start(world), actions.Acted)


def test_a_consent_is_void_after_a_sedative(world: World, patient: Patient) -> None:
    order = queries.state(world.session()).order
    assert order is not None
    read = text(NOW, dose_low=order.amount_mg, dose_high=order.amount_mg)
    taken = consent.take(
        patient, read, signing(read), **WHOM, kept_at="", by="n", now=NOW - timedelta(minutes=30), command_id="taken"
    )
    assert not isinstance(taken, Refused)
    assert "preflight.consent" not in {finding.rule for finding in queries.view(world.session(), NOW).missing}
    found: dict[str, Any] = {
        "sedative": True,
        "intoxicated": False,
        "above_usual_dose": False,
        "words": "midazolam at nine",
    }
    done = consent.found_void(patient, taken[0].n, **found, by="n", now=NOW, command_id="void")
    assert not isinstance(done, Refused)
    assert lacks(world) == {"preflight.consent"}


def test_lung_disease_of_the_chart_asks_for_expired_co2_in_the_session(
    world: World, tell: Tell, patient: Patient
) -> None:
    later = NOW + timedelta(minutes=90)  # the baseline of the morning is old by now

    def missing() -> set[str]:
        return {one.rule for one in queries.view(world.session(), later).missing}

    assert "preflight.capnography" not in missing()
    tell("conditions", "conditions.lung_disease")
    assert "preflight.capnography" in missing()
    _send(world, "nurse", later, type="record_vitals", vitals={"etco2_mmhg": 38.0})
    assert "preflight.capnography" not in missing()


def test_what_asks_for_expired_co2_is_kept_with_the_start_that_was_made_under_it(
    world: World, tell: Tell, patient: Patient
) -> None:
    tell("conditions", "conditions.lung_disease")
    world.start()
    assert queries.state(world.session()).capnography_for == ("screening.scr_23",)


def _in_zone(patient: Patient, zone: str) -> Patient:
    """The patient's clinic, moved there."""
    patient.clinic.timezone = zone
    patient.clinic.save()
    return patient


@pytest.mark.parametrize(
    ("zone", "asked_at", "day"),
    [
        ("Pacific/Auckland", datetime(2027, 6, 1, 21, 5, tzinfo=UTC), date(2027, 6, 2)),  # five past nine there
        ("Europe/London", datetime(2027, 6, 1, 22, 59, tzinfo=UTC), date(2027, 6, 1)),
        ("Europe/London", datetime(2027, 6, 1, 23, 0, tzinfo=UTC), date(2027, 6, 2)),  # midnight of summer time
        ("America/Los_Angeles", datetime(2027, 6, 2, 6, 59, tzinfo=UTC), date(2027, 6, 1)),
        ("America/Los_Angeles", datetime(2027, 6, 2, 7, 0, tzinfo=UTC), date(2027, 6, 2)),
    ],
)
def test_what_is_asked_is_of_the_day_that_it_is_in_the_clinic(
    world: World, patient: Patient, tell: Tell, zone: str, asked_at: datetime, day: date
) -> None:
    _in_zone(patient, zone)
    tell("answers", THOUGHTS, status="no", at=asked_at)
    _send(world, "nurse", asked_at, type="record_preflight", item="sober_today", answer="yes")
    local = SessionRecord.objects.get(pk=world.session()).patient
    chart = day_of.with_answers(care_queries.chart(local), queries.state(world.session()), care_queries.zone(local))
    told = {one.code: one.day for one in chart.answers if one.at == asked_at}
    assert told == {THOUGHTS: day, SOBER: day}


@pytest.mark.parametrize(("asked_at", "held"), [(21, False), (10, True)])
def test_an_answer_of_this_morning_is_of_today_also_east_of_greenwich(
    world: World, patient: Patient, asked_at: int, held: bool
) -> None:
    """In Auckland it is 10:40: asked at ten that morning it counts, at eleven the night before not. In UTC both were
    asked on one day."""
    _in_zone(patient, "Pacific/Auckland")
    _send(world, "nurse", NOW.replace(hour=asked_at), type="record_preflight", item="sober_today", answer="yes")
    assert (SOBER_RULE in lacks(world, NOW.replace(hour=21, minute=40))) is held
