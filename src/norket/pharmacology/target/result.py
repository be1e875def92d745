"""A suggested plan with its working; its text, its document and its picture all say that it is never an order."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from norket.knowledge import Reference
from norket.pharmacology.patient import Patient
from norket.pharmacology.prediction import Prediction
from norket.pharmacology.target.allowed import Limits
from norket.pharmacology.target.parts import NEVER_AN_ORDER, Binding, Chances, Step, TradeOff, WakeUp
from norket.pharmacology.track import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class TargetPlan:
    """What `plan_target` answers: a suggestion that holds every limit, and how far it can be trusted. Never an order.

    The typical curve is that of `prediction`, which is what `norket.predict` answers to `dose_texts`; it deviates from
    the target by `worst_deviation` at most (share of the target; before `in_range_by_min` only upward). `trade_offs`
    gives the same for 0, 1, 2, … changes. `reached` False: the limits do not allow the target, `binding` says which.
    By the `method` "steps" there are neither texts nor trade-offs.
    """

    patient: Patient
    target_ng_ml: float
    method: str
    site: str
    analyte: str
    enantiomer: str
    drug: str
    model: str
    horizon_min: float
    in_range_by_min: float
    tolerance: float
    limits: Limits
    steps: tuple[Step, ...]
    bolus_mg: float
    total_mg: float
    dose_texts: tuple[str, ...]
    worst_deviation: float
    reached: bool
    binding: tuple[Binding, ...]
    trade_offs: tuple[TradeOff, ...]
    prediction: Prediction
    chances: Chances
    wake_up: WakeUp
    warnings: tuple[str, ...]
    sources: tuple[Reference, ...]

    @property
    def changes(self) -> int:
        """How often the rate is changed between the start and the end."""
        return len(self.steps) - 1

    @property
    def track(self) -> Track:
        """The curve that was aimed with, and its band."""
        return self.prediction.track(self.analyte if self.enantiomer == "S + R" else f"s_{self.analyte}")

    @property
    def edition(self) -> str:
        """The edition of the knowledge base."""
        return self.prediction.edition

    def to_json(self) -> dict[str, Any]:
        """The document of `norket plan-target --json`, as plain data."""
        track = self.track
        return {
            "never_an_order": NEVER_AN_ORDER,
            "reached": self.reached,
            "target_ng_ml": self.target_ng_ml,
            "method": self.method,
            "tolerance": self.tolerance,
            "site": self.site,
            "enantiomer": self.enantiomer,
            "drug": self.drug,
            "model": self.model,
            "in_range_by_min": self.in_range_by_min,
            "horizon_min": self.horizon_min,
            "bolus_mg": self.bolus_mg,
            "steps": [asdict(step) for step in self.steps],
            "changes": self.changes,
            "total_mg": self.total_mg,
            "total_mg_kg": self.total_mg / self.patient.weight_kg,
            "dose_texts": list(self.dose_texts),
            "worst_deviation": self.worst_deviation,
            "binding": [asdict(one) for one in self.binding],
            "trade_offs": [asdict(one) for one in self.trade_offs],
            "chances": asdict(self.chances)
            | {
                "times_min": self.chances.times_min.tolist(),
                "inside_by_time": self.chances.inside_by_time.tolist(),
            },
            "wake_up": asdict(self.wake_up),
            "limits": self.limits.as_dict(),
            "times_min": self.prediction.times_min.tolist(),
            "curve_ng_ml": {"analyte": track.analyte, "site": track.site, **track.band()},
            "patient": {
                "weight_kg": self.patient.weight_kg,
                "age_y": self.patient.age_y,
                "sex": self.patient.sex,
                "height_cm": self.patient.height_cm,
                "covariates": dict(self.patient.covariates),
            },
            "warnings": list(self.warnings),
            "sources": [reference.model_dump(mode="json") for reference in self.sources],
            "edition": self.edition,
            "seed": self.prediction.seed,
            "draws": self.prediction.draws,
        }

    def plot(self, path: str | Path | None = None) -> "Figure":
        """A figure of the curve in its target range above the rates, written to `path` if given."""
        from norket.pharmacology.target.picture import draw  # noqa: PLC0415 -- matplotlib is slow to load

        return draw(self, path)
