"""What each command about something that goes wrong leaves in the ledger. Nothing that happened is refused."""

from datetime import datetime

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.session import events as e
from norket.therapy.session import pump_events as p
from norket.therapy.session import safety_events as se
from norket.therapy.session import shapes
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.state import OVER, SessionState

COMMANDS = frozenset(
    {"follow_event", "record_comfort", "note_emergency", "report_incident", "sign_incident", "transfer"}
)


def decided(state: SessionState, command: se.Command, by: Actor, at: datetime) -> tuple[e.Event, ...] | Refused:
    """The events of `command`, or why there is nothing that it could speak of."""
    match command:
        case se.FollowEvent():
            return _follow(state, command)
        case se.RecordComfort():
            return (se.ComfortRecorded(step=command.step),)
        case se.NoteEmergency():
            return (se.EmergencyNoted(step=command.step, detail=command.detail),)
        case se.ReportIncident():
            return (se.IncidentReported(**command.model_dump(exclude={"type", "at"})),)
        case se.SignIncident():
            return _sign(state, by)
        case se.Transfer():
            return _transfer(state, command, at)


def _follow(state: SessionState, command: se.FollowEvent) -> tuple[e.Event, ...] | Refused:
    if not any(one.n == command.n and not one.resolved for one in state.adverse):
        return Refused(
            code="no_such_event", why=f"Event {command.n} is no report of this session. Choose from the list."
        )
    return (se.EventFollowed(n=command.n, outcome=command.outcome, grade=command.grade, action=command.action),)


def _sign(state: SessionState, by: Actor) -> tuple[e.Event, ...] | Refused:
    if "prescriber" not in by.roles:
        return Refused(code="role_not_allowed", why="The prescriber signs the report of an incident.")
    if state.incident is None:
        return Refused(code="no_report", why="No incident is reported. Write the report first.")
    return (se.IncidentSigned(report=state.incident.n),)


def _transfer(state: SessionState, command: se.Transfer, at: datetime) -> tuple[e.Event, ...] | Refused:
    """A pump that runs is stopped by leaving. A patient who had gone already is recorded as gone to the hospital."""
    if state.phase == "transferred":
        return Refused(code="session_ended", why="This transfer is recorded already. Correct it if it was another one.")
    flags = ("session_was_over",) if state.phase in OVER else ()
    gone = se.Transferred(
        to=command.to,
        with_whom=command.with_whom,
        summary=command.summary,
        flags=flags,
        told_at=shapes.told_at(command.at, at),
    )
    stopped = (p.InfusionStopped(reason="transferred", delivered_mg=delivered_mg(state, at)),)
    return (*(stopped if state.phase in ("running", "paused") else ()), gone)
