"""The messages of the simulated monitor: ORU^R01 in the PCD-01 form, with the table's own codes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import yaml

from norket.knowledge.reader import PACKAGED
from norket.rehearsal.scenario import ETCO2

SYSTEM = "MDC"
EUI_64 = re.compile(r"[0-9A-F]{16}", re.ASCII)
DECIMALS = {"temp_c": 1}
GAS = "CO2"  # in the labels of what is measured in the breath


@dataclass(frozen=True)
class Written:
    """How a channel is written: code and label of the value, code and label of its unit."""

    code: str
    label: str
    unit: str


@lru_cache(maxsize=2)
def channels(*, capnograph: bool = False) -> dict[str, Written]:
    """The first MDC row of each channel of the table of devices; what a capnograph reads only where there is one."""
    table = yaml.safe_load((PACKAGED / "devices.yaml").read_text(encoding="utf-8"))
    rows = sorted((row for row in table["rows"] if row["system"] == SYSTEM), key=lambda row: int(row["rank"]))
    written: dict[str, Written] = {}
    for row in rows:
        if GAS in row["label"] and not capnograph:
            continue
        unit = next(form for form in table["units"][row["units"]]["forms"] if form["system"] == SYSTEM)
        text = f"{unit['code']}^{unit['label']}^{SYSTEM}"
        written.setdefault(row["channel"], Written(str(row["code"]), row["label"], text))
    return written


def sender(device: str) -> str:
    """MSH-3: an EUI-64 with its type, any other name as it is."""
    return f"NORKET_REHEARSAL^{device}^EUI-64" if EUI_64.fullmatch(device) else device


def stamp(at: datetime) -> str:
    """A time to the millisecond with its offset."""
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03d}{at:%z}"


def oru(
    *, device: str, patient: str, message_id: str, sent_at: datetime, values: Iterable[tuple[str, Any, datetime]]
) -> bytes:
    """One message with `values` (channel, value or None, measured at). None is written as the row without a value.

    With expired CO2 among them the breathing rate is that of the capnograph.
    """
    told = list(values)
    written = channels(capnograph=any(channel == ETCO2 for channel, _, _ in told))
    lines = [
        f"MSH|^~\\&|{sender(device)}||||{stamp(sent_at)}||ORU^R01^ORU_R01|{message_id}|P|2.6"
        "|||NE|AL||UNICODE UTF-8|||PCD_DEC_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
        f"PID|||{patient}^^^^MR",
        f"OBR|1|{message_id}|{message_id}|182777000^monitoring of patient^SCT|||{stamp(sent_at)}",
    ]
    for number, (channel, value, at) in enumerate(told, start=1):
        row = written[channel]
        text = "" if value is None else f"{value:.{DECIMALS.get(channel, 0)}f}"
        name = f"{row.code}^{row.label}^{SYSTEM}"
        status = "X" if value is None else "R"
        lines.append(f"OBX|{number}|NM|{name}|1.1.1.{number}|{text}|{row.unit}|||||{status}|||{stamp(at)}")
    return ("\r".join(lines) + "\r").encode("utf-8")
