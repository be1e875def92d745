"""What is left of each mode after a time: exp(-rate · length), many side by side.

The mathematical library takes one number at a time. Here the power of two is split off and the rest is a short series,
all of it plain arithmetic that the compiler makes wide; the last bit may differ from the library's.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import lean

Floats = NDArray[np.float64]
# Added to a number, this leaves the nearest whole one in its last bits.
WHOLE = 1.5 * 2.0**52
BIAS, MANTISSA_BITS = 1023, 52
PER_LN2 = 1.4426950408889634
# The logarithm of two, its first 32 bits and the rest: whole multiples of the first are exact.
LN2, LN2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Less than this would leave the range of normal numbers.
NOTHING = -708.0


def _power_of_two(_typing: Any, _whole: Any) -> tuple[Any, Callable[..., Any]]:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        whole = ir.IntType(64)
        exponent = builder.add(builder.bitcast(arguments[0], whole), ir.Constant(whole, BIAS))
        return builder.bitcast(builder.shl(exponent, ir.Constant(whole, MANTISSA_BITS)), ir.DoubleType())

    return types.float64(types.float64), generate


_two_to = cast("Callable[[float], float]", intrinsic(_power_of_two))


@lean
def fade(rate: Floats, length: float, result: Floats) -> None:
    """result = exp(-rate · length); rates and length are not negative."""
    for k in range(result.size):
        x = -rate[k] * length
        whole = x * PER_LN2 + WHOLE
        n = whole - WHOLE
        r = (x - n * LN2) - n * LN2_REST
        s = 1.0 / 39916800.0 + r * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
        s = 1.0 / 40320.0 + r * (1.0 / 362880.0 + r * (1.0 / 3628800.0 + r * s))
        s = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0 + r * s))
        s = 0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * s))
        y = (1.0 + (r + r * r * s)) * _two_to(whole)
        result[k] = y if x > NOTHING else 0.0
