"""What each observation taught: in bits, in the order of time and as the loss of leaving it out; and whether it fits.

Information is counted at the mode, where each observation adds its own: the bits in the order of time add up to the
whole. A bit halves the volume of what is still possible in the patient: what is learned of the error of the resting
value, which all rises of a session share, is no knowledge of the patient and counts for nothing.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from norket.pharmacology.individual.joint import Joint
from norket.pharmacology.individual.mode import Mode
from norket.pharmacology.individual.rest import REST

Floats = NDArray[np.float64]
# Two-sided chance below which an observation conflicts; shared among all of them, so that many make no false alarm.
UNLIKELY = 0.01
LN2 = float(np.log(2))


@dataclass(frozen=True, eq=False)
class Taught:
    """One observation: `bits` gained when it came in its turn, `bits_lost` if it alone were left out, the standard
    deviation of each random effect with all and without this one, what was predicted at the mode, and how likely a
    value as far off is: before anything was measured (`p_prior`) and given all the others (`p_others`, nan for a single
    observation).
    """

    observation: str
    bits: float
    bits_lost: float
    sd_with: tuple[float, ...]
    sd_without: tuple[float, ...]
    predicted: float
    p_prior: float
    p_others: float

    @property
    def chance(self) -> float:
        """The smaller of both chances."""
        return self.p_prior if np.isnan(self.p_others) else min(self.p_prior, self.p_others)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data; what is not known is None."""
        others = None if np.isnan(self.p_others) else self.p_others
        return {
            "observation": self.observation,
            "bits": self.bits,
            "bits_lost": self.bits_lost,
            "sd_with": list(self.sd_with),
            "sd_without": list(self.sd_without),
            "predicted": self.predicted,
            "p_prior": self.p_prior,
            "p_others": others,
        }


def taught(joint: Joint, mode: Mode, prior_predicted: Floats) -> tuple[Taught, ...]:
    """What each observation taught, from the mode and predictions (observations, draws) of prior patients."""
    size = len(mode.whitened)
    chances = joint.errors.below_chance(prior_predicted).mean(axis=1)
    together = np.eye(size) + mode.jacobian.T @ (mode.information[:, None] * mode.jacobian)
    whole = np.asarray(np.linalg.inv(together), dtype=np.float64)
    kept = np.array([place for place, key in enumerate(joint.keys) if key[1] != REST], dtype=np.int64)
    so_far = np.eye(size)
    slope, _ = joint.errors.slope_and_information(mode.predicted)
    found = []
    for number, answer in enumerate(joint.answers):
        row = mode.jacobian[number] * np.sqrt(mode.information[number])
        moved = so_far @ row
        after = so_far - np.outer(moved, moved) / (1 + row @ moved)
        seen = float(row @ whole @ row)
        without = whole + np.outer(whole @ row, whole @ row) / (1 - seen)
        below = answer.observation.below
        found.append(
            Taught(
                answer.observation.described,
                _bits(so_far, after, kept),
                _bits(without, whole, kept),
                _spread(joint, whole),
                _spread(joint, without),
                float(mode.predicted[number]),
                _p(float(chances[number]), one_sided=below),
                _given_others(joint, mode, number, without, float(slope[number])),
            )
        )
        so_far = after
    return tuple(found)


def _bits(before: Floats, after: Floats, kept: NDArray[np.int64]) -> float:
    """How many times the volume of what is possible was halved, from two covariances, over the effects in `kept`."""
    volumes = [float(np.linalg.slogdet(one[np.ix_(kept, kept)])[1]) for one in (before, after)]
    return max(0.0, (volumes[0] - volumes[1]) / (2 * LN2))


def _spread(joint: Joint, covariance: Floats) -> tuple[float, ...]:
    """The standard deviation of each random effect, from the covariance of the whitened ones."""
    return tuple(np.sqrt(np.diag(joint.root @ covariance @ joint.root.T)).tolist())


def _p(chance: float, *, one_sided: bool) -> float:
    return chance if one_sided else min(1.0, 2 * min(chance, 1 - chance))


def _given_others(joint: Joint, mode: Mode, number: int, without: Floats, slope: float) -> float:
    """The chance of a value as far off, given all others: by one step of Newton's method away from the mode."""
    if len(joint.answers) == 1:
        return float("nan")
    errors, predicted, row = joint.errors, float(mode.predicted[number]), mode.jacobian[number]
    moved, spread = -slope * float(row @ without @ row), float(row @ without @ row)
    value, share, added = errors.value[number], errors.share[number], errors.added[number]
    if joint.answers[number].effect is None:
        back = predicted * np.exp(moved / predicted)
        sd = np.sqrt(spread / predicted**2 + share**2 + (added / back) ** 2)
        standard = float((np.log(value) - np.log(back)) / sd)
    else:
        standard = float((value - predicted - moved) / np.sqrt(spread + added**2))
    return _p(float(ndtr(standard)), one_sided=bool(errors.below[number]))


def conflicts(lessons: tuple[Taught, ...]) -> tuple[str, ...]:
    """A sentence for each observation that the model makes very unlikely, or for those that do not fit together.

    What is far off by itself makes everything else look wrong, so then nothing else is named.
    """
    limit = UNLIKELY / max(1, len(lessons))
    alone = tuple(
        f"{one.observation}: a value this far off is expected in {_share(one.p_prior)} of patients; check the "
        "sample, its site and time, the dose history, and whether the model's population is this patient's."
        for one in lessons
        if one.p_prior < limit
    )
    against = sorted((one for one in lessons if one.p_others < limit), key=lambda one: one.p_others)
    if alone or not against:
        return alone
    names = "; ".join(one.observation for one in against)
    chance = _share(against[0].p_others)
    verb = "do not fit together" if len(against) > 1 else "does not fit the others"
    return (f"{names}: {verb} (chance of {against[0].observation} given all others: {chance}); check sites and times.",)


def _share(chance: float) -> str:
    return f"1 in {1 / chance:,.0f}" if chance > 1e-6 else "fewer than 1 in 1,000,000"  # noqa: PLR2004 -- shown only
