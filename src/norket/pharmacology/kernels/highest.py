"""The highest of many values, side by side: the compiler does not make this wide, as the order could matter to it."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import lean
from norket.pharmacology.kernels.sums import FLOAT_BYTES, INDEX, LINE, VECTOR, highest_lane

Floats = NDArray[np.float64]
LINES = 4
# So many values are looked at together.
LOOK = LINES * LINE


def _highest_of(_typing: Any, row: Any, _at: Any) -> tuple[Any, Callable[..., Any]]:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        found = []
        for line in range(LINES):
            place = builder.add(arguments[1], ir.Constant(INDEX, line * LINE))
            vector = builder.bitcast(builder.gep(data, [place]), VECTOR.as_pointer())
            found.append(builder.load(vector, align=FLOAT_BYTES))
        return highest_lane(builder, found)

    return types.float64(row, types.int64), generate


_look = cast("Callable[[Floats, int], float]", intrinsic(_highest_of))


@lean
def highest(row: Floats, times: int) -> int:
    """The first place of the highest of row[:times]; `row` goes on for `LOOK` places, whose values are lost."""
    for k in range(times, times + LOOK):
        row[k] = -np.inf
    best, place = -np.inf, 0
    for begin in range(0, times, LOOK):
        found = _look(row, begin)
        if found > best:
            best, place = found, begin
    while row[place] < best:
        place += 1
    return place
