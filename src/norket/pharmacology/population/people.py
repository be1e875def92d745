"""Draws the people of a population in blocks of 64. Patient 123,456 is the same person in every run, chunk and worker.

Chance is counted, not carried along: every block of every purpose has a stream of its own, keyed by the seed. Several
blocks are drawn at once: `blocks` are their numbers, and people come block by block.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from norket.pharmacology.models import Model
from norket.pharmacology.models.card import Choice
from norket.pharmacology.population.reading import ScenarioError
from norket.pharmacology.population.scenario import BySex, Population, Spread

Floats = NDArray[np.float64]
BLOCK = 64
BODIES = ("weight_kg", "age_y", "height_cm")


class Purpose(IntEnum):
    """What a stream of chance is for; new ones go at the end, so that the others stay what they are."""

    BODY = 0
    COVARIATE = 1
    EFFECTS = 2
    OCCASIONS = 3
    SKIPS = 4
    PARTIALS = 5


def stream(seed: int, block: int, purpose: Purpose, name: str = "") -> np.random.Generator:
    """The chance of one block of patients for one purpose (of `name`, such as a model)."""
    place = (int(purpose) << 32) + zlib.crc32(name.encode())
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, block, place]))


def uniforms(seed: int, blocks: Sequence[int], purpose: Purpose, rows: int, name: str = "") -> Floats:
    """Numbers from 0 to 1 (rows, people). More rows leave the first ones what they are."""
    return np.hstack([stream(seed, block, purpose, name).random((rows, BLOCK)) for block in blocks])


def _normals(streams: Sequence[np.random.Generator], rows: int) -> Floats:
    return np.hstack([one.standard_normal((rows, BLOCK)) for one in streams])


def seed_of(seed: int, block: int) -> int:
    """A seed of its own for each block, for what draws its own chance from one."""
    return seed + ((block + 1) << 64)


@dataclass(frozen=True, eq=False)
class People:
    """The patients of some blocks, an array for each fact. `facts` holds further covariates as models see them."""

    blocks: tuple[int, ...]
    weight_kg: Floats
    age_y: Floats
    female: Floats
    height_cm: Floats | None
    facts: Mapping[str, Floats]
    resting: Mapping[str, Floats]

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self.weight_kg)

    def body(self, model: Model) -> dict[str, float | Floats]:
        """What `build` of the model asks for."""
        found: dict[str, float | Floats] = {"weight_kg": self.weight_kg, "age_y": self.age_y, "female": self.female}
        if self.height_cm is not None:
            found["height_cm"] = self.height_cm
        for name, kind in model.card.covariates.items():
            if isinstance(kind, Choice):
                found |= {f"{name}={one}": self.facts.get(f"{name}={one}", 0.0) for one in kind.choices}
            else:
                found[name] = self.facts.get(name, kind.default)
        return found


def draw_people(population: Population, seed: int, blocks: Sequence[int]) -> People:
    """The people of some blocks: drawn, or their rows of the clinic's table."""
    body = _from_rows(population, blocks) if population.rows else {}
    names = [name for name in BODIES if getattr(population, name) is not None] + list(population.resting)
    streams = [stream(seed, block, Purpose.BODY) for block in blocks]
    uniform = np.concatenate([one.random(BLOCK) for one in streams])
    normal = _together(_normals(streams, len(names)), _correlation(population, names))
    if population.female is not None:
        body["female"] = (uniform < population.female).astype(np.float64)
    resting: dict[str, Floats] = {}
    for name, deviate in zip(names, normal, strict=True):
        kind = population.resting[name] if name in population.resting else getattr(population, name)
        value = _of(kind, deviate, body["female"])
        (resting if name in population.resting else body)[name] = value
    facts = {name: value for name, value in body.items() if name not in (*BODIES, "female")}
    facts |= _covariates(population, seed, blocks)
    height = body.get("height_cm")
    return People(tuple(blocks), body["weight_kg"], body["age_y"], body["female"], height, facts, resting)


def _from_rows(population: Population, blocks: Sequence[int]) -> dict[str, Floats]:
    numbers = np.array(blocks)[:, None] * BLOCK + np.arange(BLOCK)
    return {name: column[numbers.ravel() % len(population.rows)] for name, column in population.columns.items()}


def _covariates(population: Population, seed: int, blocks: Sequence[int]) -> dict[str, Floats]:
    facts: dict[str, Floats] = {}
    for name, kind in population.covariates.items():
        uniform = uniforms(seed, blocks, Purpose.COVARIATE, 1, name)[0]
        if isinstance(kind, Spread):
            facts[name] = quantile(kind, uniform)
            continue
        low = 0.0
        for choice, share in kind.items():
            facts[f"{name}={choice}"] = ((uniform >= low) & (uniform < low + share)).astype(np.float64)
            low += share
    return facts


def _of(kind: Spread | BySex, deviate: Floats, female: Floats) -> Floats:
    part = ndtr(deviate)
    if isinstance(kind, Spread):
        return quantile(kind, part)
    return np.where(female > 0, quantile(kind.female, part), quantile(kind.male, part))


def quantile(kind: Spread, part: Floats) -> Floats:
    """The numbers below which `part` (0 to 1) of a spread lies; its ends are never passed."""
    low, high = kind.low, kind.high
    if kind.mean is None or kind.sd is None:
        return low + part * (high - low)
    mean, sd = kind.mean, kind.sd
    logarithmic = kind.distribution == "lognormal"
    if logarithmic:
        variance = np.log1p((sd / mean) ** 2)
        low, high, mean, sd = np.log(low), np.log(high), np.log(mean) - variance / 2, np.sqrt(variance)
    below, above = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    found = mean + sd * ndtri(below + part * (above - below))
    return np.clip(np.exp(found) if logarithmic else found, kind.low, kind.high)


def _correlation(population: Population, names: list[str]) -> Floats:
    matrix = np.eye(len(names))
    for one in population.correlations:
        i, j = (names.index(name) for name in one.between)
        matrix[i, j] = matrix[j, i] = one.value
    return matrix


def check_correlations(population: Population) -> None:
    """Refuses (`ScenarioError`) correlations that cannot all hold at once."""
    names = [name for name in BODIES if getattr(population, name) is not None] + list(population.resting)
    if names and np.linalg.eigvalsh(_correlation(population, names)).min() <= 0:
        raise ScenarioError("population.correlations: they contradict each other; weaken one of them")


def _together(normal: Floats, covariance: Floats) -> Floats:
    """Independent standard normals (k, people) with this covariance, summed in one order on every machine."""
    if not len(covariance):
        return normal
    root = np.linalg.cholesky(covariance)
    found = np.zeros_like(normal)
    for i in range(len(root)):
        for j in range(i + 1):
            found[i] += root[i, j] * normal[j]
    return found


def draw_effects(model: Model, seed: int, blocks: Sequence[int], occasions: int) -> Floats:
    """Random effects (people, between patients + occasions x between occasions) of the patients of some blocks."""
    between = _normals([stream(seed, block, Purpose.EFFECTS, model.id) for block in blocks], len(model.varying))
    parts = [_together(between, model.covariance)]
    if model.occasion_varying:
        chance = [stream(seed, block, Purpose.OCCASIONS, model.id) for block in blocks]
        for _ in range(occasions):
            within = _normals(chance, len(model.occasion_varying))
            parts.append(_together(within, model.occasion_covariance))
    return np.ascontiguousarray(np.vstack(parts).T)
