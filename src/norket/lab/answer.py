"""From everybody's numbers to the answer: bands, spreads, chances of targets, what drives the spread, what differs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.interactions import Interaction
from norket.pharmacology.models import Model
from norket.pharmacology.models.figures import value_named
from norket.pharmacology.population.chunk import FACTOR
from norket.pharmacology.population.compare import difference_of_chances, paired
from norket.pharmacology.population.outcomes import MOST_RANKED, attains, ranked, sensitivities, spread_of, wilson
from norket.pharmacology.population.question import Question
from norket.pharmacology.population.scenario import OF_COURSE, Protocol, Target
from norket.pharmacology.population.schedule import Schedule

Floats = NDArray[np.float64]
Column = Callable[[str], Floats]
UNITS = {
    **{"tmax": "min", "hours_over": "h", "hours_under": "h", "total_mg": "mg"},
    **{"part_given": "", "sessions": "", "sessions_stopped": ""},
}
# The share of variance below which a factor is not listed.
SMALL = 0.005


def answer_of(
    asked: Question, bands: Floats, names: Sequence[str], column: Column, fallback: Mapping[str, int]
) -> dict[str, Any]:
    """The whole answer as plain data. `bands` (percentiles, rows); `column` reads one column of all patients."""
    scenario = asked.scenario
    outcomes = [name for name in names if not name.startswith(FACTOR)]
    return {
        "title": scenario.title,
        "question": scenario.question,
        "patients": scenario.patients,
        "seed": scenario.seed,
        "models": [one.id for one in asked.models],
        "interactions": [one.title for one in asked.interactions if all(one in each for each in asked.taken)],
        "outputs": [{"name": one.name, "title": one.title, "unit": one.unit} for one in asked.outputs],
        "studied": [one for model in asked.models for one in _studied(asked, model, column)],
        "people": {name.removeprefix(FACTOR): _spread(column(name), asked) for name in names if _is_body(name)},
        "protocols": [_protocol(asked, plan, bands, outcomes, column) for plan in asked.schedules],
        "comparisons": [
            _comparison(asked, one.protocol.name, other.protocol.name, outcomes, column)
            for one, other in combinations(asked.schedules, 2)
        ],
        "sensitivity": _sensitivity(asked, names, column),
        "thresholds": [one.model_dump() for one in scenario.thresholds],
        "fallback": dict(fallback),
        "warnings": list(asked.warnings),
        "stated": [{"what": what, "source": source} for what, source in asked.stated],
        "sources": [{"key": one.key, "citation": one.citation} for one in asked.sources],
    }


def _studied(asked: Question, model: Model, column: Column) -> Iterator[dict[str, Any]]:
    """How many people are outside what the study behind a model had in it."""
    mine = column(f"{FACTOR}model") == asked.models.index(model)
    for fact, unit in (("weight", "kg"), ("age", "y")):
        span = value_named(model.entry, f"studied_{fact}")
        if span is not None and mine.any():
            values = column(f"{FACTOR}{fact}_{unit}")[mine]
            low, high = (-np.inf if span.low is None else span.low), (np.inf if span.high is None else span.high)
            part = float(((values < low) | (values > high)).mean())
            yield {"model": model.id, "fact": fact, "unit": unit, "low": span.low, "high": span.high, "outside": part}


def _is_body(name: str) -> bool:
    return name.removeprefix(FACTOR) in ("weight_kg", "age_y", "female", "height_cm") and name.startswith(FACTOR)


def _spread(values: Floats, asked: Question) -> dict[str, float]:
    return spread_of(values, asked.scenario.percentiles)


def _protocol(
    asked: Question, plan: Schedule, bands: Floats, outcomes: Sequence[str], column: Column
) -> dict[str, Any]:
    name = plan.protocol.name
    own = [one for one in outcomes if one.startswith(f"{name}/")]
    return {
        "name": name,
        "title": plan.protocol.title,
        "on_the_way": list(_on_the_way(plan.protocol, asked.taken[asked.schedules.index(plan)])),
        "doses": [{"days": list(one.all_days), "doses": list(one.doses)} for one in plan.protocol.sessions],
        "sessions_min": list(plan.starts_min),
        "times_min": np.concatenate([grid.times_min for grid in plan.grids]).tolist(),
        "grids": [grid.count for grid in plan.grids],
        "bands": _bands(asked, plan, bands),
        "measures": [
            {"measure": one.removeprefix(f"{name}/"), "unit": _unit(asked, one), **_spread(column(one), asked)}
            for one in own
        ],
        "targets": [_target(asked, name, target, column) for target in asked.scenario.targets],
    }


def _on_the_way(protocol: Protocol, taken: Sequence[Interaction]) -> Iterator[str]:
    """What happens to the doses of a protocol beside their text, in words."""
    skip, partial, stop = protocol.rules.skip, protocol.rules.partial, protocol.rules.stop
    if taken:
        yield f"with {', '.join(one.title for one in taken)}"
    if protocol.weight_cap is not None:
        yield f"doses per kg count at most {protocol.weight_cap.kg:g} kg"
    if skip is not None:
        yield f"{100 * skip.probability:.4g}% of the {skip.each}s are missed"
    if partial is not None:
        route = f" {partial.route}" if partial.route else ""
        yield f"of {100 * partial.probability:.4g}% of the{route} doses only {100 * partial.part:.4g}% arrives"
    if stop is not None:
        name = stop.effect.replace("_", " ")
        yield f"a session ends when {name} is {stop.limit:g} or more at a check, every {stop.check_every_min:g} min"


def _bands(asked: Question, plan: Schedule, bands: Floats) -> dict[str, dict[str, list[float]]]:
    """The percentiles of each output over the watched times; rows are protocol by protocol, output by output."""
    found, at = {}, 0
    for each in asked.schedules:
        times = sum(grid.count for grid in each.grids)
        for output in asked.outputs:
            if each is plan:
                parts = zip(asked.scenario.percentiles, bands[:, at : at + times], strict=True)
                found[output.name] = {f"p{percentile:g}": part.tolist() for percentile, part in parts}
            at += times
    return found


def _unit(asked: Question, name: str) -> str:
    *place, measure = name.split("/")
    if measure in UNITS:
        return UNITS[measure]
    output = next(one for one in asked.outputs if one.name == place[-1])
    if measure == "peak":
        return output.unit
    return "ng·h/mL" if output.unit == "ng/mL" else f"{output.unit}·h" if output.unit != "1" else "h"


def measured(protocol: str, target: Target) -> str:
    """The column that a target is about."""
    if target.measure in OF_COURSE:
        return f"{protocol}/{'total_mg' if target.measure == 'total' else target.measure}"
    return f"{protocol}/{target.threshold or target.output}/{target.measure}"


def _target(asked: Question, protocol: str, target: Target, column: Column) -> dict[str, Any]:
    name = measured(protocol, target)
    met = attains(column(name), target)
    attained = int(met.sum())
    part, low, high = wilson(attained, len(met))
    by_model = {}
    if len(asked.models) > 1:
        of = column(f"{FACTOR}model")
        by_model = {
            one.id: float(met[of == number].mean()) for number, one in enumerate(asked.models) if (of == number).any()
        }
    return {
        "name": target.name,
        "measure": name.removeprefix(f"{protocol}/"),
        "unit": _unit(asked, name),
        "at_least": target.at_least,
        "at_most": target.at_most,
        "source": target.source,
        "attained": attained,
        "probability": part,
        "low": low,
        "high": high,
        "by_model": by_model,
    }


def _comparison(asked: Question, first: str, second: str, outcomes: Sequence[str], column: Column) -> dict[str, Any]:
    """Second minus first, in the same people, of everything that both have; and who attains what."""
    both = [one.removeprefix(f"{first}/") for one in outcomes if one.startswith(f"{first}/")]
    shared = [one for one in both if f"{second}/{one}" in outcomes]
    differences = [
        {
            "measure": one,
            "unit": _unit(asked, f"{first}/{one}"),
            **paired(column(f"{first}/{one}"), column(f"{second}/{one}"), asked.scenario.percentiles),
        }
        for one in shared
    ]
    targets = []
    for target in asked.scenario.targets:
        one, other = (attains(column(measured(name, target)), target) for name in (first, second))
        counts = {
            "both": one & other,
            "first_only": one & ~other,
            "second_only": other & ~one,
            "neither": ~one & ~other,
        }
        found = {name: int(who.sum()) for name, who in counts.items()}
        more, low, high = difference_of_chances(found["first_only"], found["second_only"], len(one))
        targets.append({"name": target.name, **found, "difference": more, "low": low, "high": high})
    return {"first": first, "second": second, "differences": differences, "targets": targets}


def _sensitivity(asked: Question, names: Sequence[str], column: Column) -> list[dict[str, Any]]:
    """For each model and protocol, what drives the peak and the whole exposure of each output."""
    found = []
    of = column(f"{FACTOR}model")[:MOST_RANKED]
    facts = [name for name in names if name.startswith(FACTOR) and name != f"{FACTOR}model"]
    for number, model in enumerate(asked.models):
        who = of == number
        own = {name.removeprefix(FACTOR): column(name)[:MOST_RANKED][who] for name in facts}
        drawn = ranked({name: values for name, values in own.items() if np.isfinite(values).all()})
        for plan in asked.schedules:
            given = column(f"{plan.protocol.name}/part_given")[:MOST_RANKED][who]
            factors = drawn | ranked({"part of the doses given": given})
            for name in _asked_about(asked, plan, names):
                shares, explained = sensitivities(column(name)[:MOST_RANKED][who], factors)
                listed = [one for one in shares if abs(one.share) >= SMALL]
                protocol, _, measure = name.partition("/")
                found.append(
                    {
                        "model": model.id,
                        "protocol": protocol,
                        "measure": measure,
                        "explained": explained,
                        "factors": [
                            {"factor": one.factor, "correlation": one.correlation, "share": one.share} for one in listed
                        ],
                    }
                )
    return found


def _asked_about(asked: Question, plan: Schedule, names: Sequence[str]) -> list[str]:
    wanted = [f"{plan.protocol.name}/{one.name}/{what}" for one in asked.outputs for what in ("peak", "exposure")]
    return [name for name in wanted if name in names]
