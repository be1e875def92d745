"""`norket demo`, `serve`, `migrate`, `seed`, `doctor`: run and look after an installation."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from norket.cli import people
from norket.cli.shared import CLINIC, JsonOption, installation, print_json

app = typer.Typer()
app.add_typer(people.app)


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
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Rehearse a training case, such as hypertension.")
    ] = None,
) -> None:
    """Run a demo clinic with simulated patients and monitors, until Ctrl-C.

    Example: norket demo --speed 10 --scenario hypertension
    """
    import tempfile

    folder = data or Path(tempfile.mkdtemp(prefix="norket-demo-"))
    with installation(folder, "demo"):
        from norket.site.demo import run

        run(
            port=port,
            speed=speed,
            seed=seed,
            browser=browser,
            temporary=folder if data is None else None,
            scenario=scenario,
        )


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
    with installation():
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
    with installation():
        from norket.site.boot import migrate as run

        run()
        print("the database is at the present schema", file=sys.stderr)


@app.command(rich_help_panel=CLINIC)
def seed(
    *,
    world: Annotated[str, typer.Option(metavar="demo|authz|load|hospital", help="Which made-up clinic.")] = "demo",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same clinic.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Fill an empty database with a made-up clinic (demo and test modes only).

    Example: NORKET_MODE=demo norket seed --world demo --json
    """
    with installation():
        from norket.site import clock, worlds

        made = worlds.plant(world, seed=seed, now=clock.now())
        if as_json:
            print_json(made)
        else:
            for person in made["people"]:
                print(f"{person['role']:<18} {person['username']:<22} {person['password']}")


@app.command(rich_help_panel=CLINIC)
def doctor(*, as_json: JsonOption = False) -> None:
    """Say what is wrong with this installation and what to do; status 1 when something is bad.

    Example: norket doctor
    """
    with installation(examined=True):
        from norket.site import doctor as surgery

        checks = surgery.examine()
        if as_json:
            print_json(surgery.as_json(checks))
        else:
            for check in checks:
                print(f"{check.state:<8} {check.name:<11} {check.why}")
        if any(check.state == "bad" for check in checks):
            raise typer.Exit(1)
