"""The made-up clinics: the same seed makes the same one, and each holds what it is for."""

from uuid import UUID

import pytest
from django.db import transaction
from support.worlds import NOW

from norket.knowledge import read
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.rehearsal.patient import VirtualPatient
from norket.site import worlds
from norket.site.worlds import demo
from norket.site.worlds.bedside import RESTS_MIN


@pytest.mark.django_db
def test_the_load_world_has_twenty_sessions_that_run_with_their_monitors() -> None:
    made = worlds.plant("load", seed=1, now=NOW)
    assert len(made["sessions"]) == 20
    for session in made["sessions"]:
        state = queries.state(UUID(session["id"]))
        assert (state.phase, state.devices) == ("running", (session["device"],))


@pytest.mark.django_db
def test_the_demo_has_what_a_visitor_is_shown() -> None:
    first = worlds.plant("demo", seed=7, now=NOW)
    patients = {patient["mrn"] for patient in first["patients"]}
    assert len(patients) >= 12
    assert {p["role"] for p in first["people"]} >= {
        "prescriber", "anaesthetist", "nurse", "therapist", "pharmacist", "manager", "medical_director", "auditor",
        "sysadmin",
    }  # fmt: skip
    views = {name: queries.view(UUID(one["id"]), NOW) for name, one in first["sessions"].items()}
    assert {name: view.phase for name, view in views.items()} == {
        "running": "running",
        "recovery": "recovery",
        "waiting": "checked_in",
        "planned": "planned",
    }
    assert views["running"].elapsed_s == 12 * 60
    order = views["running"].order
    assert order is not None
    assert (order.mg_kg, order.duration_min) == (0.5, 40)
    pressures = [one.value for one in queries.samples(UUID(first["sessions"]["running"]["id"]))["sbp_mmhg"]]
    assert pressures[-1] > pressures[0]
    assert {finding.rule for finding in views["waiting"].missing} == {"preflight.escort", "preflight.time_out"}
    assert not [alert for alert in views["running"].alerts if alert.technical]


@pytest.mark.django_db
def test_the_same_seed_makes_the_same_clinic_and_another_seed_another() -> None:
    def made(seed: int) -> tuple[object, set[str]]:
        with transaction.atomic():
            world = worlds.plant("authz", seed=seed, now=NOW)
            heads = set(SessionRecord.objects.values_list("head", flat=True))
            transaction.set_rollback(True)
        return world, heads

    assert made(3) == made(3)
    assert made(3)[1].isdisjoint(made(4)[1])


@pytest.mark.parametrize("number", [0, 1])
def test_at_any_minute_of_the_day_the_patients_of_the_demo_are_calm_enough_to_begin(number: int) -> None:
    _, _, _, _, sex, height_cm, weight_kg = demo.PATIENTS[number]
    patient = VirtualPatient(
        1, weight_kg, 42.0, "female" if sex == "female" else "male", height_cm, *demo.SIMULATED[number]
    )
    pressures = [one.sbp_mmhg or 0.0 for one in patient.course([float(minute) for minute in range(24 * 60)], [])]
    calmest = [min(pressures[end - RESTS_MIN : end]) for end in range(RESTS_MIN, len(pressures) + 1)]
    assert max(calmest) <= read().figure("preflight.pressure_hold", "hold_sbp_mmhg").value
