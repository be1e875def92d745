"""A command is carried out once, whole, and in order, or not at all."""

import json
from typing import Any
from uuid import uuid4

import pytest
from support.worlds import World

from norket.record.audit.models import AuditHead, AuditLine
from norket.record.register import queries as register
from norket.record.register.models import RegisterEntry
from norket.record.session import actions, ledger, queries
from norket.record.session.actions import Acted, Stale
from norket.record.session.models import SessionEvent, SessionRecord
from norket.record.verify import verify
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND, Note
from norket.therapy.session.fold import fold

pytestmark = pytest.mark.django_db


def act(world: World, body: dict[str, Any], *, role: str = "nurse", key: str = "", **more: Any) -> Acted | Refused:
    return actions.act(
        world.session(),
        COMMAND.validate_python(body),
        by=world.actor(role),
        now=more.pop("now", world.now),
        command_id=key or str(uuid4()),
        **more,
    )


def note(text: str = "quiet") -> dict[str, Any]:
    return {"type": "note", "text": text}


def counts() -> tuple[int, int, int]:
    return SessionEvent.objects.count(), AuditLine.objects.count(), RegisterEntry.objects.count()


def test_a_command_leaves_its_events_and_one_audit_line(world: World) -> None:
    before, version = counts(), queries.state(world.session()).version
    done = act(world, note())
    assert isinstance(done, Acted)
    assert (done.version, done.replay) == (version + 1, False)
    assert [event.event.type for event in done.events] == ["noted"]
    after = counts()
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)


def test_what_was_just_written_is_folded_without_reading_the_ledger_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(world, note())
    with monkeypatch.context() as unread:
        unread.setattr(ledger, "ledgers", lambda wanted: {} if not wanted else pytest.fail("the ledger was read again"))
        act(world, note("more"))
        kept = queries.state(world.session())
    assert kept == fold(ledger.events(world.session(), 0), str(world.session()))


def test_the_same_key_gives_the_same_answer_and_writes_nothing(world: World) -> None:
    first = act(world, note(), key="k")
    before = counts()
    again = act(world, note(), key="k", now=world.later(5))
    assert isinstance(first, Acted)
    assert isinstance(again, Acted)
    assert (again.events, again.version, again.replay) == (first.events, first.version, True)
    assert counts() == before


def test_a_command_sent_again_after_an_upgrade_that_gave_it_a_field_is_still_the_same(world: World) -> None:
    class Later(Note):
        mood: str = ""

    first = act(world, note(), key="k")
    assert isinstance(first, Acted)
    again = actions.act(
        world.session(), Later.model_validate(note()), by=world.actor("nurse"), now=world.now, command_id="k"
    )  # type: ignore[arg-type]
    assert isinstance(again, Acted)
    assert (again.events, again.replay) == (first.events, True)
    other = Later.model_validate({**note(), "mood": "calm"})
    refused = actions.act(world.session(), other, by=world.actor("nurse"), now=world.now, command_id="k")  # type: ignore[arg-type]
    assert isinstance(refused, Refused)
    assert refused.code == "idempotency_conflict"


def test_a_replay_answers_with_the_version_of_its_time(world: World) -> None:
    first = act(world, note(), key="k")
    act(world, note("more"))
    again = act(world, note(), key="k")
    assert isinstance(first, Acted)
    assert isinstance(again, Acted)
    assert again.version == first.version


@pytest.mark.parametrize(
    ("body", "role"), [({"type": "note", "text": "other"}, "nurse"), ({"type": "note", "text": "quiet"}, "prescriber")]
)
def test_the_same_key_for_something_else_is_refused(world: World, body: dict[str, Any], role: str) -> None:
    act(world, note(), key="k")
    events = SessionEvent.objects.count()
    done = act(world, body, role=role, key="k")
    assert isinstance(done, Refused)
    assert done.code == "idempotency_conflict"
    assert SessionEvent.objects.count() == events


def test_the_same_key_in_two_sessions_is_two_commands(world: World) -> None:
    for place in (0, 1):
        done = actions.act(
            world.session(place),
            COMMAND.validate_python(note()),
            by=world.actor("nurse"),
            now=world.now,
            command_id="k",
        )
        assert isinstance(done, Acted)
        assert not done.replay


def test_an_order_on_an_older_version_is_stale_and_says_the_present_one(world: World) -> None:
    version = queries.state(world.session()).version
    before = counts()
    with pytest.raises(Stale) as stale:
        act(world, {"type": "resume"}, expected_version=version - 1)
    assert stale.value.version == version
    assert counts() == before


def test_an_order_without_a_version_is_refused(world: World) -> None:
    done = act(world, {"type": "resume"})
    assert isinstance(done, Refused)
    assert done.code == "version_required"


@pytest.mark.parametrize("body", [{"type": "pause"}, {"type": "stop_infusion"}, note()])
def test_stop_pause_and_facts_need_no_version_and_ignore_an_old_one(world: World, body: dict[str, Any]) -> None:
    assert isinstance(act(world, body), Acted)
    assert isinstance(act(world, body, expected_version=1), Acted)


def test_what_has_happened_needs_no_version_and_no_role_at_the_pump(world: World) -> None:
    body = {"type": "give_bolus", "amount_mg": 5.0, "as": "happened"}
    assert isinstance(act(world, body, role="therapist"), Acted)


@pytest.mark.parametrize(("role", "allowed"), [("prescriber", True), ("anaesthetist", True), ("nurse", False)])
def test_a_bolus_is_ordered_by_the_roles_of_the_policy(world: World, role: str, allowed: bool) -> None:
    version = queries.state(world.session()).version
    done = act(world, {"type": "give_bolus", "amount_mg": 5.0}, role=role, expected_version=version)
    assert isinstance(done, Refused)  # nothing runs yet; but only the nurse is refused for the role
    assert (done.code == "not_permitted") is not allowed


def test_the_sysadmin_and_the_auditor_send_nothing(world: World) -> None:
    for role in ("sysadmin", "auditor"):
        done = act(world, note(), role=role)
        assert isinstance(done, Refused)
        assert done.code == "not_permitted"


def test_a_refusal_leaves_an_audit_line_and_nothing_else_and_its_key_stays_free(world: World) -> None:
    before = counts()
    refused = act(world, {"type": "check_in", "identifiers": ["N-0", "nobody"]}, key="k")
    assert isinstance(refused, Refused)
    after = counts()
    assert (after[0], after[2]) == (before[0], before[2])
    line = AuditLine.objects.order_by("-seq")[0]
    assert (after[1] - before[1], line.kind) == (1, "refused")
    assert isinstance(act(world, note(), key="k"), Acted)


@pytest.mark.parametrize("broken", ["norket.record.audit.actions.append", "norket.record.register.actions.enter"])
def test_a_failure_at_any_step_leaves_nothing(world: World, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    lot = world.clinic()["sessions"][0]["lot"]
    before = (counts(), SessionRecord.objects.get(pk=world.session()).head, AuditHead.objects.get().seq)
    monkeypatch.setattr(broken, fail)
    with pytest.raises(OSError, match="disk"):
        act(
            world,
            {
                "type": "prepare_dose",
                "product_id": "ketamine-10",
                "lot": lot,
                "drawn_mg": 30.5,
                "volume_ml": 30.5,
                "concentration_mg_ml": 1.0,
                "checker": "somebody else",
            },
        )
    assert (counts(), SessionRecord.objects.get(pk=world.session()).head, AuditHead.objects.get().seq) == before


def test_a_drawn_dose_moves_the_register_in_the_same_transaction(world: World) -> None:
    lot, clinic = world.clinic()["sessions"][0]["lot"], world.clinic()["id"]
    before = register.balance_mg(clinic, "ketamine-10", lot)
    act(
        world,
        {
            "type": "prepare_dose",
            "product_id": "ketamine-10",
            "lot": lot,
            "drawn_mg": 30.5,
            "volume_ml": 30.5,
            "concentration_mg_ml": 1.0,
            "checker": "somebody else",
        },
    )
    assert register.balance_mg(clinic, "ketamine-10", lot) == before - 30.5
    assert RegisterEntry.objects.order_by("-id")[0].session_id == world.session()


def test_a_draw_beyond_the_book_is_recorded_as_a_fact_and_the_book_stays_at_or_above_zero(world: World) -> None:
    lot, clinic = world.clinic()["sessions"][0]["lot"], world.clinic()["id"]
    before = register.balance_mg(clinic, "ketamine-10", lot)
    done = act(
        world,
        {
            "type": "prepare_dose",
            "product_id": "ketamine-10",
            "lot": lot,
            "drawn_mg": before + 1,
            "volume_ml": before + 1,
            "concentration_mg_ml": 1.0,
            "checker": "somebody else",
        },
    )
    assert isinstance(done, Acted)
    assert "above_register_balance" in getattr(done.events[0].event, "flags", ())
    assert register.balance_mg(clinic, "ketamine-10", lot) == before
    assert '"unposted":[{' in AuditLine.objects.order_by("-seq")[0].data


def test_the_kept_state_is_the_fold_of_the_ledger(world: World) -> None:
    act(world, note())
    kept = queries.state(world.session())
    assert kept == fold(queries.events(world.session()), str(world.session()))
    row = SessionRecord.objects.get(pk=world.session())
    assert (row.version, row.phase) == (kept.version, kept.phase)


def test_events_are_numbered_from_one_without_a_gap(world: World) -> None:
    act(world, note())
    assert [event.n for event in queries.events(world.session())] == list(
        range(1, queries.state(world.session()).version + 1)
    )


def test_events_after_a_number_are_those_above_it(world: World) -> None:
    assert [event.n for event in queries.events(world.session(), after=3)][:1] == [4]


def test_the_record_bears_itself_out(world: World) -> None:
    act(world, note())
    assert verify() == {**verify(), "ok": True, "first_bad": None}


def draw(world: World, **changes: Any) -> dict[str, Any]:
    planned = world.clinic()["sessions"][0]
    return {
        "product_id": planned["product_id"],
        "lot": planned["lot"],
        "drawn_mg": 10.0,
        "volume_ml": 10.0,
        "concentration_mg_ml": 1.0,
        "checker": world.person("prescriber")["id"],
    } | changes


def test_a_corrected_draw_moves_the_register_back_and_anew(world: World) -> None:
    body = draw(world)
    place = (world.clinic()["id"], body["product_id"], body["lot"])
    before = register.balance_mg(*place)
    done = act(world, {"type": "prepare_dose", **body})
    assert isinstance(done, Acted)
    assert register.balance_mg(*place) == before - 10
    n = done.events[-1].n
    act(world, {"type": "correct", "corrects": n, "reason": "typed wrong", "data": body | {"drawn_mg": 12.0}})
    assert register.balance_mg(*place) == before - 12
    act(world, {"type": "correct", "corrects": n, "reason": "never drawn"})
    assert register.balance_mg(*place) == before
    kinds = [row.kind for row in RegisterEntry.objects.order_by("-id")[:4]]
    assert kinds == ["drawn_reversed", "drawn", "drawn_reversed", "drawn"]


def test_what_never_entered_the_book_is_not_taken_back_out_of_it(world: World) -> None:
    body = draw(world)
    place = (world.clinic()["id"], body["product_id"], body["lot"])
    before = register.balance_mg(*place)
    done = act(world, {"type": "prepare_dose", **body | {"drawn_mg": before + 1}})
    assert isinstance(done, Acted)
    act(world, {"type": "correct", "corrects": done.events[-1].n, "reason": "never drawn"})
    assert register.balance_mg(*place) == before
    assert json.loads(AuditLine.objects.order_by("-seq")[0].data)["unposted"][0]["refused"] == "never_entered"


def test_a_pump_found_running_is_recorded_without_a_version(world: World) -> None:
    world.start(minutes_ago=20)
    act(world, {"type": "pause"}, now=world.later(1))
    done = act(world, {"type": "resume", "as": "happened"}, role="therapist", now=world.later(2))
    assert isinstance(done, Acted)
    assert done.events[-1].event.flags == ("role_not_allowed",)  # type: ignore[union-attr]
    assert queries.state(world.session()).phase == "running"


def test_today_is_read_in_the_time_zone_of_the_clinic(world: World) -> None:
    """Weighed at 10:00 UTC; 13 hours later it is still the same day at ten hours behind, and the next in UTC."""
    act(world, {"type": "record_baseline", "weight_kg": world.clinic()["sessions"][0]["weight_kg"]})
    clinic = SessionRecord.objects.get(pk=world.session()).patient.clinic
    found = {}
    for zone in ("UTC", "Pacific/Honolulu"):
        clinic.timezone = zone
        clinic.save()
        missing = queries.view(world.session(), world.later(15 * 60)).missing
        found[zone] = "preflight.weight" in {finding.rule for finding in missing}
    assert found == {"UTC": True, "Pacific/Honolulu": False}


def test_the_balance_of_the_drug_is_shown_once_nothing_runs(world: World) -> None:
    assert queries.view(world.session(), world.now).closing == ()
    world.start(minutes_ago=20)
    act(world, {"type": "stop_infusion"}, now=world.later(1))
    found = {finding.rule: finding.state for finding in queries.view(world.session(), world.later(2)).closing}
    assert found["products.mass_balance"] == "fires"
