"""The words of the sheets that try and learn: what-if, and the update from this patient."""

from typing import Any

from django.utils.translation import gettext as _

from norket.record.session.queries import base
from norket.therapy.session.debrief import PREFIX, cases


def words() -> dict[str, Any]:
    """By name; `{…}` is filled in by the script. `rehearsal_cues`: by training case, what is seen and from when."""
    return {
        "rehearsal_cues": _cues(),
        "trial_label": _("trial, not ordered"),
        "trial_rate_ml_h": _("New rate"),
        "trial_bolus_mg": _("Bolus"),
        "trial_pause_min": _("Pause for"),
        "trial_no_peak": _("not to be read so soon after a bolus"),
        "trial_ready_name": _("Low (below {level} ng/mL at the effect site), half of such patients from"),
        "trial_ready": _("{at} ({low}–{high})"),
        "trial_shift": _("{at} ({low}–{high}), {shift} min"),
        "trial_never": _("later than was looked"),
        "ready_now": _("Predicted: {n} of 100 below {level} ng/mL"),
        "ready_half": _("Half of such patients from {at} ({low}–{high})"),
        "ready_basis": _("{model}. The level is the clinic's figure {rule} ({sources}; certainty {certainty})."),
        "ready_others": _("Half of the virtual patients of other models: {first} to {last} ({n} models)."),
        "ready_none": _("No predicted level: {why}"),
        "learn_waiting": _("Being computed."),
        "learn_sum": _("{bits} bits learned from {n} readings, by {models}. A bit halves what is possible."),
        "learn_left": _("{at} {said}: left out, {why}"),
        "quiet_waiting": _("Waiting for the network; it is kept and sent by itself."),
        "quiet_unproven": _("Given without a password: whoever signs in on this device decides about it."),
        "quiet_no_intention": _("No intention was recorded."),
        "quiet_since_peak": _("Past the predicted peak by {min} min ({at})"),
        "quiet_to_peak": _("Predicted peak in {min} min ({at})"),
        "quiet_for_prescriber": _("For the prescriber: {text}"),
        "replay_play": _("Play"),
        "replay_pause": _("Pause"),
        "replay_no_alerts": _("No alert was open."),
        "trial_models": _(
            "{models}; 5 to 95 of 100 such patients in brackets. Advice, never a gate: recovery's own gates decide."
        ),
    }


def _cues() -> dict[str, list[dict[str, Any]]]:
    """Only the demo rehearses, but the page is the same everywhere: these are a few lines."""
    return {
        entry.id.removeprefix(PREFIX): [
            {
                "says": cue["says"],
                "after_min": base().figure(entry.id, cue["start_plus"]).value if "start_plus" in cue else None,
            }
            for cue in entry.data["cues"]
        ]
        for entry in cases(base())
    }
