"""When the clinic itself gave something that clouds a decision: what a signature of the same day is held against."""

from datetime import datetime

from norket.therapy.session.fold import HARMLESS_RESCUES
from norket.therapy.session.state import SessionState

CLEAR_MINDED = HARMLESS_RESCUES | {"antihypertensive"}


def given_at(state: SessionState) -> tuple[datetime, ...]:
    """The instants at which a session gave ketamine or another sedative, in order.

    A rescue medicine counts unless its class is known to leave the mind alone; entries that were corrected away do not.
    """
    doses = (*(part.start for part in state.segments), *(one.at for one in state.boluses))
    rescues = (one.at for one in state.rescues if one.rescue.sedative or one.rescue.rescue_class not in CLEAR_MINDED)
    return tuple(sorted((*doses, *(one.at for one in state.other_doses), *rescues)))
