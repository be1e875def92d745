"""Rescue stock and equipment of the day: which items a list has, and whether a check of it covers them."""

from collections.abc import Iterable
from datetime import date
from typing import Literal

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import finding
from norket.therapy.finding import Finding
from norket.therapy.readiness.events import KitChecked, Line
from norket.therapy.readiness.fold import Readiness

RULE = "readiness.kit"


def chair_items(base: KnowledgeBase) -> tuple[str, ...]:
    """What stands at every chair."""
    return tuple(base.entry(RULE).data["at_the_chair"])


def medicines(base: KnowledgeBase) -> tuple[str, ...]:
    """The rescue medicines, by the templates they would be ordered from: each with a lot and a last day."""
    return tuple(str(base.entry(one).data["label"]) for one in base.entry(RULE).data["medicines"])


def clinic_items(base: KnowledgeBase) -> tuple[str, ...]:
    """What the clinic has once: what its setting asks for and no chair has, then the rescue medicines."""
    needs: list[str] = base.entry(base.entry(RULE).data["setting"]).data["needs"]
    return (*(one for one in needs if one not in chair_items(base)), *medicines(base))


def further(base: KnowledgeBase, rules: Iterable[str]) -> tuple[str, ...]:
    """What is added for a patient of whom these rules of screening object."""
    objecting = set(rules)
    adds: dict[str, str] = base.entry(RULE).data["adds"]
    return tuple(item for source, item in adds.items() if objecting & set(base.entry(source).data["for_rules"]))


def optional(base: KnowledgeBase) -> tuple[str, ...]:
    """What only some patients need; the list asks for it, and a clinic may be without."""
    return tuple(base.entry(RULE).data["adds"].values())


def line_state(line: Line | None, on: date, *, dated: bool) -> Literal["fires", "clear", "unknown"]:
    """One item on a day: there, and good on that day. A medicine without a last day is not known to be good."""
    if line is None:
        return "unknown"
    if not line.ready or (line.good_until is not None and line.good_until < on):
        return "fires"
    return "unknown" if dated and line.good_until is None else "clear"


def kit(known: Readiness, chair: str, rules: Iterable[str], on: date, zone: str, base: KnowledgeBase) -> Finding:
    """Whether stock and equipment for this chair and this patient were checked today, are there and in date."""
    lists = (("", (*clinic_items(base), *further(base, rules))), (chair, chair_items(base)))
    bad: dict[str, list[str]] = {"fires": [], "unknown": []}
    unchecked = [name for name, _ in lists if known.kit(name, on, zone) is None]
    for name, items in lists:
        check = known.kit(name, on, zone)
        for item in items if check is not None else ():
            state = line_state(_line(check, item), on, dated=item in medicines(base))
            if state != "clear":
                bad[state].append(item)
    return _found(base, unchecked, bad)


def _found(base: KnowledgeBase, unchecked: list[str], bad: dict[str, list[str]]) -> Finding:
    told = [
        *(["not checked today"] if unchecked else []),
        *([f"missing or out of date: {', '.join(bad['fires'])}"] if bad["fires"] else []),
        *([f"not looked at, or without a last day: {', '.join(bad['unknown'])}"] if bad["unknown"] else []),
    ]
    state: Literal["fires", "clear", "unknown"] = (
        "fires" if bad["fires"] else "unknown" if unchecked or bad["unknown"] else "clear"
    )
    why = f"Stock and equipment: {'; '.join(told) or 'checked today, in date'}."
    return finding(base, RULE, state, why, inputs=dict(bad))


def _line(check: KitChecked | None, item: str) -> Line | None:
    return next((one for one in check.lines if one.item == item), None) if check else None
