"""What an answer rests on beside the scenario: versions of the program, its libraries, its knowledge, its engine."""

import platform
from importlib.metadata import version

from norket import knowledge
from norket.pharmacology.population.card import engine

LIBRARIES = ("numpy", "scipy", "numba")


def versions() -> dict[str, str]:
    """The versions by name, with the machine and its engine: identity to the bit is promised for one of each."""
    return {
        "norket": version("norket"),
        "edition": knowledge.read().edition,
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version(name) for name in LIBRARIES},
        "machine": platform.machine(),
        "engine": engine().name,
    }
