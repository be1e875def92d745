"""Time that goes on evenly while somebody sets the machine's clock. Pure: both clocks are read by `clock`.

The machine has two clocks: the one on the wall, which can be set, and one that only counts. Their difference stays as
it is until the first is set. A step is withheld, so that whoever is being treated goes on in even time, and is let go
when nobody is (`Steady.release`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# Half of the most that an elapsed time may be wrong by. Correcting the clock bit by bit moves both clocks alike.
LEAST_STEP = timedelta(seconds=0.5)
# A clock that was further off (a machine that woke in 1970) shows no time that is worth keeping even.
MOST_HELD = timedelta(hours=36)


@dataclass(frozen=True)
class Steady:
    """What the wall showed when the counter stood at nought, and how much of it is withheld since it was set."""

    epoch: datetime
    held: timedelta = timedelta()

    @classmethod
    def begin(cls, wall: datetime, counted_s: float, held: timedelta = timedelta()) -> "Steady":
        return cls(wall - timedelta(seconds=counted_s), held)

    def stepped(self, wall: datetime, counted_s: float) -> "tuple[Steady, timedelta]":
        """The same with any step withheld, and that step; nought when nobody set the clock."""
        step = wall - timedelta(seconds=counted_s) - self.epoch
        if abs(step) < LEAST_STEP:
            return self, timedelta()
        held = self.held + step
        return replace(self, epoch=self.epoch + step, held=held if abs(held) <= MOST_HELD else timedelta()), step

    def at(self, wall: datetime) -> datetime:
        """The even time."""
        return wall - self.held

    def release(self) -> "Steady":
        return replace(self, held=timedelta())
