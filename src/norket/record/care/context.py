"""What is known of a session beside the chart: the session that is asked for, what was waived, what is on record."""

from datetime import date

from norket.record.session.queries import base
from norket.therapy.assessment.baseline import baseline_day
from norket.therapy.assessment.trials import DOCUMENT, shown
from norket.therapy.care.events import Asked, ScoreRecorded, TestWaived
from norket.therapy.care.fold import Care
from norket.therapy.chart import OWN
from norket.therapy.screening.context import Context
from norket.therapy.screening.waiver import Waiver

WHOLE_LIST = "questions.medicines_complete"
GONE_THROUGH = "documents.medicines_review"
SCALES = "documents.baseline_scales"


def context_of(care: Care, asked: Asked, *, day_of: bool = False) -> Context:
    """The session as screening takes it; `day_of` says whether it is judged as on its own day."""
    return Context(
        route=asked.route,
        setting=asked.setting,
        drug=asked.drug,
        indication=asked.indication,
        first_session=asked.first_session,
        day_of=day_of,
        documents=documents(care, asked),
    )


def waivers(care: Care) -> tuple[Waiver, ...]:
    """Every waiver that was given and not taken back."""
    return tuple(one.event.waiver for one in care.test_waivers if isinstance(one.event, TestWaived))


def documents(care: Care, asked: Asked) -> dict[str, date]:
    """The day of each document that rules may ask for.

    A list of treatment that was tried is one where it suffices; the list of medicines counts as gone through on the
    day on which it was called whole, the scales of the indication on the day of the oldest one.
    """
    found = dict(care.documents)
    scores = [(one.event.on, one.event.score) for one in care.scores if isinstance(one.event, ScoreRecorded)]
    asked_before = baseline_day(scores, asked.indication, base=base())
    if asked_before is not None:
        found[SCALES] = max(asked_before, found.get(SCALES, asked_before))
    if shown(care.trials, asked.indication, base=base(), on=asked.on):
        found[DOCUMENT] = max(one.recorded_at for one in care.tried).date()
    said = [line.item for line in care.lines if line.place == "answers"]
    whole = [each.day for each in said if (each.system, each.code, each.status) == (OWN, WHOLE_LIST, "yes")]
    days = [day for day in (*whole, found.get(GONE_THROUGH)) if day is not None]
    return found | ({GONE_THROUGH: max(days)} if days else {})
