"""Whether a criterion holds for a chart on a day: yes, no, or not to be known. Unknown and stale are never "no"."""

from collections.abc import Callable
from typing import Any

from norket.knowledge import Entry
from norket.knowledge import criteria as c
from norket.therapy.screening.leaves import Leaf
from norket.therapy.screening.reading import Reading
from norket.therapy.screening.verdict import Verdict, counted, every

_LEAVES: dict[type, Callable[[Leaf, Any], Verdict]] = {
    c.Condition: Leaf.condition,
    c.ConditionWithin: Leaf.condition_within,
    c.Allergy: Leaf.allergy,
    c.Observation: Leaf.observation,
    c.Medicine: Leaf.medicine,
    c.Answer: Leaf.answer,
    c.Age: Leaf.age,
    c.Missing: Leaf.missing,
    c.ContextIs: Leaf.context,
    c.SexIs: Leaf.sex,
    c.PregnancyPotential: Leaf.pregnancy_potential,
}


def evaluate(criterion: c.Criterion, entry: Entry, reading: Reading) -> Verdict:
    """Whether `criterion` of the rule `entry` holds, in three-valued logic; a missing figure raises."""
    if isinstance(criterion, c.All):
        return every([evaluate(part, entry, reading) for part in criterion.parts], wanted=True)
    if isinstance(criterion, c.AnyOf):
        return every([evaluate(part, entry, reading) for part in criterion.parts], wanted=False)
    if isinstance(criterion, c.Count):
        number, _, told = Leaf(entry, reading).limit(criterion.at_least, "1")
        return counted([evaluate(part, entry, reading) for part in criterion.parts], number, f"at least {told}")
    if isinstance(criterion, c.Not):
        inner = evaluate(criterion.part, entry, reading)
        return Verdict(None if inner.holds is None else not inner.holds, inner.grounds, inner.figures)
    return _LEAVES[type(criterion)](Leaf(entry, reading), criterion)
