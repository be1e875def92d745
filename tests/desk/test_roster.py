"""The roster of an evacuation: plain forms, one tap, and it says who is still missing."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

from norket.record.session import queries

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
TAP = {"command_id": "11111111-1111-4111-8111-111111111111"}


def shown(client: Client) -> str:
    return client.get("/roster/").content.decode()


def test_one_tap_marks_every_chair_and_opens_the_roster(world: World, as_role: As) -> None:
    world.start()
    manager = as_role("manager")
    assert "Evacuate: mark every chair" in shown(manager)
    assert manager.post("/roster/evacuate/", TAP)["Location"] == "/roster/"
    text = shown(manager)
    assert "1 patient is not accounted for" in text
    assert "was running: stop it" in text
    assert f"{world.clinic()['canary']}-1" in text
    assert f"{world.clinic(1)['canary']}-1" not in text


def test_a_patient_who_was_seen_is_marked_and_the_evacuation_ends(world: World, as_role: As) -> None:
    nurse = as_role("nurse")
    nurse.post("/roster/evacuate/", TAP)
    nurse.post(
        f"/sessions/{world.session()}/account-for/",
        TAP | {"command_id": "2" * 8 + TAP["command_id"][8:], "place": "gate"},
    )
    assert "0 patients are not accounted for" in shown(nurse)
    assert "seen" in shown(nurse)
    nurse.post("/roster/end/", TAP | {"command_id": "3" * 8 + TAP["command_id"][8:]})
    assert queries.state(world.session()).evacuation is None
    assert "Evacuate: mark every chair" in shown(nurse)


def test_a_tap_without_an_id_marks_nothing_and_says_so(world: World, as_role: As) -> None:
    nurse = as_role("nurse")
    answer = nurse.post("/roster/evacuate/", {}, follow=True)
    assert "Not recorded" in answer.content.decode()
    assert queries.state(world.session()).evacuation is None


@pytest.mark.parametrize("role", ["auditor", "sysadmin"])
def test_the_roster_is_for_staff(as_role: As, role: str) -> None:
    assert as_role(role).get("/roster/").status_code == 403
    assert as_role(role).post("/roster/evacuate/", TAP).status_code == 403


def test_a_patient_of_another_clinic_is_not_there(world: World, as_role: As) -> None:
    as_role("nurse").post("/roster/evacuate/", TAP)
    answer = as_role("nurse").post(f"/sessions/{world.session(side=1)}/account-for/", TAP)
    assert answer.status_code == 404
