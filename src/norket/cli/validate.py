"""`norket validate`: every published figure against the engine."""

from pathlib import Path
from typing import Annotated

import typer

from norket.cli.shared import ENGINE, JsonOption, print_json, refusing

app = typer.Typer()
CHANGED = 1


@app.command(rich_help_panel=ENGINE)
def validate(
    as_json: JsonOption = False,
    plot: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw one picture per group of rows there.")] = None,
) -> None:
    """Compare every published figure with the engine: predicted, observed, ratio, inside or outside, and the reason.

    Rows that are missed stay in the table. The exit status is 1 when a verdict differs from the one on record.

    Example: norket validate --plot pictures
    """
    from norket.pharmacology.validate import totals
    from norket.pharmacology.validate import validate as compare

    with refusing():
        outcomes = compare()
        if plot is not None:
            from norket.pharmacology.gallery import draw_all

            draw_all(outcomes, plot)
        if as_json:
            print_json({"totals": totals(outcomes), "checks": [one.as_dict() for one in outcomes]})
        else:
            from norket.pharmacology.validation_report import validation_text

            print(validation_text(outcomes))
    if any(not one.as_expected for one in outcomes):
        raise typer.Exit(CHANGED)
