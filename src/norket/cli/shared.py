"""What every command shares: how it refuses, how it prints JSON, how it reads a number and a patient."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from norket.pharmacology.patient import Patient

REFUSED = 2
ENGINE = "Engine (needs no installation of a clinic)"
CLINIC = "Clinic (a real installation; settings from the environment)"
OPERATIONS = "Operations"
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]


class UsageError(ValueError):
    """Options that do not fit together."""


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a named refusal, or a file that cannot be read or written, into a message on stderr and exit status 2."""
    from norket.knowledge import KnowledgeError
    from norket.pharmacology.refusals import NotCoveredError
    from norket.units import DoseTextError, NumberError

    try:
        yield
    except BrokenPipeError:
        raise
    except (UsageError, DoseTextError, NumberError, NotCoveredError, KnowledgeError, OSError) as error:
        print(f"norket: {error}", file=sys.stderr)
        raise typer.Exit(REFUSED) from error


def print_json(document: Any) -> None:
    """One JSON document on stdout, and nothing else."""
    json.dump(document, sys.stdout, allow_nan=False)
    sys.stdout.write("\n")


def number(text: str) -> float:
    from norket.units import NumberError, parse_number

    try:
        return parse_number(text)
    except NumberError as error:
        raise typer.BadParameter(f"this is not a number:\n{error}") from error


def patient_of(weight: float, age: float, sex: str, height: float | None, covariates: Sequence[str]) -> "Patient":
    import norket

    pairs = [text.partition("=") for text in covariates]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UsageError(f"--covariate takes NAME=VALUE, such as race=japanese, not {name + equals + value!r}")
    facts = {name: value for name, _, value in pairs}
    return norket.Patient(weight, age, sex, height, facts)  # type: ignore[arg-type]  # checked by Patient itself


@contextmanager
def installation(data: Path | None = None, mode: str | None = None, *, examined: bool = False) -> Iterator[None]:
    """Sets the site up; says which extra is missing, and turns a named refusal into its message. Only a command that
    examines the installation goes on with an SQLite that can corrupt it."""
    try:
        from norket.site.boot import boot
        from norket.site.problems import PROBLEMS

        boot(data=data, mode=mode)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "norket":
            raise
        print(f"norket: {error.name} is not installed; the clinic needs: pip install 'norket[clinic]'", file=sys.stderr)
        raise typer.Exit(REFUSED) from error
    try:
        if not examined:
            from norket.site.doctor import refuse_old_sqlite

            refuse_old_sqlite()
        yield
    except PROBLEMS as error:
        print(f"norket: {error}", file=sys.stderr)
        raise typer.Exit(REFUSED) from error
