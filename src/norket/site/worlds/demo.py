"""The demo clinic: twelve patients at different points, four chairs, one person for each role.

One session is 12 minutes in with the pressure climbing, one is in recovery, one waits with two things missing, one is
planned for today.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from norket.pharmacology.doses import Dose
from norket.record.people import actions as people
from norket.record.people.models import Chair, Clinic, Patient, Person
from norket.record.plan import actions as plan
from norket.record.plan import switches
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Scenario
from norket.site.worlds import charts, course, referrals, rescue
from norket.site.worlds.bedside import Bedside
from norket.site.worlds.days import opened
from norket.site.worlds.makers import MINUTE, Maker, Walk, must
from norket.therapy.referral.shapes import Referrer

LOT = "KET-2411"
# A vial for injections and a box of sprays, 28 mg each.
OTHER_STOCK = (("ketamine-50", "K50-77", 500.0), ("esketamine-28", "ES-12", 280.0))
STAFF = (
    ("prescriber", "Dr Amara Okafor", ("prescriber",)),
    ("anaesthetist", "Dr Jonas Lind", ("anaesthetist",)),
    ("nurse", "Maya Torres", ("nurse",)),
    ("nurse2", "Ben Whitfield", ("nurse",)),
    ("therapist", "Ines Duarte", ("therapist",)),
    ("pharmacist", "Tom Baker", ("pharmacist",)),
    ("manager", "Ruth Adler", ("manager",)),
    ("director", "Dr Helen Ferris", ("medical_director",)),
    ("auditor", "Paul Iversen", ("auditor",)),
    ("sysadmin", "Kim Sato", ("sysadmin",)),
)
PATIENTS = (
    ("N-1001", "Elena", "Marsh", date(1984, 3, 12), "female", 168.0, 70.0),
    ("N-1002", "Daniel", "Osei", date(1971, 11, 2), "male", 181.0, 84.0),
    ("N-1003", "Priya", "Raman", date(1992, 7, 23), "female", 160.0, 58.0),
    ("N-1004", "Lukas", "Brandt", date(1979, 1, 30), "male", 176.0, 79.0),
    ("N-1005", "Grace", "Mwangi", date(1988, 9, 9), "female", 165.0, 66.0),
    ("N-1006", "Oliver", "Hughes", date(1965, 5, 17), "male", 174.0, 88.0),
    ("N-1007", "Sofia", "Lindqvist", date(1996, 12, 4), "female", 171.0, 61.0),
    ("N-1008", "Mateo", "Rivas", date(1983, 8, 28), "male", 178.0, 75.0),
    ("N-1009", "Hannah", "Cole", date(1975, 2, 14), "female", 163.0, 72.0),
    ("N-1010", "Yusuf", "Demir", date(1990, 6, 6), "male", 183.0, 81.0),
    ("N-1011", "Claire", "Bouchard", date(1958, 10, 21), "female", 158.0, 55.0),
    ("N-1012", "Noah", "Petersen", date(2000, 4, 1), "male", 187.0, 77.0),
)

# By number of the chair: what happens beside the drug, and the patient's own pressure at rest.
SIMULATED: tuple[tuple[Scenario, dict[str, float]], ...] = (
    ("climber", {"sbp_mmhg": 132.0, "dbp_mmhg": 82.0}),
    ("uneventful", {"sbp_mmhg": 122.0, "dbp_mmhg": 76.0}),
    ("uneventful", {}),
    ("uneventful", {}),
)


def plant(seed: int, now: datetime) -> dict[str, Any]:
    return _Demo(Maker(seed, now)).plant()


class _Demo:
    def __init__(self, maker: Maker) -> None:
        self.maker, self.now = maker, maker.now
        self.zero = maker.now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.clinic: Clinic = maker.clinic("Harbour Ketamine Clinic")
        self.staff: dict[str, Person] = {
            username: maker.person(self.clinic, username, name, *roles) for username, name, roles in STAFF
        }
        self.chairs: list[Chair] = [maker.chair(self.clinic, f"Chair {n}", n) for n in (1, 2, 3, 4)]
        self.monitors = [maker.device(self.clinic, f"MON-{n}", f"Monitor {n}") for n in (1, 2, 3, 4)]
        self.patients: list[Patient] = [maker.patient(self.clinic, *facts) for facts in PATIENTS]
        charts.plant(self.patients, self.staff["prescriber"], self.now)

    def plant(self) -> dict[str, Any]:
        must(plan.sign_policy(self.staff["director"], now=self.now - timedelta(days=20)))
        rescue.plant(self.staff, self.clinic, self.now)
        must(switches.turn(self.staff["director"], "prediction_advice", on=True, now=self.now - timedelta(days=20)))
        self.maker.stock(
            self.clinic, self.staff["pharmacist"], LOT, 2000.0, self.now - timedelta(days=19), self.staff["nurse"]
        )
        for product_id, lot, amount_mg in OTHER_STOCK:
            received_at, by, witness = self.now - timedelta(days=19), self.staff["pharmacist"], self.staff["nurse"]
            self.maker.stock(self.clinic, by, lot, amount_mg, received_at, witness, product_id)
        self._past()
        recovery = self._recovery()  # it began first, perhaps before midnight, and a clinic's days come in their order
        sessions = {
            "running": self._running(),
            "recovery": recovery,
            "waiting": self._waiting(),
            "planned": self._planned(),
        }
        self._later()
        self._referred()
        return {
            "clinic": {"id": str(self.clinic.pk), "name": self.clinic.name},
            "people": self.maker.people,
            "devices": self.maker.devices,
            "lot": LOT,
            "patients": [{"id": str(p.pk), "mrn": p.mrn, "name": p.name} for p in self.patients],
            "sessions": {name: walk.as_json() | {"lot": LOT} for name, walk in sessions.items()},
            "simulated": {
                name: {"device": f"MON-{number + 1}", "scenario": SIMULATED[number][0], "resting": SIMULATED[number][1]}
                for number, name in enumerate(sessions)
            },
        }

    def _book(
        self, patient: int, chair: int | None, nurse: str, start: datetime, *, number: int = 1, days_before: float = 1.0
    ) -> Walk:
        """An order of the day before, and a session under it."""
        signed_at = start - timedelta(days=days_before)
        prescriber = self.staff["prescriber"]
        order = self.maker.order(self.patients[patient], prescriber, signed_at)
        return self.maker.session(
            self.patients[patient],
            self.chairs[chair] if chair is not None else None,
            self.staff[nurse],
            prescriber,
            signed_at + MINUTE,
            start,
            order=order,
            number=number,
        )

    def _running(self) -> Walk:
        start = self.now - 12 * MINUTE
        walk = self._book(0, 0, "nurse", start, number=3)
        bedside = self._bedside(walk, 0, start)
        course.ready(walk, start, LOT, self.staff["prescriber"], vitals=bedside.rested(start - 12 * MINUTE))
        bedside.attach(start)
        walk.start(start)
        for minutes in (5, 10):
            bedside.vitals(start + minutes * MINUTE)
        walk.send(start + 9 * MINUTE, {"type": "record_score", "score": "watched_sedation", "value": 1})
        walk.send(start + 11 * MINUTE, {"type": "record_score", "score": "dissociation", "value": 1})
        walk.watch(self.now)
        return walk

    def _bedside(self, walk: Walk, number: int, start: datetime) -> Bedside:
        """The simulated patient of a running session; the demo's monitor goes on with the same one."""
        order, patient = self.maker.orders[UUID(walk.as_json()["order_id"])], walk.patient
        simulated = VirtualPatient(
            self.maker.seed,
            order.weight_kg,
            float(patient.age_y(self.now.date())),
            "female" if patient.sex == "female" else "male",
            patient.height_cm,
            *SIMULATED[number],
        )
        dose = Dose(order.amount_mg, start_min=(start - self.zero) / MINUTE, duration_min=order.duration_min)
        return Bedside(walk, self.monitors[number], simulated, self.zero, [dose])

    def _recovery(self) -> Walk:
        start = self.now - 65 * MINUTE
        walk = self._book(1, 1, "nurse", start, number=4)
        bedside = self._bedside(walk, 1, start)
        course.ready(walk, start, LOT, self.staff["anaesthetist"], vitals=bedside.rested(start - 12 * MINUTE))
        bedside.attach(start)
        walk.start(start)
        for minutes in (5, 10, 15, 25, 35):
            bedside.vitals(start + minutes * MINUTE)
        walk.watch(start + 40 * MINUTE)
        walk.send(start + 41 * MINUTE, {"type": "start_recovery"})
        for minutes in (42, 55):
            bedside.vitals(start + minutes * MINUTE)
        walk.watch(self.now)
        return walk

    def _waiting(self) -> Walk:
        """Two things are missing: the escort and the time-out."""
        start = self.now + 4 * MINUTE
        walk = self._book(2, 2, "nurse2", start, number=2)
        course.ready(walk, start - 5 * MINUTE, LOT, self.staff["prescriber"], left_out=("escort_booked", "time_out"))
        return walk

    def _planned(self) -> Walk:
        walk = self._book(3, 3, "nurse2", self.now + 30 * MINUTE, number=2)
        opened(walk, self.now)
        return walk

    def _past(self) -> None:
        """Sessions that are over: a course going on, one that was left early."""
        start = (self.now - timedelta(days=4)).replace(hour=14, minute=0, second=0, microsecond=0)
        walk = self._book(4, 1, "nurse2", start, number=1)
        course.ready(walk, start, LOT, self.staff["prescriber"])
        course.run(walk, start, start + 12 * MINUTE, (120, 124))
        walk.send(start + 14 * MINUTE, {"type": "stop_infusion", "reason": "Wants to stop"})
        walk.send(start + 15 * MINUTE, {"type": "start_recovery"})
        judged = {
            "type": "record_capacity",
            "capacity": "yes",
            "detail": "Understands, weighs and says what may happen",
        }
        walk.send(start + 49 * MINUTE, judged, by=self.staff["prescriber"])
        walk.send(
            start + 50 * MINUTE,
            {
                "type": "leave_early",
                "reason": "Had to leave",
                "cannula_in": "no",
            },
        )
        walk.send(start + 52 * MINUTE, {"type": "record_contact", "whom": "prescriber", "reached": "yes"})
        walk.watch(start + 53 * MINUTE)
        # three days are more than the 44 h of the row at every hour of the day: whoever is here today may start
        for patient, days, number in ((0, 3, 2), (1, 3, 3), (2, 3, 1), (3, 3, 1), (9, 1, 2)):
            start = (self.now - timedelta(days=days)).replace(hour=10, minute=0, second=0, microsecond=0)
            walk = self._book(patient, patient % 4, "nurse", start, number=number)
            course.whole(walk, start, LOT, self.staff["prescriber"])

    def _referred(self) -> None:
        """Whom the clinic can be reached by, and three who ask for help: one in danger since last night."""
        by_phone = {"phone": "020 7946 0018", "hours": "Monday to Friday, 8 to 18", "on_call": "07700 900461"}
        must(people.set_contacts(self.clinic, country="GB", **by_phone, by="demo", now=self.now))
        refer, born = referrals.send, referrals.person
        refer(
            self.clinic,
            born("Tomas", "Hale", date(1987, 2, 9), "male", "07700 900112"),
            self.now - timedelta(hours=9),
            yes=(referrals.HEARD, "questions.high_blood_pressure"),
            reason="I have been low for six years. Nothing helps for long.",
            medicines="sertraline 150 mg\namlodipine 5 mg",
            message="Some nights I do not want to wake up.",
        )
        refer(
            self.clinic,
            born("Ingrid", "Moller", date(1979, 6, 21), "female", "ingrid@example.org"),
            self.now - timedelta(days=2),
            yes=("questions.glaucoma",),
            reason="Depression that came back after two treatments.",
            medicines="venlafaxine 225 mg\nlatanoprost eye drops",
        )
        refer(
            self.clinic,
            born("Samuel", "Achebe", date(1994, 10, 3), "male", "07700 900254"),
            self.now - timedelta(hours=5),
            yes=("questions.substance_use",),
            reason="Treatment-resistant depression; two full trials, one with lithium.",
            medicines="bupropion 300 mg\nlithium 800 mg",
            referrer=Referrer(name="Dr Judith Crane", profession="GP, Mill Lane Surgery", contact="020 7946 0555"),
        )

    def _later(self) -> None:
        """Orders signed and sessions planned for the coming days; two patients are only registered."""
        self.maker.order(self.patients[8], self.staff["prescriber"], self.now - timedelta(hours=3))
        for patient, days in ((9, 1), (4, 1), (6, 2)):
            self._book(
                patient, patient % 4, "nurse2", self.now + timedelta(days=days), number=3, days_before=days + 0.1
            )
