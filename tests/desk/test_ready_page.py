"""Ready today: what was gone through, by whom, and that a session hears of it."""

from typing import Any

import pytest
from support.worlds import World

from norket.knowledge import read
from norket.record.people.models import Person
from norket.record.readiness import queries
from norket.record.session.models import SessionRecord
from norket.therapy.readiness.kit import chair_items

pytestmark = pytest.mark.django_db


def test_a_list_that_was_gone_through_is_kept_with_its_day(as_role: Any, world: World) -> None:
    client = as_role("nurse")
    clinic = world.clinic()["id"]
    before = queries.newest(clinic)
    chair = SessionRecord.objects.get(pk=world.session(0)).chair
    assert chair is not None
    body = {"kind": "kit", "chair": chair.name, "there": list(chair_items(read()))[1:], "command_id": "k1"}
    assert client.post("/ready/", body).status_code == 302
    assert client.post("/ready/", body).status_code == 302
    assert queries.newest(clinic) == before + 1
    kept = queries.readiness(clinic).kits[chair.name].event
    assert [line.ready for line in kept.lines] == [False, *[True] * (len(kept.lines) - 1)]


def test_a_form_that_is_not_whole_is_refused_and_records_nothing(as_role: Any, world: World) -> None:
    before = queries.newest(world.clinic()["id"])
    answer = as_role("nurse").post("/ready/", {"kind": "hours", "closes": "25:00"})
    assert answer.status_code == 422
    assert queries.newest(world.clinic()["id"]) == before


def credential(person: str) -> dict[str, str]:
    return {"kind": "credential", "person": person, "credential": "airway", "valid_until": "2099-01-01", "document": ""}


@pytest.mark.parametrize(
    ("role", "status"), [("manager", 302), ("medical_director", 302), ("nurse", 422), ("prescriber", 422)]
)
def test_credentials_are_written_down_by_who_answers_for_them(
    as_role: Any, world: World, role: str, status: int
) -> None:
    client, clinic = as_role(role), world.clinic()["id"]
    before = queries.newest(clinic)
    assert ('id="save-credential"' in client.get("/ready/").text) is (status == 302)
    assert client.post("/ready/", credential(world.person("anaesthetist")["id"])).status_code == status
    assert queries.newest(clinic) == before + (status == 302)


@pytest.mark.parametrize("who", ["own", "nobody", "another clinic", "left"])
def test_never_the_own_one_and_only_of_an_active_person_of_the_clinic(as_role: Any, world: World, who: str) -> None:
    left = world.person("anaesthetist")["id"]
    person = {
        "own": world.person("manager")["id"],
        "nobody": "00000000-0000-0000-0000-000000000000",
        "another clinic": world.person("nurse", side=1)["id"],
        "left": left,
    }[who]
    client = as_role("manager")
    if who == "left":
        Person.objects.filter(pk=left).update(is_active=False)
    before = queries.newest(world.clinic()["id"])
    assert client.post("/ready/", credential(person)).status_code == 422
    assert queries.newest(world.clinic()["id"]) == before
