"""What every world is made with: ids and tokens from the seed, staff, patients, stock, and sessions walked through
the real actions, each command at the time it would have been given."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.contrib.auth.hashers import make_password

from norket.record.access import tokens
from norket.record.access.models import Device
from norket.record.draft import draft as order_draft
from norket.record.people.models import Chair, Clinic, Patient, Person
from norket.record.plan import actions as plan
from norket.record.register import actions as register
from norket.record.session import actions as session
from norket.record.session import queries
from norket.record.session.course import has_had_drug
from norket.site.problems import ProblemError
from norket.therapy.finding import Refused
from norket.therapy.plan.order import Order
from norket.therapy.register.ledger import RegisterLine
from norket.therapy.session.events import COMMAND, EXPECTS_VERSION

PASSWORD = "norket-demo-chair"  # noqa: S105 -- printed for everyone to see; these worlds exist only in demo and tests
T = TypeVar("T")
PRODUCT, CONCENTRATION_MG_ML = "ketamine-10", 1.0
MINUTE = timedelta(minutes=1)
ETCO2_MMHG = 38.0  # somebody who breathes quietly


def number_id(seed: int, *parts: object) -> UUID:
    """The same id for the same seed and name."""
    return uuid5(NAMESPACE_URL, "norket:" + ":".join(map(str, (seed, *parts))))


def _secret(seed: int, *parts: object) -> str:
    if settings.NORKET_MODE not in {"demo", "test"}:
        return ""  # then the token is made from the system's own randomness
    return tokens.PREFIX + sha256(f"norket:{seed}:{parts}".encode()).hexdigest()[:40]


@dataclass
class Maker:
    """One world in the making."""

    seed: int
    now: datetime
    password: str = field(default_factory=lambda: make_password(PASSWORD))
    people: list[dict[str, Any]] = field(default_factory=list)
    devices: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[UUID, Order] = field(default_factory=dict)
    sent: int = 0
    ready_days: set[tuple[object, ...]] = field(default_factory=set)

    def clinic(self, name: str, timezone: str = "Europe/London") -> Clinic:
        return Clinic.objects.create(id=number_id(self.seed, "clinic", name), name=name, timezone=timezone)

    def person(self, clinic: Clinic, username: str, name: str, *roles: str) -> Person:
        """A member of staff with a password and a token."""
        person = Person.objects.create(
            id=number_id(self.seed, "person", username),
            username=username,
            name=name,
            clinic=clinic,
            roles=list(roles),
            password=self.password,
        )
        token = tokens.make(person, now=self.now - timedelta(days=1), token=_secret(self.seed, username))
        self.people.append(
            {
                "id": str(person.pk),
                "username": username,
                "name": name,
                "role": roles[0],
                "roles": list(roles),
                "clinic": str(clinic.pk),
                "password": PASSWORD,
                "token": token,
            }
        )
        return person

    def device(self, clinic: Clinic, identity: str, name: str) -> Device:
        device = Device.objects.create(
            id=number_id(self.seed, "device", identity), clinic=clinic, identity=identity, name=name
        )
        token = tokens.make(device, now=self.now - timedelta(days=1), token=_secret(self.seed, identity))
        self.devices.append({"id": str(device.pk), "identity": identity, "clinic": str(clinic.pk), "token": token})
        return device

    def chair(self, clinic: Clinic, name: str, position: int) -> Chair:
        return Chair.objects.create(
            id=number_id(self.seed, "chair", clinic.pk, name), clinic=clinic, name=name, position=position
        )

    def patient(
        self,
        clinic: Clinic,
        mrn: str,
        given: str,
        family: str,
        born: date,
        sex: str,
        height_cm: float,
        weight_kg: float,
        *,
        indication: str = "Treatment-resistant major depression",
        weighed: date | None = None,
        frail: bool = False,
    ) -> Patient:
        return Patient.objects.create(
            id=number_id(self.seed, "patient", clinic.pk, mrn),
            clinic=clinic,
            mrn=mrn,
            given_name=given,
            family_name=family,
            birth_date=born,
            sex=sex,
            height_cm=height_cm,
            weight_kg=weight_kg,
            weight_measured_on=weighed or self.now.date(),
            indication=indication,
            frail=frail,
        )

    def stock(
        self,
        clinic: Clinic,
        by: Person,
        lot: str,
        amount_mg: float,
        at: datetime,
        witness: Person,
        product_id: str = PRODUCT,
    ) -> None:
        """Vials or devices received."""
        line = RegisterLine(
            kind="received",
            product_id=product_id,
            lot=lot,
            amount_mg=amount_mg,
            session=None,
            by=str(by.pk),
            witness=str(witness.pk),
            at=at,
        )
        must(register.record(clinic.pk, line, by=by.actor, now=at))

    def order(self, patient: Patient, by: Person, at: datetime, text: str = "0.5 mg/kg iv over 40 min") -> Order:
        """A signed order for the usual dose row."""
        draft = order_draft(
            patient,
            row="doses.d01",
            dose_text=text,
            concentration_mg_ml=CONCENTRATION_MG_ML,
            on=at.date(),
            first_session=not has_had_drug(patient),
            weight_kg=patient.weight_kg,
            weight_measured_on=at.date(),
        )
        order_id = number_id(self.seed, "order", patient.pk, at.isoformat())
        signed = must(plan.sign_order(patient.pk, draft, by=by.actor, now=at, order_id=order_id))
        if not isinstance(signed, Order):
            raise TypeError(f"{text} is no infusion")
        self.orders[order_id] = signed
        return signed

    def session(
        self,
        patient: Patient,
        chair: Chair | None,
        nurse: Person,
        by: Person,
        at: datetime,
        planned_for: datetime,
        *,
        order: Order | None,
        number: int = 1,
        of_total: int | None = 6,
    ) -> "Walk":
        session_id = session.plan_session(
            patient.pk,
            chair.pk if chair else None,
            order_id=UUID(order.id) if order else None,
            nurse_id=nurse.pk,
            planned_for=planned_for,
            by=by.actor,
            now=at,
            number=number,
            of_total=of_total,
            session_id=number_id(self.seed, "session", patient.pk, number),
        )
        return Walk(self, session_id, patient, order, nurse, by, chair=chair)


def must(done: T | Refused) -> T:
    """A world is made of what is allowed; a refusal is a fault of the world."""
    if isinstance(done, Refused):
        raise ProblemError(f"the world cannot be made: {done.code}: {done.why}")
    return done


@dataclass
class Walk:
    """One session on its way: each step is a command sent by someone at a time."""

    maker: Maker
    id: UUID
    patient: Patient
    order: Order | None
    nurse: Person
    prescriber: Person
    version: int = 1
    steps: int = 0
    measure: Callable[[datetime], None] | None = None
    chair: Chair | None = None

    def send(self, at: datetime, body: dict[str, Any], by: Person | None = None) -> None:
        """One command at its time; the watch looks first, as it would have done."""
        self.watch(at)
        command = COMMAND.validate_python(body)
        self.steps += 1
        done = must(
            session.act(
                self.id,
                command,
                by=(by or self.nurse).actor,
                now=at,
                command_id=f"world:{self.id}:{self.steps}",
                expected_version=self.version if command.type in EXPECTS_VERSION else None,
            )
        )
        self.version = done.version

    def watch(self, at: datetime) -> None:
        if self.measure is not None:
            self.measure(at)
        written = session.watch(self.id, queries.samples(self.id), at)
        self.version = written[-1].n if written else self.version

    @property
    def pair(self) -> tuple[str, str]:
        return (self.patient.mrn, self.patient.birth_date.isoformat())

    def vitals(self, at: datetime, sbp: float, dbp: float, hr: float, spo2: float = 98, rr: float = 14) -> None:
        values = {"sbp_mmhg": sbp, "dbp_mmhg": dbp, "hr_per_min": hr, "spo2_percent": spo2, "rr_per_min": rr}
        asked = {"etco2_mmhg": ETCO2_MMHG} if queries.state(self.id).capnography_for else {}
        self.send(at, {"type": "record_vitals", "vitals": values | asked})

    def answer(self, at: datetime, items: Iterable[str]) -> None:
        for item in items:
            self.send(at, {"type": "record_preflight", "item": item, "answer": "yes"})

    def baseline(self, at: datetime, sbp: float = 118, dbp: float = 74, hr: float = 68) -> None:
        values = {"sbp_mmhg": sbp, "dbp_mmhg": dbp, "hr_per_min": hr, "spo2_percent": 98.0, "rr_per_min": 14.0}
        values["etco2_mmhg"] = ETCO2_MMHG
        self.send(
            at,
            {
                "type": "record_baseline",
                "weight_kg": self.patient.weight_kg,
                "weight_source": "measured",
                "vitals": values,
                "moaas": 5,
                "dissociation": 0,
                "pain": 1,
                "mobility": "independent",
                "mental_status": "Awake, oriented",
            },
        )

    def prepare(self, at: datetime, lot: str, checker: Person) -> None:
        order = self._order()
        self.send(
            at,
            {
                "type": "prepare_dose",
                "product_id": PRODUCT,
                "lot": lot,
                "drawn_mg": order.amount_mg,
                "diluent": "sodium chloride 0.9 %",
                "volume_ml": order.volume_ml,
                "concentration_mg_ml": order.concentration_mg_ml,
                "checker": str(checker.pk),
            },
        )

    def time_out(self, at: datetime, *people: Person) -> None:
        order = self._order()
        body = {
            "type": "time_out",
            "rate_ml_h": order.rate_ml_h,
            "volume_ml": order.volume_ml,
            "identifiers": self.pair,
        }
        for person in people:
            self.send(at, body, by=person)

    def start(self, at: datetime) -> None:
        order = self._order()
        self.send(
            at,
            {
                "type": "start_infusion",
                "order_id": order.id,
                "product_id": PRODUCT,
                "concentration_mg_ml": order.concentration_mg_ml,
                "rate_ml_h": order.rate_ml_h,
                "identifiers": self.pair,
            },
        )

    def open_alerts(self) -> list[str]:
        """What sounds or waits in this session."""
        return [alert.alert_id for alert in queries.state(self.id).alerts if alert.cleared_at is None]

    def bind(self, at: datetime, device: Device) -> None:
        self.send(at, {"type": "bind_device", "device_id": device.identity, "identifiers": self.pair})

    def _order(self) -> Order:
        if self.order is None:
            raise ProblemError("this session of the world has no order")
        return self.order

    def as_json(self) -> dict[str, Any]:
        """What a test or a monitor needs to go on with this session."""
        order = self.order
        figures = (
            {}
            if order is None
            else {
                "order_id": order.id,
                "amount_mg": order.amount_mg,
                "concentration_mg_ml": order.concentration_mg_ml,
                "rate_ml_h": order.rate_ml_h,
                "volume_ml": order.volume_ml,
                "duration_min": order.duration_min,
            }
        )
        return {
            "id": str(self.id),
            "patient_id": str(self.patient.pk),
            "mrn": self.patient.mrn,
            "clinic": str(self.patient.clinic_id),
            "identifiers": list(self.patient.identifiers),
            "product_id": PRODUCT,
            "weight_kg": self.patient.weight_kg,
            "age_y": self.patient.age_y(self.maker.now.date()),
            "sex": self.patient.sex,
            "height_cm": self.patient.height_cm,
            "version": self.version,
            **figures,
        }
