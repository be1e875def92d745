"""What stands against ketamine for this chart on this day: every rule, with why, figure, source and way out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from norket.knowledge import Entry, KnowledgeBase
from norket.knowledge.criteria import ACTIONS, Rule, Stage
from norket.therapy.chart import Chart
from norket.therapy.finding import Action, Finding, State
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.reading import Reading, reading
from norket.therapy.screening.verdict import Verdict
from norket.therapy.screening.waiver import Waiver, holding

BEFORE_THE_DAY: tuple[Stage, ...] = ("screening", "tests", "medicines", "indication")
HELD_IF_UNKNOWN = frozenset({"BLOCK-HARD", "BLOCK", "HOLD"})
STATES = ("fires", "unknown", "clear")
STATE: dict[bool | None, State] = {True: "fires", False: "clear", None: "unknown"}


@dataclass(frozen=True)
class Screening:
    """The findings for one chart on one day, by action and then state, and the lines of it that no class explains.

    `waived` are the findings that are not clear and whose test a clinician waived for this day, each with the waiver.
    """

    edition: str
    on: date
    findings: tuple[Finding, ...]
    not_classified: tuple[str, ...]
    waived: tuple[tuple[Finding, Waiver], ...] = ()

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is neither clear nor waived: what objects, and what is not known."""
        waived = {finding.rule for finding, _ in self.waived}
        return tuple(one for one in self.findings if one.state != "clear" and one.rule not in waived)


def screen(
    chart: Chart,
    *,
    base: KnowledgeBase,
    on: date,
    context: Context | None = None,
    stages: Collection[Stage] = BEFORE_THE_DAY,
    waivers: Iterable[Waiver] = (),
) -> Screening:
    """Judges every rule of the `stages` for `chart` on the session's day `on`; `waivers` count where they may.

    A finding that is unknown and whose rule blocks or holds has the action HOLD: it is answered before anything goes
    on. Outside a hospital, or where the setting is not known, a rule's stricter action counts. A base whose rules do
    not parse raises `CriterionError`, a missing figure `KnowledgeError`.
    """
    known = compiled(base)
    session, given = context or Context(), tuple(waivers)
    page = reading(chart, on, session, known)
    findings = [
        found(entry, rule, evaluate(criterion, entry, page), page)
        for entry, rule, criterion in known.rules
        if rule.stage in stages
    ]
    findings.sort(key=lambda finding: (ACTIONS.index(finding.action), STATES.index(finding.state), finding.rule))
    against = [one for one in findings if one.state != "clear"] if given else []
    held = [(one, holding(one.rule, given, base=base, on=on, context=session)) for one in against]
    waived = tuple((one, waiver) for one, waiver in held if waiver is not None)
    return Screening(base.edition, on, tuple(findings), page.not_classified, waived)


def found(entry: Entry, rule: Rule, verdict: Verdict, page: Reading) -> Finding:
    """The finding that a verdict on a rule comes to."""
    state = STATE[verdict.holds]
    inputs: dict[str, list[str]] = {}
    alike: dict[str, list[str]] = {}
    for ground in verdict.grounds:
        inputs.setdefault(ground.what, []).append(ground.found)
        alike.setdefault(ground.found, []).append(ground.what)
    told = "; ".join(f"{', '.join(what)}: {found_}" for found_, what in alike.items())
    return Finding(
        rule=entry.id,
        edition=page.known.base.edition,
        state=state,
        action=action_of(rule, page.context, state),
        why={
            "fires": f"{rule.label}. {told}",
            "unknown": f"{rule.label}: not known. {told}",
            "clear": f"{rule.label}: nothing against it. {told}",
        }[state],
        inputs=dict(inputs),
        figure="; ".join(verdict.figures),
        sources=tuple(dict.fromkeys(source.key for source in entry.sources)),
        resolves_by="" if state == "clear" else rule.resolves_by,
    )


def action_of(rule: Rule, context: Context, state: State = "fires") -> Action:
    """What the rule does there: the stricter action outside a hospital, and HOLD where it cannot be known."""
    outside = rule.outpatient_action if not context.in_hospital else None
    action = outside or rule.action
    return "HOLD" if state == "unknown" and action in HELD_IF_UNKNOWN else action
