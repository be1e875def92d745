"""Templates of rescue medicines: what may be ordered from, and what is held until a director has filled it in."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase

TEMPLATE = "rescue.template_"
ORDER = ("agent", "route", "least", "most", "unit", "interval_min", "max_total")


class Signed(Protocol):
    """A template as a director filled it in and signed it."""

    @property
    def template(self) -> str: ...

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class Template(BaseModel):
    """One template. `ready` says whether anything may be ordered from it: filled in, and in force in this clinic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    label: str
    agents: tuple[str, ...]
    checks: tuple[str, ...]
    after: str
    order: dict[str, Any] | None
    ready: bool


class Rescue(BaseModel):
    """What a plan says of one rescue medicine: its template as it was signed, or that this part is held."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: str
    label: str
    held: bool
    order: dict[str, Any] | None = None


def templates(base: KnowledgeBase, *, policy_signed: bool) -> tuple[Template, ...]:
    """Every template, in the order of the knowledge base."""
    return tuple(_template(e, policy_signed) for e in base.entries if e.id.startswith(TEMPLATE))


def rescue(
    base: KnowledgeBase, asked: Collection[str], *, policy_signed: bool, signed: Sequence[Signed] = ()
) -> tuple[Rescue, ...]:
    """What is asked for, each with its order or held. A name that is no template is left out by nobody: it is held.

    `signed` are the templates that the clinic's director filled in; of several of one name the first is written down.
    """
    known = {one.id: one for one in templates(base, policy_signed=policy_signed)}
    filled = {one.template: one for one in reversed(signed)} if policy_signed else {}
    return tuple(_rescue(name, known.get(name), filled.get(name)) for name in dict.fromkeys(asked))


def _rescue(name: str, template: Template | None, signed: Signed | None) -> Rescue:
    if template is not None and signed is not None:
        return Rescue(template=name, label=template.label, held=False, order=signed.model_dump(mode="json"))
    if template is None or not template.ready:
        return Rescue(template=name, label=template.label if template else name, held=True)
    return Rescue(template=name, label=template.label, held=False, order=template.order)


def _template(entry: Entry, policy_signed: bool) -> Template:
    order = entry.data.get("order")
    whole = isinstance(order, dict) and all(order.get(name) not in (None, "") for name in ORDER)
    return Template(
        id=entry.id,
        label=entry.data["label"],
        agents=tuple(entry.data["agents"]),
        checks=tuple(entry.data["checks"]),
        after=entry.data["after"],
        order=order if whole else None,
        ready=whole and policy_signed,
    )
