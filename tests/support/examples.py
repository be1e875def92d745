"""The same examples whatever else has been imported.

Hypothesis mixes into its examples the constants of those modules of the project that are loaded at that moment. Which
are loaded depends on the tests that ran before in the same process, so that a test met other examples alone than in the
suite. Here the pool is the constants of every source file, read without importing any: it changes with the sources and
with nothing else.
"""

from functools import cache, partial
from pathlib import Path

from hypothesis.internal import constants_ast
from hypothesis.internal.conjecture import providers

SOURCES = Path(__file__).parents[2] / "src" / "norket"


@cache
def constants_of(sources: Path) -> constants_ast.Constants:
    """Every constant of every source file, kept in Hypothesis's own sorted sets."""
    found = constants_ast.Constants()
    for path in sorted(sources.rglob("*.py")):
        found |= constants_ast._constants_from_source(path.read_bytes(), limit=True)
    return providers._local_constants | found


def pin_examples(sources: Path = SOURCES) -> None:
    """From now on Hypothesis draws from that pool."""
    assert callable(providers._get_local_constants), "Hypothesis has changed: see how its pool of constants is made"
    providers._get_local_constants = partial(constants_of, sources)
