"""The made-up clinics: the same seed makes the same one, and each holds what it is for."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from support.worlds import NOW

from norket.knowledge import read
from norket.record.care.day_of import day_of
from norket.record.exposure import exposure
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Vitals
from norket.site import worlds
from norket.site.worlds import demo
from norket.site.worlds.bedside import PRESSURE, RESTS_MIN, SETTLES, STEP, Bedside

DAY = timedelta(days=1)
INTERVAL_H = read().figure("doses.d01", "interval_h", on=NOW.date()).value


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 10])
def test_the_load_world_has_twenty_sessions_that_run_with_their_monitors(hour: int) -> None:
    """Also just after midnight: the questions of the day are asked on the day."""
    made = worlds.plant("load", seed=1, now=NOW.replace(hour=hour, minute=4))
    assert len(made["sessions"]) == 20
    for session in made["sessions"]:
        state = queries.state(UUID(session["id"]))
        assert (state.phase, state.devices) == ("running", (session["device"],))


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "minute"), [(0, 4), (0, 44), (23, 30)])
def test_the_demo_opens_at_every_hour_and_who_waits_in_it_may_start(hour: int, minute: int) -> None:
    """Just after midnight its sessions began on the day before, and the last ones are fewer hours ago than at night."""
    made = worlds.plant("demo", seed=7, now=NOW.replace(hour=hour, minute=minute))
    phases = {name: queries.state(UUID(session["id"])).phase for name, session in made["sessions"].items()}
    assert phases == {"running": "running", "recovery": "recovery", "waiting": "checked_in", "planned": "planned"}
    for name in ("waiting", "planned"):
        session = SessionRecord.objects.get(pk=made["sessions"][name]["id"])
        last = max(dose.at for dose in exposure(session.patient, session.planned_for).doses)
        assert session.planned_for - last > timedelta(hours=INTERVAL_H)


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


@pytest.mark.parametrize("seed", [1, 7])
@pytest.mark.parametrize("number", [0, 1])
def test_at_any_moment_of_the_day_the_patients_of_the_demo_are_calm_enough_to_begin(number: int, seed: int) -> None:
    patient = simulated(number, seed)
    every_s = STEP.total_seconds()
    strains = [strain(one) for one in patient.course([n * every_s / 60 for n in range(round(DAY / STEP))], [])]
    assert (max(strains) > 1) is (number == 0)  # the first one is restless by itself
    at_rest = [min(strains[end - RESTS_MIN * 6 : end : 6]) for end in range(RESTS_MIN * 6, len(strains) + 1)]
    assert max(at_rest) <= 1
    before_start = [min(strains[end - SETTLES : end]) for end in range(SETTLES, len(strains) + 1)]
    assert max(before_start) <= 1


def test_the_monitor_is_bound_at_the_calmest_moment_before_the_start() -> None:
    bedside = Bedside(None, None, simulated(0, 7), NOW, [])  # type: ignore[arg-type] -- nothing is sent
    strains = {NOW + STEP * n: strain(bedside.at(NOW + STEP * n)) for n in range(100)}
    for start in list(strains)[SETTLES:]:
        at = bedside.calmest(start - STEP, STEP, SETTLES)
        assert start - STEP * SETTLES <= at < start
        assert strains[at] == min(strains[start - STEP * n] for n in range(1, SETTLES + 1))


def simulated(number: int, seed: int) -> VirtualPatient:
    _, _, _, _, sex, height_cm, weight_kg = demo.PATIENTS[number]
    return VirtualPatient(
        seed, weight_kg, 42.0, "female" if sex == "female" else "male", height_cm, *demo.SIMULATED[number]
    )


def strain(vitals: Vitals) -> float:
    """The pressures in parts of those that hold a start, as a cuff writes them; above 1 is held."""
    high = {name: read().figure("preflight.pressure_hold", f"hold_{name}").value or 0 for name in PRESSURE}
    return max(round(getattr(vitals, name)) / most for name, most in high.items())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["waiting", "planned"])
def test_nothing_of_the_day_holds_a_session_of_the_demo_that_has_not_begun(name: str) -> None:
    made = worlds.plant("demo", seed=7, now=NOW)
    record = SessionRecord.objects.get(pk=made["sessions"][name]["id"])
    found = day_of([(record, queries.state(record.pk))], NOW)[record.pk].findings
    asked_at_the_chair = {"medicines.med_20", "screening.scr_12", "screening.scr_29"} if name == "planned" else set()
    assert {one.rule for one in found if one.state != "clear"} <= asked_at_the_chair


@pytest.mark.django_db
@pytest.mark.parametrize("hour", [0, 9, 23])
def test_the_demo_can_be_made_at_the_edges_of_a_day(hour: int) -> None:
    now = NOW.replace(hour=hour, minute=5 if hour == 0 else 57, second=41)
    assert len(worlds.plant("demo", seed=7, now=now)["sessions"]) == 4
