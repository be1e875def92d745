"""What a prescriber decides about one medicine, and whether the decision still stands when the review is read again.

A decision speaks of the session: that the medicine goes on, moves in time, is looked at, or that the session waits.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from pydantic import AwareDatetime, BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Route
from norket.therapy.chart import MedicineItem
from norket.therapy.finding import Finding, Refused
from norket.therapy.medicines.review import STRICTEST, MedicineLine, Verdict
from norket.therapy.screening.override import Clinician


class Decision(BaseModel):
    """One decision, with all that was known: the medicine as it was written, what the review found, what was taken.

    `n` and `index` are the medicine's line in the ledger. `mark` is the hash of what was read, `edition` the knowledge
    with which it was found, `together_with` the other clinician where the rule asks for one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    index: int
    medicine: MedicineItem
    route: Route | None
    found: Verdict
    findings: tuple[Finding, ...]
    edition: str
    mark: str
    verdict: Verdict
    note: str
    together_with: str
    by: str
    at: AwareDatetime


def mark(line: MedicineLine, route: Route | None) -> str:
    """A hash over what somebody reads of a medicine: rules, states, figures, words, daily amounts and the route.

    The same review gives the same mark, whatever the edition; a new figure, dose or route gives another one.
    """
    parts = [line.medicine, route or "", line.verdict, *line.amounts, *map(str, line.strength)]
    for reason in line.reasons:
        found = reason.finding
        parts += [found.rule, found.state, found.action, found.figure, reason.verdict, reason.says]
    return sha256("\x1f".join(parts).encode()).hexdigest()


def partners(line: MedicineLine, base: KnowledgeBase) -> tuple[str, ...]:
    """Who decides beside the prescriber, where a rule that is not clear names somebody."""
    named = (
        str(who)
        for reason in line.reasons
        if reason.finding.state != "clear"
        for who in base.entry(reason.finding.rule).data.get("decided_by", ())
    )
    return tuple(dict.fromkeys(who for who in named if who != "prescriber"))


def decide(
    line: MedicineLine,
    *,
    at_line: tuple[int, int],
    medicine: MedicineItem,
    route: Route | None,
    seen: str,
    verdict: Verdict,
    note: str,
    together_with: str,
    by: Clinician,
    base: KnowledgeBase,
    now: datetime,
) -> Decision | Refused:
    """The decision about one line of the review, or why it is refused. `now` is an aware time.

    Refused: for anybody but a prescriber; when the review is no longer what was `seen` (its `mark`); without a typed
    note where it is milder than what the review found; and without the other clinician whom a rule names, unless the
    session waits.
    """
    if by.id is None or "prescriber" not in by.competences:
        return Refused(code="decision_not_yours", why="This is decided by a prescriber. Ask them.")
    if seen != mark(line, route):
        why = f"The review of {line.medicine} has changed since it was read. Read it again, then decide."
        return Refused(code="stale_review", why=why)
    milder = STRICTEST.index(verdict) < STRICTEST.index(line.verdict)
    if milder and not _typed(note):
        return Refused(code="reason_missing", why="Type why the milder decision is right for this patient.")
    others = partners(line, base)
    if milder and others and not _typed(together_with):
        return Refused(
            code="partner_missing", why=f"This is decided together with: {' and '.join(others)}. Name who it was."
        )
    return Decision(
        n=at_line[0],
        index=at_line[1],
        medicine=medicine,
        route=route,
        found=line.verdict,
        findings=tuple(reason.finding for reason in line.reasons),
        edition=base.edition,
        mark=seen,
        verdict=verdict,
        note=note.strip(),
        together_with=together_with.strip(),
        by=by.id,
        at=now,
    )


def settled(
    lines: Sequence[MedicineLine], decisions: Mapping[int, Decision], route: Route | None
) -> dict[str, tuple[Decision, ...]]:
    """The rules that no longer wait for anybody, each with the decisions that settled it.

    `decisions` are by the place of the medicine in the chart. A rule is settled when every medicine about which it is
    not clear has a decision that still stands and does not let the session wait.
    """
    about: dict[str, list[Decision | None]] = {}
    for line in lines:
        decision = decisions.get(line.place)
        counts = decision is not None and decision.verdict != "hold" and decision.mark == mark(line, route)
        for reason in line.reasons:
            if reason.finding.state != "clear" and reason.finding.action != "BLOCK-HARD":
                about.setdefault(reason.finding.rule, []).append(decision if counts else None)
    return {rule: tuple(d for d in every if d is not None) for rule, every in about.items() if None not in every}


def _typed(text: str) -> bool:
    return any(letter.isalpha() for letter in text)
