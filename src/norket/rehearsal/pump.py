"""What the simulated patient received, as the session's own resource tells it over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from norket.pharmacology.doses import Dose

SECONDS_PER_MINUTE = 60.0
MINUTES_PER_HOUR = 60.0
BEFORE_DEPARTURE = frozenset({"planned", "checked_in", "running", "paused", "observing", "stopped", "recovery"})


@dataclass(frozen=True)
class Delivered:
    """Segments, boluses, and doses without a pump of a session. `open` is False once the patient has left;
    `capnograph`: the record asks for expired CO2 and somebody at the chair has seen that."""

    segments: tuple[Mapping[str, Any], ...] = ()
    boluses: tuple[Mapping[str, Any], ...] = ()
    open: bool = True
    others: tuple[Mapping[str, Any], ...] = ()
    capnograph: bool = False

    def doses(self, zero: datetime, now: datetime) -> list[Dose]:
        """The doses given by `now`, in minutes after `zero`. What still runs counts as far as it ran."""
        given = [_segment(one, zero, now) for one in self.segments]
        given += [_single(one, "iv", zero) for one in self.boluses if _instant(one["at"]) <= now]
        given += [_single(one, one["route"], zero) for one in self.others if _instant(one["at"]) <= now]
        return [dose for dose in given if dose is not None]


async def read_delivered(client: httpx.AsyncClient, session_id: str) -> Delivered:
    """GET the session. Raises `httpx.HTTPError` when it cannot be read."""
    answer = await client.get(f"/api/v1/sessions/{session_id}")
    answer.raise_for_status()
    body = answer.json()
    others = tuple(body.get("dosing", {}).get("doses", ()))
    doses = tuple(body["segments"]), tuple(body["boluses"])
    return Delivered(*doses, body["phase"] in BEFORE_DEPARTURE, others, _capnograph(body))


def _capnograph(body: Mapping[str, Any]) -> bool:
    """Whether somebody puts capnography on: before the start because it is missing, later by answering its alert."""
    missing = any(one["rule"] == "preflight.capnography" for one in body.get("missing", ()))
    alerts = (one for one in body.get("alerts", ()) if one["rule"] == "monitoring.capnography")
    return missing or any(one.get("acknowledged_by") for one in alerts)


def _single(one: Mapping[str, Any], route: str, zero: datetime) -> Dose:
    at_min = _minutes(_instant(one["at"]), zero)
    return Dose(float(one["amount_mg"]), route, _drug(one), start_min=at_min)  # type: ignore[arg-type]  # Dose checks


def _drug(one: Mapping[str, Any]) -> str:
    return one.get("drug") or "ketamine"


def _segment(one: Mapping[str, Any], zero: datetime, now: datetime) -> Dose | None:
    start = _instant(one["start"])
    end = min(now, _instant(one["end"])) if one.get("end") else now
    length_min = _minutes(end, start)
    if length_min <= 0 or not one["rate_ml_h"]:
        return None
    ran_ml = one["rate_ml_h"] * length_min / MINUTES_PER_HOUR
    volume_ml = ran_ml if one.get("volume_ml") is None or not one.get("end") else min(one["volume_ml"], ran_ml)
    amount_mg = volume_ml * one["concentration_mg_ml"]
    if not amount_mg > 0:
        return None
    start_min = _minutes(start, zero)
    return Dose(amount_mg, "iv", _drug(one), start_min=start_min, duration_min=length_min)  # type: ignore[arg-type]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / SECONDS_PER_MINUTE
