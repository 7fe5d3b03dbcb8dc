"""Rubbish at the port, by the thousand: from nowhere, from addresses that are known, half-open connections.

The call that goes on meanwhile must not notice. Full size with SHOPVISIO_LONG=1.
"""

import asyncio
import gc
import logging
import os
import random
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from shopvisio.rtc import Engine, Event, line

from .peers import SOON, Person, Wire, happens, only_by, wire
from .test_line import check, framed, is_shut, pair

LONG = "SHOPVISIO_LONG" in os.environ
DATAGRAMS = 1_000_000 if LONG else 20_000
HALF_OPEN = 10_000 if LONG else 400
BURST = 100                     # datagrams between two breaths: more than that the kernel would drop, not the relay
GROWTH = (10 if LONG else 30) << 20    # bytes of memory that more rubbish may cost, at most
SPELL = 0.25 if LONG else 5     # seconds the loop may be late
USUAL, RARE = 0.05, 0.5         # seconds an answer may take meanwhile: half of them, and all but one of a hundred

pytestmark = pytest.mark.long


@pytest.fixture
def engine() -> Iterator[Engine]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)       # as the appliance does: here the rubbish is made in the same process
    made = Engine(0, ["127.0.0.1"])
    made.start()
    yield made
    made.stop()
    sys.setswitchinterval(before)
    gc.collect()


def memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@asynccontextmanager
async def call(engine: Engine) -> AsyncIterator[tuple[list[Person], Wire]]:
    """A customer and a repairer on the line that is given too."""
    async with wire(engine) as made:
        both = [Person(engine, "room", seat) for seat in ("customer", "repairer")]
        try:
            for person in both:
                answer = await asyncio.wrap_future(engine.join("room", person.seat, await person.offer()))
                await person.take(only_by(answer, made))
                await happens(engine, Event("connected", "room", person.seat))
            yield both, made
        finally:
            for person in both:
                await person.pc.close()


def attributes(person: Person) -> dict[str, str]:
    """What the relay told this person."""
    answer = person.pc.remoteDescription.sdp
    pairs = (entry[2:].partition(":") for entry in answer.splitlines() if entry.startswith("a="))
    return {name: value for name, _colon, value in pairs}


def kinds(dice: random.Random, told: dict[str, str]) -> list[Callable[[], bytes]]:
    """Makers of datagrams: all that may knock at the port, none of it in order."""
    stun = check(told | {"ice-pwd": "x" * 32})
    seeds = [
        stun,                                                                     # a good name, a wrong signature
        check(told | {"ice-ufrag": "0badcafe"}),                            # a guessed name
        b"\x01\x01" + stun[2:], b"\x01\x11" + stun[2:],                           # answers to nothing
        b"\x16\xfe\xff" + bytes(8) + b"\x00\x40\x01" + dice.randbytes(63),        # the beginning of a handshake
        b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",                         # an alert: it is over
        b"\x17\xfe\xfd\x00\x01" + bytes(6) + b"\x00\x20" + dice.randbytes(32),    # data
        b"\x90\x60" + dice.randbytes(10) + b"\xbe\xde\x00\x02" + dice.randbytes(900),
        b"\x80\xc8\x00\x06" + dice.randbytes(60), b"\x8f\xcd\x00\x05" + dice.randbytes(40),
        b"\x81\xca\x00\x02" + dice.randbytes(20), b"\x81\xce\x00\x02" + dice.randbytes(20),
    ]

    def mutated() -> bytes:
        data = bytearray(dice.choice(seeds))
        for _change in range(dice.randrange(6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        cut = dice.randrange(len(data) * 4)
        return bytes(data[:cut] if cut < len(data) else data)

    return [mutated, mutated, mutated, lambda: dice.randbytes(dice.randrange(60)),
            lambda: bytes([dice.randrange(256)]) + dice.randbytes(dice.randrange(2000))]


async def watch(person: Person, kind: str, seen: Counter[str]) -> None:
    """Somebody looks and listens, and counts."""
    while True:
        await person.tracks[kind].recv()
        seen[f"{person.seat} {kind}"] += 1


async def pulse(person: Person, delays: list[float]) -> None:
    """Somebody of the call asks twenty times a second from elsewhere; how long each answer took, in seconds."""
    engine, told, offer = person.engine, attributes(person), str(person.pc.localDescription.sdp)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", engine.port))
        one.setblocking(False)
        while True:
            request = check(told, nominate=False, offer=offer)
            began = time.monotonic()
            one.send(request)
            while not _answers(await loop.sock_recv(one, 2000), request):
                pass
            delays.append(time.monotonic() - began)
            await asyncio.sleep(0.05)


def _answers(data: bytes, request: bytes) -> bool:
    return data[:2] == b"\x01\x01" and data[8:20] == request[8:20]


def in_bounds(delays: list[float], lasted: float) -> None:
    """Each was answered, and in time for a talk."""
    delays.sort()
    median, late = (1000 * delays[int(len(delays) * share)] for share in (0.5, 0.99))
    print(f"answered {len(delays)} times, after {median:.1f} ms (median) and {late:.1f} ms (p99)")
    assert len(delays) > 1
    if LONG:
        assert len(delays) > 3 * lasted
        assert median < 1000 * USUAL
        assert late < 1000 * RARE


async def flood(
    made: Wire, engine: Engine, makers: list[Callable[[], bytes]], dice: random.Random, number: int,
) -> None:
    """All of it: from strangers' sockets, and from the very addresses that the call comes from."""
    with ExitStack() as kept:
        strangers = [kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _one in range(20)]
        for one in strangers:
            one.connect(("127.0.0.1", engine.port))
        known = [outside.sock for outside in made._outside.values()]
        assert known
        for _burst in range(number // BURST):
            for _datagram in range(BURST):
                dice.choice(known if dice.random() < 0.3 else strangers).send(dice.choice(makers)())
            await asyncio.sleep(0.002)
        assert all(_unheard(one) for one in strangers)


def _unheard(stranger: socket.socket) -> bool:
    stranger.setblocking(False)
    try:
        return not stranger.recv(100)
    except BlockingIOError:
        return True


def test_rubbish_disturbs_nobody(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    seed = int(time.time()) if LONG else 1
    print(f"seed {seed}")
    dice = random.Random(seed)
    caplog.set_level(logging.INFO)

    async def talk() -> None:
        async with call(engine) as (both, made):
            await asyncio.gather(*(person.sees_and_hears() for person in both))
            makers = kinds(dice, attributes(both[0]))
            seen: Counter[str] = Counter()
            delays: list[float] = []
            eyes = [asyncio.create_task(watch(person, kind, seen)) for person in both for kind in person.tracks]
            eyes.append(asyncio.create_task(pulse(both[0], delays)))
            await flood(made, engine, makers, dice, DATAGRAMS // 5)      # what is kept once is there from now on
            await asyncio.sleep(1)
            before, began, _lag = memory(), time.monotonic(), engine.stats().result(SOON)
            seen.clear()
            delays.clear()
            await flood(made, engine, makers, dice, DATAGRAMS)
            grown, lasted = memory() - before, time.monotonic() - began
            figures = engine.stats().result(SOON)
            print(f"{DATAGRAMS} datagrams in {lasted:.1f} s, loop late by {figures['lag']} s, "
                  f"{grown / (1 << 20):.1f} MB more, seen {dict(seen)}")
            in_bounds(delays, lasted)
            assert engine.events.empty()
            assert len(seen) == 4
            assert min(seen.values()) > (5 * lasted if LONG else 1)
            for task in eyes:
                task.cancel()
            await asyncio.gather(*(person.sees_and_hears() for person in both))
            assert figures["rooms"]["room"]["customer"]["refused"] > 100       # it did come through to the call
            assert figures["lag"] < SPELL
            assert grown < GROWTH

    asyncio.run(talk())
    said = [one for one in caplog.records if one.name.startswith(("shopvisio", "asyncio"))]
    assert [one for one in said if one.levelno >= logging.ERROR] == []
    assert len(said) < 20


def test_half_open_connections_disturb_nobody(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < HALF_OPEN + 2000:
        pytest.skip(f"this machine allows {hard} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, HALF_OPEN + 2000), hard))

    async def talk() -> None:
        async with call(engine) as (both, _made):
            with ExitStack() as kept:
                ends = []
                delays: list[float] = []
                pulsing, began = asyncio.create_task(pulse(both[0], delays)), time.monotonic()
                for number in range(HALF_OPEN):
                    here, there = pair()
                    ends.append(kept.enter_context(there))
                    there.send((b"", b"\x00", b"\x00\x40\x00\x01", framed(os.urandom(64)))[number % 4])
                    engine.adopt(here)
                    if number % 20 == 0:
                        await asyncio.sleep(0.002)
                pulsing.cancel()
                in_bounds(delays, time.monotonic() - began)
                figures = engine.stats().result(SOON)
                assert figures["lines"] <= line.STRANGERS + 1
                assert figures["lag"] < SPELL
                await asyncio.gather(*(person.sees_and_hears() for person in both))
                assert all(is_shut(one, SOON) for one in ends[:HALF_OPEN - line.STRANGERS])
            assert engine.events.empty()

    asyncio.run(talk())
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []
