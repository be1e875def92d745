"""A question about suicide that nobody asked before the patient left: it is asked by phone, and holds the record.

The door was never held by it: who leaves, leaves. An answer that is not known is never taken for one.
"""

from norket.therapy.finding import State
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import SessionState
from norket.therapy.session.way_out import TaskOutcome

RULE, GATE, TASK = "recovery.suicide_unasked", "suicide_risk_reviewed", "suicide_question"
OVER = ("discharged", "left", "transferred")
SETTLED = ("yes", "no")


def unasked_state(*, over: bool, drug: bool, psychiatric: bool | None, answer: Answer | None, excused: bool) -> State:
    """Unknown where a patient of a psychiatric indication (None: not known which) was given the drug, is gone, and no
    answer after it stands nor a reason why there is none."""
    if not over or not drug or psychiatric is False or answer in SETTLED or excused:
        return "clear"
    return "unknown"


def state_of(state: SessionState) -> State:
    """The same of a session."""
    return unasked_state(
        over=state.phase in OVER,
        drug=state.was_given_drug,
        psychiatric=state.plan.psychiatric_indication if state.plan else None,
        answer=answer(state),
        excused=excuse(state) is not None,
    )


def answer(state: SessionState) -> Answer | None:
    """The answer after the last of the drug; None where nobody asked."""
    given = state.gates.get(GATE)
    return given.answer if given else None


def excuse(state: SessionState) -> TaskOutcome | None:
    """Why it need not be asked here, with the reason: another hospital asks, say."""
    told = state.way_out.tasks.get(TASK)
    return told if told is not None and told.outcome == "not_needed" and told.detail.strip() else None


def outcome(state: SessionState) -> TaskOutcome | None:
    """What became of asking it: done with its answer, and open while only calls were tried."""
    given = state.gates.get(GATE)
    if given is not None and given.answer in SETTLED:
        return TaskOutcome(at=given.at, by=given.by, outcome="done")
    told = state.way_out.tasks.get(TASK)
    return told if told is not None and (told.outcome == "not_reached" or excuse(state)) else None


def is_owed(state: SessionState) -> bool:
    """Whether the session leaves this question behind: it was over without an answer, whatever came since."""
    given, ended_at = state.gates.get(GATE), state.ended_at
    late = given is not None and ended_at is not None and given.at > ended_at
    return state_of(state) != "clear" or excuse(state) is not None or (late and state.was_given_drug)
