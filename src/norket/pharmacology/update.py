"""From what was measured in one patient to that patient's own parameters: mode, posterior, and what taught it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket import knowledge
from norket.knowledge import Reference
from norket.pharmacology.doses import Dose
from norket.pharmacology.individual.answers import NOT_STATED, answer, choose
from norket.pharmacology.individual.joint import Answer, Joint, model_keys
from norket.pharmacology.individual.mode import FARTHEST, Mode, find_mode
from norket.pharmacology.individual.observation import Observation
from norket.pharmacology.individual.parameters import parameters
from norket.pharmacology.individual.posterior import Posterior
from norket.pharmacology.individual.rest import Key
from norket.pharmacology.individual.sampling import Sample, adapted, importance
from norket.pharmacology.individual.taught import Taught, conflicts, taught
from norket.pharmacology.individual.tempered import tempered
from norket.pharmacology.models import Model
from norket.pharmacology.models import model as packaged
from norket.pharmacology.patient import Patient
from norket.pharmacology.refusals import NotCoveredError

Floats = NDArray[np.float64]
FEWEST_DRAWS, MOST_DRAWS = 500, 1_000_000
# Below this part of the draws the tempered sampler has not answered either.
TEMPERED_EFFECTIVE = 0.02
PRIOR_DRAWS, PRIOR = 1000, 10
# A draw whose weight cannot reach this part of the mode's (e to this power) is not worth solving for.
NEGLIGIBLE = -45.0
IMPOSSIBLE = -1e250
# What is expected in a smaller part of patients than this is a mistake, or a patient of another population.
NOBODY = 1e-6
# So few draws at once that their systems stay in the processor's cache.
AT_ONCE = 2_000


def update(
    patient: Patient,
    doses: Sequence[str | Dose],
    observations: Sequence[Observation],
    *,
    model: str | Model | None = None,
    draws: int = 10_000,
    seed: int = 0,
) -> Posterior:
    """The posterior of `patient`'s random effects after `doses`, given `observations`.

    `doses` are dose texts or `Dose`; observations come from `Observation.level`, `.score` and their texts. Without
    `model` each observation is answered by the first model of the default table that gives its analyte at its site; a
    named model must give them all. The prior is the variability between patients (and occasions) of the models. The
    same `seed` gives the same numbers, and the order of the observations does not matter. Raises `NotCoveredError`:
    an observation that no model answers, at another site, without a known error, or that next to nobody shows; a
    posterior that neither importance sampling nor tempering reached (`posterior_not_reliable`); and what
    `norket.predict` raises.
    """
    history = tuple(Dose.parse(dose, patient) if isinstance(dose, str) else dose for dose in doses)
    _check(history, draws, seed)
    asked = packaged(model) if isinstance(model, str) else model
    joint = joint_of(patient, history, observations, asked)
    problem = Problem(joint)
    if not joint.answers:
        return _posterior(problem, None, problem.prior(draws, seed), (), asked, seed)
    mode = problem.mode()
    sample = problem.sample(mode, draws, seed)
    lessons = taught(joint, mode, joint.predict(problem.prior(PRIOR_DRAWS, seed).whitened))
    _check_possible(lessons)
    return _posterior(problem, mode, sample, lessons, asked, seed)


def joint_of(
    patient: Patient, history: tuple[Dose, ...], observations: Sequence[Observation], asked: Model | None
) -> Joint:
    """Each observation with the model that answers it, in the order of time; refuses what no model covers."""
    models = choose(asked, history)
    ordered = sorted(observations, key=_order)
    answers = tuple(answer(one, models, history, patient) for one in ordered)
    used = tuple(dict.fromkeys(one.model for one in answers)) or models
    last = max((one.at_min for one in observations), default=None)
    for one in used:
        one.check(patient, history, last)
    return Joint(patient, history, answers, used)


def _order(one: Observation) -> tuple[object, ...]:
    return (one.at_min, one.kind, one.what, one.site, one.enantiomer, one.below, one.value, *_errors(one))


def _errors(one: Observation) -> tuple[float, ...]:
    return (one.error_cv, one.error_sd, one.rest_readings)


@dataclass(frozen=True, eq=False)
class Problem:
    """The posterior of a joint vector of random effects, as functions of whitened effects."""

    joint: Joint

    def prior(self, draws: int, seed: int) -> Sample:
        """Draws of the prior, all equally likely."""
        chance = np.random.Generator(np.random.PCG64([seed, PRIOR]))
        whitened = chance.standard_normal((draws, len(self.joint.keys)))
        return Sample(whitened, np.full(draws, 1.0 / draws), float(draws), float("nan"), "prior")

    def mode(self) -> Mode:
        """The most likely effects; an observation that nobody of the model's population can have is refused."""
        errors = self.joint.errors
        found = find_mode(self.joint.predict, errors, len(self.joint.keys))
        nothing = errors.level & ~(found.predicted > 0) & (errors.log | ~(errors.added > 0))
        for number in np.flatnonzero(nothing):
            observed = self.joint.answers[int(number)].observation
            message = f"{observed.described}: the model has nothing there at that minute; check the time"
            raise NotCoveredError("observation_not_valid", message)
        return found

    def sample(self, mode: Mode, draws: int, seed: int) -> Sample:
        """Draws of the posterior, by importance sampling or, where that fails, by tempering; or a refusal."""
        bar = mode.log_posterior + NEGLIGIBLE - self.highest_likelihood()

        def likely(points: Floats) -> Floats:
            return self.log_posterior(points, bar)

        first = importance(likely, mode.whitened, mode.precision, draws, seed)
        first = adapted(likely, first, draws, seed)
        if first.reliable:
            return first
        second = tempered(self.log_likelihood, len(self.joint.keys), draws, seed)
        if second.effective < TEMPERED_EFFECTIVE * len(second.weights):
            message = (
                f"no sampler reached the posterior: of {draws:,} draws importance sampling is worth "
                f"{first.effective:.0f} and tempering {second.effective:.0f}. The observations are far more precise "
                "than the model, or contradict it: check their values, times, sites and errors, or leave one out"
            )
            raise NotCoveredError("posterior_not_reliable", message)
        return second

    def log_posterior(self, whitened: Floats, prior_above: float = -np.inf) -> Floats:
        """Log-likelihood and log prior (draws,), up to a constant; what the prior makes negligible is left at zero."""
        prior = -0.5 * (whitened**2).sum(axis=1)
        alive = prior > prior_above
        found = np.full(len(whitened), -np.inf)
        found[alive] = self.log_likelihood(whitened[alive]) + prior[alive]
        return found

    def log_likelihood(self, whitened: Floats) -> Floats:
        """Of all observations together (draws,); never minus infinity, so that it can be multiplied by zero.

        Effects that nobody has, farther out than any mode is looked for, are impossible.
        """
        found = np.full(len(whitened), IMPOSSIBLE)
        near = np.flatnonzero(np.abs(whitened).max(axis=1, initial=0.0) <= FARTHEST)
        for start in range(0, len(near), AT_ONCE):
            some = near[start : start + AT_ONCE]
            found[some] = self.joint.errors.likelihood(self.joint.predict(whitened[some])).sum(axis=0)
        return np.maximum(np.where(np.isnan(found), IMPOSSIBLE, found), IMPOSSIBLE)

    def highest_likelihood(self) -> float:
        """No likelihood of these observations is above this: each seen exactly where its error is smallest."""
        errors = self.joint.errors
        smallest = np.where(
            errors.log, errors.share * errors.value, np.maximum(errors.added, errors.share * errors.value / 2)
        )
        return float(np.where(errors.below, 0.0, -np.log(smallest)).sum())


def _check(history: tuple[Dose, ...], draws: int, seed: int) -> None:
    if not history:
        raise NotCoveredError("dose_not_valid", "an update needs at least one dose")
    if isinstance(draws, bool) or not isinstance(draws, int) or not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        message = f"draws must be a whole number from {FEWEST_DRAWS} to {MOST_DRAWS:,}, not {draws!r}"
        raise NotCoveredError("draws_not_valid", message)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise NotCoveredError("draws_not_valid", f"seed must be a whole number of at least 0, not {seed!r}")


def _check_possible(lessons: tuple[Taught, ...]) -> None:
    """Refuses to learn from what next to nobody in the model's population shows."""
    for one in lessons:
        if one.p_prior < NOBODY:
            message = (
                f"{one.observation}: fewer than 1 in {1 / NOBODY:,.0f} patients of this model would show it, so that "
                "nothing can be learned from it; check its value, unit, site and time, and the dose history"
            )
            raise NotCoveredError("observation_not_covered", message)


def _posterior(
    problem: Problem, mode: Mode | None, sample: Sample, lessons: tuple[Taught, ...], asked: Model | None, seed: int
) -> Posterior:
    joint = problem.joint
    effects = _read_only(sample.whitened @ joint.root.T)
    if mode is None:
        place, mean, covariance, bits = np.zeros(len(joint.keys)), np.zeros(len(joint.keys)), joint.covariance, 0.0
    else:
        place, mean = joint.root @ mode.whitened, sample.weights @ effects
        covariance = (effects - mean).T @ (sample.weights[:, None] * (effects - mean))
        bits = float(sum(one.bits for one in lessons))
    learned = parameters(joint, place, effects, sample.weights)
    return Posterior(
        patient=joint.patient,
        doses=joint.doses,
        observations=tuple(one.observation for one in joint.answers),
        joint=joint,
        names=tuple(f"{one.of} {one.label}" for one in learned),
        mode=_read_only(place),
        mean=_read_only(mean),
        covariance=_read_only(covariance),
        draws=effects,
        weights=_read_only(sample.weights),
        method=sample.method,
        effective=sample.effective,
        tail_shape=sample.tail_shape,
        parameters=learned,
        taught=lessons,
        bits=bits,
        asked=asked,
        warnings=_warnings(joint, sample, lessons),
        sources=_sources(joint),
        edition=knowledge.read().edition,
        seed=seed,
    )


def _warnings(joint: Joint, sample: Sample, lessons: tuple[Taught, ...]) -> tuple[str, ...]:
    said = [*conflicts(lessons)]
    said += [sentence for one in joint.answers if (sentence := _unread(joint, one))]
    unstated = [one.model for one in joint.answers if one.model.card.site == NOT_STATED]
    said += [
        f"{one.card.title} does not state where its samples were drawn; the level's site was not checked."
        for one in unstated
    ]
    if sample.method == "tempered":
        said.append(
            "The posterior is not like a normal distribution; it was found by tempering, worth "
            f"{sample.effective:,.0f} draws."
        )
    for one in joint.models:
        said += one.warnings(joint.patient, joint.doses)
    if _apart(joint):
        names = " and ".join(one.id for one in joint.models)
        said.append(f"{names} share no random effect: what one site teaches does not reach the curves of the other.")
    return tuple(dict.fromkeys(said))


def _unread(joint: Joint, one: Answer) -> str:
    spans = one.model.unread(joint.patient, joint.doses)
    if any(start <= one.observation.at_min < end for start, end in spans):
        return f"{one.observation.described}: soon after a bolus, where {one.model.id} is not to be read; leave it out."
    return ""


def _apart(joint: Joint) -> bool:
    sources: list[set[Key]] = [set(model_keys(one, joint.doses)) for one in joint.models]
    return any(not (one & other) for number, one in enumerate(sources) for other in sources[number + 1 :])


def _sources(joint: Joint) -> tuple[Reference, ...]:
    base = knowledge.read()
    entries = [entry for one in joint.models for entry in one.entries]
    entries += [entry for one in joint.effects for entry in one.entries]
    keys = dict.fromkeys(source.key for entry in entries for source in entry.sources)
    known = {reference.key: reference for reference in base.references}
    brought = "cited by a model file from outside; not in this knowledge base"
    return tuple(known.get(key) or Reference(key=key, citation=key, read=brought) for key in keys)


def _read_only(values: Floats) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array
