"""What the plan form opens with: what is on record, and what was published for the row. No decision is filled in."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from norket.record.draft import start
from norket.record.people.models import Patient
from norket.record.session.queries import base
from norket.therapy.assessment.indication import indications as all_indications
from norket.therapy.care.events import GoalSet, Screened
from norket.therapy.care.fold import Care
from norket.therapy.goals import Goal
from norket.therapy.plan import rescue
from norket.therapy.plan.course_rules import figure, series_of
from norket.therapy.plan.library import Row
from norket.units import render_number


def indications() -> list[tuple[str, str]]:
    """What this clinic offers, by its short name."""
    return [(one.keys[0], one.title) for one in all_indications(base()) if one.offered]


def goals(care: Care) -> list[tuple[str, Goal]]:
    """The goals of the patient that stand, by their number in the ledger."""
    return [(str(one.n), one.event.goal) for one in care.goals if isinstance(one.event, GoalSet)]


def templates() -> list[tuple[str, str]]:
    """Every rescue template; which of them can be ordered from is said when the plan is reviewed."""
    found = rescue.templates(base(), policy_signed=True)
    return [(one.id, f"{one.label} ({', '.join(one.agents)})") for one in found]


def dose(patient: Patient, row: Row | None, on: date) -> dict[str, str]:
    """The row's own start for this patient, and the last measured weight."""
    amount, unit = start(patient, row, on) if row else (None, "")
    return {
        "row": row.id if row else "",
        "amount": render_number(amount) if amount else "",
        "unit": unit,
        "duration_min": render_number(row.duration_min) if row and row.duration_min else "",
        "concentration_mg_ml": "1" if row and row.form == "infusion" else "",
        "weight_kg": render_number(patient.weight_kg) if patient.weight_kg else "",
        "weight_measured_on": patient.weight_measured_on.isoformat() if patient.weight_measured_on else "",
    }


def course(care: Care, row: Row | None, given: Mapping[str, Any], on: date) -> dict[str, Any]:
    """The plan but for its dose: what the address names, then what was screened last, then what the row knows."""
    last = next((one.event.asked for one in care.screenings if isinstance(one.event, Screened)), None)
    offered = [key for key, _ in indications()]
    named = given.get("indication") or (last.indication if last else "")
    setting = given.get("setting") or (last.setting if last else "") or (row.setting if row else "outpatient")
    starts_on = max(_day(given.get("on")) or (last.on if last else on), on)
    series = _series(row)
    sessions, interval_d = series.get("sessions", 1), series.get("interval_d")
    gaps = (sessions - 1) * (interval_d or 0)
    window = {name: render_number(figure(base(), "booster_window", name, on)) for name in ("from_d", "to_d")}
    return {
        "indication": named if named in offered else _of_row(row, offered),
        "goals": [n for n, _ in goals(care)],
        "setting": setting,
        "starts_on": starts_on.isoformat(),
        "sessions": int(sessions),
        "interval_d": render_number(interval_d) if interval_d else "",
        "booster_from_d": window["from_d"] if sessions > 1 else "",
        "booster_to_d": window["to_d"] if sessions > 1 else "",
        "review_on": (starts_on + timedelta(days=gaps)).isoformat(),
        "rescue": [one for one, _ in templates()],
    }


def _series(row: Row | None) -> dict[str, float]:
    entry = series_of(base(), row.code) if row else None
    return {value.name: value.value for value in entry.values if value.value is not None} if entry else {}


def _of_row(row: Row | None, offered: list[str]) -> str:
    """What the row was studied in, where this clinic offers it."""
    for one in all_indications(base()):
        if row and one.id in row.indications and one.keys[0] in offered:
            return one.keys[0]
    return ""


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text or ""))
    except ValueError:
        return None
