"""From a dose text to a draft with every equivalent and every objection.

Each row of the knowledge base has a usual range, a cap (passed only with a second signer and a reason) and a ceiling
(passed by nobody), each in mg/kg, mg, mg/h and mg/kg/h. A row that lacks a limit cannot be ordered. `signed` makes the
order of a draft.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.therapy.finding import Finding
from norket.therapy.plan import checks, exposure, weights
from norket.therapy.plan.compare import LimitMissingError, amounts, finite
from norket.therapy.plan.draft import Draft, DraftError
from norket.therapy.plan.exposure import Exposure, known_mg
from norket.therapy.plan.library import (
    MINUTES_PER_HOUR,
    Form,
    Row,
    Verdict,
    figure_or_none,
    form_of,
    is_older,
    is_on,
    judge,
    limit_of,
    rows,
)
from norket.therapy.plan.library import (
    bolus_lockout_min as row_lockout_min,
)
from norket.therapy.plan.order import Limit
from norket.therapy.plan.signed import SIGNERS, sign
from norket.therapy.plan.weights import Weighed
from norket.units import Amount, AmountPerWeight, AmountRate, AmountRatePerWeight, DoseText, Weight

__all__ = [
    "SIGNERS",
    "Draft",
    "DraftError",
    "Row",
    "Verdict",
    "Weighed",
    "draft_order",
    "judge",
    "limit_of",
    "rows",
    "sign",
]


def draft_order(
    *,
    row: str,
    dose_text: DoseText | str,
    weight_kg: float,
    weight_measured_on: date,
    concentration_mg_ml: float | None,
    frail: bool,
    age_y: float,
    base: KnowledgeBase,
    on: date,
    first_session: bool | None = None,
    delivered_mg: float = 0.0,
    earlier_weights: Sequence[Weighed] = (),
    height_cm: float | None = None,
    switched_on: frozenset[str] = frozenset(),
    prior: Exposure | None = None,
    at: datetime | None = None,
    bolus_lockout_min: float | None = None,
) -> Draft:
    """The dose of `dose_text` by `row` (an entry id or its code, such as D01) with all equivalents and findings.

    `first_session` None: not known, so the first-dose rule is shown but does not decide. `delivered_mg` was given
    before in this session. `switched_on` names the rows that are off by default and wanted here. `prior` is
    the ketamine of before (None: not looked up), counted as of `at` (None: the beginning of the day `on`).
    `bolus_lockout_min` lies between two boluses where it is longer than the row's (None: the row's). Raises
    `DoseTextError` for a text that does not read and `DraftError` for a dose that cannot be one of this row at all.
    """
    entry = _row(base, row, switched_on)
    dose = dose_text if isinstance(dose_text, DoseText) else DoseText.parse(dose_text)
    _number("weight_kg", weight_kg)
    _drawn(dose.route, concentration_mg_ml)
    amount_mg, duration_min = _amount(entry, form_of(entry), dose, weight_kg)
    rate_mg_h = amount_mg if duration_min is None else amount_mg / duration_min * MINUTES_PER_HOUR
    figures = amounts(amount_mg, rate_mg_h, weight_kg)
    start = at or datetime.combine(on, time(tzinfo=UTC))
    before = 0.0 if prior is None else known_mg(base, prior, entry, start)
    verdict = judge(
        base,
        entry.id,
        weight_kg=weight_kg,
        amount_mg=amount_mg,
        duration_min=duration_min,
        on=on,
        delivered_mg=delivered_mg + before,
    )
    found = [
        checks.of_limits(base, entry, verdict, figures),
        checks.first_dose(base, entry, figures, frail=frail, age_y=age_y, on=on, first=first_session),
        *weights.findings(base, weight_kg, weight_measured_on, on, earlier=earlier_weights, height_cm=height_cm),
        checks.age(base, age_y, on),
    ]
    if duration_min is not None:
        found.append(checks.duration(base, entry.id, duration_min, on))
    if prior is not None:
        found += exposure.findings(base, entry, prior, start, amount_mg=amount_mg, weight_kg=weight_kg)
    if concentration_mg_ml is not None:
        found.append(checks.strength(base, concentration_mg_ml, dose.route, on))
    pumped_mg_h = None if duration_min is None else rate_mg_h
    lowered = first_session is not False and _is_older(base, entry.id, on, frail=frail, age_y=age_y)
    return Draft(
        row=entry.id,
        form=form_of(entry),
        drug=dose.drug,
        route=dose.route,
        text=str(dose),
        amount_mg=amount_mg,
        duration_min=duration_min,
        weight_kg=weight_kg,
        weight_measured_on=weight_measured_on,
        mg_kg=figures["mg_kg"],
        rate_mg_h=figures["mg_h"],
        rate_mg_kg_h=figures["mg_kg_h"],
        **_volumes(amount_mg, pumped_mg_h, concentration_mg_ml),
        devices=_devices(base, entry, dose, amount_mg, on),
        **_limits(base, entry.id, pumped_mg_h, weight_kg, on, lowered=lowered),
        bolus_lockout_min=_lockout_min(row_lockout_min(base, entry, on), bolus_lockout_min),
        agree_percent=base.figure("preflight.agreement", "agreement_percent", on=on).value,
        findings=tuple(found),
        verdict=_raised(verdict, found),
        edition=base.edition,
    )


def _row(base: KnowledgeBase, row: str, switched_on: frozenset[str]) -> Entry:
    found = [entry for entry in base.of_kind("dose") if row in (entry.id, entry.data.get("row"))]
    if not found or not found[0].data.get("orderable"):
        raise DraftError(f"The dose row {row} cannot be ordered. Choose one of the rows of the order form.")
    if not is_on(found[0], switched_on):
        raise DraftError(f"The dose row {row} is experimental and off in this clinic. Choose another row.")
    return found[0]


def _number(name: str, value: object) -> None:
    try:
        finite(name, value)
    except LimitMissingError as error:
        raise DraftError(str(error)) from error


def _lockout_min(own_min: float | None, asked_min: float | None) -> float | None:
    """The minutes between two boluses of an order: the row's own (None: it knows no bolus), or the longer ones that
    were asked for; shorter ones are none of this row."""
    if asked_min is None:
        return own_min
    if own_min is None:
        raise DraftError("This row knows no bolus, so it has no lockout. Leave it empty.")
    _number("bolus_lockout_min", asked_min)
    if asked_min < own_min:
        raise DraftError(
            f"{own_min:g} min lie between two boluses of this row at least. Write more, or leave it empty."
        )
    return asked_min


def _drawn(route: str, concentration_mg_ml: float | None) -> None:
    """A strength belongs to what is drawn from a vial, and to nothing else."""
    if route in checks.DRAWN:
        _number("concentration_mg_ml", concentration_mg_ml)
    elif concentration_mg_ml is not None:
        raise DraftError(f"Nothing is drawn up for a dose {route}. Leave out the concentration.")


def _amount(entry: Entry, form: Form, dose: DoseText, weight_kg: float) -> tuple[float, float | None]:
    """Amount (mg) and duration (min; None: at once) of a text of this row."""
    if dose.route != entry.data["route"] or dose.drug != entry.data["drug"]:
        row = f"{entry.data['drug']} {entry.data['route']}"
        raise DraftError(f"This row is {row}, the text says {dose.drug} {dose.route}.")
    if dose.at.minutes:
        raise DraftError("An order begins when it is started; leave out 'at' and its time.")
    if form == "infusion" and dose.duration is None:
        raise DraftError("An infusion needs its duration. Example: 0.5 mg/kg iv over 40 min.")
    if form == "dose" and dose.duration is not None:
        raise DraftError(f"A dose {dose.route} of this row is given at once. Write it without a duration.")
    quantity, weight, duration = dose.quantity, Weight(weight_kg), dose.duration
    match quantity:
        case Amount():
            amount = quantity
        case AmountPerWeight():
            amount = quantity.for_weight(weight)
        case AmountRate() if duration is not None:
            amount = quantity.during(duration)
        case AmountRatePerWeight() if duration is not None:
            amount = quantity.for_weight(weight).during(duration)
        case _:
            raise DraftError("A rate needs the duration for which it runs.")
    return amount.mg, None if duration is None else duration.minutes


def _volumes(amount_mg: float, pumped_mg_h: float | None, mg_ml: float | None) -> dict[str, float | None]:
    """What is drawn and how fast the pump gives it; None where nothing is drawn or no pump runs."""
    if mg_ml is None:
        return {"concentration_mg_ml": None, "volume_ml": None, "rate_ml_h": None}
    rate_ml_h = None if pumped_mg_h is None else pumped_mg_h / mg_ml
    return {"concentration_mg_ml": mg_ml, "volume_ml": amount_mg / mg_ml, "rate_ml_h": rate_ml_h}


def _devices(base: KnowledgeBase, entry: Entry, dose: DoseText, amount_mg: float, on: date) -> int | None:
    """How many whole devices make the dose of a spray; None where the row knows no device."""
    device_mg = figure_or_none(base, entry.id, "device_mg", on)
    if device_mg is None:
        return None
    number = round(amount_mg / device_mg)
    if not isinstance(dose.quantity, Amount) or number < 1 or amount_mg != number * device_mg:
        raise DraftError(f"One device holds {device_mg:g} mg. Order whole devices, in mg: {device_mg:g}, and so on.")
    return number


def _is_older(base: KnowledgeBase, row: str, on: date, *, frail: bool, age_y: float) -> bool:
    """Whether the lower start of the row is meant; a row that does not name the age lowers it."""
    try:
        return is_older(base, row, on, frail=frail, age_y=age_y)
    except KnowledgeError:
        return True


def _limits(
    base: KnowledgeBase, row: str, rate_mg_h: float | None, weight_kg: float, on: date, *, lowered: bool
) -> dict[str, Limit | float | None]:
    """Cap, ceiling and the band of rates: the row's usual rates, widened to the ordered one; the ordered one is the
    top of a first dose that was `lowered`, or the usual rate would give it back. None where a limit lacks; a dose at
    once (`rate_mg_h` None) has no band."""
    try:
        low, high = limit_of(base, row, "soft_low", on), limit_of(base, row, "soft_high", on)
        levels = {"cap": limit_of(base, row, "cap", on), "ceiling": limit_of(base, row, "ceiling", on)}
    except (KnowledgeError, ValueError):
        return {"cap": None, "ceiling": None, "rate_low_mg_h": None, "rate_high_mg_h": None}
    if rate_mg_h is None:
        return levels | {"rate_low_mg_h": None, "rate_high_mg_h": None}
    top = rate_mg_h if lowered else max(rate_mg_h, min(high.mg_h, high.mg_kg_h * weight_kg))
    return levels | {
        "rate_low_mg_h": min(rate_mg_h, low.mg_h, low.mg_kg_h * weight_kg),
        "rate_high_mg_h": top,
    }


def _raised(verdict: Verdict, found: Sequence[Finding]) -> Verdict:
    """The verdict of the limits, raised by what the other findings say; what is only told raises nothing."""
    if any(f.state != "clear" and f.action == "BLOCK-HARD" for f in found):
        return "unknown" if verdict == "unknown" else "never"
    held = any(f.state == "unknown" and f.action in ("HOLD", "BLOCK") for f in found)
    fires = held or any(f.state == "fires" and f.action != "INFO" for f in found)
    return "needs_reason" if verdict == "ok" and fires else verdict
