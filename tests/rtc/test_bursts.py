"""Datagrams come and go by the burst, with their sizes and addresses, over IPv4 and IPv6."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shopvisio.rtc.adapter import LONGEST, Packet
from shopvisio.rtc.bursts import Inbox, Outbox, _address, _name
from shopvisio.rtc.port import open_sockets


@pytest.fixture(params=["127.0.0.1", "::1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two sockets that do not block."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with ExitStack() as stack:
        ends = [stack.enter_context(socket.socket(family, socket.SOCK_DGRAM)) for _one in range(2)]
        for end in ends:
            end.bind((request.param, 0))
            end.setblocking(False)
        yield ends[0], ends[1]


def packets(*texts: bytes) -> list[Packet]:
    made = [Packet() for _text in texts]
    for packet, text in zip(made, texts, strict=True):
        packet.view[:len(text)] = text
    return made


def test_a_burst_is_taken_with_sizes_and_senders(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    for text in (b"one", b"", b"three"):
        far.sendto(text, near.getsockname())
    inbox, sender = Inbox(near, packets(b"", b"", b"", b"")), far.getsockname()[:2]
    found = [(bytes(packet.view[:size]), address) for packet, size, address in inbox.take()]
    assert found == [(b"one", sender), (b"", sender), (b"three", sender)]
    assert list(inbox.take()) == []


def test_more_than_a_burst_waits_for_the_next(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    for text in (b"1", b"2", b"3"):
        far.sendto(text, near.getsockname())
    inbox = Inbox(near, packets(b"", b""))
    assert [[bytes(packet.view[:size]) for packet, size, _sender in inbox.take()] for _turn in range(2)] == [
        [b"1", b"2"], [b"3"]]


def test_what_is_too_long_is_cut(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    far.sendto(bytes(3000), near.getsockname())
    assert [size for _packet, size, _sender in Inbox(near, packets(b"")).take()] == [LONGEST]


def test_a_burst_leaves_at_once_each_packet_to_its_own(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    outbox, (one, two) = Outbox(8), packets(b"one", b"second")
    outbox.add(near.fileno(), one, 3, far.getsockname()[:2])
    outbox.add(far.fileno(), two, 6, near.getsockname()[:2])
    outbox.add(near.fileno(), two, 3, far.getsockname()[:2])
    with pytest.raises(BlockingIOError):
        far.recvfrom(100)
    outbox.flush()
    assert [far.recvfrom(100)[0], near.recvfrom(100)[0], far.recvfrom(100)[0]] == [b"one", b"second", b"sec"]
    outbox.flush()
    with pytest.raises(BlockingIOError):
        far.recvfrom(100)


def test_what_the_network_refuses_does_not_hold_up_the_rest(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    outbox, to, (packet,) = Outbox(8), far.getsockname()[:2], packets(b"packet")
    outbox.add(near.fileno(), packet, 1, to)
    outbox.add(near.fileno(), packet, 2, (to[0], 0))      # nobody has this port
    outbox.add(near.fileno(), packet, 3, to)
    outbox.flush()
    assert [far.recv(100), far.recv(100)] == [b"p", b"pac"]


def test_a_full_outbox_sends_what_it_has(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    outbox, (packet,) = Outbox(2), packets(b"packet")
    for size in (1, 2, 3):
        outbox.add(near.fileno(), packet, size, far.getsockname()[:2])
    assert [far.recv(100), far.recv(100)] == [b"p", b"pa"]
    outbox.flush()
    assert far.recv(100) == b"pac"


def test_each_packet_knows_when_it_came_however_late_it_is_read() -> None:
    near, = open_sockets(0, ["127.0.0.1"])
    with near, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        inbox = Inbox(near, packets(b"", b""))
        for _turn in range(2):
            began = time.time()
            for _packet in range(2):
                far.sendto(b"one", near.getsockname())
                time.sleep(0.05)
            first, second = (packet.came for packet, _size, _sender in inbox.take())
            assert second - first > 0.049
            assert abs(first - began) < 10


def test_an_address_of_an_interface_that_is_gone_is_still_an_address() -> None:
    there = ("fe80::1%999999", 5000)
    assert _address(_name(there)) == there
