"""The words of licensed questionnaires, as a clinic that holds a licence loads them; this project ships none of them.

One YAML file for each form, named as the form (`qids_sr16.yaml`), in a folder of the clinic. A file that does not fit
its form whole is refused with every fault, so that no question is asked half in its own words.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from norket.knowledge.entry import Entry
from norket.knowledge.reader import KnowledgeBase, KnowledgeError

Words = Annotated[str, Field(min_length=1)]


class Worded(BaseModel):
    """One answer that may be chosen: its number and its words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    text: Words


class Wording(BaseModel):
    """The words of one form. `licence` says by whose leave the clinic uses them (holder, number, day). `items` are the
    questions by their code; `options` the answers that they share, `item_options` those of single questions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    licence: Words
    language: Words
    lead: str = ""
    items: dict[str, Words]
    options: tuple[Worded, ...] = ()
    item_options: dict[str, tuple[Worded, ...]] = {}


def read_wording(path: Path, base: KnowledgeBase) -> Wording:
    """The words in the file `path`, for the form that it is named after; what does not fit raises `KnowledgeError`."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        wording = Wording.model_validate(raw)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"{path.name}: cannot be read: {error}") from error
    except ValidationError as error:
        places = (".".join(map(str, each["loc"])) or "the file" for each in error.errors())
        raise KnowledgeError(
            *(f"{path.name}: {place}: {each['msg']}" for place, each in zip(places, error.errors(), strict=True))
        ) from error
    form = base.entry(f"instruments.{path.stem}")
    faults = tuple(f"{path.name}: {fault}" for fault in _faults(wording, form))
    if faults:
        raise KnowledgeError(*faults)
    return wording


def read_wordings(folder: Path, base: KnowledgeBase) -> tuple[dict[str, Wording], tuple[str, ...]]:
    """The words of every form in the folder by the short name of the form, and the faults of files that do not fit."""
    found: dict[str, Wording] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            found[path.stem] = read_wording(path, base)
        except KnowledgeError as error:
            faults += error.faults
    return found, tuple(faults)


def _faults(wording: Wording, form: Entry) -> Iterator[str]:
    items: list[Mapping[str, Any]] = form.data.get("items", [])
    codes = [item["code"] for item in items]
    if not codes:
        yield f"{form.id} takes no answers, only a total; nothing is loaded for it"
        return
    if any(item.get("text") for item in items):
        yield f"the words of {form.id} are free and shipped; take this file away"
    for code in codes:
        if code not in wording.items:
            yield f"question '{code}' has no words; write them all"
    for code in (*wording.items, *wording.item_options):
        if code not in codes:
            yield f"'{code}' is no question of {form.id}; its questions are {', '.join(codes)}"
    ranges = {value.name: value for value in form.values}
    for item in items:
        span = ranges[item.get("range", "item")]
        for option in wording.item_options.get(item["code"], wording.options):
            if not (span.low or 0) <= option.value <= (span.high or 0):
                yield f"question '{item['code']}': the answer {option.value:g} is outside its range"
