"""One OBX row: a value of a known code with its label and unit, or something named that is not charted, or a fault."""

from dataclasses import dataclass
from datetime import datetime

from norket.exchange.hl7v2.fault import Fault, shown
from norket.exchange.hl7v2.message import Segment
from norket.exchange.hl7v2.table import DeviceTable, Row, Uncharted, label_key
from norket.therapy.session.watch_events import Vital
from norket.units.number import NumberError, parse_number

TRIPLE = 3
ONCE = (2, 3, 4, 5, 6, 8, 11, 14)


@dataclass(frozen=True, slots=True)
class Observed:
    """A value that may be charted. `source` tells two sensors of one channel apart; the lowest `rank` is charted.

    `doubtful` is a value that the monitor itself questions: it is charted as an artefact and moves no alert.
    """

    channel: Vital
    value: float
    unit: str
    at: datetime
    rank: int
    source: tuple[str, str]
    doubtful: bool
    text: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row that says nothing chartable; `text` says which and why."""

    text: str


def read_row(obx: Segment, number: int, at: datetime, table: DeviceTable) -> Observed | Ignored | Fault:
    """The row as the closed table knows it. A code, label or unit that disagrees is a fault of the whole message."""
    repeated = next((field for field in ONCE if obx.repeats(field)), None)
    if repeated is not None:
        return Fault("structure", f"OBX {number}: field {repeated} repeats; one value in each row is expected.")
    row = known_row(obx, number, table)
    if not isinstance(row, Uncharted):
        return row
    name = f"OBX {number}: {row.code} {row.label}"
    status = obx.field(11)
    if status not in table.statuses.charted and status not in table.statuses.ignored:
        return Fault("status", f"{name}: OBX-11 is {shown(status)}; R, F or P is expected with a value.")
    if obx.field(5) == "" or obx.field(5) in table.absent:
        return Ignored(f"{name}: no value")
    wrong = unit_fault(obx, name, row, table)
    if wrong is not None:
        return wrong
    if status in table.statuses.ignored:
        return Ignored(f"{name}: status {status}, not charted")
    if obx.field(8) not in table.flags.charted and obx.field(8) not in table.flags.doubtful:
        return Ignored(f"{name}: marked {shown(obx.field(8))} by the monitor, not charted")
    if not isinstance(row, Row):
        return Ignored(f"{name}: not charted")
    return measured(obx, name, at, row, table)


def known_row(obx: Segment, number: int, table: DeviceTable) -> Uncharted | Ignored | Fault:
    """The row of the table that OBX-3 names by code and label, in its first or its alternate triple."""
    parts = (obx.components(3) + [""] * 2 * TRIPLE)[: 2 * TRIPLE]
    first, second = parts[:TRIPLE], parts[TRIPLE:]
    if not first[0]:
        return Fault("missing", f"OBX {number}: OBX-3 has no code.")
    found = [_row(triple, number, table) for triple in (first, second) if any(triple)]
    for one in found:
        if isinstance(one, Fault):
            return one
    rows = [one for one in found if isinstance(one, Uncharted)]
    if not rows:
        return Ignored(f"OBX {number}: {shown(obx.field(3))} is not in the table of codes")
    if len({getattr(row, "channel", None) for row in rows}) > 1:
        return Fault("label", f"OBX {number}: {shown(obx.field(3))} names two different quantities.")
    return rows[0]


def _row(triple: list[str], number: int, table: DeviceTable) -> Uncharted | Fault | None:
    code, label, system = triple
    row = table.rows.get((code, label_key(label)))
    if row is not None and system in ("", row.system):
        return row
    if code in table.codes:
        given = shown(f"{label}^{system}")
        return Fault("label", f"OBX {number}: code {code} comes with {given}, which is not its name.")
    if label_key(label) in table.labels:
        return Fault("label", f"OBX {number}: the name {shown(label)} comes with {shown(code)}, which is not its code.")
    return None


def unit_fault(obx: Segment, name: str, row: Uncharted, table: DeviceTable) -> Fault | None:
    """OBX-6 must be a known form of the row's own unit; nothing is converted."""
    parts = (obx.components(6) + [""] * 2 * TRIPLE)[: 2 * TRIPLE]
    forms = table.units[row.units]
    triples = [triple for triple in (parts[:TRIPLE], parts[TRIPLE:]) if any(triple)]
    for code, label, system in triples:
        form = forms.get(code)
        if form is None or label not in ("", form.label) or system not in ("", form.system):
            return Fault("unit", f"{name}: the unit is {shown(obx.field(6))}; one of {', '.join(forms)} is expected.")
    return None if triples else Fault("unit", f"{name}: the value has no unit; one of {', '.join(forms)} is expected.")


def measured(obx: Segment, name: str, at: datetime, row: Row, table: DeviceTable) -> Observed | Fault:
    """The number of OBX-5, inside the plausible range of its channel."""
    if obx.field(2) != "NM":
        return Fault("number", f"{name}: OBX-2 is {shown(obx.field(2))}; a number, NM, is expected.")
    try:
        value = parse_number(obx.field(5))
    except NumberError:
        return Fault("number", f"{name}: {shown(obx.field(5))} is not a plain number such as 97 or 36.8.")
    limits = table.channels[row.channel]
    if not limits.low <= value <= limits.high:
        return Fault("range", f"{name}: {value:g} {limits.unit} is outside {limits.low:g} to {limits.high:g}.")
    doubtful = obx.field(8) in table.flags.doubtful
    return Observed(row.channel, value, limits.unit, at, row.rank, (row.code, obx.field(4)), doubtful, name)
