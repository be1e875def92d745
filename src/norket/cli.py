"""`norket …`: the command line. Engine commands never load the record; clinic commands load the site when they run."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from norket.pharmacology.models import Model
    from norket.pharmacology.patient import Patient
    from norket.pharmacology.prediction import Prediction

app = typer.Typer(
    name="norket",
    help="The open-source system for ketamine therapy: the clinical record and the pharmacology engine in one ledger.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
REFUSED = 2
MOST_TIMES = 100_000
ENGINE = "Engine (needs no installation of a clinic)"


def main() -> None:
    """The console script."""
    app()


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


# --- engine -----------------------------------------------------------------------------------------------------


def _number(text: str) -> float:
    from norket.units import NumberError, parse_number

    try:
        return parse_number(text)
    except NumberError as error:
        raise typer.BadParameter(f"this is not a number:\n{error}") from error


@app.command(rich_help_panel=ENGINE)
def simulate(
    *,
    dose: Annotated[list[str], typer.Option(help="A dose text, such as '0.5 mg/kg iv over 40 min'. Repeatable.")],
    weight: Annotated[float, typer.Option(parser=_number, metavar="KG", help="Body weight in kg.")],
    age: Annotated[float, typer.Option(parser=_number, metavar="Y", help="Age in years.")],
    sex: Annotated[str, typer.Option(metavar="female|male", help="Sex.")],
    height: Annotated[float | None, typer.Option(parser=_number, metavar="CM", help="Height in cm.")] = None,
    covariate: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A fact that a model uses. Repeatable.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="ID", help="One model instead of the default table.")] = None,
    with_: Annotated[list[str] | None, typer.Option("--with", metavar="DRUG", help="An interacting drug.")] = None,
    at: Annotated[str | None, typer.Option(metavar="MINUTES,…", help="The times to show, in minutes.")] = None,
    until: Annotated[float | None, typer.Option(parser=_number, metavar="H", help="Last hour to show.")] = None,
    every: Annotated[
        float | None, typer.Option(parser=_number, metavar="MIN", help="Step, minutes (1 if only --until is given).")
    ] = None,
    draws: Annotated[int, typer.Option(metavar="N", help="Virtual patients for the band.")] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same numbers.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")] = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all curves.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the curves (.png, .svg, .pdf).")] = None,
) -> None:
    """Predict ketamine and norketamine in one patient, with the variability between patients.

    Example: norket simulate --dose "0.5 mg/kg iv over 40 min" --weight 70 --age 45 --sex female
    """
    import norket

    with refusing():
        patient = _patient(weight, age, sex, height, covariate or ())
        times = _times(at, until, every)
        prediction = norket.predict(
            patient, dose, model=model, times_min=times, draws=draws, seed=seed, interactions=tuple(with_ or ())
        )
        if csv_file is not None:
            _write_csv(prediction, csv_file)
        if plot is not None:
            prediction.plot(plot)
        if as_json:
            print_json(prediction.to_json())
        else:
            from norket.pharmacology.report import prediction_text

            print(prediction_text(prediction, every_time=times is not None))


@app.command(rich_help_panel=ENGINE)
def models(
    model_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show the card of this model.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")] = False,
) -> None:
    """List the published models, or show one model's card: structure, figures, population, limits, sources.

    Example: norket models otto_2021
    """
    from norket.pharmacology import models as shelf

    with refusing():
        found: list[Model] = [shelf.model(one) for one in ([model_id] if model_id else shelf.model_ids())]
        if as_json:
            cards = [one.describe() for one in found]
            print_json(cards[0] if model_id else cards)
        else:
            from norket.pharmacology.report import model_text, models_text

            print(model_text(found[0]) if model_id else models_text(found))


def _patient(weight: float, age: float, sex: str, height: float | None, covariates: Sequence[str]) -> "Patient":
    import norket

    pairs = [text.partition("=") for text in covariates]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise UsageError(f"--covariate takes NAME=VALUE, such as race=japanese, not {name + equals + value!r}")
    facts = {name: value for name, _, value in pairs}
    return norket.Patient(weight, age, sex, height, facts)  # type: ignore[arg-type]  # checked by Patient itself


def _times(at: str | None, until: float | None, every: float | None) -> list[float] | None:
    """The times asked for, in minutes; None for the default."""
    from norket.units import Duration, parse_number

    if at is not None:
        if until is not None or every is not None:
            raise UsageError("--at names the times; it does not go with --until or --every")
        return [parse_number(text) for text in at.split(",")]
    if until is None and every is None:
        return None
    step = 1.0 if every is None else every
    if until is None or until == 0 or step == 0:
        raise UsageError("--every (minutes) needs --until (hours), and both must be above zero")
    count = int(Duration.of_hours(until).minutes / step + 1e-9)
    if count > MOST_TIMES:
        raise UsageError(f"--until {until:g} --every {step:g} asks for {count} times; at most {MOST_TIMES} are shown")
    return [number * step for number in range(count + 1)]


def _write_csv(prediction: "Prediction", path: Path) -> None:
    names, rows = prediction.table()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


# --- knowledge --------------------------------------------------------------------------------------------------

knowledge = typer.Typer(help="The knowledge base: every rule and figure with its source.", no_args_is_help=True)
app.add_typer(knowledge, name="knowledge", rich_help_panel=ENGINE)
FAULTY = 1
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
FolderOption = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Another folder of knowledge files instead of the packaged one.")
]


@knowledge.command("check")
def knowledge_check(
    folder: FolderOption = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Also name reviews that are over on this day.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read every file and say whether it holds together. Exit status 1 if it does not.

    Example: norket knowledge check --on 2027-01-31
    """
    from datetime import date

    from norket.knowledge import KnowledgeError, read
    from norket.knowledge.check import check

    with refusing():
        try:
            day = None if on is None else date.fromisoformat(on)
        except ValueError as error:
            raise UsageError(f"--on takes a day such as 2027-01-31, not {on!r}") from error
    edition, entries, unsigned = None, 0, 0
    try:
        base = read(folder)
    except KnowledgeError as error:
        faults = list(error.faults)
    else:
        faults = check(base, day)
        edition, entries = base.edition, len(base.entries)
        unsigned = sum(entry.policy is not None and entry.signed_by is None for entry in base.entries)
    if as_json:
        print_json({"edition": edition, "entries": entries, "to_be_signed": unsigned, "faults": faults})
    else:
        print("\n".join(faults) or f"{entries} entries hold together, {unsigned} to be signed; edition {edition}")
    if faults:
        raise typer.Exit(FAULTY)


@knowledge.command("list")
def knowledge_list(
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="figure, rule, dose, model or text.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the entries: id, kind, certainty, whether it is to be signed, and the statement.

    Example: norket knowledge list --kind dose
    """
    from norket.knowledge import read
    from norket.knowledge.manual import lines, summary

    with refusing():
        base = read(folder)
        if as_json:
            print_json({"edition": base.edition, "entries": summary(base, kind)})
        else:
            print("\n".join(lines(base, kind)))


@knowledge.command("show")
def knowledge_show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="The id of an entry, as in the list.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one entry whole: figures with units, sources with their places, certainty, derivation.

    Example: norket knowledge show doses.d01
    """
    from norket.knowledge import read
    from norket.knowledge.manual import describe, document

    with refusing():
        base = read(folder)
        entry = base.entry(entry_id)
        if as_json:
            print_json(document(entry, base))
        else:
            print(describe(entry, base), end="")


@knowledge.command("schema")
def knowledge_schema() -> None:
    """Print the JSON Schema of one entry.

    Example: norket knowledge schema > docs/reference/knowledge-entry.schema.json
    """
    from norket.knowledge.manual import entry_schema

    print(entry_schema(), end="")


# --- clinic -----------------------------------------------------------------------------------------------------


CLINIC = "Clinic (a real installation; settings from the environment)"
OPERATIONS = "Operations"
audit_app = typer.Typer(no_args_is_help=True, help="The audit chain: prove it, anchor it.")
events_app = typer.Typer(no_args_is_help=True, help="The ledgers of all sessions.")
app.add_typer(audit_app, name="audit", rich_help_panel=OPERATIONS)
app.add_typer(events_app, name="events", rich_help_panel=OPERATIONS)
device_app = typer.Typer(no_args_is_help=True, help="The monitors and other devices that may send.")
app.add_typer(device_app, name="device", rich_help_panel=OPERATIONS)
JSON_OPTION = typer.Option("--json", help="One JSON document on stdout, nothing else.")


@contextmanager
def _clinic(data: Path | None = None, mode: str | None = None) -> Iterator[None]:
    """Sets the site up; says which extra is missing, and turns a named refusal into its message."""
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
        yield
    except PROBLEMS as error:
        print(f"norket: {error}", file=sys.stderr)
        raise typer.Exit(REFUSED) from error


@app.command(rich_help_panel=CLINIC)
def demo(
    *,
    port: Annotated[int, typer.Option(help="The web port; 0 takes a free one.")] = 8000,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the clinic here (else it is temporary).")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the browser on a session that is moving.")] = True,
    speed: Annotated[float, typer.Option(metavar="X", help="Seconds that pass in the clinic for each real one.")] = 1.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same clinic.")] = 1,
) -> None:
    """Run a demo clinic with simulated patients and monitors, until Ctrl-C.

    Example: norket demo --speed 10
    """
    import tempfile

    folder = data or Path(tempfile.mkdtemp(prefix="norket-demo-"))
    with _clinic(folder, "demo"):
        from norket.site.demo import run

        run(port=port, speed=speed, seed=seed, browser=browser, temporary=folder if data is None else None)


@app.command(rich_help_panel=CLINIC)
def serve(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The web port; 0 takes a free one.")] = 8000,
    hl7_port: Annotated[
        int | None, typer.Option(envvar="NORKET_HL7_PORT", help="The HL7 (MLLP) port; 0 takes a free one.")
    ] = None,
    hl7_host: Annotated[str, typer.Option(help="The address for HL7; stay on loopback or a VPN.")] = "127.0.0.1",
    fault: Annotated[str | None, typer.Option(metavar="NAME", help="Fail on purpose (test mode only).")] = None,
) -> None:
    """Serve the clinic: web, HL7 listener, watcher.

    Example: norket serve --port 8000 --hl7-port 2575
    """
    with _clinic():
        from norket.site import commands

        hl7 = None if hl7_port is None else (hl7_host, hl7_port)
        commands.run_server(
            commands.bind(host, port),
            hl7,
            fault=fault,
            started=lambda ports: print(
                f"norket serves http://{host}:{ports.web}" + (f" mllp://{hl7_host}:{ports.hl7}" if ports.hl7 else ""),
                flush=True,
            ),
        )


@app.command(rich_help_panel=CLINIC)
def migrate() -> None:
    """Bring the database to the present schema.

    Example: norket migrate
    """
    with _clinic():
        from norket.site.boot import migrate as run

        run()
        print("the database is at the present schema", file=sys.stderr)


@app.command(rich_help_panel=CLINIC)
def seed(
    *,
    world: Annotated[str, typer.Option(metavar="demo|authz|load", help="Which made-up clinic.")] = "demo",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same clinic.")] = 1,
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Fill an empty database with a made-up clinic (demo and test modes only).

    Example: NORKET_MODE=demo norket seed --world demo --json
    """
    with _clinic():
        from norket.site import clock, worlds

        made = worlds.plant(world, seed=seed, now=clock.now())
        if as_json:
            print_json(made)
        else:
            for person in made["people"]:
                print(f"{person['role']:<18} {person['username']:<22} {person['password']}")


@app.command(rich_help_panel=CLINIC)
def doctor(*, as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    """Say what is wrong with this installation and what to do; status 1 when something is bad.

    Example: norket doctor
    """
    with _clinic():
        from norket.site import doctor as surgery

        checks = surgery.examine()
        if as_json:
            print_json(surgery.as_json(checks))
        else:
            for check in checks:
                print(f"{check.state:<8} {check.name:<11} {check.why}")
        if any(check.state == "bad" for check in checks):
            raise typer.Exit(1)


@app.command(rich_help_panel=OPERATIONS)
def routes(*, as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    """List every address, its methods and who may use it.

    Example: norket routes --json
    """
    with _clinic():
        from norket.site.routes import table

        found = table()
        if as_json:
            print_json(found)
        else:
            for entry in found:
                print(f"{entry['name']:<32} {','.join(entry['methods']) or '-':<10} {entry['path']}")


@audit_app.command("verify")
def audit_verify(
    *,
    as_json: Annotated[bool, JSON_OPTION] = False,
    anchor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Anchors (default: those of the data dir).")
    ] = None,
) -> None:
    """Prove that nothing in the record was changed; status 1 and the first bad line when something was.

    Example: norket audit verify --anchor /media/usb/anchors.jsonl
    """
    with _clinic():
        from norket.site import commands

        found = commands.audit_verify(anchor)
        if as_json:
            print_json(found)
        elif found["ok"]:
            print(f"{found['lines']} lines, none changed")
        else:
            print(f"line {found['first_bad']} of {found['lines']}: {found['why']}")
        if not found["ok"]:
            raise typer.Exit(1)


@audit_app.command("anchor")
def audit_anchor(
    *,
    as_json: Annotated[bool, JSON_OPTION] = False,
    anchor: Annotated[Path | None, typer.Option(metavar="FILE", help="Add to this file (keep it elsewhere).")] = None,
) -> None:
    """Write a signed note of where the chain stands, so that a cut end or a new chain shows.

    Example: norket audit anchor --anchor /media/usb/anchors.jsonl
    """
    with _clinic():
        from norket.site import commands

        note, path = commands.audit_anchor(anchor)
        if as_json:
            print_json({"seq": note.seq, "hash": note.hash, "at": note.at, "file": str(path)})
        else:
            print(f"line {note.seq} {note.hash[:16]} noted in {path}")


@device_app.command("add")
def device_add(
    identity: Annotated[str, typer.Argument(metavar="IDENTITY", help="How it names itself: MSH-3 or OBX-18.")],
    *,
    name: Annotated[str, typer.Option(metavar="TEXT", help="What people call it.")],
    clinic: Annotated[str, typer.Option(metavar="ID|NAME", help="Whose it is.")],
    as_json: Annotated[bool, JSON_OPTION] = False,
) -> None:
    """Register a device and show its token, once.

    Example: norket device add MON-3 --name "Monitor, chair 3" --clinic "Main clinic"
    """
    with _clinic():
        from norket.site import commands

        made = commands.device_add(identity, name, clinic)
        if as_json:
            print_json(made)
        else:
            print(f"{made['identity']} of {made['clinic']} is registered. Its token, shown only now:\n{made['token']}")


@device_app.command("list")
def device_list(*, as_json: Annotated[bool, JSON_OPTION] = False) -> None:
    """List the devices of all clinics.

    Example: norket device list --json
    """
    with _clinic():
        from norket.site import commands

        found = commands.devices()
        if as_json:
            print_json(found)
        else:
            for one in found:
                print(f"{one['identity']:<20} {'active' if one['active'] else 'off':<7} {one['clinic']}: {one['name']}")


@events_app.command("export")
def events_export(
    *, ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON event on each line.")] = True
) -> None:
    """Write every event of every session to stdout.

    Example: norket events export --ndjson > events.ndjson
    """
    with _clinic():
        from norket.site import commands

        for line in commands.export_events():
            print(line)


if __name__ == "__main__":
    main()
