"""The scales of an indication before the first dose: whether all of them were filled in, and since which day."""

from collections.abc import Iterable
from datetime import date

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.indication import indications
from norket.therapy.assessment.instruments import Scored, instrument

RULE = "tests.tst_14"


def scales(key: str | None, *, base: KnowledgeBase) -> tuple[str, ...]:
    """The forms that count for the outcomes of the row that the short name `key` means; none for a row without any."""
    counts = base.entry(RULE).data["counts"]
    outcomes = [outcome for row in indications(base) if key in row.keys for outcome in row.outcomes]
    named = (instrument(base, counts[outcome]).id for outcome in outcomes if outcome in counts)
    return tuple(dict.fromkeys(named))


def baseline_day(scores: Iterable[tuple[date, Scored]], key: str | None, *, base: KnowledgeBase) -> date | None:
    """The day of the oldest among the newest scores of all those forms; None where one is missing or none is asked.

    `scores` are of one person, each with its day.
    """
    newest: dict[str, date] = {}
    for day, scored in scores:
        newest[scored.instrument] = max(day, newest.get(scored.instrument, day))
    needed = scales(key, base=base)
    if not needed or not set(needed) <= newest.keys():
        return None
    return min(newest[form] for form in needed)
