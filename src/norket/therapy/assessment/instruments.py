"""Scoring of questionnaires and scales: from answers to a total, a band and what a person must do about it.

Nothing is filled in: an answer that is missing, out of range or not a whole number refuses the score, except where the
form itself says how many missing answers it bears. What cannot be said is None, never "no".
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from norket.knowledge import KnowledgeBase
from norket.therapy.assessment.forms import Instrument, Item, Option, instrument, instruments, number
from norket.therapy.cite import shown
from norket.therapy.finding import Refused

__all__ = [
    "Change",
    "Flag",
    "Instrument",
    "Item",
    "Option",
    "Scored",
    "change",
    "entered",
    "instrument",
    "instruments",
    "score",
]

Sex = Literal["female", "male", "other", "unknown"]
Answers = Mapping[str, float | None]
PERCENT = 100.0
DIGITS = 6  # a total is a sum or a mean of whole numbers; beyond this only the arithmetic of floats remains


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Flag(_Frozen):
    """What a person must do because of an answer or a total. `leads_to` is the entry that takes over; a TASK is done
    before the page closes."""

    code: str
    item: str
    text: str
    leads_to: str
    action: Literal["TASK", "HOLD", "WARN"]


class Scored(_Frozen):
    """One score. `method` tells a computed total from one that a person entered. `total` is None where a form has
    none. `subscales` holds its parts and the answers that are not counted. `positive` is None where a screen cannot
    say; `pattern` is whether the pattern of a provisional diagnosis is there, None where the form has no such rule."""

    instrument: str
    edition: str
    method: Literal["computed", "entered"]
    total: float | None = None
    subscales: dict[str, float] = {}
    band: str = ""
    positive: bool | None = None
    pattern: bool | None = None
    flags: tuple[Flag, ...] = ()
    answers: dict[str, float] = {}
    prorated: bool = False
    figure: str = ""
    sources: tuple[str, ...] = ()


class Change(_Frozen):
    """A score against the baseline. `difference` is now less baseline; `percent` is how far the total fell, in percent
    of the baseline, None from a baseline of zero. The three verdicts are None where the form has no such rule or it
    cannot be said."""

    difference: float | None
    percent: float | None
    response: bool | None
    remission: bool | None
    meaningful: bool | None
    flags: tuple[Flag, ...] = ()
    why: str


def score(base: KnowledgeBase, id: str, answers: Answers, *, sex: Sex | None = None) -> Scored | Refused:  # noqa: A002
    """The score of the form `id` from the answers by the code of their question; None is unanswered.

    Refused: `not_scored` (the form takes no answers), `unknown_item`, `not_a_number` (no whole number),
    `out_of_range`, `not_asked` (answered though another answer rules it out), `missing_item`.
    """
    form = instrument(base, id)
    if form.method != "items":
        return _refused("not_scored", f"{form.label} takes no answers here. {form.loads}")
    given = {code: value for code, value in answers.items() if value is not None}
    for fault in _faults(form, given):
        return fault
    asked = tuple(item for item in form.items if _asked(item, given))
    absent = [item for item in asked if not item.optional and item.code not in given]
    if refused := _too_much_missing(base, form, absent):
        return refused
    counted = {item.code: given[item.code] for item in asked if item.counted and item.code in given}
    beside = {
        item.code: given[item.code] for item in asked if not item.counted and item.optional and item.code in given
    }
    whole = sum(item.counted for item in asked)
    total, parts = _total(form, counted, whole)
    result = Scored(
        instrument=form.id,
        edition=base.edition,
        method="computed",
        total=total,
        subscales=parts | beside,
        answers={code: float(value) for code, value in given.items()},
        prorated=bool(absent),
        figure=shown(base, form.id),
        sources=_sources(base, form),
    )
    return _judged(base, form, result, sex)


def entered(base: KnowledgeBase, id: str, total: float) -> Scored | Refused:  # noqa: A002
    """A total of the form `id` that a clinician enters, because the form may not be shipped.

    Refused: `entered_not_allowed` (a form whose answers are taken is computed), `not_scored`, `not_a_number`,
    `out_of_range`.
    """
    form = instrument(base, id)
    if form.method == "items":
        return _refused("entered_not_allowed", f"The total of {form.label} is computed from its answers. Enter those.")
    if form.method == "none" or form.low is None or form.high is None:
        return _refused("not_scored", f"{form.label} gives no total here. {form.loads}")
    if not _is_number(total) or (form.whole and total != int(total)):
        return _refused("not_a_number", f"{form.label}: {total!r} is no total. Enter a {_kind(form.whole)}.")
    if not form.low <= total <= form.high:
        return _refused("out_of_range", f"{form.label} runs from {form.low:g} to {form.high:g}; {total:g} is outside.")
    result = Scored(
        instrument=form.id,
        edition=base.edition,
        method="entered",
        total=float(total),
        figure=shown(base, form.id),
        sources=_sources(base, form),
    )
    return _judged(base, form, result, None)


def change(base: KnowledgeBase, now: Scored, baseline: Scored | None) -> Change | Refused:
    """How a score stands against its baseline: response, remission, a difference that matters.

    Refused: `no_baseline`, `other_instrument`. Whether the baseline was taken in time is for the caller to say.
    """
    if baseline is None:
        return _refused("no_baseline", "There is no score from before the first dose, so no change can be told.")
    if now.instrument != baseline.instrument:
        return _refused("other_instrument", f"{now.instrument} is not compared with {baseline.instrument}.")
    form = instrument(base, now.instrument)
    flags = tuple(_risen(base, form, now, baseline))
    if now.total is None or baseline.total is None:
        why = f"{form.label} has no total; its parts are compared."
        return Change(
            difference=None, percent=None, response=None, remission=None, meaningful=None, flags=flags, why=why
        )
    fall = round(baseline.total - now.total, DIGITS)
    percent = None if baseline.total == 0 else round(fall / baseline.total * PERCENT, DIGITS)
    return Change(
        difference=-fall + 0.0,
        percent=percent,
        response=_reached(base, form, "response", percent, fall),
        remission=_remission(base, form, now.total),
        meaningful=_reached(base, form, "meaningful", percent, fall),
        flags=flags,
        why=f"{form.label}: {now.total:g} now, {baseline.total:g} at baseline.",
    )


# ---- answers -------------------------------------------------------------------------------------------------------


def _faults(form: Instrument, given: Mapping[str, float]) -> Iterable[Refused]:
    for code, value in given.items():
        item = form.item(code)
        if item is None:
            yield _refused("unknown_item", f"{form.label} has no question '{code}'.")
        elif not _is_number(value) or value != int(value):
            yield _refused("not_a_number", f"{form.label}, question {code}: {value!r} is no whole number.")
        elif not item.low <= value <= item.high:
            yield _refused(
                "out_of_range",
                f"{form.label}, question {code}, runs from {item.low:g} to {item.high:g}; {value:g} is outside.",
            )
        elif item.after is not None and given.get(item.after.item, item.after.is_) != item.after.is_:
            yield _refused("not_asked", f"{form.label}, question {code}, is not asked after that answer. Leave it out.")


def _asked(item: Item, given: Mapping[str, float]) -> bool:
    return item.after is None or given.get(item.after.item) == item.after.is_


def _too_much_missing(base: KnowledgeBase, form: Instrument, absent: list[Item]) -> Refused | None:
    rule = form.rules.get("missing", {})
    borne = base.figure(rule["limit"]).value if "limit" in rule else 0
    never = [item.code for item in absent if item.code in rule.get("never", ())]
    if len(absent) <= borne and not never:
        return None
    named = ", ".join(never or [item.code for item in absent])
    return _refused("missing_item", f"{form.label} is not scored: not answered: {named}. Ask for it.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _kind(whole: bool) -> str:
    return "whole number" if whole else "number"


# ---- totals --------------------------------------------------------------------------------------------------------


def _total(form: Instrument, counted: Mapping[str, float], whole: int) -> tuple[float | None, dict[str, float]]:
    """The total and its parts. With answers missing, as many as the form bears, it is scaled up from the others."""
    scoring = form.rules["scoring"]
    rule = scoring["rule"]
    groups: Mapping[str, list[str]] = scoring.get("subscales", {})
    parts = {name: float(sum(counted.get(code, 0) for code in codes)) for name, codes in groups.items()}
    if rule == "domain_maxima":
        parts = {name: float(max(counted[code] for code in codes)) for name, codes in scoring["domains"].items()}
        return sum(parts.values()), parts
    if rule == "each":
        return None, {code: float(value) for code, value in counted.items()}
    if rule == "levels":
        return None, {}
    total = float(sum(counted.values()))
    if rule == "mean":
        return round(total / whole, DIGITS), parts
    scaled = total * whole / len(counted) if counted else 0.0
    return round(scaled, DIGITS), parts


def _judged(base: KnowledgeBase, form: Instrument, result: Scored, sex: Sex | None) -> Scored:
    band = _level(form, result) if form.rules.get("scoring", {}).get("rule") == "levels" else _band(base, form, result)
    result = result.model_copy(update={"band": band, "pattern": _pattern(base, form, result)})
    result = result.model_copy(update={"positive": _positive(base, form, result, sex)})
    return result.model_copy(update={"flags": tuple(_flags(base, form, result))})


def _band(base: KnowledgeBase, form: Instrument, result: Scored) -> str:
    """The last band that begins at or below the total."""
    found = ""
    for band in form.rules.get("bands", ()):
        if result.total is not None and ("from" not in band or result.total >= number(base, form.id, band["from"])):
            found = band["name"]
    return found


def _level(form: Instrument, result: Scored) -> str:
    """The first level of which any answer is yes; the last one where none is."""
    levels = form.rules["scoring"]["levels"]
    found = (level for level in levels if any(result.answers.get(code) for code in level["any"]))
    return str(next(found, levels[-1])["name"])


def _positive(base: KnowledgeBase, form: Instrument, result: Scored, sex: Sex | None) -> bool | None:
    """Whether the screen is positive. With a cut for each sex and the sex not known, only what both say is said."""
    rule = form.rules.get("positive")
    if "positive" in form.rules.get("scoring", {}):
        return result.band in form.rules["scoring"]["positive"]
    if rule is None or result.total is None:
        return None
    if "below" in rule:
        return result.total < number(base, form.id, rule["below"])
    cuts = [rule["at_least"]] if "at_least" in rule else [rule[sex]] if sex in rule else list(rule.values())
    said = {result.total >= number(base, form.id, cut) for cut in cuts}
    return said.pop() if len(said) == 1 else None


def _pattern(base: KnowledgeBase, form: Instrument, result: Scored) -> bool | None:
    scoring = form.rules.get("scoring", {})
    if "needs" not in scoring or result.method == "entered":
        return None
    enough = number(base, form.id, scoring["endorsed"])
    return all(
        sum(result.answers[code] >= enough for code in scoring["subscales"][name]) >= number(base, form.id, needed)
        for name, needed in scoring["needs"].items()
    )


def _flags(base: KnowledgeBase, form: Instrument, result: Scored) -> Iterable[Flag]:
    for rule in form.rules.get("flags", ()):
        item = _raised_by(base, form, rule, result)
        if item is not None:
            yield _flag(rule, item)


def _raised_by(base: KnowledgeBase, form: Instrument, rule: Mapping[str, Any], result: Scored) -> str | None:
    """The question that raises a flag, "" for the total, None where nothing does."""
    if rule.get("when") == "positive_or_unknown":
        return None if result.positive is False else ""
    for name, met in (("total_at_least", _at_least), ("total_below", _below)):
        if name in rule:
            limit = number(base, form.id, rule[name])
            return "" if result.total is not None and met(result.total, limit) else None
    met = _at_least if "at_least" in rule else _at_most
    limit = number(base, form.id, rule.get("at_least") or rule["at_most"])
    watched = rule.get("items") or ([rule["item"]] if "item" in rule else [item.code for item in form.items])
    return next((code for code in watched if code in result.answers and met(result.answers[code], limit)), None)


def _at_least(value: float, limit: float) -> bool:
    return value >= limit


def _at_most(value: float, limit: float) -> bool:
    return value <= limit


def _below(value: float, limit: float) -> bool:
    return value < limit


def _flag(rule: Mapping[str, Any], item: str) -> Flag:
    return Flag(code=rule["code"], item=item, text=rule["text"], leads_to=rule["leads_to"], action=rule["action"])


# ---- change --------------------------------------------------------------------------------------------------------


def _reached(base: KnowledgeBase, form: Instrument, name: str, percent: float | None, fall: float) -> bool | None:
    rule = form.rules.get(name)
    if rule is None:
        return None
    said = []
    if "points" in rule:
        said.append(fall >= number(base, form.id, rule["points"]))
    if "percent" in rule and percent is not None:
        said.append(percent >= number(base, form.id, rule["percent"]))
    return any(said) if said else None


def _remission(base: KnowledgeBase, form: Instrument, total: float) -> bool | None:
    rule = form.rules.get("remission")
    if rule is None:
        return None
    if "below" in rule:
        return total < number(base, form.id, rule["below"])
    return total <= number(base, form.id, rule["at_most"])


def _risen(base: KnowledgeBase, form: Instrument, now: Scored, baseline: Scored) -> Iterable[Flag]:
    for rule in form.rules.get("change_flags", ()):
        rise = number(base, form.id, rule["rises"])
        for code in rule["items"]:
            if code in now.answers and code in baseline.answers and now.answers[code] - baseline.answers[code] >= rise:
                yield _flag(rule, code)


def _sources(base: KnowledgeBase, form: Instrument) -> tuple[str, ...]:
    return tuple(source.key for source in base.entry(form.id).sources)


def _refused(code: str, why: str) -> Refused:
    return Refused(code=code, why=why.strip())
