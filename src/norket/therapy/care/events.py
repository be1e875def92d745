"""What happens in a patient's care outside the sessions, as one frozen union of events.

Nothing is changed or deleted: a line of the chart that was wrong is withdrawn by a later event, and stays readable.
"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from norket.knowledge.criteria import Drug, Route, Setting
from norket.therapy.assessment.instruments import Scored
from norket.therapy.assessment.trials import Trial
from norket.therapy.chart import Chart, Item, MedicineItem, Status
from norket.therapy.consent.sign import Capacity, Consent
from norket.therapy.consent.standing import Ended
from norket.therapy.finding import Finding
from norket.therapy.goals import Choice, Goal
from norket.therapy.instant import Instant
from norket.therapy.medicines.decision import Decision
from norket.therapy.plan.course import Ended as CourseOver
from norket.therapy.plan.course import SignedCourse
from norket.therapy.plan.exposure import PriorDose
from norket.therapy.referral.shapes import Referral
from norket.therapy.screening.override import Override
from norket.therapy.screening.waiver import Waiver

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


class FrailtyRecorded(_Event):
    """Whether this person is frail, as a clinician judged: a first dose of somebody frail begins lower."""

    type: Literal["frailty_recorded"] = "frailty_recorded"
    status: Status


class ChartImported(_Event):
    """A chart that came from elsewhere. `not_read` lists what could not be read, so that nothing is lost silently."""

    type: Literal["chart_imported"] = "chart_imported"
    name: str
    sha256: str
    chart: Chart
    not_read: tuple[dict[str, Any], ...] = ()


class TreatmentTried(_Event):
    """One treatment that was tried before, with what came of it."""

    type: Literal["treatment_tried"] = "treatment_tried"
    trial: Trial
    source: Text


class DocumentRecorded(_Event):
    """A document that a rule asks for was written or seen: which one (`documents.taper_plan`), its day, where it is."""

    type: Literal["document_recorded"] = "document_recorded"
    document: str = Field(pattern=r"^documents\.[a-z0-9_]+$")
    on: date
    note: Text


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
    waived: tuple[Waiver, ...] = ()


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


class MedicineDecided(_Event):
    """A prescriber decided what becomes of one medicine for this session."""

    type: Literal["medicine_decided"] = "medicine_decided"
    asked: Asked
    decision: Decision


class TestOrdered(_Event):
    """A test was asked for, with the finding that asked for it. Who and when stand in the ledger."""

    __test__ = False  # not a test of pytest

    type: Literal["test_ordered"] = "test_ordered"
    asked: Asked
    finding: Finding
    note: Annotated[str, Field(max_length=2000)] = ""


class TestWaived(_Event):
    """A clinician decided that one test is not needed until a day."""

    __test__ = False  # not a test of pytest

    type: Literal["test_waived"] = "test_waived"
    asked: Asked
    waiver: Waiver


class CapacityRecorded(_Event):
    """A clinician's judgement of capacity for this treatment, part by part."""

    type: Literal["capacity_recorded"] = "capacity_recorded"
    capacity: Capacity


class CourseSigned(_Event):
    """A plan of a course was signed, with the order of its first session."""

    type: Literal["course_signed"] = "course_signed"
    signed: SignedCourse


class CourseEnded(_Event):
    """A course is over."""

    type: Literal["course_ended"] = "course_ended"
    ended: CourseOver


class ScoreRecorded(_Event):
    """A questionnaire or scale of one day, scored; the lines of the chart that follow from it stand beside it."""

    type: Literal["score_recorded"] = "score_recorded"
    score: Scored
    on: date
    source: Text


class RiskAnswered(_Event):
    """A clinician has answered signs of suicide: what was found, and what was done about it."""

    type: Literal["risk_answered"] = "risk_answered"
    findings: tuple[Finding, ...] = Field(min_length=1)
    done: Text


class DecisionTakenBack(_Event):
    """The order, waiver or decision of event `n` was wrong and does not count any more; it stays readable."""

    type: Literal["decision_taken_back"] = "decision_taken_back"
    n: int = Field(ge=1)
    reason: Text


class DoseReported(_Event):
    """Ketamine that was given elsewhere, as somebody told it."""

    type: Literal["dose_reported"] = "dose_reported"
    dose: PriorDose


class ElsewhereAsked(_Event):
    """The patient was asked for ketamine from other clinics and at home, and answered."""

    type: Literal["elsewhere_asked"] = "elsewhere_asked"
    status: Status


class ReferralReceived(_Event):
    """The referral from which this patient came, whole; the lines of the chart that came from it follow."""

    type: Literal["referral_received"] = "referral_received"
    id: UUID
    received_at: Instant
    referral: Referral


Event = Annotated[
    LineRecorded
    | MedicineRecorded
    | LineWithdrawn
    | PregnancyPotentialRecorded
    | FrailtyRecorded
    | ChartImported
    | TreatmentTried
    | DocumentRecorded
    | Screened
    | FindingOverridden
    | MedicineDecided
    | TestOrdered
    | TestWaived
    | CapacityRecorded
    | ScoreRecorded
    | RiskAnswered
    | DecisionTakenBack
    | DoseReported
    | ElsewhereAsked
    | CourseSigned
    | CourseEnded
    | ConsentSigned
    | ConsentEnded
    | ChoiceRecorded
    | GoalSet
    | GoalDropped
    | ReferralReceived,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class Recorded(_Event):
    """An event as it stands in the ledger: the `n`-th of this patient, by whom and when it was recorded."""

    n: int = Field(ge=1)
    recorded_at: Instant
    by: str
    event: Event
