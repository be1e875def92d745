"""Ordering a rescue medicine: from a signed template alone, within its limits, and with nothing unknown that counts.

What was given is recorded whatever stands here. Each check is a finding; one that fires or cannot be known holds the
order, and says what would change it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from norket.knowledge import Entry, KnowledgeBase
from norket.therapy.actor import Actor
from norket.therapy.cite import finding, number
from norket.therapy.finding import Finding, Refused, State
from norket.therapy.plan.compare import DECIMALS
from norket.therapy.plan.rescue_signing import SignedRescue
from norket.therapy.session import dose_events as d
from norket.therapy.session import events as e
from norket.therapy.session import shapes
from norket.therapy.session.dosing import PUMP_ROLES, role_objection
from norket.therapy.session.identity import mismatch
from norket.therapy.session.preflight import open_alerts
from norket.therapy.session.samples import Samples, latest
from norket.therapy.session.state import SessionState, TimedRescue

DAY = timedelta(hours=24)
WORD, TOKEN = re.compile(r"[^\W\d_]+"), re.compile(r"[^\W_]+")
MINUTE = timedelta(minutes=1)
AWAKE = 5  # the top of MOAA/S, by its definition
SAID: dict[shapes.Answer, State] = {"yes": "fires", "no": "clear", "unknown": "unknown"}
TEMPLATES = "rescue.template_"
OXYGEN, SEDATING = "rescue.oxygen", "rescue.sedating"
FIRST = ".first:"  # the first of two readings, and so a prompt
LATE = ".late:"
HIGH = frozenset({"sbp_high", "dbp_high"})
LOW = frozenset({"sbp_low", "dbp_low"})


class RescueContext(BaseModel):
    """What stands beside a session for an order of a rescue medicine.

    `signed` are the templates in force; `chart` what the chart says of each check; `earlier` what other sessions of
    this patient gave in the last day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signed: tuple[SignedRescue, ...] = ()
    chart: Mapping[str, shapes.Answer] = {}
    earlier: tuple[TimedRescue, ...] = ()


def known_class(base: KnowledgeBase, drug: str) -> d.RescueClass | None:
    """The class of a medicine that the knowledge base names, of several the sedative; None for any other."""
    found: set[d.RescueClass] = {
        entry.data["class"] for entry in _named(base) if not words_of(drug).isdisjoint(entry.data["agents"])
    }
    return "sedative" if "sedative" in found else min(found, default=None)


def _named(base: KnowledgeBase) -> Iterator[Entry]:
    """What names medicines of a class: the templates, and oxygen, which needs none."""
    yield from (entry for entry in base.entries if entry.id.startswith(TEMPLATES))
    yield base.entry(OXYGEN)


def is_oxygen(base: KnowledgeBase, given: d.RescueGiven) -> bool:
    """Whether it is oxygen, by its class or by its name."""
    named = not words_of(given.drug).isdisjoint(base.entry(OXYGEN).data["agents"])
    return named or given.rescue_class == "oxygen"


def sedates(base: KnowledgeBase, drug: str) -> bool:
    """Whether a medicine is known to sedate, whatever it is given for."""
    known, told = base.entry(SEDATING).data, words_of(drug)
    of_classes = (name for class_ in known["classes"] for name in base.entry(class_).data["names"])
    return any(words_of(name) <= told for name in (*known["names"], *of_classes))


def words_of(drug: str) -> set[str]:
    """The words of a medicine as somebody wrote it: "Midazolam 2mg" names midazolam, "O2" has a number in its name."""
    text = drug.casefold()
    return {*WORD.findall(text), *TOKEN.findall(text)}


def is_controlled(base: KnowledgeBase, drug: str) -> bool:
    """Whether the register counts this medicine."""
    return any(
        not words_of(drug).isdisjoint(entry.data.get("controlled", ()))
        for entry in base.entries
        if entry.id.startswith(TEMPLATES)
    )


def given(command: d.GiveRescue, signed: SignedRescue | None, base: KnowledgeBase, flags: tuple[str, ...]) -> e.Event:
    """The event of a rescue medicine. Its class is the knowledge base's; what nobody knows is as it was told."""
    data = command.model_dump(exclude={"type", "as_", "at", "identifiers", "template"})
    template, version = (signed.template, signed.version) if signed else (command.template, None)
    return classed(d.RescueGiven(**data, template=template, version=version, flags=flags), base)


def classed(event: d.RescueGiven, base: KnowledgeBase) -> d.RescueGiven:
    """The event with the class that the knowledge base gives its medicine."""
    kind = known_class(base, event.drug) or event.rescue_class
    sedative = event.sedative or kind == "sedative" or sedates(base, event.drug)
    return event.model_copy(update={"rescue_class": kind, "sedative": sedative})


def template_of(command: d.GiveRescue, context: RescueContext) -> SignedRescue | None:
    """The signed template that an order names: by medicine and route."""
    wanted = (command.drug.strip().casefold(), command.route)
    named = [one for one in context.signed if (one.agent, one.route) == wanted and not one.withdrawn]
    return next((one for one in named if command.template in ("", one.template)), None)


def objections(
    state: SessionState,
    command: d.GiveRescue,
    by: Actor,
    now: datetime,
    base: KnowledgeBase,
    context: RescueContext,
    *,
    samples: Samples | None = None,
    policy_signed: bool = True,
    balance_mg: float | None = None,
) -> Iterator[Refused]:
    """Everything against giving this rescue medicine now."""
    yield from role_objection(by, PUMP_ROLES, "A rescue medicine")
    signed = template_of(command, context) if policy_signed else None
    if signed is None:
        why = f"No signed template of this clinic covers {command.drug} {command.route}".rstrip()
        yield Refused(
            code="rescue_template_unsigned", why=f"{why}. Follow the emergency policy; record what was given."
        )
    yield from _identity(state, command)
    yield from _of_register(command, base, balance_mg)
    kind = known_class(base, command.drug) or command.rescue_class
    sedative = command.sedative or kind in ("sedative", None) or sedates(base, command.drug)
    if state.phase == "running" and sedative:
        yield from _while_running(command)
    if signed is None:
        return
    yield from limits(signed, command, (*context.earlier, *state.rescues), now)
    held = tuple(f for f in checks(state, signed, command, context, samples or {}, now, base) if f.state != "clear")
    if held:
        yield Refused(code="rescue_held", why="Not yet: " + " ".join(one.why for one in held), findings=held)


def _identity(state: SessionState, command: d.GiveRescue) -> Iterator[Refused]:
    if command.identifiers is None and command.as_ == "happened":
        return
    if command.identifiers is None:
        yield Refused(code="identifiers_missing", why="Ask the patient for two identifiers, then give it.")
        return
    refused = mismatch(state, command.identifiers)
    if refused:
        yield refused


def _of_register(command: d.GiveRescue, base: KnowledgeBase, balance_mg: float | None) -> Iterator[Refused]:
    """A controlled medicine comes out of a lot that the register holds."""
    if not is_controlled(base, command.drug):
        return
    if not (command.product_id and command.lot):
        yield Refused(code="register_lot_missing", why=f"{command.drug} is in the register: choose its lot.")
    elif balance_mg is not None and command.unit == "mg" and (command.amount or 0) + command.wasted_mg > balance_mg:
        why = f"The register holds {balance_mg:g} mg of this lot. Choose another, or count it."
        yield Refused(code="above_register_balance", why=why)


def _while_running(command: d.GiveRescue) -> Iterator[Refused]:
    """A sedative on top of a running infusion: paused first, and recorded all the same when it was given."""
    why = f"Pause the infusion before {command.drug}: the prescriber says whether it goes on."
    yield Refused(code="sedative_while_running", why=why)


# ---- limits ----------------------------------------------------------------------------------------------------------


def limits(
    signed: SignedRescue, command: d.GiveRescue, before: Sequence[TimedRescue], now: datetime
) -> Iterator[Refused]:
    """What of the template the amount passes: least, most, the interval, and the total of the session and the last day.

    What was given in another unit, or of which nobody wrote the amount, cannot be added up and so holds the order."""
    if command.unit != signed.unit:
        yield Refused(code="rescue_other_unit", why=f"The template is in {signed.unit}. Enter the amount in that unit.")
        return
    if command.amount is None:
        yield Refused(code="rescue_amount_missing", why="Enter the amount.")
        return
    amount, unit = command.amount, signed.unit
    if amount < signed.least:
        yield Refused(code="rescue_below_least", why=f"The template begins at {signed.least:g} {unit}.")
    if amount > signed.most:
        yield Refused(code="rescue_above_most", why=f"The template allows {signed.most:g} {unit} at a time.")
    same = [one for one in before if signed.agent in words_of(one.rescue.drug) and now - DAY <= one.at <= now]
    last = max((one.at for one in same), default=None)
    if last is not None and now - last < timedelta(minutes=signed.interval_min):
        ready = last + timedelta(minutes=signed.interval_min)
        why = f"The last {signed.agent} was at {last:%H:%M} UTC; the next is possible from {ready:%H:%M} UTC."
        yield Refused(code="rescue_too_soon", why=why)
    if any(one.rescue.amount is None or one.rescue.unit != unit for one in same):
        why = f"Not every {signed.agent} of the last 24 h stands with its amount in {unit}. Complete it first."
        yield Refused(code="rescue_total_unknown", why=why)
        return
    total = round(sum(one.rescue.amount or 0.0 for one in same) + amount, DECIMALS)
    if total > signed.max_total:
        why = f"{total:g} {unit} in 24 h with this one; the template allows {signed.max_total:g} {unit}."
        yield Refused(code="rescue_above_total", why=why)


# ---- checks ----------------------------------------------------------------------------------------------------------


def checks(
    state: SessionState,
    signed: SignedRescue,
    command: d.GiveRescue,
    context: RescueContext,
    samples: Samples,
    now: datetime,
    base: KnowledgeBase,
) -> tuple[Finding, ...]:
    """The finding of each check of the template, and whether the tier allows what lowers pressure."""
    found = []
    if "tiers" in base.entry(signed.template).data:
        sbp_mmhg, _ = _newest(state, samples, "sbp_mmhg", now)
        verdict = pressure_state(pressure_alerts(state), sbp_mmhg, now, base)
        why = f"Only while a high pressure of T2 or T3 is open and none is low: systolic {_told(sbp_mmhg)}."
        found.append(finding(base, "rescue.pressure", verdict, why))
    for check in signed.checks:
        look = base.entry(check).data.get("look")
        if look:
            verdict, told = LOOKS[look](state, command, context, samples, now, base)
        else:
            verdict = asked_state(context.chart.get(check, "unknown"), command.answers.get(asked_as(check), "unknown"))
            told = {"fires": "yes", "clear": "no", "unknown": "not known"}[verdict]
        found.append(finding(base, check, verdict, f"{base.entry(check).data['label']}: {told}."))
    return tuple(found)


def asked_as(check: str) -> str:
    """The short name under which a check is answered at the chair."""
    return check.rpartition(".")[2]


def pressure_alerts(state: SessionState) -> list[str]:
    """The rules of the upper tiers that are open and speak of a pressure, high or low: no prompt to measure again, and
    nothing that was entered late and has passed."""
    prompts = (FIRST, LATE)
    found = [alert for alert in open_alerts(state) if not any(prompt in alert.alert_id for prompt in prompts)]
    return [alert.rule for alert in found if alert.rule.rpartition(".")[2] in (*HIGH, *LOW)]


def pressure_state(open_rules: Sequence[str], sbp_mmhg: float | None, now: datetime, base: KnowledgeBase) -> State:
    """Fires unless a high pressure of T2 or T3 is open, and where one is too low or the last one is not known."""
    signs = {rule.rpartition(".")[2] for rule in open_rules}
    if sbp_mmhg is None or sbp_mmhg < number(base, "escalation.t2.sbp_low", "value", now):
        return "fires"
    return "clear" if signs & HIGH and not signs & LOW else "fires"


def asked_state(chart: shapes.Answer, said: shapes.Answer) -> State:
    """What the chart knows outweighs what was said at the chair; where it knows nothing, what was said counts."""
    return SAID[chart if chart != "unknown" else said]


def breathing_state(
    rr_per_min: float | None, spo2_percent: float | None, age_min: float, now: datetime, base: KnowledgeBase
) -> State:
    """Fires below either limit; unknown where one is missing or the older of the two is too old."""
    rule = "rescue.check.breathing"
    if rr_per_min is None or spo2_percent is None or age_min > number(base, rule, "max_age_min", now):
        return "unknown"
    low = rr_per_min < number(base, rule, "rr_per_min", now) or spo2_percent < number(base, rule, "spo2_percent", now)
    return "fires" if low else "clear"


def least_state(rule: str, name: str, value: float | None, age_min: float, now: datetime, base: KnowledgeBase) -> State:
    """Fires below the figure `name` of `rule`; unknown where the value is missing or too old."""
    if value is None or age_min > number(base, rule, "max_age_min", now):
        return "unknown"
    return "fires" if value < number(base, rule, name, now) else "clear"


def other_sedative_state(min_since_other: float | None, now: datetime, base: KnowledgeBase) -> State:
    """Fires when another sedative was given within the time of the rule."""
    if min_since_other is None:
        return "clear"
    within = number(base, "rescue.check.other_sedatives", "within_min", now)
    return "fires" if min_since_other <= within else "clear"


Looked = tuple[State, str]


def _breathing(
    state: SessionState, _: d.GiveRescue, __: RescueContext, samples: Samples, now: datetime, base: KnowledgeBase
) -> Looked:
    rate, saturation = _newest(state, samples, "rr_per_min", now), _newest(state, samples, "spo2_percent", now)
    age = max(rate[1], saturation[1])
    words = f"{_told(rate[0])} /min, SpO2 {_told(saturation[0])} %, {age:.0f} min old"
    return breathing_state(rate[0], saturation[0], age, now, base), words


def _heart_rate(
    state: SessionState, _: d.GiveRescue, __: RescueContext, samples: Samples, now: datetime, base: KnowledgeBase
) -> Looked:
    value, age = _newest(state, samples, "hr_per_min", now)
    verdict = least_state("rescue.check.heart_rate", "hr_per_min", value, age, now, base)
    return verdict, f"{_told(value)} /min, {age:.0f} min old"


def _sedation(
    state: SessionState, _: d.GiveRescue, __: RescueContext, ___: Samples, now: datetime, base: KnowledgeBase
) -> Looked:
    """MOAA/S, or the watched score in its place: awake is 5, drowsy 4, more than that 3."""
    readings = [(r.at, r.value) for r in state.scores.get("moaas", ()) if r.at <= now]
    readings += [(r.at, AWAKE - r.value) for r in state.scores.get("watched_sedation", ()) if r.at <= now]
    at, value = max(readings, default=(now, None))
    age = (now - at) / MINUTE
    verdict = least_state("rescue.check.sedation", "moaas", value, age, now, base)
    return verdict, "not looked at" if value is None else f"MOAA/S {value}, {age:.0f} min old"


def _other_sedatives(
    state: SessionState, command: d.GiveRescue, context: RescueContext, _: Samples, now: datetime, base: KnowledgeBase
) -> Looked:
    others = [
        one.at
        for one in (*context.earlier, *state.rescues)
        if one.rescue.may_sedate and words_of(one.rescue.drug).isdisjoint(words_of(command.drug)) and one.at <= now
    ]
    since = (now - max(others)) / MINUTE if others else None
    words = "none" if since is None else f"{since:.0f} min ago"
    return other_sedative_state(since, now, base), words


def _newest(state: SessionState, samples: Samples, channel: str, now: datetime) -> tuple[float | None, float]:
    """The newest trustworthy value of a channel by hand or monitor, and its age (min); none has no age."""
    hands = [
        (r.at, value)
        for r in state.readings
        if (value := getattr(r.vitals, channel)) is not None and not r.vitals.artefact and r.at <= now
    ]
    sample = latest(samples, channel, now)
    known = [*hands, *([(sample.at, sample.value)] if sample and not sample.artefact else [])]
    if not known:
        return None, 0.0
    at, value = max(known)
    return float(value), (now - at) / MINUTE


def _told(value: float | None) -> str:
    return "not read" if value is None else f"{value:g}"


LOOKS: Mapping[str, Callable[..., Looked]] = {
    "breathing": _breathing,
    "sedation": _sedation,
    "heart_rate": _heart_rate,
    "other_sedatives": _other_sedatives,
}
