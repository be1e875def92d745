"""What viewers of one session share: no look is missed, and the view is made only when it is its turn."""

import asyncio

import pytest
from support.worlds import World

from norket.record.session import actions
from norket.site import live
from norket.therapy.session.events import COMMAND


def test_a_viewer_who_was_busy_while_its_channel_looked_does_not_wait_for_the_next_look(world: World) -> None:
    """A sample that came in that moment was on the screen a second late."""

    async def waited_s(seen: int, most_s: float) -> float:
        channel, loop = live.Channel(world.session(), looks=1), asyncio.get_running_loop()
        begun = loop.time()
        await live._wait(channel, seen, begun + most_s)
        return loop.time() - begun

    assert asyncio.run(waited_s(seen=0, most_s=60.0)) < 30
    assert asyncio.run(waited_s(seen=1, most_s=0.05)) >= 0.04


@pytest.mark.django_db
def test_the_view_is_made_in_its_turn_and_whenever_the_ledger_has_moved(world: World) -> None:
    first = live.look(world.session(), 0, 0)
    assert first.view
    assert live.look(world.session(), first.version, 0, in_turn=False).view == ""
    assert live.look(world.session(), first.version, 0, in_turn=True).view
    note = COMMAND.validate_python({"type": "note", "text": "x"})
    actions.act(world.session(), note, by=world.actor("nurse"), now=world.now, command_id="n")
    moved = live.look(world.session(), first.version, 0, in_turn=False)
    assert (moved.version, len(moved.events)) == (first.version + 1, 1)
    assert moved.view
