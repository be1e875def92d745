"""What ketamine is used for, as typed rows: label by place and day, evidence, prerequisites, outcomes."""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from norket.knowledge import Entry, KnowledgeBase, KnowledgeError
from norket.knowledge.criteria import Drug
from norket.knowledge.entry import Certainty
from norket.therapy.cite import finding
from norket.therapy.finding import Finding, State

Label = Literal["on", "off", "unknown"]
Group = Literal["psychiatric", "addiction", "pain", "anaesthesia"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class LabelRecord(_Row):
    """Whether a regulator approved a drug for this use there, from a day on; without a day, as far back as was read."""

    drug: Drug
    jurisdiction: str
    label: Label
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    source: str = ""
    certainty: Certainty
    note: str = ""


class Evidence(_Row):
    """What a source says of the benefit, in our words, with its letter; no claim stands without one."""

    words: str
    certainty: Certainty
    source: str = ""


class Prerequisite(_Row):
    """What has to be there before a plan is signed, and the document that shows it. `adequate`: listed trials of
    treatment show it only when enough of them were adequate and failed."""

    asks: str
    document: str
    adequate: bool = False


class Indication(_Row):
    """One row. `keys` are the short names by which plans and rules mean it; `in_words` and `patient_words` are for
    patients. `research`, `hospital` and `second_opinion` say what is particular to it."""

    id: str
    keys: tuple[str, ...]
    title: str
    group: Group
    offered: bool
    in_words: str
    patient_words: str
    labels: tuple[LabelRecord, ...]
    evidence: tuple[Evidence, ...]
    prerequisites: tuple[Prerequisite, ...]
    outcomes: tuple[str, ...]
    research: bool = False
    hospital: bool = False
    second_opinion: bool = False

    def label(self, drug: Drug, jurisdiction: str, on: date) -> Label:
        """Whether `drug` is approved for this use in `jurisdiction` on the day `on`; unknown where nothing was read.

        Before the day on which an approval begins the use is off-label.
        """
        records = [r for r in self.labels if (r.drug, r.jurisdiction) == (drug, jurisdiction)]
        for record in records:
            if (record.from_ is None or record.from_ <= on) and (record.until is None or on <= record.until):
                return record.label
        return "off" if records else "unknown"


@lru_cache(maxsize=8)
def indications(base: KnowledgeBase) -> tuple[Indication, ...]:
    """Every row, in the order of the catalogue."""
    return tuple(_row(entry) for entry in base.of_kind("indication"))


def indication(base: KnowledgeBase, key: str, *, offered: bool = False) -> Indication:
    """The row that the short name `key` means; with `offered`, only one that the clinic offers.

    Raises `KnowledgeError` for a name that is none, and for a row that is not offered.
    """
    for row in indications(base):
        if key in row.keys:
            if offered and not row.offered:
                raise KnowledgeError(f"{row.title} is not offered by this clinic; choose another row")
            return row
    known = ", ".join(name for row in indications(base) for name in row.keys)
    raise KnowledgeError(f"no indication '{key}'; known are: {known}")


def unmet(row: Indication, documents: Collection[str], *, base: KnowledgeBase) -> Finding:
    """Whether what the row asks for is there; `documents` are the ids of those in force."""
    missing = [each.asks for each in row.prerequisites if each.document not in documents]
    state: State = "fires" if missing else "clear"
    why = f"{row.title} asks for: {'; '.join(missing)}." if missing else f"{row.title}: all that it asks for is there."
    return finding(base, "indications.ind_06", state, why, inputs={"missing": missing})


def _row(entry: Entry) -> Indication:
    return Indication.model_validate({"id": entry.id, **entry.data})
