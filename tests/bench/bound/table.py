"""The rows of the population benchmark and the one table that shows them side by side."""

from dataclasses import dataclass

from row import Row


@dataclass(frozen=True)
class Compared(Row):
    """Ours beside a peer and the bound, all in `unit`; `error` is ours over the peak of the curve."""

    peer: str = ""
    peer_value: float | None = None
    peer_error: float | None = None
    bound: float | None = None
    error: float | None = None

    def as_json(self) -> dict[str, object]:
        ratios = {"peer_over_ours": over(self.peer_value, self.value), "bound_over_ours": over(self.bound, self.value)}
        return {**super().as_json(), **ratios}


@dataclass(frozen=True)
class Absent(Row):
    """What there is no figure of, and why."""

    def as_json(self) -> dict[str, object]:
        return {**super().as_json(), "value": None, "kept": None, "absent": True}


def over(one: float | None, other: float) -> float | None:
    return None if one is None else one / other


def table(rows: list[Row]) -> str:
    """The machine and the errors, then everything beside its peer and the bound, then what was to be reached."""
    promised = [row for row in rows if row.limit is not None or row.least is not None]
    plain = [row for row in rows if type(row) is Row and row not in promised]
    lines = [f"  {row.what:<44} {row.value:>10.4g} {row.unit:<8} ({row.how})" for row in plain]
    heads = f"{'ours':>9} {'peer':>10} {'bound':>8}    {'peer/ours':>9} {'bound/ours':>10}  {'error':>7}"
    lines += ["", f"  {'side by side':<34} {heads}"]
    lines += [_side_by_side(row) for row in rows if isinstance(row, Compared)]
    lines += [f"  {row.what:<34} absent: {row.how}" for row in rows if isinstance(row, Absent)]
    lines += ["", f"  {'to reach':<44} {'measured':>10}"]
    return "\n".join([*lines, *(_promised(row) for row in promised)])


def _side_by_side(row: Compared) -> str:
    ratios = f"{_shown(over(row.peer_value, row.value), 9)} {_shown(over(row.bound, row.value), 10, '.2f')}"
    columns = f"{_shown(row.value, 9)} {_shown(row.peer_value, 10)} {_shown(row.bound, 8)} {row.unit} {ratios}"
    return f"  {row.what:<34} {columns}  {_shown(row.error, 7, '.0e')}  {row.peer}".rstrip()


def _shown(value: float | None, wide: int, form: str = ".4g") -> str:
    return f"{'-':>{wide}}" if value is None else f"{value:>{wide}{form}}"


def _promised(row: Row) -> str:
    aim = f"at most {row.limit:g}" if row.limit is not None else f"at least {row.least:g}"
    kept = "reached" if row.kept else "MISSED"
    return f"  {row.what:<44} {row.value:>10.3g} {row.unit:<8} {kept:<8} ({aim}; {row.how})"
