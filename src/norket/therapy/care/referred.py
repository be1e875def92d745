"""From a referral to the first lines of a chart: each answer with who gave it, and medicines as they were typed."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from norket.knowledge.reader import KnowledgeBase
from norket.therapy.care.events import Event, LineRecorded, MedicineRecorded, ReferralReceived
from norket.therapy.care.fold import Care
from norket.therapy.chart import OWN, Item, MedicineItem
from norket.therapy.instant import Instant
from norket.therapy.referral.shapes import Referral

LONGEST_LINE = 200


def events_of(base: KnowledgeBase, referral_id: UUID, received_at: Instant, referral: Referral) -> tuple[Event, ...]:
    """The events that a referral brings into the ledger of care of its patient, dated when it was received.

    Each typed line of medicines is one line of text in the chart and means that it is taken; it has no code, and
    nothing that is not there is taken for "no". An answer to a question that the base no longer has, or that would say
    that the list is whole, stays in the referral alone.
    """
    known = {one.id: one for one in base.of_kind("question")}
    answers = [
        one for one in referral.answers if one.question in known and not known[one.question].data.get("completes")
    ]
    typed = [line.strip()[:LONGEST_LINE] for line in referral.medicines.splitlines() if line.strip()]
    return (
        ReferralReceived(id=referral_id, received_at=received_at, referral=referral),
        *(
            LineRecorded(
                place="answers",
                item=Item(
                    system=OWN,
                    code=one.question,
                    text=str(known[one.question].data["label"]),
                    status=one.status,
                    at=received_at,
                    source=referral.source,
                ),
            )
            for one in answers
        ),
        *(
            MedicineRecorded(item=MedicineItem(text=line, status="yes", at=received_at, source=referral.source))
            for line in typed
        ),
    )


def beside(base: KnowledgeBase, care: Care, events: Iterable[Event]) -> tuple[Event, ...]:
    """Those of the events that may stand in the chart of somebody who is known already.

    Nobody has checked who sent a referral, so what it answers never takes the place of an earlier answer unless it
    objects; what is left out stays to be read in the referral.
    """
    adverse = {one.id: one.data.get("adverse", "yes") for one in base.of_kind("question")}
    answered = {line.item.code for line in care.lines if line.place == "answers"}
    return tuple(one for one in events if not _would_reassure(one, answered, adverse))


def _would_reassure(event: Event, answered: Collection[str], adverse: Mapping[str, str]) -> bool:
    if not isinstance(event, LineRecorded) or event.place != "answers":
        return False
    return event.item.code in answered and event.item.status != adverse.get(event.item.code)
