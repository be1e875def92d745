"""`norket population`: the protocol lab, from a scenario file to an answer, a report and a table of patients."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from norket.cli.shared import ENGINE, JsonOption, UsageError, print_json, refusing

if TYPE_CHECKING:
    from norket.lab.run import Progress
    from norket.lab.store import Store
    from norket.lab.workers import Workers
    from norket.pharmacology.population.scenario import Scenario

app = typer.Typer()
# As shells number it.
INTERRUPTED = 130


@app.command(rich_help_panel=ENGINE)
def population(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO.yaml", help="Who, what, and what to look at.")],
    *,
    patients: Annotated[
        int | None, typer.Option(metavar="N", help="How many virtual patients (else the file's).")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Same seed, same people (else the file's).")] = None,
    workers: Annotated[int, typer.Option(metavar="N", help="Processes on this machine.")] = 1,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler, or 'local' for a cluster of --workers here."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep report, result and patients; a killed run goes on there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try protocols on a population: bands over time, chances of a target, what drives the spread, which gives more.

    The same seed gives the same answer, for any number of workers.

    Example: norket population docs/how-to/population/six-infusions.yaml --patients 10000 --workers 2 --out six
    """
    with refusing():
        from norket.lab.run import run, with_numbers
        from norket.pharmacology.population.card import engine

        asked = with_numbers(_read(scenario), patients, seed)
        chosen = engine()
        print(f"engine: {chosen.name}" + (f" ({chosen.why})" if chosen.why else ""), file=sys.stderr)
        with _going_on(out), _store(out) as store, _workers(dask, workers) as who, _bar() as progress:
            answer = run(asked, store, who, workers, progress=progress)
        if as_json:
            print_json(answer)
        else:
            from norket.lab.text import answer_text

            print(answer_text(answer))
            if out is not None:
                print(f"\nReport: {out / 'report.html'}")


def _read(path: Path) -> "Scenario":
    from norket.pharmacology.population.reading import read_scenario, table_name

    text = _text(path)
    table = table_name(text)
    rows = None if table is None else _text(path.parent / table, "population.table: ")
    return read_scenario(text, path.name, rows)


def _text(path: Path, named: str = "") -> str:
    """The text of a file that the user wrote; what cannot be read is said with what to do."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{named}{path}: {(error.strerror or str(error)).lower()}; name a file that is there"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{named}{path} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error


@contextmanager
def _going_on(out: Path | None) -> Iterator[None]:
    """Says what a run that is stopped by hand has kept."""
    try:
        yield
    except KeyboardInterrupt as stop:
        kept = (
            "nothing is kept without --out" if out is None else f"give the same command again and it goes on in {out}"
        )
        print(f"norket: stopped; {kept}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from stop


@contextmanager
def _store(out: Path | None) -> Iterator["Store"]:
    """The folder of the run, or one that goes when the answer is there."""
    from norket.lab.store import Store

    if out is not None:
        yield Store(out)
        return
    with tempfile.TemporaryDirectory(prefix="norket-population-") as folder:
        yield Store(Path(folder) / "run", keep_patients=False)


@contextmanager
def _workers(dask: str | None, count: int) -> Iterator["Workers"]:
    from norket.lab.cluster import cluster
    from norket.lab.workers import local

    if dask is None:
        with local(count) as here:
            yield here
        return
    with cluster(dask, count) as many:
        yield many


@contextmanager
def _bar() -> Iterator["Progress"]:
    """A progress bar with rate and time left, on stderr where somebody looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns: list[Any] = [TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn()]
    columns += [TextColumn("{task.fields[rate]}"), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, rate="")
            speed = bar.tasks[tasks[stage]].speed
            bar.update(tasks[stage], completed=done, rate="" if speed is None else f"{speed:,.0f} patients/s")

        yield show
