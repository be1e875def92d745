"""The review of medicines before ketamine: every line ends somewhere, and nothing passes because it is unknown.

A verdict speaks of the session, never of ending a medicine: "hold" holds the session until somebody has decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import Criterion, Medicine, Rule, leaves
from norket.therapy.chart import Chart, MedicineItem
from norket.therapy.finding import Finding
from norket.therapy.medicines.equivalents import daily
from norket.therapy.medicines.strength import Strength, strengths
from norket.therapy.screening.compiled import Compiled, compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.reading import Reading, reading
from norket.therapy.screening.screen import HELD_IF_UNKNOWN, found
from norket.therapy.screening.told import shown

Verdict = Literal["continue", "time_shift", "review", "hold"]
STRICTEST: tuple[Verdict, ...] = get_args(Verdict)  # mildest first
OPENING: dict[Verdict, str] = {
    "continue": "Goes on as prescribed.",
    "time_shift": "Goes on as prescribed; only the hour on the day of the session moves.",
    "review": "A clinician looks at it before the session; it goes on as prescribed.",
    "hold": "The session waits until a clinician has decided; the medicine goes on as prescribed.",
}
NOT_PRESCRIBED: dict[Verdict, str] = {
    "continue": "Nothing against it.",
    "time_shift": "The hour on the day of the session moves.",
    "review": "A clinician looks at it before the session.",
    "hold": "The session waits until a clinician has decided.",
}
PAST: dict[Verdict, str] = {
    "continue": "No longer taken.",
    "time_shift": "No longer taken.",
    "review": "No longer taken, but it may still act. A clinician looks at it before the session.",
    "hold": "No longer taken, but it may still act. The session waits until a clinician has decided.",
}
UNCLASSIFIED = "No rule knows this medicine. A clinician looks at it before the session; it goes on as prescribed."
UNRULED = "No rule speaks of this medicine. A clinician looks at it before the session; it goes on as prescribed."


@dataclass(frozen=True)
class Reason:
    """One rule's word on a medicine: the finding, the verdict it asks for, and what it tells the clinician."""

    finding: Finding
    verdict: Verdict
    says: str


@dataclass(frozen=True)
class MedicineLine:
    """One medicine and where it ends.

    `verdict` is the strictest that any of `reasons` asks for; all reasons are kept. `opening` is the sentence that
    stands first. `amounts` are daily equivalents of the whole list for its classes, `strength` what the engine knows of
    it by the planned route. `place` is its line in the chart.
    """

    place: int
    medicine: str
    classes: tuple[str, ...]
    verdict: Verdict
    opening: str
    reasons: tuple[Reason, ...]
    amounts: tuple[str, ...]
    strength: tuple[Strength, ...]

    @property
    def why(self) -> tuple[str, ...]:
        """Everything that is said of it, in the order in which it is read."""
        return (
            self.opening,
            *(reason.says for reason in self.reasons if reason.says),
            *(f"Not known yet: {r.finding.why}" for r in self.reasons if r.finding.state == "unknown"),
            *self.amounts,
            *(str(each) for each in self.strength if str(each)),
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys of every source behind it."""
        keys = [key for reason in self.reasons for key in reason.finding.sources]
        return tuple(dict.fromkeys([*keys, *(key for each in self.strength for key in each.sources)]))


def review(chart: Chart, *, base: KnowledgeBase, on: date, context: Context) -> tuple[MedicineLine, ...]:
    """Where each medicine of `chart` ends for the session of day `on`, in the order of the chart.

    A medicine that no longer is taken stays in the list only where it may still act. One that is in no class, or of
    which no rule speaks, ends in "review". The same chart with another route is judged anew.
    """
    known = compiled(base)
    page = reading(chart, on, context, known)
    lines = (_line(place, item, page, known) for place, item in enumerate(chart.medicines))
    return tuple(line for line in lines if line is not None)


def _line(place: int, item: MedicineItem, page: Reading, known: Compiled) -> MedicineLine | None:
    classes = known.members(item, drug=True)
    if item.status == "no":
        own = reading(page.chart.model_copy(update={"medicines": (item,)}), page.on, page.context, known)
        reasons = tuple(r for r in _reasons(classes, own, known, past=True) if r.finding.state != "clear")
        if not reasons:
            return None
    else:
        reasons = _reasons(classes, page, known)
    verdict: Verdict = max((r.verdict for r in reasons), key=STRICTEST.index, default="review")
    return MedicineLine(
        place=place,
        medicine=shown(item),
        classes=tuple(sorted(known.labels[each] for each in classes)),
        verdict=verdict,
        opening=_opening(item, verdict, classes, known) if reasons else UNRULED if classes else UNCLASSIFIED,
        reasons=tuple(sorted(reasons, key=lambda r: -STRICTEST.index(r.verdict))),
        amounts=tuple(_amounts(classes, page.chart.medicines, known)),
        strength=strengths(classes, page.context.route, known),
    )


def _reasons(classes: frozenset[str], page: Reading, known: Compiled, *, past: bool = False) -> tuple[Reason, ...]:
    """What each rule about one of these classes says; with `past`, only rules that reach back in time."""
    return tuple(
        _reason(entry, rule, criterion, page)
        for entry, rule, criterion in known.rules
        if rule.stage == "medicines"
        and classes & frozenset(entry.data.get("about", ()))
        and (not past or _back(criterion))
    )


def _back(criterion: Criterion) -> bool:
    return any(isinstance(leaf, Medicine) and leaf.within_days is not None for leaf in leaves(criterion))


def _reason(entry: Entry, rule: Rule, criterion: Criterion, page: Reading) -> Reason:
    finding = found(entry, rule, evaluate(criterion, entry, page), page)
    asked: Verdict = entry.data["verdict"]
    otherwise: Verdict = entry.data["otherwise"]
    says = str(entry.data["says"])
    if finding.state == "fires":
        return Reason(finding, asked, says)
    if finding.state == "unknown":
        return Reason(finding, "hold" if rule.action in HELD_IF_UNKNOWN else "review", says)
    return Reason(finding, otherwise, str(entry.data.get("says_otherwise", "")))


def _opening(item: MedicineItem, verdict: Verdict, classes: frozenset[str], known: Compiled) -> str:
    if item.status == "no":
        return PAST[verdict]
    prescribed = all(known.base.entry(each).data.get("prescribed", True) for each in classes)
    return (OPENING if prescribed else NOT_PRESCRIBED)[verdict]


def _amounts(classes: Iterable[str], items: Iterable[MedicineItem], known: Compiled) -> Iterable[str]:
    for each in sorted(classes):
        if each in known.equivalents:
            standard = known.base.entry(each).data["standard"]
            yield f"{known.labels[each]} together, as {standard}: {daily(items, each, known)}"
