"""The limits of this patient beside the clinic's: tighter by anybody at the chair, looser by a prescriber for a time.

An emergency limit is never looser, whatever the ledger says. Several limits of one criterion lie on each other: the
last one that still holds counts, and when it runs out the one beneath it counts again, or the clinic's.
"""

from collections.abc import Iterator
from datetime import datetime

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import number
from norket.therapy.finding import Refused
from norket.therapy.instant import utc
from norket.therapy.session import events as e
from norket.therapy.session import watch_events as o
from norket.therapy.session.criteria import criteria, group_of, met, strictest
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import OwnLimit, SessionState

RULE = "escalation.loosening"
EMERGENCY = "T3"


def in_force(state: SessionState, rule: str, now: datetime) -> OwnLimit | None:
    """The limit of this patient that counts for a criterion now; None when the clinic's does."""
    holding = [one for one in _laid(state, rule) if one.since <= now and not ran_out(one, now)]
    return holding[-1] if holding else None


def _laid(state: SessionState, rule: str) -> list[OwnLimit]:
    """The limits of one criterion that lie on each other, the first set beneath; back to the clinic's clears them."""
    laid: list[OwnLimit] = []
    for one in state.limits:
        if one.rule == rule and one.value is None:
            laid = []
        elif one.rule == rule:
            laid.append(one)
    return laid


def ran_out(one: OwnLimit, now: datetime) -> bool:
    return one.expires_at is not None and one.expires_at <= now


def own(state: SessionState, now: datetime) -> dict[str, float]:
    """Criterion -> the limit of this patient in force now."""
    found = {rule: in_force(state, rule, now) for rule in {one.rule for one in state.limits}}
    return {rule: one.value for rule, one in found.items() if one is not None and one.value is not None}


def is_emergency(sample: Sample, base: KnowledgeBase) -> bool:
    """Whether a value is past a limit of the emergency tier, which no limit of a patient's own loosens."""
    return not sample.artefact and any(
        met(sample.value, rule, base, sample.received_at)
        for rule in criteria(base)
        if rule.data["tier"] == EMERGENCY and rule.data["channel"] == sample.channel
    )


def is_past(state: SessionState, sample: Sample, base: KnowledgeBase) -> bool:
    """Whether a value was past any limit of its channel when it came: of one that was not, no alert can rise."""
    at, channel = sample.received_at, sample.channel
    held = own(state, at)
    rules = (rule for rule in criteria(base) if rule.data["channel"] == channel)
    return not sample.artefact and any(met(sample.value, rule, base, at, held) for rule in rules)


def changed_at(state: SessionState, rule: str, now: datetime) -> datetime | None:
    """When another limit last began to count for a criterion: what was told under the old one may be told again."""
    moments = [one.since for one in state.limits if one.rule == rule and one.since <= now]
    moments += [one.expires_at for one in _laid(state, rule) if one.expires_at and one.expires_at <= now]
    return max(moments, default=None)


def expired(state: SessionState, now: datetime) -> Iterator[e.Decided]:
    """Limits that ran out and of which nobody has been told: each is an event, at the instant it ended."""
    for rule in dict.fromkeys(one.rule for one in state.limits):
        for one in _laid(state, rule):
            if ran_out(one, now) and not one.told and one.expires_at is not None and one.value is not None:
                event = o.LimitExpired(rule=rule, value=one.value, limit_n=one.n, flags=("limit_expired",))
                yield e.Decided(at=one.expires_at, event=event)


# ---- setting one ---------------------------------------------------------------------------------------------------


def set_limit(
    state: SessionState, command: o.SetLimit, by: Actor, now: datetime, base: KnowledgeBase
) -> e.Event | Refused:
    """The event of a limit of this patient, or why it may not be set."""
    rule = _criterion(command.rule, base)
    if rule is None:
        return Refused(
            code="no_such_limit", why=f"{command.rule} is no criterion with a figure. Choose one of the list."
        )
    clinic, held = number(base, rule.id, "value", now), in_force(state, rule.id, now)
    refused = _refused(rule, command, clinic, held, by, now, base)
    if refused is not None:
        return refused
    value = command.value
    return o.LimitSet(
        rule=rule.id,
        value=value,
        clinic=clinic,
        looser=value is not None and looser(rule, value, clinic),
        reason=command.reason,
        expires_at=command.expires_at,
    )


def _criterion(rule: str, base: KnowledgeBase) -> Entry | None:
    return next((one for one in criteria(base) if one.id == rule and one.data["comparison"] != "is"), None)


def looser(rule: Entry, value: float, than: float) -> bool:
    """Whether a limit would let pass what another one does not."""
    return value != than and strictest(rule, value, than) == than


def _refused(
    rule: Entry,
    command: o.SetLimit,
    clinic: float,
    held: OwnLimit | None,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
) -> Refused | None:
    if by.roles <= {"device", "system"}:
        return Refused(code="role_not_allowed", why="A limit is set by a person, by name.")
    if command.expires_at is not None and utc(command.expires_at) <= now:
        return Refused(code="expiry_past", why="This end has passed already. Give a later one.")
    value = clinic if command.value is None else command.value
    if looser(rule, value, clinic):
        return _not_looser(rule, value, command, by, now, base)
    standing = held.value if held is not None and held.value is not None else clinic
    foreign = held is not None and held.by != by.id and base.entry(RULE).data["role"] not in by.roles
    if foreign and looser(rule, value, standing):
        return Refused(
            code="not_yours_to_loosen",
            why=f"{standing:g} was set by somebody else. They or a prescriber may go back from it.",
        )
    return None


def _not_looser(
    rule: Entry, value: float, command: o.SetLimit, by: Actor, now: datetime, base: KnowledgeBase
) -> Refused | None:
    """What stands against a limit that is looser than the clinic's; it only counts for a time."""
    loosening = base.entry(RULE).data
    if rule.data["tier"] not in loosening["tiers"]:
        return Refused(code="never_looser", why=f"A limit of {rule.data['tier']} is never loosened, for nobody.")
    if loosening["role"] not in by.roles:
        return Refused(
            code="prescriber_must_loosen", why="Only a prescriber loosens a limit. Anybody at the chair may tighten it."
        )
    lacking = [name for name in loosening["requires"] if not getattr(command, name)]
    if lacking:
        what = " and ".join({"reason": "a reason", "expires_at": "an end"}[name] for name in lacking)
        return Refused(code="loosening_incomplete", why=f"A looser limit needs {what}.")
    upper = [one for one in criteria(base) if one.data["tier"] == EMERGENCY and group_of(one) == group_of(rule)]
    beyond = [one for one in upper if looser(one, value, number(base, one.id, "value", now))]
    if beyond:
        return Refused(
            code="beyond_emergency",
            why=f"{value:g} lies beyond the emergency limit ({number(base, beyond[0].id, 'value', now):g}).",
        )
    return None


def taken_back(state: SessionState, set_: e.Recorded, by: Actor, now: datetime, base: KnowledgeBase) -> Refused | None:
    """Why a limit may not be taken back by this person: a tighter one goes with who set it, or a prescriber."""
    event = set_.event
    if not isinstance(event, o.LimitSet) or event.looser or by.id == set_.by:
        return None
    if base.entry(RULE).data["role"] in by.roles:
        return None
    return Refused(
        code="not_yours_to_loosen",
        why="This limit was set by somebody else. They or a prescriber may take it back.",
    )
