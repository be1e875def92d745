"""The curve of a live session: what was delivered, then what is programmed; trials write nothing."""

import subprocess
import sys
import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any

import pytest
from support.worlds import World

from norket.record.audit.models import AuditLine
from norket.record.session import actions, prediction, queries, trial
from norket.record.session.models import SessionEvent
from norket.record.session.trial import Change
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND
from norket.therapy.session.state import Bolus

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "_kept", OrderedDict())


def curve(found: dict[str, Any] | Refused) -> dict[str, Any]:
    assert not isinstance(found, Refused), found
    return found


def never(*_: Any) -> None:
    raise AssertionError("computed twice")


def test_before_the_start_the_curve_is_the_order_as_if_started_now(world: World) -> None:
    found = curve(prediction.prediction(world.session(), world.now))
    planned = world.clinic()["sessions"][0]
    assert [(dose["kind"], dose["amount_mg"]) for dose in found["doses"]] == [("planned", planned["amount_mg"])]
    assert found["now_min"] == 0


def test_a_running_session_has_a_past_and_a_future(world: World) -> None:
    world.start(minutes_ago=10)
    found = curve(prediction.prediction(world.session(), world.now))
    assert [dose["kind"] for dose in found["doses"]] == ["given", "planned"]
    assert found["now_min"] == pytest.approx(10)
    total = sum(dose["amount_mg"] for dose in found["doses"])
    assert total == pytest.approx(world.clinic()["sessions"][0]["amount_mg"])
    for name in ("ketamine_ng_ml", "norketamine_ng_ml", "effect_site_ng_ml"):
        assert {len(found[name][band]) for band in ("typical", "p5", "p50", "p95")} == {len(found["times_min"])}
    assert found["models"]
    assert found["sources"]
    assert found["tracks"]["ketamine"]["site"] == "arterial"


def test_before_the_start_minute_0_is_always_now_and_the_curve_is_computed_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = curve(prediction.prediction(world.session(), world.now))
    monkeypatch.setattr(prediction, "_compute", never)
    later = world.later(25.5)
    second = curve(prediction.prediction(world.session(), later))
    assert datetime.fromisoformat(first["zero_at"]) == world.now
    assert datetime.fromisoformat(second["zero_at"]) == later
    assert (second["now_min"], second["past_until_min"]) == (0, 0)
    assert second["ketamine_ng_ml"] == first["ketamine_ng_ml"]


def test_while_paused_the_curve_fades_and_only_a_trial_resumes(world: World) -> None:
    world.start(minutes_ago=10)
    pause = COMMAND.validate_python({"type": "pause"})
    actions.act(world.session(), pause, by=world.actor("nurse"), now=world.now, command_id="pause")
    later = world.later(5)
    paused = curve(prediction.prediction(world.session(), later))
    assert [dose["kind"] for dose in paused["doses"]] == ["given"]
    fading = paused["ketamine_ng_ml"]["typical"]
    assert max(fading) == pytest.approx(fading[10], rel=1e-3)
    resumed = curve(trial.what_if(world.session(), Change(resume=True), later))
    assert [dose["kind"] for dose in resumed["doses"]] == ["given", "planned"]
    assert resumed["doses"][1]["start_min"] == pytest.approx(15)
    assert sum(dose["amount_mg"] for dose in resumed["doses"]) == pytest.approx(
        world.clinic()["sessions"][0]["amount_mg"]
    )
    assert curve(prediction.prediction(world.session(), later)) == paused


def test_a_pump_of_unknown_volume_is_named_among_the_warnings(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=10)
    assert curve(prediction.prediction(world.session(), world.now))["unknown"] == []
    state = queries.state(world.session())
    unbounded = state.model_copy(update={"volume_to_infuse_ml": None, "version": state.version + 1})
    monkeypatch.setattr(queries, "state", lambda _: unbounded)
    found = curve(prediction.prediction(world.session(), world.now))
    assert found["unknown"] == ["volume_to_infuse_ml"]
    assert found["warnings"][0] == prediction.VOLUME_NOT_KNOWN
    assert found["doses"][-1]["kind"] == "planned"


def test_a_trial_begins_at_its_own_instant(world: World) -> None:
    world.start(minutes_ago=10)
    for seconds in (6, 48):
        found = curve(trial.what_if(world.session(), Change(bolus_mg=5), world.later(seconds / 60)))
        bolus = next(dose for dose in found["doses"] if dose["duration_min"] == 0)
        assert bolus["start_min"] == pytest.approx(10 + seconds / 60)


@pytest.mark.parametrize("minutes", [2, 20, 38])
def test_a_running_infusion_is_never_called_a_bolus(world: World, minutes: float) -> None:
    world.start(minutes_ago=minutes)
    found = curve(prediction.prediction(world.session(), world.now))
    assert not any("bolus" in text for text in found["warnings"])


def test_the_same_minute_is_computed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=10)
    first = curve(prediction.prediction(world.session(), world.now))
    monkeypatch.setattr(prediction, "_compute", never)
    again = curve(prediction.prediction(world.session(), world.later(0.5)))
    assert again["times_min"] == first["times_min"]
    assert again["now_min"] == pytest.approx(10.5)


def test_a_new_event_makes_a_new_curve(world: World) -> None:
    world.start(minutes_ago=10)
    before = curve(prediction.prediction(world.session(), world.now))
    stop = COMMAND.validate_python({"type": "stop_infusion"})
    actions.act(world.session(), stop, by=world.actor("nurse"), now=world.now, command_id="stop")
    after = curve(prediction.prediction(world.session(), world.now))
    assert max(after["ketamine_ng_ml"]["typical"]) < max(before["ketamine_ng_ml"]["typical"])
    assert [dose["kind"] for dose in after["doses"]] == ["given"]


@pytest.mark.parametrize(
    ("change", "higher"), [(Change(bolus_mg=10), True), (Change(rate_ml_h=1), False), (Change(stop=True), False)]
)
def test_a_trial_moves_the_curve_and_writes_nothing(world: World, change: Change, higher: bool) -> None:
    world.start(minutes_ago=10)
    counts = SessionEvent.objects.count(), AuditLine.objects.count(), queries.state(world.session()).version
    plain = curve(prediction.prediction(world.session(), world.now))
    tried = curve(trial.what_if(world.session(), change, world.now))
    peak = max(tried["ketamine_ng_ml"]["typical"]) - max(plain["ketamine_ng_ml"]["typical"])
    assert (peak > 0) is higher
    assert (SessionEvent.objects.count(), AuditLine.objects.count(), queries.state(world.session()).version) == counts


def test_a_trial_does_not_stay_in_the_curve(world: World) -> None:
    world.start(minutes_ago=10)
    plain = curve(prediction.prediction(world.session(), world.now))
    trial.what_if(world.session(), Change(stop=True), world.now)
    assert curve(prediction.prediction(world.session(), world.now)) == plain


def test_the_curve_ends_some_hours_after_the_last_dose_however_late_it_is_looked_at(world: World) -> None:
    world.start(minutes_ago=60)
    actions.watch(world.session(), {}, world.now)
    found = curve(prediction.prediction(world.session(), world.later(30 * 24 * 60)))
    assert found["times_min"][-1] <= 40 + 2 * prediction.SHOWN_AFTER_MIN
    assert found["now_min"] == pytest.approx(60 + 30 * 24 * 60)


@pytest.mark.parametrize("minutes_ago", [3 * 24 * 60, 60 * 24 * 365 * 2000.0])
def test_doses_too_far_apart_for_a_curve_are_refused_by_name(
    world: World, minutes_ago: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.start(minutes_ago=60)
    state = queries.state(world.session())
    early = (*state.boluses, Bolus(at=world.later(-minutes_ago), amount_mg=5.0))
    monkeypatch.setattr(queries, "state", lambda _: state.model_copy(update={"boluses": early}))
    found = prediction.prediction(world.session(), world.now)
    assert isinstance(found, Refused)
    assert found.code == "too_long_to_draw"


def test_a_slow_curve_of_one_session_leaves_the_others_free(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=10)
    states = {place: queries.state(world.session(place)) for place in (0, 1)}
    slow, release = threading.Event(), threading.Event()
    compute = prediction._compute

    def held(state: Any, *rest: Any) -> Any:
        if state.session == str(world.session(0)):
            slow.set()
            assert release.wait(30)
        return compute(state, *rest)

    monkeypatch.setattr(prediction, "_compute", held)
    first = threading.Thread(target=prediction.at_state, args=(states[0], world.later(200)), daemon=True)
    first.start()
    assert slow.wait(30)
    second = threading.Thread(target=prediction.at_state, args=(states[1], world.now), daemon=True)
    second.start()
    second.join(20)
    free = not second.is_alive()
    release.set()
    first.join(30)
    assert free


def test_the_record_loads_no_engine_until_a_curve_is_asked_for() -> None:
    code = (
        "import sys, django; django.setup(); import norket.record.session.actions, norket.site.urls; "
        "sys.exit('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def bolus_now(world: World) -> None:
    body = {"type": "give_bolus", "amount_mg": 5.0, "as": "happened"}
    actions.act(
        world.session(), COMMAND.validate_python(body), by=world.actor("nurse"), now=world.now, command_id="bolus"
    )


def test_what_holds_for_every_curve_is_a_remark_and_stands_last(world: World) -> None:
    world.start(minutes_ago=10)
    found = curve(prediction.prediction(world.session(), world.now))
    assert found["warnings"] == found["remarks"]
    assert len(found["remarks"]) > 1
    assert found["unread_min"] == []


def test_what_alarms_stands_before_the_remarks(world: World) -> None:
    world.start(minutes_ago=10)
    bolus_now(world)
    found = curve(prediction.prediction(world.session(), world.now))
    alarming = len(found["warnings"]) - len(found["remarks"])
    assert alarming > 0
    assert found["warnings"][alarming:] == found["remarks"]
    assert "bolus" in found["warnings"][0]
    (span,) = found["unread_min"]
    assert span[0] == pytest.approx(10)


def test_a_dose_without_a_weight_asks_for_the_weight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start(minutes_ago=10)
    monkeypatch.setattr(prediction, "_weight_kg", lambda _: None)
    found = prediction.prediction(world.session(), world.now)
    assert isinstance(found, Refused)
    assert (found.code, "Record the weight" in found.why) == ("weight_not_known", True)


def test_another_ledger_of_the_same_length_has_a_curve_of_its_own(world: World) -> None:
    world.start(minutes_ago=10)
    state = queries.state(world.session())
    last = state.ledger[-1]
    other = state.model_copy(update={"ledger": (*state.ledger[:-1], last.model_copy(update={"command_id": "other"}))})
    zero = world.now
    assert prediction._key(state, zero, world.now) == prediction._key(state, zero, world.now)
    assert prediction._key(state, zero, world.now) != prediction._key(other, zero, world.now)
