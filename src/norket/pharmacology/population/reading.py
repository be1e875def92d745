"""Reads a scenario from YAML: every mistake with its line, its field, what is wrong and an example that reads."""

import csv
import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from pydantic import ValidationError

from norket.pharmacology.population.scenario import Row, Scenario
from norket.pharmacology.refusals import NotCoveredError

EXAMPLES = {
    "population": "population: {source: us, female: 0.5, weight_kg: {low: 50, high: 110}, age_y: {low: 18, high: 65}}",
    "weight_kg": "weight_kg: {distribution: lognormal, mean: 80, sd: 16, low: 45, high: 150}",
    "age_y": "age_y: {distribution: normal, mean: 45, sd: 13, low: 18, high: 80}",
    "height_cm": "height_cm: {distribution: normal, mean: 170, sd: 10, low: 145, high: 200}",
    "female": "female: 0.6",
    "correlations": "correlations: [{between: [weight_kg, height_cm], value: 0.4}]",
    "covariates": "covariates: {race: {asian: 0.1, other: 0.9}}",
    "resting": "resting: {systolic_pressure: {distribution: normal, mean: 125, sd: 15, low: 95, high: 160}}",
    "protocols": 'protocols: [{name: usual, title: Usual, source: ours, sessions: [{day: 0, doses: ["56 mg oral"]}]}]',
    "sessions": 'sessions: [{days: [0, 3, 7], doses: ["0.5 mg/kg iv over 40 min"]}]',
    "doses": 'doses: ["0.5 mg/kg iv over 40 min"]',
    "weight_cap": "weight_cap: {kg: 100, source: our clinic}",
    "skip": "skip: {probability: 0.1, source: our clinic}",
    "partial": "partial: {probability: 0.1, part: 0.5, route: intranasal, source: assumed}",
    "stop": "stop: {effect: systolic_pressure, limit: 180, check_every_min: 10, source: our clinic}",
    "watch": "watch: {hours: 4, every_min: 5}",
    "thresholds": "thresholds: [{name: high, output: ketamine, level: 250, source: our clinic}]",
    "targets": "targets: [{name: peak, measure: peak, output: ketamine, at_least: 100, source: our clinic}]",
    "model": "model: otto_2021",
    "ensemble": "ensemble: [otto_2021, simons_2022]",
    "outputs": "outputs: [ketamine, norketamine]",
    "source": 'source: "Zanos 2018, Table 1"',
    "percentiles": "percentiles: [5, 50, 95]",
    "patients": "patients: 10000",
    "seed": "seed: 1",
    "title": "title: Six infusions over three weeks",
}
# What pydantic says about the choice between two kinds of a field; it is no field of the file.
KINDS = {"Spread", "BySex"}
MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_too_short": "is empty",
    "tuple_type": "is a list; put [ ] around it",
    "string_pattern_mismatch": "begins with a small letter; then small letters, digits, _ and -, 40 at most",
    "model_type": "is a group of names with values, in { }",
}


class ScenarioError(NotCoveredError):
    """A scenario that cannot be read or run; the message names the place, what is wrong, and an example."""

    def __init__(self, message: str) -> None:
        super().__init__("scenario_not_valid", message)


def read_scenario(text: str, name: str = "scenario", table: str | None = None) -> Scenario:
    """The scenario in `text` (YAML), `name` being how messages call it; `table`: the text of its clinic table (CSV).

    Raises `ScenarioError` with every mistake that was found.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        where = str(error).replace('in "<unicode string>", ', "at ")
        hint = "Is there a tab, or a text with a colon or a bracket that needs quotes?"
        raise ScenarioError(f"{name}: not YAML: {where}\n{hint}") from error
    _once(root, name)
    if not isinstance(document, dict):
        raise ScenarioError(f"{name}: a scenario is a list of names with values; it begins like this: title: …")
    population = document.get("population")
    if table is not None and isinstance(population, dict):
        document["population"] = {**population, "rows": table_rows(table, str(population.get("table")))}
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        told = [_told(one["loc"], one["type"], one["msg"], root, name) for one in _worst(error)]
        raise ScenarioError("\n".join(dict.fromkeys(told))) from error


def table_name(text: str) -> str | None:
    """Which file the population of a scenario is in, if it is in one."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        return None
    population = document.get("population") if isinstance(document, dict) else None
    found = population.get("table") if isinstance(population, dict) else None
    return found if isinstance(found, str) else None


def table_rows(text: str, name: str) -> list[Row]:
    """The patients in a CSV table with columns weight_kg, age_y, sex, and if known height_cm; others are covariates."""
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    if len(reader.fieldnames or ()) == 1 and ";" in text:
        raise ScenarioError(f"{name}: line 1: columns are parted by commas, and decimals by points; save it as CSV so")
    missing = {"weight_kg", "age_y", "sex"} - set(reader.fieldnames or ())
    if missing:
        raise ScenarioError(
            f"{name}: line 1: the columns {', '.join(sorted(missing))} are missing; a table begins with: "
            "weight_kg,age_y,sex,height_cm"
        )
    rows = [_row(line, f"{name}: line {number}") for number, line in enumerate(reader, start=2)]
    if not rows:
        raise ScenarioError(f"{name}: the table has no patients")
    for number, row in enumerate(rows, start=2):
        if (row.height_cm is None) != (rows[0].height_cm is None):
            raise ScenarioError(f"{name}: line {number}: give height_cm of everybody, or leave the column out")
    return rows


def _row(line: dict[str, Any], where: str) -> Row:
    if None in line or None in line.values():
        raise ScenarioError(f"{where}: as many values as columns are needed")
    if line["sex"] not in ("female", "male"):
        raise ScenarioError(f"{where}: sex is 'female' or 'male', not '{line['sex']}'")
    facts = {name: value for name, value in line.items() if name not in ("weight_kg", "age_y", "sex", "height_cm")}
    try:
        return Row(
            weight_kg=line["weight_kg"],
            age_y=line["age_y"],
            female=line["sex"] == "female",
            height_cm=line.get("height_cm") or None,
            covariates={name: value for name, value in facts.items() if value},
        )
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg'].lower()}, not {first['input']!r}"
        raise ScenarioError(message) from error


def _worst(error: ValidationError) -> Iterable[Any]:
    """The errors; where a field may be of two kinds, those of the kind that the file seems to mean.

    That is the kind of which fewer names are missing or not known. A list that is short only because its items are
    wrong is no mistake of its own.
    """
    found = error.errors()
    for one in found:
        loc = one["loc"]
        place = next((number for number, part in enumerate(loc) if _is_kind(part)), None)
        if place is not None and _strange(found, loc[: place + 1]) > _least_strange(found, loc[:place]):
            continue
        if one["type"] == "too_short" and any(other["loc"][: len(loc)] == loc for other in found if other is not one):
            continue
        yield one


def _strange(found: Sequence[Any], head: tuple[Any, ...]) -> int:
    own = [one for one in found if one["loc"][: len(head)] == head]
    return sum(one["type"] in ("missing", "extra_forbidden", "model_type", "dict_type") for one in own)


def _least_strange(found: Sequence[Any], head: tuple[Any, ...]) -> int:
    kinds = {one["loc"][len(head)] for one in found if one["loc"][: len(head)] == head and len(one["loc"]) > len(head)}
    return min(_strange(found, (*head, kind)) for kind in kinds)


def _told(loc: Sequence[Any], kind: str, message: str, root: yaml.Node | None, name: str) -> str:
    path = [part for part in loc if not _is_kind(part)]
    line = _line(root, path)
    field = ".".join(str(part) for part in path) or "scenario"
    said = MESSAGES.get(kind, message.removeprefix("Value error, ").replace("Input should be", "must be"))
    near = _near(path) if kind == "extra_forbidden" else ""
    example = next((EXAMPLES[part] for part in reversed(path) if part in EXAMPLES), "")
    return f"{name}: line {line}: {field}: {said}{near}" + (f"\n  for example: {example}" if example else "")


def _is_kind(part: Any) -> bool:
    """Whether a part of a place is pydantic's word for a kind, such as `dict[str,…]`."""
    return isinstance(part, str) and ("[" in part or part in ("str", "float") or part in KINDS)


def _once(root: yaml.Node | None, name: str) -> None:
    """Refuses a name that is written twice in one place: YAML would take the last one without a word."""
    seen, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if first.setdefault(str(key.value), line) != line:
                    message = f"{key.value}: is written before, on line {first[str(key.value)]}; leave one of them"
                    raise ScenarioError(f"{name}: line {line}: {message}")
                waiting.append(value)


def _near(path: Sequence[Any]) -> str:
    close = difflib.get_close_matches(str(path[-1]), EXAMPLES, 1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _line(node: yaml.Node | None, path: Sequence[Any]) -> int:
    """The line (from 1) of the deepest part of `path` that the file has."""
    line = 0 if node is None else node.start_mark.line
    for part in path:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, found = key.start_mark.line, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
            line = found.start_mark.line
        if found is None:
            break
        node = found
    return line + 1
