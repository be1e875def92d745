"""The monitoring form after esketamine, filled from the ledger as far as it says; what it does not say is named.

Every item of the form is here once. What a person adds is kept as they wrote it, and never in place of what the ledger
holds.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number
from norket.therapy.session.clocks import reasons
from norket.therapy.session.samples import Samples
from norket.therapy.session.schedule import pressure_pairs
from norket.therapy.session.state import SessionState
from norket.therapy.session.way_out_events import FormName

FORM: FormName = "esketamine_monitoring"
RULE = "recovery.form"
MINUTE = timedelta(minutes=1)
# What the ledger of a session does not hold: the medicines taken beside it, and the numbers of the programme.
ASKED = {
    "benzodiazepine": "Benzodiazepine taken beside it",
    "hypnotic": "Hypnotic taken beside it",
    "opioid": "Opioid taken beside it",
    "stimulant": "Stimulant taken beside it",
    "maoi": "MAO inhibitor taken beside it",
    "serious": "Serious event (death, hospital, disability, danger to life, other)",
    "enrolment": "Number of the patient in the programme",
}


class Item(BaseModel):
    """One item of the form. `value` is empty where it is not known; `asked` is one that a person answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    label: str
    value: str
    asked: bool = False


def is_esketamine(state: SessionState, base: KnowledgeBase) -> bool:
    """Whether the session gave esketamine."""
    drugs = {
        str(e.data["product_id"]): e.data["drug"] for e in base.entries if "product_id" in e.data and "drug" in e.data
    }
    given = {timed.dose.product_id for timed in state.other_doses}
    return any(drugs.get(product) == "esketamine" or product.startswith("esketamine") for product in given)


def items(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Item, ...]:
    """The whole form."""
    answers = state.way_out.forms.get(FORM, {})
    asked = (Item(name=name, label=label, value=answers.get(name, ""), asked=True) for name, label in ASKED.items())
    return (*_computed(state, samples, now, base), *asked)


def missing(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> tuple[Item, ...]:
    """What the form still lacks."""
    return tuple(item for item in items(state, samples, now, base) if not item.value.strip())


def unanswered(state: SessionState) -> tuple[str, ...]:
    """What a person has not answered yet of what the ledger does not hold."""
    answers = state.way_out.forms.get(FORM, {})
    return tuple(name for name in ASKED if not answers.get(name, "").strip())


def _computed(state: SessionState, samples: Samples, now: datetime, base: KnowledgeBase) -> Iterator[Item]:
    doses = sorted(state.other_doses, key=lambda timed: timed.at)
    total = sum(timed.dose.amount_mg for timed in doses)
    devices = f"{total:g} mg, {len(doses)} given" if doses else ""
    yield Item(name="dose", label="Dose", value=devices)
    yield Item(
        name="given_at",
        label="First and last given (UTC)",
        value=" to ".join(_clock(d.at) for d in (doses[:1] + doses[-1:])),
    )
    lots = sorted({f"{product} {lot}" for product, lot in state.lots})
    answers = state.way_out.forms.get(FORM, {})
    yield Item(name="lot", label="Lots", value=", ".join(lots) or answers.get("lot", ""), asked=not lots)
    before = state.baseline.vitals if state.baseline else None
    known = before is not None and before.sbp_mmhg is not None and before.dbp_mmhg is not None
    yield Item(
        name="pressure_before",
        label="Blood pressure before",
        value=f"{before.sbp_mmhg:g}/{before.dbp_mmhg:g} mmHg" if before and known else "",
    )
    last = doses[-1].at if doses else None
    yield Item(name="pressure_40", label="Blood pressure at 40 min", value=at_40(state, samples, last, now, base))
    pairs = [pair for pair in pressure_pairs(state, samples, now) if last is not None and pair[0] > last]
    yield Item(name="pressure_end", label="Blood pressure at the end", value=_pressure(pairs[-1]) if pairs else "")
    watched = (state.ended_at - last) / MINUTE if state.ended_at and last else None
    yield Item(
        name="watched_min",
        label="Watched after the last device",
        value=f"{watched:.0f} min" if watched is not None else "",
    )
    until = reasons(state, now, base)
    yield Item(name="ready_at", label="Would have been ready (UTC)", value=_clock(until[0].until) if until else "")
    yield from _effects(state)


def _effects(state: SessionState) -> Iterator[Item]:
    """Sedation and dissociation as scored, the strongest and when it was last seen."""
    sedation = [(r.at, 5 - r.value) for r in state.scores.get("moaas", ())]
    sedation += [(r.at, r.value) for r in state.scores.get("watched_sedation", ())]
    yield Item(name="sedation", label="Sedation", value=_course(sedation))
    dissociation = [(r.at, r.value) for r in state.scores.get("dissociation", ())]
    yield Item(name="dissociation", label="Dissociation", value=_course(dissociation))
    events = ", ".join(dict.fromkeys(a.event.replace("_", " ") for a in state.adverse if not a.resolved))
    yield Item(name="adverse", label="Adverse events", value=events or "none recorded")


def _course(seen: list[tuple[datetime, int]]) -> str:
    if not seen:
        return ""
    felt = sorted(at for at, value in seen if value > 0)
    return "none" if not felt else f"strongest {max(v for _, v in seen)}, last seen {_clock(felt[-1])}"


def at_40(state: SessionState, samples: Samples, last: datetime | None, now: datetime, base: KnowledgeBase) -> str:
    """The pressure nearest to 40 min after the last device, if one is near enough."""
    if last is None:
        return ""
    wanted = last + timedelta(minutes=number(base, RULE, "pressure_at_min", now))
    within = timedelta(minutes=number(base, RULE, "within_min", now))
    near = [pair for pair in pressure_pairs(state, samples, now) if abs(pair[0] - wanted) <= within]
    return _pressure(min(near, key=lambda pair: abs(pair[0] - wanted))) if near else ""


def _pressure(pair: tuple[datetime, float, float]) -> str:
    at, sbp, dbp = pair
    return f"{sbp:g}/{dbp:g} mmHg at {_clock(at)}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
