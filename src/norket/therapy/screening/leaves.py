"""One criterion before one chart: what the chart says of a condition, an observation, a medicine, an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import ge, gt, le, lt

from norket.knowledge import Entry, KnowledgeError
from norket.knowledge import criteria as c
from norket.therapy.chart import OWN, Item, MedicineItem
from norket.therapy.screening.reading import Reading
from norket.therapy.screening.told import told
from norket.therapy.screening.verdict import Ground, Verdict, every

SAME_UNIT = {
    "mm[Hg]": "mmHg",
    "{score}": "score",
    "{beats}/min": "/min",
    "{breaths}/min": "/min",
    "mL/min/{1.73_m2}": "mL/min/1.73m2",
    "[lb_av]": "lb",
    "mg/d": "mg",
}
COMPARE: dict[str, Callable[[float, float], bool]] = {"above": gt, "at_least": ge, "below": lt, "at_most": le}
NOT_RECORDED = "not recorded"
SAID = {"day_of": "on the day of the session"}  # the session, where its own name would not be read


@dataclass(frozen=True)
class Leaf:
    """One rule before one chart: the figures of the rule and what the chart says, leaf by leaf."""

    entry: Entry
    reading: Reading

    def limit(self, number: c.Number, unit: str | None = None) -> tuple[float, str, str]:
        """A number with its unit and how it is shown. A figure must carry the unit that is asked for."""
        if isinstance(number, float):
            return number, unit or "", _shown(number, unit or "")
        figure = self.reading.known.base.figure(self.entry.id, number[1:], self.reading.on)
        if unit is not None and figure.unit != unit:
            raise KnowledgeError(f"{self.entry.id}: the figure '{number[1:]}' is in {figure.unit}; write it in {unit}")
        return figure.value, figure.unit, _shown(figure.value, figure.unit)

    def label(self, id_: str) -> str:
        return self.reading.known.labels.get(id_, id_)

    def verdict(self, holds: bool | None, what: str, found: str, *figures: str) -> Verdict:
        return Verdict(holds, (Ground(self.label(what), found),), figures)

    # ---- conditions and allergies

    def condition(self, criterion: c.Condition) -> Verdict:
        items = self.reading.conditions.get(criterion.class_, ())
        for item in items:
            if item.status == "yes" and (criterion.ever or item.ended is None or item.ended > self.reading.on):
                return self.verdict(True, criterion.class_, told(item))
        return self._otherwise(criterion.class_, items)

    def allergy(self, criterion: c.Allergy) -> Verdict:
        items = self.reading.allergies.get(criterion.class_, ())
        for item in items:
            if item.status == "yes":
                return self.verdict(True, criterion.class_, told(item))
        return self._otherwise(criterion.class_, items)

    def condition_within(self, criterion: c.ConditionWithin) -> Verdict:
        days, _, limit_text = self.limit(criterion.days, "d")
        items = [i for i in self.reading.conditions.get(criterion.class_, ()) if i.status == "yes"]
        answered = [self.reading.answers[each] for each in self._asked(criterion.class_) if self._answer(each) == "yes"]
        since = [(_days_between(item.onset, self.reading.on), item) for item in (*items, *answered)]
        for age, item in since:
            if age is not None and 0 <= age <= days:
                return self.verdict(True, criterion.class_, f"{told(item)}, {age} d before the session", limit_text)
        for age, item in since:
            if age is None or age < 0:
                return self.verdict(None, criterion.class_, f"{told(item)}, day not known", limit_text)
        rest = [i for i in self.reading.conditions.get(criterion.class_, ()) if i.status != "yes"]
        other = self._otherwise(criterion.class_, rest) if not answered else self._unsure(criterion.class_, rest)
        recent = [item for _, item in since if self.reading.fresh(item, self.reading.valid_d())]
        if other.holds is None and recent and not self._unsure(criterion.class_, rest).grounds:
            return self.verdict(False, criterion.class_, f"{told(recent[0])}: the latest known", limit_text)
        grounds = other.grounds or (Ground(self.label(criterion.class_), "nothing recorded of late"),)
        return Verdict(other.holds, grounds, (limit_text,))

    def _otherwise(self, class_: str, items: Sequence[Item]) -> Verdict:
        """What is known of a class of which nothing certain is written: only an answer about it can say "no"."""
        unsure = self._unsure(class_, items)
        answers = {self._answer(question): question for question in self._asked(class_)}
        if any(item.status == "unknown" for item in items) or ("unknown" in answers and "yes" not in answers):
            return unsure
        for wanted, holds in (("yes", True), ("no", False)):
            if wanted in answers:
                given = self.reading.answers[answers[wanted]]
                return self.verdict(holds, class_, told(given, answered=True))
        for item in items:
            whole = item.short_system == OWN and item.status == "no"
            if whole and self.reading.fresh(item, self.reading.valid_d()):
                return self.verdict(False, class_, f"{told(item)}: no")
        found = self._unanswered(class_)
        return self.verdict(None, class_, found) if items else self._nothing(class_, found)

    def _nothing(self, class_: str, found: str) -> Verdict:
        """Nothing is written of a class: unknown, unless what is recorded of the person rules it out."""
        for name, value in self.reading.known.ruled_out.get(class_, {}).items():
            if getattr(self.reading.chart.patient, name) == value:
                return self.verdict(False, class_, f"{name.replace('_', ' ')}: {value}")
        return self.verdict(None, class_, found)

    def _unsure(self, class_: str, items: Sequence[Item]) -> Verdict:
        """What is written of a class without being certain; no grounds where there is nothing of the kind."""
        lines = [f"{told(item)}: not certain" for item in items if item.status == "unknown"]
        asked = [question for question in self._asked(class_) if self._answer(question) == "unknown"]
        lines += [told(self.reading.answers[question], answered=True) for question in asked]
        return Verdict(None, tuple(Ground(self.label(class_), line) for line in lines))

    def _asked(self, class_: str) -> tuple[str, ...]:
        return self.reading.known.asked_by.get(class_, ())

    def _answer(self, question: str) -> str | None:
        return self.reading.answer(question)

    def _unanswered(self, class_: str) -> str:
        stale = [q for q in self._asked(class_) if q in self.reading.answers]
        if stale:
            day = self.reading.answers[stale[0]].day
            return f"answer of {day or 'an unknown day'} no longer counts on {self.reading.on}"
        return NOT_RECORDED

    # ---- observations

    def observation(self, criterion: c.Observation) -> Verdict:
        items = self.reading.observations.get(criterion.class_, ())
        item = _latest([item for item in items if item.day is None or self.reading.age_d(item.day) is not None])
        if item is None:
            return self._nothing(criterion.class_, NOT_RECORDED)
        stale = self._stale(criterion.max_age_days, item)
        if stale:
            return self.verdict(None, criterion.class_, f"{told(item)}, {stale}")
        if criterion.is_ is not None:
            known = item.status != "unknown" or "unknown" in criterion.is_
            return self.verdict(
                item.status in criterion.is_ if known else None, criterion.class_, told(item, answered=True)
            )
        name = next(name for name in COMPARE if getattr(criterion, name) is not None)
        return self._compared(criterion, name, getattr(criterion, name), item)

    def _compared(self, criterion: c.Observation, name: str, number: c.Number, item: Item) -> Verdict:
        own = self.reading.known.base.entry(criterion.class_).data.get("unit")
        limit, unit, limit_text = self.limit(number, "1" if criterion.times_upper_limit else own)
        value, found = item.value, told(item)
        if criterion.times_upper_limit:
            limit_text = f"{limit_text} times the upper limit"
            if value is None or not item.reference_high:
                return self.verdict(None, criterion.class_, f"{found}, without the laboratory's own limit", limit_text)
            value, found = value / item.reference_high, f"{found}, limit {item.reference_high:g}"
        elif value is None or _unit(item.unit) != unit:
            return self.verdict(None, criterion.class_, f"{found}, not a value in {unit}", limit_text)
        return self.verdict(COMPARE[name](value, limit), criterion.class_, found, limit_text)

    def _stale(self, max_age: c.Number | None, item: Item) -> str:
        """Why an item is not young enough; empty if it is."""
        if max_age is None:
            return ""
        days, _, limit_text = self.limit(max_age, "d")
        age = self.reading.age_d(item.day)
        if age is None:
            return "of a day that is not known"
        return f"{age} d old, older than {limit_text}" if age > days else ""

    # ---- medicines

    def medicine(self, criterion: c.Medicine) -> Verdict:
        items = self.reading.medicines.get(criterion.class_, ())
        taken: list[MedicineItem] = []
        doubtful: list[MedicineItem] = []
        for item in items:
            taking = self._takes(criterion, item)
            if taking:
                taken.append(item)
            elif taking is None:
                doubtful.append(item)
        if taken and criterion.daily_above is None:
            return self.verdict(True, criterion.class_, "; ".join(map(told, taken)))
        if taken and criterion.daily_above is not None:
            above = self._above(criterion.class_, criterion.daily_above, taken)
            if above.holds is not False or (self._complete() and not doubtful):
                return above
            grounds = (*above.grounds, Ground(self.label(criterion.class_), "there may be more"))
            return Verdict(None, grounds, above.figures)
        if doubtful:
            return self.verdict(None, criterion.class_, f"{told(doubtful[0])}: not certain")
        return self._not_taken(criterion, items)

    def _takes(self, criterion: c.Medicine, item: MedicineItem) -> bool | None:
        if criterion.within_days is None or item.status == "unknown":
            return {"yes": True, "no": False}.get(item.status)
        days, _, _ = self.limit(criterion.within_days, "d")
        since = _days_between(item.last_taken, self.reading.on)
        if since is None:
            return True if item.status == "yes" else None
        return since <= days

    def _above(self, class_: str, number: c.Number, taken: Sequence[MedicineItem]) -> Verdict:
        limit, unit, limit_text = self.limit(number)
        doses = [(self._equivalent(class_, item, unit), told(item)) for item in taken]
        total = sum(dose for dose, _ in doses if dose is not None)
        holds = True if total > limit else None if any(dose is None for dose, _ in doses) else False
        lines = [line if dose is not None else f"{line}: {self._uncounted(class_)}" for dose, line in doses]
        return self.verdict(holds, class_, "; ".join(lines), limit_text)

    def _uncounted(self, class_: str) -> str:
        """What is said of a dose that does not count towards the limit of its class."""
        standard = self.reading.known.base.entry(class_).data.get("standard")
        return f"not to be counted as {standard}" if standard else "dose not known"

    def _equivalent(self, class_: str, item: MedicineItem, unit: str) -> float | None:
        """The daily dose as the class's standard drug; None where dose, unit or factor is not known."""
        if item.daily_dose is None or _unit(item.daily_unit) != unit:
            return None
        if class_ not in self.reading.known.equivalents:
            return item.daily_dose
        factor = self.reading.known.factor(class_, item)
        return None if factor is None else item.daily_dose * factor

    def _not_taken(self, criterion: c.Medicine, items: Sequence[MedicineItem]) -> Verdict:
        narrowed = criterion.daily_above is not None or criterion.within_days is not None
        if narrowed and any(self._answer(question) == "yes" for question in self._asked(criterion.class_)):
            return self.verdict(None, criterion.class_, "taken, dose or day not recorded")
        other = self._otherwise(criterion.class_, [item for item in items if item.status == "no"])
        if other.holds is None and self._complete():
            return self.verdict(False, criterion.class_, "not in the whole list of medicines")
        if other.holds is None and self._said_whole():
            return self.verdict(None, criterion.class_, f"may be what is written as {', '.join(self.reading.loose)}")
        return other

    def _complete(self) -> bool:
        """Whether the list of medicines is known to be whole and every line of it is known."""
        return self._said_whole() and not self.reading.loose

    def _said_whole(self) -> bool:
        return any(self._answer(question) == "yes" for question in self.reading.known.complete)

    # ---- answers, presence, the person, the session

    def answer(self, criterion: c.Answer) -> Verdict:
        given = self._answer(criterion.question)
        if given is None:
            stale = criterion.question in self.reading.answers
            return self.verdict(None, criterion.question, "answer too old" if stale else "not answered")
        known = given != "unknown" or "unknown" in criterion.is_
        found = told(self.reading.answers[criterion.question], answered=True)
        return self.verdict(given in criterion.is_ if known else None, criterion.question, found)

    def missing(self, criterion: c.Missing) -> Verdict:
        days, limit_text = self._max_age(criterion)
        figures = (limit_text,) if limit_text else ()
        for day, found in self._present(criterion.item):
            age = self.reading.age_d(day)
            if days is None or (age is not None and age <= days):
                return self.verdict(False, criterion.item, found, *figures)
        return self.verdict(True, criterion.item, "missing or too old", *figures)

    def _max_age(self, criterion: c.Missing) -> tuple[float | None, str]:
        if criterion.max_age_days is not None:
            days, _, limit_text = self.limit(criterion.max_age_days, "d")
            return days, limit_text
        if criterion.item in self.reading.known.adverse:
            return self.reading.valid_d(criterion.item), ""
        return None, ""

    def _present(self, item: str) -> list[tuple[date | None, str]]:
        found = [(i.day, told(i)) for i in self.reading.observations.get(item, ()) if _has_result(i)]
        given = self.reading.answers.get(item)
        if given is not None and given.status != "unknown":
            found.append((given.day, told(given, answered=True)))
        if item in self.reading.context.documents:
            day = self.reading.context.documents[item]
            found.append((day, f"of {day}"))
        return found

    def age(self, criterion: c.Age) -> Verdict:
        born = self.reading.chart.patient.birth_date
        name = next(name for name in COMPARE if getattr(criterion, name, None) is not None)
        limit, _, limit_text = self.limit(getattr(criterion, name), "a")
        if born is None or born > self.reading.on:
            return self.verdict(None, "age", "birth date not recorded", limit_text)
        years = _years(born, self.reading.on)
        return self.verdict(COMPARE[name](years, limit), "age", f"{years} a", limit_text)

    def context(self, criterion: c.ContextIs) -> Verdict:
        parts = []
        for name in type(criterion).model_fields:
            wanted, given = getattr(criterion, name), getattr(self.reading.context, name)
            if wanted is not None:
                holds = None if given is None else given in wanted
                parts.append(self.verdict(holds, SAID.get(name, name.replace("_", " ")), _stated(given)))
        return every(parts, wanted=True)

    def sex(self, criterion: c.SexIs) -> Verdict:
        return self._recorded("sex", self.reading.chart.patient.sex, criterion.value)

    def pregnancy_potential(self, criterion: c.PregnancyPotential) -> Verdict:
        given = self.reading.chart.patient.pregnancy_potential
        return self._recorded("can be pregnant", given, criterion.value)

    def _recorded(self, what: str, given: str, wanted: str) -> Verdict:
        return self.verdict(None if given == "unknown" != wanted else given == wanted, what, given)


def _latest(items: Sequence[Item]) -> Item | None:
    """The item measured last; of two of one day the one that comes later in the chart, unless both have a time."""
    best: Item | None = None
    for item in items:
        if best is None or _not_before(item, best):
            best = item
    return best


def _not_before(item: Item, best: Item) -> bool:
    if isinstance(item.at, datetime) and isinstance(best.at, datetime):
        return item.at >= best.at
    return best.day is None or (item.day is not None and item.day >= best.day)


def _has_result(item: Item) -> bool:
    return item.value is not None or item.status != "unknown"


def _stated(given: str | bool | None) -> str:
    """What the session is, in words: a yes and a no are never the names of the program for them."""
    if given is None:
        return "not stated"
    return ("yes" if given else "no") if isinstance(given, bool) else given


def _unit(unit: str | None) -> str:
    return SAME_UNIT.get(unit or "", unit or "")


def _days_between(earlier: date | None, later: date) -> int | None:
    return None if earlier is None else (later - earlier).days


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _shown(number: float, unit: str) -> str:
    """A figure as people write it; a plain number has no unit."""
    return f"{number:g} {'' if unit == '1' else unit}".strip()
