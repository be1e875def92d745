"""The decisions of the way out: judging in place of a score, calling, signing, tasks, and closing the record.

What was seen or done is recorded whoever says so; a judgement, a signature and the closing belong to those who may
give them.
"""

from datetime import datetime
from typing import Any

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor, Role
from norket.therapy.cite import shown
from norket.therapy.finding import Finding, Refused
from norket.therapy.session import events as e
from norket.therapy.session import watch_events as o
from norket.therapy.session import way_out_events as w
from norket.therapy.session.dosing import role_objection
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import OVER, SessionState

PRESCRIBERS: frozenset[Role] = frozenset({"prescriber", "anaesthetist"})
REVIEWERS: frozenset[Role] = PRESCRIBERS | {"medical_director"}
CLOSERS: frozenset[Role] = REVIEWERS | {"nurse"}
CLINICIANS: frozenset[Role] = CLOSERS | {"therapist"}
PLANNERS: frozenset[Role] = REVIEWERS | {"therapist"}
LEFT_RULE = "recovery.left_before"
LATE_TASK = "late_"  # a look at what was entered after the end, up to the number that follows
COMMANDS = frozenset(
    {
        "record_clinical_judgement",
        "record_contact",
        "record_safety_plan",
        "sign_escort",
        "give_instructions",
        "raise_leaving",
        "record_capacity",
        "review_leaving",
        "finish_task",
        "complete_form",
        "sign_record",
        "close_record",
    }
)
ALLOWED: dict[str, tuple[frozenset[Role], str]] = {
    "record_clinical_judgement": (PRESCRIBERS, "A judgement in place of the recovery score"),
    "record_safety_plan": (PLANNERS, "A safety plan"),
    "record_capacity": (CLINICIANS, "A judgement of capacity"),
    "review_leaving": (REVIEWERS, "The review of a session that was left"),
    "sign_record": (PRESCRIBERS, "Signing the record"),
    "close_record": (CLOSERS, "Closing the record"),
}


def decide(
    state: SessionState,
    command: Any,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    closing: tuple[Finding, ...] | None,
) -> tuple[e.Event, ...] | Refused:
    """The events of a command of the way out, or why it cannot be. `closing` are the findings that hold the record
    (None: not evaluated, so it does not close)."""
    refused = _not_for(command, by) or _not_yet(state, command)
    if refused is not None:
        return refused
    match command:
        case w.RecordClinicalJudgement():
            return (w.ClinicalJudgementRecorded(reason=command.reason, judged_by=by.id),)
        case w.RecordCapacity():
            return (w.CapacityRecorded(capacity=command.capacity, detail=command.detail, judged_by=by.id),)
        case w.RaiseLeaving():
            return (w.LeavingRaised(reason=command.reason), *call(state, base, "The patient wants to leave."))
        case w.SignRecord():
            return (w.RecordSigned(),)
        case w.CloseRecord():
            return _close(state, closing)
        case _:
            return (_PLAIN[command.type](**command.model_dump(exclude={"type", "at"})),)


_PLAIN: dict[str, type[Any]] = {
    "record_contact": w.ContactRecorded,
    "record_safety_plan": w.SafetyPlanRecorded,
    "sign_escort": w.EscortSigned,
    "give_instructions": w.InstructionsGiven,
    "review_leaving": w.LeavingReviewed,
    "finish_task": w.TaskFinished,
    "complete_form": w.FormCompleted,
}


def not_their_look(by: Actor, *tasks: str) -> Refused | None:
    """Why none of these tasks is for this person to answer: a prescriber looks at what was entered after the end."""
    if not any(task.startswith(LATE_TASK) for task in tasks):
        return None
    return next(role_objection(by, REVIEWERS, "The look at what was entered after the end"), None)


def _not_for(command: Any, by: Actor) -> Refused | None:
    if isinstance(command, w.FinishTask) and command.outcome != "not_reached":
        return not_their_look(by, command.task)
    if command.type not in ALLOWED:
        return None
    return next(role_objection(by, *ALLOWED[command.type]), None)


def _not_yet(state: SessionState, command: Any) -> Refused | None:
    if isinstance(command, w.SignRecord | w.CloseRecord) and state.phase not in OVER:
        return Refused(code="not_over", why="The session is not over; its record is signed and closed afterwards.")
    if isinstance(command, w.ReviewLeaving) and state.phase != "left":
        return Refused(code="not_left", why="This session was not left before discharge; there is nothing to review.")
    if isinstance(command, w.RaiseLeaving) and state.phase in OVER:
        return Refused(code="session_ended", why="This session is over already.")
    return None


def _close(state: SessionState, closing: tuple[Finding, ...] | None) -> tuple[e.Event, ...] | Refused:
    if state.way_out.closed is not None:
        return Refused(code="already_closed", why="This record is closed. Facts can still be added; they are marked.")
    if not closing:
        return Refused(code="record_held", why="What holds the record was not looked at, so it does not close.")
    held = tuple(finding for finding in closing if finding.state != "clear")
    if held:
        what = " ".join(finding.why for finding in held)
        return Refused(code="record_held", why=f"The record stays open: {what}", findings=held)
    return (w.RecordClosed(held=closing),)


def capacity(state: SessionState) -> tuple[Answer, str]:
    """Capacity to decide to leave as a clinician recorded it under their own name, and who; else not known.

    It counts since the patient wished to leave and since the last drug or sedative, and not while drug runs: what was
    found before says nothing of a mind that had more since."""
    judged, sedatives = state.way_out.capacity, (t.at for t in state.rescues if t.rescue.may_sedate)
    halted = filter(None, (state.way_out.leaving_raised_at, state.paused_at))
    since = max((*halted, *state.anchors, *sedatives), default=None)
    if judged is None or state.phase == "running" or (since is not None and judged.at < since):
        return "unknown", ""
    return judged.capacity, judged.by


def _knows(state: SessionState) -> bool:
    """Whether the prescriber was reached since the patient wished to leave and since the last drug. Of somebody who
    walks off without a word nobody was told: a call about something else is no call about leaving."""
    raised = state.way_out.leaving_raised_at
    if raised is None:
        return False
    begun = (*(part.start for part in state.segments), *(bolus.at for bolus in state.boluses))
    since = max((raised, *begun, *(timed.at for timed in state.other_doses)))
    return state.way_out.reached("prescriber", since) is not None


def call(state: SessionState, base: KnowledgeBase, why: str) -> tuple[e.Event, ...]:
    """The alert that calls the prescriber to somebody who leaves with drug in the blood; none while one is open or the
    prescriber knows."""
    if not state.was_given_drug:
        return ()
    open_ = any(alert.rule == LEFT_RULE and alert.cleared_at is None for alert in state.alerts)
    if open_ or _knows(state):
        return ()
    rule = base.entry(LEFT_RULE)
    return (
        o.AlertRaised(
            alert_id=f"{LEFT_RULE}:{state.version + 1}",
            rule=LEFT_RULE,
            tier=rule.data["tier"],
            why=why,
            advice=str(rule.data["advice"]),
            figure=shown(base, LEFT_RULE),
            sources=tuple(source.key for source in rule.sources),
        ),
    )
