"""What a device reported, free of the library that read it, and the same as an ORU^R01 message.

Nothing is judged here and nothing is left out for its value: whether a code, a unit or a number is one that may be
charted is the receiver's word. Only what the device itself says of a value (its validity) becomes a status.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from norket.exchange.hl7v2.table import DeviceTable

SYSTEM = "MDC"
# The nomenclature that a code belongs to when the device names none, and its names. Others go as they are.
NOMENCLATURES = {None: SYSTEM, "urn:oid:1.2.840.10004.1.1.1.0.0.1": SYSTEM, "urn:oid:2.16.840.1.113883.6.1": "LN"}
# Validity of BICEPS (IEEE 11073-10207): valid; questionable is charted as doubtful; all else is no measurement.
VALID, QUESTIONABLE = frozenset({"Vld", "Vldated"}), "Qst"
SEPARATORS = str.maketrans({"|": r"\F\\", "^": r"\S\\", "&": r"\T\\", "~": r"\R\\", "\\": r"\E\\"})


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a device: its code with nomenclature and name, its unit, the value as the device wrote it (None:
    none), its validity, and when it was measured by the device's clock (None: not said)."""

    handle: str
    code: str
    system: str | None
    name: str | None
    unit: str
    unit_system: str | None
    value: Decimal | None
    validity: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """Numbers of one device about one patient; `number` names it, so that it is charted once however often it comes."""

    device: str
    patient: str
    number: str
    sent_at: datetime
    metrics: tuple[Metric, ...]


def message(report: Report, table: DeviceTable) -> bytes:
    """The report as one ORU^R01; a name that the device leaves out is that of the table."""
    lines = [
        f"MSH|^~\\&|{_text(report.device)}||||{_stamp(report.sent_at)}||ORU^R01^ORU_R01|{_text(report.number)}|P|2.6"
        "|||NE|AL||UNICODE UTF-8",
        f"PID|||{_text(report.patient)}^^^^MR",
        f"OBR|1|||182777000^monitoring of patient^SCT|||{_stamp(report.sent_at)}",
        *(_row(number, metric, table) for number, metric in enumerate(report.metrics, start=1)),
    ]
    return ("\r".join(lines) + "\r").encode()


def _row(number: int, metric: Metric, table: DeviceTable) -> str:
    system = _system(metric.system)
    name = f"{_text(metric.code)}^{_text(metric.name or _label(metric.code, system, table))}^{_text(system)}"
    unit = f"{_text(metric.unit)}^^{_text(_system(metric.unit_system))}"
    known = metric.value is not None and metric.at is not None and metric.validity in (*VALID, QUESTIONABLE)
    value = format(metric.value.normalize(), "f") if metric.value is not None else ""
    flag = "QUES" if metric.validity == QUESTIONABLE else ""
    at = _stamp(metric.at) if metric.at is not None else ""
    return f"OBX|{number}|NM|{name}|{_text(metric.handle)}|{value}|{unit}||{flag}|||{'R' if known else 'X'}|||{at}"


def _system(nomenclature: str | None) -> str:
    return NOMENCLATURES.get(nomenclature, nomenclature or SYSTEM)


def _label(code: str, system: str, table: DeviceTable) -> str:
    """The name that the table gives the code; nothing for a code that it does not know."""
    named = {row.label for row in table.rows.values() if (row.code, row.system) == (code, system)}
    return min(named, default="")


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}.{at.microsecond // 1000:03d}{at:%z}"


def _text(text: str) -> str:
    """Text of a device between separators: these escaped, line ends and other controls left out."""
    return "".join(char for char in text if char.isprintable()).translate(SEPARATORS)
