"""The one answer of every rule, gate and check, and the one form of a refusal."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Action = Literal["BLOCK-HARD", "BLOCK", "HOLD", "WARN", "TASK", "INFO"]
State = Literal["fires", "clear", "unknown"]


class Finding(BaseModel):
    """What a rule found. `fires` means the rule objects, `clear` that it has nothing against it, `unknown` that it
    cannot be known from what is recorded. A gate is met only when it is `clear`; unknown never counts as met.

    `figure` is the figure that decided, with its unit, copied so that the finding can be read without the knowledge
    base; `edition` names the knowledge it was made with; `resolves_by` says what would change the answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    edition: str
    state: State
    action: Action
    why: str
    inputs: dict[str, Any] = {}
    figure: str = ""
    sources: tuple[str, ...] = ()
    resolves_by: str = ""


class Refused(BaseModel):
    """A command that was not carried out: a stable `code` for machines, a sentence for people, and the findings
    behind it. `why` says what is wrong and what to do next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    why: str
    findings: tuple[Finding, ...] = ()
