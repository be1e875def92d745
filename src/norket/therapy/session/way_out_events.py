"""The commands and events of the way out: judging, calling, instructing, signing, leaving, closing the record."""

from typing import Annotated, Literal

from pydantic import Field

from norket.therapy.finding import Finding
from norket.therapy.session.shapes import Answer, Fact, Frozen, Name, Text

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Whom = Literal[
    "prescriber", "escort", "second_contact", "manager", "responsible_adult", "emergency_services", "patient"
]
ReadBack = Literal["patient", "escort", "both", "nobody"]
Decision = Literal["home_with_plan", "stays", "transfer"]
Outcome = Literal["done", "not_reached", "not_needed"]
FormName = Literal["esketamine_monitoring"]


# ---- commands ------------------------------------------------------------------------------------------------------


class RecordClinicalJudgement(Fact):
    """A prescriber judges the patient fit in place of the recovery score, with the reason. Nobody else may."""

    type: Literal["record_clinical_judgement"] = "record_clinical_judgement"
    reason: Words


class RecordContact(Fact):
    """Somebody was called, and whether they answered."""

    type: Literal["record_contact"] = "record_contact"
    whom: Whom
    reached: Answer
    name: Text = ""
    detail: Text = ""


class RecordSafetyPlan(Fact):
    """What a clinician agreed with a patient whose thoughts of suicide are worse or new."""

    type: Literal["record_safety_plan"] = "record_safety_plan"
    plan: Words
    decision: Decision


class SignEscort(Fact):
    """The escort signs on the tablet for taking the patient home: a typed name, and a drawing where there is one."""

    type: Literal["sign_escort"] = "sign_escort"
    name: Name
    relation: Text = ""
    drawing: Annotated[str, Field(max_length=20000, pattern=r"^[ML0-9. ]*$")] = ""


class GiveInstructions(Fact):
    """The instructions for home were handed over, and who said them back in their own words."""

    type: Literal["give_instructions"] = "give_instructions"
    read_back: ReadBack
    language: Text = ""


class RaiseLeaving(Fact):
    """The patient wants to leave before the gates are met: the prescriber is called at once."""

    type: Literal["raise_leaving"] = "raise_leaving"
    reason: Text = ""


class RecordCapacity(Fact):
    """A clinician's judgement whether the patient can decide to leave; it counts under the clinician's own name."""

    type: Literal["record_capacity"] = "record_capacity"
    capacity: Answer
    detail: Text = ""


class ReviewLeaving(Fact):
    """A prescriber looked at a session that was left before discharge; until then the next start holds."""

    type: Literal["review_leaving"] = "review_leaving"
    found: Words


class FinishTask(Fact):
    """What became of a task of the days after."""

    type: Literal["finish_task"] = "finish_task"
    task: Name
    outcome: Outcome
    detail: Text = ""


class CompleteForm(Fact):
    """The answers of a form that the ledger does not hold, and whether it was sent."""

    type: Literal["complete_form"] = "complete_form"
    form: FormName
    answers: dict[Name, Text] = Field(default_factory=dict)
    sent: bool = False


class SignRecord(Frozen):
    """The prescriber signs the record of a session that is over."""

    type: Literal["sign_record"] = "sign_record"


class CloseRecord(Frozen):
    """The record of a session is complete. Facts can still be added; they are marked late."""

    type: Literal["close_record"] = "close_record"


# ---- events --------------------------------------------------------------------------------------------------------


class ClinicalJudgementRecorded(Frozen):
    """A prescriber judged the patient fit in place of the recovery score."""

    type: Literal["clinical_judgement_recorded"] = "clinical_judgement_recorded"
    reason: str
    judged_by: str


class ContactRecorded(Frozen):
    """Somebody was called."""

    type: Literal["contact_recorded"] = "contact_recorded"
    whom: Whom
    reached: Answer
    name: str = ""
    detail: str = ""


class SafetyPlanRecorded(Frozen):
    """A clinician and the patient made a safety plan, or the patient stays or is moved."""

    type: Literal["safety_plan_recorded"] = "safety_plan_recorded"
    plan: str
    decision: Decision


class EscortSigned(Frozen):
    """The escort signed."""

    type: Literal["escort_signed"] = "escort_signed"
    name: str
    relation: str = ""
    drawing: str = ""
    flags: tuple[str, ...] = ()


class InstructionsGiven(Frozen):
    """The instructions for home were handed over."""

    type: Literal["instructions_given"] = "instructions_given"
    read_back: ReadBack
    language: str = ""


class LeavingRaised(Frozen):
    """The patient wants to leave."""

    type: Literal["leaving_raised"] = "leaving_raised"
    reason: str = ""


class CapacityRecorded(Frozen):
    """Capacity to decide to leave, as a clinician found it."""

    type: Literal["capacity_recorded"] = "capacity_recorded"
    capacity: Answer
    detail: str = ""
    judged_by: str = ""


class LeavingReviewed(Frozen):
    """A prescriber looked at a session that was left before discharge."""

    type: Literal["leaving_reviewed"] = "leaving_reviewed"
    found: str


class TaskFinished(Frozen):
    """What became of a task; `not_reached` leaves it open."""

    type: Literal["task_finished"] = "task_finished"
    task: str
    outcome: Outcome
    detail: str = ""


class FormCompleted(Frozen):
    """Answers of a form."""

    type: Literal["form_completed"] = "form_completed"
    form: FormName
    answers: dict[str, str] = Field(default_factory=dict)
    sent: bool = False


class RecordSigned(Frozen):
    """The prescriber signed the record."""

    type: Literal["record_signed"] = "record_signed"


class RecordClosed(Frozen):
    """The record was closed; `held` are the findings as they were."""

    type: Literal["record_closed"] = "record_closed"
    held: tuple[Finding, ...] = ()


Command = (
    RecordClinicalJudgement
    | RecordContact
    | RecordSafetyPlan
    | SignEscort
    | GiveInstructions
    | RaiseLeaving
    | RecordCapacity
    | ReviewLeaving
    | FinishTask
    | CompleteForm
    | SignRecord
    | CloseRecord
)
Event = (
    ClinicalJudgementRecorded
    | ContactRecorded
    | SafetyPlanRecorded
    | EscortSigned
    | InstructionsGiven
    | LeavingRaised
    | CapacityRecorded
    | LeavingReviewed
    | TaskFinished
    | FormCompleted
    | RecordSigned
    | RecordClosed
)
# Judgements, signatures and what followed from them stay as they were given; a new one is made instead.
UNTOUCHABLE = frozenset(
    {
        "clinical_judgement_recorded",
        "escort_signed",
        "leaving_raised",
        "capacity_recorded",
        "leaving_reviewed",
        "record_signed",
        "record_closed",
    }
)
RECORDED_BY = {
    "contact_recorded": "record_contact",
    "safety_plan_recorded": "record_safety_plan",
    "instructions_given": "give_instructions",
    "task_finished": "finish_task",
    "form_completed": "complete_form",
}
