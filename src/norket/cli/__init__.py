"""`norket …`: the command line. Engine commands never load the record; clinic commands load the site when they run."""

import typer

from norket.cli import (
    clinic,
    engine,
    interactions,
    knowledge,
    operations,
    population,
    ready,
    screen,
    target,
    update,
    validate,
)
from norket.cli.shared import ENGINE

app = typer.Typer(
    name="norket",
    help="The open-source system for ketamine therapy: the clinical record and the pharmacology engine in one ledger.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(engine.app)
app.add_typer(ready.app)
app.add_typer(interactions.app)
app.add_typer(update.app)
app.add_typer(target.app)
app.add_typer(population.app)
app.add_typer(validate.app)
app.add_typer(screen.app)
app.add_typer(knowledge.app, name="knowledge", rich_help_panel=ENGINE)
app.add_typer(clinic.app)
app.add_typer(operations.app)


def main() -> None:
    """The console script."""
    app()
