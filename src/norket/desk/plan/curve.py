"""The curve of an order before it is signed. The engine is loaded when the first curve is asked for."""

from dataclasses import asdict
from datetime import date
from typing import Any

from norket.record.people.models import Patient
from norket.therapy.plan.limits import Draft

DRAWS = 400
SHOWN_AFTER_MIN = 180


def curve(patient: Patient, draft: Draft, on: date) -> dict[str, Any]:
    """Predicted levels with their band, and of the whole dose peak, its time and area to infinity; or
    `{"refused": why}` where no published model covers the patient."""
    from norket.pharmacology.doses import Dose  # noqa: PLC0415 -- loads the engine
    from norket.pharmacology.patient import Patient as Body  # noqa: PLC0415
    from norket.pharmacology.predict import predict_delivered  # noqa: PLC0415
    from norket.pharmacology.refusals import NotCoveredError  # noqa: PLC0415

    try:
        body = Body(
            draft.weight_kg, patient.age_y(on), "female" if patient.sex == "female" else "male", patient.height_cm
        )
        duration_min = draft.duration_min or 0.0
        dose = Dose(draft.amount_mg, draft.route, draft.drug, start_min=0.0, duration_min=duration_min)  # type: ignore[arg-type]
        times = list(range(int(duration_min) + SHOWN_AFTER_MIN + 1))
        found = predict_delivered(body, [dose], times, draws=DRAWS, seed=patient.pk.int % 2**31)
    except NotCoveredError as error:
        return {"refused": str(error)}
    shown = {name: found.analytes[name] for name in ("ketamine", "norketamine") if name in found.analytes}
    return {
        "times_min": found.times_min.tolist(),
        **{f"{name}_ng_ml": track.band() for name, track in shown.items()},
        "tracks": {name: {"model": track.model, "site": track.site} for name, track in shown.items()},
        "warnings": list(found.warnings),
        "whole": {name: asdict(found.summaries[name]) for name in shown if name in found.summaries},
    }
