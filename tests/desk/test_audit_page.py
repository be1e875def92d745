"""The audit page: the clinic's own lines, and the proof of the whole chain."""

from collections.abc import Callable

import pytest
from django.test import Client
from support.worlds import World

from norket.record.audit.models import AuditLine

pytestmark = pytest.mark.django_db
As = Callable[..., Client]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("auditor", 200),
        ("medical_director", 200),
        ("manager", 200),
        ("nurse", 403),
        ("prescriber", 403),
        ("sysadmin", 403),
    ],
)
def test_who_answers_for_the_record_sees_the_chain(world: World, as_role: As, role: str, status: int) -> None:
    assert as_role(role).get("/audit/").status_code == status


def test_the_lines_name_people_of_the_own_clinic_only(world: World, as_role: As) -> None:
    text = as_role("auditor").get("/audit/").content.decode()
    assert f"{world.clinic()['canary']} prescriber" in text
    assert world.clinic(1)["canary"] not in text
    assert str(world.session(side=1)) not in text


def test_a_whole_chain_is_said_to_hold(world: World, as_role: As) -> None:
    text = as_role("auditor").get("/audit/", {"verify": "1"}).content.decode()
    assert f"All {AuditLine.objects.count()} lines hold" in text


def test_only_the_kind_that_was_asked_for_is_listed(world: World, as_role: As) -> None:
    text = as_role("auditor").get("/audit/", {"kind": "order_signed"}).content.decode()
    body = text.split("<tbody>")[1]
    assert "<td>order_signed</td>" in body
    assert "<td>command</td>" not in body
