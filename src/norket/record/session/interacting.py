"""Medicines of the chart that change the concentration of ketamine: no curve of the session knows them, neither the
live one nor that of a replay, of the printed record or of how the effect fades.

What the chart holds is read through a hook, because the care of a patient stands beside their sessions.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from norket.record.people.models import Patient
from norket.record.session import queries
from norket.record.session.models import SessionRecord
from norket.record.session.prediction import at_state, engine_patient
from norket.therapy.finding import Refused
from norket.therapy.session.delivered import history
from norket.therapy.session.state import SessionState

Reader = Callable[[Patient, date, datetime | None], tuple[str, ...]]
NAMED = "interacting_medicine"
_readers: list[Reader] = []


def charted_by(reader: Reader) -> None:
    """Who reads the interactions of a chart, set once when the tables are known."""
    _readers[:] = [reader]


def names(session_id: UUID, now: datetime, told_by: datetime | None = None) -> tuple[str, ...]:
    """The interactions whose medicines the patient takes, or perhaps takes, by the chart of today; with `told_by` by
    the chart as it stood at that instant."""
    patient = SessionRecord.objects.select_related("patient__clinic").get(pk=session_id).patient
    today = patient.clinic.day(now)
    return tuple(dict.fromkeys(name for reader in _readers for name in reader(patient, today, told_by)))


def warnings(state: SessionState, taken: Iterable[str], routes: Iterable[str]) -> list[str]:
    """A sentence for each medicine that changes the curve, with the ratio of areas for each of these routes."""
    from norket.pharmacology.interactions import changes_curve, resolve, route_ratios  # noqa: PLC0415 -- the engine
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    body, said, asked = engine_patient(state), [], set(routes)
    for name in taken:
        try:
            (one,) = resolve([name])
            if not changes_curve((one,)):
                continue
            ratios = route_ratios(name, body) if body is not None else ()
            told = "; ".join(f"by {each.route} x {each.auc}" for each in ratios if each.route in asked)
        except NotCoveredError as error:
            said.append(f"{name} is in the chart, and this curve does not know it: {error}")
            continue
        how = f"the area under ketamine changes {told}" if told else "by this route nobody knows by how much"
        said.append(f"{one.title} is in the chart, and this curve does not know it: {how}.")
    return said


def predicted(session_id: UUID, now: datetime) -> dict[str, Any] | Refused:
    """The curves of the session as the chair sees them: with what the chart says against them."""
    state = queries.state(session_id)
    found = at_state(state, now)
    return found if isinstance(found, Refused) else warned(found, session_id, state, now)


def warned(
    found: dict[str, Any], session_id: UUID, state: SessionState, now: datetime, told_by: datetime | None = None
) -> dict[str, Any]:
    """A prediction with these warnings before all others; unchanged where no medicine of the chart changes it."""
    return _with(found, state, names(session_id, now, told_by), [dose["route"] for dose in found["doses"]])


def warned_given(found: dict[str, Any], session_id: UUID, state: SessionState, now: datetime) -> dict[str, Any]:
    """The same of how the effect fades and of what was learned, for the routes by which something was given."""
    routes = [dose.route for dose in history(state, now, planned=False)]
    return _with(found, state, names(session_id, now), routes)


def _with(found: dict[str, Any], state: SessionState, taken: Iterable[str], routes: Iterable[str]) -> dict[str, Any]:
    said = warnings(state, taken, routes) if taken else []
    if not said:
        return found
    return found | {"warnings": [*said, *found["warnings"]], "unknown": sorted({*found["unknown"], NAMED})}


def refused(session_id: UUID, state: SessionState, now: datetime) -> Refused | None:
    """Why nobody says when the drug is low: a medicine of the chart moves it, and the models do not know it."""
    taken = names(session_id, now)
    said = warnings(state, taken, (dose.route for dose in history(state, now, planned=True))) if taken else []
    if not said:
        return None
    return Refused(code=NAMED, why=f"No moment is predicted. {' '.join(said)} Go by the patient.")
