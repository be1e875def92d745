"""The rescue templates on the clinic's policy page, and the sheet that goes with a patient to a hospital."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from support.worlds import World

from norket.record.people.models import Clinic
from norket.record.plan import rescues

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
FILLED = {
    "template": "rescue.template_antiemetic",
    "antiemetic-agent": "ondansetron",
    "antiemetic-route": "iv",
    "antiemetic-unit": "mg",
    "antiemetic-least": "4",
    "antiemetic-most": "8",
    "antiemetic-interval_min": "240",
    "antiemetic-max_total": "16",
    "read": "1",
}
PAGE = "/policy/rescue/"


def in_force() -> list[tuple[str, float]]:
    clinic = Clinic.objects.get(name="New clinic")
    return [(one.agent, one.most) for one in rescues.in_force(clinic.pk)]


def test_the_page_says_that_the_project_brings_no_doses(new_clinic: As) -> None:
    text = unescape(new_clinic("medical_director").get(PAGE).content.decode())
    assert "Norket gives no rescue doses of its own" in text
    assert text.count("Nothing of this template can be ordered.") == 6


def test_the_director_fills_in_signs_and_withdraws(new_clinic: As) -> None:
    client = new_clinic("medical_director")
    assert client.post(PAGE, FILLED).status_code == 302
    assert in_force() == [("ondansetron", 8.0)]
    withdraw = {"template": FILLED["template"], "withdraw": "ondansetron|iv"}
    assert client.post(PAGE, withdraw).status_code == 302
    assert in_force() == []


@pytest.mark.parametrize(
    "change",
    [
        {"antiemetic-most": ""},
        {"antiemetic-most": "8 mg"},
        {"antiemetic-most": "8,0"},
        {"antiemetic-most": "0"},
        {"antiemetic-most": "3"},
        {"antiemetic-interval_min": ""},
        {"antiemetic-agent": "midazolam"},
        {"template": "rescue.template_other"},
        {"read": None},
    ],
)
def test_a_figure_that_is_missing_sloppy_or_wrong_signs_nothing(new_clinic: As, change: dict[str, str | None]) -> None:
    form = {name: value for name, value in (FILLED | change).items() if value is not None}
    assert new_clinic("medical_director").post(PAGE, form).status_code == 422
    assert in_force() == []


@pytest.mark.parametrize("role", ["prescriber", "nurse", "manager"])
def test_nobody_else_signs(new_clinic: As, role: str) -> None:
    client = new_clinic(role)
    assert "Sign this template" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, FILLED).status_code == 403
    assert in_force() == []


def test_the_sheet_of_a_transfer_names_patient_drug_and_what_is_not_known(as_role: As, world: World) -> None:
    world.start(minutes_ago=10)
    text = unescape(as_role("nurse").get(f"/sessions/{world.session()}/transfer/").content.decode())
    for part in ("Transfer sheet", "Ketamine in all", "Allergies", "whether somebody asked is not known"):
        assert part in text


def test_how_fast_the_effect_fades_is_told_with_its_band(as_role: As, world: World) -> None:
    before = as_role("nurse").get(f"/api/v1/sessions/{world.session()}/fade")
    assert before.status_code == 422
    world.start(minutes_ago=10)
    told = as_role("nurse").get(f"/api/v1/sessions/{world.session()}/fade").json()
    assert 0 < told["p5_min"] < told["p50_min"] < told["p95_min"]
