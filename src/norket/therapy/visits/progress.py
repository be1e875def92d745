"""How far a patient has come towards a goal since the baseline of the series, where a scale measures it."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.instruments import Instrument, Scored, change, instruments
from norket.therapy.finding import Refused
from norket.therapy.goals import Goal


def improvement_percent(
    base: KnowledgeBase,
    goals: Iterable[Goal],
    scores: Iterable[tuple[date, Scored]],
    *,
    given: Sequence[date],
    after: int,
) -> float | None:
    """The fall of a goal's scale (% of its baseline) after the `after`-th session of the course.

    `given` are the days on which the course gave the drug, the first one first. The baseline is the last score up to
    the first of them and no older than a baseline may be, the score of now the last one from a later day than the
    `after`-th session. None before that session, without either score, and where no goal names a scale.
    """
    if len(given) < after:
        return None
    oldest = given[0] - timedelta(days=base.figure("instruments.schedule", "baseline_max_age_d", on=given[0]).value)
    known = sorted(scores, key=lambda one: one[0])
    for form in _named(base, goals):
        own = [(day, score) for day, score in known if score.instrument == form.id]
        before = [score for day, score in own if oldest <= day <= given[0]]
        later = [score for day, score in own if day > given[after - 1]]
        found = change(base, later[-1], before[-1]) if before and later else None
        if found is not None and not isinstance(found, Refused) and found.percent is not None:
            return found.percent
    return None


def _named(base: KnowledgeBase, goals: Iterable[Goal]) -> list[Instrument]:
    """The forms that the goals name, by id, short name or title, in their order."""
    forms = {_plain(name): form for form in instruments(base) for name in (form.id, form.label, form.title)}
    forms |= {_plain(form.id.rpartition(".")[2]): form for form in instruments(base)}
    return [forms[_plain(goal.measure)] for goal in goals if _plain(goal.measure) in forms]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
