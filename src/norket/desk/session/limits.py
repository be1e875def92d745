"""The limits that the live page lets set for one patient: each numeric criterion with the clinic's figure."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.criteria import HIGH, criteria
from norket.therapy.session.samples import UNITS


def channels() -> dict[str, str]:
    """The signs in words."""
    return {
        "sbp_mmhg": _("Systolic"),
        "dbp_mmhg": _("Diastolic"),
        "hr_per_min": _("Heart rate"),
        "spo2_percent": "SpO₂",
        "rr_per_min": _("Breathing"),
    }


def offered(base: KnowledgeBase, now: datetime) -> list[dict[str, Any]]:
    """The criteria of the monitor's signs, by sign and tier; scores keep the clinic's limits."""
    signs, tiers = channels(), {"T1": _("low"), "T2": _("medium"), "T3": _("high")}
    found = [
        {
            "rule": rule.id,
            "name": _("%(sign)s %(side)s, %(tier)s")
            % {
                "sign": signs[rule.data["channel"]],
                "side": _("from above") if rule.data["comparison"] in HIGH else _("from below"),
                "tier": tiers[rule.data["tier"]],
            },
            "figure": f"{number(base, rule.id, 'value', now):g} {UNITS[rule.data['channel']]}",
            "emergency": rule.data["tier"] == "T3",
        }
        for rule in criteria(base)
        if rule.data["channel"] in signs and rule.data["comparison"] != "is"
    ]
    return sorted(found, key=lambda one: str(one["name"]))
