"""`norket clinic`, `person`, `chair`, `patient`: a new installation gets its clinic and the people in it."""

from datetime import datetime
from typing import Annotated

import typer

from norket.cli.shared import CLINIC, JsonOption, installation, print_json

app = typer.Typer()
clinic_app = typer.Typer(no_args_is_help=True, help="The clinics of this installation.")
person_app = typer.Typer(no_args_is_help=True, help="The people who sign in.")
chair_app = typer.Typer(no_args_is_help=True, help="The chairs of a clinic.")
patient_app = typer.Typer(no_args_is_help=True, help="The patients of a clinic.")
app.add_typer(clinic_app, name="clinic", rich_help_panel=CLINIC)
app.add_typer(person_app, name="person", rich_help_panel=CLINIC)
app.add_typer(chair_app, name="chair", rich_help_panel=CLINIC)
app.add_typer(patient_app, name="patient", rich_help_panel=CLINIC)

Roles = Annotated[list[str], typer.Option("--role", metavar="ROLE", help="May be given more than once.")]
Ask = Annotated[bool, typer.Option("--ask-password", help="Ask for the password instead of making one.")]
ClinicOption = Annotated[str, typer.Option("--clinic", metavar="ID|NAME", help="Which clinic.")]


def _welcome(made: dict[str, object]) -> None:
    from norket.site.founding import change_at

    if "password" in made:
        print(f"{made['username']} signs in with this password, shown only now:\n{made['password']}")
        print(f"To be changed after the first sign-in, at {change_at()}")


@clinic_app.command("add")
def clinic_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    *,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Such as Europe/London.")],
    username: Annotated[str, typer.Option(metavar="NAME", help="How its first person signs in.")],
    person_name: Annotated[str, typer.Option(metavar="TEXT", help="That person's name.")],
    role: Roles,
    ask_password: Ask = False,
    as_json: JsonOption = False,
) -> None:
    """Make a clinic and the first person who signs in to it.

    Example: norket clinic add "Main clinic" --timezone Europe/London --username ferris --person-name "Dr Ferris"
    --role medical_director
    """
    with installation():
        from norket.site import founding

        made = founding.clinic_add(name, timezone, username, person_name, role, ask=ask_password)
        if as_json:
            print_json(made)
        else:
            print(f"{made['clinic']} ({made['clinic_id']}) is made.")
            _welcome(made)


@clinic_app.command("contacts")
def clinic_contacts(
    clinic: Annotated[str, typer.Argument(metavar="ID|NAME", help="Which clinic.")],
    *,
    country: Annotated[str, typer.Option(metavar="XX", help="Two letters, such as GB: whose emergency numbers.")],
    phone: Annotated[str, typer.Option(metavar="NUMBER", help="Answered in the hours.")] = "",
    hours: Annotated[str, typer.Option(metavar="TEXT", help="Such as 'Monday to Friday, 8 to 18'.")] = "",
    on_call: Annotated[str, typer.Option(metavar="NUMBER", help="Answered at other hours.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say whom people in need can call; the open pages show it before all else.

    Example: norket clinic contacts "Main clinic" --country GB --phone "020 7946 0000" --hours "weekdays, 8 to 18"
    """
    with installation():
        from norket.site import founding

        made = founding.clinic_contacts(clinic, country=country, phone=phone, hours=hours, on_call=on_call)
        if as_json:
            print_json(made)
        else:
            print(f"Kept for {made['clinic']}. Its self-check: {made['self_check']}")


@person_app.command("add")
def person_add(
    username: Annotated[str, typer.Argument(metavar="USERNAME", help="How they sign in.")],
    *,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Their name.")],
    role: Roles,
    clinic: ClinicOption,
    ask_password: Ask = False,
    as_json: JsonOption = False,
) -> None:
    """Let one more person sign in.

    Example: norket person add torres --name "Maya Torres" --role nurse --clinic "Main clinic"
    """
    with installation():
        from norket.site import founding

        made = founding.person_add(username, name, role, clinic, ask=ask_password)
        if as_json:
            print_json(made)
        else:
            _welcome(made)


@chair_app.command("add")
def chair_add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    *,
    clinic: ClinicOption,
    as_json: JsonOption = False,
) -> None:
    """Set up one more chair.

    Example: norket chair add "Chair 1" --clinic "Main clinic"
    """
    with installation():
        from norket.site import founding

        made = founding.chair_add(name, clinic)
        if as_json:
            print_json(made)
        else:
            print(f"{made['chair']} is number {made['position']} of {made['clinic']}.")


@patient_app.command("add")
def patient_add(
    mrn: Annotated[str, typer.Argument(metavar="NUMBER", help="The clinic's own record number.")],
    *,
    given_name: Annotated[str, typer.Option(metavar="TEXT")],
    family_name: Annotated[str, typer.Option(metavar="TEXT")],
    born: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The date of birth.")],
    sex: Annotated[str, typer.Option(metavar="female|male", help="As the dosing models take it.")],
    clinic: ClinicOption,
    height: Annotated[float | None, typer.Option(metavar="CM", help="Needed by models that ask for it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Register a patient.

    Example: norket patient add N-1 --given-name Elena --family-name Marsh --born 1984-03-12 --sex female
    --clinic "Main clinic"
    """
    with installation():
        from norket.site import founding

        made = founding.patient_add(mrn, given_name, family_name, born.date(), sex, height, clinic)
        if as_json:
            print_json(made)
        else:
            print(f"{made['mrn']} is registered at {made['clinic']}.")
