"""What happens in a patient's care outside the sessions, as one frozen union of events.

Nothing is changed or deleted: a line of the chart that was wrong is withdrawn by a later event, and stays readable.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from norket.knowledge.criteria import Drug, Route, Setting
from norket.therapy.chart import Chart, Item, MedicineItem, Status
from norket.therapy.consent.sign import Consent
from norket.therapy.consent.standing import Ended
from norket.therapy.finding import Finding
from norket.therapy.goals import Choice, Goal
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


class ConsentSigned(_Event):
    """A patient agreed to one text. `contact` and `emergency` are whom it tells them to call; `kept_at` is where the
    paper lies, of one that was signed on paper."""

    type: Literal["consent_signed"] = "consent_signed"
    consent: Consent
    contact: str
    emergency: str
    kept_at: str = ""


class ConsentEnded(_Event):
    """A consent was taken back, or was found void. A withdrawal ends every one that was signed before it."""

    type: Literal["consent_ended"] = "consent_ended"
    ended: Ended


class ChoiceRecorded(_Event):
    """Which way of treatment the patient wants; the last one counts."""

    type: Literal["choice_recorded"] = "choice_recorded"
    choice: Choice


class GoalSet(_Event):
    """A goal, in the place of the one that event `instead_of` set if there is one; `why` says why it was changed."""

    type: Literal["goal_set"] = "goal_set"
    goal: Goal
    instead_of: int | None = Field(default=None, ge=1)
    why: Annotated[str, Field(max_length=2000)] = ""


class GoalDropped(_Event):
    """The goal that event `n` set is no goal any more."""

    type: Literal["goal_dropped"] = "goal_dropped"
    n: int = Field(ge=1)
    reason: Text


Event = Annotated[
    LineRecorded
    | MedicineRecorded
    | LineWithdrawn
    | PregnancyPotentialRecorded
    | ChartImported
    | Screened
    | FindingOverridden
    | ConsentSigned
    | ConsentEnded
    | ChoiceRecorded
    | GoalSet
    | GoalDropped,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Recorded(_Event):
    """An event as it stands in the ledger: the `n`-th of this patient, by whom and when it was recorded."""

    n: int = Field(ge=1)
    recorded_at: Instant
    by: str
    event: Event
