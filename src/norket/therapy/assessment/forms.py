"""Questionnaires and scales as typed forms: what is asked, in which range, and who may print the words.

A form is read from one entry of kind `instrument`. Its figures stand in the entry's values; the form names them.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.knowledge.wordings import Wording

Licence = Literal["PD", "OK-ATTR", "ASK", "NO"]
Method = Literal["items", "total", "none"]
PREFIX = "instruments."
ITEM, TOTAL = "item", "total"  # the names of the ranges of an answer and of the whole


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Frozen):
    """One answer that may be chosen: its number and its words."""

    value: float
    text: str


class After(_Frozen):
    """An item that is asked only when another was answered so."""

    item: str
    is_: float = Field(alias="is")


class Item(_Frozen):
    """One question. `text` is empty where its wording may not be shipped. `low` and `high` are the range of a whole
    number as answer. What is not `counted` is no part of the total; what is `optional` may stay unanswered.
    `loinc` is there only if it was verified; `observation` is the chart class that the answer belongs to."""

    code: str
    text: str
    low: float
    high: float
    options: tuple[Option, ...]
    counted: bool
    optional: bool
    after: After | None
    loinc: str
    observation: str


class Instrument(_Frozen):
    """One form. `method` says what is taken: the answers (`items`), a total that a clinician enters (`total`), or
    neither (`none`). `low` and `high` are the range of the total, None where it has none or it was not read.
    `loads` says what the clinic must load itself; `attribution` is printed under the form. `rules` is its scoring."""

    id: str
    label: str
    title: str
    about: str
    by: Literal["patient", "clinician"]
    recall: str
    lead: str
    licence: Licence
    attribution: str
    loads: str
    method: Method
    whole: bool
    low: float | None
    high: float | None
    items: tuple[Item, ...]
    options: tuple[Option, ...]
    loinc: dict[str, str]
    observation: str
    rules: dict[str, Any]

    def item(self, code: str) -> Item | None:
        """The question of this code, if there is one."""
        return next((each for each in self.items if each.code == code), None)


def instruments(base: KnowledgeBase) -> tuple[Instrument, ...]:
    """Every form of the base, in the order of its file."""
    return tuple(_form(base, entry.id) for entry in base.of_kind("instrument"))


def instrument(base: KnowledgeBase, name: str) -> Instrument:
    """The form `name` ("phq_9" or "instruments.phq_9"); one that is not there raises `KnowledgeError`."""
    return _form(base, name if name.startswith(PREFIX) else PREFIX + name)


def worded(form: Instrument, wording: Wording) -> Instrument:
    """The form with the words that a clinic loaded for it; scoring and codes stay as they are."""
    shared = tuple(Option(value=each.value, text=each.text) for each in wording.options) or form.options
    items = tuple(
        item.model_copy(
            update={
                "text": wording.items[item.code],
                "options": tuple(
                    Option(value=each.value, text=each.text) for each in wording.item_options.get(item.code, ())
                )
                or shared,
            }
        )
        for item in form.items
    )
    return form.model_copy(
        update={
            "items": items,
            "options": shared,
            "lead": wording.lead or form.lead,
            "loads": "",
            "attribution": wording.licence,
        }
    )


def number(base: KnowledgeBase, entry: str, name: str) -> float:
    """The figure `name` of the form, or that of another entry ("recovery.aldrete:pass_mark")."""
    other, _, figure = name.rpartition(":")
    return base.figure(other or entry, figure).value


@lru_cache(maxsize=256)
def _form(base: KnowledgeBase, id_: str) -> Instrument:
    entry = base.entry(id_)
    if entry.kind != "instrument":
        raise KnowledgeError(f"{id_} is of kind {entry.kind} and cannot be scored; see `norket knowledge list`")
    data = entry.data
    shared = _options(data)
    low, high = span(entry, TOTAL)
    return Instrument(
        id=id_,
        label=data["label"],
        title=data["title"],
        about=data["about"],
        by=data["by"],
        recall=data["recall"],
        lead=data.get("lead", ""),
        licence=data["licence"],
        attribution=data.get("attribution", ""),
        loads=data.get("loads", ""),
        method=data["entry"],
        whole=data.get("whole", True),
        low=low,
        high=high,
        items=tuple(_item(entry, each, shared) for each in data.get("items", ())),
        options=shared,
        loinc=data.get("loinc", {}),
        observation=data.get("observation", ""),
        rules={name: data[name] for name in RULES if name in data},
    )


RULES = (
    "scoring",
    "missing",
    "bands",
    "positive",
    "flags",
    "response",
    "remission",
    "meaningful",
    "change_flags",
)


def _item(entry: Entry, raw: Mapping[str, Any], shared: tuple[Option, ...]) -> Item:
    low, high = span(entry, raw.get("range", ITEM))
    if low is None or high is None:
        raise KnowledgeError(f"{entry.id}: the answers to '{raw['code']}' have no range; a missing limit blocks")
    return Item(
        code=raw["code"],
        text=raw.get("text", ""),
        low=low,
        high=high,
        options=_options(raw) if "options" in raw else shared,
        counted=raw.get("counted", True),
        optional=raw.get("optional", False),
        after=After.model_validate(raw["after"]) if "after" in raw else None,
        loinc=raw.get("loinc", ""),
        observation=raw.get("observation", ""),
    )


def _options(raw: Mapping[str, Any]) -> tuple[Option, ...]:
    return tuple(Option.model_validate(each) for each in raw.get("options", ()))


def span(entry: Entry, name: str) -> tuple[float | None, float | None]:
    """The lowest and highest number of the range `name` of a form; None where it is not written."""
    found = next((value for value in entry.values if value.name == name), None)
    return (None, None) if found is None else (found.low, found.high)
