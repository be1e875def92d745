"""Stores that go past the caches: what is written once and not read again need not be fetched first.

`stream` moves a row of floats with non-temporal vector stores, whole cache lines at a time. On a processor without such
stores the compiler writes plain ones.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import jit, lean

Floats = NDArray[np.float64]
LINE = 8
LINE_BYTES, FLOAT_BYTES = 64, 8


def _store_line(_typing: Any, _target: Any, _at: Any, _source: Any, _from: Any) -> tuple[Any, Callable[..., Any]]:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        vector = ir.VectorType(ir.DoubleType(), LINE).as_pointer()
        target, source = (
            builder.bitcast(
                builder.gep(
                    context.make_array(signature.args[number])(context, builder, arguments[number]).data,
                    [arguments[number + 1]],
                ),
                vector,
            )
            for number in (0, 2)
        )
        line = builder.load(source, align=FLOAT_BYTES)
        store = builder.store(line, target, align=LINE_BYTES)
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
        return context.get_dummy_value()

    return types.void(_target, types.intp, _source, types.intp), generate


def _address(_typing: Any, _array: Any) -> tuple[Any, Callable[..., Any]]:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.intp(_array), generate


_line = cast("Callable[[Floats, int, Floats, int], None]", intrinsic(_store_line))
_where = cast("Callable[[Floats], int]", intrinsic(_address))


@lean
def stream(source: Floats, target: Floats, first: int, size: int) -> int:
    """target[first:] = source past the caches, so many floats, but for those of a last line that is not whole.

    How many these are is returned; they are moved to the start of `source`, for what comes next to follow them.
    """
    start = _where(target) // FLOAT_BYTES + first
    head = min(-start % LINE, size)
    lines = (size - head) // LINE
    for k in range(head):
        target[first + k] = source[k]
    for line in range(lines):
        _line(target, first + head + line * LINE, source, head + line * LINE)
    done = head + lines * LINE
    for k in range(size - done):
        source[k] = source[done + k]
    return size - done


@jit
def aligned(count: int) -> Floats:
    """Zeros that begin on a cache line."""
    room = np.zeros(count + LINE)
    first = (-_where(room) // FLOAT_BYTES) % LINE
    return room[first : first + count]
