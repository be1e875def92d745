"""The shape of one knowledge entry: a statement with its figures, units, sources, certainty and review.

The fields never change their meaning; new kinds of entry may be added.
"""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Certainty = Literal["A", "B", "C", "D", "M"]
Kind = Literal["figure", "rule", "dose", "model", "text", "class", "question", "indication", "instrument", "conflict"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Value(_Frozen):
    """One figure of an entry. `low` and `high` are its range or interval; `unit` is never empty ("1" for a ratio)."""

    name: str = "value"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = Field(min_length=1)
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    note: str = ""


class Source(_Frozen):
    """Where a statement was read: the key of a reference in `sources.yaml` and the place in it."""

    key: str
    place: str = Field(min_length=1)
    quote: str = ""


class Case(_Frozen):
    """An example that pins the entry: what is given, and what must follow (`unknown` where it cannot be known)."""

    name: str
    given: dict[str, Any]
    expect: Any


class Entry(_Frozen):
    """A statement of the knowledge base, as stored.

    `certainty`: A read in the primary source, B in its abstract or label, C in a secondary source, D this project's
    proposal, M from memory. An entry of certainty D is clinic policy: `policy` is then `to-be-signed`.
    `data` holds what is particular to the kind (the route of a dose row, the structure words of a model).
    """

    id: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
    kind: Kind
    statement: str = Field(min_length=1)
    values: tuple[Value, ...] = ()
    sources: tuple[Source, ...] = ()
    certainty: Certainty
    policy: Literal["to-be-signed"] | None = None
    signed_by: str | None = None
    review_by: date
    jurisdiction: str | None = None
    seeds: tuple[str, ...] = ()
    conflict: str = ""
    derivation: str = ""
    cases: tuple[Case, ...] = ()
    data: dict[str, Any] = Field(default_factory=dict)


class Reference(_Frozen):
    """A source that entries cite by `key`: full citation, identifier, and how it was read."""

    key: str
    citation: str = Field(min_length=1)
    doi: str = ""
    read: str = Field(min_length=1)
