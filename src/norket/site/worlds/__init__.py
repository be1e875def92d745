"""Made-up clinics for the demo, for tests of access and for load. Same seed, same clinic. Never where people are
treated: every world refuses production mode and a database that is not empty."""

from datetime import datetime
from typing import Any

from django.conf import settings

from norket.record.people.models import Clinic
from norket.record.session import chunks
from norket.record.writer import writing
from norket.site.problems import ProblemError
from norket.site.worlds import authz, demo, load

WORLDS = {"demo": demo.plant, "authz": authz.plant, "load": load.plant, "hospital": load.hospital}


def plant(world: str, *, seed: int, now: datetime) -> dict[str, Any]:
    """Fills the empty database with a world; gives its ids, logins and tokens."""
    if settings.NORKET_MODE not in {"demo", "test"}:
        raise ProblemError("made-up patients belong to demo and test modes only (NORKET_MODE=demo)")
    if world not in WORLDS:
        raise ProblemError(f"no world is called {world}; there are {', '.join(WORLDS)}")
    if Clinic.objects.exists():
        raise ProblemError("the database holds a clinic already; take an empty one (another NORKET_DATA)")
    with writing():  # the whole world or none of it, and one wait for the disk instead of hundreds
        made = WORLDS[world](seed, now)
        chunks.flush(now)
    return {"world": world, "seed": seed, "now": now.isoformat()} | made
