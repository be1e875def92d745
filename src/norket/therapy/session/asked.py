"""What is asked and done on arrival, from commands to events: none of it is refused for what was answered.

A question that was answered no is not made good by the next tap: where a rule says so, a prescriber answers it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session import arrival_events as a
from norket.therapy.session import events as e
from norket.therapy.session import recovery_events as r
from norket.therapy.session.state import SessionState

COMMANDS = ("record_preflight", "record_arrival", "record_access", "record_setting")
PRESCRIBING = frozenset({"prescriber", "anaesthetist"})
ITEMS = frozenset(get_args(a.PreflightItem))


def events_of(
    state: SessionState, command: Any, by: Actor, now: datetime, base: KnowledgeBase
) -> tuple[e.Event, ...] | Refused:
    """The events that the command leaves, in the order in which they were asked."""
    match command:
        case a.RecordPreflight():
            data = command.model_dump(exclude={"type", "at"})
            return (_answer(by, **data),)
        case a.RecordArrival():
            return _arrival(command, by)
        case a.RecordAccess():
            return tuple(_access(state, command, by, now, base))
        case a.RecordSetting():
            return (a.SettingRecorded(**command.model_dump(exclude={"type", "at"})),)
        case _:
            raise TypeError(f"{command.type} is not one of {COMMANDS}")


def _answer(by: Actor, **data: Any) -> a.PreflightRecorded:
    return a.PreflightRecorded(**data, clinician=bool(by.roles & PRESCRIBING))


def _arrival(command: a.RecordArrival, by: Actor) -> tuple[e.Event, ...] | Refused:
    unknown = sorted(set(command.answers) - ITEMS)
    if unknown:
        return Refused(code="no_such_question", why=f"{unknown[0]} is no question before the start. Reload the page.")
    left = tuple(_told(command, by))
    return left or Refused(code="nothing_to_record", why="Nothing was answered, so there is nothing to record.")


def _told(command: a.RecordArrival, by: Actor) -> Iterator[e.Event]:
    glucose = {"glucose_mmol_l": command.glucose_mmol_l} if command.glucose_mmol_l is not None else {}
    answers = command.answers | ({"glucose_checked": "yes"} if glucose else {})
    if command.last_food_at is not None or command.last_fluid_at is not None:
        times = {name: getattr(command, name) for name in ("last_food_at", "last_fluid_at", "full_meal")}
        yield _answer(by, item="fasting", answer=answers.get("fasting", "yes"), **times)
        answers = {item: answer for item, answer in answers.items() if item != "fasting"}
    for item, answer in answers.items():
        yield _answer(by, item=item, answer=answer, **(glucose if item == "glucose_checked" else {}))
    if command.escort_name.strip() or command.escort_phone.strip():
        yield r.EscortRecorded(
            status="expected",
            name=command.escort_name.strip(),
            phone=command.escort_phone.strip(),
            must_go_at=command.escort_must_go_at,
        )


def _access(
    state: SessionState, command: a.RecordAccess, by: Actor, now: datetime, base: KnowledgeBase
) -> Iterator[e.Event]:
    """The attempt, and with one that is in the answer that the cannula is."""
    who = command.tried_by.strip() or by.id
    failed = sum(one.access.outcome == "failed" and one.access.tried_by == who for one in state.access)
    flags = ("attempts_above_limit",) if failed >= _most(base, now) else ()
    data = command.model_dump(exclude={"type", "at", "tried_by"})
    yield a.AccessRecorded(**data, tried_by=who, flags=flags)
    if command.outcome == "placed":
        yield _answer(by, item="cannula_in", answer="yes")


def _most(base: KnowledgeBase, now: datetime) -> float:
    """How often one person tries; a figure that cannot be read flags every attempt and refuses none."""
    try:
        return number(base, "preflight.access", "attempts_each", now)
    except KnowledgeError:
        return 0.0
