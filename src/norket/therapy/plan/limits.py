"""From a dose text to a draft with every equivalent and every objection, and from a draft to a signed order.

Each row of the knowledge base has a usual range, a cap (passed only with a second signer and a reason) and a ceiling
(passed by nobody), each in mg/kg, mg, mg/h and mg/kg/h. A row that lacks a limit cannot be ordered.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.therapy.actor import Actor
from norket.therapy.cite import finding
from norket.therapy.finding import Action, Finding, Refused
from norket.therapy.plan.compare import LimitMissingError, amounts, excesses, finite
from norket.therapy.plan.library import MINUTES_PER_HOUR, Row, Verdict, judge, limit_of, rows
from norket.therapy.plan.order import Limit, Order
from norket.units import Amount, AmountPerWeight, AmountRate, AmountRatePerWeight, DoseText, Weight

__all__ = ["Draft", "DraftError", "Row", "Verdict", "draft_order", "judge", "limit_of", "rows", "sign"]
SIGNERS = frozenset({"prescriber", "anaesthetist"})


class DraftError(ValueError):
    """The dose cannot be drafted at all; the message says what is wrong and what to write instead."""


class Draft(BaseModel):
    """A dose with all its equivalents, the limits it was judged by and what they say.

    `verdict`: ok; needs_reason (outside the usual range); needs_second (above the cap); never (above the ceiling);
    unknown (a limit is missing, which blocks like never).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: str
    drug: str
    route: str
    text: str
    amount_mg: float
    duration_min: float
    weight_kg: float
    weight_measured_on: date
    concentration_mg_ml: float
    mg_kg: float
    rate_mg_h: float
    rate_mg_kg_h: float
    volume_ml: float
    rate_ml_h: float
    rate_low_mg_h: float | None
    rate_high_mg_h: float | None
    cap: Limit | None
    ceiling: Limit | None
    findings: tuple[Finding, ...]
    verdict: Verdict
    edition: str


def draft_order(
    *,
    row: str,
    dose_text: DoseText | str,
    weight_kg: float,
    weight_measured_on: date,
    concentration_mg_ml: float,
    frail: bool,
    age_y: float,
    base: KnowledgeBase,
    on: date,
    first_session: bool | None = None,
    delivered_mg: float = 0.0,
) -> Draft:
    """The dose of `dose_text` by `row` (an entry id or its code, such as D01) with all equivalents and findings.

    `first_session` None: not known, so the first-dose rule is shown but does not decide. Raises `DoseTextError` for a
    text that does not read and `DraftError` for a dose that cannot be an infusion of this row at all.
    """
    entry, dose = _row(base, row), dose_text if isinstance(dose_text, DoseText) else DoseText.parse(dose_text)
    for name, value in (("weight_kg", weight_kg), ("concentration_mg_ml", concentration_mg_ml)):
        _number(name, value)
    amount_mg, duration_min = _infusion(entry, dose, weight_kg)
    rate_mg_h = amount_mg / duration_min * MINUTES_PER_HOUR
    figures = amounts(amount_mg, rate_mg_h, weight_kg)
    verdict = judge(
        base,
        entry.id,
        weight_kg=weight_kg,
        amount_mg=amount_mg,
        duration_min=duration_min,
        on=on,
        delivered_mg=delivered_mg,
    )
    found = _findings(
        base,
        entry,
        figures,
        verdict,
        weight_kg=weight_kg,
        weight_measured_on=weight_measured_on,
        concentration_mg_ml=concentration_mg_ml,
        frail=frail,
        age_y=age_y,
        on=on,
        first=first_session,
    )
    return Draft(
        row=entry.id,
        drug=dose.drug,
        route=dose.route,
        text=str(dose),
        amount_mg=amount_mg,
        duration_min=duration_min,
        weight_kg=weight_kg,
        weight_measured_on=weight_measured_on,
        concentration_mg_ml=concentration_mg_ml,
        mg_kg=figures["mg_kg"],
        rate_mg_h=figures["mg_h"],
        rate_mg_kg_h=figures["mg_kg_h"],
        volume_ml=amount_mg / concentration_mg_ml,
        rate_ml_h=rate_mg_h / concentration_mg_ml,
        **_limits(base, entry.id, rate_mg_h, weight_kg, on),
        findings=found,
        verdict=_raised(verdict, found),
        edition=base.edition,
    )


def _row(base: KnowledgeBase, row: str) -> Entry:
    found = [entry for entry in base.of_kind("dose") if row in (entry.id, entry.data.get("row"))]
    if not found or not found[0].data.get("orderable"):
        raise DraftError(f"The dose row {row} cannot be ordered. Choose one of the rows of the order form.")
    return found[0]


def _number(name: str, value: object) -> None:
    try:
        finite(name, value)
    except LimitMissingError as error:
        raise DraftError(str(error)) from error


def _infusion(entry: Entry, dose: DoseText, weight_kg: float) -> tuple[float, float]:
    """Amount (mg) and duration (min) of an infusion text of this row."""
    if dose.route != entry.data["route"] or dose.drug != entry.data["drug"]:
        row = f"{entry.data['drug']} {entry.data['route']}"
        raise DraftError(f"This row is {row}, the text says {dose.drug} {dose.route}.")
    if dose.duration is None:
        raise DraftError("An infusion needs its duration. Example: 0.5 mg/kg iv over 40 min.")
    if dose.at.minutes:
        raise DraftError("An order begins when it is started; leave out 'at' and its time.")
    quantity, weight = dose.quantity, Weight(weight_kg)
    match quantity:
        case Amount():
            amount = quantity
        case AmountPerWeight():
            amount = quantity.for_weight(weight)
        case AmountRate():
            amount = quantity.during(dose.duration)
        case AmountRatePerWeight():
            amount = quantity.for_weight(weight).during(dose.duration)
    return amount.mg, dose.duration.minutes


def _limits(
    base: KnowledgeBase,
    row: str,
    rate_mg_h: float,
    weight_kg: float,
    on: date,
) -> dict[str, Limit | float | None]:
    """Cap, ceiling and the band of rates: the row's usual rates, widened to the ordered one. None where one lacks."""
    try:
        low, high = limit_of(base, row, "soft_low", on), limit_of(base, row, "soft_high", on)
        return {
            "cap": limit_of(base, row, "cap", on),
            "ceiling": limit_of(base, row, "ceiling", on),
            "rate_low_mg_h": min(rate_mg_h, low.mg_h, low.mg_kg_h * weight_kg),
            "rate_high_mg_h": max(rate_mg_h, min(high.mg_h, high.mg_kg_h * weight_kg)),
        }
    except (KnowledgeError, ValueError):
        return {"cap": None, "ceiling": None, "rate_low_mg_h": None, "rate_high_mg_h": None}


# ---- what stands against it ----------------------------------------------------------------------------------------


def _findings(
    base: KnowledgeBase,
    entry: Entry,
    figures: dict[str, float],
    verdict: Verdict,
    *,
    weight_kg: float,
    weight_measured_on: date,
    concentration_mg_ml: float,
    frail: bool,
    age_y: float,
    on: date,
    first: bool | None,
) -> tuple[Finding, ...]:
    words: dict[Verdict, str] = {
        "ok": "Inside the usual range of the row.",
        "needs_reason": "Outside the usual range of the row.",
        "needs_second": "Above the cap of the row: a second signer with a reason is needed.",
        "never": "Above the ceiling of the row: nobody may order it.",
        "unknown": "A limit of the row is missing or is not a number, so it cannot be ordered.",
    }
    state: Literal["fires", "clear", "unknown"] = (
        "clear" if verdict == "ok" else "unknown" if verdict == "unknown" else "fires"
    )
    actions: dict[Verdict, Action] = {"never": "BLOCK-HARD", "unknown": "BLOCK-HARD", "needs_second": "BLOCK"}
    action = actions.get(verdict, "WARN")
    return (
        finding(base, entry.id, state, words[verdict], action=action, inputs=dict(figures)),
        _first_dose(base, entry, figures["mg_kg"], frail=frail, age_y=age_y, on=on, first=first),
        _weight(base, weight_kg, weight_measured_on, on),
        _age(base, age_y, on),
        _strength(base, concentration_mg_ml, on),
    )


def first_dose_state(
    base: KnowledgeBase,
    row: str,
    mg_kg: float,
    *,
    frail: bool,
    age_y: float | None,
    on: date,
) -> Literal["fires", "clear", "unknown"]:
    """Whether a first dose (mg/kg) is above the row's start, or the lower start of a frail or older person."""
    if age_y is None:
        return "unknown"
    older = frail or age_y >= base.figure(row, "older_age_a", on=on).value
    start = base.figure(row, "start_frail_or_65_mg_kg" if older else "start_mg_kg", on=on).value
    return "fires" if mg_kg > start else "clear"


def _first_dose(
    base: KnowledgeBase,
    entry: Entry,
    mg_kg: float,
    *,
    frail: bool,
    age_y: float,
    on: date,
    first: bool | None,
) -> Finding:
    rule = "doses.first_dose"
    if first is False:
        return finding(base, rule, "clear", "Not the first dose.", action="WARN")
    try:
        state = first_dose_state(base, entry.id, mg_kg, frail=frail, age_y=age_y, on=on)
    except KnowledgeError as error:
        return finding(base, rule, "unknown", f"The start of the row cannot be read: {error}", action="BLOCK-HARD")
    if state == "clear":
        return finding(base, rule, "clear", "Not above the start of the row.", action="WARN")
    why = f"{mg_kg:g} mg/kg is above the start of the row for a first dose."
    return finding(base, rule, state if first else "unknown", why, action="WARN")


def _weight(base: KnowledgeBase, weight_kg: float, measured_on: date, on: date) -> Finding:
    rule = "plausibility.weight"
    state = weight_state(base, weight_kg, on)
    if state == "clear" and measured_on > on:
        state = "fires"
    why = f"{weight_kg:g} kg, measured on {measured_on}; it is measured again on the day of the session."
    return finding(base, rule, state, why, action="BLOCK-HARD")


def weight_state(base: KnowledgeBase, weight_kg: float | None, on: date) -> Literal["fires", "clear", "unknown"]:
    """Whether a weight (kg) is one that an adult can have."""
    if weight_kg is None:
        return "unknown"
    least, most = (base.figure("plausibility.weight", name, on=on).value for name in ("least_kg", "most_kg"))
    return "clear" if least <= weight_kg <= most else "fires"


def age_state(base: KnowledgeBase, age_y: float | None, on: date) -> Literal["fires", "clear", "unknown"]:
    """Whether the patient is of the age for which the rows were made."""
    if age_y is None:
        return "unknown"
    return "clear" if age_y >= base.figure("plausibility.age", "least_a", on=on).value else "fires"


def _age(base: KnowledgeBase, age_y: float, on: date) -> Finding:
    state = age_state(base, age_y, on)
    why = f"{age_y:g} years old; the rows are for adults."
    return finding(base, "plausibility.age", state, why, action="BLOCK-HARD")


def _strength(base: KnowledgeBase, concentration_mg_ml: float, on: date) -> Finding:
    rule = "products.ketamine_100"
    most = base.figure(rule, "max_iv_mg_ml", on=on).value
    state: Literal["fires", "clear"] = "fires" if concentration_mg_ml > most else "clear"
    why = f"{concentration_mg_ml:g} mg/mL by vein; at most {most:g} mg/mL."
    return finding(base, rule, state, why, action="BLOCK-HARD")


def _raised(verdict: Verdict, found: tuple[Finding, ...]) -> Verdict:
    """The verdict of the limits, raised by what the other findings say."""
    if any(f.state != "clear" and f.action == "BLOCK-HARD" for f in found):
        return "unknown" if verdict == "unknown" else "never"
    fires = any(f.state == "fires" for f in found)
    return "needs_reason" if verdict == "ok" and fires else verdict


# ---- signing -------------------------------------------------------------------------------------------------------


def sign(
    draft: Draft,
    *,
    by: Actor,
    now: datetime,
    order_id: str,
    second: Actor | None = None,
    second_reason: str = "",
    policy_signed: bool,
    reason: str = "",
) -> Order | Refused:
    """The order of `draft`, or why it cannot be signed. The draft's own figures are compared once more.

    A dose outside the usual range needs `reason`; above the cap it needs `second`, another prescriber or anaesthetist,
    and `second_reason`.
    """
    refused = _may_sign(draft, by, policy_signed) or _second_needed(draft, by, second, second_reason, reason)
    if refused or draft.cap is None or draft.ceiling is None or not draft.rate_low_mg_h or not draft.rate_high_mg_h:
        return refused or Refused(code="limit_missing", why="A limit of this row is missing, so it cannot be ordered.")
    return Order(
        id=order_id,
        dose_row=draft.row,
        drug=draft.drug,
        route=draft.route,
        text=draft.text,
        amount_mg=draft.amount_mg,
        duration_min=draft.duration_min,
        weight_kg=draft.weight_kg,
        weight_measured_on=draft.weight_measured_on,
        concentration_mg_ml=draft.concentration_mg_ml,
        rate_low_mg_h=draft.rate_low_mg_h,
        rate_high_mg_h=draft.rate_high_mg_h,
        cap=draft.cap,
        ceiling=draft.ceiling,
        edition=draft.edition,
        signed_by=by.id,
        signed_at=now,
        second_signer=second.id if second else None,
        second_reason=second_reason,
        reason=reason,
    )


def _may_sign(draft: Draft, by: Actor, policy_signed: bool) -> Refused | None:
    if not by.roles & SIGNERS:
        return Refused(code="role_not_allowed", why="A prescriber or an anaesthetist signs orders. Ask one of them.")
    if not policy_signed:
        return Refused(code="policy_unsigned", why="The medical director has not signed the clinic's policy yet.")
    held = tuple(f for f in draft.findings if f.state != "clear" and f.action == "BLOCK-HARD")
    if draft.verdict == "unknown":
        return Refused(code="limit_missing", why="A limit of this row is missing: no order.", findings=held)
    if draft.verdict == "never" or _over(draft, "ceiling"):
        return Refused(code="above_ceiling", why=" ".join(f.why for f in held) or "Above the ceiling.", findings=held)
    return None


def _over(draft: Draft, level: str) -> bool:
    """Whether the draft's own figures pass the level; a level or figure that cannot be read counts as passed."""
    try:
        rate_mg_h = draft.amount_mg / finite("duration_min", draft.duration_min) * MINUTES_PER_HOUR
        figures = amounts(finite("amount_mg", draft.amount_mg), rate_mg_h, draft.weight_kg)
        return bool(excesses(level, getattr(draft, level), figures))
    except LimitMissingError:
        return True


def _second_needed(
    draft: Draft,
    by: Actor,
    second: Actor | None,
    second_reason: str,
    reason: str,
) -> Refused | None:
    fires = tuple(f for f in draft.findings if f.state == "fires")
    if second is not None and (second.id == by.id or not second.roles & SIGNERS):
        return Refused(code="second_signer_wrong", why="The second signer is another prescriber or an anaesthetist.")
    if draft.verdict == "needs_second" or _over(draft, "cap"):
        if second is None:
            return Refused(code="second_signer_missing", why="Above the cap: a second signer, please.", findings=fires)
        if not second_reason.strip():
            return Refused(code="reason_missing", why="Above the cap: the second signer says why.", findings=fires)
    if draft.verdict == "needs_reason" and not (reason.strip() or second_reason.strip()):
        return Refused(code="reason_missing", why="Outside the usual range: write the reason.", findings=fires)
    return None
