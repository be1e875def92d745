"""From a draft to a signed order. The draft's own figures are computed and compared once more before the signature."""

from datetime import datetime
from typing import Any

from norket.therapy.actor import Actor
from norket.therapy.finding import Refused
from norket.therapy.plan.compare import DECIMALS, LimitMissingError, amounts, excesses, finite
from norket.therapy.plan.draft import Draft
from norket.therapy.plan.library import MINUTES_PER_HOUR
from norket.therapy.plan.order import AnyOrder, DoseOrder, Order

SIGNERS = frozenset({"prescriber", "anaesthetist"})
PERCENT = 100.0
MISSING = Refused(code="limit_missing", why="A limit of this row is missing, so it cannot be ordered.")


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
) -> AnyOrder | Refused:
    """The order of `draft`, or why it cannot be signed: an infusion, or a dose at once.

    A dose outside the usual range needs `reason`; above the cap it needs `second`, another prescriber or anaesthetist,
    and `second_reason`.
    """
    refused = _may_sign(draft, by, policy_signed) or _second_needed(draft, by, second, second_reason, reason)
    if refused or draft.cap is None or draft.ceiling is None:
        return refused or MISSING
    said: dict[str, Any] = {
        "id": order_id,
        "dose_row": draft.row,
        "drug": draft.drug,
        "route": draft.route,
        "text": draft.text,
        "amount_mg": draft.amount_mg,
        "weight_kg": draft.weight_kg,
        "weight_measured_on": draft.weight_measured_on,
        "concentration_mg_ml": draft.concentration_mg_ml,
        "cap": draft.cap,
        "ceiling": draft.ceiling,
        "edition": draft.edition,
        "signed_by": by.id,
        "signed_at": now,
        "second_signer": second.id if second else None,
        "second_reason": second_reason,
        "reason": reason,
    }
    if draft.form == "dose":
        return DoseOrder(**said, devices=draft.devices)
    if not draft.rate_low_mg_h or not draft.rate_high_mg_h or not draft.duration_min:
        return MISSING
    return Order(
        **said,
        duration_min=draft.duration_min,
        rate_low_mg_h=draft.rate_low_mg_h,
        rate_high_mg_h=draft.rate_high_mg_h,
        bolus_lockout_min=draft.bolus_lockout_min,
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
    apart = disagreement(draft)
    if apart:
        why = f"The figures of this order do not fit together: {apart}. Write the order anew."
        return Refused(code="equivalents_disagree", why=why)
    return None


def equivalents(draft: Draft) -> dict[str, float | None]:
    """Every equivalent of a draft, computed anew from amount, duration, weight and concentration alone."""
    rate_mg_h = _rate_mg_h(draft)
    strength = draft.concentration_mg_ml
    return amounts(draft.amount_mg, rate_mg_h, draft.weight_kg) | {
        "ml": None if strength is None else draft.amount_mg / strength,
        "ml_h": None if strength is None or draft.duration_min is None else rate_mg_h / strength,
    }


def disagreement(draft: Draft) -> str:
    """What the draft says of itself that differs from its own amount by more than it may; empty when all agrees."""
    said: dict[str, float | None] = {
        "mg_kg": draft.mg_kg,
        "mg": draft.amount_mg,
        "mg_h": draft.rate_mg_h,
        "mg_kg_h": draft.rate_mg_kg_h,
        "ml": draft.volume_ml,
        "ml_h": draft.rate_ml_h,
    }
    try:
        computed = equivalents(draft)
    except LimitMissingError as missing:
        return str(missing)
    apart = [name for name, value in said.items() if not _agree(value, computed[name], draft.agree_percent)]
    return "; ".join(f"{said[name]} {name} is said, {computed[name]} is computed" for name in apart)


def _agree(said: float | None, computed: float | None, percent: float) -> bool:
    if said is None or computed is None:
        return said is None and computed is None
    return round(abs(said - computed) - abs(computed) * percent / PERCENT, DECIMALS) <= 0


def _rate_mg_h(draft: Draft) -> float:
    """The rate that limits compare; a dose at once counts as given within one hour."""
    if draft.form == "dose":
        return finite("amount_mg", draft.amount_mg)
    return finite("amount_mg", draft.amount_mg) / finite("duration_min", draft.duration_min) * MINUTES_PER_HOUR


def _over(draft: Draft, level: str) -> bool:
    """Whether the draft's own figures pass the level; a level or figure that cannot be read counts as passed."""
    try:
        figures = amounts(draft.amount_mg, _rate_mg_h(draft), draft.weight_kg)
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
        held = " ".join(f.why for f in fires if f.action != "INFO")
        return Refused(code="reason_missing", why=f"Write the reason. {held}".strip(), findings=fires)
    return None
