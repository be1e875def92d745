"""For whom advice from predictions may say a number, and what of a session an update may learn from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from norket.knowledge import KnowledgeBase
from norket.therapy.cite import number, shown
from norket.therapy.finding import Refused
from norket.therapy.session.samples import Sample
from norket.therapy.session.state import SessionState
from norket.therapy.session.uncertain import uncertain_since

ENVELOPE, UPDATE = "advice.envelope", "advice.update"
PRESSURE, DISSOCIATION = "systolic_pressure", "dissociation_olofsen_2022"
CM_PER_M, PERCENT = 100.0, 100.0
BOTH = "S + R"
NG_PER_ML = {"ng/mL": 1.0, "ug/L": 1.0, "mg/L": 1000.0}  # by the definition of the prefixes
NAMES = {"age": "years", "weight": "kg", "bmi": "kg/m²"}
# What moves pressure or the mind by itself: after it a reading says nothing about ketamine any more.
DISTURBS = frozenset({"sedative", "antihypertensive"})


def outside(
    age_y: float, weight_kg: float, height_cm: float | None, base: KnowledgeBase, now: datetime
) -> Refused | None:
    """Why no advice is given for this body; None where it is."""
    bmi = None if not height_cm else weight_kg / (height_cm / CM_PER_M) ** 2
    for name, value in (("age", age_y), ("weight", weight_kg), ("bmi", bmi)):
        low, high = (number(base, ENVELOPE, f"{name}_{end}", now) for end in ("least", "most"))
        if value is not None and not low <= round(value, 6) <= high:
            what = "body mass index" if name == "bmi" else name
            return Refused(
                code="outside_model",
                why=(
                    f"No recommendation: {what} {value:.4g} {NAMES[name]} lies outside {low:g} to {high:g}, for which "
                    f"advice is given ({shown(base, ENVELOPE)})."
                ),
            )
    return None


class Seen(NamedTuple):
    """One thing seen that an update may learn from; `value` in the unit of the effect `what`. A rise stands over
    `rest_readings` resting ones, whose error every rise of the session shares."""

    at: datetime
    what: str
    value: float
    unit: str
    error_sd: float
    said: str
    rest_readings: int = 0


class Measured(NamedTuple):
    """A level that an update may learn from, in ng/mL of base. `error_cv` is the error of the assay; 0 where nobody
    knows it, so that the model's own stands alone."""

    at: datetime
    analyte: str
    enantiomer: str
    value_ng_ml: float
    site: str
    below: bool
    error_cv: float
    said: str


class Left(NamedTuple):
    """One thing seen that it may not learn from, and why."""

    at: datetime
    said: str
    why: str


class Evidence(NamedTuple):
    used: tuple[Seen | Measured, ...]
    left: tuple[Left, ...]
    refused: Refused | None


def evidence(state: SessionState, cuff: Sequence[Sample], base: KnowledgeBase, now: datetime) -> Evidence:
    """What the session has seen by `now` that an update can use: rises of systolic pressure over the own baseline, by
    hand and by cuff, dissociation scores, and levels of samples that were drawn. `cuff` are the device's systolic
    samples.

    Refused where that is too little. What is left out is listed with its reason.
    """
    found = [*_pressures(state, cuff, base, now), *_scores(state, base, now), *_levels(state, now)]
    found.sort(key=lambda one: (one.at, one.said))
    used = tuple(one for one in found if isinstance(one, Seen | Measured))
    left = tuple(one for one in found if isinstance(one, Left))
    fewest = number(base, UPDATE, "fewest", now)
    return Evidence(used, left, _too_little(used, left, fewest))


def _too_little(used: Sequence[Seen | Measured], left: Sequence[Left], fewest: float) -> Refused | None:
    if len(used) >= fewest:
        return None
    because = "; ".join(dict.fromkeys(one.why for one in left))
    why = f"The session has {len(used)} reading(s) that an update can learn from, and at least {fewest:g} are needed."
    return Refused(code="too_little_to_learn", why=why + (f" Left out: {because}." if because else ""))


def _began(state: SessionState) -> datetime | None:
    starts = [part.start for part in state.segments] + [one.at for one in state.boluses]
    return min((*starts, *(one.at for one in state.other_doses)), default=None)


@dataclass
class _Shown:
    """One value as it stands on a monitor: since when, until when it was sent, and whether it was learned from."""

    since: datetime
    last: datetime
    taken: bool = False


def _pressures(
    state: SessionState, cuff: Sequence[Sample], base: KnowledgeBase, now: datetime
) -> Iterator[Seen | Left]:
    """One rise for each reading of a cuff. A monitor sends its last value again until the next one, and a hand types
    it in beside: an equal value without a gap is the reading of its first instant. What comes sooner than a cuff needs
    is no second reading, unless it still stands when that time is over."""
    rest = state.baseline.vitals.sbp_mmhg if state.baseline else None
    typed = [(one.at, one.vitals.sbp_mmhg) for one in state.readings if not one.vitals.artefact and one.vitals.sbp_mmhg]
    read = typed + [(one.at, one.value) for one in cuff if not one.artefact]
    apart = timedelta(seconds=number(base, "escalation.same_reading", "apart_s", now))
    shown: dict[float, _Shown] = {}
    taken: datetime | None = None
    for at, value in sorted(set(read)):
        one = shown.get(value)
        if one is None or at - one.last >= apart:
            one = shown[value] = _Shown(since=at, last=at)
        one.last = at
        said = f"systolic pressure {value:g} mmHg"
        if rest is None:
            yield Left(at, said, "no resting pressure was recorded before the start")
        elif (why := _disturbed(state, one.since, now)) is not None:
            yield Left(at, said, why)
        elif one.taken or (taken is not None and at - taken < apart):
            yield Left(at, said, "the same reading of the cuff, sent or typed again")
        else:
            one.taken, taken = True, at
            over = f"{said}, {value - rest:+g} above rest ({rest:g})"
            yield Seen(one.since, PRESSURE, value - rest, "mmHg", 0.0, over, rest_readings=1)


def _scores(state: SessionState, base: KnowledgeBase, now: datetime) -> Iterator[Seen | Left]:
    top, sd = number(base, UPDATE, "score_top", now), number(base, UPDATE, "score_sd", now)
    for one in state.scores.get("dissociation", ()):
        said = f"dissociation {one.value} of {top:g}"
        why = _disturbed(state, one.at, now)
        yield Left(one.at, said, why) if why else Seen(one.at, DISSOCIATION, one.value / top, "1", sd, said)


def _levels(state: SessionState, now: datetime) -> Iterator[Measured | Left]:
    """A sedative or a medicine for pressure moves no level, so a level counts after one too."""
    for one in state.levels:
        level = one.level
        form, analyte = (
            ("S", level.analyte.removeprefix("s_")) if level.analyte.startswith("s_") else (BOTH, level.analyte)
        )
        said = f"{level.analyte.replace('_', '-')} {'below ' if level.below else ''}{level.value:g} {level.unit}"
        why = _out_of_time(state, one.at, now)
        if why is not None:
            yield Left(one.at, said, why)
            continue
        value_ng_ml = level.value * NG_PER_ML[level.unit]
        error_cv = (level.assay_percent or 0.0) / PERCENT
        yield Measured(one.at, analyte, form, value_ng_ml, level.site, level.below, error_cv, f"{said}, {level.site}")


def _out_of_time(state: SessionState, at: datetime, now: datetime) -> str | None:
    began = _began(state)
    if began is None or at <= began:
        return "seen before the first dose"
    if at > now:
        return "seen later"
    doubt = uncertain_since(state)
    if doubt is not None and at >= doubt:
        return "seen while delivery was uncertain"
    return None


def _disturbed(state: SessionState, at: datetime, now: datetime) -> str | None:
    why = _out_of_time(state, at, now)
    if why is not None:
        return why
    given = [one for one in state.rescues if one.at <= at]
    if any(one.rescue.may_sedate or one.rescue.rescue_class in DISTURBS for one in given):
        return "seen after a sedative or a medicine for pressure"
    return None
