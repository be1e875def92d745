"""Whether the rules of a base can be judged: each `when` parses, names what exists, and is pinned by its cases."""

from collections.abc import Iterable, Iterator, Mapping

from norket.knowledge import criteria as c
from norket.knowledge.entry import Entry
from norket.knowledge.reader import KnowledgeBase

CODE_SYSTEMS = ("icd10cm", "snomed", "rxnorm", "atc", "loinc")
STATES = ("fires", "clear", "unknown")
UNIT_OF = {"days": "d", "within_days": "d", "max_age_days": "d"}


def rule_faults(base: KnowledgeBase, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[str]:
    """What keeps a rule with a `when`, a class or a question from being judged."""
    if entry.kind == "class":
        yield from _class_faults(entry, entries)
    if entry.kind == "question":
        yield from _question_faults(entry)
    if not c.is_rule(entry):
        return
    try:
        rule = c.rule_of(entry)
        criterion = rule.criterion
    except c.CriterionError as error:
        yield from error.faults
        return
    yield from _name_faults(criterion, entries)
    yield from _figure_faults(base, entry, criterion)
    yield from _due_faults(base, entry, rule)
    yield from _signer_faults(rule)
    yield from _case_faults(entry, rule, criterion)


def _name_faults(criterion: c.Criterion, entries: Mapping[str, Entry]) -> Iterator[str]:
    wanted: list[tuple[str, tuple[str, ...]]] = [(name, ("class",)) for name in c.classes(criterion)]
    wanted += [(name, ("question",)) for name in c.questions(criterion)]
    wanted += [(name, ("class", "question")) for name in c.items(criterion)]
    for name, kinds in dict.fromkeys(wanted):
        if name not in entries or entries[name].kind not in kinds:
            yield f"when: '{name}' is no {' or '.join(kinds)} of this base; add it, or correct the id"

    keys = indication_keys(entries.values())
    for key in dict.fromkeys(c.indications(criterion)):
        if keys and key not in keys:
            yield f"when: '{key}' is no indication of this base; the keys are {', '.join(keys)}"


def indication_keys(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The short keys by which a session names what is treated."""
    return tuple(key for entry in entries if entry.kind == "indication" for key in entry.data.get("keys", ()))


def _figure_faults(base: KnowledgeBase, entry: Entry, criterion: c.Criterion) -> Iterator[str]:
    for leaf in c.nodes(criterion):
        for field, number in leaf:
            if not isinstance(number, str) or not number.startswith("@"):
                continue
            yield from _figure_fault(base, entry, number[1:], _unit(base, leaf, field))
        if isinstance(leaf, c.Observation) and leaf.max_age_days is None:
            yield f"when: {leaf.class_} is compared without max_age_days; what is stale is never 'no'"


def _unit(base: KnowledgeBase, leaf: c.Criterion, field: str) -> str | None:
    """The unit that a figure in this place of a criterion must carry."""
    if isinstance(leaf, c.Age):
        return "a"
    if isinstance(leaf, c.Count):
        return "1"
    if isinstance(leaf, c.Observation) and field != "max_age_days":
        own = next((each.data.get("unit") for each in base.entries if each.id == leaf.class_), None)
        return "1" if leaf.times_upper_limit else own
    return UNIT_OF.get(field)


def _figure_fault(base: KnowledgeBase, entry: Entry, name: str, unit: str | None) -> Iterator[str]:
    named = [value for value in entry.values if value.name == name]
    if not named:
        yield f"'@{name}' is no figure of this entry; add it to values"
    for value in named:
        if value.value is None:
            yield f"the figure '{name}' has no number; a missing limit blocks. Write its value"
        if unit is not None and value.unit != unit:
            yield f"the figure '{name}' is in {value.unit} and is compared in {unit}; write it in {unit}"


def _due_faults(base: KnowledgeBase, entry: Entry, rule: c.Rule) -> Iterator[str]:
    if isinstance(rule.due_d, str):
        yield from _figure_fault(base, entry, rule.due_d[1:], "d")
    if rule.action == "TASK" and not rule.task_for:
        yield "a TASK needs task_for, the role that does it"


def _signer_faults(rule: c.Rule) -> Iterator[str]:
    if rule.action == "BLOCK-HARD" and (rule.overridden_by or rule.second_signer):
        yield "BLOCK-HARD is overridden by nobody; leave out overridden_by and second_signer"
    if rule.action == "BLOCK" and rule.overridden_by and not rule.second_signer:
        yield "a BLOCK that may be overridden names its second_signer"
    if rule.second_signer and not rule.overridden_by:
        yield "second_signer without overridden_by; name the role that proposes"


def _case_faults(entry: Entry, rule: c.Rule, criterion: c.Criterion) -> Iterator[str]:
    expected = {case.expect for case in entry.cases if isinstance(case.expect, str)}
    seen = {"fires" if word in c.ACTIONS else word for word in expected}
    for state in STATES:
        if state not in seen and (state != "unknown" or c.may_be_unknown(criterion)):
            yield f"no case expects '{state}'; add what is given where the rule answers so"
    if not expected & set(c.ACTIONS):
        yield f"no case expects its action; write 'expect: {rule.action}' in one that fires"
    for case in entry.cases:
        if case.expect not in (*STATES, *c.ACTIONS):
            yield f"case '{case.name}': expects '{case.expect}', which is no state and no action"
        if "on" not in case.given:
            yield f"case '{case.name}': say the day of the session, 'on'"


def _class_faults(entry: Entry, entries: Mapping[str, Entry]) -> Iterator[str]:
    for system in entry.data.get("codes", {}):
        if system not in CODE_SYSTEMS:
            yield f"codes: '{system}' is none of {', '.join(CODE_SYSTEMS)}"
    for name in entry.data.get("names", ()):
        if name != " ".join(str(name).lower().split()):
            yield f"names: '{name}' is not written in lower case with single spaces"
    for field, kind in (("asked_by", "question"), ("includes", "class")):
        for name in entry.data.get(field, ()):
            if name not in entries or entries[name].kind != kind:
                yield f"{field}: '{name}' is no {kind} of this base; add it, or correct the id"
    for name in entry.data.get("ruled_out", {}):
        if name not in ("sex", "pregnancy_potential"):
            yield f"ruled_out: '{name}' is neither sex nor pregnancy_potential"
    for name in entry.data.get("equivalents", {}).values():
        if all(value.name != name for value in entry.values):
            yield f"equivalents: '{name}' is no figure of this entry; add it to values"


def _question_faults(entry: Entry) -> Iterator[str]:
    if entry.data.get("adverse", "yes") not in ("yes", "no", True, False):
        yield "adverse: the answer that objects is yes or no"
    for value in entry.values:
        if value.name == "valid_d" and value.unit != "d":
            yield f"valid_d is in {value.unit}; write it in d"
