"""Builds the C beside it with the machine's compiler, in a folder of its own, and calls it from threads of Python."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HERE = Path(__file__).parent
FLAGS = ("-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC", "-Wall")
LINE, LINE_BYTES = 8, 64
Call = Callable[..., float]


def compiler() -> str | None:
    """The C compiler of this machine: $CC, or gcc, or cc."""
    return next((found for name in (os.environ.get("CC"), "gcc", "cc") if name and (found := shutil.which(name))), None)


@cache
def library() -> ctypes.CDLL:
    """The compiled C; calls let the interpreter's lock go."""
    found = compiler()
    if found is None:
        raise RuntimeError("no C compiler: the bound cannot be built")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "bound.so"
        sources = [str(HERE / name) for name in ("machine.c", "three_weeks.c")]
        subprocess.run([found, *FLAGS, *sources, "-o", str(target), "-lm"], check=True)
        loaded = ctypes.CDLL(str(target))
    loaded.fused.restype = ctypes.c_double
    return loaded


def aligned(count: int) -> Floats:
    """`count` doubles on a multiple of 64 bytes, every page touched."""
    room = np.zeros(count + LINE)
    room.fill(0.0)
    first = -(room.ctypes.data // 8) % LINE
    return room[first : first + count]


def pointer(array: Floats, first: int = 0) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data + 8 * first)


def in_threads(threads: int, parts: int, work: Callable[[int], object]) -> None:
    """`work(0 … parts - 1)`, each part by whichever of the threads is free."""
    if threads == 1:
        for part in range(parts):
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(parts)))
