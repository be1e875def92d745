"""One session of the made-up clinic, walked through the real rules of its record at any time that a test chooses."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from support.worlds import NOW, World

from norket.record.people.models import Clinic, Person
from norket.record.session import actions, queries
from norket.record.session.actions import Acted
from norket.site.worlds import rescue
from norket.therapy.finding import Refused
from norket.therapy.session.events import COMMAND, Event
from norket.therapy.session.samples import UNITS, Sample
from norket.therapy.session.state import SessionState


class Walk:
    """The checked-in session, running since so many minutes; times are minutes from the world's now."""

    def __init__(self, world: World, begun_min: float = 10.0) -> None:
        self.world = world
        self.sent = 0
        world.start(minutes_ago=begun_min)
        self.identifiers = world.clinic()["sessions"][0]["identifiers"][:2]

    def sign_rescue(self) -> "Walk":
        """The clinic's director signs its rescue templates, and they lie in the cupboard."""
        staff = {"director": "medical_director", "pharmacist": "pharmacist", "nurse": "nurse"}
        people = {name: Person.objects.get(pk=self.world.person(role)["id"]) for name, role in staff.items()}
        rescue.plant(people, Clinic.objects.get(pk=self.world.clinic()["id"]), NOW)
        return self

    @property
    def session(self) -> UUID:
        return self.world.session()

    def at(self, minute: float) -> datetime:
        return NOW + timedelta(minutes=minute)

    @property
    def state(self) -> SessionState:
        return queries.state(self.session)

    def try_(
        self, minute: float, kind: str, role: str = "nurse", given_at: datetime | None = None, **data: Any
    ) -> Acted | Refused:
        command = COMMAND.validate_python({"type": kind, **data})
        version = self.state.version
        return actions.act(
            self.session,
            command,
            by=self.world.actor(role),
            now=self.at(minute),
            command_id=str(uuid4()),
            expected_version=version,
            given_at=given_at,
        )

    def do(self, minute: float, kind: str, role: str = "nurse", **data: Any) -> Event:
        done = self.try_(minute, kind, role, **data)
        assert isinstance(done, Acted), done
        return done.events[-1].event

    def refused(self, minute: float, kind: str, role: str = "nurse", **data: Any) -> Refused:
        done = self.try_(minute, kind, role, **data)
        assert isinstance(done, Refused), done
        return done

    def sense(self, minute: float, device: str = "", patient: str = "", **values: float) -> Any:
        """A message of the monitor at the chair arrives."""
        at, clinic = self.at(minute), self.world.clinic()
        self.sent += 1
        samples = [
            Sample(channel=name, value=value, unit=UNITS[name], at=at, received_at=at, device="m", interval_s=1.0)
            for name, value in values.items()
        ]
        return actions.receive(
            device or clinic["device"],
            patient or clinic["sessions"][0]["mrn"],
            samples,
            message_id=f"walk-{self.sent}",
            raw=b"MSH|walk",
            now=at,
        )

    def watch(self, minute: float) -> None:
        """One look of the watch, with what the monitor has sent."""
        actions.watch(self.session, queries.samples(self.session), self.at(minute))

    def open_(self) -> dict[str, str]:
        """The open alerts about the patient, by rule."""
        return {a.rule: a.tier for a in self.state.alerts if a.cleared_at is None and not a.technical}

    def technical(self) -> dict[str, str]:
        """The open alerts about feeds and schedules, by rule."""
        return {a.rule: a.tier for a in self.state.alerts if a.cleared_at is None and a.technical}
