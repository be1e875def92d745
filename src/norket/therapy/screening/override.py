"""Who may go on against a finding: the named role with a typed reason, and a second person where the rule names one."""

from datetime import datetime
from typing import get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Competence, Rule, rule_of
from norket.therapy.actor import Actor
from norket.therapy.finding import Finding, Refused

OBJECTS = frozenset({"BLOCK", "HOLD"})


class Clinician(BaseModel):
    """A person by name and competence. `id` is None for a named clinician of another house, who does not sign in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None
    name: str
    competences: frozenset[Competence]


class Override(BaseModel):
    """A decision to go on against one finding, with the finding as it was, who decided, why, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    finding: Finding
    by: str
    reason: str
    second: Clinician | None
    second_reason: str
    at: AwareDatetime


def clinician(actor: Actor, further: frozenset[Competence] = frozenset()) -> Clinician:
    """A person who signs in, with what their roles say they can do and the competences that are on record."""
    words = {role.replace("_", " ") for role in actor.roles}
    own = frozenset(word for word in get_args(Competence) if word in words)
    return Clinician(id=actor.id, name=actor.name, competences=own | further)


def override(
    finding: Finding,
    *,
    base: KnowledgeBase,
    by: Clinician,
    reason: str,
    now: datetime,
    second: Clinician | None = None,
    second_reason: str = "",
) -> Override | Refused:
    """The override of `finding`, or why it is refused. `now` is an aware time.

    Refused: what is clear or only informs; BLOCK-HARD, for anybody; what is not known where the rule blocks (it is
    answered instead; where it only holds, the named role may decide without the answer); a role that the rule does not
    name; a reason that is not typed; and, where the rule names a second competence, a second person who is absent, is
    the same one, or has none of the named competences.
    """
    rule = rule_of(base.entry(finding.rule))
    refused = _against(finding, rule, base.edition) or _first(rule, by, reason)
    refused = refused or _second(rule, by, second, second_reason)
    if refused is not None:
        return refused
    return Override(
        finding=finding,
        by=by.id or "",
        reason=reason.strip(),
        second=second,
        second_reason=second_reason.strip(),
        at=now,
    )


def _against(finding: Finding, rule: Rule, edition: str) -> Refused | None:
    if finding.edition != edition:
        return _refused(
            "stale_finding", "The finding was made with another edition. Screen again, then decide.", finding
        )
    if finding.state == "clear" or finding.action not in (*OBJECTS, "BLOCK-HARD"):
        return _refused("nothing_to_override", "Nothing here keeps anybody from going on.", finding)
    if finding.action == "BLOCK-HARD":
        return _refused("block_hard", f"Nobody may go on against this. {rule.resolves_by}", finding)
    if finding.state == "unknown" and rule.action != "HOLD":
        return _refused("not_known", f"It is not known yet. {rule.resolves_by}", finding)
    return None


def _first(rule: Rule, by: Clinician, reason: str) -> Refused | None:
    if by.id is None or not by.competences & frozenset(rule.overridden_by):
        wanted = " or ".join(rule.overridden_by) or "nobody"
        return _refused("override_not_yours", f"This is decided by: {wanted}. Ask them.")
    if not _typed(reason):
        return _refused("reason_missing", "Type why going on is right for this patient.")
    return None


def _second(rule: Rule, by: Clinician, second: Clinician | None, reason: str) -> Refused | None:
    if not rule.second_signer:
        return None
    wanted = " or ".join(rule.second_signer)
    if second is None:
        return _refused("second_needed", f"A second person decides this too: {wanted}.")
    if second.id == by.id or _name(second) == _name(by) or not _name(second):
        return _refused("second_is_the_same", f"The second person is somebody else than the first: {wanted}.")
    if not second.competences & frozenset(rule.second_signer):
        return _refused("second_lacks_competence", f"The second person must be: {wanted}.")
    if not _typed(reason):
        return _refused("reason_missing", "The second person types their reason too.")
    return None


def _typed(reason: str) -> bool:
    return any(letter.isalpha() for letter in reason)


def _name(person: Clinician) -> str:
    return " ".join(person.name.casefold().split())


def _refused(code: str, why: str, *findings: Finding) -> Refused:
    return Refused(code=code, why=why, findings=findings)
