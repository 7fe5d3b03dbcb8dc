"""Where customers reach the media port: what the owner wrote, a STUN server where asked, else the shop's own name."""

import asyncio
import socket
import threading
from typing import Any

import pytest
from aioice import stun

from shopvisio import reach, rtc
from shopvisio.reach import Reach, Wish

BEFORE = Reach(("203.0.113.7",), "name")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to; any other is not found."""
    known: dict[str, list[str]] = {}

    def resolve(name: str, port: Any, **_given: Any) -> list[Any]:
        if name not in known:
            raise socket.gaierror("Name or service not known")
        return [(0, 0, 0, "", (address, port)) for address in known[name]]

    monkeypatch.setattr(reach.socket, "getaddrinfo", resolve)
    return known


class StunServer:
    """Answers from another address of its choice, after some noise."""

    def __init__(self, seen: str) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port: int = self.sock.getsockname()[1]
        self.asked = 0
        self._seen = seen
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            data, sender = self.sock.recvfrom(2000)
            self.asked += 1
            question = stun.parse_message(data)
            self.sock.sendto(b"noise", sender)
            for transaction, address in ((bytes(12), "198.51.100.66"), (question.transaction_id, self._seen)):
                answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=transaction)
                answer.attributes["XOR-MAPPED-ADDRESS"] = (address, 4711)
                self.sock.sendto(bytes(answer), sender)


@pytest.fixture
def server() -> StunServer:
    return StunServer("203.0.113.50")


def test_what_the_owner_wrote_counts_and_nobody_is_asked(names: dict[str, list[str]], server: StunServer) -> None:
    wish = Wish("203.0.113.1 2001:db8::1", f"127.0.0.1:{server.port}", "https://visio.example")
    assert reach.look(wish, BEFORE) == Reach(("203.0.113.1", "2001:db8::1"), "setting")
    assert server.asked == 0


def test_the_shops_own_name_gives_its_addresses_but_none_that_nobody_reaches(names: dict[str, list[str]]) -> None:
    names["visio.example"] = ["127.0.1.1", "203.0.113.9", "fe80::1", "2001:db8::9", "203.0.113.9"]
    found = reach.look(Wish("", "", "https://visio.example:8443", ("192.168.1.10",)), Reach())
    assert found == Reach(("192.168.1.10", "203.0.113.9", "2001:db8::9"), "name")


def test_a_name_that_is_not_found_changes_nothing(names: dict[str, list[str]]) -> None:
    found = reach.look(Wish("", "", "https://visio.example"), BEFORE)
    assert (found.addresses, found.how) == (BEFORE.addresses, BEFORE.how)
    assert "not known" in found.fault


def test_without_a_name_nothing_is_asked(names: dict[str, list[str]]) -> None:
    assert reach.look(Wish("", "", "", ("192.168.1.10",)), Reach()) == Reach(("192.168.1.10",), "")


def test_a_name_that_leads_past_the_box_is_noticed(names: dict[str, list[str]]) -> None:
    names["visio.example"] = ["203.0.113.9"]
    wish = Wish("203.0.113.1", "", "https://visio.example")
    assert reach.look(wish, BEFORE).astray == ("203.0.113.9",)
    names["visio.example"] = ["2001:db8::1", "203.0.113.1"]
    assert reach.look(wish, BEFORE).astray == ()


def test_a_stun_server_is_asked_where_the_owner_named_one(
    server: StunServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "resolve", lambda _name: ["203.0.113.50"])
    found = reach.look(Wish("", f"127.0.0.1:{server.port}", "https://visio.example"), Reach())
    assert found == Reach(("203.0.113.50",), "stun")
    assert server.asked == 1


def test_a_mute_stun_server_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc.outside, "TRIES", (0.05, 0.05))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        found = reach.look(Wish("", f"127.0.0.1:{mute.getsockname()[1]}", ""), BEFORE)
    assert found.addresses == BEFORE.addresses
    assert found.fault


def test_what_changed_is_told_to_the_relay_once(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Any] = []
    watch = reach.Watch(BEFORE, lambda: Wish("", "", ""), told.append)
    for found in (BEFORE, Reach(("203.0.113.8",), "name"), Reach(("203.0.113.8",), "name", "no name server")):
        watch._see(found)
    assert told == [("203.0.113.8",)]
    assert watch.now.fault == "no name server"


def test_answers_name_what_is_advertised_now() -> None:
    from rtc.peers import Person

    engine = rtc.Engine(0, ["127.0.0.1"])
    engine.start()

    async def call() -> None:
        customer = Person(engine, "room", "customer")
        engine.advertise(["203.0.113.8"])
        assert " 203.0.113.8 " in await customer.dial()
        assert (await asyncio.wrap_future(engine.stats()))["addresses"] == ["127.0.0.1", "203.0.113.8"]
        await customer.pc.close()

    asyncio.run(call())
    engine.stop()
