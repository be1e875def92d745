"""Whether a consent still stands: void from the start, withdrawn, outgrown by the plan, or too old."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.chart import Status
from norket.therapy.cite import finding
from norket.therapy.consent.scope import Scope
from norket.therapy.consent.sign import Consent
from norket.therapy.finding import Finding
from norket.therapy.plan.order import AnyOrder

DECIMALS = 9
Why = Literal["sedative_given", "intoxicated", "above_usual_dose", "withdrawn"]


class Ended(BaseModel):
    """A consent that does not stand any more. `sha256` and `signed_at` name it; `not_before` is the first day on which
    a new one may be signed (None: any time)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    signed_at: AwareDatetime
    why: Why
    by: str
    at: AwareDatetime
    words: str = ""
    not_before: date | None = None


def void(
    consent: Consent,
    *,
    by: str,
    at: datetime,
    sedative_at: datetime | None = None,
    intoxicated: Status = "no",
    above_usual_dose: Status = "no",
    zone: tzinfo = UTC,
) -> Ended | None:
    """What later came to light about the hour of signing; None if the consent stands.

    A sedative given by the clinic at or before the signature on the same day, intoxication (a positive test counts),
    or more than the usual dose make it void, and so does not knowing about one of the latter two. A new one may be
    signed on the next day in `zone`, the clinic's own time.
    """
    why: Why | None = None
    signed_on = consent.signed_at.astimezone(zone).date()
    if (
        sedative_at is not None
        and sedative_at <= consent.signed_at
        and sedative_at.astimezone(zone).date() == signed_on
    ):
        why = "sedative_given"
    elif intoxicated != "no":
        why = "intoxicated"
    elif above_usual_dose != "no":
        why = "above_usual_dose"
    if why is None:
        return None
    next_day = at.astimezone(zone).date() + timedelta(days=1)
    return Ended(
        sha256=consent.sha256, signed_at=consent.signed_at, why=why, by=by, at=at, not_before=max(next_day, signed_on)
    )


def withdraw(consent: Consent, *, by: str, at: datetime, words: str = "") -> Ended:
    """The patient takes it back: always, at once, without a reason and without a test of capacity."""
    return Ended(sha256=consent.sha256, signed_at=consent.signed_at, why="withdrawn", by=by, at=at, words=words)


def ask_again(
    consent: Consent, planned: Scope, *, base: KnowledgeBase, on: date, zone: tzinfo = UTC
) -> tuple[str, ...]:
    """Why consent is asked again for what is planned on the day `on`; empty if this one covers it."""
    reasons = list(planned.beyond(consent.scope))
    signed_on = consent.signed_at.astimezone(zone).date()
    age_d = (on - signed_on).days
    valid_d = base.figure("consent.con_01", "valid_d", on).value
    if age_d > valid_d:
        reasons.append(f"it is {age_d} d old, and holds for {valid_d:g} d")
    if age_d < 0:
        reasons.append(f"it is dated {signed_on}, after the session")
    newest = base.figure("consent.con_01", "serious_risk_text", on).value
    if consent.risk_text < newest:
        reasons.append("a serious risk has been described anew since")
    return tuple(reasons)


def current(
    consents: Iterable[Consent],
    ended: Iterable[Ended],
    planned: Scope,
    *,
    base: KnowledgeBase,
    on: date,
    zone: tzinfo = UTC,
) -> Finding:
    """Whether a consent covers what is planned on the day `on`: the finding of `consent.con_01`.

    Clear when one stands and covers it. A withdrawal ends every consent that was signed before it. The finding's
    inputs name the consent that counts (`sha256`, `signed_on`), for the record of documents in force.
    """
    gone = tuple(ended)
    reasons: list[str] = []
    for consent in sorted(consents, key=lambda each: each.signed_at, reverse=True):
        over = why_over(consent, gone, zone)
        again = (over,) if over else ask_again(consent, planned, base=base, on=on, zone=zone)
        if not again:
            signed_on = consent.signed_at.astimezone(zone).date()
            inputs = {"sha256": consent.sha256, "version": consent.version, "signed_on": signed_on.isoformat()}
            return finding(base, "consent.con_01", "clear", f"Consent of {signed_on} covers it.", inputs=inputs)
        reasons += again
    why = "; ".join(dict.fromkeys(reasons)) or "No consent is on file."
    return finding(base, "consent.con_01", "fires", why)


def covers_order(
    consents: Iterable[Consent],
    ended: Iterable[Ended],
    order: AnyOrder | None,
    *,
    base: KnowledgeBase,
    on: date,
    zone: tzinfo = UTC,
) -> Finding:
    """Whether a consent covers an order on the day `on`, as `current` says it: its drug, route and dose.

    An order names neither indication nor place; those are taken as agreed. Without an order, whether one stands.
    """
    gone, found = tuple(ended), []
    for consent in sorted(consents, key=lambda each: each.signed_at, reverse=True):
        planned = consent.scope if order is None else _planned(consent.scope, order)
        found.append(current((consent,), gone, planned, base=base, on=on, zone=zone))
        if found[-1].state == "clear":
            return found[-1]
    taken_back = any(each.why == "withdrawn" for each in gone)
    none = "The patient has withdrawn." if taken_back else "No consent is on file."
    return found[0] if found else finding(base, "consent.con_01", "fires", none)


def _planned(agreed: Scope, order: AnyOrder) -> Scope:
    dose = order.amount_mg if agreed.dose_unit == "mg" else order.amount_mg / order.weight_kg
    dose = round(dose, DECIMALS)
    return agreed.model_copy(
        update={"drug": order.drug, "route": order.route, "dose_low": min(dose, agreed.dose_low), "dose_high": dose}
    )


def why_over(consent: Consent, ended: Iterable[Ended], zone: tzinfo = UTC) -> str:
    """Why this consent does not stand any more, whatever is planned; empty while it stands."""
    signed_on = consent.signed_at.astimezone(zone).date()
    for each in ended:
        if each.why == "withdrawn" and consent.signed_at <= each.at:
            return f"consent was withdrawn on {each.at.astimezone(zone).date()}"
        if (each.sha256, each.signed_at) == (consent.sha256, consent.signed_at):
            return f"consent of {signed_on} is void: {each.why.replace('_', ' ')}"
        if each.not_before is not None and each.signed_at < consent.signed_at and signed_on < each.not_before:
            return (
                f"consent of {signed_on} came before {each.not_before}, the first day on which it could be asked again"
            )
    return ""
