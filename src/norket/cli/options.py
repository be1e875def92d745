"""The options that several commands of the engine ask in the same words: the patient, the draws, the model."""

from typing import Annotated

import typer

from norket.cli.shared import number

Weight = Annotated[float, typer.Option(parser=number, metavar="KG", help="Body weight in kg.")]
Age = Annotated[float, typer.Option(parser=number, metavar="Y", help="Age in years.")]
Sex = Annotated[str, typer.Option(metavar="female|male", help="Sex.")]
Height = Annotated[float | None, typer.Option(parser=number, metavar="CM", help="Height in cm.")]
Covariate = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="A fact that a model uses. Repeatable.")
]
Dose = Annotated[list[str], typer.Option(help="A dose text, such as '0.5 mg/kg iv over 40 min'. Repeatable.")]
Model = Annotated[str | None, typer.Option(metavar="ID", help="One model instead of the default table.")]
Draws = Annotated[int, typer.Option(metavar="N", help="Virtual patients for the band.")]
Seed = Annotated[int, typer.Option(metavar="N", help="Same seed, same numbers.")]
