"""The register: balances and lines for those who may look, new lines from those who keep it."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

from norket.desk.register.views import products
from norket.record.audit.models import AuditLine
from norket.record.register import queries
from norket.record.register.models import RegisterEntry
from norket.site.worlds.makers import PASSWORD

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


def line(world: World, **changes: str) -> dict[str, str]:
    return {
        "kind": "received", "product_id": products()[0][0], "lot": "L-9", "amount_mg": "250",
        "witness": world.person("prescriber")["username"], "witness_password": PASSWORD, "witness_code": "", **changes,
    }  # fmt: skip


def balance(world: World, lot: str = "L-9") -> float:
    return queries.balance_mg(world.clinic()["id"], products()[0][0], lot)


@pytest.mark.parametrize("role", ["nurse", "prescriber", "pharmacist", "manager", "auditor", "therapist"])
def test_who_answers_for_the_drug_sees_the_register(world: World, as_role: As, role: str) -> None:
    text = as_role(role).get("/register/").content.decode()
    assert f"{world.clinic()['canary']}-lot" in text
    assert world.clinic(1)["canary"] not in text


def test_a_system_administrator_does_not(world: World, as_role: As) -> None:
    assert as_role("sysadmin").get("/register/").status_code == 403


def test_received_stock_raises_the_balance(world: World, as_role: As) -> None:
    assert as_role("nurse").post("/register/", line(world)).status_code == 302
    assert balance(world) == 250.0


def test_more_than_there_is_cannot_be_returned(world: World, as_role: As) -> None:
    client = as_role("pharmacist")
    client.post("/register/", line(world))
    answer = client.post("/register/", line(world, kind="returned", amount_mg="250.1"))
    assert answer.status_code == 422
    assert balance(world) == 250.0


def test_one_does_not_witness_oneself(world: World, as_role: As) -> None:
    form = line(world, witness=world.person("nurse")["username"])
    assert as_role("nurse").post("/register/", form).status_code == 422
    assert balance(world) == 0.0


def test_the_witness_proves_who_they_are(world: World, as_role: As) -> None:
    client = as_role("nurse")
    for password in ("", "wrong"):
        answer = client.post("/register/", line(world, witness_password=password))
        assert answer.status_code == 422
        assert balance(world) == 0.0
    assert "password is wrong" in answer.text
    assert "witness_unknown" in AuditLine.objects.order_by("-seq")[0].data
    assert client.post("/register/", line(world)).status_code == 302
    assert RegisterEntry.objects.order_by("-id")[0].witness == world.person("prescriber")["id"]


@pytest.mark.parametrize(("role", "side"), [("therapist", 0), ("auditor", 0), ("prescriber", 1)])
def test_nobody_else_is_a_witness_with_whatever_password(world: World, as_role: As, role: str, side: int) -> None:
    form = line(world, witness=world.person(role, side=side)["username"])
    assert as_role("nurse").post("/register/", form).status_code == 422
    assert balance(world) == 0.0


@pytest.mark.parametrize("text", ["2_5", "1e2", "NaN", "", "-5", "250 "])
def test_a_sloppy_amount_is_refused(world: World, as_role: As, text: str) -> None:
    assert as_role("nurse").post("/register/", line(world, amount_mg=text)).status_code == 422
    assert balance(world) == 0.0


@pytest.mark.parametrize("role", ["manager", "auditor", "therapist"])
def test_who_only_looks_writes_nothing(world: World, as_role: As, role: str) -> None:
    client = as_role(role)
    assert 'id="register-form"' not in client.get("/register/").content.decode()
    assert client.post("/register/", line(world)).status_code == 403
