"""Stretches of a session that many made-up patients walk through alike."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from norket.record.people.models import Person
from norket.rehearsal.scenario import Vitals
from norket.site.worlds import days
from norket.site.worlds.makers import MINUTE, Walk

ANSWERS = (
    "consent",
    "sober_today",
    "suicide_screen",
    "medicines_unchanged",
    "allergies_checked",
    "glucose_checked",
    "interpreter",
    "alert_sound_tested",
    "toilet_offered",
)
ESCORT = {"escort_name": "Sam Reed", "escort_phone": "555 0100"}


def ready(
    walk: Walk, start: datetime, lot: str, second: Person, *, left_out: Sequence[str] = (), vitals: Vitals | None = None
) -> None:
    """Check-in to time-out, all but what is left out, ending just before `start`."""
    days.opened(walk, start)
    placed = {"type": "record_access", "outcome": "placed", "place": "left_forearm", "gauge_g": 22}
    comfort = {"type": "record_setting", "quiet": True, "dim": True, "blanket": True}
    steps: list[tuple[datetime, str, Callable[[datetime], object]]] = [
        (start - 26 * MINUTE, "", lambda at: walk.send(at, {"type": "check_in", "identifiers": walk.pair})),
        (max(start - 24 * MINUTE, days.begins(walk, start)), "", lambda at: _ask(walk, at, left_out)),
        (start - 20 * MINUTE, "cannula_in", lambda at: walk.send(at, placed)),
        (start - 18 * MINUTE, "", lambda at: walk.send(at, comfort)),
        (start - 12 * MINUTE, "baseline", lambda at: walk.baseline(at, *_pressure(vitals))),
        (start - 8 * MINUTE, "prepare", lambda at: walk.prepare(at, lot, second)),
        (start - 2 * MINUTE, "time_out", lambda at: walk.time_out(at, walk.nurse, second)),
    ]
    for at, name, step in sorted(steps, key=itemgetter(0)):  # the questions of the day are asked on the day
        if name not in left_out:
            step(at)


def _ask(walk: Walk, at: datetime, left_out: Sequence[str]) -> None:
    """The questions of the day in one go: breakfast was early, water until three hours before."""
    times = {"last_food_at": at - timedelta(hours=9), "last_fluid_at": at - timedelta(hours=3)}
    body: dict[str, object] = {
        "type": "record_arrival",
        "answers": {item: "yes" for item in ANSWERS if item not in left_out},
        **({} if "fasting" in left_out else times),
        **({} if "escort_booked" in left_out else ESCORT),
    }
    walk.send(at, body)


def _pressure(vitals: Vitals | None) -> tuple[float, ...]:
    """Pressure and heart rate of a simulated patient; a quiet one's without."""
    return () if vitals is None else (round(vitals.sbp_mmhg), round(vitals.dbp_mmhg), round(vitals.hr_per_min or 0))


def run(walk: Walk, start: datetime, until: datetime, climb: Sequence[float]) -> None:
    """The infusion from `start`, a cuff reading each five minutes with systolic pressures from `climb`."""
    walk.start(start)
    for place, sbp in enumerate(climb, start=1):
        at = start + place * 5 * MINUTE
        if at < until:
            walk.vitals(at, sbp, round(0.62 * sbp), round(60 + (sbp - 110) / 2))
            if place % 2 == 0:
                walk.send(at, {"type": "record_score", "score": "watched_sedation", "value": 1})


def to_recovery(walk: Walk, stopped: datetime) -> None:
    """The infusion ends by itself and recovery begins."""
    walk.watch(stopped)
    walk.send(stopped + MINUTE, {"type": "start_recovery"})
    walk.vitals(stopped + 2 * MINUTE, 132, 82, 74)
    walk.send(stopped + 14 * MINUTE, {"type": "record_score", "score": "watched_sedation", "value": 0})


def home(walk: Walk, at: datetime) -> None:
    """Every gate clear, then out of the door with the escort."""
    walk.send(at - 12 * MINUTE, {"type": "record_score", "score": "moaas", "value": 5})
    walk.send(at - 12 * MINUTE, {"type": "record_score", "score": "dissociation", "value": 0})
    for gate in ("oriented", "gait_steady", "dissociation_settled", "suicide_risk_reviewed", "cannula_removed"):
        walk.send(at - 10 * MINUTE, {"type": "record_gate", "gate": gate, "answer": "yes"})
    walk.vitals(at - 6 * MINUTE, 120, 76, 68)
    walk.send(
        at - 5 * MINUTE,
        {
            "type": "record_recovery_score",
            "activity": 2,
            "respiration": 2,
            "consciousness": 2,
            "saturation": 2,
            "sbp_mmhg": 120.0,
            "dbp_mmhg": 76.0,
        },
    )
    walk.send(at - 4 * MINUTE, {"type": "record_escort", "status": "present", "name": "Sam Reed", "phone": "555 0100"})
    walk.send(at - 3 * MINUTE, {"type": "record_gate", "gate": "instructions_given", "answer": "yes"})
    clear_alerts(walk, at - 2 * MINUTE)
    walk.send(at, {"type": "discharge", "identifiers": walk.pair, "escort_name": "Sam Reed"})


def clear_alerts(walk: Walk, at: datetime) -> None:
    """Whatever is open is acknowledged by the nurse."""
    for alert_id in walk.open_alerts():
        walk.send(at, {"type": "acknowledge_alert", "alert_id": alert_id})


def whole(walk: Walk, start: datetime, lot: str, second: Person) -> None:
    """A complete, quiet session that began at `start`."""
    ready(walk, start, lot, second)
    end = start + timedelta(minutes=40)
    run(walk, start, end, (122, 128, 131, 133, 132, 130, 129))
    to_recovery(walk, end)
    for minutes in (15, 30, 45, 60, 75, 90, 105, 120):
        walk.vitals(end + minutes * MINUTE, 126 - minutes / 20, 78, 70)
    home(walk, end + 135 * MINUTE)
