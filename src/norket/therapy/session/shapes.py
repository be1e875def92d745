"""What commands and events are made of: amounts, answers, and the two bases. A room may keep its own commands and
events in a neighbour of `events`, built from these; `events` joins them in its unions."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.therapy.instant import Instant

Amount = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Reading = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Answer = Literal["yes", "no", "unknown"]
Intent = Literal["intended", "happened"]
Tier = Literal["T1", "T2", "T3"]
Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Identifiers = tuple[Name, Name]


class Frozen(BaseModel):
    """A value that never changes and knows no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Fact(Frozen):
    """A record of what was seen or done; `at` is given when it is entered late."""

    at: Instant | None = None


def told_at(said: datetime | None, at: datetime) -> datetime | None:
    """When it is said to have happened, where it is written at another instant."""
    return said if said != at else None


class Vitals(Frozen):
    """Vital signs; what was not measured is absent."""

    sbp_mmhg: Reading | None = None
    dbp_mmhg: Reading | None = None
    hr_per_min: Reading | None = None
    spo2_percent: Reading | None = None
    rr_per_min: Reading | None = None
    etco2_mmhg: Reading | None = None
    temp_c: Reading | None = None
    on_oxygen: bool | None = None
    rhythm: Literal["regular", "irregular"] | None = None
    artefact: bool = False
