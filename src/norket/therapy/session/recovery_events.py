"""The commands and events of recovery: scores, gates, escort, and the two ways of leaving."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.session.shapes import (
    Answer,
    Fact,
    Frozen,
    Identifiers,
    Reading,
    Text,
)

Gate = Literal[
    "oriented",
    "gait_steady",
    "dissociation_settled",
    "suicide_risk_reviewed",
    "cannula_removed",
    "instructions_given",
    "room_air_saturation",
]
Scale = Literal["aldrete", "padss"]
ScoreItem = Annotated[int, Field(ge=0, le=2)]
SCALE_ITEMS: dict[str, tuple[str, ...]] = {
    "aldrete": ("activity", "respiration", "consciousness", "saturation"),
    "padss": ("walking", "nausea", "pain", "bleeding"),
}
ALL_ITEMS = tuple(item for items in SCALE_ITEMS.values() for item in items)


# ---- commands --------------------------------------------------------------------------------------------------------


class RecordGate(Fact):
    """An answer of a clinician to one gate of discharge."""

    type: Literal["record_gate"] = "record_gate"
    gate: Gate
    answer: Answer
    detail: Text = ""


class RecordEscort(Fact):
    """Where the adult is who takes the patient home. `must_go_at` is left out where they can wait."""

    type: Literal["record_escort"] = "record_escort"
    status: Literal["expected", "present", "no_show", "none"]
    name: Text = ""
    phone: Text = ""
    must_go_at: Instant | None = None


class StartRecovery(Fact):
    """The patient is in recovery; the clock counts from the end of the drug."""

    type: Literal["start_recovery"] = "start_recovery"


class RecordRecoveryScore(Fact):
    """Items of a recovery score as seen; the one of pressures is computed, never typed. `scale` says which items."""

    type: Literal["record_recovery_score"] = "record_recovery_score"
    scale: Scale = "aldrete"
    activity: ScoreItem | None = None
    respiration: ScoreItem | None = None
    consciousness: ScoreItem | None = None
    saturation: ScoreItem | None = None
    walking: ScoreItem | None = None
    nausea: ScoreItem | None = None
    pain: ScoreItem | None = None
    bleeding: ScoreItem | None = None
    sbp_mmhg: Reading | None = None
    dbp_mmhg: Reading | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Every item of the scale and none of another."""
        asked, told = SCALE_ITEMS[self.scale], {name for name in ALL_ITEMS if getattr(self, name) is not None}
        if told != set(asked):
            raise ValueError(f"the {self.scale} score has the items {', '.join(asked)}, each once")
        return self


class Discharge(Frozen):
    """The patient goes home, with every gate met."""

    type: Literal["discharge"] = "discharge"
    identifiers: Identifiers | None = None
    escort_name: Text = ""


class LeaveEarly(Fact):
    """The patient leaves before the gates are met. Capacity is what a clinician recorded of it under their own name;
    `signature` is the typed name of a patient who signs against advice. `capacity` and `capacity_by` come from pages
    of an earlier version that had queued them: they are kept as told, and count for nothing."""

    type: Literal["leave_early"] = "leave_early"
    capacity: Answer = "unknown"
    capacity_by: Text = ""
    reason: Text = ""
    cannula_in: Answer = "unknown"
    risks_told: Answer = "unknown"
    contact: Text = ""
    signature: Text = ""


Command = RecordGate | RecordEscort | StartRecovery | RecordRecoveryScore | Discharge | LeaveEarly


# ---- events ----------------------------------------------------------------------------------------------------------


class GateRecorded(Frozen):
    """An answer to one gate of discharge."""

    type: Literal["gate_recorded"] = "gate_recorded"
    gate: Gate
    answer: Answer
    detail: str = ""


class EscortRecorded(Frozen):
    """Where the escort is."""

    type: Literal["escort_recorded"] = "escort_recorded"
    status: Literal["expected", "present", "no_show", "none"]
    name: str = ""
    phone: str = ""
    must_go_at: Instant | None = None


class RecoveryStarted(Frozen):
    """Recovery began."""

    type: Literal["recovery_started"] = "recovery_started"


class RecoveryScoreRecorded(Frozen):
    """`circulation` (the item of pressures) and `total` are absent when no baseline pressure exists: not computable is
    not zero. Items of another scale are absent."""

    type: Literal["recovery_score_recorded"] = "recovery_score_recorded"
    scale: Scale = "aldrete"
    activity: ScoreItem | None = None
    respiration: ScoreItem | None = None
    consciousness: ScoreItem | None = None
    saturation: ScoreItem | None = None
    walking: ScoreItem | None = None
    nausea: ScoreItem | None = None
    pain: ScoreItem | None = None
    bleeding: ScoreItem | None = None
    circulation: ScoreItem | None = None
    total: Annotated[int, Field(ge=0, le=10)] | None = None


class Discharged(Frozen):
    """The patient went home; `gates` are the findings as they were."""

    type: Literal["discharged"] = "discharged"
    escort_name: str = ""
    gates: tuple[Finding, ...] = ()


class LeftEarly(Frozen):
    """Left before discharge. Against-advice signature is offered only with capacity; what was typed without it, of
    capacity or in place of a signature, is kept as told. `told_at`: when it is said to have been, where the pump was
    set running after that."""

    type: Literal["left_early"] = "left_early"
    capacity: Answer
    capacity_by: str = ""
    reason: str = ""
    cannula_in: Answer = "unknown"
    tasks: tuple[str, ...] = ()
    risks_told: Answer = "unknown"
    contact: str = ""
    signature: str = ""
    capacity_told: Answer = "unknown"
    capacity_told_by: str = ""
    signature_told: str = ""
    flags: tuple[str, ...] = ()
    told_at: Instant | None = None


Event = GateRecorded | EscortRecorded | RecoveryStarted | RecoveryScoreRecorded | Discharged | LeftEarly
