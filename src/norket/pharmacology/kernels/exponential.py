"""The matrix exponential of many small matrices at once, by scaling, a Taylor sum and repeated squaring.

Each matrix is first shifted by its lowest diagonal element, so that the rates of a compartment model become a matrix
without negative elements: sums then have no cancellation, small elements are as accurate as large ones, and no
concentration can come out below zero.
"""

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit, lean

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
SCALED_NORM = 0.5
# The Taylor sum stops where the first term left out is below this part of it: beyond the reach of double precision.
LEFT_OUT = 1e-19


@jit
def exponentials(matrix: Floats, lengths: Floats, result: Floats) -> None:
    """Fills `result[length, n, n, draw]` with the exponential of `matrix[n, n, draw]` times each of `lengths`."""
    size, draws = matrix.shape[0], matrix.shape[2]
    scaled = np.empty((size, size, draws))
    work = np.empty((size, size, draws))
    shift, norm = _shift_and_norm(matrix)
    reach = _reach(matrix)
    for number in range(lengths.size):
        length = lengths[number]
        squarings = 0
        factor = length
        while norm * factor > SCALED_NORM:
            factor *= 0.5
            squarings += 1
        for i in range(size):
            for j in range(size):
                for draw in range(draws):
                    on_diagonal = shift[draw] if i == j else 0.0
                    scaled[i, j, draw] = (matrix[i, j, draw] + on_diagonal) * factor
        _taylor(scaled, reach, max(size, _degree(norm * factor)), work, result[number])
        for draw in range(draws):
            decay = np.exp(-shift[draw] * factor)
            for i in range(size):
                for j in range(size):
                    result[number, i, j, draw] *= decay
        for _ in range(squarings):
            _multiply(result[number], result[number], reach, work)
            _copy(work, result[number])


@jit
def doublings(matrices: Floats) -> None:
    """matrices[k, n, n, draw] becomes the square of matrices[k - 1], from the first one on."""
    reach = _reach(matrices[0])
    for number in range(1, matrices.shape[0]):
        _multiply(matrices[number - 1], matrices[number - 1], reach, matrices[number])


@jit
def multiples(ladder: Floats, counts: Integers, result: Floats) -> None:
    """Fills `result[number, n, n, draw]`: as far as `counts[number]` steps (at least one).

    `ladder` holds those of 1, 2, 4 … steps, as from `doublings`.
    """
    reach, work = _reach(ladder[0]), np.empty(ladder.shape[1:])
    for number in range(counts.size):
        begun = False
        for double in range(ladder.shape[0]):
            if counts[number] >> double & 1:
                if begun:
                    _multiply(ladder[double], result[number], reach, work)
                    _copy(work, result[number])
                else:
                    _copy(ladder[double], result[number])
                begun = True


@lean
def _copy(source: Floats, target: Floats) -> None:
    for i in range(source.shape[0]):
        for j in range(source.shape[0]):
            one, other = source[i, j], target[i, j]
            for draw in range(one.size):
                other[draw] = one[draw]


@jit
def _shift_and_norm(matrix: Floats) -> tuple[Floats, float]:
    """For each draw what makes its diagonal non-negative; and the largest column sum over all shifted draws."""
    size, draws = matrix.shape[0], matrix.shape[2]
    shift = np.zeros(draws)
    norm = 0.0
    for draw in range(draws):
        for i in range(size):
            shift[draw] = max(shift[draw], -matrix[i, i, draw])
        for j in range(size):
            column = shift[draw]
            for i in range(size):
                column += matrix[i, j, draw] if i == j else abs(matrix[i, j, draw])
            norm = max(norm, column)
    return shift, norm


@jit
def _degree(norm: float) -> int:
    """The highest power that a Taylor sum of this norm needs."""
    degree = 0
    term = 1.0
    while term > LEFT_OUT:
        degree += 1
        term *= norm / (degree + 1)
    return degree


@lean
def _taylor(scaled: Floats, reach: Flags, degree: int, work: Floats, total: Floats) -> None:
    """total = the sum of scaled^k / k! up to `degree`, by Horner's rule."""
    size = scaled.shape[0]
    for i in range(size):
        for j in range(size):
            into = total[i, j]
            for draw in range(into.size):
                into[draw] = 1.0 if i == j else 0.0
    for power in range(degree, 0, -1):
        _multiply(scaled, total, reach, work)
        for i in range(size):
            for j in range(size):
                if reach[i, j]:
                    one, into, product = 1.0 if i == j else 0.0, total[i, j], work[i, j]
                    for draw in range(into.size):
                        into[draw] = one + product[draw] * (1.0 / power)


@jit
def _reach(matrix: Floats) -> Flags:
    """Where any power of a draw's matrix may differ from zero: what leads from j to i, over whatever is between."""
    size, draws = matrix.shape[0], matrix.shape[2]
    reach = np.zeros((size, size), dtype=np.bool_)
    for i in range(size):
        reach[i, i] = True
        for j in range(size):
            for draw in range(draws):
                reach[i, j] |= matrix[i, j, draw] != 0.0
    for between in range(size):
        for i in range(size):
            for j in range(size):
                reach[i, j] |= reach[i, between] and reach[between, j]
    return reach


@lean
def _multiply(left: Floats, right: Floats, reach: Flags, product: Floats) -> None:
    """product = left · right, for each draw."""
    for i in range(left.shape[0]):
        for j in range(left.shape[0]):
            into = product[i, j]
            for draw in range(into.size):
                into[draw] = 0.0
            for k in range(left.shape[0]):
                if reach[i, k] and reach[k, j]:
                    one, other = left[i, k], right[k, j]
                    for draw in range(into.size):
                        into[draw] += one[draw] * other[draw]
