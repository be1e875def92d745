"""What the session is for which a chart is judged: the day's other half."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from norket.knowledge.criteria import HOSPITAL, Drug, Route, Setting


@dataclass(frozen=True)
class Context:
    """The session as planned. What is None is not known, and a rule that needs it cannot be known either.

    `indication` is the short key of a row (`trd`), `documents` the day on which each document (a class of the
    knowledge base) came into force.
    """

    route: Route | None = None
    setting: Setting | None = None
    drug: Drug | None = None
    indication: str | None = None
    first_session: bool | None = None
    day_of: bool | None = None
    documents: Mapping[str, date] = field(default_factory=dict)

    @property
    def in_hospital(self) -> bool:
        """Whether it is known to be in a hospital; an unknown setting is taken for one without."""
        return self.setting in HOSPITAL
