"""The one way a kernel is compiled: cached on disk, without the interpreter lock, in strict floating point.

The cache follows `NUMBA_CACHE_DIR`; where no folder can be written, kernels compile in memory at each start.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def jit(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """`function` compiled on its first call, with the same signature."""
    try:
        compiled = _compile(function, cache=True)
    except RuntimeError as error:
        if "cannot cache function" not in str(error):
            raise
        compiled = _compile(function, cache=False)
    return cast("Callable[_Arguments, _Result]", compiled)


def _compile(function: Callable[..., object], *, cache: bool) -> object:
    return numba.njit(cache=cache, nogil=True, fastmath=False, error_model="numpy")(function)
