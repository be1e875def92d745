"""Signing a plan: what must be mended, what screening holds, who signs second, and what needs a written reason."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused
from norket.therapy.plan.course import Authority, Course, SignedCourse
from norket.therapy.plan.judge import History, judge_course
from norket.therapy.plan.limits import Draft
from norket.therapy.plan.rescue import Signed, rescue
from norket.therapy.plan.signed import sign
from norket.therapy.screening.held import open_findings, stands
from norket.therapy.screening.override import Override
from norket.therapy.screening.screen import Screening


def sign_course(
    course: Course,
    draft: Draft,
    *,
    base: KnowledgeBase,
    by: Actor,
    authority: Authority,
    history: History,
    screening: Screening,
    overrides: Iterable[Override] = (),
    settled: Collection[str] = (),
    now: datetime,
    on: date,
    course_id: str,
    order_id: str,
    second: Actor | None = None,
    second_reason: str = "",
    reason: str = "",
    policy_signed: bool,
    rescues: Sequence[Signed] = (),
) -> SignedCourse | Refused:
    """The signed plan with the order of its first session, or why it cannot be signed.

    `draft` is the dose of the first session, `screening` that of its day, `on` the day of signing in the clinic's own
    time. `overrides` and `settled` (rules on which a prescriber decided) are those made for this very session. The
    plan is judged here once more, whatever was shown. Raises `KnowledgeError` for an indication that is not offered.
    """
    decided = tuple(overrides)
    refused = _fits_together(course, draft, screening, base)
    if refused is not None:
        return refused
    parts = rescue(base, course.rescue, policy_signed=policy_signed, signed=rescues)
    findings = judge_course(course, draft, base=base, on=on, by=by, authority=authority, rescue=parts, history=history)
    refused = _mended(findings)
    if refused is not None:
        return refused
    held = open_findings(screening, decided, settled)
    if held:
        why = "Screening still holds this session: answer, or decide on, what is listed."
        return Refused(code="findings_open", why=why, findings=held)
    order = sign(
        draft,
        by=by,
        now=now,
        order_id=order_id,
        second=second,
        second_reason=second_reason,
        policy_signed=policy_signed,
        reason=reason,
    )
    if isinstance(order, Refused):
        return order
    refused = _reasoned(findings, second, second_reason, reason)
    if refused is not None:
        return refused
    gone_on = {found.rule for found in screening.open if any(stands(one, found) for one in decided)}
    return SignedCourse(
        id=course_id,
        course=course,
        order=order,
        rescue=parts,
        findings=(*draft.findings, *findings),
        screened=screening.open,
        overridden=tuple(sorted(gone_on)),
        settled=tuple(sorted({one.rule for one in screening.open} & set(settled))),
        authority=authority,
        edition=base.edition,
        signed_by=by.id,
        signed_at=now,
        second_signer=second.id if second else None,
        second_reason=second_reason,
        reason=reason,
    )


def _fits_together(course: Course, draft: Draft, screening: Screening, base: KnowledgeBase) -> Refused | None:
    """Everything that is signed speaks of one plan and one edition."""
    if screening.on != course.starts_on:
        return Refused(code="another_day", why="Screening is of another day than the first session. Run it again.")
    if {screening.edition, draft.edition} != {base.edition}:
        return Refused(code="stale_findings", why="The knowledge has changed since. Review the plan again, then sign.")
    if (draft.row, draft.drug, draft.route, draft.text) != (course.row, course.drug, course.route, course.dose_text):
        return Refused(code="another_dose", why="The dose is not the one of the plan. Review the plan again.")
    return None


def _mended(findings: Sequence[Finding]) -> Refused | None:
    """What nobody signs: each is mended in the plan."""
    wrong = tuple(found for found in findings if found.state != "clear" and found.action == "BLOCK-HARD")
    if not wrong:
        return None
    name = wrong[0].rule.rpartition(".")[2]
    return Refused(code=f"plan_{name}", why="The plan cannot be signed like this.", findings=wrong)


def _reasoned(findings: Sequence[Finding], second: Actor | None, second_reason: str, reason: str) -> Refused | None:
    """A second signer for what blocks, a written reason for what holds or warns."""
    open_ = tuple(found for found in findings if found.state != "clear")
    blocks = tuple(found for found in open_ if found.action == "BLOCK")
    if blocks and second is None:
        return Refused(code="second_signer_missing", why="A second signer, please.", findings=blocks)
    if blocks and not second_reason.strip():
        return Refused(code="reason_missing", why="The second signer says why.", findings=blocks)
    asks = tuple(found for found in open_ if found.action in ("HOLD", "WARN"))
    if asks and not (reason.strip() or second_reason.strip()):
        return Refused(code="reason_missing", why="This leaves what is usual: write the reason.", findings=asks)
    return None
