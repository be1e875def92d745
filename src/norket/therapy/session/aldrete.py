"""The recovery scores, modified Aldrete and PADSS: five items of 0 to 2. The one of pressures is never typed.

Without a baseline pressure that item, and so the total, is not computable: None, never 0.
Source: the knowledge entries `recovery.aldrete.*` and `recovery.padss.*`.
"""

from datetime import datetime

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.recovery_events import SCALE_ITEMS, RecordRecoveryScore, RecoveryScoreRecorded, Scale

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
    """The sum of the five items of the scale, or None while one of them is not computable."""
    seen = [circulation_item, *(getattr(items, name) for name in SCALE_ITEMS[items.scale])]
    known: list[int] = [item for item in seen if item is not None]
    return sum(known) if len(known) == len(seen) else None


def pressure_item(
    scale: Scale, sbp_mmhg: float | None, baseline_sbp_mmhg: float | None, now: datetime, base: KnowledgeBase
) -> int | None:
    """The item of pressures: circulation of the modified Aldrete score, vital signs of PADSS."""
    judge = circulation if scale == "aldrete" else vital_signs
    return judge(sbp_mmhg, baseline_sbp_mmhg, now, base)


def vital_signs(
    sbp_mmhg: float | None,
    baseline_sbp_mmhg: float | None,
    now: datetime,
    base: KnowledgeBase,
) -> int | None:
    """2 within the inner band of the own systolic baseline, 0 beyond the outer, 1 between; None: unknown."""
    if sbp_mmhg is None or not baseline_sbp_mmhg:
        return None
    away_percent = abs(sbp_mmhg - baseline_sbp_mmhg) / baseline_sbp_mmhg * PERCENT
    if away_percent <= number(base, "recovery.padss.vital_signs", "band_2_percent", now):
        return 2
    return 1 if away_percent <= number(base, "recovery.padss.vital_signs", "band_1_percent", now) else 0
