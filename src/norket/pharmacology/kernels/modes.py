"""The modes of block-triangular systems, 64 individuals side by side: rates in closed form, weights by substitution.

States come in blocks that are strongly connected inside (one, two or three states), each fed only by blocks before it.
The rates of a block are the roots of a polynomial of its size. A mode of one block reaches those after it through one
small linear system each, whose determinant is a product of differences of rates. Two blocks of one state with the same
rate by structure make a double rate: its later mode is fed by its earlier one (`link`).
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
LANES = 64
LAGUERRE, NEWTON = 7, 2
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
    order: Integers,
    starts: Integers,
    reach: Flags,
    source: Integers,
    rates: Floats,
    link: Floats,
    entry: Floats,
    readout: Floats,
    narrow: Floats,
) -> None:
    """Fills `rates[block, mode, lane]`, `link`, `entry[block, way, mode, lane]`, `readout[block, output, mode, lane]`.

    `matrices[draw, n, n]`, `entries[way, draw, n]` and `readers[output, draw, n]` describe each individual; `order`
    lists the states block by block, `starts` where each block begins (and the end), `reach[i, j]` whether block i
    feeds block j in the end, `source[mode]` the earlier mode of a double rate. `narrow[draw]` becomes how much the
    differences of rates may magnify an error (infinite where a rate is not real and above zero).
    """
    states = order.size
    a, v, u = np.empty((states, states, LANES)), np.empty((states, LANES)), np.empty((states, LANES))
    v1, u1, work = np.empty((states, LANES)), np.empty((states, LANES)), np.empty((8, LANES))
    for block in range(rates.shape[0]):
        _load(matrices, order, block * LANES, a)
        r = rates[block]
        for b in range(starts.size - 1):
            _block_rates(a, starts[b], starts[b + 1] - starts[b], r)
        for m in range(states):
            if source[m] >= 0:
                r[m] = r[source[m]]
        _narrowness(r, starts, reach, source, work[0])
        for lane in range(min(LANES, narrow.size - block * LANES)):
            narrow[block * LANES + lane] = work[0, lane]
        link[block] = 0.0
        for b in range(starts.size - 1):
            for m in range(starts[b], starts[b + 1]):
                if source[m] >= 0:
                    continue
                later = _later(source, m)
                if later >= 0:
                    c = _block_of(starts, later)
                    _right(a, r, starts, reach, c, later, -1, v1, v1, work)
                    _right(a, r, starts, reach, b, m, later, v1, v, work)
                    link[block, later] = work[7]
                    _left(a, r, starts, reach, b, m, -1, u, v, u, work)
                    work[7] = link[block, later]
                    _left(a, r, starts, reach, c, later, m, u, v, u1, work)
                    _project(
                        entries, readers, order, block, u1, v1, work, entry[block, :, later], readout[block, :, later]
                    )
                else:
                    _right(a, r, starts, reach, b, m, -1, v1, v, work)
                    _left(a, r, starts, reach, b, m, -1, u, v, u, work)
                _scale(u, v, starts[b], starts[b + 1])
                _project(entries, readers, order, block, u, v, work, entry[block, :, m], readout[block, :, m])


@jit
def _load(matrices: Floats, order: Integers, first: int, a: Floats) -> None:
    """a[i, j, lane]: the matrices of the draws from `first` on in the order of the blocks; the last fills the rest."""
    last = matrices.shape[0] - 1
    for lane in range(LANES):
        matrix = matrices[min(first + lane, last)]
        for i in range(order.size):
            for j in range(order.size):
                a[i, j, lane] = matrix[order[i], order[j]]


@jit
def _later(source: Integers, m: int) -> int:
    for later in range(source.size):
        if source[later] == m:
            return later
    return -1


@jit
def _block_of(starts: Integers, m: int) -> int:
    b = 0
    while starts[b + 1] <= m:
        b += 1
    return b


@jit
def _block_rates(a: Floats, s: int, size: int, r: Floats) -> None:
    """The rates of one block, the largest first."""
    if size == 1:
        for d in range(LANES):
            r[s, d] = -a[s, s, d]
    elif size == PAIR:
        _two_rates(a[s, s], a[s, s + 1], a[s + 1, s], a[s + 1, s + 1], r[s], r[s + 1])
    else:
        _three_rates(a[s : s + 3, s : s + 3], r[s], r[s + 1], r[s + 2])


@jit
def _two_rates(a: Floats, b: Floats, c: Floats, d: Floats, first: Floats, last: Floats) -> None:
    for k in range(LANES):
        apart = a[k] - d[k]
        first[k] = 0.5 * (np.sqrt(apart * apart + 4.0 * b[k] * c[k]) - (a[k] + d[k]))
        last[k] = (a[k] * d[k] - b[k] * c[k]) / first[k]


@jit
def _three_rates(m: Floats, first: Floats, second: Floats, third: Floats) -> None:
    """Roots of x³ - c2·x² + c1·x - c0: the largest from above (Laguerre), the others by division, all polished."""
    for k in range(LANES):
        a, b, c = m[0, 0, k], m[0, 1, k], m[0, 2, k]
        d, e, f = m[1, 0, k], m[1, 1, k], m[1, 2, k]
        g, h, i = m[2, 0, k], m[2, 1, k], m[2, 2, k]
        c2 = -(a + e + i)
        c1 = (a * e - b * d) + (a * i - c * g) + (e * i - f * h)
        c0 = -(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))
        x = c2 / 3.0 + 2.0 * np.sqrt(max(c2 * c2 / 9.0 - c1 / 3.0, 0.0))
        for _ in range(LAGUERRE):
            p = ((x - c2) * x + c1) * x - c0
            p1 = (3.0 * x - 2.0 * c2) * x + c1
            p2 = 6.0 * x - 2.0 * c2
            x -= 3.0 * p / (p1 + np.sqrt(max(4.0 * p1 * p1 - 6.0 * p * p2, 0.0)))
        x = _polished(x, c2, c1, c0)
        rest, product = c2 - x, c0 / x
        y = 0.5 * (rest + np.sqrt(rest * rest - 4.0 * product))
        y = _polished(y, c2, c1, c0)
        first[k], second[k], third[k] = x, y, _polished(product / y, c2, c1, c0)


@jit
def _polished(x: float, c2: float, c1: float, c0: float) -> float:
    for _ in range(NEWTON):
        step = (((x - c2) * x + c1) * x - c0) / ((3.0 * x - 2.0 * c2) * x + c1)
        x -= step if abs(step) <= FARTHEST_POLISH * abs(x) else 0.0
    return x


@jit
def _narrowness(r: Floats, starts: Integers, reach: Flags, source: Integers, worst: Floats) -> None:
    """How much differences of rates magnify an error: ten times for each ten times that a gap is below a tenth.

    At a double rate a gap counts three times, as its error does.
    """
    own = np.empty(LANES)
    worst[:] = 1.0
    for b in range(starts.size - 1):
        for m in range(starts[b], starts[b + 1]):
            if source[m] >= 0:
                continue
            own[:] = 1.0
            for c in range(starts.size - 1):
                if b == c or reach[b, c] or reach[c, b]:
                    for k in range(starts[c], starts[c + 1]):
                        if k != m and source[k] < 0:
                            double = _later(source, m) >= 0 or _later(source, k) >= 0
                            _gap(r[m], r[k], double, own)
            rate = r[m]
            for d in range(LANES):
                worst[d] = max(worst[d], own[d]) if rate[d] > 0.0 and np.isfinite(own[d]) else np.inf


@jit
def _gap(r: Floats, other: Floats, double: bool, own: Floats) -> None:
    for d in range(LANES):
        gap = abs(r[d] - other[d]) / max(r[d], other[d])
        factor = 1.0 if gap > WIDE else WIDE / gap
        own[d] *= factor * factor * factor if double else factor


@jit
def _right(
    a: Floats,
    r: Floats,
    starts: Integers,
    reach: Flags,
    b: int,
    m: int,
    later: int,
    v1: Floats,
    v: Floats,
    work: Floats,
) -> None:
    """v: where mode m of block b shows. With `later`, its double, v is generalised: (A + r)·v = link·v1.

    The link goes to the last row of `work`.
    """
    v[:] = 0.0
    _null(a, r[m], starts[b], starts[b + 1] - starts[b], False, v)
    link = work[7]
    link[:] = 0.0
    for c in range(b + 1, starts.size - 1):
        if not reach[b, c]:
            continue
        for i in range(starts[c], starts[c + 1]):
            into = work[i - starts[c]]
            into[:] = 0.0
            for j in range(starts[b], starts[c]):
                _take(a[i, j], v[j], into)
            if i == later:
                link[:] = -into
            elif later >= 0 and i > later:
                _take_back(link, v1[i], into)
        if starts[c] != later:
            _solve(a, r, m, starts[c], starts[c + 1] - starts[c], False, work, v)


@jit
def _left(
    a: Floats,
    r: Floats,
    starts: Integers,
    reach: Flags,
    b: int,
    m: int,
    earlier: int,
    u2: Floats,
    v2: Floats,
    u: Floats,
    work: Floats,
) -> None:
    """u: what feeds mode m of block b. With `earlier`, its double: uᵀ(A + r) = link·u2ᵀ and u·v2 = 0."""
    u[:] = 0.0
    _null(a, r[m], starts[b], starts[b + 1] - starts[b], True, u)
    link = work[7]
    for c in range(b - 1, -1, -1):
        if not reach[c, b]:
            continue
        if starts[c] == earlier:
            for j in range(earlier + 1, starts[b + 1]):
                _take(u[j], v2[j], u[earlier])
            continue
        for i in range(starts[c], starts[c + 1]):
            into = work[i - starts[c]]
            into[:] = 0.0
            for j in range(starts[c + 1], starts[b + 1]):
                _take(a[j, i], u[j], into)
            if earlier >= 0 and i < earlier:
                _take_back(link, u2[i], into)
        _solve(a, r, m, starts[c], starts[c + 1] - starts[c], True, work, u)


@jit
def _take(factor: Floats, vector: Floats, into: Floats) -> None:
    for d in range(LANES):
        into[d] -= factor[d] * vector[d]


@jit
def _take_back(factor: Floats, vector: Floats, into: Floats) -> None:
    for d in range(LANES):
        into[d] += factor[d] * vector[d]


@jit
def _null(a: Floats, r: Floats, s: int, size: int, left: bool, v: Floats) -> None:
    """The null vector of A + r (of its transpose: `left`) in one block, into its rows of v."""
    if size == 1:
        v[s] = 1.0
    elif size == PAIR:
        across, back = (a[s + 1, s], a[s, s + 1]) if left else (a[s, s + 1], a[s + 1, s])
        _null_of_two(a[s, s], across, back, a[s + 1, s + 1], r, v[s], v[s + 1])
    else:
        _null_of_three(a[s : s + 3, s : s + 3], r, left, v[s : s + 3])


@jit
def _null_of_two(a: Floats, b: Floats, c: Floats, d: Floats, r: Floats, first: Floats, second: Floats) -> None:
    for k in range(LANES):
        upper, lower = a[k] + r[k], d[k] + r[k]
        by_upper = abs(upper) >= abs(lower)
        first[k] = b[k] if by_upper else -lower
        second[k] = -upper if by_upper else c[k]


@jit
def _null_of_three(m: Floats, r: Floats, left: bool, v: Floats) -> None:
    """The longest of the three cross products of two rows."""
    for k in range(LANES):
        a, e, i = m[0, 0, k] + r[k], m[1, 1, k] + r[k], m[2, 2, k] + r[k]
        b, c, f = m[0, 1, k], m[0, 2, k], m[1, 2, k]
        d, g, h = m[1, 0, k], m[2, 0, k], m[2, 1, k]
        if left:
            b, d = d, b
            c, g = g, c
            f, h = h, f
        x0, x1, x2 = e * i - f * h, f * g - d * i, d * h - e * g
        y0, y1, y2 = h * c - i * b, i * a - g * c, g * b - h * a
        z0, z1, z2 = b * f - c * e, c * d - a * f, a * e - b * d
        x, y, z = x0 * x0 + x1 * x1 + x2 * x2, y0 * y0 + y1 * y1 + y2 * y2, z0 * z0 + z1 * z1 + z2 * z2
        one, two = (x >= y) & (x >= z), y >= z
        v[0, k] = x0 if one else (y0 if two else z0)
        v[1, k] = x1 if one else (y1 if two else z1)
        v[2, k] = x2 if one else (y2 if two else z2)


@jit
def _solve(a: Floats, r: Floats, m: int, s: int, size: int, left: bool, work: Floats, v: Floats) -> None:
    """The rows of v in one block from (A + r[m])·v = work (transposed: `left`); its determinant is of the rates."""
    if size == 1:
        _solve_one(r[m], r[s], work[0], v[s])
    elif size == PAIR:
        across, back = (a[s + 1, s], a[s, s + 1]) if left else (a[s, s + 1], a[s + 1, s])
        _solve_two(a[s, s], across, back, a[s + 1, s + 1], r[m], r[s], r[s + 1], work, v[s], v[s + 1])
    else:
        _solve_three(a[s : s + 3, s : s + 3], r[m], r[s : s + 3], left, work, v[s : s + 3])


@jit
def _solve_one(r: Floats, own: Floats, by: Floats, v: Floats) -> None:
    for k in range(LANES):
        v[k] = by[k] / (r[k] - own[k])


@jit
def _solve_two(
    a: Floats,
    b: Floats,
    c: Floats,
    d: Floats,
    r: Floats,
    first: Floats,
    last: Floats,
    by: Floats,
    v: Floats,
    w: Floats,
) -> None:
    for k in range(LANES):
        part = 1.0 / ((r[k] - first[k]) * (r[k] - last[k]))
        v[k] = ((d[k] + r[k]) * by[0, k] - b[k] * by[1, k]) * part
        w[k] = ((a[k] + r[k]) * by[1, k] - c[k] * by[0, k]) * part


@jit
def _solve_three(m: Floats, r: Floats, own: Floats, left: bool, by: Floats, v: Floats) -> None:
    for k in range(LANES):
        a, e, i = m[0, 0, k] + r[k], m[1, 1, k] + r[k], m[2, 2, k] + r[k]
        b, c, f = m[0, 1, k], m[0, 2, k], m[1, 2, k]
        d, g, h = m[1, 0, k], m[2, 0, k], m[2, 1, k]
        if left:
            b, d = d, b
            c, g = g, c
            f, h = h, f
        part = 1.0 / ((r[k] - own[0, k]) * (r[k] - own[1, k]) * (r[k] - own[2, k]))
        p, q, s = by[0, k] * part, by[1, k] * part, by[2, k] * part
        v[0, k] = (e * i - f * h) * p + (h * c - i * b) * q + (b * f - c * e) * s
        v[1, k] = (f * g - d * i) * p + (i * a - g * c) * q + (c * d - a * f) * s
        v[2, k] = (d * h - e * g) * p + (g * b - h * a) * q + (a * e - b * d) * s


@jit
def _scale(u: Floats, v: Floats, first: int, end: int) -> None:
    """u becomes the dual of v: their product inside the mode's own block is one."""
    for d in range(LANES):
        product = 0.0
        for i in range(first, end):
            product += u[i, d] * v[i, d]
        for i in range(u.shape[0]):
            u[i, d] /= product


@jit
def _project(
    entries: Floats,
    readers: Floats,
    order: Integers,
    block: int,
    u: Floats,
    v: Floats,
    work: Floats,
    entry: Floats,
    readout: Floats,
) -> None:
    for way in range(entries.shape[0]):
        _along(entries[way], order, block, u, entry[way])
    for output in range(readers.shape[0]):
        _along(readers[output], order, block, v, readout[output])


@jit
def _along(vectors: Floats, order: Integers, block: int, mode: Floats, result: Floats) -> None:
    last = vectors.shape[0] - 1
    for d in range(LANES):
        vector = vectors[min(block * LANES + d, last)]
        total = 0.0
        for i in range(order.size):
            total += vector[order[i]] * mode[i, d]
        result[d] = total
