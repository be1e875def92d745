"""What every fault harness shares: a nursery of servers, and a demo clinic to copy."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.nursery import Forked, Nursery

World = dict[str, Any]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as kept:
        yield kept


@pytest.fixture(scope="session")
def seeded(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """The folder and the description of a demo clinic; copy it."""
    folder = tmp_path_factory.mktemp("seeded")
    return folder, nursery.run("seed", folder, world="demo", seed=7)


@pytest.fixture
def clinic(
    nursery: Nursery, seeded: tuple[Path, World], tmp_path: Path
) -> Iterator[Callable[..., tuple[Forked, World]]]:
    """Makes servers of a clinic of their own, not yet started; all are stopped at the end."""
    made: list[Forked] = []

    def make(plant: str = "", folder: Path | None = None) -> tuple[Forked, World]:
        place = folder or tmp_path / f"clinic{len(made)}"
        shutil.copytree(seeded[0], place, dirs_exist_ok=True)
        made.append(Forked(place, nursery=nursery, plant=plant))
        return made[-1], json.loads(json.dumps(seeded[1]))

    yield make
    for server in made:
        server.stop()
