"""The same trajectories by other people's programs, where this machine has them: a few patients each, checked first.

A peer is given the equations as its users write them and a tolerance of 1e-8. What it needs once (reading the model,
compiling, its data set) is outside the time.
"""

import importlib.util
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bound.clock import once
from bound.workload import (
    DOSES,
    OUTPUTS,
    POINTS,
    STARTS,
    TIMES_MIN,
    TYPICAL,
    WAY,
    Floats,
    People,
    error,
    system,
    truth,
)

TOLERANCE, FLOOR, WRONG = 1e-8, 1e-10, 1e-5
STATES = 8
R = Path(__file__).parent / "peers.R"


@dataclass(frozen=True)
class Peer:
    """Microseconds of the processor a patient on one thread, and the worst error; or why there is no figure."""

    name: str
    us: float | None = None
    error: float | None = None
    patients: int = 0
    absent: str = ""


def peers(who: People) -> list[Peer]:
    """Every peer that this bench knows."""
    found = [
        _in_r("mrgsolve", who.part(slice(0, 200))),
        _in_r("rxode2", who.part(slice(0, 40))),
        _in_python("numbalsoda", who.part(slice(0, 100)), numbalsoda),
        _in_python("roadrunner", who.part(slice(0, 20)), roadrunner),
        _in_python("diffrax", who.part(slice(0, 24)), diffrax),
    ]
    return found


def _in_python(name: str, who: People, prepare: Callable[[People], Callable[[], Floats]]) -> Peer:
    if importlib.util.find_spec(name) is None:
        return Peer(name, absent="not installed in this Python")
    call = prepare(who)
    return _judged(name, who, call(), lambda: _timed(call))


def _timed(call: Callable[[], Floats]) -> float:
    return once(call).processor


def _judged(name: str, who: People, curves: Floats, seconds: Callable[[], float]) -> Peer:
    worst = float(error(curves, truth(who)).max())
    if not worst < WRONG:
        raise AssertionError(f"{name} is wrong by {worst:.1e} of the peak: its case in this bench is not the workload")
    return Peer(name, 1e6 * seconds() / who.count, worst, who.count)


def _in_r(name: str, who: People) -> Peer:
    r = shutil.which("Rscript")
    if r is None:
        return Peer(name, absent="no Rscript on this machine")
    there = subprocess.run([r, "-e", f"library({name})"], capture_output=True, text=True, check=False)
    if there.returncode:
        return Peer(name, absent="Rscript is there, the package is not")
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "people.csv"
        names = ",".join([*TYPICAL, "WT"])
        np.savetxt(table, who.table.T, fmt="%.17g", delimiter=",", header=names, comments="")
        done = subprocess.run([r, str(R), name, folder], capture_output=True, text=True, check=False)
        if done.returncode:
            return Peer(name, absent=f"its case failed: {done.stderr.strip().splitlines()[-1]}")
        raw = np.loadtxt(Path(folder) / "curves.csv", delimiter=",")
        seconds = float(json.loads((Path(folder) / "seconds.json").read_text())[0])
    curves = raw.reshape(who.count, len(TIMES_MIN), len(OUTPUTS)).transpose(0, 2, 1)
    return _judged(name, who, curves, lambda: seconds)


def _bolus_and_rates() -> tuple[float, list[tuple[float, float, float]]]:
    """The bolus, and the stretches of a session: from, to, mg/kg a minute."""
    bolus = sum(mg for mg, _, lasting in DOSES if not lasting)
    stretches = [(at, at + lasting, mg / lasting) for mg, at, lasting in DOSES if lasting]
    return bolus, [*stretches, (stretches[-1][1], POINTS - 1.0, 0.0)]


def _systems(who: People) -> tuple[Floats, Floats, Floats]:
    one = system(who, per_kg=True)
    return one.A, one.inputs[WAY], np.stack([one.outputs[name] for name in OUTPUTS], axis=1)


def numbalsoda(who: People) -> Callable[[], Floats]:
    import numba
    from numbalsoda import lsoda, lsoda_sig

    @numba.cfunc(lsoda_sig)
    def slope(_t, u, du, p):  # type: ignore[no-untyped-def]
        own = numba.carray(p, (STATES * STATES + STATES,))
        for i in range(STATES):
            total = own[STATES * STATES + i]
            for j in range(STATES):
                total += own[STATES * i + j] * u[j]
            du[i] = total

    matrices, entries, readouts = _systems(who)
    bolus, stretches = _bolus_and_rates()

    def call() -> Floats:
        curves = np.empty((who.count, len(OUTPUTS), len(TIMES_MIN)))
        for one in range(who.count):
            state = np.zeros(STATES)
            for session, start in enumerate(STARTS):
                if session:
                    night = np.array([POINTS - 1.0, start - STARTS[session - 1]])
                    state = _last(lsoda, slope, state, night, matrices[one], np.zeros(STATES))
                state = state + bolus * entries[one]
                for begin, end, rate in stretches:
                    at = np.arange(begin, end + 1)
                    data = np.concatenate([matrices[one].ravel(), rate * entries[one]])
                    found, _ = lsoda(slope.address, state, at, data=data, rtol=TOLERANCE, atol=FLOOR)
                    first = session * POINTS + int(begin)
                    curves[one, :, first : first + len(at)] = readouts[one] @ found.T
                    state = found[-1].copy()
        return curves

    return call


def _last(lsoda, slope, state: Floats, at: Floats, matrix: Floats, entry: Floats) -> Floats:  # type: ignore[no-untyped-def]
    data = np.concatenate([matrix.ravel(), entry])
    found, _ = lsoda(slope.address, state, at, data=data, rtol=TOLERANCE, atol=FLOOR)
    last: Floats = found[-1].copy()
    return last


def roadrunner(who: People) -> Callable[[], Floats]:
    from roadrunner import RoadRunner

    matrices, entries, readouts = _systems(who)
    bolus, stretches = _bolus_and_rates()
    flows = np.argwhere((matrices != 0).any(axis=0))
    model = RoadRunner(_sbml(flows))
    model.integrator.relative_tolerance, model.integrator.absolute_tolerance = TOLERANCE, FLOOR
    model.timeCourseSelections = [f"x{i}" for i in range(STATES)]

    def call() -> Floats:
        curves = np.empty((who.count, len(OUTPUTS), len(TIMES_MIN)))
        for one in range(who.count):
            model.reset()
            for i, j in flows:
                model[f"a{i}_{j}"] = matrices[one, i, j]
            for i in range(STATES):
                model[f"x{i}"] = 0.0
            for session, start in enumerate(STARTS):
                if session:
                    model["rate"] = 0.0
                    model.simulate(0, start - STARTS[session - 1] - POINTS + 1, 2)
                model["x0"] = model["x0"] + bolus * entries[one, 0]
                for begin, end, rate in stretches:
                    model["rate"] = rate * entries[one, 0]
                    found = np.array(model.simulate(0, end - begin, int(end - begin) + 1))
                    first = session * POINTS + int(begin)
                    curves[one, :, first : first + len(found)] = readouts[one] @ found.T
        return curves

    return call


def _sbml(flows: Floats) -> str:
    """The linear system with a parameter for each flow and a constant rate into the first state."""
    rows: dict[int, list[str]] = {i: [] for i in range(STATES)}
    for i, j in flows:
        rows[i].append(f"<apply><times/><ci>a{i}_{j}</ci><ci>x{j}</ci></apply>")
    rows[0].append("<ci>rate</ci>")
    states = "".join(f'<parameter id="x{i}" value="0" constant="false"/>' for i in range(STATES))
    given = "".join(f'<parameter id="a{i}_{j}" value="0" constant="false"/>' for i, j in flows)
    rules = "".join(
        f'<rateRule variable="x{i}"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><plus/>{"".join(terms)}'
        "</apply></math></rateRule>"
        for i, terms in rows.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" '
        f'version="1"><model id="workload"><listOfParameters>{states}{given}'
        f'<parameter id="rate" value="0" constant="false"/></listOfParameters><listOfRules>{rules}</listOfRules>'
        "</model></sbml>"
    )


def diffrax(who: People) -> Callable[[], Floats]:
    import diffrax as solver
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    matrices, entries, readouts = (jnp.asarray(part) for part in _systems(who))
    bolus, stretches = _bolus_and_rates()
    gaps = jnp.asarray(np.append(np.diff(STARTS), 2 * (POINTS - 1.0)))
    grid = jnp.arange(float(POINTS))
    changes = jnp.asarray([end for _, end, _ in stretches[:-1]])
    rates = jnp.asarray([rate for _, _, rate in stretches])
    tolerance = solver.PIDController(rtol=TOLERANCE, atol=FLOOR)

    def slope(t, y, own):  # type: ignore[no-untyped-def]
        matrix, entry = own
        return matrix @ y + entry * rates[jnp.searchsorted(changes, t, side="right")]

    def one(matrix, entry, readout):  # type: ignore[no-untyped-def]
        def solve(state, begin, end, saveat, steps):  # type: ignore[no-untyped-def]
            return solver.diffeqsolve(
                solver.ODETerm(slope),
                solver.Tsit5(),
                begin,
                end,
                None,
                state,
                args=(matrix, entry),
                saveat=saveat,
                stepsize_controller=steps,
                max_steps=100_000,
            ).ys

        inside = solver.ClipStepSizeController(tolerance, jump_ts=changes)

        def session(state, gap):  # type: ignore[no-untyped-def]
            state = state + bolus * entry
            found = solve(state, 0.0, POINTS - 1.0, solver.SaveAt(ts=grid), inside)
            after = solve(found[-1], POINTS - 1.0, gap, solver.SaveAt(t1=True), tolerance)[-1]
            return after, found @ readout.T

        _, found = jax.lax.scan(session, jnp.zeros(STATES), gaps)
        return found

    every = jax.jit(jax.vmap(one))

    def call() -> Floats:
        found = np.asarray(every(matrices, entries, readouts))
        return np.ascontiguousarray(found.transpose(0, 3, 1, 2)).reshape(who.count, len(OUTPUTS), -1)

    return call
