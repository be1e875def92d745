"""The closed grammar in which a rule says when it objects. It is read and named here; a chart is judged elsewhere.

A criterion is a mapping with exactly one key. A number is written as digits or as "@name", a figure of the rule's own
entry. Nothing else is understood: what does not parse is a fault of the knowledge base, never a rule that stays silent.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from norket.knowledge.entry import Entry

Action = Literal["BLOCK-HARD", "BLOCK", "HOLD", "WARN", "TASK", "INFO"]
Stage = Literal["screening", "tests", "medicines", "consent", "preparation", "indication"]
Sex = Literal["female", "male", "other", "unknown"]
Route = Literal["iv", "im", "sc", "intranasal", "sublingual", "oral"]
Setting = Literal["inpatient", "emergency", "outpatient", "infusion_centre", "home", "esketamine_site"]
Drug = Literal["ketamine", "esketamine"]
Competence = Literal[
    "addiction specialist",
    "anaesthetist",
    "cardiologist",
    "endocrinologist",
    "haematologist",
    "hepatologist",
    "medical director",
    "nephrologist",
    "neurologist",
    "neurosurgeon",
    "obstetrician",
    "ophthalmologist",
    "paediatrician",
    "pain specialist",
    "pharmacist",
    "prescriber",
    "psychiatrist",
    "respiratory physician",
    "urologist",
]
ACTIONS: tuple[str, ...] = get_args(Action)
STAGES: tuple[str, ...] = get_args(Stage)
RULE_FIELDS = ("stage", "code", "label", "action", "when", "resolves_by")
HOSPITAL: frozenset[Setting] = frozenset({"inpatient", "emergency"})


class CriterionError(ValueError):
    """A `when` or a rule that does not parse. `faults` says each place and what is wrong there."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def _yes_no(value: object) -> object:
    """YAML reads a bare yes or no as true or false."""
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('a number is written as digits or as "@name", a figure of the entry')
    if isinstance(value, str) and not (value.startswith("@") and value[1:].isidentifier()):
        raise ValueError(f'{value!r} is neither a number nor "@name", a figure of the entry')
    return value if isinstance(value, str) else float(value)


Status = Annotated[Literal["yes", "no", "unknown"], BeforeValidator(_yes_no)]
Number = Annotated[float | str, BeforeValidator(_number)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Compared(_Body):
    """A body that holds exactly one of its comparisons."""

    @model_validator(mode="after")
    def _one_comparison(self) -> "_Compared":
        names = [
            name for name in ("above", "at_least", "below", "at_most", "is_") if getattr(self, name, None) is not None
        ]
        if len(names) != 1:
            raise ValueError("exactly one comparison belongs here")
        return self


class Condition(_Body):
    """A diagnosis of the class: now, or with `ever` also one that has ended."""

    class_: str = Field(alias="class")
    ever: bool = False


class ConditionWithin(_Body):
    """A diagnosis of the class that began no more than `days` before the session's day."""

    class_: str = Field(alias="class")
    days: Number


class Allergy(_Body):
    """An allergy or intolerance to a member of the class."""

    class_: str = Field(alias="class")


class Observation(_Compared):
    """The latest observation of the class, compared; with `times_upper_limit` as a multiple of its own limit."""

    class_: str = Field(alias="class")
    above: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    at_most: Number | None = None
    is_: tuple[Status, ...] | None = Field(default=None, alias="is")
    times_upper_limit: bool = False
    max_age_days: Number | None = None


class Medicine(_Body):
    """A medicine of the class that is taken, above a daily amount or within days of the session's day if so written."""

    class_: str = Field(alias="class")
    daily_above: Number | None = None
    within_days: Number | None = None


class Answer(_Body):
    """The latest answer to a question is one of these."""

    question: str
    is_: tuple[Status, ...] = Field(alias="is", min_length=1)


class Age(_Compared):
    """Whole years on the session's day."""

    below: Number | None = None
    at_least: Number | None = None


class Missing(_Body):
    """No observation, answer or document of this name, or none that is young enough."""

    item: str
    max_age_days: Number | None = None


class ContextIs(_Body):
    """What the session is: every key that is written must hold one of its values."""

    route: tuple[Route, ...] | None = None
    setting: tuple[Setting, ...] | None = None
    drug: tuple[Drug, ...] | None = None
    indication: tuple[str, ...] | None = None
    first_session: tuple[bool, ...] | None = None
    day_of: tuple[bool, ...] | None = None

    @model_validator(mode="after")
    def _some_key(self) -> "ContextIs":
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError(f"name at least one of {', '.join(type(self).model_fields)} with its values")
        return self


class SexIs(_Body):
    """The recorded sex."""

    value: Sex


class PregnancyPotential(_Body):
    """Whether a pregnancy is possible, as recorded."""

    value: Status


class All(_Body):
    """Every part."""

    parts: tuple["Criterion", ...] = Field(min_length=1)


class AnyOf(_Body):
    """At least one part."""

    parts: tuple["Criterion", ...] = Field(min_length=1)


class Count(_Body):
    """At least so many of the parts."""

    at_least: Number
    parts: tuple["Criterion", ...] = Field(min_length=1)


class Not(_Body):
    """The part does not hold; what is unknown stays unknown."""

    part: "Criterion"


Leaf = (
    Condition
    | ConditionWithin
    | Allergy
    | Observation
    | Medicine
    | Answer
    | Age
    | Missing
    | ContextIs
    | SexIs
    | PregnancyPotential
)
Criterion = All | AnyOf | Count | Not | Leaf

_BODIES: Mapping[str, type[Leaf]] = {
    "condition": Condition,
    "condition_within": ConditionWithin,
    "allergy": Allergy,
    "observation": Observation,
    "medicine": Medicine,
    "answer": Answer,
    "age": Age,
    "missing": Missing,
    "context": ContextIs,
}
_WORDS: Mapping[str, type[Leaf]] = {"sex": SexIs, "pregnancy_potential": PregnancyPotential}
_GROUPS: Mapping[str, type[All | AnyOf]] = {"all": All, "any": AnyOf}
KEYS = (*_GROUPS, "count", "not", *_BODIES, *_WORDS)

for _shape in (All, AnyOf, Count, Not):
    _shape.model_rebuild()


def parse(raw: object, place: str = "when") -> Criterion:
    """The criterion that `raw` (a mapping as read from YAML) writes; anything else raises `CriterionError`."""
    if not isinstance(raw, dict) or len(raw) != 1:
        raise CriterionError(f"{place}: a criterion is a mapping with exactly one key, one of {', '.join(KEYS)}")
    ((key, body),) = raw.items()
    here = f"{place}.{key}"
    if key in _GROUPS:
        if not isinstance(body, list) or not body:
            raise CriterionError(f"{here}: takes a list of criteria")
        return _build(_GROUPS[key], {"parts": _parts(body, here)}, here)
    if key == "count":
        if not isinstance(body, dict) or set(body) != {"at_least", "of"} or not isinstance(body["of"], list):
            raise CriterionError(f"{here}: takes at_least, a number, and of, a list of criteria")
        return _build(Count, {"at_least": body["at_least"], "parts": _parts(body["of"], here)}, here)
    if key == "not":
        return Not(part=parse(body, here))
    if key in _WORDS:
        return _build(_WORDS[key], {"value": body}, here)
    if key not in _BODIES:
        raise CriterionError(f"{here}: not a criterion; write one of {', '.join(KEYS)}")
    if not isinstance(body, dict):
        raise CriterionError(f"{here}: takes a mapping of {', '.join(_fields(_BODIES[key]))}")
    return _build(_BODIES[key], body, here)


def _parts(body: list[Any], here: str) -> tuple[Criterion, ...]:
    parts: list[Criterion] = []
    faults: list[str] = []
    for number, child in enumerate(body):
        try:
            parts.append(parse(child, f"{here}.{number}"))
        except CriterionError as error:
            faults += error.faults
    if faults:
        raise CriterionError(*faults)
    return tuple(parts)


def _build(shape: type[Leaf | All | AnyOf | Count], body: Mapping[str, Any], here: str) -> Criterion:
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        faults = (f"{'.'.join([here, *map(str, each['loc'])])}: {each['msg']}" for each in error.errors())
        raise CriterionError(*faults) from error


def _fields(shape: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


# ---- what a criterion names ------------------------------------------------------------------------------------------


def leaves(criterion: Criterion) -> Iterator[Leaf]:
    """Its criteria that are no group, in the order in which they are written."""
    if isinstance(criterion, All | AnyOf | Count):
        for part in criterion.parts:
            yield from leaves(part)
    elif isinstance(criterion, Not):
        yield from leaves(criterion.part)
    else:
        yield criterion


def classes(criterion: Criterion) -> tuple[str, ...]:
    """The classes that it names."""
    return tuple(leaf.class_ for leaf in leaves(criterion) if hasattr(leaf, "class_"))


def questions(criterion: Criterion) -> tuple[str, ...]:
    """The questions whose answers it compares."""
    return tuple(leaf.question for leaf in leaves(criterion) if isinstance(leaf, Answer))


def items(criterion: Criterion) -> tuple[str, ...]:
    """What it asks to be present: classes of observations, questions, documents."""
    return tuple(leaf.item for leaf in leaves(criterion) if isinstance(leaf, Missing))


def figures(criterion: Criterion) -> tuple[str, ...]:
    """The names, without "@", of the figures that it compares with."""
    own = [number for leaf in nodes(criterion) for _, number in leaf if isinstance(number, str)]
    return tuple(number[1:] for number in own if number.startswith("@"))


def nodes(criterion: Criterion) -> Iterator[Criterion]:
    """The criterion and all that stand in it."""
    yield criterion
    parts = criterion.parts if isinstance(criterion, All | AnyOf | Count) else ()
    for part in (criterion.part,) if isinstance(criterion, Not) else parts:
        yield from nodes(part)


def indications(criterion: Criterion) -> tuple[str, ...]:
    """The keys of indications that it names."""
    named = [leaf.indication for leaf in leaves(criterion) if isinstance(leaf, ContextIs)]
    return tuple(key for keys in named for key in keys or ())


def may_be_unknown(criterion: Criterion) -> bool:
    """Whether some chart leaves it unknown: only what asks for presence alone is always known."""
    return any(not isinstance(leaf, Missing) for leaf in leaves(criterion))


# ---- the rule around it ----------------------------------------------------------------------------------------------


def _signers(value: object) -> object:
    """A list, or the words of one joined by "or"; what is written with "_" is the same word."""
    words = re.split(r",? or |, ", value) if isinstance(value, str) else value
    return tuple(str(each).strip().replace("_", " ") for each in words) if isinstance(words, list) else value


Signers = Annotated[tuple[Competence, ...], BeforeValidator(_signers)]


class Rule(BaseModel):
    """The `data` of an entry of kind `rule` that carries a `when`. Fields of one stage alone may stand beside these.

    `outpatient_action` is the action outside a hospital. `overridden_by` are the roles that may propose an override,
    `second_signer` the competences one of which a second person must have; both are empty where nobody may.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    stage: Stage
    code: str = Field(min_length=1)
    label: str = Field(min_length=1)
    action: Action
    when: Any
    resolves_by: str = Field(min_length=1)
    outpatient_action: Action | None = None
    overridden_by: Signers = ()
    second_signer: Signers = ()
    task_for: str | None = None
    due_d: Number | None = None

    @property
    def criterion(self) -> Criterion:
        """`when`, read; raises `CriterionError`."""
        return parse(self.when)


def is_rule(entry: Entry) -> bool:
    """Whether the entry is a rule of this grammar: a rule with a `when`."""
    return entry.kind == "rule" and "when" in entry.data


def rule_of(entry: Entry) -> Rule:
    """The rule that `entry.data` writes; raises `CriterionError` with every fault of its fields."""
    try:
        return Rule.model_validate(entry.data)
    except ValidationError as error:
        raise CriterionError(
            *(f"data.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        ) from error
