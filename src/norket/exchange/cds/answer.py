"""The answer to a question: the same screening as everywhere, as cards."""

from datetime import date
from typing import Any

from norket.exchange.cds.asked import ORDER_HOOKS, Question
from norket.exchange.cds.cards import Deck
from norket.exchange.cds.draft import read as read_draft
from norket.exchange.cds.judged import dose
from norket.knowledge import KnowledgeBase
from norket.knowledge.criteria import Setting
from norket.therapy.screening.context import Context
from norket.therapy.screening.screen import screen


def answer(
    question: Question, *, base: KnowledgeBase, on: date, setting: Setting | None, origin: str
) -> dict[str, Any]:
    """The cards for a question on the day `on`. Orders without ketamine among them get none; beside ketamine they count
    as medicines that are taken, because they may be signed with it."""
    deck = Deck(question, base, origin)
    if question.hook not in ORDER_HOOKS:
        deck.screened(screen(question.chart, base=base, on=on, context=Context(setting=setting)))
        return {"cards": deck.cards}
    drafts = [read_draft(order, base, question.medications) for order in question.drafts]
    for draft in drafts:
        if draft.ketamine is not False:
            deck.order(draft, dose(draft, question.chart, base, on) if draft.ketamine else None)
    ordered = tuple(item for draft in drafts for item in draft.medicines)
    chart = question.chart.model_copy(update={"medicines": (*question.chart.medicines, *ordered)})
    for drug, route in dict.fromkeys((draft.drug, draft.route) for draft in drafts if draft.ketamine):
        context = Context(route=route, setting=setting, drug=drug)
        deck.screened(screen(chart, base=base, on=on, context=context), f"{drug} {route}")
    return {"cards": deck.cards}
