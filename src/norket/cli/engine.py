"""`norket simulate` and `norket models`: one patient's curves, and the models behind them."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from norket.cli import options
from norket.cli.shared import ENGINE, JsonOption, UsageError, number, patient_of, print_json, refusing

if TYPE_CHECKING:
    from norket.pharmacology.effects import Effects
    from norket.pharmacology.models import Model
    from norket.pharmacology.prediction import Prediction

app = typer.Typer()
MOST_TIMES = 100_000


@app.command(rich_help_panel=ENGINE)
def simulate(
    *,
    dose: options.Dose,
    weight: options.Weight,
    age: options.Age,
    sex: options.Sex,
    height: options.Height = None,
    covariate: options.Covariate = None,
    model: Annotated[
        str | None, typer.Option(metavar="ID|FILE.py", help="One model, 'all', their 'ensemble', or your own file.")
    ] = None,
    with_: Annotated[list[str] | None, typer.Option("--with", metavar="DRUG", help="An interacting drug.")] = None,
    at: Annotated[str | None, typer.Option(metavar="MINUTES,…", help="The times to show, in minutes.")] = None,
    until: Annotated[float | None, typer.Option(parser=number, metavar="H", help="Last hour to show.")] = None,
    every: Annotated[
        float | None, typer.Option(parser=number, metavar="MIN", help="Step, minutes (1 if only --until is given).")
    ] = None,
    draws: options.Draws = 1000,
    seed: options.Seed = 0,
    as_json: JsonOption = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all curves.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the curves (.png, .svg, .pdf).")] = None,
    log: Annotated[bool, typer.Option("--log", help="Draw concentrations on a logarithmic axis.")] = False,
    target: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Draw this range of concentrations. Repeatable.")
    ] = None,
    effects: Annotated[bool, typer.Option("--effects", help="Show the effects as well.")] = False,
) -> None:
    """Predict ketamine and norketamine in one patient, with the variability between patients.

    Example: norket simulate --dose "0.5 mg/kg iv over 40 min" --weight 70 --age 45 --sex female
    """
    import norket

    with refusing():
        patient = patient_of(weight, age, sex, height, covariate or ())
        times = _times(at, until, every)
        prediction = norket.predict(
            patient, dose, model=_model(model), times_min=times, draws=draws, seed=seed, interactions=tuple(with_ or ())
        )
        felt = _effects(prediction) if effects else None
        if csv_file is not None:
            _write_csv(prediction, csv_file)
        if plot is not None:
            prediction.plot(plot, log=log, targets=target or (), effects=felt)
        elif log or target:
            raise UsageError("--log and --target belong to a picture; add --plot FILE")
        if as_json:
            document = prediction.to_json()
            if felt is not None:
                document["effects"] = {name: one.as_dict() for name, one in felt.items()}
                document["effects_left_out"] = felt.left_out
            print_json(document)
        else:
            from norket.pharmacology.report import prediction_text

            print(prediction_text(prediction, every_time=times is not None, effects=felt))


def _effects(prediction: "Prediction") -> "Effects":
    from norket.pharmacology.effects import predict_effects

    return predict_effects(prediction)


@app.command(rich_help_panel=ENGINE)
def models(
    model_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show the card of this model.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the published models, or show one model's card: structure, figures, population, limits, sources.

    Example: norket models otto_2021
    """
    from norket.pharmacology import models as shelf

    with refusing():
        found: list[Model] = [shelf.model(one) for one in ([model_id] if model_id else shelf.model_ids())]
        if as_json:
            from norket.pharmacology.observed import record

            cards = [one.describe() | {"validation": record(one.id)} for one in found]
            print_json(cards[0] if model_id else cards)
        else:
            from norket.pharmacology.report import model_text, models_text

            print(model_text(found[0]) if model_id else models_text(found))


def _model(asked: str | None) -> "str | Model | None":
    """A packaged model by its id, or one from outside by its structure file."""
    import norket

    if asked is None or not asked.endswith(".py"):
        return asked
    return norket.load_model(asked, Path(asked).with_suffix(".yaml"))


def _times(at: str | None, until: float | None, every: float | None) -> list[float] | None:
    """The times asked for, in minutes; None for the default."""
    from norket.units import Duration, parse_number

    if at is not None:
        if until is not None or every is not None:
            raise UsageError("--at names the times; it does not go with --until or --every")
        return [parse_number(text) for text in at.split(",")]
    if until is None and every is None:
        return None
    step = 1.0 if every is None else every
    if until is None or until == 0 or step == 0:
        raise UsageError("--every (minutes) needs --until (hours), and both must be above zero")
    count = int(Duration.of_hours(until).minutes / step + 1e-9)
    if count > MOST_TIMES:
        raise UsageError(f"--until {until:g} --every {step:g} asks for {count} times; at most {MOST_TIMES} are shown")
    return [number * step for number in range(count + 1)]


def _write_csv(prediction: "Prediction", path: Path) -> None:
    names, rows = prediction.table()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
