"""Weighted sums of tables, many times at once: the innermost loop of every curve.

A few cache lines of the sum stay in registers while the tables pass, so that each table is read once and the sum is
written once. For a few tables the code is written out for each number of them, so that nothing has to be guessed in a
loop this short. A compiler does not find this by itself.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from norket.pharmacology.kernels.jit import lean

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LINE, FLOAT_BYTES = 8, 8
LINES = 3
# How far a sum may run over its end.
OVER = LINES * LINE
# Sums of so many tables are written out.
WRITTEN_OUT = 8
# How many arguments there are where no sum is written.
NO_ROW = 9
INDEX, VECTOR = ir.IntType(64), ir.VectorType(ir.DoubleType(), LINE)
FUSED = ir.FunctionType(VECTOR, [VECTOR] * 3)
_insert = cast("Callable[..., Any]", cgutils.get_or_insert_function)
_allocate = cast("Callable[..., Any]", cgutils.alloca_once)


class _Sum:
    """Writes the code of one stretch; see `add_up`."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder = builder
        *_, self.times, _, self.first, self.stride, _, self.place, _, self.slot, self.count = arguments
        last = len(arguments)
        self.weight, self.table, self.slots = (
            context.make_array(signature.args[n])(context, builder, arguments[n]).data
            for n in (last - 8, last - 5, last - 3)
        )
        if last > NO_ROW:
            self.into, self.at = (
                context.make_array(signature.args[0])(context, builder, arguments[0]).data,
                arguments[1],
            )
        self.fused = _insert(builder.module, FUSED, "llvm.fmuladd.v8f64")

    def write(self) -> None:
        builder, last = self.builder, self.builder.append_basic_block("done")
        choice = builder.switch(self.count, builder.append_basic_block("many"))
        for count in range(1, WRITTEN_OUT + 1):
            block = builder.append_basic_block(f"sum of {count}")
            choice.add_case(ir.Constant(INDEX, count), block)
            with builder.goto_block(block):
                self._few(count)
                builder.branch(last)
        builder.position_at_end(choice.default)
        self._many()
        builder.branch(last)
        builder.position_at_end(last)

    def _few(self, count: int) -> None:
        numbers = [ir.Constant(INDEX, number) for number in range(count + 1)]
        level, *factors = [self._spread(number) for number in numbers]
        starts = [self._start(number) for number in numbers[:-1]]
        with self._tiles() as done:
            sums = [level] * LINES
            for factor, start in zip(factors, starts, strict=True):
                sums = self._added(sums, factor, self.builder.add(start, done))
            self._write(sums, done)

    def _many(self) -> None:
        builder, none = self.builder, ir.Constant(INDEX, 0)
        level, totals = self._spread(none), [_allocate(builder, VECTOR) for _ in range(LINES)]
        with self._tiles() as done:
            for total in totals:
                builder.store(level, total)
            with cgutils.for_range(builder, self.count) as loop:
                factor = self._spread(builder.add(loop.index, ir.Constant(INDEX, 1)))
                start = builder.add(self._start(loop.index), done)
                for total, value in zip(
                    totals, self._added([builder.load(one) for one in totals], factor, start), strict=True
                ):
                    builder.store(value, total)
            self._write([builder.load(total) for total in totals], done)

    @contextmanager
    def _tiles(self) -> Iterator[Any]:
        builder, size = self.builder, ir.Constant(INDEX, OVER)
        count = builder.udiv(builder.add(self.times, ir.Constant(INDEX, OVER - 1)), size)
        with cgutils.for_range(builder, count) as loop:
            yield builder.mul(loop.index, size)

    def _added(self, sums: list[Any], factor: Any, start: Any) -> list[Any]:
        lines = [self.builder.load(self._line(self.table, start, number), align=FLOAT_BYTES) for number in range(LINES)]
        return [self.builder.call(self.fused, [factor, line, one]) for line, one in zip(lines, sums, strict=True)]

    def _write(self, sums: list[Any], done: Any) -> None:
        at = self.builder.add(self.at, done)
        for number, total in enumerate(sums):
            self.builder.store(total, self._line(self.into, at, number), align=FLOAT_BYTES)

    def _spread(self, number: Any) -> Any:
        place = self.builder.add(self.first, self.builder.mul(number, self.stride))
        return spread(self.builder, self.builder.load(self.builder.gep(self.weight, [place])), VECTOR)

    def _start(self, number: Any) -> Any:
        own = self.builder.load(self.builder.gep(self.slots, [self.builder.add(self.slot, number)]))
        return self.builder.add(own, self.place)

    def _line(self, data: Any, start: Any, number: int) -> Any:
        begin = self.builder.add(start, ir.Constant(INDEX, number * LINE))
        return self.builder.bitcast(self.builder.gep(data, [begin]), VECTOR.as_pointer())


class _Highest(_Sum):
    """The same sums; each is looked at and forgotten. `write` gives the highest of those up to `times`."""

    def write(self) -> Any:
        builder, none = self.builder, ir.Constant(VECTOR, [-np.inf] * LINE)
        self.tops = [_allocate(builder, VECTOR) for _ in range(LINES)]
        for top in self.tops:
            builder.store(none, top)
        super().write()
        return highest_lane(builder, [builder.load(top) for top in self.tops])

    def _write(self, sums: list[Any], done: Any) -> None:
        builder = self.builder
        left = builder.sub(self.times, done)
        over = builder.icmp_signed("<", left, ir.Constant(INDEX, OVER))
        with builder.if_else(over) as (short, whole):
            with short:
                self._look([self._only(total, left, number) for number, total in enumerate(sums)])
            with whole:
                self._look(sums)

    def _look(self, sums: list[Any]) -> None:
        for top, total in zip(self.tops, sums, strict=True):
            self.builder.store(higher(self.builder, total, self.builder.load(top)), top)

    def _only(self, total: Any, left: Any, number: int) -> Any:
        """What lies at the end of `times` or after it becomes lower than anything."""
        builder, whole = self.builder, ir.VectorType(INDEX, LINE)
        places = ir.Constant(whole, list(range(number * LINE, (number + 1) * LINE)))
        inside = builder.icmp_signed("<", places, spread(builder, left, whole))
        return builder.select(inside, total, ir.Constant(VECTOR, [-np.inf] * LINE))


def spread(builder: Any, value: Any, vector: Any) -> Any:
    """The same value everywhere in a vector."""
    short = ir.IntType(32)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(short, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(short, LINE), [0] * LINE))


def higher(builder: Any, one: Any, other: Any) -> Any:
    """The higher of two vectors, number by number."""
    return builder.select(builder.fcmp_ordered(">", one, other), one, other)


def highest_lane(builder: Any, vectors: list[Any]) -> Any:
    """The highest number of some vectors."""
    found, short = vectors, ir.IntType(32)
    while len(found) > 1:
        found = [higher(builder, *found[:2]), *found[2:]]
    for width in (LINE // 2, LINE // 4, LINE // 8):
        low, high = (
            builder.shuffle_vector(
                found[0], found[0], ir.Constant(ir.VectorType(short, width), list(range(first, first + width)))
            )
            for first in (0, width)
        )
        found = [higher(builder, low, high)]
    return builder.extract_element(found[0], ir.Constant(short, 0))


def _add_up(
    _typing: Any, into: Any, _at: Any, _times: Any, weight: Any, _first: Any, _stride: Any, table: Any, _place: Any,
    slots: Any, _slot: Any, _count: Any,
) -> tuple[Any, Callable[..., Any]]:  # fmt: skip
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _Sum(context, builder, signature, arguments).write()
        return context.get_dummy_value()

    whole = types.int64
    return types.void(into, whole, whole, weight, whole, whole, table, whole, slots, whole, whole), generate


_stretch = cast(
    "Callable[[Floats, int, int, Floats, int, int, Floats, int, Integers, int, int], None]", intrinsic(_add_up)
)


def _highest_sum(
    _typing: Any, _times: Any, weight: Any, _first: Any, _stride: Any, table: Any, _place: Any, slots: Any, _slot: Any,
    _count: Any,
) -> tuple[Any, Callable[..., Any]]:  # fmt: skip
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _Highest(context, builder, signature, arguments).write()

    whole = types.int64
    return types.float64(whole, weight, whole, whole, table, whole, slots, whole, whole), generate


_highest = cast("Callable[[int, Floats, int, int, Floats, int, Integers, int, int], float]", intrinsic(_highest_sum))


@lean
def highest_sum(
    times: int,
    weight: Floats,
    first: int,
    stride: int,
    table: Floats,
    place: int,
    slots: Integers,
    slot: int,
    count: int,
) -> float:
    """The highest of the sums that `add_up` would write up to `times`, bit for bit; nothing is written."""
    return _highest(times, weight, first, stride, table, place, slots, slot, count)


@lean
def add_up(
    into: Floats,
    at: int,
    times: int,
    weight: Floats,
    first: int,
    stride: int,
    table: Floats,
    place: int,
    slots: Integers,
    slot: int,
    count: int,
) -> None:
    """into[at + k] = w[0] + sum over s up to `count` of w[s + 1] · table[slots[slot + s] + place + k], where
    w[s] = weight[first + s · stride], for k up to `times`, and up to `OVER` places too far. All arrays are flat, and no
    part of one is taken here: in a loop as short as this, taking parts would cost more than the sums.
    """
    _stretch(into, at, times, weight, first, stride, table, place, slots, slot, count)
