"""The port answers every whole frame, and no sender can end it or keep another waiting."""

import asyncio
import random
import socket
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hl7.client import MLLPClient

from norket.exchange.hl7v2.ack import ack, took
from norket.exchange.hl7v2.listener import END, START, Bounds, Listener, serve
from norket.exchange.hl7v2.message import MAX_BYTES
from norket.exchange.hl7v2.parse import parse
from norket.exchange.hl7v2.table import device_table

NOW = datetime(2026, 3, 1, 10, 15, 1, tzinfo=UTC)
GOOD = (Path(__file__).with_name("samples") / "loinc.hl7").read_bytes()
TAKEN = b"\rMSA|AA|L1\r"
SOON_S = 5.0  # far more than it takes, so that only a port that hangs fails on a busy machine


async def answer(raw: bytes) -> bytes:
    return ack(parse(raw, NOW, device_table()), NOW)


def with_listener(talk: Callable[[Listener], Awaitable[None]], bounds: Bounds | None = None) -> None:
    async def main() -> None:
        async with await serve(handle=answer, bounds=bounds) as listener, asyncio.timeout(120):
            await talk(listener)

    asyncio.run(main())


async def opened(listener: Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", listener.port)


async def sends(listener: Listener, data: bytes) -> bytes:
    """What comes back until the first whole answer, or all that came before the end."""
    reader, writer = await opened(listener)
    writer.write(data)
    try:
        return await reader.readuntil(END)
    except asyncio.IncompleteReadError as error:
        return error.partial
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def still_answers(listener: Listener) -> None:
    async with asyncio.timeout(SOON_S):
        assert TAKEN in await sends(listener, START + GOOD + END)


async def is_reached(listener: Listener) -> None:
    """As a monitor does that was put out among hundreds of its own network: it connects again and sends again."""
    async with asyncio.timeout(SOON_S):
        while TAKEN not in await sends(listener, START + GOOD + END):
            continue


def test_a_sender_from_another_library_gets_its_acknowledgement() -> None:
    async def talk(listener: Listener) -> None:
        def client() -> bytes:
            with MLLPClient("127.0.0.1", listener.port) as sender:
                first = sender.send_message(GOOD)
                second = sender.send_message(GOOD.replace(b"|L1|", b"|L2|"))
                return bytes(first) + bytes(second)

        received = await asyncio.to_thread(client)
        assert TAKEN in received
        assert b"\rMSA|AA|L2\r" in received

    with_listener(talk)


def test_only_this_machine_can_reach_it_unless_told_otherwise() -> None:
    async def talk(listener: Listener) -> None:
        assert listener._server is not None
        assert listener._server.sockets[0].getsockname()[0] == "127.0.0.1"

    with_listener(talk)


def test_split_and_joined_frames_are_answered_one_by_one() -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await opened(listener)
        frames = START + GOOD + END + START + GOOD.replace(b"|L1|", b"|L2|") + END
        for at in range(0, len(frames), 97):
            writer.write(frames[at : at + 97])
            await writer.drain()
            await asyncio.sleep(0)
        assert TAKEN in await reader.readuntil(END)
        assert b"MSA|AA|L2" in await reader.readuntil(END)
        writer.close()

    with_listener(talk)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        GOOD,
        START,
        END,
        START + END,
        START + START + END,
        START + GOOD,
        START + GOOD + b"\x1c",
        START + GOOD + b"\r",
        b"\x00" * 1000,
        START + b"\xff" * 1000 + END,
        START + b"MSH" + END,
        START + b"A" * (MAX_BYTES + 1) + END,
        START + b"A" * (4 * MAX_BYTES),
        b"A" * (4 * MAX_BYTES),
        END + START + GOOD,
    ],
)
def test_after_any_attack_a_good_message_is_acknowledged(data: bytes) -> None:
    async def talk(listener: Listener) -> None:
        _, writer = await opened(listener)
        writer.write(data)
        await asyncio.sleep(0)
        await still_answers(listener)
        writer.transport.abort()
        await still_answers(listener)

    with_listener(talk)


def test_an_unfinished_frame_is_dropped_at_the_start_of_the_next() -> None:
    async def talk(listener: Listener) -> None:
        half = START + GOOD.replace(b"|L1|", b"|HALF|")[:-40]
        received = await sends(listener, half + START + GOOD + END)
        assert TAKEN in received
        assert b"HALF" not in received

    with_listener(talk)


def test_a_message_that_is_too_large_is_refused_by_name_and_its_connection_ended() -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await opened(listener)
        writer.write(START + b"A" * (MAX_BYTES + 100))
        assert b"MSA|AR|" in await reader.readuntil(END)
        writer.write(b"A" * 10)
        assert await reader.read() == b""
        writer.close()

    with_listener(talk)


def test_a_message_of_the_largest_size_is_read() -> None:
    async def talk(listener: Listener) -> None:
        padded = GOOD + b"NTE|1||" + b"x" * (MAX_BYTES - len(GOOD) - 8) + b"\r"
        assert len(padded) == MAX_BYTES
        assert TAKEN in await sends(listener, START + padded + END)
        assert b"MSA|AR|" in await sends(listener, START + padded + b"y" + END)

    with_listener(talk)


def test_a_sender_that_trickles_or_falls_silent_is_ended() -> None:
    async def talk(listener: Listener) -> None:
        silent, _ = await opened(listener)
        trickles, writer = await opened(listener)
        writer.write(START + GOOD[:10])
        async with asyncio.timeout(3):
            await asyncio.gather(silent.read(), trickles.read(), return_exceptions=True)
        await still_answers(listener)

    with_listener(talk, Bounds(idle_s=0.3, frame_s=0.2))


def test_a_monitor_may_be_silent_before_its_first_message_as_long_as_between_two() -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await opened(listener)
        await asyncio.sleep(0.6)
        writer.write(START + GOOD + END)
        assert TAKEN in await reader.readuntil(END)
        writer.close()

    with_listener(talk, Bounds(idle_s=5.0, frame_s=0.2))
    assert Bounds().idle_s == 1800


def test_who_sends_rubbish_keeps_no_monitor_out_and_who_was_charted_stays() -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await spoken(listener)
        kept = []
        for _ in range(6):
            kept.append(await opened(listener))
            kept[-1][1].write(START + b"x" + END)
            assert b"MSA|A" in await kept[-1][0].readuntil(END)
        assert listener.connections == 3
        await still_answers(listener)
        writer.write(START + GOOD + END)
        assert TAKEN in await reader.readuntil(END)
        writer.close()

    for bounds in (Bounds(max_connections=3), Bounds(max_of_one_network=3)):
        with_listener(talk, bounds)


def test_a_silent_monitor_stays_where_another_network_fills_all_places() -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await opened(listener)
        from_two = [f"127.0.0.{2 + n % 2}" for n in range(9)]
        others = [await asyncio.open_connection("127.0.0.1", listener.port, local_addr=(one, 0)) for one in from_two]
        await asyncio.sleep(0.05)
        assert (listener.connections, len(others)) == (5, 9)
        writer.write(START + GOOD + END)
        assert TAKEN in await reader.readuntil(END)
        writer.close()

    with_listener(talk, Bounds(max_connections=5))


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (b"MSH|^~\\&|NORKET\rMSA|AA|1\r", True),
        (b"MSH#^~\\&#NORKET\rMSA#AA#1\r", True),
        (b"MSH|^~\\&|NORKET\rMSA|AE|AA\rERR|\r", False),
        (b"MSH|^~\\&|AA\rMSA|AR|1\r", False),
        (b"MSH|^~\\&|x", False),
        (b"", False),
    ],
)
def test_only_an_answer_that_says_aa_took_the_message(answer: bytes, taken: bool) -> None:
    assert took(answer) is taken


def test_one_that_spoke_and_fell_silent_is_ended_in_its_own_time() -> None:
    async def talk(listener: Listener) -> None:
        reader, _ = await spoken(listener)
        async with asyncio.timeout(3):
            assert await everything(reader) == b""

    with_listener(talk, Bounds(idle_s=0.2))


@pytest.mark.parametrize("bounds", [Bounds(max_connections=2), Bounds(max_of_one_network=2)])
def test_when_all_is_full_the_longest_silent_one_leaves_and_who_spoke_stays(bounds: Bounds) -> None:
    async def talk(listener: Listener) -> None:
        reader, writer = await spoken(listener)
        silent, _ = await opened(listener)
        await asyncio.sleep(0.05)
        await still_answers(listener)
        assert await everything(silent) == b""
        writer.write(START + GOOD + END)
        assert TAKEN in await reader.readuntil(END)
        writer.close()

    with_listener(talk, bounds)


async def spoken(listener: Listener) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await opened(listener)
    writer.write(START + GOOD + END)
    assert TAKEN in await reader.readuntil(END)
    return reader, writer


@pytest.mark.parametrize("bounds", [Bounds(max_connections=2), Bounds(max_of_one_network=2)])
def test_more_senders_than_allowed_are_turned_away_and_the_others_served(bounds: Bounds) -> None:
    async def talk(listener: Listener) -> None:
        first = await spoken(listener)
        second = await spoken(listener)
        assert listener.connections == 2
        assert await sends(listener, START + GOOD + END) == b""
        second[1].close()
        while listener.connections == 2:
            await asyncio.sleep(0.01)
        first[1].write(START + GOOD + END)
        assert TAKEN in await first[0].readuntil(END)
        await still_answers(listener)
        first[1].close()

    with_listener(talk, bounds)


def test_a_storm_of_broken_connections_does_not_delay_a_good_message() -> None:
    async def talk(listener: Listener) -> None:
        def storm() -> None:
            for number in range(300):
                with socket.create_connection(("127.0.0.1", listener.port)) as sender:
                    sender.sendall(START + GOOD[: number % len(GOOD)])

        thread = threading.Thread(target=storm)
        thread.start()
        while thread.is_alive():
            await is_reached(listener)
        thread.join()
        await still_answers(listener)

    with_listener(talk)


def attack(seed: int, rounds: int) -> None:
    """Random pieces of frames over one connection each time; afterwards a good message must be acknowledged."""
    chance = random.Random(seed)
    pieces = [START, END, START + GOOD, GOOD + END, GOOD, GOOD[:200], GOOD[200:], b"MSH|"]
    pieces += [b"\x1c", b"\r", b"\n", b"\x00", b"\xff\xfe"]

    async def talk(listener: Listener) -> None:
        for _ in range(rounds):
            reader, writer = await opened(listener)
            sent = b"".join(chance.choices(pieces, k=chance.randint(1, 12)))
            writer.write(sent)
            await still_answers(listener)
            writer.write_eof()
            received = await everything(reader)
            assert received.count(b"\rMSA|") <= sent.count(END)
            writer.close()

    with_listener(talk)


async def everything(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b""


def test_random_frames_never_get_more_answers_than_they_have_ends_nor_stop_the_port() -> None:
    attack(1, 150)


@pytest.mark.faults
@pytest.mark.long
def test_ten_thousand_random_frames() -> None:
    for seed in range(100):
        attack(100 + seed, 100)


def test_a_handler_that_fails_ends_its_own_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def handle(raw: bytes) -> bytes:
            if b"|L2|" in raw:
                raise RuntimeError("broken")
            return await answer(raw)

        async with await serve(handle=handle) as listener:
            assert await sends(listener, START + GOOD.replace(b"|L1|", b"|L2|") + END) == b""
            await still_answers(listener)

    asyncio.run(main())
    assert "broken" in caplog.text


def test_closing_ends_senders_that_hang() -> None:
    async def main() -> None:
        listener = await serve(handle=answer)
        port = listener.port
        reader, writer = await opened(listener)
        writer.write(START)
        await asyncio.sleep(0.05)
        listener.close()
        async with asyncio.timeout(2):
            await listener.wait_closed()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    asyncio.run(main())
