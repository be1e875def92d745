"""What was answered before the start, and the consent that the patient's own ledger settles."""

from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding
from norket.therapy.session.shapes import Answer
from norket.therapy.session.state import SessionState

WORDS: dict[Answer, str] = {"yes": "is recorded", "no": "was answered no", "unknown": "is not known"}
STATES: dict[Answer, Literal["fires", "clear", "unknown"]] = {"yes": "clear", "no": "fires", "unknown": "unknown"}


def label(base: KnowledgeBase, rule: str) -> str:
    return str(base.entry(rule).data.get("label", rule))


def answered(state: SessionState, base: KnowledgeBase, rule: str, item: str) -> Finding:
    given = state.preflight.get(item)
    answer: Answer = given.answer if given else "unknown"
    return finding(base, rule, STATES[answer], f"{label(base, rule)}: {WORDS[answer]}.", inputs={item: answer})


def consent(state: SessionState, base: KnowledgeBase, on_file: Finding | None) -> Finding:
    """The patient's own ledger settles it, but for a "no" at the chair; where it knows of no consent, whoever has the
    paper in hand answers."""
    rule, given = "preflight.consent", state.preflight.get("consent")
    if on_file is None or (given is not None and given.answer == "no"):
        return answered(state, base, rule, "consent")
    why = f"{label(base, rule)}: {on_file.why}"
    return finding(base, rule, on_file.state, why, inputs=on_file.inputs, resolves_by=on_file.resolves_by)
