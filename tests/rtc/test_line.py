"""The way in for browsers whose network lets no UDP through: framed datagrams on the HTTPS port itself."""

import asyncio
import json
import socket
import ssl
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aioice import Candidate, stun

from shopvisio.rtc import Engine, line
from shopvisio.rtc.bursts import Outbox

from .peers import SOON
from .test_sdp import WHOLE

ROOT = Path(__file__).parents[2]
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Shop:
    """The shop as a process, and its port."""

    port: int

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """Over HTTPS."""
        with urllib.request.urlopen(f"https://127.0.0.1:{self.port}{path}", body, SOON, context=TRUSTING) as answer:
            return bytes(answer.read())

    def stats(self) -> Any:
        """The relay's figures."""
        return json.loads(self.ask("/stats"))

    def join(self, seat: str) -> dict[str, str]:
        """The answer's attributes after an offer for this seat, the last of each name."""
        answer = self.ask(f"/join?room=room&seat={seat}", WHOLE.encode()).decode()
        pairs = (entry[2:].partition(":") for entry in answer.splitlines() if entry.startswith("a="))
        return {name: value for name, _colon, value in pairs}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rtc.shop", str(tmp_path_factory.mktemp("shop")), str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "serving\n"
    yield Shop(port)
    process.kill()
    process.communicate()


def check(answer: dict[str, str], nominate: bool = True, offer: str = WHOLE) -> bytes:
    """A connectivity check that this answer to that offer would make a browser send."""
    theirs = offer.partition("a=ice-ufrag:")[2].split()[0]
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{answer['ice-ufrag']}:{theirs}"
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 1
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(answer["ice-pwd"].encode())
    message.add_fingerprint()
    return bytes(message)


def framed(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def read_frame(one: socket.socket) -> bytes:
    size, data = struct.unpack("!H", one.recv(2, socket.MSG_WAITALL))[0], b""
    while len(data) < size:
        data += one.recv(size - len(data))
    return data


def is_shut(one: socket.socket, within: float) -> bool:
    """Whether the other side ends the connection in time."""
    one.settimeout(within)
    try:
        while one.recv(4096):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_the_answer_offers_tcp_on_the_https_port_after_all_of_udp(shop: Shop) -> None:
    answer = shop.ask("/join?room=room&seat=offer", WHOLE.encode()).decode()
    lines = [entry.partition(":")[2] for entry in answer.splitlines() if entry.startswith("a=candidate:")]
    found = [Candidate.from_sdp(entry) for entry in lines]
    tcp, udp = ([one for one in found if one.transport == kind] for kind in ("tcp", "udp"))
    assert {one.port for one in tcp} == {shop.port}
    assert {one.tcptype for one in tcp} == {"passive"}
    assert {one.host for one in tcp} == {one.host for one in udp}
    assert max(one.priority for one in tcp) < min(one.priority for one in udp)


def test_a_browsers_check_on_the_https_port_is_answered_in_frames(shop: Shop) -> None:
    answer = shop.join("customer")
    with socket.create_connection(("127.0.0.1", shop.port), timeout=SOON) as one:
        asked = framed(check(answer))
        one.sendall(asked[:1])
        time.sleep(0.05)
        one.sendall(asked[1:50])
        time.sleep(0.05)
        one.sendall(asked[50:] + asked)
        kinds = [stun.parse_message(read_frame(one)) for _frame in range(3)]
        assert [found.message_class for found in kinds].count(stun.Class.RESPONSE) == 2
        assert [found.message_class for found in kinds].count(stun.Class.REQUEST) == 1
        mapped = next(found for found in kinds if found.message_class == stun.Class.RESPONSE)
        assert mapped.attributes["XOR-MAPPED-ADDRESS"] == one.getsockname()
        assert shop.stats()["lines"] == 1


def test_https_goes_on_beside_it_and_says_it_is_https(shop: Shop) -> None:
    assert b"<video" in shop.ask("/")
    with socket.create_connection(("127.0.0.1", shop.port)) as one:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")     # plain HTTP on the HTTPS port: a TLS matter
        assert is_shut(one, SOON)
    assert b"<video" in shop.ask("/")


def test_a_stranger_gets_no_answer_and_is_shut_out_in_time(shop: Shop) -> None:
    answer = shop.join("customer") | {"ice-pwd": "a guessed one, and a wrong one"}
    with (socket.create_connection(("127.0.0.1", shop.port)) as guesser,
          socket.create_connection(("127.0.0.1", shop.port)) as mute,
          socket.create_connection(("127.0.0.1", shop.port)) as endless):
        began = time.monotonic()
        guesser.sendall(framed(check(answer)))
        endless.sendall(b"\x00\x00" * 100)
        guesser.settimeout(1)
        with pytest.raises(TimeoutError):
            guesser.recv(1)
        for one in (guesser, endless, mute):
            assert is_shut(one, SOON)
        assert time.monotonic() - began > line.PROVE_WITHIN - 1


def test_a_frame_that_is_no_datagram_ends_the_connection(shop: Shop) -> None:
    with socket.create_connection(("127.0.0.1", shop.port)) as one:
        one.sendall(b"\x01\xff" + bytes(511) + b"\xff\xff" + bytes(2000))
        assert is_shut(one, SOON)


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(0, ["127.0.0.1"], tcp_port=443)
    made.start()
    yield made
    made.stop()


def pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a TCP connection: the accepted one, the browser's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = socket.create_connection(listener.getsockname())
        return listener.accept()[0], there


def join(engine: Engine, seat: str) -> dict[str, str]:
    answer = engine.join("room", seat, WHOLE).result(SOON)
    pairs = (entry[2:].partition(":") for entry in answer.splitlines() if entry.startswith("a="))
    return {name: value for name, _colon, value in pairs}


def test_of_many_strangers_the_oldest_go_first_and_a_browser_stays(engine: Engine) -> None:
    here, browser = pair()
    engine.adopt(here)
    browser.sendall(framed(check(join(engine, "customer"))))
    browser.settimeout(SOON)
    assert read_frame(browser)
    with browser, ExitStack() as kept:
        strangers = []
        for _stranger in range(line.STRANGERS + 20):
            here, there = pair()
            engine.adopt(here)
            strangers.append(kept.enter_context(there))
        assert all(is_shut(one, SOON) for one in strangers[:20])
        assert engine.stats().result(SOON)["lines"] == line.STRANGERS + 1
        assert not is_shut(strangers[20], 0.1)
        assert not is_shut(browser, 0.1)


def test_when_a_seat_ends_so_does_its_connection_and_stopping_ends_all(engine: Engine) -> None:
    with ExitStack() as kept:
        ends = []
        for seat in ("customer", "repairer"):
            here, browser = pair()
            ends.append(kept.enter_context(browser))
            engine.adopt(here)
            browser.sendall(framed(check(join(engine, seat))))
            browser.settimeout(SOON)
            assert read_frame(browser)
        engine.leave("room", "customer").result(SOON)
        assert is_shut(ends[0], SOON)
        assert not is_shut(ends[1], 0.1)
        engine.stop()
        assert is_shut(ends[1], SOON)
        here, late = pair()
        kept.enter_context(late)
        engine.adopt(here)
        assert is_shut(late, SOON)


def test_what_the_network_does_not_take_is_dropped_never_queued() -> None:
    async def talk() -> tuple[int, int]:
        here, there = pair()
        lines = line.Lines(Outbox(1), {})
        await lines.adopt(here)
        one = next(iter(lines._lines))
        for _packet in range(20_000):       # 24 MB to somebody who reads nothing
            one.send(bytes(1200), one.peer)
        waiting = one._transport.get_write_buffer_size() if one._transport else 0
        lines.close()
        await asyncio.sleep(0)
        there.close()
        return waiting, len(lines)

    waiting, left = asyncio.run(talk())
    assert 0 < waiting < line.QUEUE + 2000
    assert left == 0
