"""`norket interactions`: what other drugs do to ketamine, route by route, with what was measured."""

from pathlib import Path
from typing import Annotated

import typer

from norket.cli.shared import ENGINE, JsonOption, number, print_json, refusing

app = typer.Typer()


@app.command(rich_help_panel=ENGINE)
def interactions(
    drug: Annotated[
        str | None, typer.Argument(metavar="[DRUG]", help="One drug; without it, all that are known.")
    ] = None,
    *,
    weight: Annotated[float | None, typer.Option(parser=number, metavar="KG", help="Body weight in kg (70).")] = None,
    as_json: JsonOption = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the routes side by side.")] = None,
) -> None:
    """List the drugs whose effect on ketamine is known, or show what one of them does by each route.

    Example: norket interactions clarithromycin --weight 70
    """
    from norket.pharmacology.interaction_report import draw, interaction_document, interaction_text, interactions_text
    from norket.pharmacology.interactions import known, reference_patient, resolve

    with refusing():
        found = known() if drug is None else resolve([drug])
        patient = reference_patient(weight)
        if plot is not None:
            draw([one for one in found if one.kind == "curve"], patient, plot)
        if as_json:
            documents = [interaction_document(one, patient) for one in found]
            print_json(documents if drug is None else documents[0])
        else:
            print(interactions_text(found) if drug is None else interaction_text(found[0], patient))
