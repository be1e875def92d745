"""Idle sockets hold no place for long, and none that a request needs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from norket.site import connections, doctor
from norket.site.connections import ENOUGH_FILES, FEWEST, HEAD_BYTES, MOST, Places, guarded, places_for

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UNFINISHED = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nlogin=x"


@pytest.mark.parametrize(("files", "most"), [(64, FEWEST), (1024, 320), (2703, 1999), (2704, MOST), (1 << 20, MOST)])
def test_the_places_follow_the_files_that_may_be_opened(files: int, most: int) -> None:
    assert places_for(files) == most


@pytest.mark.parametrize(("files", "state"), [(1024, "warning"), (ENOUGH_FILES - 1, "warning"), (ENOUGH_FILES, "good")])
def test_the_doctor_warns_of_too_few_files(files: int, state: str) -> None:
    assert doctor.files(files).state == state


def test_who_never_asked_leaves_before_who_rests_and_who_is_served_stays() -> None:
    places = Places(3, 3)
    for one in ("served", "rests", "silent"):
        assert places.take(one, "a") == (True, None)
    for one in ("served", "rests"):
        places.asks(one)
    places.rests("rests")
    assert places.take("fourth", "a") == (True, "silent")
    places.asks("fourth")
    assert places.take("fifth", "a") == (True, "rests")
    places.asks("fifth")
    assert places.take("sixth", "a") == (False, None)
    places.leave("served")
    assert places.take("sixth", "a") == (True, None)


def test_one_address_has_a_share_and_what_it_fills_is_its_own() -> None:
    places = Places(4, 2)
    for one, address in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        places.take(one, address)
    assert places.take("a3", "a") == (True, "a1")
    for one in ("a2", "a3"):
        places.asks(one)
    assert places.take("a4", "a") == (False, None)
    assert places.take("b2", "b") == (True, None)


def test_behind_a_proxy_everybody_comes_from_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "10.0.0.9")
    places = Places(4, 1, connections.proxies())
    for address in ("10.0.0.9", "127.0.0.1"):
        for n in range(2):
            assert places.take((address, n), address) == (True, None)
    assert Places(4, 1).take("one", "10.0.0.9") == (True, None)


def test_a_request_that_is_not_whole_yet_leaves_before_one_that_rests() -> None:
    places = Places(3, 3)
    for one in ("clinic", "attacker", "served"):
        places.take(one, "a")
        places.asks(one)
    for one in ("attacker", "clinic"):
        places.rests(one)
    places.begins("attacker")
    assert places.take("fourth", "a") == (True, "attacker")
    places.begins("fourth")
    places.asks("fourth")
    assert places.take("fifth", "a") == (True, "clinic")
    places.begins("clinic")
    assert len(places) == 3


@pytest.mark.parametrize(
    ("second", "own"),
    [("2001:db8:0:1::2", True), ("2001:db8:0:1:ffff::", True), ("2001:db8:0:2::1", False), ("10.0.0.2", False)],
)
def test_all_addresses_of_one_household_share_its_places(second: str, own: bool) -> None:
    places = Places(9, 1)
    assert places.take("first", "2001:db8:0:1::1") == (True, None)
    assert places.take("second", second) == (True, "first" if own else None)


def served(talk: Callable[[int, Places], Awaitable[None]], places: Places, head_s: float = 5.0) -> None:
    """A real server whose answer is short, or a stream without end at /stream."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        if scope["path"] == "/stream":
            await receive()
            await receive()
        await send({"type": "http.response.body", "body": b"ok"})

    async def main() -> None:
        config = uvicorn.Config(
            app, http=guarded(places, head_s), lifespan="off", port=0, log_level="critical", ws="none"
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            async with asyncio.timeout(20):
                await talk(server.servers[0].sockets[0].getsockname()[1], places)
        finally:
            server.should_exit = server.force_exit = True
            await running

    asyncio.run(main())


async def opened(port: int, first: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    return reader, writer


async def answered(port: int) -> bytes:
    reader, writer = await opened(port, ASKED)
    try:
        return await reader.readuntil(b"ok")
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""
    finally:
        writer.close()


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return b"200" not in await reader.read()
    except ConnectionError:
        return True


@pytest.mark.parametrize("first", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100])
def test_a_head_that_is_not_complete_in_time_ends_its_connection(first: bytes) -> None:
    async def talk(port: int, places: Places) -> None:
        reader, _ = await opened(port, first)
        assert await ended(reader)
        assert b"200" in await answered(port)

    served(talk, Places(10, 10), head_s=0.3)


def test_the_second_head_of_a_connection_has_the_same_time_and_a_running_answer_has_none() -> None:
    async def talk(port: int, places: Places) -> None:
        stream, _ = await opened(port, ASKED.replace(b"/ ", b"/stream ", 1))
        reader, writer = await opened(port, ASKED)
        await reader.readuntil(b"ok")
        writer.write(b"GET / HT")
        assert await ended(reader)
        assert b"200" in await stream.readuntil(b"\r\n\r\n")
        assert not stream.at_eof()
        assert len(places) == 1

    served(talk, Places(10, 10), head_s=0.3)


def test_a_head_without_end_is_cut() -> None:
    async def talk(port: int, places: Places) -> None:
        reader, writer = await opened(port, b"GET / HTTP/1.1\r\nHost: x\r\n")
        for _ in range(40):
            writer.write(b"X-Long: " + b"x" * (HEAD_BYTES // 32) + b"\r\n")
            await asyncio.sleep(0)
        assert await ended(reader)

    served(talk, Places(10, 10))


def test_silent_sockets_keep_nobody_out_and_streams_stay() -> None:
    async def talk(port: int, places: Places) -> None:
        stream, _ = await opened(port, ASKED.replace(b"/ ", b"/stream ", 1))
        await stream.readuntil(b"\r\n\r\n")
        silent = [await opened(port) for _ in range(12)]
        await asyncio.sleep(0.1)
        assert len(places) == 5
        assert b"200" in await answered(port)
        assert not stream.at_eof()
        assert silent

    served(talk, Places(5, 5))


@pytest.mark.parametrize("before", [b"", ASKED])
def test_unfinished_bodies_keep_nobody_out_and_put_out_no_resting_one(before: bytes) -> None:
    async def talk(port: int, places: Places) -> None:
        stream, kept = await opened(port, ASKED.replace(b"/ ", b"/stream ", 1))
        await stream.readuntil(b"\r\n\r\n")
        resting, hand = await opened(port, ASKED)
        await resting.readuntil(b"ok")
        held = []
        for _ in range(12):
            held.append(await opened(port, before + UNFINISHED))
            if before:
                await held[-1][0].readuntil(b"ok")
        await asyncio.sleep(0.1)
        assert len(places) == 6
        assert b"200" in await answered(port)
        assert not stream.at_eof()
        assert not kept.is_closing()
        hand.write(ASKED)
        assert b"200" in await resting.readuntil(b"ok"), "the clinic's own connection is there"

    served(talk, Places(6, 6))


def test_a_body_that_comes_in_pieces_is_served_and_then_rests() -> None:
    async def talk(port: int, places: Places) -> None:
        reader, writer = await opened(port, UNFINISHED)
        await asyncio.sleep(0.05)
        assert len(places._silent) == 1
        writer.write(b"yz")
        assert b"200" in await reader.readuntil(b"ok")
        await asyncio.sleep(0.05)
        assert (len(places._silent), len(places._resting)) == (0, 1)

    served(talk, Places(6, 6))
