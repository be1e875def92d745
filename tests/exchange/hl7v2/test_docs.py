"""The reference page says what the table says."""

from pathlib import Path

import pytest

from norket.exchange.hl7v2.fault import TABLE_0357
from norket.exchange.hl7v2.table import Row, device_table

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "hl7v2.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("row", device_table().rows.values(), ids=lambda row: f"{row.code} {row.label}")
def test_every_row_of_the_table_is_on_the_page(row: Row) -> None:
    named = [line for line in PAGE if f"`{row.code}`" in line and row.label in line]
    assert named
    if isinstance(row, Row):
        assert f"| `{row.channel}` | {row.units} | {row.rank} | {row.certainty} |" in named[0]


def test_every_range_and_every_unit_is_on_the_page() -> None:
    table = device_table()
    for channel, held in table.channels.items():
        assert f"| `{channel}` | {held.low:g} | {held.high:g} | {held.unit} |" in PAGE
    for name, forms in table.units.items():
        line = next(line for line in PAGE if line.startswith(f"| {name} |"))
        assert all(f"`{code}`" in line for code in forms)


def test_every_refusal_is_on_the_page() -> None:
    for code, (answer, number, _) in TABLE_0357.items():
        assert any(line.startswith(f"| `{answer}` | {number} | `{code}` |") for line in PAGE)
