"""From a knowledge entry to a finding: the figure that decided and its sources are copied, so that it stands alone."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.finding import Action, Finding


def number(base: KnowledgeBase, entry: str, name: str, now: datetime) -> float:
    """The figure `name` of `entry` on the day of `now`; a missing one raises `KnowledgeError`, because it blocks."""
    return _on(base, entry, name, now.date())


@lru_cache(maxsize=4096)
def _on(base: KnowledgeBase, entry: str, name: str, day: date) -> float:
    """The watch asks for the same figures each second; a base never changes."""
    return base.figure(entry, name, on=day).value


def shown(base: KnowledgeBase, entry: str) -> str:
    """The figures of an entry in one line, each with its unit."""
    named = [(_spoken(v.name, v.unit), v) for v in base.entry(entry).values]
    return "; ".join(f"{name} {v.value:g} {v.unit}".lstrip() for name, v in named if v.value is not None)


def _spoken(name: str, unit: str) -> str:
    """The name of a figure without the unit that is written after its number: `least_s` is read "least 10 s"."""
    return "" if name in ("value", unit) else name.removesuffix(f"_{unit}").replace("_", " ")


def finding(
    base: KnowledgeBase,
    entry: str,
    state: Literal["fires", "clear", "unknown"],
    why: str,
    *,
    resolves_by: str = "",
    inputs: dict[str, Any] | None = None,
    action: Action | None = None,
) -> Finding:
    """The answer of rule `entry`, with its figures, sources and edition."""
    rule = base.entry(entry)
    return Finding(
        rule=entry,
        edition=base.edition,
        state=state,
        action=action or rule.data.get("action", "BLOCK"),
        why=why,
        inputs=inputs or {},
        figure=shown(base, entry),
        sources=tuple(source.key for source in rule.sources),
        resolves_by=resolves_by or str(rule.data.get("resolves_by", "")),
    )
