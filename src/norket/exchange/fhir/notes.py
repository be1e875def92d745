"""What of a bundle did not become part of the chart, and why: the list that keeps omissions from being silent."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from norket.exchange.fhir.shapes import Json, UnreadError, moment


class NotRead(BaseModel):
    """A resource, or one part of it, that is not in the chart. `why` says the reason and what was done instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: str
    why: str


class Notes:
    """The list of one bundle, written to under the name of the resource that is being read."""

    def __init__(self) -> None:
        self.found: list[NotRead] = []
        self.name = ""

    def say(self, why: str, name: str = "") -> None:
        self.found.append(NotRead(resource=name or self.name, why=why))

    def moment(self, parent: Json, key: str) -> datetime | date | None:
        """The date or instant, or None and a note when it does not read: the fact stands without its date."""
        try:
            return moment(parent, key)
        except UnreadError as error:
            self.say(f"{error}; the rest is read without this date")
            return None
