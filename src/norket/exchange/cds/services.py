"""What the service offers, and what it asks a hospital to send along with each question."""

from typing import Any

VERSION = "2.0"
ME = "patient={{context.patientId}}"
PREFETCH = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": f"Condition?{ME}&_count=200",
    "procedures": f"Procedure?{ME}&_sort=-date&_count=100",
    "allergies": f"AllergyIntolerance?{ME}&_count=100",
    "medications": f"MedicationRequest?{ME}&_include=MedicationRequest:medication&_count=200",
    "statements": f"MedicationStatement?{ME}&_include=MedicationStatement:medication&_count=200",
    "vitals": f"Observation?{ME}&category=vital-signs&_sort=-date&_count=100",
    "laboratory": f"Observation?{ME}&category=laboratory&_sort=-date&_count=200",
    "surveys": f"Observation?{ME}&category=survey&_sort=-date&_count=50",
    "answers": f"QuestionnaireResponse?{ME}&_sort=-authored&_count=20",
}
ABOUT = (
    "Answers from the prefetch alone and never calls the FHIR server. What is not sent counts as unknown, never as "
    "absent, and the answer says so."
)
HOOKS = {
    "norket-patient-view": (
        "patient-view",
        "Ketamine screening",
        "What stands against ketamine or esketamine for this patient, what is not known yet, and what would settle it.",
    ),
    "norket-order-select": (
        "order-select",
        "Ketamine screening of a selected order",
        "Screens the patient for the route of a selected ketamine or esketamine order and reads its dose.",
    ),
    "norket-order-sign": (
        "order-sign",
        "Ketamine screening before an order is signed",
        "Screens the patient for the route of a ketamine or esketamine order about to be signed and reads its dose.",
    ),
}


def discovery() -> dict[str, Any]:
    """The list that a client reads first."""
    return {
        "services": [
            {
                "hook": hook,
                "title": title,
                "description": description,
                "id": id_,
                "prefetch": PREFETCH,
                "usageRequirements": ABOUT,
                "version": VERSION,
            }
            for id_, (hook, title, description) in HOOKS.items()
        ]
    }
