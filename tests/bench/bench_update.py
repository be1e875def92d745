"""How long one patient's update takes: the mode, the whole posterior, and the same by plainly solved curves."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from row import Row

import norket
from norket.knowledge.entry import Value
from norket.pharmacology.engine import solve
from norket.pharmacology.individual.joint import inputs_of
from norket.pharmacology.models import Model, model
from norket.pharmacology.update import Problem, joint_of

TIMES = 15
DRAWS = 10_000
DOSE = "0.5 mg/kg iv over 40 min"
MODE_MS, POSTERIOR_MS = 2.0, 50.0
SIX = ("CL", "V1", "Q2", "V2", "CLM", "VM")
LEVELS = tuple(
    f"{analyte} {value} ng/mL venous at {at} min"
    for analyte, values in (("ketamine", (110, 100, 45)), ("norketamine", (25, 70, 65)))
    for value, at in zip(values, (25, 60, 150), strict=True)
)


def best_of(what: Callable[[], object], times: int = TIMES) -> float:
    """The shortest wall time of `what`, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        taken.append(time.perf_counter() - began)
    return min(taken) * 1000


def six_effects() -> Model:
    """Otto 2021 with six independent random effects, variance 0.09 each, and a residual error of 10 %."""
    otto = model("otto_2021")
    kept = [
        value for value in otto.entry.values if not value.name.startswith(("variance.", "covariance.", "residual."))
    ]
    kept += [Value(name=f"variance.{name}", value=0.09, unit="1") for name in SIX]
    kept += [Value(name=f"residual.{analyte}", value=0.1, unit="1") for analyte in ("ketamine", "norketamine")]
    card = otto.card.model_copy(update={"blocks": tuple((name,) for name in SIX)})
    return replace(otto, entry=otto.entry.model_copy(update={"values": tuple(kept)}), card=card)


def measured(
    name: str, asked: Model | None, levels: tuple[str, ...], limits: tuple[float | None, float | None]
) -> list[Row]:
    patient = norket.Patient(70, 45, "female")
    doses = (norket.Dose.parse(DOSE, patient),)
    given = [norket.Observation.parse_level(text) for text in levels]
    how = f"{name}, {len(given)} levels, best of {TIMES}, warm"
    fresh = f"{len(given)} levels, from observations to the mode, best of {20 * TIMES}, warm"
    joint = joint_of(patient, doses, given, asked)
    problem = Problem(joint)
    mode = problem.mode()
    sample = problem.sample(mode, DRAWS, 0)

    def afresh() -> object:
        return Problem(joint_of(patient, doses, given, asked)).mode()

    def plainly() -> object:
        model_of, effects = joint.models[0], sample.whitened @ joint.root.T
        at = np.unique([one.at_min for one in given])
        return solve(model_of.segments(patient, doses, effects), inputs_of(model_of, doses, ("S + R",)), at, 1)

    posterior_ms = best_of(lambda: problem.sample(problem.mode(), DRAWS, 0))
    read_ms, plain_ms = best_of(lambda: joint.predict(sample.whitened)), best_of(plainly, 5)
    return [
        Row(f"{name}: mode of {len(joint.keys)} effects", best_of(afresh, 20 * TIMES), "ms", fresh, limits[0]),
        Row(f"{name}: mode and {DRAWS:,} draws", posterior_ms, "ms", how, limits[1]),
        Row(f"{name}: effective draws", sample.effective, "draws", f"of {DRAWS:,}, method {sample.method}"),
        Row(f"{name}: readings of {DRAWS:,} draws", read_ms, "ms", how),
        Row(f"{name}: the same from whole curves", plain_ms / read_ms, "times", f"{plain_ms:.0f} ms by engine.solve"),
        Row(f"{name}: norket.update", best_of(lambda: norket.update(patient, doses, given, model=asked)), "ms", how),
    ]


def run() -> list[Row]:
    arterial = tuple(text.replace("venous", "arterial") for text in LEVELS)
    return [
        *measured("six effects", six_effects(), LEVELS, (MODE_MS, POSTERIOR_MS)),
        *measured("otto_2021", None, LEVELS, (MODE_MS, POSTERIOR_MS)),
        *measured("simons_2022", model("simons_2022"), arterial, (None, None)),
    ]
