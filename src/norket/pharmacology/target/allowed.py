"""What caps a suggestion: the order's limits, the pump's resolution and what a nurse can follow."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from norket import knowledge
from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.pharmacology.refusals import NotCoveredError
from norket.units.dose_text import Drug

ORDER, PUMP, NURSE = "target.order_limits", "target.pump", "target.nurse"
DECIMALS = 3
# Beyond this many changes the search takes longer than anybody waits, and nobody would follow the plan.
SEARCHED_CHANGES = 6
_MAY_BE_ZERO = ("max_bolus_mg", "most_changes")


@dataclass(frozen=True)
class Limits:
    """Every limit of a plan, each a finite number. Rates are mg of base per hour, times are minutes.

    `max_rate_step_mg_h`: the largest change of the rate at once (the start is not a change). `shortest_interval_min`:
    between the start, each change and the end. `change_grid_min`: changes fall on whole multiples of it.
    `most_changes`: of the rate, after the start and before the end. `rate_resolution_mg_h` and `bolus_resolution_mg`:
    what the pump can be set to, whole multiples of it. `concentration_mg_ml` of the solution, if named, only adds the
    rate in mL/h. Raises `NotCoveredError` (`limit_not_valid`) that names a limit which is missing or not a number.
    """

    max_rate_mg_h: float
    max_rate_mg_kg_h: float
    max_rate_step_mg_h: float
    max_bolus_mg: float
    max_total_mg: float
    max_total_mg_kg: float
    shortest_interval_min: float
    earliest_change_min: float
    change_grid_min: float
    most_changes: int
    rate_resolution_mg_h: float
    bolus_resolution_mg: float
    concentration_mg_ml: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "concentration_mg_ml" and value is None:
                continue
            _number(field.name, value)
            if value < 0 or (value == 0 and field.name not in _MAY_BE_ZERO):
                raise _refused(field.name, f"must be above zero, not {value:g}")
        if self.most_changes != int(self.most_changes) or self.most_changes > SEARCHED_CHANGES:
            raise _refused(
                "most_changes", f"must be a whole number up to {SEARCHED_CHANGES}, not {self.most_changes:g}"
            )
        for name in ("change_grid_min", "rate_resolution_mg_h", "bolus_resolution_mg"):
            if round(getattr(self, name), DECIMALS) != getattr(self, name):
                raise _refused(name, f"must have at most {DECIMALS} decimals, so that a dose text can say it")

    def rate_mg_h(self, weight_kg: float) -> float:
        """The highest rate for a patient of this weight: the lower of the two limits."""
        return min(self.max_rate_mg_h, self.max_rate_mg_kg_h * weight_kg)

    def total_mg(self, weight_kg: float) -> float:
        """The largest total for a patient of this weight: the lower of the two limits."""
        return min(self.max_total_mg, self.max_total_mg_kg * weight_kg)

    def as_dict(self) -> dict[str, float | None]:
        """Every limit by name."""
        return asdict(self)


def limits(drug: Drug, *, concentration_mg_ml: float | None = None, **given: float | None) -> Limits:
    """The limits for a plan with `drug`: what is `given` by name, and the knowledge base for the rest.

    With `concentration_mg_ml` the pump's steps are those of its mL/h (`rate_resolution_ml_h`, `bolus_resolution_ml` may
    be given). A limit that is neither given nor in the knowledge base refuses the plan by name (`NotCoveredError`).
    """
    base = knowledge.read()
    unknown = set(given) - {field.name for field in fields(Limits)} - {"rate_resolution_ml_h", "bolus_resolution_ml"}
    if unknown:
        raise NotCoveredError("limit_not_valid", f"there is no limit named {', '.join(sorted(unknown))}")
    said = {name: _number(name, value) for name, value in given.items() if value is not None}
    if concentration_mg_ml is not None:
        _number("concentration_mg_ml", concentration_mg_ml)
        said = _in_volume(base, said, concentration_mg_ml)
    elif {"rate_resolution_ml_h", "bolus_resolution_ml"} & set(said):
        raise _refused("rate_resolution_ml_h", "means nothing without the concentration in mg/mL; name it")
    found: dict[str, Any] = {}
    for entry, names in _HOMES.items():
        for name in names:
            found[name] = said[name] if name in said else _default(base, entry, name, drug)
    if found["most_changes"] == int(found["most_changes"]):
        found["most_changes"] = int(found["most_changes"])
    return Limits(**found, concentration_mg_ml=concentration_mg_ml)


_HOMES: Mapping[str, tuple[str, ...]] = {
    ORDER: (
        "max_rate_mg_h",
        "max_rate_mg_kg_h",
        "max_rate_step_mg_h",
        "max_bolus_mg",
        "max_total_mg",
        "max_total_mg_kg",
    ),
    NURSE: ("shortest_interval_min", "earliest_change_min", "change_grid_min", "most_changes"),
    PUMP: ("rate_resolution_mg_h", "bolus_resolution_mg"),
}


def _in_volume(base: KnowledgeBase, said: dict[str, float], concentration_mg_ml: float) -> dict[str, float]:
    """The pump's steps in mL/h and mL as mg/h and mg."""
    for name, volume in (
        ("rate_resolution_mg_h", "rate_resolution_ml_h"),
        ("bolus_resolution_mg", "bolus_resolution_ml"),
    ):
        if name in said:
            if volume in said:
                raise _refused(name, f"is given twice, also as {volume}; give one of them")
            continue
        step = said.pop(volume) if volume in said else _default(base, PUMP, volume, None)
        said[name] = _tidy(name, step * concentration_mg_ml)
    return said


def _tidy(name: str, value: float) -> float:
    """`value` without the noise of a product of decimals."""
    near = round(value, DECIMALS)
    if not math.isclose(near, value, rel_tol=1e-9):
        raise _refused(name, f"comes to {value:g} here, which a dose text cannot write; choose another resolution")
    return near


def _default(base: KnowledgeBase, entry: str, name: str, drug: Drug | None) -> float:
    if drug is not None and drug not in base.entry(entry).data.get("drugs", [drug]):
        raise _refused(name, f"has no default for {drug}; give it")
    try:
        return base.figure(entry, name).value
    except KnowledgeError as error:
        raise _refused(name, f"is missing from the knowledge base: {error}") from error


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(name, f"must be a finite number, not {value!r}; a missing limit blocks")
    return value


def _refused(name: str, why: str) -> NotCoveredError:
    return NotCoveredError("limit_not_valid", f"the limit {name} {why}")
