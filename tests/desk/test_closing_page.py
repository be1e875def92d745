"""After the door: the record of a session, what holds it, the sheet for home, and the list of what is open."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from support.worlds import World

from norket.record.people.models import Clinic, Person
from norket.record.register import queries as register
from norket.record.session import actions, held, queries
from norket.site.worlds import rescue
from norket.site.worlds.makers import PASSWORD
from norket.therapy.cite import finding
from norket.therapy.consent import faults
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def act(world: World, role: str, minute: float, **body: Any) -> Any:
    done = actions.act(
        world.session(),
        COMMAND.validate_python(body),
        by=world.actor(role),
        now=world.later(minute),
        command_id=f"{body['type']}-{minute}",
    )
    assert not isinstance(done, Refused), done
    return done


def leave(world: World) -> None:
    """Started half an hour ago, left now."""
    world.start(minutes_ago=30)
    act(world, "nurse", -1, type="record_waste", amount_mg=0.0, witness=world.person("prescriber")["id"])
    act(world, "nurse", 0, type="leave_early", cannula_in="no")


def post(client: Client, world: World, what: str, **data: str) -> Any:
    address = f"/sessions/{world.session()}/closing/"
    key = re.search(r'name="command_id" value="([^"]+)"', client.get(address).text)
    assert key
    return client.post(address, {"what": what, "command_id": key[1], **data})


def test_a_session_that_was_left_leaves_tasks_and_an_open_record(world: World, as_role: As) -> None:
    leave(world)
    text = as_role("manager").get("/records/").text
    assert "Welfare call" in text
    assert "Left before discharge" in text


def test_the_outcome_of_the_welfare_call_is_kept_and_a_call_not_answered_stays_open(world: World, as_role: As) -> None:
    leave(world)
    nurse = as_role("nurse")
    assert post(nurse, world, "task", task="welfare_call", outcome="not_reached", detail="no answer").status_code == 302
    assert "Welfare call" in nurse.get("/records/").text
    assert post(nurse, world, "task", task="welfare_call", outcome="done", detail="home, well").status_code == 302
    assert "home, well" in nurse.get(f"/sessions/{world.session()}/closing/").text
    assert queries.state(world.session()).way_out.tasks["welfare_call"].outcome == "done"


def test_a_record_that_is_held_does_not_close_and_says_why(world: World, as_role: As) -> None:
    leave(world)
    answer = post(as_role("nurse"), world, "close")
    assert answer.status_code == 422
    assert "record_held" in answer.text
    assert queries.state(world.session()).way_out.closed is None


def test_only_a_prescriber_signs_and_reviews(world: World, as_role: As) -> None:
    leave(world)
    assert 'id="sign"' not in as_role("nurse").get(f"/sessions/{world.session()}/closing/").text
    assert post(as_role("nurse"), world, "sign").status_code == 422
    assert post(as_role("prescriber"), world, "sign").status_code == 302
    assert post(as_role("prescriber"), world, "review", found="was frightened; stay nearer").status_code == 302
    way = queries.state(world.session()).way_out
    assert way.signed is not None
    assert way.leaving_reviewed is not None


def test_a_form_without_its_words_is_not_sent(world: World, as_role: As) -> None:
    leave(world)
    assert post(as_role("nurse"), world, "task", task="welfare_call", outcome="done", detail="").status_code == 422


def test_the_sheet_for_home_names_the_day_of_driving_and_obeys_the_words_for_patients(
    world: World, as_role: As
) -> None:
    world.start(minutes_ago=30)
    text = as_role("nurse").get(f"/sessions/{world.session()}/home/").text
    sheet = re.sub(r"<[^>]+>", " ", text[text.index("<article") : text.index("</article>")])
    assert "until the next day after a good night" in sheet
    assert "Where the cannula was" in sheet
    assert "Your nose" not in sheet
    assert faults(sheet, queries.base()) == ()


def test_a_session_without_esketamine_owes_no_form(world: World, as_role: As) -> None:
    leave(world)
    assert "No esketamine was given" in as_role("nurse").get(f"/sessions/{world.session()}/form/").text


def test_the_next_session_holds_until_a_prescriber_has_looked(world: World, as_role: As) -> None:
    leave(world)
    patient = queries.state(world.session()).plan
    assert patient is not None
    chair = next(s for s in world.clinic()["sessions"] if s["id"] == str(world.session()))
    again = actions.plan_session(
        queries.SessionRecord.objects.get(pk=world.session()).patient_id,
        None,
        order_id=chair["order_id"],
        nurse_id=None,
        planned_for=world.later(7 * 24 * 60),
        by=world.actor("nurse"),
        now=world.later(1),
    )
    held = {one.rule for one in queries.view(again, world.later(2)).missing}
    assert "recovery.left_unreviewed" in held
    act(world, "prescriber", 3, type="review_leaving", found="spoken with")
    assert "recovery.left_unreviewed" not in {one.rule for one in queries.view(again, world.later(4)).missing}


def closed_with_a_failed_site(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cannula failed, the patient left, and nothing else held the record when it was closed."""
    world.start(minutes_ago=30)
    act(world, "nurse", -20, type="record_site_failed", failure="infiltration")
    act(world, "nurse", 0, type="leave_early", cannula_in="no")
    act(world, "nurse", 1, type="record_gate", gate="suicide_risk_reviewed", answer="yes")
    act(world, "nurse", 1, type="finish_task", task="welfare_call", outcome="done", detail="well")
    act(world, "prescriber", 1, type="review_leaving", found="spoken with")
    clear = finding(queries.base(), "recovery.record.tasks", "clear", "Nothing holds it.")
    with monkeypatch.context() as patched:
        patched.setattr(held, "closing", lambda *_: (clear,))
        act(world, "nurse", 2, type="close_record")


def test_the_look_at_the_site_outlives_the_closing_of_the_record(
    world: World, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_with_a_failed_site(world, monkeypatch)
    nurse, label = as_role("nurse"), "Look at the cannula site again"
    assert queries.state(world.session()).way_out.closed is not None
    text = nurse.get("/records/").text
    assert label in text[: text.index("Open records")]
    assert "Every record is closed" in text
    assert post(nurse, world, "task", task="site_check", outcome="not_reached", detail="no answer").status_code == 302
    assert label in nurse.get("/records/").text
    assert post(nurse, world, "task", task="site_check", outcome="done", detail="no mark").status_code == 302
    assert label not in nurse.get("/records/").text


def test_a_closed_record_without_a_failed_cannula_owes_nothing(world: World, as_role: As) -> None:
    leave(world)
    assert "Look at the cannula site again" not in as_role("nurse").get("/records/").text


def test_an_unasked_question_is_answered_on_the_closing_page(world: World, as_role: As) -> None:
    leave(world)
    nurse, address = as_role("nurse"), f"/sessions/{world.session()}/closing/"
    assert "nobody asked after the dose" in nurse.get(address).text
    assert "Ask about thoughts of suicide" in nurse.get("/records/").text
    assert post(nurse, world, "suicide", answer="", detail="by phone").status_code == 422  # nobody answers by haste
    assert post(nurse, world, "suicide", answer="yes", detail="none, by phone").status_code == 302
    assert "nobody asked after the dose" not in nurse.get(address).text
    assert "Ask about thoughts of suicide" not in nurse.get("/records/").text


def test_the_lot_of_what_was_given_in_haste_is_entered_on_the_closing_page(world: World, as_role: As) -> None:
    clinic = Clinic.objects.get(pk=world.clinic()["id"])
    staff = {"director": "medical_director", "pharmacist": "pharmacist", "nurse": "nurse"}
    rescue.plant(
        {name: Person.objects.get(pk=world.person(role)["id"]) for name, role in staff.items()}, clinic, world.now
    )
    before = register.balance_mg(clinic.pk, "midazolam", rescue.LOT)
    world.start(minutes_ago=30)
    act(world, "nurse", -10, type="give_rescue", drug="midazolam", **{"as": "happened"})
    act(world, "nurse", 0, type="leave_early", cannula_in="no")
    nurse, address = as_role("nurse"), f"/sessions/{world.session()}/closing/"
    n = queries.state(world.session()).rescues[0].n
    assert "Lot and milligrams of midazolam" in nurse.get("/records/").text
    assert 'id="without-lot"' in nurse.get("/register/").text
    told = {"n": str(n), "stock": f"midazolam|{rescue.LOT}", "amount_mg": "2", "wasted_mg": "3"}
    assert post(nurse, world, "lot", **told).status_code == 422  # the waste has no witness
    assert register.balance_mg(clinic.pk, "midazolam", rescue.LOT) == before
    assert post(nurse, world, "lot", **told, witness=world.person("prescriber")["id"]).status_code == 302
    assert register.balance_mg(clinic.pk, "midazolam", rescue.LOT) == before - 5
    assert "Drug register: in order." in nurse.get(address).text
    assert "Lot and milligrams" not in nurse.get("/records/").text
    assert 'id="without-lot"' not in nurse.get("/register/").text
    assert post(nurse, world, "lot", **told, witness=world.person("prescriber")["id"]).status_code == 422


def thrown(world: World) -> str:
    """Drug that the nurse threw away, the prescriber named as the witness; the number of the waste."""
    world.start(minutes_ago=30)
    done = act(world, "nurse", -1, type="record_waste", amount_mg=4.0, witness=world.person("prescriber")["id"])
    return str(done.events[0].n)


def test_the_witness_of_a_waste_signs_with_their_own_password(world: World, as_role: As) -> None:
    n, nurse = thrown(world), as_role("nurse")
    assert "Witness signs: 4 mg of ketamine wasted" in nurse.get(f"/sessions/{world.session()}/closing/").text
    who = world.person("prescriber")["username"]
    for wrong in ({"witness_password": ""}, {"witness_password": "guess"}):
        assert post(nurse, world, "waste", waste=n, witness=who, **wrong).status_code == 422
        assert not queries.state(world.session()).waste_witnessed
    assert post(nurse, world, "waste", waste=n, witness=who, witness_password=PASSWORD).status_code == 302
    assert queries.state(world.session()).wastes[0].signed_by == world.person("prescriber")["id"]
    assert "Witness signs" not in nurse.get(f"/sessions/{world.session()}/closing/").text


def test_whoever_saw_it_signs_when_they_are_signed_in_and_the_maker_does_not(world: World, as_role: As) -> None:
    n = thrown(world)
    address = f"/sessions/{world.session()}/closing/"
    assert "I saw it thrown away" not in as_role("nurse").get(address).text
    assert post(as_role("nurse"), world, "waste", waste=n).status_code == 422
    own = {"witness": world.person("nurse")["username"], "witness_password": PASSWORD}
    assert post(as_role("nurse"), world, "waste", waste=n, **own).status_code == 422
    assert not queries.state(world.session()).waste_witnessed
    assert "I saw it thrown away" in as_role("prescriber").get(address).text
    assert post(as_role("prescriber"), world, "waste", waste=n).status_code == 302
    assert queries.state(world.session()).waste_witnessed


def test_what_is_entered_after_the_end_waits_for_a_prescriber_in_the_list_and_on_the_page(
    world: World, as_role: As
) -> None:
    leave(world)
    n = act(world, "nurse", 30, type="record_event", event="headache", grade=2).events[-1].n
    nurse, doctor, address = as_role("nurse"), as_role("prescriber"), f"/sessions/{world.session()}/closing/"
    assert "entered after the end: headache, grade 2" in nurse.get("/records/").text
    assert f'id="looked-late_{n}"' not in nurse.get(address).text
    look = {"task": f"late_{n}", "outcome": "done", "detail": "rang; mild, took paracetamol"}
    assert post(nurse, world, "task", **look).status_code == 422
    assert f'id="looked-late_{n}"' in doctor.get(address).text
    assert post(doctor, world, "task", **look).status_code == 302
    assert "entered after the end: headache" not in nurse.get("/records/").text
    assert "rang; mild, took paracetamol" in nurse.get(address).text


def test_what_is_added_to_a_closed_record_waits_for_a_prescriber(
    world: World, as_role: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed_with_a_failed_site(world, monkeypatch)
    n = queries.state(world.session()).version
    text = as_role("nurse").get("/records/").text
    assert "entered after the end" not in text
    act(world, "nurse", 60, type="note", text="rang")
    act(world, "nurse", 61, type="finish_task", task="site_check", outcome="done", detail="well")
    assert "entered after the end" not in as_role("nurse").get("/records/").text
    act(world, "nurse", 62, type="record_event", event="headache", grade=2)
    assert "entered after the end: headache, grade 2" in as_role("prescriber").get("/records/").text
    look = {"task": f"late_{queries.state(world.session()).version}", "outcome": "done", "detail": "rang; mild"}
    assert n < queries.state(world.session()).version
    assert post(as_role("prescriber"), world, "task", **look).status_code == 302
    assert "entered after the end: headache" not in as_role("prescriber").get("/records/").text
