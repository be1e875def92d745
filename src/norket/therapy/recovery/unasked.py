"""A question about suicide that nobody asked before the patient left: it is asked by phone, and holds the record.

The door was never held by it: who leaves, leaves. An answer that is not known is never taken for one, nor is a good one
of a patient who was not oriented when asked. A worse one always counts.
"""

from datetime import datetime

from norket.therapy.finding import State
from norket.therapy.session.events import Recorded
from norket.therapy.session.ledger import end_of, standing
from norket.therapy.session.recovery_events import GateRecorded
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import OVER, SessionState
from norket.therapy.session.way_out import TaskOutcome

RULE, GATE, TASK = "recovery.suicide_unasked", "suicide_risk_reviewed", "suicide_question"
SETTLED = ("yes", "no")


def unasked_state(
    *, over: bool, drug: bool, psychiatric: bool | None, answer: Answer | None, excused: bool, oriented: bool = True
) -> State:
    """Unknown where a patient of a psychiatric indication (None: not known which) was given the drug, is gone, and no
    answer after it stands nor a reason why there is none. Of whoever was not `oriented` only a worse answer stands."""
    if not over or not drug or psychiatric is False or excused or is_settled(answer, oriented=oriented):
        return "clear"
    return "unknown"


def is_settled(answer: Answer | None, *, oriented: bool) -> bool:
    """Whether an answer ends the question: a worse one always, a good one of somebody who was oriented."""
    return answer == "no" or (answer in SETTLED and oriented)


def state_of(state: SessionState) -> State:
    """The same of a session."""
    return unasked_state(
        over=state.phase in OVER,
        drug=state.was_given_drug,
        psychiatric=state.plan.psychiatric_indication if state.plan else None,
        answer=answer(state),
        excused=excuse(state) is not None,
        oriented=_is_heard(state),
    )


def answer(state: SessionState) -> Answer | None:
    """The answer after the last of the drug; None where nobody asked."""
    given = state.gates.get(GATE)
    return given.answer if given else None


def asked(state: SessionState) -> Recorded | None:
    """When it was last asked, and who did; also where the answer was the same as before."""
    times = [r for r in standing(state.ledger) if isinstance(r.event, GateRecorded) and r.event.gate == GATE]
    return times[-1] if times and state.gates.get(GATE) else None


def once_oriented(state: SessionState, at: datetime) -> bool:
    """Whether the patient was known to be oriented then."""
    oriented = state.gates.get("oriented")
    return oriented is not None and oriented.answer == "yes" and oriented.at <= at


def _is_heard(state: SessionState) -> bool:
    """Asked of somebody oriented, as at the door; or by phone, since the patient is gone."""
    last = asked(state)
    if last is None:
        return False
    return once_oriented(state, last.at) or _since_the_end(state, last)


def _since_the_end(state: SessionState, last: Recorded) -> bool:
    """Whether it was asked of somebody who was gone already."""
    end = end_of(state.ledger)
    return end is not None and state.ended_at is not None and last.at >= state.ended_at and last.n > end


def excuse(state: SessionState) -> TaskOutcome | None:
    """Why it need not be asked here, with the reason: another hospital asks, say."""
    told = state.way_out.tasks.get(TASK)
    return told if told is not None and told.outcome == "not_needed" and told.detail.strip() else None


def outcome(state: SessionState) -> TaskOutcome | None:
    """What became of asking it: done with its answer, and open while only calls were tried."""
    last = asked(state)
    if last is not None and is_settled(answer(state), oriented=_is_heard(state)):
        return TaskOutcome(at=last.at, by=last.by, outcome="done")
    told = state.way_out.tasks.get(TASK)
    return told if told is not None and (told.outcome == "not_reached" or excuse(state)) else None


def is_owed(state: SessionState) -> bool:
    """Whether the session leaves this question behind: it was over without an answer, whatever came since."""
    last = asked(state)
    late = last is not None and _since_the_end(state, last)
    return state_of(state) != "clear" or excuse(state) is not None or (late and state.was_given_drug)
