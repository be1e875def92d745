"""Writes the pages of docs/reference from the program itself, so that they cannot say anything else."""

import argparse
import ast
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from typer.main import get_command

from norket.cli import app
from norket.knowledge.manual import entry_schema, render
from norket.knowledge.reader import read
from norket.pharmacology.models.shelf import model, model_ids
from norket.therapy.session.events import COMMAND, EVENT, EXPECTS_VERSION

HERE = Path(__file__).parent / "reference"
ROOT = Path(__file__).parents[1]
POLICY = ROOT / "src" / "norket" / "record" / "access" / "policy.yaml"
SPEC = ROOT / "tests" / "spec"
MADE = "<!-- Made by script/docs. Change the program, not this page. -->"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    yield "| " + " | ".join(heads := list(heads)) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(cell(item) for item in row) + " |"


def cell(item: object) -> str:
    return " ".join(str(item).split()).replace("|", "\\|")


def code(text: object) -> str:
    return f"`{text}`"


# ---- commands ------------------------------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    yield MADE
    yield "# Commands\n"
    yield "Every command has `--help` with an example. `--json` prints one JSON document and nothing else on stdout.\n"
    for name, command in leaves("norket", get_command(app)):
        yield f"## {name}\n"
        yield f"{(command.help or '').strip()}\n"
        options = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        if options:
            yield from table(("option", "meaning", "default"), map(option, options))
            yield ""


def leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands under a group, depth first, hidden ones left out."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, child in sorted(inner.items()):
        if not child.hidden:
            yield from leaves(f"{name} {word}", child)


def option(parameter: Any) -> tuple[str, str, str]:
    """How it is written, what it means, and its default."""
    taken = f" {parameter.metavar}" if parameter.metavar else ""
    positional = parameter.param_type_name == "argument"
    names = [parameter.metavar or parameter.name.upper()] if positional else [name + taken for name in parameter.opts]
    default = parameter.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    need = "required" if parameter.required else code(default) if plain else ""
    return ", ".join(map(code, names)), getattr(parameter, "help", None) or "", need


# ---- commands and events of a session --------------------------------------------------------------------------------


def events() -> Iterator[str]:
    yield MADE
    yield "# Commands and events of a session\n"
    yield "A command asks; it is answered with events or a refusal. An event has happened and is never changed.\n"
    versioned = ", ".join(map(code, sorted(EXPECTS_VERSION)))
    yield f"These commands name the version that the caller saw (`If-Match`): {versioned}.\n"
    yield from union("Commands", COMMAND.json_schema(by_alias=True))
    yield from union("Events", EVENT.json_schema(by_alias=True))


def union(title: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {title}\n"
    shapes = schema["$defs"]
    for kind, place in sorted(schema["discriminator"]["mapping"].items()):
        shape = shapes[place.rpartition("/")[2]]
        yield f"### {kind}\n"
        if shape.get("description"):
            yield f"{cell(shape['description'])}\n"
        needed = set(shape.get("required", ()))
        fields = {name: field for name, field in shape["properties"].items() if name != "type"}
        if fields:
            rows = ((code(name), kind_of(field, shapes), need(name in needed, field)) for name, field in fields.items())
            yield from table(("field", "value", "default"), rows)
            yield ""


def need(required: bool, field: Mapping[str, Any]) -> str:
    default = field.get("default")
    return "required" if required else code(default) if isinstance(default, str | float) and default != "" else ""


def kind_of(field: Mapping[str, Any], shapes: Mapping[str, Any]) -> str:
    """A field's values in words: its choices, its type, its range."""
    if "$ref" in field:
        return kind_of(shapes[field["$ref"].rpartition("/")[2]], {}) if shapes else "object"
    if "anyOf" in field:
        return " or ".join(kind_of(each, shapes) for each in field["anyOf"] if each.get("type") != "null")
    if "enum" in field:
        return ", ".join(map(code, field["enum"]))
    if field.get("type") == "array":
        return "list of " + (
            kind_of(field["items"], shapes) if "items" in field else "two" if "prefixItems" in field else "anything"
        )
    words = {
        "exclusiveMinimum": "over {}",
        "minimum": "from {}",
        "maximum": "to {}",
        "maxLength": "at most {} characters",
    }
    limits = [phrase.format(field[key]) for key, phrase in words.items() if key in field]
    name = field.get("format") or field.get("type") or "anything"
    return " ".join([str(field.get("title", "object")) if name == "object" else name, *limits])


# ---- knowledge and models --------------------------------------------------------------------------------------------


def knowledge() -> Iterator[str]:
    yield render(read())


def models() -> Iterator[str]:
    yield MADE
    yield "# Models\n"
    for name in sorted(model_ids()):
        yield f"## {name}\n"
        yield from card(model(name).describe())
        yield ""


def card(part: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in part.items():
        word = str(key).replace("_", " ")
        if isinstance(value, Mapping):
            yield f"{indent}- {word}:"
            yield from card(value, indent + "  ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            yield f"\n{word.capitalize()}:\n"
            yield from table(
                value[0].keys(), (["" if each is None else each for each in row.values()] for row in value)
            )
            yield ""
        elif isinstance(value, list | tuple):
            yield f"{indent}- {word}: " + "; ".join(cell(item) for item in value)
        else:
            yield f"{indent}- {word}: {cell(value)}"


def schema() -> Iterator[str]:
    yield entry_schema()


# ---- access ----------------------------------------------------------------------------------------------------------


def access() -> Iterator[str]:
    yield MADE
    yield "# Who may do what\n"
    yield "The access policy, word for word. What is not listed is refused.\n"
    yield f"```yaml\n{POLICY.read_text(encoding='utf-8').strip()}\n```"


# ---- the manual that is tests ----------------------------------------------------------------------------------------


def spec() -> Iterator[str]:
    yield MADE
    yield "# What it does, sentence by sentence\n"
    yield "Every sentence here is the name of a test that `script/test` runs; the test shows exactly what is meant.\n"
    for path in sorted(SPEC.glob("test_*.py")):
        yield from sentences(path)


def sentences(path: Path) -> Iterator[str]:
    """A file of tests as prose: its docstring, its parts as headings, each test as a sentence with its docstring."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    title, _, about = (ast.get_docstring(tree) or path.stem).partition("\n\n")
    yield f"## {title.rstrip('.')}\n"
    if about:
        yield f"{about}\n"
    yield f"The tests: [{path.name}](../../{path.relative_to(ROOT).as_posix()})."
    parts = {number: each[1] for number, line in enumerate(text.splitlines(), 1) if (each := PART.match(line))}
    for part in tree.body:
        for number in [each for each in parts if each < part.lineno]:
            yield f"\n### {parts.pop(number)}\n"
        if isinstance(part, ast.FunctionDef) and part.name.startswith("test_"):
            said = part.name.removeprefix("test_").replace("_", " ")
            more = " ".join((ast.get_docstring(part) or "").split())
            yield f"- {said[0].upper()}{said[1:]}." + (f" *{more}*" if more else "")
    yield ""
    if any(isinstance(part, ast.FunctionDef) and part.name == "table" for part in tree.body):
        yield from table(*loaded(path).table())
        yield ""


def loaded(path: Path) -> Any:
    """A file of tests as a module, with what it shares with others in reach."""
    sys.path.insert(0, str(SPEC.parent))
    found = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(found)
    sys.modules[path.stem] = module
    found.loader.exec_module(module)
    return module


PART = re.compile(r"# -{4} (.+?) -{4,}$")

PAGES: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
    "commands.md": ("every `norket` command and option", commands),
    "events.md": ("commands and events of a session", events),
    "knowledge.md": ("every rule and figure, with its sources", knowledge),
    "knowledge-entry.schema.json": ("the JSON Schema of one entry of the knowledge base", schema),
    "models.md": ("the published models and where they hold", models),
    "access.md": ("who may do what", access),
    "spec.md": ("what it does, sentence by sentence, each one a test", spec),
}


def index() -> Iterator[str]:
    yield MADE
    yield "# Reference\n"
    yield "These pages are made from the program by `script/docs`; `script/check` fails when one is stale.\n"
    for name, (words, _) in PAGES.items():
        yield f"- [{name.removesuffix('.md').removesuffix('.schema.json').capitalize()}]({name}): {words}"
    yield "\nThe HTTP interface describes itself at `/api/v1/openapi.json` of a running server."


def pages() -> dict[str, str]:
    makers = {"index.md": index} | {name: maker for name, (_, maker) in PAGES.items()}
    return {name: "\n".join(maker()).strip() + "\n" for name, maker in makers.items()}


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    checking = parser.parse_args().check
    fresh, present = pages(), {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*")}
    stale = sorted(name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name))
    if checking:
        for name in stale:
            print(f"docs/reference/{name} is stale: run script/docs and commit the result", file=sys.stderr)
        return 1 if stale else 0
    HERE.mkdir(exist_ok=True)
    for name in stale:
        if name in fresh:
            (HERE / name).write_text(fresh[name], encoding="utf-8")
        else:
            (HERE / name).unlink()
        print(f"docs/reference/{name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
