"""What the live page shows of what went wrong: the open events, the log of an emergency, the incident, the transfer."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.session.adverse import OpenEvent, open_events
from norket.therapy.session.emergency import Log, log
from norket.therapy.session.incident import record_finding
from norket.therapy.session.safety_events import Transferred
from norket.therapy.session.state import Incident, SessionState


class SafetyView(BaseModel):
    """All of it at one instant. `report` is what the incident report has against closing the record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    events: tuple[OpenEvent, ...]
    emergency: Log | None
    incident: Incident | None
    report: Finding
    transfer: Transferred | None
    comforts: tuple[tuple[Instant, str], ...]


def safety_view(state: SessionState, now: datetime, base: KnowledgeBase) -> SafetyView:
    """What went wrong in this session, and where it stands."""
    return SafetyView(
        events=open_events(state, now, base),
        emergency=log(state, now, base),
        incident=state.incident,
        report=record_finding(state, now, base),
        transfer=state.transfer,
        comforts=state.comforts,
    )
