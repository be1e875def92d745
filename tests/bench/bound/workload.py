"""The workload of the population benchmarks: six sessions in an eight-state system, and the engine's own answer to it.

Three compartments of ketamine; norketamine formed from the first through two transit compartments of equal rate (a
double rate) into two compartments; an effect site that follows ketamine. The parameters are plausible and log-normal;
they are for measuring, not for medicine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.engine import solve
from norket.pharmacology.models.system import Compartments, Input, LinearSystem

Floats = NDArray[np.float64]
# Typical value (L, L/min, 1/min, a fraction; volumes and clearances of 70 kg) and SD on the log scale.
TYPICAL = {
    "V1": (20.0, 0.3), "V2": (35.0, 0.3), "V3": (120.0, 0.3), "CL": (1.4, 0.25), "Q2": (2.2, 0.3), "Q3": (1.1, 0.3),
    "KTR": (0.06, 0.3), "FM": (0.7, 0.1), "VN1": (30.0, 0.3), "VN2": (110.0, 0.3), "CLN": (0.9, 0.25), "QN": (1.5, 0.3),
    "KE0": (0.15, 0.3),
}  # fmt: skip
WEIGHT_KG, WEIGHT_SD, REFERENCE_KG = 75.0, 0.18, 70.0
VOLUMES, CLEARANCES, ALLOMETRIC = ("V1", "V2", "V3", "VN1", "VN2"), ("CL", "Q2", "Q3", "CLN", "QN"), 0.75
DAY, DAYS, POINTS = 1440.0, (0, 3, 7, 10, 14, 17), 241
DOSES = ((0.05, 0.0, 0.0), (0.30, 0.0, 20.0), (0.20, 20.0, 20.0))  # mg/kg, minute of the session, duration in min
GAPS = (0.0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
KETAMINE, METABOLITE = slice(0, 3), slice(5, 7)
WAY, OUTPUTS, LEVEL_NG_ML = "intravenous", ("ketamine", "norketamine", "effect site"), 60.0
STARTS = tuple(day * DAY for day in DAYS)
TIMES_MIN = np.concatenate([start + np.arange(POINTS) for start in STARTS])
VALUES = len(OUTPUTS) * len(TIMES_MIN)
BYTES = 8 * VALUES


@dataclass(frozen=True, eq=False)
class People:
    """`table[parameter, patient]`, the parameters in the order of TYPICAL and then the weight in kg."""

    table: Floats

    @property
    def count(self) -> int:
        return self.table.shape[1]

    @property
    def weight_kg(self) -> Floats:
        return self.table[-1]

    def part(self, where: slice | NDArray[np.int64]) -> "People":
        return People(np.ascontiguousarray(self.table[:, where]))


def people(count: int, seed: int = 1) -> People:
    chance = np.random.default_rng(seed)
    weight = WEIGHT_KG * np.exp(WEIGHT_SD * chance.standard_normal(count))
    table = np.empty((len(TYPICAL) + 1, count))
    for row, (name, (typical, spread)) in enumerate(TYPICAL.items()):
        size = weight / REFERENCE_KG if name in VOLUMES else (weight / REFERENCE_KG) ** ALLOMETRIC
        scaled = typical * size if name in VOLUMES + CLEARANCES else np.full(count, typical)
        table[row] = scaled * np.exp(spread * chance.standard_normal(count))
    table[-1] = weight
    return People(table)


def system(who: People, per_kg: bool = False) -> LinearSystem:
    """The patients' system; with `per_kg` a dose of 1 is 1 mg for each kg of each patient."""
    p = dict(zip(TYPICAL, who.table, strict=False))
    body = Compartments(["central", "shallow", "deep", "t1", "t2", "metabolite", "m deep", "site"], who.count)
    body.exchange("central", "shallow", p["Q2"], p["V1"], p["V2"])
    body.exchange("central", "deep", p["Q3"], p["V1"], p["V3"])
    body.loss("central", (1 - p["FM"]) * p["CL"] / p["V1"])
    body.flow("central", "t1", p["FM"] * p["CL"] / p["V1"])
    body.chain("t1", ["t2"], "metabolite", p["KTR"])
    body.exchange("metabolite", "m deep", p["QN"], p["VN1"], p["VN2"])
    body.loss("metabolite", p["CLN"] / p["VN1"])
    body.follow("site", "central", p["V1"], p["KE0"])
    read = (("central", p["V1"]), ("metabolite", p["VN1"]), ("site", 1.0))
    outputs = {name: body.concentration(*one) for name, one in zip(OUTPUTS, read, strict=True)}
    return body.system({WAY: body.at("central", who.weight_kg if per_kg else 1.0)}, outputs)


def engine(who: People, times_min: Floats = TIMES_MIN) -> Floats:
    """The engine's propagator: (patients, outputs, times) in ng/mL."""
    doses = [Input(WAY, mg, start + at, lasting, 0) for start in STARTS for mg, at, lasting in DOSES]
    found = solve(system(who, per_kg=True), doses, times_min, 1)
    return np.ascontiguousarray(np.stack([found[name][0].T for name in OUTPUTS], axis=1))


def truth(who: People) -> Floats:
    """The same, (patients, outputs, times), by `truth_and_areas`."""
    return truth_and_areas(who)[0]


def truth_and_areas(who: People) -> tuple[Floats, Floats]:
    """The same propagator in the longest floats of the machine, minute by minute: (patients, outputs, times) in ng/mL;
    and the areas from the start to the last time (patients, outputs) in ng/mL·min.

    In doubles a propagator loses about 1e-12 of the peak over 1,446 steps, as much as the goal allows.
    """
    solved = system(who, per_kg=True)
    states = solved.states
    matrix = np.zeros((who.count, states + 1, states + 1), dtype=np.longdouble)
    matrix[:, :states, :states] = solved.A
    matrix[:, :states, states] = solved.inputs[WAY]
    minute = exponential(matrix)
    transition, forcing = minute[:, :states, :states], minute[:, :states, states]
    readout = np.stack([solved.outputs[name] for name in OUTPUTS], axis=1).astype(np.longdouble)
    state = np.zeros((who.count, states), dtype=np.longdouble)
    curves = np.empty((who.count, len(OUTPUTS), len(TIMES_MIN)))
    nights = {gap: power(transition, round(gap) - POINTS + 1) for gap in set(np.diff(STARTS))}
    rates = [
        sum(mg / lasting for mg, at, lasting in DOSES if lasting and at <= k < at + lasting) for k in range(POINTS)
    ]
    bolus = sum(mg for mg, _, lasting in DOSES if not lasting)
    for session in range(len(STARTS)):
        if session:
            state = _times(nights[STARTS[session] - STARTS[session - 1]], state)
        state = state + bolus * solved.inputs[WAY]
        for k in range(POINTS):
            curves[:, :, session * POINTS + k] = _times(readout, state)
            if k < POINTS - 1:
                state = _times(transition, state) + rates[k] * forcing
    entered = len(STARTS) * sum(mg for mg, _, _ in DOSES) * solved.inputs[WAY]
    dwelt = np.linalg.solve(solved.A, (state - entered).astype(np.float64)[:, :, None])[:, :, 0]
    return curves, _times(readout, dwelt).astype(np.float64)


def exponential(matrix: Floats) -> Floats:
    """By scaling, a Taylor series and squaring."""
    halvings = max(0, int(np.ceil(np.log2(float(np.abs(matrix).sum(axis=2).max())))) + 3)
    small = matrix / 2**halvings
    term = result = np.broadcast_to(np.eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape)
    for order in range(1, 22):
        term = term @ small / order
        result = result + term
    for _ in range(halvings):
        result = result @ result
    return result


def power(matrix: Floats, times: int) -> Floats:
    result = matrix if times % 2 else np.broadcast_to(np.eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape)
    return result if times <= 1 else result @ power(matrix @ matrix, times // 2)


def _times(matrices: Floats, vectors: Floats) -> Floats:
    found: Floats = (matrices * vectors[:, None, :]).sum(axis=2)
    return found


def summaries_of(curves: Floats, areas: Floats, level: float = LEVEL_NG_ML) -> Floats:
    """Of each patient: peaks on the grids (ng/mL), `areas`, and minutes of the grids with the effect site over `level`,
    straight from one minute to the next.
    """
    above = curves[:, 2].reshape(len(curves), len(DAYS), POINTS) - level
    before, after = np.maximum(above[..., :-1], 0.0), np.maximum(above[..., 1:], 0.0)
    over = ((before + after) / (np.abs(above[..., :-1]) + np.abs(above[..., 1:]))).sum(axis=(1, 2))
    return np.concatenate([curves.max(axis=2), areas, over[:, None]], axis=1)


def error(curves: Floats, right: Floats) -> Floats:
    """Of each patient, the worst difference over the peak of its curve."""
    worst: Floats = (np.abs(curves - right).max(axis=2) / np.abs(right).max(axis=2)).max(axis=1)
    return worst


def rates_of(who: People) -> tuple[Floats, Floats]:
    """The rates of ketamine (patients, 3) and of norketamine (patients, 2), 1/min, the fastest first."""
    matrices = system(who).A
    return tuple(-np.sort(np.linalg.eigvals(matrices[:, part, part]).real, axis=1) for part in (KETAMINE, METABOLITE))  # type: ignore[return-value]


def closest(who: People) -> Floats:
    """Of each patient, the smallest relative gap between any two of its rates (the double one counted once)."""
    ketamine, metabolite = rates_of(who)
    rates = np.concatenate([ketamine, metabolite, who.table[[_row("KTR"), _row("KE0")]].T], axis=1)
    one, other = np.triu_indices(rates.shape[1], 1)
    apart: Floats = np.abs(rates[:, one] - rates[:, other]) / np.maximum(rates[:, one], rates[:, other])
    return apart.min(axis=1)


def coincident(gaps: tuple[float, ...] = GAPS) -> People:
    """Patients built on purpose: each pair of rates that can meet, with each relative gap between them."""
    typical = People(people(1, seed=3).table)
    (ketamine,), (metabolite,) = rates_of(typical)
    built = []
    for gap in gaps:
        for name in ("KTR", "KE0"):
            built += [_with(typical, {name: rate * (1 + gap)}) for rate in ketamine]
        built += [_with(typical, {"KTR": rate * (1 + gap)}) for rate in metabolite]
        built += [_with(typical, {"KE0": rate * (1 + gap)}) for rate in metabolite]
        built.append(_with(typical, {"KE0": typical.table[_row("KTR"), 0] * (1 + gap)}))
        for own in metabolite:
            for rate in ketamine:
                scale = rate * (1 + gap) / own
                built.append(_with(typical, {name: typical.table[_row(name), 0] * scale for name in ("CLN", "QN")}))
        built.append(_with(typical, {"KTR": ketamine[1] * (1 + gap), "KE0": ketamine[1] * (1 - gap)}))
    return People(np.concatenate([one.table for one in built], axis=1))


def _row(name: str) -> int:
    return list(TYPICAL).index(name)


def _with(who: People, values: dict[str, float]) -> People:
    table = who.table.copy()
    for name, value in values.items():
        table[_row(name)] = value
    return People(table)
