"""A training case at a chair of its own in the demo clinic: a made-up patient with a monitor, some minutes before it
comes up. It goes through the same doors as every other session."""

from datetime import date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from norket.knowledge import Entry
from norket.pharmacology.doses import Dose
from norket.record.people.models import Chair, Clinic, Person
from norket.record.register import queries as register
from norket.record.session.queries import base
from norket.record.writer import writing
from norket.rehearsal.patient import VirtualPatient
from norket.rehearsal.scenario import Scenario
from norket.site.problems import ProblemError
from norket.site.worlds import charts, course
from norket.site.worlds.bedside import Bedside
from norket.site.worlds.makers import MINUTE, PRODUCT, Maker, Walk
from norket.therapy.session.debrief import PREFIX, cases, mark

CHAIR = "Training"
NUMBERS = ("R", "Training", "Patient", date(1986, 4, 2), "female", 168.0, 68.0)
RESTING: dict[str, dict[str, float]] = {"climber": {"sbp_mmhg": 136.0, "dbp_mmhg": 84.0}}
WRONG_MG_ML = 50.0


def names() -> list[str]:
    """The cases that can be rehearsed."""
    return [entry.id.removeprefix(PREFIX) for entry in cases(base())]


def lot(clinic_id: UUID) -> str:
    """The lot of the product of a case of which the clinic has most; empty where it has none."""
    held = [one for one in register.balances(clinic_id) if one.product_id == PRODUCT and one.balance_mg > 0]
    return max(held, key=lambda one: one.balance_mg).lot if held else ""


def plant(case: str, *, seed: int, now: datetime, lot: str) -> dict[str, Any]:
    """A session that rehearses the case, in the clinic that is there; what its monitor needs to go on with it."""
    if case not in names():
        raise ProblemError(f"no training case is called {case}; there are {', '.join(names())}")
    with writing():
        return _Case(Maker(seed, now), base().entry(PREFIX + case), lot).plant()


class _Case:
    def __init__(self, maker: Maker, entry: Entry, lot: str) -> None:
        self.maker, self.entry, self.lot, self.now = maker, entry, lot, maker.now
        self.case = entry.id.removeprefix(PREFIX)
        self.clinic = Clinic.objects.get()
        self.number = Chair.objects.filter(clinic=self.clinic, name__startswith=CHAIR).count() + 1
        # Nurses have their chairs; the anaesthetist is at this one.
        people = Person.objects.filter(clinic=self.clinic).order_by("username")
        staff = {role: next(one for one in people if role in one.roles) for role in ("anaesthetist", "prescriber")}
        # One has the chair, the other one checks; a first session needs the whole of whoever has it.
        self.own, self.second = list(staff.values())[:: 1 if self.number % 2 else -1]
        self.staff = staff

    def plant(self) -> dict[str, Any]:
        letter, *who = NUMBERS
        patient = self.maker.patient(self.clinic, f"{letter}-{self.number:03d}", *who)  # type: ignore[arg-type]
        charts.plant_healthy([patient], self.staff["prescriber"], self.now)
        chair = self.maker.chair(self.clinic, f"{CHAIR} {self.number}", 100 + self.number)
        device = self.maker.device(self.clinic, f"REH-{self.number}", f"Training monitor {self.number}")
        minutes_in = base().figure(self.entry.id, "minutes_in").value
        start = self.now - minutes_in * MINUTE if minutes_in else self.now + 4 * MINUTE
        signed = start - timedelta(hours=3)
        order = self.maker.order(patient, self.staff["prescriber"], signed)
        walk = self.maker.session(
            patient,
            chair,
            self.own,
            self.staff["prescriber"],
            signed + MINUTE,
            start,
            order=order,
            number=2,
        )
        zero = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        dose = Dose(order.amount_mg, start_min=(start - zero) / MINUTE, duration_min=order.duration_min)
        simulated = VirtualPatient(
            self.maker.seed,
            order.weight_kg,
            float(patient.age_y(self.now.date())),
            "female",
            patient.height_cm,
            self.scenario,
            RESTING.get(self.scenario, {}),
        )
        self._walk(walk, Bedside(walk, device, simulated, zero, [dose] if minutes_in else []), start, bool(minutes_in))
        return {
            "session": walk.as_json() | {"lot": self.lot},
            "device": self.maker.devices[-1],
            "simulated": {
                "device": device.identity,
                "scenario": self.scenario,
                "resting": RESTING.get(self.scenario, {}),
            },
        }

    @property
    def scenario(self) -> Scenario:
        return next(one for one in get_args(Scenario) if one == self.entry.data["patient"])

    def _walk(self, walk: Walk, bedside: Bedside, start: datetime, running: bool) -> None:
        rested = bedside.rested(start - 12 * MINUTE)
        if not running:
            course.ready(walk, start, self.lot, self.second, left_out=("prepare", "time_out"), vitals=rested)
            self._wrong(walk, start - 8 * MINUTE)
            walk.send(start - 7 * MINUTE, {"type": "note", "text": mark(self.case)})
            walk.bind(start - 6 * MINUTE, bedside.device)
            return
        course.ready(walk, start, self.lot, self.second, vitals=rested)
        walk.send(start - 2 * MINUTE, {"type": "note", "text": mark(self.case)})
        bedside.attach(start)
        walk.start(start)
        for minutes in (5, 10):
            bedside.vitals(start + minutes * MINUTE)
        walk.watch(self.now)

    def _wrong(self, walk: Walk, at: datetime) -> None:
        """A colleague drew from a stronger vial than the label says."""
        order = walk.order
        if order is None:
            raise ProblemError("a training case has an order")
        walk.send(
            at,
            {
                "type": "prepare_dose",
                "product_id": PRODUCT,
                "lot": self.lot,
                "drawn_mg": order.amount_mg,
                "vial_ml": order.amount_mg / WRONG_MG_ML,
                "volume_ml": order.volume_ml,
                "concentration_mg_ml": order.concentration_mg_ml,
                "checker": str(self.staff["prescriber"].pk),
            },
        )
