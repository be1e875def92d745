"""Sessions that all run, each with its monitor bound, for measurements under load: twenty, and two hundred."""

from datetime import date, datetime, timedelta
from typing import Any

from norket.record.plan import actions as plan
from norket.site.worlds import charts, course
from norket.site.worlds.makers import MINUTE, Maker, must

SESSIONS = 20
MANY = 200
STOCK_MG = 250.0  # a session's share of the lot
BEFORE = date(1979, 12, 31)


def hospital(seed: int, now: datetime) -> dict[str, Any]:
    return plant(seed, now, MANY)


def plant(seed: int, now: datetime, count: int = SESSIONS) -> dict[str, Any]:
    maker = Maker(seed, now)
    clinic = maker.clinic("Load clinic")
    director = maker.person(clinic, "director", "Director", "medical_director")
    prescriber = maker.person(clinic, "prescriber", "Prescriber", "prescriber")
    pharmacist = maker.person(clinic, "pharmacist", "Pharmacist", "pharmacist")
    must(plan.sign_policy(director, now=now - timedelta(days=2)))
    sessions = []
    for place in range(1, count + 1):
        nurse = maker.person(clinic, f"nurse{place}", f"Nurse {place}", "nurse")
        if place == 1:
            maker.stock(clinic, pharmacist, "LOAD", STOCK_MG * count, now - timedelta(days=2), nurse)
        patient = maker.patient(
            clinic,
            f"L-{place:04}",
            f"Given{place}",
            f"Family{place}",
            BEFORE + timedelta(days=place),
            "female",
            170.0,
            70.0,
        )
        charts.plant_healthy([patient], prescriber, now)
        device = maker.device(clinic, f"LOAD-{place}", f"Monitor {place}")
        order = maker.order(patient, prescriber, now - timedelta(hours=4))
        walk = maker.session(
            patient,
            maker.chair(clinic, f"Chair {place}", place),
            nurse,
            prescriber,
            now - timedelta(hours=3),
            now - 5 * MINUTE,
            order=order,
            number=2,
        )
        course.ready(walk, now - 3 * MINUTE, "LOAD", prescriber)
        walk.bind(now - 4 * MINUTE, device)
        walk.start(now - 3 * MINUTE)
        sessions.append(walk.as_json() | {"lot": "LOAD", "device": device.identity})
    return {"clinic": {"id": str(clinic.pk)}, "people": maker.people, "devices": maker.devices, "sessions": sessions}
