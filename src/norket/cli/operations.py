"""`norket routes`, `audit`, `device`, `events`: what an operator proves, registers and exports."""

from pathlib import Path
from typing import Annotated

import typer

from norket.cli.shared import OPERATIONS, JsonOption, installation, print_json

app = typer.Typer()
audit_app = typer.Typer(no_args_is_help=True, help="The audit chain: prove it, anchor it.")
events_app = typer.Typer(no_args_is_help=True, help="The ledgers of all sessions.")
device_app = typer.Typer(no_args_is_help=True, help="The monitors and other devices that may send.")
app.add_typer(audit_app, name="audit", rich_help_panel=OPERATIONS)
app.add_typer(events_app, name="events", rich_help_panel=OPERATIONS)
app.add_typer(device_app, name="device", rich_help_panel=OPERATIONS)


@app.command(rich_help_panel=OPERATIONS)
def routes(*, as_json: JsonOption = False) -> None:
    """List every address, its methods and who may use it.

    Example: norket routes --json
    """
    with installation():
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
    as_json: JsonOption = False,
    anchor: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Anchors (default: those of the data dir).")
    ] = None,
) -> None:
    """Prove that nothing in the record was changed; status 1 and the first bad line when something was.

    Example: norket audit verify --anchor /media/usb/anchors.jsonl
    """
    with installation():
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
    as_json: JsonOption = False,
    anchor: Annotated[Path | None, typer.Option(metavar="FILE", help="Add to this file (keep it elsewhere).")] = None,
) -> None:
    """Write a signed note of where the chain stands, so that a cut end or a new chain shows.

    Example: norket audit anchor --anchor /media/usb/anchors.jsonl
    """
    with installation():
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
    as_json: JsonOption = False,
) -> None:
    """Register a device and show its token, once.

    Example: norket device add MON-3 --name "Monitor, chair 3" --clinic "Main clinic"
    """
    with installation():
        from norket.site import commands

        made = commands.device_add(identity, name, clinic)
        if as_json:
            print_json(made)
        else:
            print(f"{made['identity']} of {made['clinic']} is registered. Its token, shown only now:\n{made['token']}")


@device_app.command("list")
def device_list(*, as_json: JsonOption = False) -> None:
    """List the devices of all clinics.

    Example: norket device list --json
    """
    with installation():
        from norket.site import commands

        found = commands.devices()
        if as_json:
            print_json(found)
        else:
            for one in found:
                print(f"{one['identity']:<20} {'active' if one['active'] else 'off':<7} {one['clinic']}: {one['name']}")


@device_app.command("follow")
def device_follow(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Of the SDC device: https://host:port/…")],
    *,
    hl7_port: Annotated[int, typer.Option(envvar="NORKET_HL7_PORT", help="The HL7 (MLLP) port of Norket.")],
    hl7_host: Annotated[str, typer.Option(help="Where Norket listens for HL7.")] = "127.0.0.1",
    certificates: Annotated[
        Path | None, typer.Option(metavar="DIR", help="With userkey.pem, usercert.pem and cacert.pem.")
    ] = None,
) -> None:
    """Follow a device that speaks IEEE 11073 SDC and hand what it measures to the HL7 port, until Ctrl-C.

    Example: norket device follow https://192.0.2.21:6464/0f1c --certificates /etc/norket/sdc --hl7-port 2575
    """
    with installation():
        from norket.site import gateway

        gateway.follow(address, hl7=(hl7_host, hl7_port), certificates=certificates)


@events_app.command("export")
def events_export(
    *, ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON event on each line.")] = True
) -> None:
    """Write every event of every session to stdout.

    Example: norket events export --ndjson > events.ndjson
    """
    with installation():
        from norket.site import commands

        for line in commands.export_events():
            print(line)
