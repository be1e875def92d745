"""Signs of suicide in a chart: what stands in it now, and whether a clinician has answered it since."""

from datetime import date
from functools import lru_cache

from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Answer, Condition, Observation, leaves, rule_of
from norket.therapy.chart import Chart, Item
from norket.therapy.finding import Finding
from norket.therapy.screening.compiled import compiled
from norket.therapy.screening.context import Context
from norket.therapy.screening.evaluate import evaluate
from norket.therapy.screening.reading import reading
from norket.therapy.screening.screen import found

RULES = ("screening.scr_25_high", "screening.scr_25")
QUESTIONS = ("questions.suicidal_thoughts", "questions.suicide_risk_high")


def signs(chart: Chart, *, base: KnowledgeBase, on: date) -> tuple[Finding, ...]:
    """The rules on suicide that fire on the day `on`, the gravest first; nothing here says who may be treated."""
    page = reading(chart, on, Context(day_of=True), compiled(base))
    rules = [(base.entry(id_), rule_of(base.entry(id_))) for id_ in RULES]
    findings = (found(entry, rule, evaluate(rule.criterion, entry, page), page) for entry, rule in rules)
    return tuple(one for one in findings if one.state == "fires")


def speaks_of_it(item: Item, base: KnowledgeBase) -> bool:
    """Whether a line of a chart is one that those rules read."""
    return bool(_read(base) & compiled(base).members(item))


@lru_cache(maxsize=8)
def _read(base: KnowledgeBase) -> frozenset[str]:
    """The classes and questions that the rules on suicide look at."""
    read: set[str] = set(QUESTIONS)
    for id_ in RULES:
        for leaf in leaves(rule_of(base.entry(id_)).criterion):
            if isinstance(leaf, Condition | Observation):
                read |= {leaf.class_, *compiled(base).asked_by.get(leaf.class_, ())}
            elif isinstance(leaf, Answer):
                read.add(leaf.question)
    return frozenset(read)
