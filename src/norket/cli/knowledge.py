"""`norket knowledge …`: what the knowledge base holds, and whether it holds together."""

from pathlib import Path
from typing import Annotated

import typer

from norket.cli.shared import JsonOption, UsageError, print_json, refusing

app = typer.Typer(help="The knowledge base: every rule and figure with its source.", no_args_is_help=True)
FAULTY = 1
FolderOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Another folder of knowledge files instead of the packaged one.")
]


@app.command("check")
def knowledge_check(
    folder: FolderOption = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Also name reviews that are over on this day.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read every file and say whether it holds together. Exit status 1 if it does not.

    Example: norket knowledge check --on 2027-01-31
    """
    from datetime import date

    from norket.knowledge import KnowledgeError, read
    from norket.knowledge.check import check

    with refusing():
        try:
            day = None if on is None else date.fromisoformat(on)
        except ValueError as error:
            raise UsageError(f"--on takes a day such as 2027-01-31, not {on!r}") from error
    edition, entries, unsigned = None, 0, 0
    try:
        base = read(folder)
    except KnowledgeError as error:
        faults = list(error.faults)
    else:
        faults = check(base, day)
        edition, entries = base.edition, len(base.entries)
        unsigned = sum(entry.policy is not None and entry.signed_by is None for entry in base.entries)
    if as_json:
        print_json({"edition": edition, "entries": entries, "to_be_signed": unsigned, "faults": faults})
    else:
        print("\n".join(faults) or f"{entries} entries hold together, {unsigned} to be signed; edition {edition}")
    if faults:
        raise typer.Exit(FAULTY)


@app.command("list")
def knowledge_list(
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="Only this kind: rule, dose, instrument …")] = None,
    stage: Annotated[str | None, typer.Option(metavar="STAGE", help="Only rules of this stage: screening …")] = None,
    certainty: Annotated[str | None, typer.Option(metavar="LETTER", help="Only this certainty: A, B, C or D.")] = None,
    signed: Annotated[
        bool | None, typer.Option("--signed/--unsigned", help="Only clinic policy that is, or is not, signed.")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the entries: id, kind, certainty, whether it is to be signed, and the statement.

    Example: norket knowledge list --stage screening --unsigned
    """
    from norket.knowledge import read
    from norket.knowledge.manual import Chosen, lines, summary

    with refusing():
        chosen = Chosen(kind, stage, certainty, signed)
        base = read(folder)
        if as_json:
            print_json({"edition": base.edition, "entries": summary(base, chosen)})
        else:
            print("\n".join(lines(base, chosen)))


@app.command("show")
def knowledge_show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="The id of an entry, as in the list.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one entry whole: what it does in words, figures with units, examples, sources with their places.

    Example: norket knowledge show screening.scr_05
    """
    from shutil import get_terminal_size

    from norket.knowledge import read
    from norket.knowledge.manual import document
    from norket.knowledge.printed import WIDTH, printed

    with refusing():
        base = read(folder)
        entry = base.entry(entry_id)
        if as_json:
            print_json(document(entry, base))
        else:
            print(printed(entry, base, min(WIDTH, get_terminal_size((WIDTH, 0)).columns)), end="")


@app.command("words")
def knowledge_words(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the words of licensed questionnaires.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check the words of licensed questionnaires that a clinic loads. Exit status 1 if a file does not fit its form.

    Example: norket knowledge words questionnaires
    """
    from norket.knowledge import read
    from norket.knowledge.wordings import read_wordings

    with refusing():
        if not folder.is_dir():
            raise UsageError(f"{folder} is no folder; name the one that holds the files")
        found, faults = read_wordings(folder, read())
    if as_json:
        print_json({"forms": sorted(found), "faults": list(faults)})
    else:
        print("\n".join([*(f"{name}: {one.licence}" for name, one in found.items()), *faults]) or "no files here")
    if faults:
        raise typer.Exit(FAULTY)


@app.command("schema")
def knowledge_schema() -> None:
    """Print the JSON Schema of one entry.

    Example: norket knowledge schema > docs/reference/knowledge-entry.schema.json
    """
    from norket.knowledge.manual import entry_schema

    print(entry_schema(), end="")
