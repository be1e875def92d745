"""Two clinics with two patients each, every object carrying a word that must never be seen from the wrong place."""

from datetime import date, datetime, timedelta
from typing import Any

from norket.record.plan import actions as plan
from norket.site.worlds import course, referrals
from norket.site.worlds.makers import MINUTE, Maker, must

ROLES = (
    "prescriber",
    "anaesthetist",
    "nurse",
    "therapist",
    "pharmacist",
    "manager",
    "medical_director",
    "auditor",
    "sysadmin",
)


def plant(seed: int, now: datetime) -> dict[str, Any]:
    maker = Maker(seed, now)
    clinics = [_clinic(maker, side) for side in ("left", "right")]
    return {"clinics": clinics, "people": maker.people, "devices": maker.devices}


def _clinic(maker: Maker, side: str) -> dict[str, Any]:
    now, canary = maker.now, f"canary-{side}-{maker.seed}"
    clinic = maker.clinic(f"{canary} clinic")
    staff = {role: maker.person(clinic, f"{side}-{role}", f"{canary} {role}", role) for role in ROLES}
    must(plan.sign_policy(staff["medical_director"], now=now - timedelta(days=2)))
    maker.stock(clinic, staff["pharmacist"], f"{canary}-lot", 500.0, now - timedelta(days=2), staff["nurse"])
    device = maker.device(clinic, f"{canary}-monitor", f"{canary} monitor")
    sessions = []
    for place in (1, 2):
        patient = maker.patient(
            clinic,
            f"{canary}-{place}",
            f"{canary}-given-{place}",
            f"{canary}-family-{place}",
            date(1980, 1, place),
            "female",
            165.0,
            60.0 + place,
        )
        order = maker.order(patient, staff["prescriber"], now - timedelta(hours=2))
        chair = maker.chair(clinic, f"{canary} chair {place}", place)
        walk = maker.session(
            patient,
            chair,
            staff["nurse"],
            staff["prescriber"],
            now - timedelta(hours=1),
            now + 30 * MINUTE,
            order=order,
            number=2,
        )
        if place == 1:
            course.ready(walk, now + MINUTE, f"{canary}-lot", staff["prescriber"], left_out=("prepare", "time_out"))
            walk.bind(now - MINUTE, device)
            walk.send(now, {"type": "note", "text": f"{canary}-note"})
        sessions.append(walk.as_json() | {"lot": f"{canary}-lot"})
    born = date(1970, 1, 1)
    sent = referrals.person(f"{canary}-referred", f"{canary}-family", born, "female", f"{canary}-contact")
    referrals.send(clinic, sent, now - timedelta(hours=3), message=f"{canary}-message")
    return {"id": str(clinic.pk), "canary": canary, "device": device.identity, "sessions": sessions}
