"""The closed table of devices.yaml as a reader of messages needs it: by code, by label, by form of the unit."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from norket import knowledge
from norket.knowledge.reader import PACKAGED
from norket.therapy.session.watch_events import Vital

FILE = "devices.yaml"
Certainty = Literal["A", "B", "C", "D", "M"]
Number = Annotated[float, Field(allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Reference(_Frozen):
    key: Text
    citation: Text
    read: Text


class _Cited(_Frozen):
    """What stands in the table says where it was read, or how it was reached."""

    source: str = ""
    derivation: str = ""
    certainty: Certainty

    @model_validator(mode="after")
    def _has_authority(self) -> "_Cited":
        if not (self.derivation if self.certainty == "D" else self.source):
            raise ValueError("certainty D needs a derivation, every other certainty a source")
        return self


class Channel(_Cited):
    """What a channel may hold: its unit, its plausible range (limits included), its usual interval in seconds."""

    unit: Text
    low: Number
    high: Number
    interval_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Form(_Cited):
    """One way of writing a unit."""

    code: Text
    label: Text
    system: str


class Unit(_Frozen):
    unit: Text
    forms: tuple[Form, ...]


class Uncharted(_Cited):
    """A code that is measured and known, and that has no channel here."""

    code: Text
    label: Text
    system: Text
    units: Text


class Row(Uncharted):
    """A code with the label and the unit that it must come with, and the channel that it feeds."""

    channel: Vital
    rank: int


class _Absent(_Cited):
    text: Text


class _Seconds(_Cited):
    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Clock(_Frozen):
    ahead_s: _Seconds


class Statuses(_Frozen):
    """OBX-11: with which a value is charted, and with which the row is known and left out."""

    charted: frozenset[str]
    ignored: frozenset[str]


class Flags(_Frozen):
    """OBX-8: with which a value is charted, and with which it is charted as doubtful (it moves no alert)."""

    charted: frozenset[str]
    doubtful: frozenset[str]


class _File(_Frozen):
    sources: tuple[_Reference, ...]
    channels: dict[Vital, Channel]
    clock: _Clock
    units: dict[str, Unit]
    rows: tuple[Row, ...]
    uncharted: tuple[Uncharted, ...]
    absent: tuple[_Absent, ...]
    statuses: Statuses
    flags: Flags

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "_File":
        keys = {reference.key for reference in self.sources}
        for row in (*self.rows, *self.uncharted):
            if row.units not in self.units or (row.source and row.source not in keys):
                raise ValueError(f"{row.code} {row.label}: its unit or its source is not in the file")
        for line in self.rows:
            if line.channel not in self.channels:
                raise ValueError(f"{line.code} {line.label}: {line.channel} has no range; a missing limit blocks")
            if self.channels[line.channel].unit != self.units[line.units].unit:
                raise ValueError(f"{line.code} {line.label}: the unit of the row is not the unit of its channel")
        return self


def label_key(label: str) -> str:
    """Labels are compared without regard to case: LOINC names are written in both ways, MDC names in one."""
    return label.casefold()


@dataclass(frozen=True, eq=False)
class DeviceTable:
    """The closed table: rows by (code, label), the codes and labels that are known at all, units by name."""

    rows: dict[tuple[str, str], Uncharted]
    codes: dict[str, frozenset[str]]  # code -> systems
    labels: frozenset[str]
    channels: dict[Vital, Channel]
    units: dict[str, dict[str, Form]]  # name -> code -> form
    absent: frozenset[str]
    statuses: Statuses
    flags: Flags
    warn_s: float
    ahead_s: float
    behind_s: float


def read_table(path: Path) -> DeviceTable:
    """The table in the file at `path`; a row without unit, range, source or certainty raises `ValueError`."""
    file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    rows = (*file.rows, *file.uncharted)
    by_pair = {(row.code, label_key(row.label)): row for row in rows}
    if len(by_pair) != len(rows):
        raise ValueError(f"{path.name}: a code and label stand in two rows; keep one")
    return DeviceTable(
        rows=by_pair,
        codes={row.code: frozenset(one.system for one in rows if one.code == row.code) for row in rows},
        labels=frozenset(label_key(row.label) for row in rows),
        channels=file.channels,
        units={name: {form.code: form for form in unit.forms} for name, unit in file.units.items()},
        absent=frozenset(absent.text for absent in file.absent),
        statuses=file.statuses,
        flags=file.flags,
        warn_s=knowledge.read().figure("monitoring.device_clock", "skew_s").value,
        ahead_s=file.clock.ahead_s.value,
        behind_s=knowledge.read().figure("monitoring.device_clock", "behind_s").value,
    )


@lru_cache(maxsize=1)
def device_table() -> DeviceTable:
    """The packaged table, read once."""
    return read_table(PACKAGED / FILE)
