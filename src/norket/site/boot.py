"""From the command line to a running Django: the environment first, then the settings, then the apps."""

import os
from pathlib import Path


def boot(*, data: Path | None = None, mode: str | None = None) -> None:
    """Makes the data directory and sets Django up. Settings are read once, so this comes before everything else."""
    if data is not None:
        os.environ["NORKET_DATA"] = str(data)
    if mode is not None:
        os.environ["NORKET_MODE"] = mode
    from norket.site import home  # noqa: PLC0415 -- reads the environment set above

    os.umask(0o077)  # the record, its log and its keys are for this user alone
    place = home.make()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(home.compiled(place)))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "norket.site.settings")
    import django  # noqa: PLC0415 -- only clinic commands load it

    django.setup()


def migrate() -> None:
    """Brings the database to the present schema."""
    from django.core.management import call_command  # noqa: PLC0415 -- after boot

    call_command("migrate", interactive=False, verbosity=0)
