"""The named refusals of the engine: what no model here covers is not answered, and the answer says why."""

from copyreg import __newobj__  # type: ignore[attr-defined]
from typing import Any, Literal

Code = Literal[
    "patient_not_valid",
    "dose_not_valid",
    "dose_not_covered",
    "route_not_covered",
    "patient_not_covered",
    "covariate_not_known",
    "interaction_not_known",
    "model_not_known",
    "analyte_not_known",
    "times_not_valid",
    "times_not_covered",
    "residual_not_known",
    "draws_not_valid",
    "model_not_valid",
    "target_not_known",
    "target_not_valid",
    "limit_not_valid",
    "effect_not_known",
    "level_not_valid",
    "observation_not_valid",
    "observation_not_covered",
    "site_not_covered",
    "posterior_not_reliable",
    "file_not_known",
    "scenario_not_valid",
]


class NotCoveredError(ValueError):
    """A question that the engine does not answer. `code` names the reason, the message says what to do instead."""

    def __init__(self, code: Code, message: str) -> None:
        self.code: Code = code
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Whole between processes: an exception is otherwise made anew from its message alone."""
        return __newobj__, (type(self), *self.args), self.__dict__
