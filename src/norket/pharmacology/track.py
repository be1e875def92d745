"""One curve of a prediction with its band, and what it rests on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Track:
    """One analyte over time in ng/mL, from one model at one site; read-only arrays, one value per time.

    `enantiomer` is what is counted ("S + R" or "S"); `assumption` says what was taken for granted to get there, empty
    if nothing. `typical` has no random effect; `p5`, `p50`, `p95` come from the draws (variability between patients;
    the error of a measured sample is not added).
    """

    analyte: str
    site: str
    model: str
    enantiomer: str
    assumption: str
    typical: Floats
    p5: Floats
    p50: Floats
    p95: Floats

    def band(self) -> dict[str, list[float]]:
        """The four curves as plain lists."""
        return {name: getattr(self, name).tolist() for name in ("typical", "p5", "p50", "p95")}
