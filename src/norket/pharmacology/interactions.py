"""What another drug does to ketamine: which factors on the intrinsic clearances, how sure, and what was measured.

One factor on the liver and one on the gut wall, in the structure of Ashraf 2018, give every route its own ratio: much
by mouth, little by vein. Where the measured area has more than one explanation, all of them are drawn from. Drugs that
only add to an effect change no curve and say so. Numbers: `interactions.*`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from norket import knowledge
from norket.knowledge import Entry, Value
from norket.pharmacology.doses import Dose
from norket.pharmacology.engine import solve
from norket.pharmacology.models import Model, model
from norket.pharmacology.models.system import LinearSystem
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError
from norket.units.dose_text import Route

Floats = NDArray[np.float64]
Kind = Literal["curve", "none-found", "alert-only"]
Organ = Literal["liver", "gut"]
PREFIX = "interactions."
ORGANS: tuple[Organ, ...] = ("liver", "gut")
ROUTES_MODEL = "ashraf_routes"
# The draws of factors follow the patients' seed but not their numbers.
STREAM = 1
# Peaks are read every half minute over the six hours in which every route here has its peak.
PEAK_TIMES_MIN = np.arange(0.5, 360.5, 0.5)


class _Data(BaseModel):
    """The `data` of an interaction entry, read strictly."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    drug: str
    title: str
    also_called: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    explanations: dict[str, str] = Field(default_factory=dict)
    refuted: dict[str, str] = Field(default_factory=dict)
    alert: str = ""
    said: tuple[str, ...] = ()
    not_met: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """A number with the range in which it may as well be."""

    low: float
    typical: float
    high: float

    @classmethod
    def of(cls, value: Value) -> "Span":
        """The span of a figure; one without a range is a point."""
        if value.value is None:
            raise NotCoveredError("model_not_valid", f"the figure '{value.name}' has no number")
        low = value.value if value.low is None else value.low
        high = value.value if value.high is None else value.high
        return cls(low, value.value, high)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.typical:.3g}"
        return f"{self.typical:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Observation:
    """What was measured in people by one route: ratios with over without the drug; `cmax_ratio` None if not given.

    `fitted`: the multipliers were derived from this ratio of areas, so that meeting it proves nothing.
    """

    entry: Entry = field(repr=False)
    route: Route
    auc_ratio: Span
    cmax_ratio: Span | None
    fitted: bool


@dataclass(frozen=True)
class Explanation:
    """One way to account for what was measured: multipliers of the intrinsic clearance of each organ (1: unchanged)."""

    name: str
    text: str
    liver: Span
    gut: Span


@dataclass(frozen=True)
class Interaction:
    """What is known of one drug beside ketamine.

    `explanations`: the first is the typical one; empty unless `kind` is "curve". `refuted`: what was tried and cannot
    give what was measured. `alert`: what adds up without a change of the curve. `not_met`: what was measured and this
    structure does not give, with the reason.
    """

    drug: str
    title: str
    kind: Kind
    entry: Entry = field(repr=False)
    explanations: tuple[Explanation, ...]
    refuted: tuple[Explanation, ...]
    observed: tuple[Observation, ...]
    alert: str
    said: tuple[str, ...]
    not_met: tuple[str, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything that a prediction with this drug cites."""
        return (self.entry, *(one.entry for one in self.observed))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The sentences that must stand beside a prediction with this drug."""
        alert = f"Alert, {self.title}: {self.alert}." if self.alert else ""
        if self.kind == "alert-only":
            return (
                f"{self.title}: no change of the concentration of ketamine is known; the curve is not changed.",
                alert,
            )
        return tuple(filter(None, (*self._curve_said(), *self.said, *map(_sentence, self.not_met), alert)))

    def _curve_said(self) -> tuple[str, ...]:
        if self.kind != "curve":
            return ()
        ways = "; or ".join(
            f"{one.text} (intrinsic clearance of liver x {one.liver}, of gut wall x {one.gut})"
            for one in self.explanations
        )
        seen = "; ".join(f"{one.route} area x {one.auc_ratio.typical:g}" for one in self.observed) or "none in people"
        return (
            f"With {self.title} the curve is that of the Ashraf 2018 structure with {ways}; the band draws from the "
            f"whole range. Measured: {seen}. The size of the change is this project's proposal, to be signed.",
            "Compare this curve with the same model without the drug, not with the "
            "usual models: a change of model moves levels more than most drugs do.",
        )


@dataclass(frozen=True)
class RouteRatio:
    """The ratio with over without the drug for one route, as computed, and what was measured by that route."""

    route: Route
    auc: Span
    cmax: Span
    observed: tuple[Observation, ...]


def known() -> tuple[Interaction, ...]:
    """Every interaction that the knowledge base has, in its order."""
    return _known()


def resolve(names: Sequence[str]) -> tuple[Interaction, ...]:
    """The interactions named (by drug, class or other name, in any case), each once.

    Refuses (`NotCoveredError`, `interaction_not_known`) a name that is not known, with the names that are, and two
    drugs that both change the curve: what they do together was not studied.
    """
    by_name = _by_name()
    found: dict[str, Interaction] = {}
    for name in names:
        one = by_name.get(_plain(name))
        if one is None:
            listed = ", ".join(other.drug for other in _known())
            message = f"no interaction with '{name}' is known here; known are: {listed}"
            raise NotCoveredError("interaction_not_known", message)
        found[one.drug] = one
    changing = [one.drug for one in found.values() if one.kind == "curve"]
    if len(changing) > 1:
        message = (
            f"what {' and '.join(changing)} do to ketamine together was not studied; ask for one of them at a time"
        )
        raise NotCoveredError("interaction_not_known", message)
    return tuple(found.values())


def changes_curve(interactions: Sequence[Interaction]) -> bool:
    """Whether any of them changes concentrations, so that a model with a gut wall and a liver must answer."""
    return any(one.kind == "curve" for one in interactions)


def factors(
    interactions: Sequence[Interaction], model: Model, draws: int, seed: int
) -> tuple[dict[str, float], dict[str, Floats]]:
    """By which factor each intrinsic parameter of `model` changes: typical, and (draws,) over the whole range.

    Each draw takes one of the explanations with equal chance, and a place between its low and its high that is uniform
    on the log scale, the same for both organs. Refuses (`NotCoveredError`) a model that has no intrinsic clearances.
    """
    changing = [one for one in interactions if one.kind == "curve"]
    if not changing:
        return {}, {}
    if not model.card.intrinsic:
        message = f"{model.id} has no intrinsic clearances, so it cannot take an interaction; ashraf_2018 has them"
        raise NotCoveredError("interaction_not_known", message)
    typical = {name: 1.0 for organ in ORGANS for name in model.card.intrinsic.get(organ, ())}
    drawn = {name: np.ones(draws) for name in typical}
    dice = np.random.Generator(np.random.PCG64([seed, STREAM]))
    for one in changing:
        which = dice.integers(len(one.explanations), size=draws)
        place = dice.random(draws)
        for organ in ORGANS:
            spans = [getattr(explanation, organ) for explanation in one.explanations]
            each = np.array([_between(span, place) for span in spans])[which, np.arange(draws)]
            for name in model.card.intrinsic.get(organ, ()):
                typical[name] *= spans[0].typical
                drawn[name] = drawn[name] * each
    return typical, drawn


def reference_patient(weight_kg: float | None = None) -> Patient:
    """The patient in whom routes are compared when none is named; only weight moves the ratios, and little."""
    figures = _reference()
    return Patient(figures["weight"] if weight_kg is None else weight_kg, figures["age"], "female")


def route_ratios(drug: str, patient: Patient) -> tuple[RouteRatio, ...]:
    """For each route the ratio of areas and of peaks with `drug` over without, in the typical patient of this body.

    The typical is that of the first explanation; low and high are the furthest that any explanation reaches. The vein
    gets an infusion (`interactions.reference_regimen`), the other routes one dose at once.
    """
    (one,) = resolve([drug])
    if one.kind != "curve":
        message = f"{one.title}: no change of the concentration of ketamine is known" + (
            f"; {one.alert}" * bool(one.alert)
        )
        raise NotCoveredError("interaction_not_known", message)
    structure = model(ROUTES_MODEL)
    cases = [(1.0, 1.0), *_corners(one)]
    by_organ = dict(zip(ORGANS, np.array(cases).T, strict=True))
    changed = {name: by_organ[organ] for organ in ORGANS for name in structure.card.intrinsic[organ]}
    ratios = []
    for route in structure.card.routes:
        dose = _reference_dose(route)
        structure.check(patient, [dose])
        none = np.zeros((len(cases), len(structure.varying)))
        (segment,) = structure.segments(patient, [dose], none, changed)
        areas, peaks = _areas_and_peaks(structure, segment.system, dose)
        observed = tuple(seen for seen in one.observed if seen.route == route)
        ratios.append(RouteRatio(route, _span(areas), _span(peaks), observed))
    return tuple(ratios)


def _corners(one: Interaction) -> list[tuple[float, float]]:
    """(liver, gut) of the typical case, then of both ends of every explanation."""
    typical = one.explanations[0]
    ends = [(e.liver.low, e.gut.low) for e in one.explanations] + [(e.liver.high, e.gut.high) for e in one.explanations]
    return [(typical.liver.typical, typical.gut.typical), *ends]


def _areas_and_peaks(structure: Model, system: LinearSystem, dose: Dose) -> tuple[Floats, Floats]:
    inputs = structure.inputs([dose], [0], [1.0])
    entered = sum(system.inputs[one.way] * one.amount_mg for one in inputs)
    exposure = np.linalg.solve(system.A, -np.asarray(entered)[:, :, None])[:, :, 0]
    areas = np.einsum("ij,ij->i", system.outputs["ketamine"], exposure)
    return areas, solve(system, inputs, PEAK_TIMES_MIN, 1)["ketamine"][0].max(axis=0)


def _span(numbers: Floats) -> Span:
    """Of numbers [without, typical, ends...] the ratios to the first."""
    ratios = numbers[1:] / numbers[0]
    return Span(float(ratios.min()), float(ratios[0]), float(ratios.max()))


def _reference_dose(route: Route) -> Dose:
    figures = _reference()
    return Dose(figures["amount"], route, "esketamine", duration_min=figures["infusion"] if route == "iv" else 0.0)


def _reference() -> dict[str, float]:
    entry = knowledge.read().entry(f"{PREFIX}reference_regimen")
    return {value.name: Span.of(value).typical for value in entry.values}


def _between(span: Span, place: Floats) -> Floats:
    """From low (0) to high (1), evenly on the log scale; a point stays what it is, zero too."""
    if span.low == span.high:
        return np.full(len(place), span.typical)
    found: Floats = span.low * (span.high / span.low) ** place
    return found


@cache
def _known() -> tuple[Interaction, ...]:
    base = knowledge.read()
    return tuple(_read(entry) for entry in base.entries if entry.id.startswith(PREFIX) and "drug" in entry.data)


@cache
def _by_name() -> Mapping[str, Interaction]:
    named: dict[str, Interaction] = {}
    for one in _known():
        for name in (one.drug, one.title, *_Data.model_validate(one.entry.data).also_called):
            named[_plain(name)] = one
    return named


def _plain(name: str) -> str:
    """A name as it is compared: lower case, one kind of apostrophe, single spaces."""
    return " ".join(name.casefold().replace("’", "'").replace("-", " ").split())


def _sentence(text: str) -> str:
    said = " ".join(text.split())
    return f"Not met by this structure: {said}"


def _read(entry: Entry) -> Interaction:
    data = _Data.model_validate(entry.data)
    if (data.kind == "curve") != bool(data.explanations):
        raise NotCoveredError("model_not_valid", f"{entry.id}: a drug that changes the curve needs its explanations")
    base = knowledge.read()
    return Interaction(
        drug=data.drug,
        title=data.title,
        kind=data.kind,
        entry=entry,
        explanations=tuple(_explanation(entry, name, text) for name, text in data.explanations.items()),
        refuted=tuple(_explanation(entry, name, text) for name, text in data.refuted.items()),
        observed=tuple(_observation(base.entry(one)) for one in data.observed),
        alert=data.alert,
        said=tuple(" ".join(text.split()) for text in data.said),
        not_met=data.not_met,
    )


def _explanation(entry: Entry, name: str, text: str) -> Explanation:
    liver, gut = (Span.of(_value(entry, f"{name}.{organ}")) for organ in ORGANS)
    return Explanation(name, text, liver, gut)


def _observation(entry: Entry) -> Observation:
    cmax = [Span.of(value) for value in entry.values if value.name == "cmax_ratio"]
    area = Span.of(_value(entry, "auc_ratio"))
    return Observation(entry, entry.data["route"], area, cmax[0] if cmax else None, entry.data["fitted"])


def _value(entry: Entry, name: str) -> Value:
    for value in entry.values:
        if value.name == name:
            return value
    raise NotCoveredError("model_not_valid", f"{entry.id}: the figure '{name}' is missing")
