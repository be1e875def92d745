"""One whole treatment as a list of commands, for tests that walk it through a running server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

VITALS = {"sbp_mmhg": 118, "dbp_mmhg": 74, "hr_per_min": 68, "spo2_percent": 98, "rr_per_min": 14, "etco2_mmhg": 38}


@dataclass(frozen=True)
class Step:
    """A command and the role that gives it. `wait_min` is how long the clinic waits before it (on the test clock)."""

    role: str
    body: dict[str, Any]
    wait_min: float = 0.0

    @property
    def name(self) -> str:
        return str(self.body["type"])


def whole_treatment(session: dict[str, Any]) -> Iterator[Step]:
    """Check-in to discharge of 0.5 mg/kg over 40 min: a rate change, a pause, an early stop, recovery.

    `session` holds `order_id`, `product_id`, `lot`, `identifiers`, `amount_mg`, `concentration_mg_ml`, `rate_ml_h`,
    `volume_ml`, `weight_kg` and `checker` (a second person's id) of a planned session, `ate_at` and `drank_at` the
    times of the last food and drink.
    """
    yield from _arrives(session)
    yield from _prepared(session)
    yield from _infused(session)
    yield from _goes_home(session)


def _arrives(session: dict[str, Any]) -> Iterator[Step]:
    yield Step("nurse", {"type": "check_in", "identifiers": session["identifiers"][:2]})
    for item in (
        "consent",
        "sober_today",
        "suicide_screen",
        "medicines_unchanged",
        "allergies_checked",
        "glucose_checked",
        "interpreter",
        "cannula_in",
        "toilet_offered",
        "alert_sound_tested",
    ):
        yield Step("nurse", {"type": "record_preflight", "item": item, "answer": "yes"})
    long_ago = {"last_food_at": session["ate_at"], "last_fluid_at": session["drank_at"]}
    yield Step("nurse", {"type": "record_preflight", "item": "fasting", "answer": "yes", **long_ago})
    yield Step("nurse", {"type": "record_escort", "status": "expected", "name": "A. Friend", "phone": "555 0100"})
    yield Step(
        "nurse",
        {
            "type": "record_baseline",
            "weight_kg": session["weight_kg"],
            "vitals": VITALS,
            "moaas": 5,
            "dissociation": 0,
            "pain": 2,
            "mobility": "independent",
            "mental_status": "alert, oriented",
        },
    )


def _prepared(session: dict[str, Any]) -> Iterator[Step]:
    pair = session["identifiers"][:2]
    pump = {"rate_ml_h": session["rate_ml_h"], "volume_ml": session["volume_ml"], "identifiers": pair}
    yield Step(
        "nurse",
        {
            "type": "prepare_dose",
            "product_id": session["product_id"],
            "lot": session["lot"],
            "drawn_mg": session["amount_mg"],
            "diluent": "sodium chloride 0.9 %",
            "volume_ml": session["volume_ml"],
            "concentration_mg_ml": session["concentration_mg_ml"],
            "checker": session["checker"],
        },
    )
    yield Step("nurse", {"type": "time_out", **pump})
    yield Step("prescriber", {"type": "time_out", **pump})
    yield Step(
        "nurse",
        {
            "type": "start_infusion",
            "order_id": session["order_id"],
            "product_id": session["product_id"],
            "concentration_mg_ml": session["concentration_mg_ml"],
            "rate_ml_h": session["rate_ml_h"],
            "identifiers": pair,
        },
    )


def _infused(session: dict[str, Any]) -> Iterator[Step]:
    yield Step("nurse", {"type": "record_vitals", "vitals": {**VITALS, "sbp_mmhg": 126}}, wait_min=5)
    yield Step("nurse", {"type": "record_score", "score": "dissociation", "value": 3}, wait_min=3)
    yield Step("nurse", {"type": "pause", "reason": "wants a moment"}, wait_min=2)
    yield Step("prescriber", {"type": "resume"}, wait_min=2)
    yield Step("prescriber", {"type": "change_rate", "rate_ml_h": session["rate_ml_h"] * 0.9}, wait_min=1)
    yield Step("nurse", {"type": "record_vitals", "vitals": {**VITALS, "sbp_mmhg": 131}}, wait_min=4)
    yield Step("nurse", {"type": "stop_infusion", "reason": "enough for today"}, wait_min=6)


def _goes_home(session: dict[str, Any]) -> Iterator[Step]:
    yield Step("nurse", {"type": "start_recovery"})
    yield Step("nurse", {"type": "record_waste", "amount_mg": 0, "witness": session["checker"]})
    for wait in (15, 15, 30, 30, 29):
        yield Step("nurse", {"type": "record_vitals", "vitals": VITALS}, wait_min=wait)
    yield Step("nurse", {"type": "record_vitals", "vitals": VITALS}, wait_min=2)
    yield Step(
        "nurse",
        {
            "type": "record_recovery_score",
            "activity": 2,
            "respiration": 2,
            "consciousness": 2,
            "saturation": 2,
            "sbp_mmhg": 118,
            "dbp_mmhg": 74,
        },
    )
    yield Step("nurse", {"type": "record_score", "score": "moaas", "value": 5})
    yield Step("nurse", {"type": "record_score", "score": "dissociation", "value": 0})
    for gate in (
        "oriented",
        "gait_steady",
        "dissociation_settled",
        "suicide_risk_reviewed",
        "cannula_removed",
        "instructions_given",
        "room_air_saturation",
    ):
        yield Step("nurse", {"type": "record_gate", "gate": gate, "answer": "yes"})
    yield Step("nurse", {"type": "record_escort", "status": "present", "name": "A. Friend", "phone": "0"})
    yield Step("nurse", {"type": "discharge", "identifiers": session["identifiers"][:2], "escort_name": "A. Friend"})


def post(
    client: httpx.Client, session_id: str, token: str, body: dict[str, Any], key: str, version: int | None
) -> httpx.Response:
    """Send one command as any client does; `client` knows the server's address."""
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    if version is not None:
        headers["If-Match"] = str(version)
    return client.post(f"/api/v1/sessions/{session_id}/commands", json=body, headers=headers)
