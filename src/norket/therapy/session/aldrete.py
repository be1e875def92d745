"""The modified Aldrete score: five items of 0 to 2. Circulation is computed from pressures, never typed.

Without a baseline pressure the circulation item, and so the total, is not computable: None, never 0.
Source: the knowledge entries `recovery.aldrete.*`.
"""

from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.events import RecordRecoveryScore, RecoveryScoreRecorded

PERCENT = 100.0


def circulation(
    sbp_mmhg: float | None,
    baseline_sbp_mmhg: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> int | None:
    """2 within the inner band of the own systolic baseline, 0 at or beyond the outer, 1 between; None: unknown."""
    if sbp_mmhg is None or not baseline_sbp_mmhg:
        return None
    away_percent = abs(sbp_mmhg - baseline_sbp_mmhg) / baseline_sbp_mmhg * PERCENT
    if away_percent <= number(base, "recovery.aldrete.circulation", "band_2_percent", now):
        return 2
    return 0 if away_percent >= number(base, "recovery.aldrete.circulation", "band_0_percent", now) else 1


def saturation(spo2_percent: float | None, on_oxygen: bool | None, now: datetime, base: KnowledgeBase) -> int | None:
    """2 above the limit on air, 1 above the lower limit on oxygen, else 0; None when either is not known."""
    if spo2_percent is None or on_oxygen is None:
        return None
    if not on_oxygen:
        return 2 if spo2_percent > number(base, "recovery.aldrete.saturation", "air_percent", now) else 0
    return 1 if spo2_percent > number(base, "recovery.aldrete.saturation", "oxygen_percent", now) else 0


def total(items: RecordRecoveryScore | RecoveryScoreRecorded, circulation_item: int | None) -> int | None:
    """The sum of the five items, or None while circulation is not computable."""
    if circulation_item is None:
        return None
    return items.activity + items.respiration + items.consciousness + items.saturation + circulation_item
