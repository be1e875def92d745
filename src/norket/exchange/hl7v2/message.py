"""The text of a message: bytes become segments and fields, or a named fault. Nothing here knows what a field means."""

import re
from dataclasses import dataclass

from norket.exchange.hl7v2.fault import Fault, shown

MAX_BYTES = 65_536
MAX_SEGMENTS = 1_000
MAX_FIELDS = 100
# Of one field, and of a whole message: each part costs time to take apart, and no monitor sends as many.
MAX_REPETITIONS = 64
MAX_COMPONENTS = 256
MAX_REPETITIONS_IN_ALL = 2_000
MAX_COMPONENTS_IN_ALL = 20_000
DEFAULT_SEPARATORS = "|^~\\&"

_LINE_END = re.compile(r"[\r\n]+")
_IN_NUMBERS = "+-."  # they stand in numbers and times
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
_ESCAPED = re.compile(r"[FSTRE]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that MSH-1 and MSH-2 declare, in their order."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str

    @property
    def encoding(self) -> str:
        return self.component + self.repetition + self.escape + self.subcomponent

    def meant(self, text: str) -> str | None:
        """`text` with its escaped separators as they were meant; None for any other escape."""
        if self.escape not in text:
            return text
        parts = text.split(self.escape)
        if len(parts) % 2 == 0:
            return None
        for place in range(1, len(parts), 2):
            if not _ESCAPED.fullmatch(parts[place]):
                return None
            parts[place] = getattr(self, _LETTERS[parts[place]])
        return "".join(parts)


_LETTERS = {"F": "field", "S": "component", "T": "subcomponent", "R": "repetition", "E": "escape"}
STANDARD = Separators(*DEFAULT_SEPARATORS)


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a message. `field(n)` is field n of the standard, empty when it is absent."""

    name: str
    fields: tuple[str, ...]
    separators: Separators

    def field(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""

    def components(self, number: int) -> list[str]:
        return self.field(number).split(self.separators.component)

    def component(self, number: int, place: int) -> str:
        parts = self.components(number)
        return parts[place - 1] if place <= len(parts) else ""

    def repetitions(self, number: int) -> list[list[str]]:
        repeated = self.field(number).split(self.separators.repetition)
        return [one.split(self.separators.component) for one in repeated]

    def repeats(self, number: int) -> bool:
        return self.separators.repetition in self.field(number)


def read_segments(raw: bytes) -> list[Segment] | Fault:
    """The segments of `raw`, the first of them MSH. Line ends may be CR, LF or both."""
    if len(raw) > MAX_BYTES:
        return Fault("size", f"The message has more than {MAX_BYTES} bytes. Send fewer rows in one message.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Fault("characters", f"Byte {error.start} is not UTF-8. Set the sender to ASCII or UNICODE UTF-8.")
    lines = [line for line in _LINE_END.split(text) if line]
    if _CONTROL.search(text):
        return Fault("characters", "The message holds a control character.")
    if len(lines) > MAX_SEGMENTS:
        return Fault("size", f"The message has {len(lines)} segments; at most {MAX_SEGMENTS} are taken.")
    separators = read_separators(lines[0]) if lines else Fault("structure", "The message is empty.")
    if isinstance(separators, Fault):
        return separators
    return _crowded(text, lines, separators) or _segments(lines, separators)


def read_separators(first: str) -> Separators | Fault:
    """What MSH-1 and MSH-2 declare: five different printable signs, a fourth or fifth one left out as by default."""
    if not first.startswith("MSH") or len(first) < len("MSH|^~\\"):
        return Fault("structure", f"The message begins with {shown(first[:8])}, not with MSH and its separators.")
    field = first[3]
    declared = first[4:].split(field, 1)[0]
    signs = field + (declared if len(declared) != len("^~\\") else declared + DEFAULT_SEPARATORS[4])
    plain = all("!" <= sign <= "~" and not sign.isalnum() and sign not in _IN_NUMBERS for sign in signs)
    if len(signs) not in (5, 6) or len(set(signs)) != len(signs) or not plain:
        return Fault("structure", f"MSH-2 declares {shown(declared)}; four different signs are expected, as in ^~\\&.")
    return Separators(*signs[:5])


def _crowded(text: str, lines: list[str], separators: Separators) -> Fault | None:
    """Why there are too many parts to take apart."""
    kinds = (
        ("repetitions", separators.repetition, MAX_REPETITIONS, MAX_REPETITIONS_IN_ALL),
        ("components", separators.component, MAX_COMPONENTS, MAX_COMPONENTS_IN_ALL),
    )
    for name, sign, most, most_in_all in kinds:
        if text.count(sign) > most_in_all:
            return Fault("size", f"The message has {text.count(sign)} {name}; at most {most_in_all} are taken.")
        for number, line in enumerate(lines, start=1):
            if line.count(sign) < most:
                continue
            found = max(field.count(sign) for field in line.split(separators.field)) + 1
            if found > most:
                return Fault("size", f"A field of segment {number} has {found} {name}; at most {most} are taken.")
    return None


def _segments(lines: list[str], separators: Separators) -> list[Segment] | Fault:
    segments = []
    for number, line in enumerate(lines, start=1):
        fields = line.split(separators.field)
        if not _NAME.fullmatch(fields[0]):
            return Fault("structure", f"Segment {number} is named {shown(fields[0])}; three capitals are expected.")
        if len(fields) > MAX_FIELDS:
            return Fault("size", f"Segment {number} has {len(fields)} fields; at most {MAX_FIELDS} are taken.")
        if number == 1:
            fields.insert(1, separators.field)
        elif fields[0] == "MSH":
            return Fault("structure", f"Segment {number} begins a second message; send each in its own frame.")
        segments.append(Segment(fields[0], tuple(fields), separators))
    return segments
