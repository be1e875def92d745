"""What happens in a patient's care outside the sessions, as one frozen union of events.

Nothing is changed or deleted: a line of the chart that was wrong is withdrawn by a later event, and stays readable.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from norket.knowledge.criteria import Drug, Route, Setting
from norket.therapy.chart import Chart, Item, MedicineItem, Status
from norket.therapy.finding import Finding
from norket.therapy.instant import Instant
from norket.therapy.screening.override import Override

Place = Literal["conditions", "medicines", "allergies", "observations", "answers"]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LineRecorded(_Event):
    """One line of the chart that is no medicine, entered by hand or from a form."""

    type: Literal["line_recorded"] = "line_recorded"
    place: Literal["conditions", "allergies", "observations", "answers"]
    item: Item


class MedicineRecorded(_Event):
    """One medicine, entered by hand or from a form."""

    type: Literal["medicine_recorded"] = "medicine_recorded"
    item: MedicineItem


class LineWithdrawn(_Event):
    """A line that was wrong: the `index`-th line of event `n` does not count any more."""

    type: Literal["line_withdrawn"] = "line_withdrawn"
    n: int = Field(ge=1)
    index: int = Field(ge=0)
    reason: Text


class PregnancyPotentialRecorded(_Event):
    """Whether a pregnancy is possible."""

    type: Literal["pregnancy_potential_recorded"] = "pregnancy_potential_recorded"
    status: Status


class ChartImported(_Event):
    """A chart that came from elsewhere. `not_read` lists what could not be read, so that nothing is lost silently."""

    type: Literal["chart_imported"] = "chart_imported"
    name: str
    sha256: str
    chart: Chart
    not_read: tuple[dict[str, Any], ...] = ()


class Asked(_Event):
    """The session for which a chart was judged: its day, and what was known of it."""

    on: date
    route: Route | None = None
    setting: Setting | None = None
    drug: Drug | None = None
    indication: str | None = None
    first_session: bool | None = None


class Screened(_Event):
    """What every rule found in the chart as it was after event `chart_n`, with the edition that it was found with."""

    type: Literal["screened"] = "screened"
    asked: Asked
    edition: str
    chart_n: int = Field(ge=0)
    findings: tuple[Finding, ...]
    not_classified: tuple[str, ...] = ()


class FindingOverridden(_Event):
    """A named person, and a second one where the rule asks for one, go on against a finding of this session."""

    type: Literal["finding_overridden"] = "finding_overridden"
    asked: Asked
    override: Override


Event = Annotated[
    LineRecorded
    | MedicineRecorded
    | LineWithdrawn
    | PregnancyPotentialRecorded
    | ChartImported
    | Screened
    | FindingOverridden,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Recorded(_Event):
    """An event as it stands in the ledger: the `n`-th of this patient, by whom and when it was recorded."""

    n: int = Field(ge=1)
    recorded_at: Instant
    by: str
    event: Event
