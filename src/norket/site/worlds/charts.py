"""What is known of the demo's patients: answers of the first visit, measurements, diagnoses and medicines, so that
every page before the session has something real to say. One patient has told little so far."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from norket.knowledge import Entry, KnowledgeBase, read
from norket.record.care import actions
from norket.record.people.models import Patient, Person
from norket.site.worlds.makers import must
from norket.therapy.assessment.trials import Trial
from norket.therapy.care.events import (
    Event,
    FrailtyRecorded,
    LineRecorded,
    MedicineRecorded,
    Place,
    PregnancyPotentialRecorded,
    TreatmentTried,
)
from norket.therapy.chart import OWN, Item, MedicineItem

PATIENT, NOTES, CLINIC = "patient", "notes of the family doctor", "first visit"
# What a first visit measures of everybody: (class, value, unit).
MEASURED = (
    ("sbp", 124.0, "mm[Hg]"),
    ("dbp", 78.0, "mm[Hg]"),
    ("heart_rate", 70.0, "/min"),
    ("respiratory_rate", 14.0, "/min"),
    ("spo2", 98.0, "%"),
    ("egfr", 95.0, "mL/min/{1.73_m2}"),
    ("phq9", 19.0, "{score}"),
    ("phq9_item9", 0.0, "{score}"),
)
LIVER = (("alt", 24.0), ("ast", 21.0), ("bilirubin", 11.0))
HIGHEST = {"alt": (40.0, "U/L"), "ast": (40.0, "U/L"), "bilirubin": (21.0, "umol/L")}
TRIED = (("citalopram", "40 mg a day", 10.0), ("venlafaxine", "225 mg a day", 12.0))
DONE = ("psychiatric_evaluation", "history_and_examination", "airway_assessment")

# By number of the patient: what differs from somebody healthy.
OWN_STORY: dict[str, dict[str, Any]] = {
    "N-1001": {"medicines": [("sertraline", 100.0)], "pregnancy_potential": "yes", "tests": {"pregnancy_test": "no"}},
    "N-1002": {
        "conditions": [("I10", "Essential (primary) hypertension")],
        "answers": {"high_blood_pressure": "yes"},
        "measured": {"sbp": 136.0, "dbp": 84.0},
        "medicines": [("amlodipine", 5.0), ("mirtazapine", 30.0)],
    },
    "N-1003": {"medicines": [("escitalopram", 20.0)], "pregnancy_potential": "yes", "tests": {"pregnancy_test": "no"}},
    "N-1004": {"medicines": [("venlafaxine", 150.0), ("clonazepam", 1.0)]},
    "N-1005": {"medicines": [("lamotrigine", 200.0)], "pregnancy_potential": "no"},
    "N-1006": {
        "conditions": [("I25.10", "Coronary artery disease, stable")],
        "answers": {"heart_disease": "yes"},
        "medicines": [("oxycodone", 20.0), ("gabapentin", 900.0), ("atorvastatin", 40.0)],
    },
    "N-1007": {
        "conditions": [("F31.81", "Bipolar II disorder")],
        "answers": {"bipolar_ever": "yes"},
        "medicines": [("lithium carbonate", 900.0)],
        "pregnancy_potential": "yes",
        "tests": {"pregnancy_test": "no"},
    },
    "N-1008": {
        "conditions": [("F10.20", "Alcohol dependence")],
        "answers": {"substance_use": "yes"},
        "medicines": [("naltrexone", 50.0)],
    },
    "N-1010": {
        "conditions": [("G47.33", "Obstructive sleep apnoea")],
        "answers": {"sleep_apnoea": "yes"},
        "medicines": [("bupropion", 300.0)],
    },
    "N-1011": {
        "conditions": [("H40.9", "Glaucoma")],
        "answers": {"glaucoma": "yes"},
        "medicines": [("clarithromycin", 1000.0), ("latanoprost eye drops", None)],
        "pregnancy_potential": "no",
    },
    "N-1012": {
        "conditions": [("F12.10", "Cannabis abuse")],
        "answers": {"substance_use": "yes", "psychosis_ever": "unknown"},
        "medicines": [("aripiprazole", 5.0)],
    },
}
LITTLE_TOLD = {"N-1009": ("ketamine_allergy", "high_blood_pressure", "seizures", "pregnant", "consents")}


def plant(patients: Sequence[Patient], by: Person, now: datetime) -> None:
    """Records each patient's chart in the care ledger, asked in the week before: an older answer holds a start."""
    base = read()
    for number, patient in enumerate(patients):
        at = now - timedelta(days=6, hours=number % 4)
        events = list(_told(base, patient, at))
        must(actions.record(patient.pk, events, by=str(by.pk), now=at, command_id=f"chart:{patient.mrn}"))


def plant_healthy(patients: Sequence[Patient], by: Person, now: datetime) -> None:
    """The chart of somebody against whom nothing stands, asked a week ago."""
    base, at = read(), now - timedelta(days=6)
    for patient in patients:
        events = [*_told(base, patient, at), PregnancyPotentialRecorded(status="no")]
        must(actions.record(patient.pk, events, by=str(by.pk), now=at, command_id=f"chart:{patient.mrn}"))


def _told(base: KnowledgeBase, patient: Patient, at: datetime) -> Iterator[Event]:
    story = OWN_STORY.get(patient.mrn, {})
    changed: dict[str, str] = story.get("answers", {})
    for entry in base.of_kind("question"):
        name = entry.id.partition(".")[2]
        if name in LITTLE_TOLD.get(patient.mrn, (name,)):
            yield _line("answers", entry.id, at, PATIENT, status=changed.get(name, _reassuring(entry)))
    potential = story.get("pregnancy_potential", "no" if patient.sex == "male" else None)
    if potential is not None:
        yield PregnancyPotentialRecorded(status=potential)
    yield FrailtyRecorded(status="yes" if patient.frail else "no")
    for code, text in story.get("conditions", ()):
        item = Item(system="icd10cm", code=code, text=text, status="yes", at=at, source=NOTES)
        yield LineRecorded(place="conditions", item=item)
    for text, daily_mg in story.get("medicines", ()):
        yield _medicine(text, daily_mg, at)
    if patient.mrn not in LITTLE_TOLD:
        yield from _measured(patient, story, at)
        for treatment, dose, weeks in TRIED:
            trial = Trial(treatment=treatment, dose=dose, weeks=weeks, adequate_dose="yes", outcome="no_response")
            yield TreatmentTried(trial=trial, source=NOTES)


def _measured(patient: Patient, story: dict[str, Any], at: datetime) -> Iterator[Event]:
    own = {"weight": (patient.weight_kg, "kg"), "height": (patient.height_cm, "cm")}
    if patient.weight_kg and patient.height_cm:
        own["bmi"] = (round(patient.weight_kg / (patient.height_cm / 100) ** 2, 1), "kg/m2")
    usual = {name: (value, unit) for name, value, unit in MEASURED}
    for name, (value, unit) in (usual | own).items():
        number = story.get("measured", {}).get(name, value)
        yield _line("observations", f"observations.{name}", at, CLINIC, value=number, unit=unit)
    for name, value in LIVER:
        high, unit = HIGHEST[name]
        yield _line("observations", f"observations.{name}", at, CLINIC, value=value, unit=unit, reference_high=high)
    for name in DONE:
        yield _line("observations", f"observations.{name}", at, CLINIC, status="yes")
    yield _line("observations", "observations.suicide_risk", at, CLINIC, status="no")
    for name, status in story.get("tests", {}).items():
        yield _line("observations", f"observations.{name}", at, CLINIC, status=status)


def _line(place: Place, code: str, at: datetime, source: str, **more: Any) -> LineRecorded:
    item = Item(system=OWN, code=code, at=at, source=source, **more)
    return LineRecorded.model_validate({"place": place, "item": item})


def _medicine(text: str, daily_mg: float | None, at: datetime) -> MedicineRecorded:
    taken: date = at.date()
    return MedicineRecorded(
        item=MedicineItem(
            text=text,
            status="yes",
            daily_dose=daily_mg,
            daily_unit="mg" if daily_mg is not None else None,
            last_taken=taken,
            at=at,
            source=PATIENT,
        )
    )


def _reassuring(entry: Entry) -> str:
    """The answer of somebody against whom nothing stands."""
    return "yes" if entry.data.get("adverse") == "no" else "no"
