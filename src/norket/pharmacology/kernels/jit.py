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
    return _compiled(function)


def lean(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """The same for a function that makes no arrays of its own.

    Nothing is counted to free it later, so that to take a part of an array costs nothing.
    """
    return _compiled(function, _nrt=False)


def _compiled(function: Callable[_Arguments, _Result], **options: bool) -> Callable[_Arguments, _Result]:
    try:
        found = _compile(function, cache=True, **options)
    except RuntimeError as error:
        if "cannot cache function" not in str(error):
            raise
        found = _compile(function, cache=False, **options)
    return cast("Callable[_Arguments, _Result]", found)


def _compile(function: Callable[..., object], **options: bool) -> object:
    make = cast("Callable[..., Callable[..., object]]", numba.njit)
    return make(nogil=True, fastmath=False, error_model="numpy", **options)(function)
