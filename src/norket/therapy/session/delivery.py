"""Facts of the delivery: a lost dose, a hold in the mouth, a cannula, a pump. They are recorded whatever stands against
them; refused is only what speaks of a dose that is not in the ledger."""

from datetime import datetime
from typing import Any

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import giving, verbal
from norket.therapy.session import pump_events as p
from norket.therapy.session.fold_pump import DISAGREES
from norket.therapy.session.pump_count import expected_ml
from norket.therapy.session.state import SessionState

PUMP = "monitoring.pump_volume"
PERCENT = 100.0
CHECKED = frozenset(
    {"check_dose", "record_hold", "record_lost_dose", "read_pump", "record_verbal_order", "countersign"}
)
HALTING = frozenset({"record_site_failed", "record_pump_fault"})


def checked(state: SessionState, command: Any, by: Actor, now: datetime, base: KnowledgeBase) -> e.Event | Refused:
    """The event of one of these facts, or why it cannot be one of this session."""
    match command:
        case d.CheckDose():
            return giving.check(state, command, by, now, base)
        case d.RecordHold():
            held = d.HoldRecorded(dose=command.dose, held_min=command.held_min, then=command.then)
            return _no_such_dose(state, command.dose) or held
        case d.RecordLostDose():
            lost = d.LostDoseRecorded(dose=command.dose, how=command.how, detail=command.detail)
            return _no_such_dose(state, command.dose) or lost
        case p.ReadPump():
            return _read_pump(state, command, now, base)
        case d.RecordVerbalOrder():
            return verbal.recorded(command)
        case d.Countersign():
            return verbal.countersigned(state, command, by)
        case _:
            raise TypeError(f"{command.type} is not one of {sorted(CHECKED)}")


def halting(
    state: SessionState, command: p.RecordSiteFailed | p.RecordPumpFault, at: datetime, base: KnowledgeBase
) -> p.SiteFailed | p.PumpFaultRecorded:
    """The failure of a cannula or a pump as it was told, with what the pump said against what was computed."""
    data = command.model_dump(exclude={"type", "at"}) | {"flags": volume_flags(state, command.read_ml, at, base)}
    return p.SiteFailed(**data) if isinstance(command, p.RecordSiteFailed) else p.PumpFaultRecorded(**data)


def _no_such_dose(state: SessionState, n: int) -> Refused | None:
    if any(timed.n == n for timed in state.other_doses):
        return None
    return Refused(code="no_such_dose", why=f"Event {n} is no dose of this session. Choose one of its doses.")


def volume_agrees(read_ml: float, computed_ml: float, now: datetime, base: KnowledgeBase) -> bool:
    """Whether what the pump says it gave is what was computed, within what a pump and a reading may be off."""
    percent, least_ml = (number(base, PUMP, name, now) for name in ("agreement_percent", "least_ml"))
    return abs(read_ml - computed_ml) <= max(least_ml, computed_ml * percent / PERCENT) + 1e-9


def volume_flags(state: SessionState, read_ml: float | None, at: datetime, base: KnowledgeBase) -> tuple[str, ...]:
    """What stands against a volume read from the pump; a figure that is missing is said, and refuses no fact."""
    if read_ml is None:
        return ()
    try:
        agrees = any(volume_agrees(read_ml, count_ml, at, base) for count_ml in expected_ml(state, at))
    except KnowledgeError:
        return ("limit_missing",)
    return () if agrees else (DISAGREES,)


def _read_pump(state: SessionState, command: p.ReadPump, now: datetime, base: KnowledgeBase) -> p.PumpRead:
    flags = volume_flags(state, command.read_ml, min(command.at or now, now), base)
    return p.PumpRead(read_ml=command.read_ml, flags=flags)
