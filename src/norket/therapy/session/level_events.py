"""The command and the event of a level: a blood sample, when it was drawn, and what a laboratory found in it."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.instant import Instant
from norket.therapy.session.shapes import Fact, Frozen, Name, Reading

Analyte = Literal["ketamine", "norketamine", "s_ketamine", "s_norketamine"]
LevelUnit = Literal["ng/mL", "ug/L", "mg/L"]
Site = Literal["venous", "arterial"]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, strict=True)]


class RecordLevel(Fact):
    """What a laboratory found in a sample drawn at `at`, in base. `below`: the sample was below `value`, the limit of
    quantification. `assay_percent` is the error that the laboratory gives for itself (absent: not known)."""

    type: Literal["record_level"] = "record_level"
    at: Instant
    analyte: Analyte
    value: Reading
    unit: LevelUnit
    below: bool = False
    site: Site
    lab: Name
    assay_percent: Percent | None = None


class LevelRecorded(Frozen):
    """A level of a sample; it happened when the sample was drawn."""

    type: Literal["level_recorded"] = "level_recorded"
    analyte: Analyte
    value: Reading
    unit: LevelUnit
    below: bool = False
    site: Site
    lab: str
    assay_percent: Percent | None = None


Command = RecordLevel
Event = LevelRecorded
