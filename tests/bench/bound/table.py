"""The rows of the population benchmark and the one table that shows them side by side."""

from dataclasses import dataclass

from row import Row

# What is to be reached, in its order: each has a line in every run, measured or absent.
REACH = (
    "worst error, rates that meet",
    "worst error, random patients",
    "worst error, summaries",
    "W1a against non-temporal writing",
    "W1a against the bound",
    "W1c against the bound",
    "W1a against mrgsolve, one thread",
    "W1c against mrgsolve, one thread",
    "W1b of given rows against np.quantile",
    "W1b, held at once",
    "W1b in two rounds, held at most",
    "W2 against mrgsolve",
    "W2 predict, band of 1,000 draws",
    "W3 mode against mapbayr",
    "W3 mode, away from SciPy's",
    "W3 posterior, whole update",
    "W3 posterior, worth",
    "W4 rates of 240 steps",
    "W4 overshoot",
    "W1a, 1 to 2 threads",
    "W1c, 1 to 2 threads",
    "W1a, cost a patient over sizes",
    "import of the engine",
    "first curve, kernels cached",
    "first curve, nothing cached",
    "GPU W1a against copying",
    "GPU W1c against multiply and add",
    "answers that differ between workers",
)


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
    """What there is no figure of, or (`value` above zero) none that its goal can be held against, and why."""

    def as_json(self) -> dict[str, object]:
        return {**super().as_json(), "value": self.value or None, "kept": None, "absent": True}


def absent(what: str, why: str, *, limit: float | None = None, least: float | None = None) -> Absent:
    """A goal that this run cannot measure."""
    return Absent(what, 0.0, "", why, limit, least)


def over(one: float | None, other: float) -> float | None:
    return None if one is None else one / other


def table(rows: list[Row]) -> str:
    """The machine and the errors, then everything beside its peer and the bound, then what was to be reached."""
    goals = {row.what: row for row in rows if row.what in REACH}
    plain = [row for row in rows if type(row) is Row and row.what not in goals]
    lines = [f"  {row.what:<44} {row.value:>10.4g} {row.unit:<8} ({row.how})" for row in plain]
    heads = f"{'ours':>9} {'peer':>10} {'bound':>8}    {'peer/ours':>9} {'bound/ours':>10}  {'error':>7}"
    lines += ["", f"  {'side by side':<34} {heads}"]
    lines += [_side_by_side(row) for row in rows if isinstance(row, Compared)]
    lines += [
        f"  {row.what:<34} absent: {row.how}" for row in rows if isinstance(row, Absent) and row.what not in goals
    ]
    lines += ["", f"  {'to reach':<44} {'measured':>10}"]
    return "\n".join(
        [*lines, *(_reached(goals.get(what) or absent(what, "not measured in this run")) for what in REACH)]
    )


def _side_by_side(row: Compared) -> str:
    ratios = f"{_shown(over(row.peer_value, row.value), 9)} {_shown(over(row.bound, row.value), 10, '.2f')}"
    columns = f"{_shown(row.value, 9)} {_shown(row.peer_value, 10)} {_shown(row.bound, 8)} {row.unit} {ratios}"
    return f"  {row.what:<34} {columns}  {_shown(row.error, 7, '.0e')}  {row.peer}".rstrip()


def _shown(value: float | None, wide: int, form: str = ".4g") -> str:
    return f"{'-':>{wide}}" if value is None else f"{value:>{wide}{form}}"


def _reached(row: Row) -> str:
    aims = [f"at most {row.limit:g}"] if row.limit is not None else []
    aims += [f"at least {row.least:g}"] if row.least is not None else []
    without = isinstance(row, Absent)
    kept = "absent" if without else ("reached" if row.kept else "MISSED")
    value = f"{'-':>10}" if without and not row.value else f"{row.value:>10.3g}"
    return f"  {row.what:<44} {value} {row.unit:<8} {kept:<8} ({'; '.join([*aims, row.how])})"
