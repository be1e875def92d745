"""The review of a patient's medicines for one session, with what was decided about each, and what that settles."""

from dataclasses import dataclass
from datetime import datetime

from norket.record.care import actions, queries
from norket.record.care.context import context_of
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.care.events import Asked, MedicineDecided, Recorded
from norket.therapy.care.fold import Care, Line
from norket.therapy.finding import Refused
from norket.therapy.medicines import Decision, MedicineLine, Verdict, decide, mark, partners, review, settled
from norket.therapy.screening.override import Clinician


@dataclass(frozen=True)
class Reviewed:
    """One medicine: where the review ends, its line in the ledger, and what was decided.

    `mark` names what is read now. `decision` is the last one that stands, `before` those that were made on something
    else, newest first. `partners` decide beside the prescriber.
    """

    line: MedicineLine
    entry: Line
    mark: str
    decision: Decision | None
    before: tuple[Decision, ...]
    partners: tuple[str, ...]


def reviewed(patient: Patient, care: Care, asked: Asked) -> tuple[Reviewed, ...]:
    """Every medicine of the chart as it is now, judged for the session that is asked for."""
    entries = [line for line in care.lines if line.place == "medicines"]
    lines = review(queries.chart(patient, care), base=base(), on=asked.on, context=context_of(care, asked))
    return tuple(_reviewed(line, entries[line.place], care, asked) for line in lines)


def settles(rows: tuple[Reviewed, ...], asked: Asked) -> dict[str, tuple[Decision, ...]]:
    """The rules that decisions have settled for this session, each with those decisions."""
    made = {row.line.place: row.decision for row in rows if row.decision is not None}
    return settled([row.line for row in rows], made, asked.route)


def go_through(
    patient: Patient,
    asked: Asked,
    *,
    at_line: tuple[int, int],
    seen: str,
    verdict: Verdict,
    note: str,
    together_with: str,
    by: Clinician,
    now: datetime,
    command_id: str,
) -> tuple[Recorded, ...] | Refused:
    """Records what is decided about one medicine, or says by name why not."""
    rows = reviewed(patient, queries.care(patient.pk), asked)
    row = next((one for one in rows if (one.entry.n, one.entry.index) == at_line), None)
    if row is None:
        return Refused(code="line_not_known", why="This medicine is not in the list. Reload the page and choose again.")
    decided = decide(
        row.line,
        at_line=at_line,
        medicine=row.entry.item,  # type: ignore[arg-type]
        route=asked.route,
        seen=seen,
        verdict=verdict,
        note=note,
        together_with=together_with,
        by=by,
        base=base(),
        now=now,
    )
    if isinstance(decided, Refused):
        return decided
    event = MedicineDecided(asked=asked, decision=decided)
    return actions.record(patient.pk, [event], by=decided.by, now=now, command_id=command_id)


def _reviewed(line: MedicineLine, entry: Line, care: Care, asked: Asked) -> Reviewed:
    now = mark(line, asked.route)
    events = (one.event for one in care.medicine_decisions)
    made = [one.decision for one in events if isinstance(one, MedicineDecided)]
    own = [one for one in made if (one.n, one.index) == (entry.n, entry.index)]
    return Reviewed(
        line=line,
        entry=entry,
        mark=now,
        decision=next((one for one in own if one.mark == now), None),
        before=tuple(one for one in own if one.mark != now),
        partners=partners(line, base()),
    )
