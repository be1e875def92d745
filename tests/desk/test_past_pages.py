"""The replay and the printed record: there for every session, sending nothing, with every figure of the ledger."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

from norket.record.care import queries as care
from norket.record.session import actions, queries
from norket.site import clock
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.session.events import COMMAND

pytestmark = pytest.mark.django_db


@pytest.fixture
def nurse(world: World, as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: world.later(30))
    return as_role("nurse")


def act(world: World, minutes: float, kind: str, **more: object) -> None:
    command = COMMAND.validate_python({"type": kind, **more})
    done = actions.act(
        world.session(),
        command,
        by=world.actor("nurse"),
        now=world.later(minutes),
        command_id=f"{kind}-{minutes}",
        expected_version=queries.state(world.session()).version,
    )
    assert isinstance(done, actions.Acted), done


@pytest.fixture
def session(world: World) -> str:
    world.start()
    act(world, 5, "record_vitals", vitals={"sbp_mmhg": 131.0, "dbp_mmhg": 84.0})
    act(world, 10, "record_score", score="dissociation", value=4)
    act(world, 20, "stop_infusion")
    return f"/sessions/{world.session()}"


def test_the_replay_offers_no_form_and_no_command(nurse: Client, session: str) -> None:
    page = nurse.get(f"{session}/replay/").content.decode()
    assert "data-command" not in page
    assert "data-tap" not in page
    assert "<form" not in page
    assert "csrfmiddlewaretoken" not in page


def test_the_record_says_what_was_ordered_and_what_was_delivered(nurse: Client, world: World, session: str) -> None:
    page = nurse.get(f"{session}/record/").content.decode()
    delivered = queries.page(world.session(), world.later(30))["delivered_mg"]
    ordered = world.clinic()["sessions"][0]["amount_mg"]
    assert f"{delivered:.1f}".rstrip("0").rstrip(".") + " mg" in page
    assert f"{ordered:.1f}".rstrip("0").rstrip(".") + " mg" in page
    assert "not accounted for" in page


def test_the_record_draws_pressure_curve_and_pump_as_vectors(nurse: Client, session: str) -> None:
    page = nurse.get(f"{session}/record/").content.decode()
    picture = page[page.index("<svg viewBox") :]
    for part in ('class="pressure"', 'class="ketamine"', 'class="norketamine"', 'class="block"', "diss 4"):
        assert part in picture
    assert "<canvas" not in page


def test_the_record_names_who_did_what_and_with_which_models(nurse: Client, world: World, session: str) -> None:
    page = nurse.get(f"{session}/record/").content.decode()
    assert world.actor("nurse").name in page
    assert "Kamp 2020" in page
    assert re.search(r"infusion stopped after [\d.]+ mg", page)


def test_a_session_that_never_ran_has_a_record_too(nurse: Client, world: World) -> None:
    page = nurse.get(f"/sessions/{world.session(1)}/record/")
    assert page.status_code == 200
    assert b"not over yet" in page.content


def test_words_in_a_note_are_no_markup(nurse: Client, world: World, session: str) -> None:
    act(world, 21, "note", text="<script>alert(1)</script>")
    assert "<script>alert(1)" not in nurse.get(f"{session}/record/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("therapist", 200), ("nurse", 200), ("manager", 403), ("auditor", 403)])
def test_the_quiet_view_is_for_clinical_people(
    as_role: Callable[..., Client], session: str, role: str, status: int
) -> None:
    assert as_role(role).get(f"{session}/quiet/").status_code == status


def test_the_quiet_view_shows_no_vital_sign_and_offers_no_order(as_role: Callable[..., Client], session: str) -> None:
    page = as_role("therapist").get(f"{session}/quiet/").content.decode()
    frame = page[page.index("<main") : page.index("</main>")]
    for word in ("mmHg", "SpO₂", "/min", "mL/h", "131", "data-command"):
        assert word not in frame
    assert "Call help" in frame
    assert "Flag to the prescriber" in frame


def test_who_is_not_signed_in_sees_neither(nurse: Client, session: str) -> None:
    assert Client().get(f"{session}/record/").status_code in {302, 403}
    assert Client().get(f"{session}/replay/").status_code in {302, 403}


@pytest.mark.parametrize(("text", "warned"), [("clarithromycin", True), ("paracetamol", False)])
def test_the_record_and_the_replay_warn_of_a_medicine_that_their_curve_does_not_know(
    nurse: Client, world: World, session: str, monkeypatch: pytest.MonkeyPatch, text: str, warned: bool
) -> None:
    chart = Chart(medicines=(MedicineItem.model_validate({"text": text, "status": "yes"}),))
    monkeypatch.setattr(care, "chart", lambda *_: chart)
    said = "is in the chart, and this curve does not know it"
    assert (said in nurse.get(f"{session}/record/").content.decode()) is warned
    at = world.later(10).isoformat()
    told = nurse.get(f"/api/v1{session}/at/prediction", {"instant": at}).json()
    assert any(said in one for one in told["warnings"]) is warned
