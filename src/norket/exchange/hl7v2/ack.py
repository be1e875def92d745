"""The answer to a message: taken (AA), or refused with the reason in words that the sender's log can show."""

from datetime import datetime

from norket.exchange.hl7v2.fault import TABLE_0357
from norket.exchange.hl7v2.message import Separators
from norket.exchange.hl7v2.parse import Parsed, Rejected

OURS = "NORKET"
LONGEST_TEXT = 250


def ack(read: Parsed | Rejected, now: datetime) -> bytes:
    """ACK^R01 in the sender's separators: AA, or AE (content) and AR (kind of message) with an ERR segment."""
    header, signs = read.header, read.header.separators
    code = "AA" if isinstance(read, Parsed) else TABLE_0357[read.code][0]
    control = f"N{now:%Y%m%d%H%M%S%f}"
    join = signs.component.join
    msh = ["MSH", signs.encoding, OURS, header.receiving_facility, header.application, header.facility]
    msh += [f"{now:%Y%m%d%H%M%S%z}", "", join(["ACK", "R01", "ACK"]), control, header.processing, header.version]
    segments = [msh, ["MSA", code, header.message_id]]
    if isinstance(read, Rejected):
        segments.append(_error(read, signs))
    return "".join(signs.field.join(segment) + "\r" for segment in segments).encode("ascii")


def took(answer: bytes) -> bool:
    """Whether this answer of ours says AA."""
    acknowledgement = answer.split(b"\r")[1:2]
    return bool(acknowledgement) and acknowledgement[0][:3] == b"MSA" and acknowledgement[0][4:6] == b"AA"


def _error(refused: Rejected, signs: Separators) -> list[str]:
    """ERR-3 the standard's error, ERR-4 its severity, ERR-5 our code, ERR-8 the sentence for people."""
    _, number, text = TABLE_0357[refused.code]
    standard = signs.component.join([number, text, "HL70357"])
    ours = signs.component.join([refused.code, "", "99NORKET"])
    return ["ERR", "", "", standard, "E", ours, "", "", escaped(refused.why[:LONGEST_TEXT], signs)]


def escaped(text: str, signs: Separators) -> str:
    """`text` as the content of a field: separators escaped, and nothing that is not printable ASCII."""
    letters = {
        signs.escape: "E",
        signs.field: "F",
        signs.component: "S",
        signs.repetition: "R",
        signs.subcomponent: "T",
    }
    return "".join(
        f"{signs.escape}{letters[char]}{signs.escape}" if char in letters else char if " " <= char <= "~" else "?"
        for char in text
    )
