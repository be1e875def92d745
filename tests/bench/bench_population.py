"""A million patients: Norket, its peers and what this machine can do at most, side by side in one run.

Six sessions over three weeks in an eight-state system (`bound/workload.py`). Every answer is judged by the propagator
in the longest floats of the machine before it is timed; a wrong one ends the bench.
"""

import os
import resource
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from bound import on_card, one_patient, ours, scale_out, start, with_scipy
from bound.bands import bands, two_rounds
from bound.clock import alternating, best, once
from bound.compiled import compiler
from bound.in_c import Bound
from bound.limits import COPY, FUSED, STREAM, WRITE, Limits, limits
from bound.peers import Peer, peers
from bound.table import Absent, Compared, absent, table
from bound.workload import (
    BYTES,
    Floats,
    People,
    closest,
    coincident,
    error,
    people,
    summaries_of,
    truth,
    truth_and_areas,
)
from row import Row

PATIENTS, RING, JUDGED = 20_480, 8_192, 512
MANY = 102_400
SIZES = (10_240, 102_400, 1_024_000)
LARGE = 10_240_000
MICRO, GIGA = 1e6, 1e9
__all__ = ["run", "table"]
# Errors over the peak: at random, in patients built so that rates meet, and what the C may be wrong by elsewhere.
RANDOM, BUILT, WRONG = 1e-12, 1e-9, 1e-9
# Of each summary: what is to be reached, and what ends the bench.
SUMMED, WRONG_SUM = 1e-9, 1e-7
# The C divides by differences of rates. It is judged where they are this far apart.
APART = 0.03
# Where the machine itself does so much more on two threads, so must we.
SCALES, SCALED = 1.9, 1.8
SAME_MODE = 1e-4
NO_CASE = "no case for it in this bench: R's packages have not been at hand to try one"
RUNS, LONGEST_S = 15, 60.0
HOW = f"{PATIENTS:,} patients, least of {RUNS} turns"
Work = Callable[[int], object]
Program = Callable[[People, int], Floats]


def run() -> list[Row]:
    who = people(PATIENTS)
    say(f"{PATIENTS:,} patients; compiler: {compiler() or 'none, so no bound'}")
    judged = judge(who)
    bench = ours.Ours(who, RING)
    bound = Bound(who, RING) if compiler() else None
    machine = limits()
    rows = [*machine_rows(machine), *judged]
    trajectories = timed(bench.trajectories, bound.trajectories if bound else None)
    rows += w1a(trajectories, machine, worst(judged))
    summaries = timed(bench.summaries, bound.summaries if bound else None)
    rows += [*compared("W1c summaries", summaries, worst(judged, "worst error, summaries"))]
    rows += against_bound("W1c", summaries, machine, 0.45) + scaled("W1c", summaries, machine)
    rows += without_engine(who, trajectories, summaries)
    rows += band_rows()
    rows += other_programs(who, trajectories, summaries, worst(judged))
    rows += one_patient_rows() + control_rows()
    rows += scaling(bench)
    return rows + start_rows() + on_card.rows() + scale_out_rows()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def judge(who: People) -> list[Row]:
    """Our errors, and that of the bound; raises if anything is wrong."""
    say("judging every answer …")
    some, built = who.part(slice(0, JUDGED)), coincident()
    right, areas = truth_and_areas(some)
    random, met = error(ours.curves(some), right), error(ours.curves(built), truth(built))
    rows = [
        Row(
            "worst error, random patients",
            float(random.max()),
            "of peak",
            f"{JUDGED} of them, {int((random > RANDOM).sum())} over it",
            RANDOM,
        ),
        Row("median error, random patients", float(np.median(random)), "of peak", f"{JUDGED} of them"),
        Row("worst error, rates that meet", float(met.max()), "of peak", f"{built.count} built on purpose", BUILT),
    ]
    if max(random.max(), met.max()) > BUILT:
        raise AssertionError(f"a curve is wrong by {max(random.max(), met.max()):.1e} of its peak")
    summed = summaries_of(right, areas)
    off = np.abs(ours.summed(some) - summed) / np.maximum(1.0, summed)
    rows.append(Row("worst error, summaries", float(off.max()), "of each", f"{JUDGED} random patients", SUMMED))
    if off.max() > WRONG_SUM:
        raise AssertionError(f"a summary is wrong by {off.max():.1e}")
    if compiler():
        rows.append(judge_bound(some, right, summed))
    return rows


def judge_bound(some: People, right: Floats, summed: Floats) -> Row:
    bound, apart = Bound(some, some.count), closest(some) > APART
    found = error(bound.curves(some.count), right)
    bound.summaries(1)
    off = np.abs(bound.summed - summed) / np.maximum(1.0, summed)
    if max(found[apart].max(), off[apart].max()) > WRONG:
        raise AssertionError(f"the bound is wrong by {found[apart].max():.1e} of a peak; {off[apart].max():.1e} summed")
    how = f"{apart.sum()} patients whose rates are {APART:g} apart; {found.max():.0e} in the rest"
    return Row("worst error of the bound", float(found[apart].max()), "of peak", how)


def timed(mine: Work, theirs: Work | None) -> dict[str, float]:
    """Microseconds a patient, ours and the bound in turns: of the processor on one thread, of the clock on two."""
    calls = {f"ours {threads}": partial(mine, threads) for threads in (1, 2)}
    if theirs is not None:
        calls |= {f"bound {threads}": partial(theirs, threads) for threads in (1, 2)}
    found = alternating(calls, RUNS, LONGEST_S)
    return {
        name: MICRO * (took.processor if name.endswith(" 1") else took.wall) / PATIENTS for name, took in found.items()
    }


def machine_rows(machine: Limits) -> list[Row]:
    units = {WRITE: "GB/s", STREAM: "GB/s", COPY: "GB/s", FUSED: "GFLOP/s"}
    names = {STREAM: "write, non-temporal stores", WRITE: "write, ordinary stores", FUSED: "multiply and add, float64"}
    return [
        Row(f"{names.get(what, what)}, {threads} thread{'s' * (threads > 1)}", value, units[what], "least of 40 turns")
        for (what, threads), value in sorted(machine.found.items())
    ]


def without_engine(who: People, all_curves: dict[str, float], all_summaries: dict[str, float]) -> list[Row]:
    """The kernels alone: patients whose rates nearly meet, whom the engine solves, replaced by others."""
    some = ours.Ours(ours.with_modes(who, PATIENTS), RING)
    calls = {"set-up": some.set_up, "W1a": some.trajectories, "W1c": some.summaries}
    took = alternating({name: partial(call, 1) for name, call in calls.items()}, RUNS, LONGEST_S)
    cost = {name: MICRO * one.processor / PATIENTS for name, one in took.items()}
    how = f"the kernels alone; {ours.close(who):.1%} of patients go to the engine and are left out here"
    bounds = {"W1a": all_curves.get("bound 1"), "W1c": all_summaries.get("bound 1"), "set-up": None}
    return [Compared(f"{name}, modes alone, 1", value, "us", how, bound=bounds[name]) for name, value in cost.items()]


def scaled(what: str, took: dict[str, float], machine: Limits) -> list[Row]:
    """How much faster two threads are, and how much more the machine does on them."""
    name, faster = f"{what}, 1 to 2 threads", took["ours 1"] / took["ours 2"]
    single, double = machine.of(FUSED, 1), machine.of(FUSED, 2)
    if not single or not double:
        return [
            Absent(name, faster, "times", "no compiler, so no rate of the machine to hold it against", least=SCALED)
        ]
    how = f"the machine's own multiply and add: {double / single:.2f} times"
    if double / single < SCALES:
        return [Absent(name, faster, "times", f"{how}, which is not two cores", least=SCALED)]
    return [Row(name, faster, "times", how, least=SCALED)]


def w1a(took: dict[str, float], machine: Limits, wrong: float) -> list[Row]:
    rows: list[Row] = compared("W1a trajectories", took, wrong)
    threads = trusted(machine)
    peak = machine.of(STREAM, threads)
    for name, key, least in (("W1a", f"ours {threads}", 0.40), ("the bound of W1a", f"bound {threads}", None)):
        if not peak and least:
            rows.append(
                absent(f"{name} against non-temporal writing", "no C compiler, so no such writing", least=least)
            )
        elif peak and key in took:
            written = BYTES / took[key] * MICRO / GIGA
            how = f"{written:.1f} of {peak:.1f} GB/s on {on(threads)}"
            rows.append(Row(f"{name} against non-temporal writing", written / peak, "", how, least=least))
    return rows + against_bound("W1a", took, machine, 0.55) + scaled("W1a", took, machine)


def compared(what: str, took: dict[str, float], wrong: float) -> list[Row]:
    return [
        Compared(f"{what}, {n}", took[f"ours {n}"], "us", HOW, bound=took.get(f"bound {n}"), error=wrong)
        for n in (1, 2)
    ]


def against_bound(what: str, took: dict[str, float], machine: Limits, least: float) -> list[Row]:
    n = trusted(machine)
    if f"bound {n}" not in took:
        return [absent(f"{what} against the bound", "no C compiler on this machine", least=least)]
    return [Row(f"{what} against the bound", took[f"bound {n}"] / took[f"ours {n}"], "", on(n), least=least)]


def trusted(machine: Limits) -> int:
    """Two threads where the machine has two cores for us; else one, by the time of its processor."""
    one, two = machine.of(FUSED, 1), machine.of(FUSED, 2)
    return 2 if one and two and two / one >= SCALES else 1


def on(threads: int) -> str:
    return "two threads" if threads > 1 else "one thread, as the machine has not two cores for us"


def other_programs(who: People, took: dict[str, float], summed: dict[str, float], wrong: float) -> list[Row]:
    """SciPy always; the others where they are installed. A program makes all curves to sum them up."""
    rows: list[Row] = []
    for peer in (*scipy_rows(who), *peers(who)):
        if peer.name == "mrgsolve":
            rows += [
                against_mrgsolve("W1a", peer, took["ours 1"], 300.0),
                against_mrgsolve("W1c", peer, summed["ours 1"], 400.0),
            ]
        if peer.us is None:
            rows.append(Absent(peer.name, 0.0, "", peer.absent))
            continue
        how = f"{peer.patients} patients of {peer.name}; one thread each"
        named = {"peer": peer.name, "peer_value": peer.us, "peer_error": peer.error}
        rows.append(
            Compared("W1a trajectories, 1", took["ours 1"], "us", how, bound=took.get("bound 1"), error=wrong, **named)
        )
    return rows


def against_mrgsolve(what: str, peer: Peer, us: float, least: float) -> Row:
    name = f"{what} against mrgsolve, one thread"
    if peer.us is None:
        return absent(name, peer.absent, least=least)
    return Row(name, peer.us / us, "times", "one thread each", least=least)


def scipy_rows(who: People) -> list[Peer]:
    found = []
    for name, call, patients in (
        ("SciPy expm", with_scipy.by_exponential, 6),
        ("SciPy LSODA", with_scipy.by_solver, 3),
    ):
        some = who.part(slice(0, patients))

        def every(call: Program = call, some: People = some) -> Floats:
            return np.stack([call(some, patient) for patient in range(some.count)])

        wrong = float(error(every(), truth(some)).max())
        found.append(Peer(name, MICRO * best(every, runs=3).processor / patients, wrong, patients))
    return found


def one_patient_rows() -> list[Row]:
    say("one patient …")
    curve, learnt = one_patient.curve(), one_patient.learning()
    if not (max(curve.engine_error, curve.modes_error) < BUILT and learnt.difference < SAME_MODE):
        raise AssertionError(f"one patient: curve off by {curve.engine_error:.1e}, mode by {learnt.difference:.1e}")
    how = f"{learnt.effects} random effects, 6 levels; as SciPy's BFGS to {learnt.difference:.0e}"
    drawn = f"10,000 draws, worth {learnt.effective:,.0f} ({learnt.method}), with the mode and what taught it"
    return [
        Compared(
            "W2 one curve, propagator", curve.engine_ms, "ms", "1,441 times, three outputs", peer="SciPy LSODA",
            peer_value=curve.scipy_ms, peer_error=curve.scipy_error, error=curve.engine_error,
        ),
        Compared(
            "W2 one curve, modes", curve.modes_ms, "ms", "1,441 times, three outputs", peer="SciPy LSODA",
            peer_value=curve.scipy_ms, peer_error=curve.scipy_error, error=curve.modes_error,
        ),
        Row("W2 predict, band of 1,000 draws", one_patient.band_ms(), "ms", "one model, 4 h at 1 min", 10.0),
        Compared("W3 mode", learnt.mode_ms, "ms", how, peer="SciPy BFGS", peer_value=learnt.scipy_ms),
        Row("W3 posterior, whole update", learnt.update_ms, "ms", drawn, 10.0),
        Row("W3 posterior, worth", learnt.effective, "draws", "of 10,000", least=5000.0),
        Row("W3 mode, away from SciPy's", learnt.difference, "", "of each random effect", SAME_MODE),
        absent("W2 against mrgsolve", NO_CASE, least=10.0),
        absent("W3 mode against mapbayr", NO_CASE, least=1000.0),
    ]  # fmt: skip


def control_rows() -> list[Row]:
    held = one_patient.control()
    how = f"{held.steps} steps of 10 s, an effect-site level; {held.short:.0e} under it once due"
    return [
        Row("W4 rates of 240 steps", held.rates_ms, "ms", how, 0.2),
        Row("W4 the same with the curves of a unit rate", held.whole_ms, "ms", "looked at between the steps too"),
        Row("W4 overshoot", max(held.overshoot, 0.0), "of target", "the engine's curve each second, 20 min on", 1e-9),
    ]


def scaling(bench: ours.Ours) -> list[Row]:
    """Cost a patient by how many there are; the same people again and again beyond those of the bench."""
    large = bool(os.environ.get("NORKET_BENCH_LARGE"))
    say(f"{', '.join(f'{size:,}' for size in SIZES)} patients …")
    took = alternating({f"{size}": partial(bench.trajectories, 1, size) for size in SIZES}, rounds=3)
    if large:
        say(f"{LARGE:,} patients …")
        took[f"{LARGE}"] = once(partial(bench.trajectories, 1, LARGE))
    cost = {int(size): MICRO * one.processor / int(size) for size, one in took.items()}
    rows = [Row(f"W1a, {size:,} patients", took, "us", "a patient, 1 thread") for size, took in cost.items()]
    middle = cost[MANY]
    apart = max(abs(took - middle) for took in cost.values()) / middle
    how = f"{min(cost):,} to {max(cost):,}" + ("" if large else "; --large for 10,000,000")
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(Row("memory of the whole bench so far", held, "MB", f"at most at once, {max(cost):,} patients in it"))
    return [*rows, Row("W1a, cost a patient over sizes", apart, "", how, 0.10)]


def start_rows() -> list[Row]:
    say("starting …")
    how = f"processor time of a whole interpreter, least of {start.TIMES}"
    return [
        Row("import of the engine", start.processor_s(start.IMPORT), "s", how, 0.5),
        Row("first curve, kernels cached", start.processor_s(start.FIRST), "s", f"{how}; norket.predict", 0.8),
        Row("first curve, nothing cached", start.first_ever_s(), "s", "once; an empty folder for kernels", 15.0),
    ]


def scale_out_rows() -> list[Row]:
    say("other workers …")
    ways = ", ".join(f"{workers} in chunks of {64 * blocks}" for workers, blocks in scale_out.WAYS)
    how = f"{scale_out.PATIENTS} patients by workers: {ways}; Dask with a killed worker is among the tests"
    return [Row("answers that differ between workers", scale_out.differences(), "", how, 0.0)]


def worst(rows: list[Row], what: str = "worst error, random patients") -> float:
    return next(row.value for row in rows if row.what == what)


def band_rows() -> list[Row]:
    """W1b on one session of six; NumPy's figure is from eight times of it."""
    say("percentiles …")
    found = bands(people(MANY))
    if found.difference > 0:
        raise AssertionError(f"the percentiles differ from NumPy's by {found.difference:.1e} ng/mL")
    whole = found.rows.processor + found.chosen[1].processor
    how = f"{MANY:,} patients, one session of six; {found.rows.processor:.2f} s of it the rows"
    selected = found.numpy.processor / found.chosen[1].processor
    double = found.numpy.wall / found.chosen[2].wall
    return [
        Row("W1b 5/50/95 % with the rows", whole, "s", how),
        Compared(
            "W1b of given rows, 1",
            found.chosen[1].processor,
            "s",
            how,
            peer="np.quantile",
            peer_value=found.numpy.processor,
        ),
        Compared(
            "W1b of given rows, 2", found.chosen[2].wall, "s", how, peer="np.quantile", peer_value=found.numpy.processor
        ),
        Row("W1b of given rows against np.quantile", selected, "times", f"1 thread each; {double:.1f} on 2", least=5.0),
        Row("W1b, held at once", found.scratch_mb, "MB", f"{MANY:,} patients, without their systems", 1000.0),
        *two_round_rows(),
    ]


def two_round_rows() -> list[Row]:
    """W1b where the curves of everybody are too many to hold: as the protocol lab does it, on two threads."""
    held = "W1b in two rounds, held at most"
    if not os.environ.get("NORKET_BENCH_LARGE"):
        return [absent(held, f"--large for {SIZES[-1]:,} patients", limit=1000.0)]
    say(f"percentiles of {SIZES[-1]:,} …")
    found = two_rounds(people(SIZES[-1]), 2)
    how = f"{SIZES[-1]:,} patients, one session, 2 threads, {found.took.processor:.0f} s of the processor"
    return [
        Row("W1b in two rounds, with the rows", found.took.wall, "s", f"{how}; exact"),
        Row(held, found.scratch_mb, "MB", "systems, modes and rows too", 1000.0),
    ]
