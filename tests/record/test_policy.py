"""The policy file says who may do what, in words a clinician reads; anything else is refused."""

from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import TypeAdapter

from norket.record.access import policy
from norket.record.access.policy import PolicyError
from norket.therapy.actor import Actor, Role
from norket.therapy.session.events import COMMAND, Command

NURSE = Actor(id="n", name="Nurse", roles=frozenset({"nurse"}))
COMMAND_TYPES = {get_args(kind.model_fields["type"].annotation)[0] for kind in get_args(get_args(Command)[0])}
HEAD = """
groups: {pair: [nurse, prescriber]}
commands: {note: [pair]}
routes:
"""


def read(tmp_path: Path, routes: str) -> policy.Policy:
    path = tmp_path / "policy.yaml"
    path.write_text(HEAD + routes)
    return policy.read(path)


def test_every_command_type_is_listed_and_nothing_else() -> None:
    assert set(policy.read().commands) == COMMAND_TYPES


def test_every_route_says_in_words_what_it_is() -> None:
    raw = yaml.safe_load(policy.FILE.read_text())
    assert all(entry["what"].strip() for entry in raw["routes"].values())


def test_nobody_but_staff_of_the_clinic_commands_a_session() -> None:
    listed = {role for intents in policy.read().commands.values() for roles in intents.values() for role in roles}
    assert not listed & {"device", "system", "sysadmin", "auditor", "anyone"}


def test_the_sysadmin_reads_nothing_about_patients() -> None:
    relations = {rules.get("sysadmin") for methods in policy.read().routes.values() for rules in methods.values()}
    assert relations <= {None, "signed_in"}


def test_a_device_reads_its_own_session_and_nothing_else() -> None:
    rules = {
        (route, method): rules["device"]
        for route, methods in policy.read().routes.items()
        for method, rules in methods.items()
        if "device" in rules
    }
    assert rules == {("api:session", "GET"): "bound"}


@pytest.mark.parametrize("kind", ["pause", "stop_infusion", "raise_concern", "record_event", "leave_early"])
def test_any_staff_at_the_chair_may_stop_and_call(kind: str) -> None:
    assert policy.read().commands[kind]["intended"] >= {
        "prescriber",
        "anaesthetist",
        "nurse",
        "therapist",
        "pharmacist",
        "medical_director",
        "manager",
    }


@pytest.mark.parametrize("kind", ["start_infusion", "change_rate", "give_bolus", "give_rescue", "give_dose"])
def test_a_fact_may_be_recorded_by_every_clinical_role(kind: str) -> None:
    rules = policy.read().commands[kind]
    assert rules["happened"] > rules["intended"]
    assert "therapist" in rules["happened"]


@pytest.mark.parametrize(("intent", "allowed"), [("intended", False), ("happened", True)])
def test_the_intent_of_a_command_decides(intent: str, allowed: bool) -> None:
    command = COMMAND.validate_python({"type": "give_bolus", "amount_mg": 5.0, "as": intent})
    assert policy.read().may_send(NURSE, command) is allowed


def test_an_unlisted_route_or_method_or_role_has_no_relation() -> None:
    rules = policy.read()
    assert rules.relation("no:such", "GET", ["nurse"]) is None
    assert rules.relation("api:session", "DELETE", ["nurse"]) is None
    assert rules.relation("api:session", "GET", ["sysadmin"]) is None
    assert rules.relation("api:session", "GET", []) is None


def test_head_is_judged_as_get() -> None:
    assert policy.read().relation("api:session", "HEAD", ["nurse"]) == "clinic"


def test_the_widest_of_several_roles_counts(tmp_path: Path) -> None:
    rules = read(tmp_path, "  r: {what: x, GET: {nurse: clinic, prescriber: signed_in}}")
    assert rules.relation("r", "GET", ["nurse", "prescriber"]) == "signed_in"


def test_a_group_stands_for_its_roles(tmp_path: Path) -> None:
    rules = read(tmp_path, "  r: {what: x, GET: {pair: clinic}}")
    assert rules.routes["r"]["GET"] == {"nurse": "clinic", "prescriber": "clinic"}


@pytest.mark.parametrize(
    ("routes", "word"),
    [
        ("  r: {what: x, GET: {nobody: clinic}}", "neither a role nor a group"),
        ("  r: {what: x, GET: {nurse: everywhere}}", "no relation"),
        ("  r: {what: x, FETCH: {nurse: clinic}}", "methods"),
        ("  r: {GET: {nurse: clinic}}", "what"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused_whole(tmp_path: Path, routes: str, word: str) -> None:
    with pytest.raises(PolicyError, match=word):
        read(tmp_path, routes)


def test_the_roles_of_the_policy_are_those_of_the_therapy() -> None:
    used = {role for methods in policy.read().routes.values() for rules in methods.values() for role in rules} - {
        policy.ANYONE
    }
    assert used <= set(get_args(Role))
    assert TypeAdapter(Role).json_schema()["enum"]


@pytest.mark.parametrize("twice", ["routes:\n  a: {what: x}\n  a: {what: y}\n", "routes: {}\nroutes: {}\n"])
def test_a_policy_with_a_key_written_twice_is_refused(tmp_path: Path, twice: str) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(f"groups: {{}}\ncommands: {{}}\nsecond_people: {{}}\n{twice}", encoding="utf-8")
    with pytest.raises(PolicyError, match="written twice"):
        policy.read(file)
