"""Calls between real browsers through the networks that people have: routers, firewalls, IPv6, loss, moves."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from . import firefox
from .networks import PORT, Internet, Machine, browser, internet, shop, stats, visit, why_not
from .networks import firefox as on_firefox
from .test_browsers import BLUE, MEDIA, RED, SEES_BLUE, SEES_RED, camera

FIRST_PICTURE = 30_000          # ms, before a test gives up
PUBLIC = "203.0.113.1"          # the shop's router, as the internet knows it
WHY_NOT = why_not()
pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]
long = pytest.mark.skipif("SHOPVISIO_LONG" not in os.environ, reason="in tests/long")


@dataclass
class Call:
    """A customer (red) and a repairer (blue), and the machines under them."""

    customer: Page
    repairer: Page
    shop: Machine
    customers: Machine

    def sees(self) -> None:
        """Each has the other's picture, and it moves."""
        for page, colour in ((self.customer, SEES_BLUE), (self.repairer, SEES_RED)):
            page.wait_for_function(colour, timeout=FIRST_PICTURE)
            frames = page.evaluate("peer.stats().then(s => s.frames)")
            page.wait_for_function(f"peer.stats().then(s => s.frames > {frames} + 5)", timeout=FIRST_PICTURE)

    def by(self) -> dict[str, str]:
        """How each seat is reached: udp or tcp."""
        return {seat: figures["by"] for seat, figures in stats(self.shop)["rooms"]["room"].items()}


@dataclass
class Stage:
    """Where a call can be made."""

    net: Internet
    folder: Path
    playwright: Playwright
    kept: ExitStack

    def call(self, house: Machine, customers: Machine, staff: Machine, host: str, *advertised: str,
             staff_host: str = "") -> Call:
        """The shop on ``house``; a call between the two machines, the customer there last; says how long it took."""
        self.kept.enter_context(shop(house, self.folder, *advertised))
        pages = []
        for machine, seat, at, colour in ((staff, "repairer", staff_host or host, BLUE),
                                          (customers, "customer", host, RED)):
            film = camera(self.folder / f"{seat}.y4m", *colour)
            opened = browser(self.playwright, machine, self.folder, film)
            self.kept.callback(opened.close)
            pages.append(visit(opened, at, seat))
        repairer, customer = pages
        repairer.evaluate(f"enter({MEDIA})")
        repairer.wait_for_function("states.at(-1) === 'connected'", timeout=FIRST_PICTURE)
        began = time.monotonic()
        customer.evaluate(f"enter({MEDIA})")
        customer.wait_for_function(SEES_BLUE, timeout=FIRST_PICTURE, polling=20)
        print(f"first picture after {1000 * (time.monotonic() - began):.0f} ms")
        call = Call(customer, repairer, house, customers)
        call.sees()
        return call


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with internet() as net, sync_playwright() as playwright, ExitStack() as kept:
        yield Stage(net, tmp_path, playwright, kept)


def one_network(stage: Stage, *addresses: str) -> list[Machine]:
    """House, customer and staff on one network, at these addresses."""
    machines = [stage.net.machine() for _one in addresses]
    stage.net.switch(*((machine, "lan", address) for machine, address in zip(machines, addresses, strict=True)))
    return machines


def behind_a_router(stage: Stage, how: tuple[str, ...] = ()) -> tuple[Machine, Machine, Machine, Machine]:
    """A shop, its own staff and their router; a customer behind another: (house, customer, staff, shop's router)."""
    house, staff, gate, customer, box = (stage.net.machine() for _one in range(5))
    stage.net.switch((house, "lan", "192.168.1.10/24"), (staff, "lan", "192.168.1.20/24"),
                     (gate, "lan", "192.168.1.1/24"))
    stage.net.switch((customer, "lan", "192.168.1.10/24"), (box, "lan", "192.168.1.1/24"))     # as everywhere
    stage.net.switch((gate, "wan", f"{PUBLIC}/24"), (box, "wan", "203.0.113.2/24"))
    for machine in (house, staff, customer):
        machine.route("192.168.1.1")
    gate.translates("wan")
    gate.forwards("wan", "192.168.1.10")
    box.translates("wan", *how)
    return house, customer, staff, gate


def test_on_one_network(stage: Stage) -> None:
    house, customer, staff = one_network(stage, "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24")
    call = stage.call(house, customer, staff, "192.168.1.10")
    assert call.by() == {"customer": "udp", "repairer": "udp"}


def test_where_udp_is_blocked_tcp_carries_the_call(stage: Stage) -> None:
    house, customer, staff = one_network(stage, "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24")
    customer.drops_udp()
    call = stage.call(house, customer, staff, "192.168.1.10")
    assert call.by() == {"customer": "tcp", "repairer": "udp"}
    local: list[dict[str, Any]] = call.customer.evaluate("report()")
    assert {one["protocol"] for one in local if one["type"] == "remote-candidate" and one["port"] == PORT} >= {"tcp"}


def test_both_behind_routers_with_a_public_address_set(stage: Stage) -> None:
    house, customer, staff, _gate = behind_a_router(stage)
    call = stage.call(house, customer, staff, PUBLIC, PUBLIC, staff_host="192.168.1.10")
    assert call.by() == {"customer": "udp", "repairer": "udp"}


@long
def test_a_customer_behind_a_router_and_a_shop_in_the_open(stage: Stage) -> None:
    house, staff, customer, box = (stage.net.machine() for _one in range(4))
    stage.net.switch((house, "wan", f"{PUBLIC}/24"), (staff, "wan", "203.0.113.9/24"), (box, "wan", "203.0.113.2/24"))
    stage.net.switch((customer, "lan", "192.168.1.11/24"), (box, "lan", "192.168.1.1/24"))
    customer.route("192.168.1.1")
    box.translates("wan")
    assert stage.call(house, customer, staff, PUBLIC).by() == {"customer": "udp", "repairer": "udp"}


@long
def test_behind_a_router_that_changes_every_port(stage: Stage) -> None:
    house, customer, staff, _gate = behind_a_router(stage, ("--random-fully",))
    call = stage.call(house, customer, staff, PUBLIC, PUBLIC, staff_host="192.168.1.10")
    assert call.by()["customer"] == "udp"


@long
def test_with_ipv6_alone(stage: Stage) -> None:
    house, customer, staff = one_network(stage, "2001:db8::10/64", "2001:db8::11/64", "2001:db8::12/64")
    call = stage.call(house, customer, staff, "[2001:db8::10]")
    remotes = [figures["remote"] for figures in stats(house)["rooms"]["room"].values()]
    assert all(remote.startswith("2001:db8::") for remote in remotes)
    assert call.by() == {"customer": "udp", "repairer": "udp"}


@long
def test_an_address_that_changes_in_mid_call(stage: Stage) -> None:
    house, customer, staff = one_network(stage, "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24")
    call = stage.call(house, customer, staff, "192.168.1.10")
    began = time.monotonic()
    customer.run("ip", "address", "add", "192.168.1.99/24", "dev", "lan")
    customer.run("ip", "address", "del", "192.168.1.11/24", "dev", "lan")
    customer.run("ip", "address", "replace", "192.168.1.99/24", "dev", "lan")
    while "192.168.1.99" not in stats(house)["rooms"]["room"].get("customer", {"remote": ""})["remote"]:
        assert time.monotonic() - began < FIRST_PICTURE / 1000
        call.customer.wait_for_timeout(100)
    call.sees()
    print(f"back after {time.monotonic() - began:.1f} s, {call.customer.evaluate('states')}")


@long
def test_with_five_packets_of_a_hundred_lost(stage: Stage) -> None:
    house, customer, staff = one_network(stage, "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24")
    customer.loses(0.05)
    house.loses(0.05, "192.168.1.11")
    call = stage.call(house, customer, staff, "192.168.1.10")
    call.customer.wait_for_timeout(5000)
    call.sees()
    assert stats(house)["rooms"]["room"]["customer"]["lost"] > 0


@long
@pytest.mark.skipif(bool(firefox.why_not()), reason=firefox.why_not())
@pytest.mark.parametrize("by", ["udp", "tcp"])
def test_between_firefox_and_chromium(stage: Stage, by: str) -> None:
    house, customer, staff = one_network(stage, "192.168.1.10/24", "192.168.1.11/24", "192.168.1.12/24")
    if by == "tcp":
        customer.drops_udp()
    stage.kept.enter_context(shop(house, stage.folder))
    chromium = browser(stage.playwright, staff, stage.folder, camera(stage.folder / "repairer.y4m", *BLUE))
    stage.kept.callback(chromium.close)
    repairer = visit(chromium, "192.168.1.10", "repairer")
    repairer.evaluate(f"enter({MEDIA})")
    repairer.wait_for_function("states.at(-1) === 'connected'", timeout=FIRST_PICTURE)
    ask = stage.kept.enter_context(on_firefox(customer, stage.folder))
    ask("go", f"https://192.168.1.10:{PORT}/?room=room&seat=customer&sharp")
    began = time.monotonic()
    ask("run", f"enter({MEDIA}).then(() => true)")
    while not ask("run", f"Boolean({SEES_BLUE})"):
        assert time.monotonic() - began < FIRST_PICTURE / 1000, ask("run", "states")
        time.sleep(0.02)
    print(f"first picture after {1000 * (time.monotonic() - began):.0f} ms")
    repairer.wait_for_function("peer.stats().then(s => s.frames > 20)", timeout=FIRST_PICTURE)
    time.sleep(4)
    heard = ask("run", "report().then(all => all.find(one => one.type === 'inbound-rtp' && one.kind === 'audio'))")
    assert heard["packetsReceived"] > 100
    assert {seat: figures["by"] for seat, figures in stats(house)["rooms"]["room"].items()} == {
        "customer": by, "repairer": "udp"}
    assert ask("run", "states") == ["connecting start", "connected"]      # its figures are read right: no false alarm
