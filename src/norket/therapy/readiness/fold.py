"""What a clinic's ledger says: the last check of each list, who is on site, each credential, the hours."""

from collections.abc import Iterable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from norket.therapy.readiness.events import CredentialSeen, HoursSet, KitChecked, OnSite, Recorded


class Readiness(BaseModel):
    """`kits` are the last checks by chair ("" for the clinic), `credentials` the last one of each by person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kits: dict[str, Recorded] = {}
    on_site: Recorded | None = None
    credentials: dict[str, dict[str, Recorded]] = {}
    hours: Recorded | None = None

    def kit(self, chair: str, on: date, zone: str) -> KitChecked | None:
        """The check of that list on that day of the clinic; one of another day says nothing."""
        found = self.kits.get(chair)
        return found.event if _is_of(found, on, zone) else None  # type: ignore[union-attr,return-value]

    def people(self, on: date, zone: str) -> tuple[str, ...] | None:
        """Who is on site on that day; None where nobody has said."""
        event = self.on_site.event if _is_of(self.on_site, on, zone) and self.on_site else None
        return event.people if isinstance(event, OnSite) else None

    def valid_until(self, person: str, credential: str) -> date | None:
        """The last day of a credential; None where none was ever seen."""
        seen = self.credentials.get(person, {}).get(credential)
        return seen.event.valid_until if seen and isinstance(seen.event, CredentialSeen) else None

    def closes_at(self, on: date, zone: str) -> datetime | None:
        """When the clinic closes on that day; None where it is not known or it never does (see `never_closes`)."""
        event = self.hours.event if self.hours else None
        if not isinstance(event, HoursSet) or event.closes is None:
            return None
        return datetime.combine(on, time.fromisoformat(event.closes), tzinfo=ZoneInfo(zone))

    @property
    def never_closes(self) -> bool:
        return self.hours is not None and isinstance(self.hours.event, HoursSet) and self.hours.event.closes is None


def _is_of(recorded: Recorded | None, on: date, zone: str) -> bool:
    return recorded is not None and recorded.at.astimezone(ZoneInfo(zone)).date() == on


def fold(events: Iterable[Recorded]) -> Readiness:
    """What they say together, in the order of their numbers."""
    kits: dict[str, Recorded] = {}
    credentials: dict[str, dict[str, Recorded]] = {}
    on_site: Recorded | None = None
    hours: Recorded | None = None
    for recorded in sorted(events, key=lambda one: one.n):
        match recorded.event:
            case KitChecked(chair=chair):
                kits[chair] = recorded
            case CredentialSeen(person=person, credential=credential):
                credentials.setdefault(person, {})[credential] = recorded
            case OnSite():
                on_site = recorded
            case HoursSet():
                hours = recorded
    return Readiness(kits=kits, on_site=on_site, credentials=credentials, hours=hours)
