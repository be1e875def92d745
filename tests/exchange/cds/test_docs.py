"""The how-to page says what the service does."""

import json
import re
from pathlib import Path

from django.conf import settings

from norket.exchange.cds.cards import INDICATOR
from norket.exchange.cds.hospitals import ALGORITHMS, LONGEST_LIFE_S, read
from norket.exchange.cds.services import HOOKS

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "connect-a-hospital-record.md").read_text(encoding="utf-8")


def test_every_service_is_on_the_page_with_its_hook() -> None:
    for id_, (hook, _, _) in HOOKS.items():
        assert f"| `{id_}` | `{hook}` |" in PAGE


def test_the_example_of_the_sandbox_can_be_read() -> None:
    found = re.search(r"echo '(.+)' >", PAGE)
    assert found
    assert read(found[1].encode(), "demo").sandbox


def test_the_example_of_the_settings_has_the_fields_that_are_read() -> None:
    found = re.search(r"```json\n(.+?)```", PAGE, re.DOTALL)
    assert found
    example = json.loads(found[1])
    assert set(example) == {"hospitals", "origins"}
    assert set(example["hospitals"][0]) == {"name", "issuer", "setting", "timezone", "keys"}


def test_the_figures_of_the_page_are_those_of_the_program() -> None:
    assert f"at most {settings.NORKET_CDS_MAX_SIZE:,} bytes" in PAGE
    assert "at most ten minutes" in " ".join(PAGE.split())
    assert LONGEST_LIFE_S == 600
    assert " and ".join(ALGORITHMS) in PAGE
    assert {"critical", "warning", "info"} == set(INDICATOR.values())
