"""What is served to browsers: no inline script, licences beside what is others', alert colours for alerts alone."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

DESK = Path(str(files("norket.desk")))
STATIC = DESK / "static" / "norket"
TEMPLATES = sorted((DESK / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_holds_script_style_or_handlers(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag]
    assert not re.search(r"<style|\sstyle=|\son(click|load|submit|change|input)=", text)


@pytest.mark.parametrize("folder", ["htmx", "uplot"])
def test_what_is_others_has_its_licence_beside_it(folder: str) -> None:
    assert (STATIC / "vendor" / folder / "LICENSE").read_text(encoding="utf-8").strip()


def test_no_stylesheet_names_a_colour_of_its_own() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        if sheet.name != "tokens.css":
            named = set(re.findall(r"#[0-9a-f]{3,8}\b", sheet.read_text(encoding="utf-8"), re.IGNORECASE))
            assert named <= {"#fff", "#17211f", "#999", "#6b5600"}, sheet.name


def test_alert_colours_are_used_for_alerts_alone() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        for rule in re.findall(r"([^{}]+)\{([^{}]*var\(--(?:t[123]|on-t[123])\b[^{}]*)\}", sheet.read_text("utf-8")):
            assert re.search(r"tier|alert", rule[0]), rule


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def tokens(theme: int) -> dict[str, str]:
    text = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")
    both = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", text)
    alone = re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text)
    return {name: pair[theme] for name, *pair in both} | dict(alone)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"), ("ink", "surface"), ("ink-2", "paper"), ("ink-2", "surface"), ("ink-2", "sunken"),
        ("on-primary", "primary"), ("on-t3", "t3"), ("on-t2", "t2"), ("on-t1", "t1"),
        ("ketamine", "surface"), ("norketamine", "surface"), ("heart", "surface"), ("saturation", "surface"),
    ],
)  # fmt: skip
def test_text_and_curves_stand_out_from_what_is_behind_them(theme: int, ink: str, paper: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[ink], colours[paper]) >= 4.5
