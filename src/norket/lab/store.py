"""The files of a run: what each chunk brought, written whole or not at all, and a manifest that says what it all is.

`OUT/patients/` is for people; `OUT/work/` lets a killed run go on, and is removed when the run is complete.
"""

import csv
import errno
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from norket.pharmacology.population.chunk import ChunkResult
from norket.pharmacology.population.quantiles import Gathered
from norket.pharmacology.population.reading import ScenarioError

Floats = NDArray[np.float64]
MANIFEST, RESULT, REPORT = "manifest.json", "result.json", "report.html"
FALLBACK, NAMES, COUNTS = "fallback", "names", "counts-of-"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DIGITS = "%.9g"


@dataclass(frozen=True)
class Store:
    """The folder of one run. `patients`: whether a table of the patients is kept for people to read."""

    folder: Path
    keep_patients: bool = True

    @property
    def work(self) -> Path:
        """What is needed until the run is complete."""
        return self.folder / "work"

    def begin(self, manifest: Mapping[str, Any]) -> None:
        """Starts a run or goes on with it; a folder that holds another run, or other files, is refused."""
        found = self.manifest()
        if found is not None:
            other = [key for key, value in manifest.items() if found.get(key) != value]
            if other:
                raise ScenarioError(
                    f"{self.folder} holds another run (other {', '.join(other)}); name another folder with --out"
                )
            if found.get("state") == "complete":
                return
        elif self.folder.exists() and any(self.folder.iterdir()):
            raise ScenarioError(f"{self.folder} is not empty and holds no run; name another folder with --out")
        with telling(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        running = json.dumps({**manifest, "state": "running"}, indent=1) + "\n"
        self._write(MANIFEST, lambda path: path.write_text(running, encoding="utf-8"))
        with telling(self.folder):
            self.work.mkdir(exist_ok=True)
            if self.keep_patients:
                (self.folder / "patients").mkdir(exist_ok=True)

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, if there is one."""
        path = self.folder / MANIFEST
        with telling(path):
            if not path.exists():
                return None
            text = path.read_text(encoding="utf-8")
        try:
            found: dict[str, Any] = json.loads(text)
        except ValueError as error:
            message = f"{path} is no manifest of a run ({error}); name another folder with --out"
            raise ScenarioError(message) from error
        return found

    def finished(self) -> dict[str, Any] | None:
        """The answer of a complete run."""
        found, path = self.manifest(), self.folder / RESULT
        if found is None or found.get("state") != "complete" or not path.exists():
            return None
        answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return answer

    def finish(self, manifest: Mapping[str, Any], answer: Mapping[str, Any], report: str) -> None:
        """Writes the answer and the report, then drops what is no longer needed."""
        self._write(REPORT, lambda path: path.write_text(report, encoding="utf-8"))
        self._write(RESULT, lambda path: path.write_text(json.dumps(answer, allow_nan=False) + "\n", encoding="utf-8"))
        complete = {**manifest, "state": "complete"}
        self._write(MANIFEST, lambda path: path.write_text(json.dumps(complete, indent=1) + "\n", encoding="utf-8"))
        shutil.rmtree(self.work)

    def has(self, stage: str, number: int) -> bool:
        """Whether a chunk of a stage is done."""
        return self._path(stage, number).exists()

    def put(self, stage: str, number: int, result: ChunkResult) -> None:
        """Keeps what a chunk brought."""
        arrays: dict[str, Any] = {NAMES: np.array(json.dumps(list(result.table)))}
        if result.rows is not None:
            arrays["rows"] = result.rows
        if result.gathered is not None:
            arrays |= {"values": result.gathered.values, "who": result.gathered.who}
        arrays[FALLBACK] = np.array(json.dumps(result.fallback))
        if self.keep_patients and result.table:
            self._write(
                f"patients/{number:05d}.csv", lambda path: path.write_text(_csv(result.table), encoding="utf-8")
            )
        if result.table:
            table = np.array(list(result.table.values()))
            self._write(f"work/{self._table(stage, number).name}", lambda path: _save_array(path, table))
        if result.counts is not None:
            counts = {"counts": result.counts.astype(np.int32)}
            self._save(f"{COUNTS}{stage}", number, counts)
        self._save(stage, number, arrays)

    def _save(self, stage: str, number: int, arrays: Mapping[str, Any]) -> None:
        self._write(f"work/{self._path(stage, number).name}", lambda path: _save(path, arrays))

    def counts(self, stage: str, number: int) -> NDArray[np.int64]:
        """The counts by place of a chunk."""
        return self.get(f"{COUNTS}{stage}", number, "counts").astype(np.int64)

    def get(self, stage: str, number: int, name: str) -> NDArray[Any]:
        """One array of a chunk."""
        with np.load(self._path(stage, number)) as kept:
            found: NDArray[Any] = kept[name]
            return found

    def columns(self, stage: str) -> tuple[str, ...]:
        """The names of the columns of the patients' table; every chunk has all of them."""
        return tuple(json.loads(str(self.get(stage, 0, NAMES))))

    def column(self, stage: str, chunks: int, place: int) -> Floats:
        """One column of all patients, in their order."""
        parts = [np.load(self._table(stage, number), mmap_mode="r")[place] for number in range(chunks)]
        found: Floats = np.concatenate(parts)
        return found

    def gathered(self, stage: str, number: int) -> Gathered:
        """The gathered values of a chunk."""
        return Gathered(self.get(stage, number, "values"), self.get(stage, number, "who"))

    def fallback(self, stage: str, number: int) -> dict[str, int]:
        """How many patients of a chunk took the general engine, and why."""
        found: dict[str, int] = json.loads(str(self.get(stage, number, FALLBACK)))
        return found

    def _path(self, stage: str, number: int) -> Path:
        return self.work / f"{stage}-{number:05d}.npz"

    def _table(self, stage: str, number: int) -> Path:
        return self.work / f"{stage}-{number:05d}.table.npy"

    def _write(self, name: str, write: Callable[[Path], object]) -> None:
        """Whole or not at all: into a file beside it, which takes its name once it is on the disk."""
        path = self.folder / name
        beside = path.with_name(f".{path.name}.part")
        with telling(path):
            try:
                write(beside)
                with beside.open("rb") as written:
                    os.fsync(written.fileno())
                os.replace(beside, path)
            finally:
                beside.unlink(missing_ok=True)


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Says of a file that cannot be read or written what to do, and that nothing is lost."""
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        if error.errno in FULL:
            message = f"{path}: {why}; what is done is kept: make room, then give the same command again and it goes on"
        else:
            message = f"{path}: {why}; name a folder in which you may write, with --out"
        raise ScenarioError(message) from error


def _save(path: Path, arrays: Mapping[str, Any]) -> None:
    """Counts are mostly nought and shrink well; numbers of patients do not."""
    with path.open("wb") as file:
        (np.savez_compressed if "counts" in arrays else np.savez)(file, **arrays)


def _save_array(path: Path, array: Floats) -> None:
    with path.open("wb") as file:
        np.save(file, array)


def _csv(table: Mapping[str, Floats]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(table)
    line = ",".join([DIGITS] * len(table)) + "\n"
    buffer.writelines(line % row for row in zip(*(column.tolist() for column in table.values()), strict=True))
    return buffer.getvalue()
