"""`norket update`: one patient's own parameters from what was measured."""

from pathlib import Path
from typing import Annotated

import typer

from norket.cli import options
from norket.cli.shared import ENGINE, JsonOption, UsageError, number, patient_of, print_json, refusing

app = typer.Typer()


@app.command(rich_help_panel=ENGINE)
def update(
    *,
    dose: options.Dose,
    level: Annotated[
        list[str] | None,
        typer.Option(help="A level: 'ketamine 120 ng/mL venous at 45 min assay 10 %'. Repeatable."),
    ] = None,
    score: Annotated[
        list[str] | None,
        typer.Option(help="An effect: 'systolic_pressure 18 mmHg at 40 min' (the rise above rest). Repeatable."),
    ] = None,
    weight: options.Weight,
    age: options.Age,
    sex: options.Sex,
    height: options.Height = None,
    covariate: options.Covariate = None,
    model: options.Model = None,
    draws: Annotated[int, typer.Option(metavar="N", help="Draws of the posterior.")] = 10_000,
    seed: options.Seed = 0,
    as_json: JsonOption = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw both bands (.png, .svg, .pdf).")] = None,
    until: Annotated[float | None, typer.Option(parser=number, metavar="H", help="Last hour of the plot.")] = None,
) -> None:
    """Learn one patient's parameters from measured levels and effects, and say what each of them taught.

    Example: norket update --dose "0.5 mg/kg iv over 40 min" --level "ketamine 120 ng/mL venous at 45 min"
    --weight 70 --age 45 --sex female
    """
    import norket
    from norket.pharmacology.individual.text import ObservationTextError

    with refusing():
        if until is not None and plot is None:
            raise UsageError("--until goes with --plot")
        patient = patient_of(weight, age, sex, height, covariate or ())
        try:
            observed = [norket.Observation.parse_level(text) for text in level or ()]
            observed += [norket.Observation.parse_score(text) for text in score or ()]
        except ObservationTextError as error:
            raise UsageError(str(error)) from error
        posterior = norket.update(patient, dose, observed, model=model, draws=draws, seed=seed)
        if plot is not None:
            posterior.plot(plot, until_min=None if until is None else _minutes(until))
        if as_json:
            print_json(posterior.to_json())
        else:
            from norket.pharmacology.individual.report import update_text

            print(update_text(posterior))


def _minutes(hours: float) -> float:
    from norket.units import Duration

    return Duration.of_hours(hours).minutes
