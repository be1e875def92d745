"""Whatever arrives: no exception, nothing implausible, no unknown unit, no patient that was not named."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from norket.exchange.hl7v2.ack import ack
from norket.exchange.hl7v2.parse import Parsed, Rejected, parse
from norket.exchange.hl7v2.table import device_table

NOW = datetime(2026, 3, 1, 10, 15, 1, tzinfo=UTC)
TABLE = device_table()
SEEDS = [path.read_bytes() for path in sorted(Path(__file__).with_name("samples").glob("*.hl7"))]
CO2_AS_SPO2 = b"OBX|1|NM|150456^MDC_CO2_ET^MDC||35|266016^MDC_DIM_MMHG^MDC|||||R\r"
HOSTILE = [
    b"",
    b"X",
    b"D",
    b"W",
    b"N",
    b"<90",
    b">250",
    b"-",
    b"-100",
    b"1e3",
    b"9_7",
    b"NaN",
    b"inf",
    b"97,5",
    b"kPa",
    "٩٧".encode(),
    "９７".encode(),
    b"PID|||2^^^^MR\r",
    CO2_AS_SPO2,
    b"\\X0D\\",
    b"\\.br\\",
    b"\\E\\" * 50,
    b"|" * 200,
    b"^" * 200,
    b"~",
    b"&",
    b"\r",
    b"\n",
    b"\x0b",
    b"\x1c\r",
    b"\x00",
    b"MSH|^~\\&|",
    b"ISO IR87",
    b"8859/1",
    b"20269999999999+9999",
    b"+0100",
    b"9" * 400,
    b"\xff\xfe",
    b"OBR|1\r",
    b"0123456789ABCDEF^EUI-64",
    b"1000",
    b"0",
    b"300.001",
]


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Valid messages with one to six changes: bytes, fields, rows or hostile pieces put in, taken out or moved."""
    chance = random.Random(seed)
    for _ in range(count):
        raw = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randint(1, 6)):
            change(raw, chance)
        yield bytes(raw)


def change(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) + 1)
    match chance.randrange(7):
        case 0:
            raw[at : at + 1] = bytes([chance.randrange(256)])
        case 1:
            raw[at : at + chance.randint(1, 30)] = b""
        case 2:
            raw[at:at] = chance.choice(HOSTILE)
        case 3:
            start, end = raw.rfind(b"|", 0, at) + 1, raw.find(b"|", at)
            raw[start : end if end >= 0 else len(raw)] = chance.choice(HOSTILE)
        case 4:
            raw[at:at] = str(round(chance.uniform(-50, 400), chance.randrange(3))).encode()
        case 5:
            rows = bytes(raw).split(b"\n")
            chance.shuffle(rows)
            raw[:] = b"\n".join(rows[: chance.randint(1, len(rows))])
        case _:
            other = chance.choice(SEEDS)
            raw[at:] = other[chance.randrange(len(other)) :]


def judge(raw: bytes, now: datetime) -> bool:
    """Whether the message was taken; fails where something was taken that must not be."""
    found = parse(raw, now, TABLE)
    answer = ack(found, now)
    assert answer.startswith(b"MSH")
    assert answer.isascii()
    if isinstance(found, Rejected):
        assert found.why
        return False
    assert isinstance(found, Parsed)
    assert found.message_id
    assert found.sending_device
    assert found.patient_identity
    assert found.patient_identity.encode() in raw or b"\\" in raw
    for sample in found.samples:
        limits = TABLE.channels[sample.channel]
        assert limits.low <= sample.value <= limits.high
        assert sample.unit == limits.unit
        assert now - timedelta(seconds=TABLE.behind_s) <= sample.at <= now + timedelta(seconds=TABLE.ahead_s)
        assert repr(sample.value).removesuffix(".0").encode() in raw
    return True


def storm(seed: int, count: int) -> tuple[int, float]:
    """How many of `count` mutants were taken, and the most processor time that one of them needed, in seconds."""
    taken, longest = 0, 0.0
    for raw in mutants(seed, count):
        began = time.process_time()
        taken += judge(raw, NOW)
        longest = max(longest, time.process_time() - began)
    return taken, longest


def test_mutants_of_real_messages_never_raise_and_never_chart_the_implausible() -> None:
    taken, longest = storm(1, 5_000)
    assert 200 < taken < 4_000, "the mutants must reach both sides"
    assert longest < 0.5


@pytest.mark.faults
@pytest.mark.long
def test_a_million_mutants() -> None:
    for seed in range(100):
        storm(1000 + seed, 10_000)


@given(st.binary(max_size=2000))
def test_any_bytes_are_answered(raw: bytes) -> None:
    judge(raw, NOW)


@given(st.text(max_size=300), st.text(max_size=50), st.integers(0, 17))
def test_any_text_in_any_field_is_answered(text: str, other: str, field: int) -> None:
    row = ["OBX", "1", "NM", "150456^MDC_PULS_OXIM_SAT_O2^MDC", "1", "97", "%", "", "", "", "", "R", *[""] * 6]
    row[field] = text
    head = ["MSH|^~\\&|MON|||" + other + "|20260301101500+0000||ORU^R01|1|P|2.6", "PID|||1", "OBR|1", "|".join(row)]
    judge("\r".join(head).encode("utf-8", "surrogatepass"), NOW)


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(sorted({code for code, _ in TABLE.rows})))
def test_any_number_under_any_code_is_in_range_or_refused(value: float, code: str) -> None:
    row = next(row for row in TABLE.rows.values() if row.code == code)
    unit = next(iter(TABLE.units[row.units]))
    for text in (repr(value), f"{value:f}", f"{value:g}"):
        obx = f"OBX|1|NM|{code}^{row.label}^{row.system}|1|{text}|{unit}|||||F"
        judge(f"MSH|^~\\&|MON||||20260301101500+0000||ORU^R01|1|P|2.6\rPID|||1\rOBR|1\r{obx}\r".encode(), NOW)
