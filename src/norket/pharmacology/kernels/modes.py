"""The modes of block-triangular systems, 64 individuals side by side: rates in closed form, weights by substitution.

States come in blocks that are strongly connected inside (one, two or three states), each fed only by blocks before it.
The rates of a block are the roots of a polynomial of its size, and its adjugate at a rate holds the mode's vectors.
Between the modes of all blocks the system is triangular, so that each mode's part in those after it follows one by one;
each step divides by a difference of rates. Two blocks of one state with the same rate by structure make a double rate:
its later mode is fed by its earlier one (`link`).
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit, lean

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Structure = tuple[Integers, Flags, Integers, Integers, Flags, Integers]
LANES = 64
LAGUERRE, NEWTON = 2, 2
PAIR = 2
# Gaps between rates above this part of the larger are wide.
WIDE = 0.1
# Newton's method only polishes: where two roots nearly meet it could throw one of them far away.
FARTHEST_POLISH = 1e-4


@jit
def nonzero(values: Floats) -> Flags:
    """Where any `values[draw, i, j]` is not zero."""
    found = np.zeros(values.shape[1:], dtype=np.bool_)
    for draw in range(values.shape[0]):
        for i in range(values.shape[1]):
            for j in range(values.shape[2]):
                found[i, j] |= values[draw, i, j] != 0.0
    return found


@jit
def decompose(
    matrices: Floats,
    entries: Floats,
    readers: Floats,
    structure: Structure,
    rates: Floats,
    link: Floats,
    entry: Floats,
    readout: Floats,
    narrow: Floats,
    lost: Floats,
) -> None:
    """Fills `rates[block, mode, lane]`, `link`, `entry[block, way, mode, lane]`, `readout[block, output, mode, lane]`.

    `matrices[draw, n, n]`, `entries[way, draw, n]` and `readers[output, draw, n]` describe each individual.
    `structure`:
    order, the states block by block; pattern, which elements of a matrix in this order are not zero; starts, where each
    block begins (and the end); home, the block of each state; reach[i, j], whether block i feeds block j in the end;
    source[mode], the earlier mode of a double rate, or -1. `narrow[draw]` becomes how much the differences of rates may
    magnify an error (infinite where a rate is not real and above zero); `lost[draw]` how much larger the modes of an
    output are than what is left of them when they are added up, in its area.
    """
    order, pattern, starts, home, reach, source = structure
    states = order.size
    shape = (states, states, LANES)
    a, half, part = np.zeros(shape), np.empty(shape), np.empty(shape)
    basis, dual, own = np.empty(shape), np.empty(shape), np.empty((states + 2, LANES))
    marked = np.empty(states, dtype=np.bool_)
    for block in range(rates.shape[0]):
        r, first = rates[block], block * LANES
        _load(matrices, order, pattern, first, a)
        for b in range(starts.size - 1):
            s, size = starts[b], starts[b + 1] - starts[b]
            if size == 1:
                _one(a[s, s], r[s], basis[s, s], dual[s, s])
            elif size == PAIR:
                _two(a, s, r, basis, dual)
            else:
                _three(a, s, r, basis, dual)
        for m in range(states):
            if source[m] >= 0:
                copy(r[source[m]], r[m])
            fill(0.0, link[block, m])
        _narrowness(r, home, reach, source, own, marked, narrow[first : first + LANES])
        _couple(a, pattern, starts, home, reach, basis, dual, half)
        _substitute(a, r, home, reach, source, part, link[block])
        _enter(entries, order, first, starts, home, reach, dual, part, own, marked, entry[block])
        _show(readers, order, first, starts, home, reach, basis, part, own, marked, readout[block])
        _loss(r, link[block], source, entry[block], readout[block], own, lost[first : first + LANES])


@lean
def _load(matrices: Floats, order: Integers, pattern: Flags, first: int, a: Floats) -> None:
    """a[i, j, lane]: the matrices of the draws from `first` on in the order of the blocks; the last fills the rest."""
    last = matrices.shape[0] - 1
    for i in range(order.size):
        for j in range(order.size):
            if pattern[i, j]:
                row, k, m = a[i, j], order[i], order[j]
                for lane in range(LANES):
                    row[lane] = matrices[min(first + lane, last), k, m]


@lean
def _one(a: Floats, rate: Floats, basis: Floats, dual: Floats) -> None:
    for k in range(LANES):
        rate[k], basis[k], dual[k] = -a[k], 1.0, 1.0


@lean
def _two(m: Floats, s: int, rates: Floats, basis: Floats, dual: Floats) -> None:
    first, last = rates[s], rates[s + 1]
    m00, m01, m10, m11 = m[s, s], m[s, s + 1], m[s + 1, s], m[s + 1, s + 1]
    for k in range(LANES):
        a, b, c, d = m00[k], m01[k], m10[k], m11[k]
        apart = a - d
        first[k] = 0.5 * (np.sqrt(apart * apart + 4.0 * b * c) - (a + d))
        last[k] = (a * d - b * c) / first[k]
    for mode in range(s, s + 2):
        r, v, w, x, y = rates[mode], basis[s, mode], basis[s + 1, mode], dual[mode, s], dual[mode, s + 1]
        for k in range(LANES):
            upper, lower = m11[k] + r[k], m00[k] + r[k]
            by_upper = abs(upper) >= abs(lower)
            v[k] = upper if by_upper else -m01[k]
            w[k] = -m10[k] if by_upper else lower
            p, q = upper if by_upper else -m10[k], -m01[k] if by_upper else lower
            scale = 1.0 / (p * v[k] + q * w[k])
            x[k], y[k] = p * scale, q * scale


@lean
def _three(m: Floats, s: int, rates: Floats, basis: Floats, dual: Floats) -> None:
    t, u = s + 1, s + 2
    m00, m01, m02 = m[s, s], m[s, t], m[s, u]
    m10, m11, m12 = m[t, s], m[t, t], m[t, u]
    m20, m21, m22 = m[u, s], m[u, t], m[u, u]
    r0, r1, r2 = rates[s], rates[t], rates[u]
    for k in range(LANES):
        a, b, c, d, e, f, g, h, i = m00[k], m01[k], m02[k], m10[k], m11[k], m12[k], m20[k], m21[k], m22[k]
        c2 = -(a + e + i)
        c1 = (a * e - b * d) + (a * i - c * g) + (e * i - f * h)
        c0 = -(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))
        r0[k], r1[k], r2[k] = _roots(c2, c1, c0)
    for mode in range(s, s + 3):
        r, v0, v1, v2 = rates[mode], basis[s, mode], basis[t, mode], basis[u, mode]
        w0, w1, w2 = dual[mode, s], dual[mode, t], dual[mode, u]
        for k in range(LANES):
            b, c, d, f, g, h = m01[k], m02[k], m10[k], m12[k], m20[k], m21[k]
            a, e, i = m00[k] + r[k], m11[k] + r[k], m22[k] + r[k]
            x, y, z = e * i - f * h, a * i - c * g, a * e - b * d
            by_x = (abs(x) >= abs(y)) & (abs(x) >= abs(z))
            by_y = abs(y) >= abs(z)
            xy, yx = h * c - i * b, f * g - d * i
            xz, zx = b * f - c * e, d * h - e * g
            yz, zy = c * d - a * f, g * b - h * a
            p0, p1, p2 = (x, yx, zx) if by_x else ((xy, y, zy) if by_y else (xz, yz, z))
            q0, q1, q2 = (x, xy, xz) if by_x else ((yx, y, yz) if by_y else (zx, zy, z))
            scale = 1.0 / (p0 * q0 + p1 * q1 + p2 * q2)
            v0[k], v1[k], v2[k] = p0, p1, p2
            w0[k], w1[k], w2[k] = q0 * scale, q1 * scale, q2 * scale


@lean
def _roots(c2: float, c1: float, c0: float) -> tuple[float, float, float]:
    """Of x³ - c2·x² + c1·x - c0: the one that lies apart from outside (Laguerre), the others by division; polished."""
    middle, wide = c2 / 3.0, 2.0 * np.sqrt(max(c2 * c2 / 9.0 - c1 / 3.0, 0.0))
    x = middle + (wide if ((middle - c2) * middle + c1) * middle <= c0 else -wide)
    for _ in range(LAGUERRE):
        p = ((x - c2) * x + c1) * x - c0
        p1 = (3.0 * x - 2.0 * c2) * x + c1
        p2 = 6.0 * x - 2.0 * c2
        x -= 3.0 * p / (p1 + np.sqrt(max(4.0 * p1 * p1 - 6.0 * p * p2, 0.0)))
    x = _polished(x, c2, c1, c0)
    rest, product = c2 - x, c0 / x
    y = 0.5 * (rest + np.sqrt(rest * rest - 4.0 * product))
    y = _polished(y, c2, c1, c0)
    return x, y, _polished(product / y, c2, c1, c0)


@lean
def _polished(x: float, c2: float, c1: float, c0: float) -> float:
    for _ in range(NEWTON):
        step = (((x - c2) * x + c1) * x - c0) / ((3.0 * x - 2.0 * c2) * x + c1)
        x -= step if abs(step) <= FARTHEST_POLISH * abs(x) else 0.0
    return x


@lean
def _narrowness(
    r: Floats, home: Integers, reach: Flags, source: Integers, own: Floats, double: Flags, worst: Floats
) -> None:
    """How much differences of rates magnify an error: ten times for each ten times that a gap is below a tenth.

    At a double rate a gap counts three times, as its error does.
    """
    for m in range(home.size):
        fill(1.0, own[m])
        double[m] = False
        if source[m] >= 0:
            double[source[m]] = True
    for m in range(home.size):
        for k in range(m):
            if source[m] < 0 and source[k] < 0 and (home[k] == home[m] or reach[home[k], home[m]]):
                _gap(r[m], r[k], double[m] or double[k], own[m], own[k])
    for lane in range(worst.size):
        worst[lane] = 1.0
        for m in range(home.size):
            fine = r[m, lane] > 0.0 and np.isfinite(own[m, lane])
            worst[lane] = max(worst[lane], own[m, lane]) if fine else np.inf


@lean
def _gap(one: Floats, other: Floats, double: bool, own: Floats, others: Floats) -> None:
    for d in range(LANES):
        factor = WIDE * max(one[d], other[d]) / abs(one[d] - other[d])
        factor = 1.0 if factor < 1.0 else factor
        factor = factor * factor * factor if double else factor
        own[d] *= factor
        others[d] *= factor


@lean
def _couple(
    a: Floats,
    pattern: Flags,
    starts: Integers,
    home: Integers,
    reach: Flags,
    basis: Floats,
    dual: Floats,
    half: Floats,
) -> None:
    """a[k, m] becomes how mode m of one block feeds mode k of another, before that goes on to further blocks."""
    for i in range(home.size):
        for m in range(home.size):
            if reach[home[m], home[i]]:
                fill(0.0, half[i, m])
                for j in range(starts[home[m]], starts[home[m] + 1]):
                    if pattern[i, j]:
                        add(a[i, j], basis[j, m], half[i, m])
    for k in range(home.size):
        for m in range(home.size):
            if reach[home[m], home[k]]:
                fill(0.0, a[k, m])
                for i in range(starts[home[k]], starts[home[k] + 1]):
                    add(dual[k, i], half[i, m], a[k, m])


@lean
def _substitute(
    a: Floats, r: Floats, home: Integers, reach: Flags, source: Integers, part: Floats, link: Floats
) -> None:
    """part[i, m]: how much of mode i of its own block moves with mode m of the whole system; one where they are one."""
    for m in range(home.size - 1, -1, -1):
        later = -1
        for i in range(m, home.size):
            into = part[i, m]
            fill(1.0 if i == m else 0.0, into)
            if not reach[home[m], home[i]]:
                continue
            for j in range(m, i):
                if (j == m or reach[home[m], home[j]]) and reach[home[j], home[i]]:
                    add(a[i, j], part[j, m], into)
            if source[i] == m:
                later = i
                copy(into, link[i])
                fill(0.0, into)
            elif later >= 0:
                _take(link[later], part[i, later], into)
                _divide(into, r[i], r[m])
            else:
                _divide(into, r[i], r[m])


@lean
def _enter(
    vectors: Floats,
    order: Integers,
    first: int,
    starts: Integers,
    home: Integers,
    reach: Flags,
    dual: Floats,
    part: Floats,
    own: Floats,
    used: Flags,
    entry: Floats,
) -> None:
    """entry[way, m]: what each way brings to mode m."""
    for way in range(vectors.shape[0]):
        _gather(vectors[way], order, first, own, used)
        for m in range(order.size):
            into = entry[way, m]
            fill(0.0, into)
            for i in range(starts[home[m]], starts[home[m] + 1]):
                if used[i]:
                    add(dual[m, i], own[i], into)
            for j in range(m):
                if reach[home[j], home[m]]:
                    _take(part[m, j], entry[way, j], into)


@lean
def _show(
    vectors: Floats,
    order: Integers,
    first: int,
    starts: Integers,
    home: Integers,
    reach: Flags,
    basis: Floats,
    part: Floats,
    own: Floats,
    used: Flags,
    readout: Floats,
) -> None:
    """readout[output, m]: what each output shows of mode m."""
    seen = own[order.size]
    for output in range(vectors.shape[0]):
        _gather(vectors[output], order, first, own, used)
        for i in range(order.size):
            fill(0.0, readout[output, i])
            fill(0.0, seen)
            some = False
            for j in range(starts[home[i]], starts[home[i] + 1]):
                if used[j]:
                    add(own[j], basis[j, i], seen)
                    some = True
            if some:
                for m in range(i + 1):
                    if m == i or reach[home[m], home[i]]:
                        add(seen, part[i, m], readout[output, m])


@lean
def _loss(r: Floats, link: Floats, source: Integers, entry: Floats, readout: Floats, own: Floats, lost: Floats) -> None:
    """By each way, of each output: the sizes of what its modes add to the area, over the area."""
    size, total = own[source.size], own[source.size + 1]
    for lane in range(lost.size):
        lost[lane] = 1.0
    for way in range(entry.shape[0]):
        for m in range(source.size):
            steady, given, rate = own[m], entry[way, m], r[m]
            for d in range(LANES):
                steady[d] = given[d] / rate[d]
        for output in range(readout.shape[0]):
            fill(0.0, size)
            fill(0.0, total)
            for m in range(source.size):
                shown, steady, rate = readout[output, m], own[m], r[m]
                for d in range(LANES):
                    size[d] += abs(shown[d] * steady[d])
                    total[d] += shown[d] * steady[d]
                if source[m] >= 0:
                    fed, before = link[m], own[source[m]]
                    for d in range(LANES):
                        size[d] += abs(shown[d] * fed[d] * before[d] / rate[d])
                        total[d] += shown[d] * fed[d] * before[d] / rate[d]
            for lane in range(lost.size):
                if size[lane] != 0.0:
                    ratio = size[lane] / abs(total[lane])
                    lost[lane] = ratio if not ratio <= lost[lane] else lost[lane]


@lean
def _gather(vectors: Floats, order: Integers, first: int, own: Floats, used: Flags) -> None:
    """own[i, lane]: the vectors of the draws from `first` on in the order of the blocks; the states any of them has."""
    last = vectors.shape[0] - 1
    for i in range(order.size):
        state, mine = order[i], own[i]
        some = False
        for lane in range(LANES):
            mine[lane] = vectors[min(first + lane, last), state]
            some |= mine[lane] != 0.0
        used[i] = some


@lean
def add(factor: Floats, vector: Floats, into: Floats) -> None:
    for d in range(LANES):
        into[d] += factor[d] * vector[d]


@lean
def _take(factor: Floats, vector: Floats, into: Floats) -> None:
    for d in range(LANES):
        into[d] -= factor[d] * vector[d]


@lean
def _divide(into: Floats, one: Floats, other: Floats) -> None:
    for d in range(LANES):
        into[d] /= one[d] - other[d]


@lean
def fill(value: float, into: Floats) -> None:
    for d in range(LANES):
        into[d] = value


@lean
def copy(source: Floats, into: Floats) -> None:
    for d in range(LANES):
        into[d] = source[d]
