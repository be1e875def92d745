"""`norket plan-target`: the few rate changes that hold a level, as a suggestion and never as an order."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from norket.cli import options
from norket.cli.shared import ENGINE, REFUSED, JsonOption, UsageError, number, patient_of, print_json, refusing

if TYPE_CHECKING:
    from norket.pharmacology.target import TargetPlan

app = typer.Typer()


def _limit(text: str, metavar: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(parser=number, metavar=metavar, help=text, rich_help_panel="Limits")
    return option


@app.command("plan-target", rich_help_panel=ENGINE)
def plan_target(
    *,
    target: Annotated[str, typer.Option(metavar="'N ng/mL'", help="The level to hold, such as '100 ng/mL'.")],
    weight: options.Weight,
    age: options.Age,
    sex: options.Sex,
    height: options.Height = None,
    covariate: options.Covariate = None,
    method: Annotated[
        str, typer.Option(metavar="changes|steps", help="Few changes by hand, or a rate each 10 s by a computer.")
    ] = "changes",
    site: Annotated[str, typer.Option(metavar="effect_site|plasma", help="Where the level counts.")] = "effect_site",
    enantiomer: Annotated[str, typer.Option(metavar="total|S", help="All ketamine, or S-ketamine alone.")] = "total",
    drug: Annotated[str, typer.Option(metavar="ketamine|esketamine", help="What is in the syringe.")] = "ketamine",
    model: options.Model = None,
    until: Annotated[float | None, typer.Option(parser=number, metavar="MIN", help="End of the plan.")] = None,
    by: Annotated[float | None, typer.Option(parser=number, metavar="MIN", help="In range from then on.")] = None,
    tolerance: Annotated[
        float | None, typer.Option(parser=number, metavar="PERCENT", help="Allowed deviation of the typical curve.")
    ] = None,
    wake_below: Annotated[
        str | None, typer.Option(metavar="'N ng/mL'", help="The level to be under after the stop; default: policy.")
    ] = None,
    concentration: Annotated[
        float | None, typer.Option(parser=number, metavar="MG_ML", help="Of the solution: gives rates in mL/h.")
    ] = None,
    max_rate: Annotated[float | None, _limit("Highest rate.", "MG_H")] = None,
    max_rate_kg: Annotated[float | None, _limit("Highest rate per kg of body weight.", "MG_KG_H")] = None,
    max_rate_step: Annotated[float | None, _limit("Largest change of the rate at once.", "MG_H")] = None,
    max_bolus: Annotated[float | None, _limit("Largest bolus at the start; 0 unless allowed here.", "MG")] = None,
    max_total: Annotated[float | None, _limit("All drug of the plan.", "MG")] = None,
    max_total_kg: Annotated[float | None, _limit("The same per kg of body weight.", "MG_KG")] = None,
    max_changes: Annotated[float | None, _limit("Rate changes between start and end.", "N")] = None,
    interval: Annotated[float | None, _limit("Shortest time between two changes.", "MIN")] = None,
    earliest: Annotated[float | None, _limit("Earliest change after the start.", "MIN")] = None,
    grid: Annotated[float | None, _limit("Changes fall on whole multiples of this.", "MIN")] = None,
    resolution: Annotated[
        float | None, _limit("Step of the pump: mL/h with --concentration, else mg/h.", "MG_H|ML_H")
    ] = None,
    draws: options.Draws = 1000,
    seed: options.Seed = 0,
    as_json: JsonOption = False,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the plan (.png, .svg, .pdf).")] = None,
) -> None:
    """Suggest the fewest rate changes that hold a plasma or effect-site level. A plan is never an order.

    With `--method steps` it suggests what a computer-driven pump would be told each 10 s instead.

    Limits that are not given come from the knowledge base (`norket knowledge show target.order_limits`). Where the
    limits do not allow the target, the best that they allow is shown, the limit is named, and the exit status is 2.

    Example: norket plan-target --target "100 ng/mL" --weight 70 --age 45 --sex female --concentration 1
    """
    with refusing():
        from norket.pharmacology.target import limits, plan_target

        if enantiomer not in ("total", "S"):
            raise UsageError(f"--enantiomer is 'total' or 'S', not {enantiomer!r}")
        caps = limits(
            drug,  # type: ignore[arg-type]  # checked by plan_target itself
            concentration_mg_ml=concentration,
            max_rate_mg_h=max_rate,
            max_rate_mg_kg_h=max_rate_kg,
            max_rate_step_mg_h=max_rate_step,
            max_bolus_mg=max_bolus,
            max_total_mg=max_total,
            max_total_mg_kg=max_total_kg,
            most_changes=max_changes,
            shortest_interval_min=interval,
            earliest_change_min=earliest,
            change_grid_min=grid,
            **{"rate_resolution_mg_h" if concentration is None else "rate_resolution_ml_h": resolution},
        )
        plan = plan_target(
            patient_of(weight, age, sex, height, covariate or ()),
            _level("--target", target),
            method=method,  # type: ignore[arg-type]  # checked by plan_target itself
            site=site,  # type: ignore[arg-type]  # checked by plan_target itself
            enantiomer="S" if enantiomer == "S" else "S + R",
            drug=drug,  # type: ignore[arg-type]
            model=model,
            horizon_min=until,
            in_range_by_min=by,
            tolerance=None if tolerance is None else tolerance / 100,
            limits=caps,
            wake_below_ng_ml=None if wake_below is None else _level("--wake-below", wake_below),
            draws=draws,
            seed=seed,
        )
        _show(plan, as_json=as_json, plot=plot)
    if not plan.reached:
        print("norket: the limits do not allow this target; the best that they allow is shown", file=sys.stderr)
        raise typer.Exit(REFUSED)


def _show(plan: "TargetPlan", *, as_json: bool, plot: Path | None) -> None:
    if plot is not None:
        plan.plot(plot)
    if as_json:
        print_json(plan.to_json())
    else:
        from norket.pharmacology.target.report import plan_text

        print(plan_text(plan))


def _level(option: str, text: str) -> float:
    from norket.units import parse_number

    value, blank, unit = text.partition(" ")
    if not blank or unit != "ng/mL":
        raise UsageError(f"{option} takes a number and its unit, such as '100 ng/mL', not {text!r}")
    return parse_number(value)
