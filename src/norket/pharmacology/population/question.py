"""A scenario made ready to run: models found, outputs understood, every corner of the population checked first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Literal

from norket import knowledge
from norket.knowledge import Entry, Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.effects import effect_ids, effect_model
from norket.pharmacology.effects.model import Driver, EffectModel
from norket.pharmacology.interactions import Interaction, changes_curve, resolve
from norket.pharmacology.models import Model, defaults, model
from norket.pharmacology.models.card import Choice
from norket.pharmacology.patient import Patient
from norket.pharmacology.population.people import check_correlations
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import BySex, Population, Scenario, Spread
from norket.pharmacology.population.schedule import MINUTES_PER_DAY, Schedule, schedule, unseen
from norket.pharmacology.refusals import NotCoveredError

Kind = Literal["all forms", "S", "effect"]
NOT_STATED = "not stated"
# Effects in these units are told as what is added to the value at rest.
OF_A_RISE = ("mmHg", "/min", "%")
NOT_IN_IT = (
    "In the bands and chances: differences between people, and of effects also the doubt about their typical size. Not "
    "in them: the doubt about the typical values of a model of concentrations, and a laboratory's error of measurement."
)


@dataclass(frozen=True)
class Output:
    """What is watched: an analyte of the model (all forms, or its S part), or an effect driven by ketamine."""

    name: str
    kind: Kind
    analyte: str
    effect: EffectModel | None = None

    @property
    def unit(self) -> str:
        """The unit of its curves."""
        return self.effect.unit if self.effect is not None else "ng/mL"

    @property
    def title(self) -> str:
        """Its name for people."""
        if self.effect is not None:
            return self.effect.title + (", rise" if self.unit in OF_A_RISE else "")
        return ("S-" if self.kind == "S" else "") + self.analyte.replace("_", " ")


@dataclass(frozen=True, eq=False)
class Question:
    """A scenario with its models, outputs and schedules; the same object for every block, worker and machine."""

    scenario: Scenario
    models: tuple[Model, ...]
    outputs: tuple[Output, ...]
    schedules: tuple[Schedule, ...]
    taken: tuple[tuple[Interaction, ...], ...]

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """Every other drug that somebody takes, under any protocol (`taken`: of each protocol its own)."""
        return tuple({one.drug: one for each in self.taken for one in each}.values())

    def model_of(self, block: int) -> Model:
        """Whose block it is: models take blocks in turn, so that each has the same weight."""
        return self.models[block % len(self.models)]

    @cached_property
    def effects(self) -> tuple[EffectModel, ...]:
        """Every effect that is watched or that a rule asks for."""
        named = [one.effect.id for one in self.outputs if one.effect is not None]
        named += [one.protocol.rules.stop.effect for one in self.schedules if one.protocol.rules.stop is not None]
        return tuple(effect_model(name) for name in dict.fromkeys(named))

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Everything in the knowledge base that the answer rests on."""
        found = [entry for one in self.models for entry in one.entries]
        found += [entry for effect in self.effects for entry in effect.entries]
        found += [entry for other in self.interactions for entry in other.entries]
        return tuple({entry.id: entry for entry in found}.values())

    @property
    def sources(self) -> tuple[Reference, ...]:
        """The publications behind models, effects and interactions."""
        keys = dict.fromkeys(source.key for entry in self.entries for source in entry.sources)
        known = {reference.key: reference for reference in knowledge.read().references}
        return tuple(known[key] for key in keys if key in known)

    @property
    def stated(self) -> tuple[tuple[str, str], ...]:
        """What the scenario itself states, each with the source that it names."""
        return tuple(_stated(self.scenario))

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """The sentences that must stand beside the answer."""
        said = [text for one in self.models for text in _of_model(self, one)]
        said += [text for each in self.schedules for text in _of_watch(each)]
        said += [text for one in self.interactions for text in one.warnings]
        said += [text for one in self.effects for text in one.limits]
        if len(self.models) > 1:
            names = ", ".join(one.id for one in self.models)
            said.append(f"Ensemble: {names} take blocks of 64 patients in turn; each counts the same.")
        if self.scenario.population.rows:
            said.append(_of_table(self.scenario))
        said.append(NOT_IN_IT)
        return tuple(dict.fromkeys(said))


def ask(scenario: Scenario) -> Question:
    """The scenario ready to run. Refuses (`ScenarioError`, `NotCoveredError`) what no model covers."""
    schedules = tuple(schedule(one, scenario.watch) for one in scenario.protocols)
    taken = tuple(resolve([*scenario.interactions, *one.interactions]) for one in scenario.protocols)
    interacting = any(changes_curve(one) for one in taken)
    models = _models(scenario, schedules, interacting=interacting)
    outputs = tuple(_output(name, models) for name in scenario.outputs)
    asked = Question(scenario, models, outputs, schedules, taken)
    check_correlations(scenario.population)
    _check_covariates(scenario.population, models)
    _check_levels(asked)
    for one in models:
        if interacting and not one.card.intrinsic:
            raise ScenarioError(f"interactions: {one.id} cannot take one; ashraf_2018 and ashraf_routes can")
        for each in schedules:
            for patient in corners(scenario.population, one):
                try:
                    _check(one, patient, each)
                except NotCoveredError as error:
                    raise _about_people(error) from error
    for effect in asked.effects:
        for one in models:
            driver_of(effect, one)
        for patient in corners(scenario.population, models[0]):
            effect.check(patient.age_y)
    _check_stops(scenario)
    return asked


def _models(scenario: Scenario, schedules: Sequence[Schedule], *, interacting: bool) -> tuple[Model, ...]:
    if scenario.ensemble or scenario.model is not None:
        return tuple(model(name) for name in scenario.ensemble or (scenario.model or "",))
    doses = [dose for one in schedules for dose in one.doses]
    analytes = [name.removeprefix("s_") for name in scenario.outputs if name not in effect_ids()]
    rows = defaults(doses, interacting=interacting)
    first = [row for row in rows if row.analyte == (analytes or ["ketamine"])[0]]
    able = [one for one in map(model, dict.fromkeys(row.model for row in (*first, *rows))) if _gives(one, scenario)]
    return (able[0] if able else model((*first, *rows)[0].model),)


def _gives(one: Model, scenario: Scenario) -> bool:
    """Whether a model has everything that is to be watched, and drives every effect."""
    stops = [each.rules.stop.effect for each in scenario.protocols if each.rules.stop is not None]
    effects = [effect_model(name) for name in (*scenario.outputs, *stops) if name in effect_ids()]
    others = [name for name in scenario.outputs if name not in effect_ids()]
    known = {*one.card.analytes, *(f"s_{name}" for name in one.card.analytes)}
    site = one.card.analytes.get("ketamine")
    driven = all(any(driver.site in (site, NOT_STATED) for driver in effect.drivers) for effect in effects)
    return driven and known.issuperset(others)


def _output(name: str, models: Sequence[Model]) -> Output:
    if name in effect_ids():
        return Output(name, "effect", "ketamine", effect_model(name))
    for kind, analyte in (("all forms", name), ("S", name.removeprefix("s_"))):
        if all(analyte in one.card.analytes for one in models):
            sites = {one.card.analytes[analyte] for one in models}
            if len(sites) > 1:
                message = f"outputs: the models give {analyte} at different sites ({', '.join(sorted(sites))})"
                raise ScenarioError(f"{message}; arterial and venous curves are never mixed")
            return Output(name, "S" if kind == "S" else "all forms", analyte)
    analytes = [one for one in models[0].card.analytes if all(one in other.card.analytes for other in models)]
    known = [*analytes, *(f"s_{one}" for one in analytes), *effect_ids()]
    raise ScenarioError(
        f"outputs: '{name}' is not known of {', '.join(m.id for m in models)}; known are: {', '.join(known)}"
    )


def driver_of(effect: EffectModel, one: Model) -> Driver:
    """What drives the effect in this model; refused (`NotCoveredError`) when the model has no such site."""
    site = one.card.analytes.get("ketamine")
    for driver in effect.drivers:
        if driver.site in (site, NOT_STATED):
            return driver
    sites = " or ".join(driver.site for driver in effect.drivers)
    raise NotCoveredError("analyte_not_known", f"{effect.title} is driven by {sites} ketamine; {one.id} gives {site}")


def corners(population: Population, one: Model) -> Iterator[Patient]:
    """The lightest and the heaviest at the youngest and the oldest age, and every row of a table."""
    known = one.card.covariates
    if population.rows:
        for row in population.rows:
            facts = {name: value for name, value in row.covariates.items() if name in known}
            yield Patient(row.weight_kg, row.age_y, "female" if row.female else "male", row.height_cm, facts)
        return
    ends = [(value.low, value.high) for value in (_outer(population.weight_kg), _outer(population.age_y))]
    for weight, age in product(*ends):
        for fact in _covariates(population):
            own = {name: value for name, value in fact.items() if name in known}
            yield Patient(weight, age, "female", None, own)


def _covariates(population: Population) -> list[dict[str, str | float]]:
    found: list[dict[str, str | float]] = []
    for name, kind in population.covariates.items():
        values: Sequence[str | float] = (kind.low, kind.high) if isinstance(kind, Spread) else tuple(kind)
        found += [{name: value} for value in values]
    return found or [{}]


def _outer(kind: Spread | BySex | None) -> Spread:
    if kind is None:
        raise ScenarioError("population: weight_kg and age_y are needed")
    if isinstance(kind, Spread):
        return kind
    return Spread(low=min(kind.female.low, kind.male.low), high=max(kind.female.high, kind.male.high))


def _check(one: Model, patient: Patient, each: Schedule) -> None:
    if one.card.stepped:
        message = f"{one.id} follows one course in steps of hours; the population lab needs constant parameters"
        raise NotCoveredError("times_not_covered", message)
    one.check(patient, each.doses, each.grids[-1].end_min)


def _about_people(error: NotCoveredError) -> NotCoveredError:
    """The same refusal; of a body it says what to do about it here."""
    if error.code != "patient_not_covered":
        return error
    return NotCoveredError(error.code, f"population: {error}; narrow the spread, or name another model")


def _check_covariates(population: Population, models: Sequence[Model]) -> None:
    """A fact that no model of the scenario uses is refused: it may be one that is spelled wrong."""
    known = list(dict.fromkeys(name for one in models for name in one.card.covariates))
    named = dict.fromkeys([*population.covariates, *(name for row in population.rows for name in row.covariates)])
    for name in named:
        if name not in known:
            where = population.table or "population.covariates"
            used = ", ".join(known) or "none beside weight, age, sex and height"
            raise ScenarioError(f"{where}: '{name}' is used by no model of this scenario; used are: {used}")
        numeric = any(not isinstance(one.card.covariates.get(name), Choice | None) for one in models)
        if population.rows and numeric and name not in population.columns:
            raise ScenarioError(f"{population.table}: '{name}' is a number for everybody; fill it in or leave it out")


def _check_levels(asked: Question) -> None:
    """A level of a concentration that everybody is always over is a slip of the pen."""
    effects = {one.name for one in asked.outputs if one.effect is not None}
    for one in asked.scenario.thresholds:
        if one.output not in effects and one.level <= 0:
            raise ScenarioError(f"thresholds: '{one.name}': a level of {one.output} is above zero, not {one.level:g}")


def _check_stops(scenario: Scenario) -> None:
    for protocol in scenario.protocols:
        stop = protocol.rules.stop
        if stop is None:
            continue
        if stop.effect not in effect_ids():
            known = ", ".join(effect_ids())
            raise ScenarioError(
                f"protocol '{protocol.name}': rules.stop: no effect '{stop.effect}'; known are: {known}"
            )
        if stop.effect not in scenario.population.resting:
            raise ScenarioError(
                f"protocol '{protocol.name}': rules.stop needs the value at rest, for example: population: resting: "
                f"{{{stop.effect}: {{distribution: normal, mean: 125, sd: 15, low: 95, high: 160}}}}"
            )


def _of_model(asked: Question, one: Model) -> Iterator[str]:
    """The sentences of a model about any corner of the population; what is not about all of them says so."""
    people = list(corners(asked.scenario.population, one))
    people += _in_the_middle(asked.scenario.population)
    said = [one.warnings(who, _written_for(who, each)) for each in asked.schedules for who in people]
    for text in dict.fromkeys(text for texts in said for text in texts):
        yield text if all(text in texts for texts in said) else f"Of some of these people or protocols: {text}"


def _in_the_middle(population: Population) -> list[Patient]:
    """Somebody of middle weight and age; of a table everybody is a corner already."""
    if population.weight_kg is None or population.age_y is None:
        return []
    weight, age = (_middle(kind) for kind in (population.weight_kg, population.age_y))
    return [Patient(weight, age, "female")]


def _middle(kind: Spread | BySex) -> float:
    if isinstance(kind, BySex):
        return (_middle(kind.female) + _middle(kind.male)) / 2
    return (kind.low + kind.high) / 2 if kind.mean is None else kind.mean


def _written_for(who: Patient, each: Schedule) -> list[Dose]:
    """The doses in milligrams for this weight."""
    weights = {False: 1.0, True: min(who.weight_kg, each.heaviest_kg)}
    return [replace(piece.dose, amount_mg=piece.dose.amount_mg * weights[piece.per_kg]) for piece in each.pieces]


def _of_watch(each: Schedule) -> Iterator[str]:
    late = unseen(each)
    if late:
        days = ", ".join(f"{day:g}" for day in dict.fromkeys(start // MINUTES_PER_DAY for start in late))
        yield (
            f"Protocol {each.protocol.name}: doses on day {days} are given after the watched hours. Peaks, areas and "
            "hours over or under a level know nothing of them; exposure and total do. Watch for more hours to see them."
        )


def _of_table(scenario: Scenario) -> str:
    rows, patients = len(scenario.population.rows), scenario.patients
    times = f", each about {patients / rows:,.0f} times" if patients > rows else ""
    return (
        f"The bodies are the {rows:,} rows of the table in turn{times}; an interval narrows with more virtual patients "
        "but knows of no bodies beyond the table."
    )


def _stated(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "population", scenario.population.source
    for protocol in scenario.protocols:
        yield f"protocol {protocol.name}", protocol.source
        if protocol.interactions:
            yield f"protocol {protocol.name}, also taken", ", ".join(protocol.interactions)
        if protocol.weight_cap is not None:
            yield f"protocol {protocol.name}, weight cap {protocol.weight_cap.kg:g} kg", protocol.weight_cap.source
        for name in ("skip", "partial", "stop"):
            rule = getattr(protocol.rules, name)
            if rule is not None:
                yield f"protocol {protocol.name}, rule {name}", rule.source
    for threshold in scenario.thresholds:
        yield f"threshold {threshold.name} ({threshold.level:g})", threshold.source
    for target in scenario.targets:
        yield f"target {target.name}", target.source
