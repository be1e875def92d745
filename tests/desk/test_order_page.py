"""Writing an order: the calculator, the limits, the curve before signing, and who signs."""

import html
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from support.worlds import NOW, World

from norket.knowledge import read
from norket.record.audit.models import AuditLine
from norket.record.people.models import Clinic, Patient, Person
from norket.record.plan import queries
from norket.record.plan.models import OrderRecord
from norket.site.worlds.makers import PASSWORD
from norket.therapy.plan.limits import limit_of, rows

pytestmark = pytest.mark.django_db
As = Callable[..., Client]
WEIGHT_KG = 61.0


@pytest.fixture(autouse=True)
def _no_earlier_guesses() -> None:
    cache.clear()


def patient_id(world: World, side: int = 0) -> str:
    return str(world.clinic(side)["sessions"][0]["patient_id"])


def address(world: World) -> str:
    return f"/patients/{patient_id(world)}/order/"


def row() -> str:
    return rows(read(), NOW.date())[0].id


def typed(world: World, **changes: str) -> dict[str, str]:
    return {
        "patient": patient_id(world), "row": row(), "amount": "0.5", "unit": "mg/kg", "duration_min": "40",
        "dose_text": "", "weight_kg": "61", "weight_measured_on": NOW.date().isoformat(), "concentration_mg_ml": "1",
        "reason": "",
        "second_username": "", "second_password": "", "second_reason": "", **changes,
    }  # fmt: skip


def preview(world: World, client: Client, **changes: str) -> str:
    answer = client.post("/orders/preview/", typed(world, **changes))
    assert answer.status_code == 200
    return answer.content.decode()


def shown(text: str, name: str) -> float:
    found = re.search(rf'id="eq-{name}">([0-9.]+)<', text)
    assert found
    return float(found[1])


def orders(world: World) -> int:
    return len(queries.orders(patient_id(world)))  # type: ignore[arg-type]


def above(level: str) -> str:
    """A dose in mg/kg that is just above a level of the row, as the form takes it."""
    return f"{limit_of(read(), row(), level, NOW.date()).mg_kg + 0.01:.3f}"


def test_every_equivalent_of_the_dose_is_shown(world: World, as_role: As) -> None:
    text = preview(world, as_role("prescriber"))
    assert shown(text, "mg") == 30.5
    assert shown(text, "mg-kg") == 0.5
    assert shown(text, "mg-h") == 45.75
    assert shown(text, "mg-kg-h") == 0.75
    assert shown(text, "ml") == 30.5
    assert shown(text, "ml-h") == 45.75


def with_boluses(world: World, **changes: str) -> dict[str, str]:
    known = next(one.id for one in rows(read(), NOW.date()) if one.bolus_lockout_min)
    return typed(world, row=known, duration_min="120", reason="as agreed", **changes)


def test_a_row_with_boluses_offers_a_longer_lockout_and_the_others_none(world: World, as_role: As) -> None:
    client = as_role("prescriber")
    assert 'name="bolus_lockout_min"' not in client.get(address(world)).text
    opened = client.get(address(world), {"row": with_boluses(world)["row"]}).text
    assert 'name="bolus_lockout_min"' in opened
    assert "Empty: 10 min" in opened


@pytest.mark.parametrize(("written", "kept"), [("", 10.0), ("10", 10.0), ("25", 25.0), ("9.9", None), ("0", None)])
def test_a_lockout_is_the_row_s_or_longer_and_never_shorter(
    world: World, as_role: As, written: str, kept: float | None
) -> None:
    client, before = as_role("prescriber"), orders(world)
    answer = client.post(address(world), with_boluses(world, bolus_lockout_min=written) | {"sign": "1"})
    assert (answer.status_code, orders(world)) == ((422, before) if kept is None else (302, before + 1))
    if kept is not None:
        assert queries.orders(patient_id(world))[0].bolus_lockout_min == kept  # type: ignore[arg-type, union-attr]


def test_the_dose_text_says_the_same_as_the_fields(world: World, as_role: As) -> None:
    client = as_role("prescriber")
    text = preview(world, client, amount="", duration_min="", dose_text="0.5 mg/kg iv over 40 min")
    assert shown(text, "ml-h") == shown(preview(world, client), "ml-h")


def test_a_rate_and_an_amount_of_one_number_differ_and_show_it(world: World, as_role: As) -> None:
    text = preview(world, as_role("prescriber"), unit="mg/kg/h")
    assert "0.5 mg/kg/h iv for 40 min" in text
    assert shown(text, "mg") == pytest.approx(20.33)


def test_the_curve_with_its_band_comes_before_the_signature(world: World, as_role: As) -> None:
    text = preview(world, as_role("prescriber"))
    found = re.search(r'data-curve="([^"]+)"', text)
    assert found
    curve: dict[str, Any] = json.loads(html.unescape(found[1]))
    ketamine, norketamine = curve["ketamine_ng_ml"], curve["norketamine_ng_ml"]
    at_end = curve["times_min"].index(40)
    assert ketamine["p5"][at_end] < ketamine["p50"][at_end] < ketamine["p95"][at_end]
    assert 0 < norketamine["p50"][at_end] < ketamine["p50"][at_end]
    assert curve["tracks"]["ketamine"]["site"] == "arterial"


@pytest.mark.parametrize("text", ["9_7", "1e3", "٤٠", "NaN", "0,5", "-1", "0"])
def test_a_sloppy_number_gives_no_dose(world: World, as_role: As, text: str) -> None:
    assert "Not a dose yet" in preview(world, as_role("prescriber"), amount=text)


def test_a_wrong_dose_text_is_refused_with_the_place(world: World, as_role: As) -> None:
    text = html.unescape(preview(world, as_role("prescriber"), dose_text="0.5 mg/kg iv for 40 min"))
    assert "Two readings are possible" in text
    assert "^" in text


def test_signing_keeps_the_order_as_it_was_shown(world: World, as_role: As) -> None:
    before = orders(world)
    answer = as_role("prescriber").post(address(world), typed(world) | {"sign": "1", "reason": "as agreed"})
    assert answer.status_code == 302
    assert orders(world) == before + 1
    kept = queries.orders(patient_id(world))[0]  # type: ignore[arg-type]
    assert kept.rate_ml_h == pytest.approx(45.75)
    assert kept.signed_by == world.person("prescriber")["id"]


@pytest.mark.parametrize("role", ["nurse", "therapist", "pharmacist", "medical_director"])
def test_others_may_try_a_dose_and_not_sign_it(world: World, as_role: As, role: str) -> None:
    client = as_role(role)
    page = client.get(address(world))
    assert page.status_code == 200
    assert 'id="sign"' not in page.content.decode()
    assert client.post(address(world), typed(world)).status_code == 403


def test_above_the_cap_one_signature_is_not_enough(world: World, as_role: As) -> None:
    before = orders(world)
    client = as_role("prescriber")
    answer = client.post(address(world), typed(world, amount=above("cap"), duration_min="60", reason="resistant"))
    assert answer.status_code == 422
    assert "second signer" in answer.content.decode()
    assert orders(world) == before


def second(world: World, **changes: str) -> dict[str, str]:
    person = Person.objects.get(pk=world.person("anaesthetist")["id"])
    return {
        "second_username": person.username, "second_password": PASSWORD, "second_reason": "seen together",
        "reason": "resistant", "duration_min": "60", **changes,
    }  # fmt: skip


def test_above_the_cap_a_second_signer_with_password_and_reason_signs_too(world: World, as_role: As) -> None:
    answer = as_role("prescriber").post(address(world), typed(world, amount=above("cap"), **second(world)))
    assert answer.status_code == 302
    kept = queries.orders(patient_id(world))[0]  # type: ignore[arg-type]
    assert kept.second_signer == world.person("anaesthetist")["id"]
    assert kept.second_reason == "seen together"


def test_a_second_signer_without_the_right_password_signs_nothing(world: World, as_role: As) -> None:
    before = OrderRecord.objects.count()
    form = typed(world, amount=above("cap"), **second(world, second_password="a guess"))
    assert as_role("prescriber").post(address(world), form).status_code == 422
    assert OrderRecord.objects.count() == before


def refusals(world: World) -> list[str]:
    lines = AuditLine.objects.filter(kind="refused", subject=f"patient:{patient_id(world)}").order_by("seq")
    return [json.loads(line.data)["refused"] for line in lines]


def test_guesses_of_the_second_password_are_audited_and_soon_blocked(world: World, as_role: As) -> None:
    client, before = as_role("prescriber"), OrderRecord.objects.count()
    wrong = typed(world, amount=above("cap"), **second(world, second_password="a guess"))
    for _ in range(6):
        assert client.post(address(world), wrong).status_code == 422
    assert refusals(world) == ["second_signer_unknown"] * 5 + ["second_signer_blocked"]
    right = typed(world, amount=above("cap"), **second(world))
    assert client.post(address(world), right).status_code == 422
    assert OrderRecord.objects.count() == before


def test_a_second_signer_with_a_code_app_shows_a_code_too(world: World, as_role: As) -> None:
    signer = Person.objects.get(pk=world.person("anaesthetist")["id"])
    secret = generate_totp_secret()
    TOTP.activate(signer, secret)
    client, before = as_role("prescriber"), OrderRecord.objects.count()
    for code in ("", "000000"):
        form = typed(world, amount=above("cap"), **second(world, second_code=code))
        assert client.post(address(world), form).status_code == 422
    assert OrderRecord.objects.count() == before
    assert refusals(world) == ["second_signer_code"] * 2
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    form = typed(world, amount=above("cap"), **second(world, second_code=code))
    assert client.post(address(world), form).status_code == 302
    assert OrderRecord.objects.count() == before + 1


def test_above_the_ceiling_nobody_signs(world: World, as_role: As) -> None:
    before = OrderRecord.objects.count()
    form = typed(world, amount=above("ceiling"), **second(world))
    answer = as_role("prescriber").post(address(world), form)
    assert answer.status_code == 422
    assert OrderRecord.objects.count() == before


def test_nothing_is_signed_before_the_clinics_figures_are(world: World, new_clinic: Callable[[str], Client]) -> None:
    client = new_clinic("prescriber")
    patient = Patient.objects.create(
        clinic=Clinic.objects.get(name="New clinic"), mrn="N-1", given_name="A", family_name="B", sex="female",
        birth_date=date(1980, 1, 1),
    )  # fmt: skip
    answer = client.post(f"/patients/{patient.pk}/order/", typed(world, reason="as agreed"))
    assert answer.status_code == 422
    assert "policy_unsigned" in answer.content.decode()


def test_the_preview_of_another_clinics_patient_does_not_exist(world: World, as_role: As) -> None:
    form = typed(world) | {"patient": patient_id(world, side=1)}
    assert as_role("prescriber").post("/orders/preview/", form).status_code == 404


# ---- every route ---------------------------------------------------------------------------------------------------

ROUTES = [(row.id, row.form, row.route) for row in rows(read(), NOW.date(), frozenset({"D07", "D08"}))]


def opened(client: Client, world: World, row_id: str) -> str:
    return client.get(address(world), {"row": row_id}).content.decode()


@pytest.mark.parametrize(
    ("years", "frail", "row_id", "amount"),
    [
        (64, False, "doses.d01", "0.5"),
        (65, False, "doses.d01", "0.25"),
        (40, True, "doses.d01", "0.25"),
        (64, False, "doses.d04", "56"),
        (65, False, "doses.d04", "28"),
    ],
)
def test_the_form_opens_with_the_lower_start_for_an_older_or_frail_patient(
    world: World, as_role: As, years: int, frail: bool, row_id: str, amount: str
) -> None:
    born = date(NOW.year - years, 1, 1)
    Patient.objects.filter(pk=patient_id(world)).update(birth_date=born, frail=frail)
    text = opened(as_role("prescriber"), world, row_id)
    assert re.search(rf'name="amount" value="{amount}"', text)
    plan = as_role("prescriber").get(f"/patients/{patient_id(world)}/plan/", {"row": row_id}).content.decode()
    assert re.search(rf'name="amount" value="{amount}"', plan)


@pytest.mark.parametrize(("row_id", "form", "route"), ROUTES)
def test_the_form_of_a_row_asks_for_what_its_route_needs(
    world: World, as_role: As, settings: Any, row_id: str, form: str, route: str
) -> None:
    settings.NORKET_ROWS = frozenset({"D07", "D08"})
    text = opened(as_role("prescriber"), world, row_id)
    assert f'<option value="{row_id}" selected>' in text
    assert ('name="duration_min"' in text) is (form == "infusion")
    assert ('name="concentration_mg_ml"' in text) is (route in {"iv", "im", "sc"})


def test_without_script_another_row_is_a_link_and_nothing_typed_goes_into_an_address(world: World, as_role: As) -> None:
    text = opened(as_role("prescriber"), world, "doses.d01")
    assert 'href="?row=doses.d04"' in text
    assert 'formmethod="get"' not in text
    assert 'method="get"' not in text


@pytest.mark.parametrize("row_id", ["doses.d07", "doses.d08"])
def test_an_experimental_row_is_not_offered_until_the_clinic_switches_it_on(
    world: World, as_role: As, row_id: str
) -> None:
    client, before = as_role("prescriber"), orders(world)
    assert row_id not in opened(client, world, row_id)
    sent = typed(world, row=row_id, amount="10", unit="mg") | {"sign": "1", "reason": "wished"}
    assert client.post(address(world), sent).status_code == 422
    assert orders(world) == before


def test_a_dose_into_the_muscle_is_shown_drawn_from_the_vial_and_signed(world: World, as_role: As) -> None:
    client = as_role("prescriber")
    sent = typed(world, row="doses.d03", concentration_mg_ml="50")
    text = preview(world, client, row="doses.d03", concentration_mg_ml="50")
    assert (shown(text, "mg"), shown(text, "mg-h"), shown(text, "ml")) == (30.5, 30.5, 0.61)
    assert 'id="eq-ml-h"' not in text
    assert client.post(address(world), sent | {"sign": "1"}).status_code == 302
    kept = queries.orders(patient_id(world))[0]  # type: ignore[arg-type]
    assert (kept.kind, kept.text) == ("dose", "0.5 mg/kg im")
    page = client.get(f"/patients/{patient_id(world)}/").content.decode()
    assert "0.5 mg/kg im" in page


def test_the_spray_is_shown_in_devices_and_a_part_of_one_is_none(world: World, as_role: As) -> None:
    client = as_role("prescriber")
    spray = {"row": "doses.d04", "unit": "mg"}
    text = preview(world, client, amount="56", **spray)
    assert shown(text, "devices") == 2
    assert "data-curve" in text
    assert "device" in preview(world, client, amount="60", **spray)
    assert 'id="eq-devices"' not in preview(world, client, amount="60", **spray)


def test_a_strength_that_was_not_entered_is_asked_for(world: World, as_role: As) -> None:
    text = preview(world, as_role("prescriber"), row="doses.d03", concentration_mg_ml="")
    assert "Not a dose yet" in text
    assert "Concentration in the syringe" in text


def test_the_preview_says_how_the_syringe_is_made_from_each_vial(world: World, as_role: As) -> None:
    client = as_role("prescriber")
    rows_ = dict(re.findall(r'data-vial="([\w-]+)">(.*?)</tr>', preview(world, client)))
    assert re.findall(r'<td class="num">([0-9.]+)<', rows_["ketamine-10"]) == ["3.05", "27.45", "30.5"]
    assert re.findall(r'<td class="num">([0-9.]+)<', rows_["ketamine-100"]) == ["0.305", "30.195", "30.5"]
    assert "data-vial" not in preview(world, client, row="doses.d03", concentration_mg_ml="50")


def test_a_weight_of_this_morning_is_of_today_where_the_clinic_is_ahead_of_utc(world: World, as_role: As) -> None:
    client, before = as_role("prescriber"), preview(world, as_role("prescriber"))
    Clinic.objects.filter(pk=world.clinic()["id"]).update(timezone="Pacific/Kiritimati")
    ahead = NOW.astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    assert 'data-verdict="ok"' in before
    assert 'data-verdict="ok"' in preview(world, client, weight_measured_on=ahead.isoformat())
    later = (ahead + timedelta(days=1)).isoformat()
    assert 'data-verdict="never"' in preview(world, client, weight_measured_on=later)


def test_a_weight_in_pounds_is_not_signed(world: World, as_role: As) -> None:
    before = orders(world)
    sent = typed(world, weight_kg="134.5", amount="0.3") | {"sign": "1", "reason": "as agreed"}
    answer = as_role("prescriber").post(address(world), sent)
    assert answer.status_code == 422
    assert "ratio of pounds to kilograms" in answer.content.decode()
    assert orders(world) == before


def test_a_preview_stores_nothing(world: World, as_role: As) -> None:
    before = OrderRecord.objects.count()
    preview(world, as_role("prescriber"))
    assert OrderRecord.objects.count() == before
