"""One patient: a curve on a fine grid, what levels teach, and SciPy on the same questions."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bound.clock import alternating, best
from bound.workload import OUTPUTS, WAY, Floats, People, exponential, people, system
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

import norket
from norket.pharmacology.engine import solve
from norket.pharmacology.individual.observation import Observation
from norket.pharmacology.kernels.each_step import fill
from norket.pharmacology.models import model
from norket.pharmacology.models.system import Input
from norket.pharmacology.population import courses
from norket.pharmacology.population.course import Course, Grid, Portion
from norket.pharmacology.population.modal import modes
from norket.pharmacology.target.allowed import limits
from norket.pharmacology.target.search import AT_LIMIT, Aim, Caps, Question
from norket.pharmacology.target.steps import STEPS_PER_MINUTE, judged_by, responses, step_by_step
from norket.pharmacology.update import Problem, joint_of, update

PIECES = ((0.10, 0.0, 10.0), (0.16, 10.0, 10.0), (0.14, 20.0, 10.0), (0.10, 30.0, 10.0))  # mg/kg, minute, min
PER_MINUTE, LAST_MIN = 6, 240
TIMES_MIN = np.arange(PER_MINUTE * LAST_MIN + 1) / PER_MINUTE
COURSE = Course(tuple(Portion(WAY, mg, 0, at, lasting) for mg, at, lasting in PIECES), (Grid(0.0, 1 / 6, 1441),))
TOLERANCE, FLOOR, DRAWS = 1e-8, 1e-10, 10_000
# ng/mL; what the typical patient might have, disturbed.
LEVELS = {"ketamine": (150.0, 90.0, 40.0), "norketamine": (25.0, 70.0, 85.0)}
SAMPLED_MIN, ASSAY, MODEL = (25.0, 60.0, 150.0), 0.1, "ashraf_2018"
# An effect-site level held for 40 minutes by the reference model, in steps of 10 s, to a thousandth of a mg/h.
HELD = Aim(150.0, "effect_site", 1.0, "ketamine", 20.0, 40.0, 0.1)
HISTORY, PATIENT = ["0.5 mg/kg iv over 40 min"], norket.Patient(weight_kg=70, age_y=45, sex="female")


@dataclass(frozen=True)
class Curve:
    """Milliseconds of the processor for one patient's curve, and the errors over the peak."""

    engine_ms: float
    modes_ms: float
    scipy_ms: float
    engine_error: float
    modes_error: float
    scipy_error: float


def curve() -> Curve:
    """A 40-minute infusion with three changes of its rate, 1,441 times, three outputs."""
    who = people(1, seed=2)
    one = system(who, per_kg=True)
    doses = [Input(WAY, mg, at, lasting, 0) for mg, at, lasting in PIECES]

    def by_engine() -> Floats:
        found = solve(one, doses, TIMES_MIN, 1)
        return np.stack([found[name][0, :, 0] for name in OUTPUTS])

    def by_modes() -> Floats:
        return courses.trajectories(modes(one), COURSE, np.ones((1, 1)))[0]

    right = _judge(who)
    calls: dict[str, Callable[[], Floats]] = {"engine": by_engine, "modes": by_modes, "scipy": lambda: _by_scipy(who)}
    worst = [_worst(call(), right) for call in calls.values()]
    took = alternating(dict(calls), rounds=15)
    return Curve(*(1000 * took[name].processor for name in calls), *worst)


def _worst(found: Floats, right: Floats) -> float:
    return float((np.abs(found - right).max(axis=1) / right.max(axis=1)).max())


def _judge(who: People) -> Floats:
    """The propagator in the longest floats of the machine."""
    matrix, entry, readout = _plain(who)
    size = len(entry)
    whole = np.zeros((1, size + 1, size + 1), dtype=np.longdouble)
    whole[0, :size, :size], whole[0, :size, size] = matrix, entry
    step = exponential(whole / np.longdouble(PER_MINUTE))[0]
    state, found = np.zeros(size, dtype=np.longdouble), np.empty((len(OUTPUTS), len(TIMES_MIN)))
    for k in range(len(TIMES_MIN)):
        found[:, k] = readout @ state
        state = step[:size, :size] @ state + step[:size, size] * _rate(TIMES_MIN[k])
    return found


def _by_scipy(who: People) -> Floats:
    """`solve_ivp` with LSODA, started again at each change of the rate."""
    matrix, entry, readout = _plain(who)
    found, state = np.empty((len(OUTPUTS), len(TIMES_MIN))), np.zeros(len(entry))
    ends = [*(at for _, at, _ in PIECES), PIECES[-1][1] + PIECES[-1][2], float(LAST_MIN)]
    for begin, end in pairwise(ends):
        part = slice(round(begin * PER_MINUTE), round(end * PER_MINUTE) + 1)
        rate, at = _rate(begin) * entry, TIMES_MIN[part]
        solved = solve_ivp(
            lambda _, y, rate=rate: matrix @ y + rate, (begin, end), state, "LSODA", at, rtol=TOLERANCE, atol=FLOOR
        )
        found[:, part], state = readout @ solved.y, solved.y[:, -1]
    return found


def _plain(who: People) -> tuple[Floats, Floats, Floats]:
    one = system(who, per_kg=True)
    return one.A[0], one.inputs[WAY][0], np.stack([one.outputs[name][0] for name in OUTPUTS])


def _rate(minute: float) -> float:
    return sum(mg / lasting for mg, at, lasting in PIECES if at <= minute < at + lasting)


@dataclass(frozen=True)
class Learning:
    """Milliseconds of the processor: the mode, the same by SciPy, a whole update; how far the modes are apart; what the
    draws are worth.
    """

    effects: int
    mode_ms: float
    scipy_ms: float
    update_ms: float
    difference: float
    effective: float
    method: str


def learning() -> Learning:
    """Three pairs of levels, 10 % assay error: the mode of all random effects, and 10,000 draws of the posterior."""
    observed = [
        Observation.level(analyte, value, at, "venous", error_cv=ASSAY)
        for analyte, values in LEVELS.items()
        for at, value in zip(SAMPLED_MIN, values, strict=True)
    ]
    posterior = update(PATIENT, HISTORY, observed, model=MODEL, draws=DRAWS)
    problem = Problem(posterior.joint)

    def by_scipy() -> Floats:
        start = np.zeros(len(posterior.joint.keys))
        found = minimize(lambda eta: -problem.log_posterior(eta[None, :])[0], start, method="BFGS")
        return np.asarray(posterior.joint.root @ found.x)

    def fresh_mode() -> object:
        joint = joint_of(PATIENT, posterior.doses, observed, posterior.asked)
        return Problem(joint).mode()

    difference = float(np.abs(by_scipy() - posterior.mode).max())
    took = alternating({"mode": fresh_mode, "scipy": by_scipy}, rounds=9)
    whole = best(lambda: update(PATIENT, HISTORY, observed, model=MODEL, draws=DRAWS), runs=7)
    return Learning(
        len(posterior.mode),
        1000 * took["mode"].processor,
        1000 * took["scipy"].processor,
        1000 * whole.processor,
        difference,
        float(posterior.effective),
        posterior.method,
    )


def band_ms() -> float:
    """`norket.predict` with a typical curve and a band of 1,000 draws, 4 h at 1 min, one model."""
    call = best(lambda: norket.predict(PATIENT, HISTORY, model="kamp_2020", times_min=list(range(241))), runs=15)
    return 1000 * call.processor


@dataclass(frozen=True)
class Control:
    """Milliseconds of the processor for the rates of all steps and for the whole question; by how much the typical
    curve of the engine passes the target, and how far it stays under it once it is due, as shares of it.
    """

    steps: int
    rates_ms: float
    whole_ms: float
    overshoot: float
    short: float


def control() -> Control:
    """A rate every 10 s for 40 minutes: the kernel alone, with the curves of a unit rate before it, and the answer."""
    caps = Caps.of(limits("ketamine", rate_resolution_mg_h=0.001), PATIENT.weight_kg)
    question = Question.of(PATIENT, model("kamp_2020"), HELD, caps)
    steps = round(HELD.horizon_min * STEPS_PER_MINUTE)
    unit = np.ascontiguousarray(responses(question, steps)[:, -1])
    judged = judged_by(unit)
    left = caps.total_mg * AT_LIMIT * 60 * STEPS_PER_MINUTE

    def rates() -> Floats:
        return fill(unit, judged, 1.0, caps.rate_mg_h, caps.rate_resolution_mg_h, left, np.zeros(steps + len(judged)))

    took = alternating({"rates": rates, "whole": lambda: step_by_step(question)}, rounds=25)
    plan, lasting = step_by_step(question), 1 / STEPS_PER_MINUTE
    doses = [
        norket.Dose(rate * lasting / 60, "iv", "ketamine", at, lasting)
        for rate, at in zip(plan.rates_mg_h, plan.marks_min[:-1], strict=True)
        if rate
    ]
    times = np.arange(1, 60 * 60 + 1) / 60
    found = norket.predict(PATIENT, doses, model="kamp_2020", times_min=times, draws=1)
    curve = found.track(HELD.analyte).typical / HELD.target_ng_ml
    due = (times >= HELD.in_range_by_min) & (times <= HELD.horizon_min)
    return Control(
        steps,
        1000 * took["rates"].processor,
        1000 * took["whole"].processor,
        float(curve.max()) - 1.0,
        1.0 - float(curve[due].min()),
    )
