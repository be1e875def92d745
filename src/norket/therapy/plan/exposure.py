"""All the ketamine that a person has had: here, in other clinics and at home, counted together.

The body adds doses whatever route or house they came by. What this clinic does not know stays unknown and is said.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.knowledge.criteria import Drug, Route
from norket.therapy.cite import finding
from norket.therapy.finding import Finding, State
from norket.therapy.instant import Instant
from norket.therapy.plan.compare import DECIMALS
from norket.therapy.plan.course_rules import drift_state
from norket.therapy.plan.library import figure_or_none
from norket.therapy.plan.order import Positive

RULE, INTERVAL, ELSEWHERE, DRIFT = "doses.exposure", "doses.interval", "doses.elsewhere", "plans.drift"
STEP = "plans.titration"
SECONDS_PER_HOUR = 3600.0
PERCENT = 100.0


class PriorDose(BaseModel):
    """A dose that was given: `amount_mg` of base (None: nobody knows) at its beginning, and where. `source` says
    whether a session of this clinic holds it or somebody told it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Instant
    route: Route
    drug: Drug
    amount_mg: Positive | None
    where: str
    source: Literal["session", "reported"]


class Exposure(BaseModel):
    """Every dose that is known, and when the patient was last asked for doses elsewhere (None: never)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    doses: tuple[PriorDose, ...] = ()
    asked_at: Instant | None = None

    def before(self, at: datetime, hours: float) -> tuple[PriorDose, ...]:
        """The doses of the last `hours` before `at`, newest first."""
        since = at - timedelta(hours=hours)
        return tuple(sorted((d for d in self.doses if since <= d.at <= at), key=lambda d: d.at, reverse=True))


def lifetime_mg(exposure: Exposure, drug: str) -> float:
    """All that is known (mg of base) of one drug; doses of an unknown amount are not in it, see `unknown_doses`."""
    return sum(dose.amount_mg or 0.0 for dose in exposure.doses if dose.drug == drug)


def unknown_doses(exposure: Exposure) -> int:
    """How many doses are known of without their amount."""
    return sum(dose.amount_mg is None for dose in exposure.doses)


def is_first(exposure: Exposure, drug: str, route: str) -> bool:
    """Whether no session of this clinic gave this drug by this route before: a change of route begins anew."""
    return not any(dose.source == "session" and (dose.drug, dose.route) == (drug, route) for dose in exposure.doses)


def counted_mg(base: KnowledgeBase, exposure: Exposure, row: Entry, at: datetime) -> float | None:
    """What counts with an order by `row` at `at` (mg towards its limits); None where an amount is unknown."""
    if any(dose.amount_mg is None for dose in exposure.before(at, counted_h(base, row.id, at.date()))):
        return None
    return known_mg(base, exposure, row, at)


def counted_h(base: KnowledgeBase, row: str, on: date) -> float:
    """For how long (h) a dose counts with an order: no longer than the row itself waits between two doses."""
    interval_h = figure_or_none(base, row, "interval_h", on)
    most_h = base.figure(RULE, "counted_h", on=on).value
    return most_h if interval_h is None else min(most_h, interval_h)


def known_mg(base: KnowledgeBase, exposure: Exposure, row: Entry, at: datetime) -> float:
    """The part of it that is known: the least that counts with an order, whatever else was given beside it."""
    on, drug = at.date(), str(row.data["drug"])
    total = 0.0
    for dose in exposure.before(at, counted_h(base, row.id, on)):
        factor = 1.0 if dose.drug == drug else base.figure(RULE, f"{dose.drug}_as_{drug}", on=on).value
        total += (dose.amount_mg or 0.0) * factor
    return total


def interval_state(base: KnowledgeBase, row: str, hours_since: float | None, on: date) -> State:
    """Whether the last dose (h ago; None: there was none) is nearer than the row's interval."""
    if hours_since is None:
        return "clear"
    return "fires" if hours_since < base.figure(row, "interval_h", on=on).value else "clear"


def elsewhere_state(base: KnowledgeBase, asked_d_ago: float | None, on: date) -> State:
    """Clear when doses elsewhere were asked for lately; else what happened elsewhere is not known."""
    if asked_d_ago is None:
        return "unknown"
    return "clear" if asked_d_ago <= base.figure(ELSEWHERE, "valid_d", on=on).value else "unknown"


def findings(
    base: KnowledgeBase, row: Entry, exposure: Exposure, at: datetime, *, amount_mg: float, weight_kg: float
) -> Iterator[Finding]:
    """What the ketamine of before says of an order by `row` that begins at `at`."""
    drug, route = str(row.data["drug"]), str(row.data["route"])
    yield _counted(base, exposure, row, at)
    yield _interval(base, row.id, exposure, at)
    past = _sessions(exposure, drug, route, at)
    yield _drift(base, past, amount_mg / weight_kg, weight_kg, at.date())
    if past:
        yield _step(base, row, past[-1], amount_mg, weight_kg, at.date())
    asked = None if exposure.asked_at is None else (at - exposure.asked_at) / timedelta(days=1)
    state = elsewhere_state(base, asked, at.date())
    why = "Doses elsewhere were asked for." if state == "clear" else "Doses elsewhere were not asked for lately."
    yield finding(base, ELSEWHERE, state, why)


def _counted(base: KnowledgeBase, exposure: Exposure, row: Entry, at: datetime) -> Finding:
    total = counted_mg(base, exposure, row, at)
    if total is None:
        least = f" {known:g} mg beside it count." if (known := known_mg(base, exposure, row, at)) else ""
        return finding(base, RULE, "unknown", f"A dose of the last day is known without its amount.{least}")
    why = f"{total:g} mg of the last day count with this order." if total else "No ketamine of the last day is known."
    return finding(base, RULE, "clear", why, inputs={"counted_mg": total})


def _interval(base: KnowledgeBase, row: str, exposure: Exposure, at: datetime) -> Finding:
    past = [dose for dose in exposure.doses if dose.at <= at]
    if not past:
        return finding(base, INTERVAL, "clear", "No earlier dose of ketamine is known.")
    last = max(past, key=lambda dose: dose.at)
    hours = (at - last.at).total_seconds() / SECONDS_PER_HOUR
    try:
        state = interval_state(base, row, hours, at.date())
    except KnowledgeError as error:
        why = f"The interval of the row cannot be read: {error}"
        return finding(base, INTERVAL, "unknown", why, action="BLOCK-HARD")
    least = base.figure(row, "interval_h", on=at.date()).value
    amount = "an unknown amount" if last.amount_mg is None else f"{last.amount_mg:g} mg"
    why = f"{amount} {last.drug} {last.route}, {last.where}, {hours:.0f} h before; the row waits {least:g} h."
    return finding(base, INTERVAL, state, why, inputs={"hours": round(hours, 1)})


def _drift(
    base: KnowledgeBase, past: list[tuple[date, float | None]], dose_mg_kg: float, weight_kg: float, on: date
) -> Finding:
    """Whether dose or interval drift, over the days of before and the order, all per kilogram of the weight of now."""
    days = [float((day - on).days) for day, _ in past]
    doses = [None if mg is None else mg / weight_kg for _, mg in past]
    state = drift_state(base, days=[*days, 0.0], doses=[*doses, dose_mg_kg], on=on)
    each = [f"{'?' if mg is None else f'{mg:g}'} mg {-day:g} d ago" for day, (_, mg) in zip(days, past, strict=True)]
    why = f"By this route before: {', '.join(each) or 'nothing known'}."
    return finding(base, DRIFT, state, why, inputs={"days": days})


def step_state(
    base: KnowledgeBase, row: str, last_mg: float | None, amount_mg: float, weight_kg: float, on: date
) -> State:
    """Whether an order rises above the last session by more than the step of its row; in a row without one, whether it
    rises at all. The weight may have moved between the two by what needs no new order."""
    if last_mg is None:
        return "unknown"
    per_kg, in_mg = (figure_or_none(base, row, name, on) for name in ("step_mg_kg", "step_mg"))
    step_mg = per_kg * weight_kg if per_kg is not None else in_mg or 0.0
    moved = base.figure("preflight.weight", "confirm_change_percent", on=on).value / PERCENT
    return "fires" if amount_mg > round(last_mg * (1 + moved) + step_mg, DECIMALS) else "clear"


def _step(
    base: KnowledgeBase, row: Entry, last: tuple[date, float | None], amount_mg: float, weight_kg: float, on: date
) -> Finding:
    day, last_mg = last
    state = step_state(base, row.id, last_mg, amount_mg, weight_kg, on)
    before = "an unknown amount" if last_mg is None else f"{last_mg:g} mg"
    why = f"{amount_mg:g} mg after {before} on {day}; the row rises by its step at most."
    return finding(base, STEP, state, why, action="HOLD", resolves_by="order a smaller step, or write why")


def _sessions(exposure: Exposure, drug: str, route: str, at: datetime) -> list[tuple[date, float | None]]:
    """The days on which this drug was given by this route before the day of `at`, oldest first, with the amount. A day
    is one of the time in which `at` is written: an afternoon on America's coast is two days in UTC."""
    days: dict[date, float | None] = {}
    for dose in sorted(exposure.doses, key=lambda one: one.at):
        day = dose.at.astimezone(at.tzinfo).date()
        if dose.drug == drug and dose.route == route and day < at.date():
            sofar = days.get(day, 0.0)
            days[day] = None if sofar is None or dose.amount_mg is None else sofar + dose.amount_mg
    return list(days.items())
