"""The bodies of answers, as the published description shows them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from norket.therapy.session.shapes import Reading
from norket.therapy.session.view import SessionView


class EventOut(BaseModel):
    """One event of the ledger."""

    session: str
    n: int
    type: str
    v: int
    at: datetime
    recorded_at: datetime
    by: str
    command_id: str
    corrects: int | None = None
    data: dict[str, Any]


class EventsOut(BaseModel):
    """Events of a session, and the version it stands at."""

    events: list[dict[str, Any]]
    version: int


class RefusedOut(BaseModel):
    """A refusal: a stable code for machines, a sentence for people, and the findings behind it."""

    refused: str
    why: str
    findings: list[dict[str, Any]] = []


class StaleOut(BaseModel):
    """The session has moved on; `version` is where it stands now, `meanwhile` what was recorded since the order's."""

    refused: Literal["stale"] = "stale"
    why: str
    version: int
    meanwhile: list[dict[str, Any]] = []


class PatientOut(BaseModel):
    id: str
    name: str
    mrn: str
    birth_date: str
    age_y: int
    sex: str


class NurseOut(BaseModel):
    """Who had the session when it was planned."""

    id: str
    name: str


class PlaceOut(BaseModel):
    """Which session of how many."""

    number: int
    of: int | None


class SessionOut(SessionView):
    """A session as it stands: its view, with patient, chair and place in the course."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient: PatientOut
    chair: str | None
    nurse: NurseOut | None
    session_of_plan: PlaceOut


class WhatIfIn(BaseModel):
    """A trial: another rate from now on, a bolus, a stop, going on now, or a pause of so long. Nothing is written."""

    model_config = ConfigDict(extra="forbid")

    rate_ml_h: Reading | None = None
    bolus_mg: Reading | None = None
    stop: bool = False
    resume: bool = False
    pause_min: Reading | None = None
