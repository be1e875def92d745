"""Drug that is recorded after the end of a session may act on the way home: somebody is called, once for all.

Nobody watches any more, so the call rises with the record of the act and not by the watch.
"""

from collections.abc import Iterator
from datetime import datetime

from norket.knowledge import KnowledgeBase, KnowledgeError
from norket.therapy.session import events as e
from norket.therapy.session.matters import FLAG
from norket.therapy.session.state import OVER, SessionState
from norket.therapy.session.watch import AFTER_END, reports, standing_reports


def calls(state: SessionState, now: datetime, base: KnowledgeBase) -> Iterator[e.Decided]:
    """The alert of the last event of `state`, where it is such drug and none is open. A rule that is missing calls
    nobody, because the fact itself is never refused."""
    is_open = any(alert.rule == AFTER_END and alert.cleared_at is None for alert in state.alerts)
    if state.phase not in OVER or is_open:
        return
    try:
        rule = base.entry(AFTER_END)
    except KnowledgeError:
        return
    told = [(n, flag) for n, flag in standing_reports(state, FLAG) if n == state.version]
    yield from (e.Decided(at=now, event=one.event) for one in reports(state, rule, told, {}, now, base))
