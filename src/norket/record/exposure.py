"""All the ketamine of one patient: what the sessions here delivered, and what was told of other places."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from norket.knowledge.criteria import Drug
from norket.knowledge.reader import read
from norket.record.care.queries import care
from norket.record.people.models import Patient
from norket.record.session import ledger
from norket.therapy.care.events import DoseReported, ElsewhereAsked
from norket.therapy.plan.exposure import Exposure, PriorDose
from norket.therapy.session.delivered import delivered_mg
from norket.therapy.session.fold import fold
from norket.therapy.session.state import SessionState

HERE = "this clinic"


def exposure(patient: Patient, now: datetime, *, without: UUID | None = None) -> Exposure:
    """Every dose known at `now`, newest first; `without` leaves out one session."""
    told = care(patient.pk)
    reported = [one.event.dose for one in told.doses_elsewhere if isinstance(one.event, DoseReported)]
    asked = [
        one.recorded_at
        for one in told.asked_elsewhere
        if isinstance(one.event, ElsewhereAsked) and one.event.status != "unknown"
    ]
    doses = [*delivered(patient, now, without=without), *(dose for dose in reported if dose.at <= now)]
    newest = tuple(sorted(doses, key=lambda dose: dose.at, reverse=True))
    return Exposure(doses=newest, asked_at=asked[0] if asked else None)


def delivered(patient: Patient, now: datetime, *, without: UUID | None = None) -> Iterator[PriorDose]:
    """What the sessions of this clinic gave by `now`: one dose for each session by vein, and every other dose."""
    begun = patient.sessions.exclude(phase="planned", version__lte=1)
    if without is not None:
        begun = begun.exclude(pk=without)
    found = ledger.ledgers(begun.values_list("id", flat=True))
    for session_id, events in found.items():
        yield from _of_session(fold(events, str(session_id)), now)


def _of_session(state: SessionState, now: datetime) -> Iterator[PriorDose]:
    infused = delivered_mg(state, now)
    begun = [*(part.start for part in state.segments), *(bolus.at for bolus in state.boluses)]
    if infused > 0 and begun:
        drug: Drug = "esketamine" if state.order is not None and state.order.drug == "esketamine" else "ketamine"
        yield PriorDose(at=min(begun), route="iv", drug=drug, amount_mg=infused, where=HERE, source="session")
    for timed in state.other_doses:
        if timed.at <= now:
            yield PriorDose(
                at=timed.at,
                route=timed.dose.route,
                drug=timed.dose.drug or _drug(timed.dose.product_id, timed.dose.route),
                amount_mg=timed.dose.amount_mg,
                where=HERE,
                source="session",
            )


def _drug(product_id: str, route: str) -> Drug:
    """The drug of a product of the knowledge base. One that is not in it is taken for the racemate, and for esketamine
    where it was sprayed or where its name says so: that counts more."""
    known = [one.data["drug"] for one in read().entries if one.data.get("product_id") == product_id]
    if known:
        return "esketamine" if known[0] == "esketamine" else "ketamine"
    return "esketamine" if route == "intranasal" or "esketamine" in product_id.lower() else "ketamine"
