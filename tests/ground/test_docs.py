"""The documents: commands that exist, links that lead somewhere, decisions without gaps."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def test_the_commands_in_the_readme_exist_and_can_be_run() -> None:
    named = set(re.findall(r"script/[a-z]+", (ROOT / "README.md").read_text()))
    assert {"script/demo", "script/test"} <= named
    assert [name for name in sorted(named) if not os.access(ROOT / name, os.X_OK)] == []


def test_the_readme_says_what_this_is_not() -> None:
    text = " ".join((ROOT / "README.md").read_text().split())
    for sentence in (
        "Not cleared or approved by any regulator.",
        "Not a substitute for a monitor, an infusion pump, or clinical judgement.",
        "Ketamine for depression and pain is off-label in most jurisdictions.",
        "The clinician must verify every dose, weight, identity and vital sign independently.",
        "No warranty.",
    ):
        assert sentence in text


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(document: Path) -> None:
    targets = [match["target"].split("#")[0] for match in LINK.finditer(document.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 6


@pytest.mark.parametrize("document", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_context_decision_and_consequences(document: Path) -> None:
    headings = re.findall(r"^## (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]


def test_every_page_of_the_manual_is_reached_from_its_first_page() -> None:
    seen, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or not page.exists() or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [
            page.parent / match["target"].split("#")[0] for match in LINK.finditer(page.read_text(encoding="utf-8"))
        ]
    assert {page.resolve() for page in (ROOT / "docs").rglob("*.md")} - seen == set()
