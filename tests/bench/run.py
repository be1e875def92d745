"""Runs the benchmarks beside it: each `bench_<name>.py` has `run() -> list[Row]` and says what it shows."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from row import Row

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def machine() -> dict[str, object]:
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def table(rows: list[Row]) -> str:
    wide = max(len(row.what) for row in rows)
    return "\n".join(
        f"  {row.what:<{wide}}  {row.value:>10.3g} {row.unit:<8}"
        + (f" {'within' if row.value <= row.limit else 'OVER'} {row.limit:g}" if row.limit is not None else "")
        + (f" {'reaches' if row.value >= row.least else 'MISSES'} {row.least:g}" if row.least is not None else "")
        + f"  ({row.how})"
        for row in rows
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"which benchmarks (default: all of {', '.join(names())})")
    parser.add_argument("--large", action="store_true", help="populations of 10,000,000 too")
    parser.add_argument("--json", action="store_true", help="one JSON document and nothing else on stdout")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(names()):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    if chosen.large:
        os.environ["NORKET_BENCH_LARGE"] = "1"
    results: dict[str, list[Row]] = {}
    for name in chosen.names or names():
        print(f"measuring {name} …", file=sys.stderr)
        bench = importlib.import_module(f"bench_{name}")
        results[name] = bench.run()
        if not chosen.json:
            print(f"{name}\n{getattr(bench, 'table', table)(results[name])}")
    if chosen.json:
        figures = {name: [row.as_json() for row in rows] for name, rows in results.items()}
        print(json.dumps({"machine": machine(), "benchmarks": figures}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
