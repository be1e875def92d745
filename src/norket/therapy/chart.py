"""What is known about a patient before any decision: the one input of screening, whoever wrote it.

A chart is entered by hand, imported or kept by the record; what is absent in it is unknown, never "no".
"""

from datetime import date, datetime, tzinfo
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

OWN = "norket"  # the system of items that name a class or a question of the knowledge base itself
SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": "icd10cm",
    "urn:oid:2.16.840.1.113883.6.90": "icd10cm",
    "http://snomed.info/sct": "snomed",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "rxnorm",
    "urn:oid:2.16.840.1.113883.6.88": "rxnorm",
    "http://www.whocc.no/atc": "atc",
    "urn:oid:2.16.840.1.113883.6.73": "atc",
    "http://loinc.org": "loinc",
    "urn:oid:2.16.840.1.113883.6.1": "loinc",
}
Status = Literal["yes", "no", "unknown"]
Sex = Literal["female", "male", "other", "unknown"]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class ChartError(ValueError):
    """A chart that cannot be read. `faults` names each place in it, what is wrong there and what is taken."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Item(_Frozen):
    """One line of a chart.

    `system` is a code system by its address or its short name (`icd10cm snomed rxnorm atc loinc`), or `norket` where
    `code` is the id of a class or question of the knowledge base. `status` says whether it holds: has it, takes it,
    answered yes, result positive. `onset` and `ended` are its first and last day. `at` says when it was recorded or
    measured; without it its age is unknown. A number carries its `unit` (UCUM) and the laboratory's own upper limit.
    """

    system: str = ""
    code: str = ""
    text: str = ""
    status: Status = "unknown"
    onset: date | None = None
    ended: date | None = None
    value: Finite | None = None
    unit: str | None = None
    reference_high: Finite | None = None
    at: AwareDatetime | date | None = None
    source: str = ""

    @model_validator(mode="after")
    def _names_something(self) -> "Item":
        if not self.code.strip() and not self.text.strip():
            raise ValueError("an item needs a code with its system, or a text")
        if self.code.strip() and not self.system.strip():
            raise ValueError("a code needs its system")
        return self

    @property
    def day(self) -> date | None:
        """The day of `at`, in the offset in which it was written."""
        return self.at.date() if isinstance(self.at, datetime) else self.at

    def in_zone(self, zone: tzinfo) -> Self:
        """The same, written in the time of `zone`: its day is the one that people there call it."""
        return self.model_copy(update={"at": self.at.astimezone(zone)}) if isinstance(self.at, datetime) else self

    @property
    def short_system(self) -> str:
        """The short name of its code system; a system that is not known keeps its own name."""
        return SYSTEMS.get(self.system, self.system)


class MedicineItem(Item):
    """A medicine, with what is taken in a day and when it was last taken (for a depot, last injected)."""

    daily_dose: Annotated[Finite, Field(ge=0)] | None = None
    daily_unit: str | None = None
    last_taken: date | None = None


class Patient(_Frozen):
    """Who it is about, as far as decisions need it."""

    birth_date: date | None = None
    sex: Sex = "unknown"
    pregnancy_potential: Status = "unknown"


class Chart(_Frozen):
    """A whole chart of format `chart-1`."""

    format: Literal["chart-1"] = "chart-1"
    patient: Patient = Patient()
    conditions: tuple[Item, ...] = ()
    medicines: tuple[MedicineItem, ...] = ()
    allergies: tuple[Item, ...] = ()
    observations: tuple[Item, ...] = ()
    answers: tuple[Item, ...] = ()

    def in_zone(self, zone: tzinfo) -> Self:
        """The same, every line written in the time of `zone`."""
        places = ("conditions", "medicines", "allergies", "observations", "answers")
        return self.model_copy(update={place: tuple(i.in_zone(zone) for i in getattr(self, place)) for place in places})


def read_chart(text: str | bytes) -> Chart:
    """The chart written in a JSON text; raises `ChartError` with every fault and its place."""
    try:
        return Chart.model_validate_json(text)
    except ValidationError as error:
        raise ChartError(*(_fault(each) for each in error.errors(include_url=False))) from error


def _fault(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "chart"
    taken = f", not {detail['input']!r}"[:80] if isinstance(detail["input"], str | int | float | bool) else ""
    return f"{place}: {detail['msg']}{taken}"
