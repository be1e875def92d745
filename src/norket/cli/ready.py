"""`norket ready`: from when the drug is below a level and stays so, with its probability; never a gate."""

from typing import Annotated

import typer

from norket.cli import options
from norket.cli.shared import ENGINE, JsonOption, UsageError, number, patient_of, print_json, refusing

app = typer.Typer()
UNIT = "ng/mL"
PROPOSED, ASKED = "clinic policy, a proposal to be signed", "as asked"


@app.command(rich_help_panel=ENGINE)
def ready(
    *,
    dose: options.Dose,
    weight: options.Weight,
    age: options.Age,
    sex: options.Sex,
    height: options.Height = None,
    covariate: options.Covariate = None,
    below: Annotated[
        str | None, typer.Option(metavar="'50 ng/mL'", help="The level of total ketamine; default: clinic policy.")
    ] = None,
    analyte: Annotated[
        str, typer.Option(metavar="effect_site|ketamine", help="Where it is looked for.")
    ] = "effect_site",
    site: Annotated[str | None, typer.Option(metavar="arterial|venous", help="Which plasma drives it.")] = None,
    after: Annotated[float | None, typer.Option(parser=number, metavar="MIN", help="Not before this minute.")] = None,
    model: options.Model = None,
    with_: Annotated[list[str] | None, typer.Option("--with", metavar="DRUG", help="An interacting drug.")] = None,
    draws: options.Draws = 1000,
    seed: options.Seed = 0,
    as_json: JsonOption = False,
) -> None:
    """Say from when ketamine is below a level and stays so. It never replaces the clinical gates of recovery.

    Example: norket ready --dose "0.5 mg/kg iv over 40 min" --weight 70 --age 45 --sex female --below "50 ng/mL"
    """
    import norket

    with refusing():
        from norket.pharmacology.effects import readiness_text, ready_level, ready_to_leave

        patient = patient_of(weight, age, sex, height, covariate or ())
        prediction = norket.predict(patient, dose, model=model, draws=draws, seed=seed, interactions=tuple(with_ or ()))
        level = ready_level(prediction.doses).value if below is None else _level(below)
        found = ready_to_leave(prediction, level, analyte=analyte, site=site, after_min=after)
        chosen = PROPOSED if below is None else ASKED
        if as_json:
            print_json({**found.as_dict(), "level_from": chosen})
        else:
            print("\n".join([*readiness_text(found), f"  - The level: {chosen}. Effects do not end there."]))


def _level(text: str) -> float:
    """The number of '50 ng/mL'; a level without its unit, or in another one, is refused."""
    from norket.units import parse_number

    written, space, unit = text.strip().partition(" ")
    if not space or unit.strip() != UNIT:
        raise UsageError(f"--below takes a number and its unit, such as '50 {UNIT}', not {text!r}")
    return parse_number(written)
