"""What the card answers and what the processor answers, as one JSON document: run in a process of its own, since
whether there is a card, or Numba simulates one, is settled when its compiler loads.
"""

import json
import sys

import numpy as np
import workload

from norket.pharmacology.models.system import Compartments, LinearSystem
from norket.pharmacology.population import card, courses
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.curves import Solver
from norket.pharmacology.population.modal import Modes, modes

# More than one block of 64, the last of them cut.
PATIENTS = 70
COURSE = Course(
    (
        Portion("iv", 0.5, 0, 0.0, 40.0), Portion("iv", 10.0, 1, 3.25), Portion("iv", 0.3, 0, 1440.0, 20.5),
        Portion("iv", 0.2, 0, 1460.0, 500.0),
    ),
    (Grid(0.0, 4.0, 14), Grid(90.0, 7.5, 3), Grid(1440.0, 10.0, 6), Grid(1600.0, 1.0, 1)),
)  # fmt: skip
LIMITS = (("ketamine", 60.0), ("norketamine", 20.0), ("ketamine", 150.0))


def population() -> tuple[Modes, np.ndarray]:
    """Eight states with a double rate; in every ninth patient it meets another, so that the engine solves them."""
    drawn, weight = workload.parameters(PATIENTS, seed=5)
    fastest = -np.linalg.eigvals(workload.system(drawn).A[:, :3, :3]).real.min(axis=1)
    drawn["TRANSIT"] = np.where(np.arange(PATIENTS) % 9 == 4, 2.0 / fastest, drawn["TRANSIT"])
    return modes(workload.system(drawn)), np.stack([weight, np.arange(PATIENTS) % 3.0])


def swallowed() -> tuple[Modes, np.ndarray]:
    """One compartment behind another and one output, by another way in."""
    chance = np.random.default_rng(3)
    body = Compartments(["gut", "blood"], PATIENTS)
    body.flow("gut", "blood", 0.05 * np.exp(0.2 * chance.standard_normal(PATIENTS)))
    body.loss("blood", np.full(PATIENTS, 0.01))
    ways = {"iv": body.at("blood"), "oral": body.at("gut", 0.2)}
    system: LinearSystem = body.system(ways, {"ketamine": body.concentration("blood", np.full(PATIENTS, 90.0))})
    return modes(system), np.full((2, PATIENTS), 70.0)


BEHIND = Course((Portion("oral", 0.5, 0, 0.0), Portion("iv", 0.1, 1, 30.0, 20.0)), COURSE.grids)


def curve_error(held: Modes, course: Course, amounts: np.ndarray) -> float:
    """The worst difference over the peak of its curve."""
    fast = card.curves(held, course, amounts).transpose(2, 0, 1)
    right = courses.trajectories(held, course, amounts)
    return float((np.abs(fast - right).max(axis=2) / right.max(axis=2)).max())


def summary_error(held: Modes, amounts: np.ndarray, limits: tuple[tuple[str, float], ...]) -> float:
    """The worst difference of any summary over the largest of its kind."""
    fast, right = card.summaries(held, COURSE, amounts, limits), courses.summaries(held, COURSE, amounts, limits)
    worst = 0.0
    for name in ("peak_ng_ml", "peak_min", "area_ng_h_ml", "over_min"):
        one, other = getattr(fast, name), getattr(right, name)
        assert one.shape == other.shape
        worst = max(worst, float(np.abs(one - other).max(initial=0) / np.abs(other).max(initial=1)))
    return worst


def main() -> None:
    document: dict[str, object] = {"engine": card.engine().name, "why": card.engine().why}
    if card.engine().on_card:
        held, amounts = population()
        straight = Solver((), held).curves(COURSE, amounts)
        document |= {
            "double rates": int((held.source >= 0).sum()),
            "close patients": int(held.close.sum()),
            "outputs": list(straight),
            "errors": {
                "curves": curve_error(held, COURSE, amounts),
                "another structure": curve_error(swallowed()[0], BEHIND, swallowed()[1]),
                "summaries": summary_error(held, amounts, LIMITS),
                "no thresholds": summary_error(held, amounts, ()),
                "as a population is solved": float(
                    np.abs(np.stack(list(straight.values())) - card.curves(held, COURSE, amounts)).max()
                ),
            },
        }
    json.dump(document, sys.stdout)


if __name__ == "__main__":
    main()
