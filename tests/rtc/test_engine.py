"""The relay with real peers over loopback."""

import asyncio
import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shopvisio.errors import Invalid, RelayFailed
from shopvisio.rtc import Engine, Event, local_addresses

from .peers import SOON, Person, happens, only_by, people, until, wire
from .test_sdp import WHOLE


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(0, ["127.0.0.1", "::1"])
    made.start()
    yield made
    made.stop()
    assert "relay" not in {thread.name for thread in threading.enumerate()}
    gc.collect()      # a task or socket left behind would complain now


async def stats(engine: Engine, seat: str, room: str = "room") -> Any:
    return (await asyncio.wrap_future(engine.stats()))["rooms"][room][seat]


def test_two_people_see_and_hear_each_other(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer") as (customer, repairer):
            await asyncio.gather(customer.sees_and_hears(), repairer.sees_and_hears())
            figures = await stats(engine, "customer")
            assert figures["state"] == "connected"
            assert figures["remote"].rpartition(":")[0] in ("127.0.0.1", "::1", *local_addresses())
            assert figures["packets_in"] > 2
            assert figures["bytes_out"] > 1000
            assert figures["refused"] == figures["lost"] == 0

    asyncio.run(call())


def test_rooms_do_not_mix(engine: Engine) -> None:
    async def call() -> None:
        async with (people(engine, "customer", room="one") as (customer,),
                    people(engine, "repairer", room="two") as (_repairer,)):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(customer.tracks["audio"].recv(), 1.0)
            assert (await stats(engine, "repairer", "two"))["packets_in"] > 10

    asyncio.run(call())


def test_coming_back_leaves_the_other_connection_untouched(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer") as (customer, repairer):
            await repairer.sees_and_hears()
            before = await stats(engine, "repairer")
            async with people(engine, "customer") as (again,):
                await asyncio.gather(again.sees_and_hears(), repairer.sees_and_hears())
                after = await stats(engine, "repairer")
                assert repairer.pc.connectionState == "connected"
                assert after["remote"] == before["remote"]
                assert after["packets_in"] > before["packets_in"]
                assert len((await asyncio.wrap_future(engine.stats()))["rooms"]["room"]) == 2
            await customer.pc.close()
            await happens(engine, Event("left", "room", "customer"))

    asyncio.run(call())


def test_somebody_without_camera_or_microphone_still_sees_and_hears(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "repairer"):
            customer = Person(engine, "room", "customer", sends=False)
            answer = await customer.dial()
            assert answer.count("a=sendonly") == 2
            await happens(engine, Event("connected", "room", "customer"))
            await customer.sees_and_hears()
            await customer.pc.close()

    asyncio.run(call())


def test_an_offer_of_sound_alone_is_enough(engine: Engine) -> None:
    async def call() -> None:
        customer = Person(engine, "room", "customer")
        whole = await customer.offer()
        sound = re.split(r"(?=^m=)", whole, flags=re.MULTILINE)[:2]
        answer = await asyncio.wrap_future(engine.join("room", "customer", "".join(sound)))
        assert [line for line in answer.splitlines() if line.startswith("m=")] == [
            f"m=audio {engine.port} UDP/TLS/RTP/SAVPF 96"]
        await customer.pc.close()

    asyncio.run(call())


def test_every_candidate_has_the_one_port_and_a_known_address() -> None:
    engine = Engine(0, ["127.0.0.1", "::1"], advertised=["203.0.113.7", "127.0.0.1"])
    engine.start()

    async def call() -> None:
        customer = Person(engine, "room", "customer")
        answer = await customer.dial()
        found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        assert len(found) == answer.count("a=candidate:")
        assert {port for _address, port in found} == {str(engine.port)}
        assert [address for address, _port in found][:3] == ["203.0.113.7", "127.0.0.1", "::1"]
        assert customer.pc.connectionState != "failed"
        await customer.pc.close()

    asyncio.run(call())
    engine.stop()


MOVING_HOUSE = r"""
import re, subprocess, sys, time
from shopvisio.rtc import Engine

def offered():
    answer = engine.join("room", "customer", sys.argv[1]).result(20)
    return set(re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) ", answer))

def ip(*words):
    subprocess.run(["ip", *words], check=True)

ip("link", "set", "lo", "up")
engine = Engine(0)
engine.start()
before = offered()
ip("address", "add", "192.0.2.77/32", "dev", "lo")
assert offered() == before | {"192.0.2.77"}, before
ip("address", "del", "192.0.2.77/32", "dev", "lo")
assert offered() == before, before

def listens():
    return set(engine.stats().result(20)["addresses"])

def within(holds):      # nobody joins: it looks around by itself
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, listens()
        time.sleep(0.05)

ip("address", "add", "192.0.2.78/32", "dev", "lo")
within(lambda: "192.0.2.78" in listens())
ip("address", "del", "192.0.2.78/32", "dev", "lo")
within(lambda: "192.0.2.78" not in listens())
engine.stop()
"""


def test_it_follows_when_the_machine_gets_another_address() -> None:
    own_network = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("ip") is None or subprocess.run([*own_network, "true"]).returncode:
        pytest.skip("this machine gives no network of its own to a test")
    subprocess.run([*own_network, sys.executable, "-c", MOVING_HOUSE, WHOLE], check=True, timeout=60)


def test_silence_is_told_and_so_is_its_end(engine: Engine) -> None:
    async def call() -> None:
        async with wire(engine) as line:
            customer = Person(engine, "room", "customer")
            offer = await customer.offer()
            await customer.take(only_by(await asyncio.wrap_future(engine.join("room", "customer", offer)), line))
            await happens(engine, Event("connected", "room", "customer"))
            line.cut = True
            cut = time.monotonic()
            await happens(engine, Event("lost", "room", "customer"))
            print(f"told after {time.monotonic() - cut:.2f} s")
            assert time.monotonic() - cut > 1.9
            line.cut = False
            await happens(engine, Event("back", "room", "customer"))
            await customer.pc.close()

    asyncio.run(call())


def test_silence_is_told_even_when_the_browser_dials_again_before(engine: Engine) -> None:
    async def call() -> None:
        async with wire(engine) as line:
            customer = Person(engine, "room", "customer")
            offer = await customer.offer()
            await customer.take(only_by(await asyncio.wrap_future(engine.join("room", "customer", offer)), line))
            await happens(engine, Event("connected", "room", "customer"))
            line.cut = True
            cut = time.monotonic()
            for _dial in range(2):
                await asyncio.sleep(0.7)
                again = Person(engine, "room", "customer")
                await asyncio.wrap_future(engine.join("room", "customer", await again.offer()))
                await again.pc.close()
            await happens(engine, Event("lost", "room", "customer"))
            print(f"told after {time.monotonic() - cut:.2f} s")
            assert time.monotonic() - cut > 1.9
            await asyncio.sleep(2.5)
            assert engine.events.empty()      # told once
            await customer.pc.close()

    asyncio.run(call())


def test_whoever_is_alone_still_hears_that_the_path_stands(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer"):
            before = (await stats(engine, "customer"))["packets_out"]
            await until(lambda: engine.stats().result(SOON)["rooms"]["room"]["customer"]["packets_out"] >= before + 3)

    asyncio.run(call())


def test_a_mute_person_is_not_lost(engine: Engine) -> None:
    async def call() -> None:
        customer = Person(engine, "room", "customer", sends=False)
        await customer.dial()
        await happens(engine, Event("connected", "room", "customer"))
        await asyncio.sleep(4)
        assert engine.events.empty()
        assert (await stats(engine, "customer"))["silent"] < 1.5
        await customer.pc.close()

    asyncio.run(call())


def test_it_hears_at_once_when_a_browser_hangs_up(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer") as (customer, _repairer):
            await customer.pc.close()
            await happens(engine, Event("left", "room", "customer"))
            assert list((await asyncio.wrap_future(engine.stats()))["rooms"]["room"]) == ["repairer"]

    asyncio.run(call())


def test_who_is_sent_away_is_told_at_once(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer") as (customer,):
            await asyncio.wrap_future(engine.leave("room", "customer"))
            await happens(engine, Event("left", "room", "customer"))
            await until(lambda: customer.pc.connectionState == "closed")
            await asyncio.wrap_future(engine.leave("room", "customer"))      # nobody there: nothing happens
            assert engine.events.empty()

    asyncio.run(call())


def test_a_lossy_line_does_not_stop_the_picture(engine: Engine) -> None:
    async def call() -> None:
        async with wire(engine, loss=0.05) as line, people(engine, "repairer") as (repairer,):
            customer = Person(engine, "room", "customer")
            offer = await customer.offer()
            await customer.take(only_by(await asyncio.wrap_future(engine.join("room", "customer", offer)), line))
            await happens(engine, Event("connected", "room", "customer"))
            for _frame in range(60):
                await repairer.receives("video")
            assert line.dropped > 0
            assert (await stats(engine, "customer"))["lost"] > 0
            await customer.pc.close()

    asyncio.run(call())


@pytest.mark.parametrize("offer", [
    "", "x" * 1_000_000, "v=0\r\n" * 5000, "v=0\r\nm=audio", "\x00",
    "v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n" * 500,
], ids=["nothing", "huge", "no section", "cut off", "zero", "500 sections"])
def test_a_hostile_offer_is_refused_and_the_relay_goes_on(engine: Engine, offer: str) -> None:
    with pytest.raises(Invalid) as refused:
        engine.join("room", "stranger", offer).result(SOON)
    assert len(refused.value.message) < 200
    assert engine.stats().result(SOON)["rooms"] == {}


def test_strangers_datagrams_get_no_answer_and_do_not_disturb(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer") as (customer, repairer):
            await customer.sees_and_hears()
            name = re.search(r"ice-ufrag:(\S+)", customer.pc.remoteDescription.sdp)
            assert name
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.settimeout(0.3)
                stranger.connect(("127.0.0.1", engine.port))
                for flood in _floods(name[1].encode()):
                    for _turn in range(300):
                        stranger.send(flood)
                with pytest.raises(TimeoutError):
                    stranger.recv(2048)
            await asyncio.gather(customer.sees_and_hears(), repairer.sees_and_hears())
            assert engine.events.empty()

    asyncio.run(call())


def _floods(name: bytes) -> list[bytes]:
    user = b"\x00\x06" + (len(name) + 3).to_bytes(2, "big") + name + b":me" + bytes(-(len(name) + 3) % 4)
    signed = user + b"\x00\x08\x00\x14" + bytes(20)
    magic = b"\x21\x12\xa4\x42" + os.urandom(12)
    return [
        b"", b"\x00", os.urandom(1400),
        b"\x00\x01\x00\x00" + magic,                                        # a request without a name
        b"\x00\x01" + len(user).to_bytes(2, "big") + magic + user,          # with a name, unsigned
        b"\x00\x01" + len(signed).to_bytes(2, "big") + magic + signed,      # with a wrong signature
        b"\x01\x01\x00\x00" + magic,                                        # an answer to nothing
        b"\x80\x60" + os.urandom(1000),                                     # media from nowhere
        b"\x16\xfe\xfd" + os.urandom(200),                                  # a handshake from nowhere
    ]


def test_a_third_person_comes_and_goes_and_the_two_negotiate_nothing(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer", others=2) as (customer, repairer):
            await asyncio.gather(customer.sees_and_hears(), repairer.sees_and_hears())
            async with people(engine, "guest", others=2) as (guest,):
                await asyncio.gather(*(person.sees_and_hears(which) for which in ("", " 2")
                                       for person in (customer, repairer, guest)))
                assert (await stats(engine, "guest"))["packets_in"] > 2
            await happens(engine, Event("left", "room", "guest"))
            async with people(engine, "guest", others=2) as (again,):
                await asyncio.gather(*(person.sees_and_hears(which) for which in ("", " 2")
                                       for person in (customer, repairer, again)))
                assert customer.pc.connectionState == repairer.pc.connectionState == "connected"
                assert (await stats(engine, "customer"))["refused"] == 0

    asyncio.run(call())


def test_each_place_is_received_where_it_was_prepared_whoever_comes_first(engine: Engine) -> None:
    async def call() -> None:
        guest = Person(engine, "room", "guest", sends=False, others=2)
        repairer = Person(engine, "room", "repairer", others=2)
        guest.place, repairer.place = 2, 1
        for person in (guest, repairer):
            await person.dial()
            await happens(engine, Event("connected", "room", person.seat))
        await guest.sees_and_hears(" 2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(guest.tracks["audio"].recv(), 0.5)
        await asyncio.gather(guest.pc.close(), repairer.pc.close())

    asyncio.run(call())


def test_a_fourth_person_finds_the_room_full(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer", "guest"):
            stranger = Person(engine, "room", "stranger")
            for stranger.place in (None, 0, 2, 3, -1):
                with pytest.raises(RelayFailed, match="complet"):
                    await stranger.dial()
            await stranger.pc.close()

    asyncio.run(call())


def test_it_takes_so_many_connections_and_no_more(engine: Engine) -> None:
    async def call() -> None:
        person = Person(engine, "room", "customer")
        offer = await person.offer()
        for number in range(64):
            engine.join(f"room {number}", "customer", offer).result(SOON)
        with pytest.raises(RelayFailed):
            engine.join("one more", "customer", offer).result(SOON)
        engine.join("room 3", "customer", offer).result(SOON)                  # coming back is no new one
        engine.leave("room 3", "customer").result(SOON)
        engine.join("one more", "customer", offer).result(SOON)
        await person.pc.close()

    asyncio.run(call())


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.01, 0.1])
def test_second_thoughts_right_after_joining_do_no_harm(engine: Engine, pause: float) -> None:
    for seat in ("customer", "customer", "repairer"):
        engine.join("room", seat, WHOLE)
        time.sleep(pause)
        engine.leave("room", seat)
        engine.join("room", seat, WHOLE)
        time.sleep(pause)
        engine.join("room", seat, WHOLE)
    assert set(engine.stats().result(SOON)["rooms"]["room"]) == {"customer", "repairer"}


def test_two_relays_cannot_have_one_port(engine: Engine) -> None:
    second = Engine(engine.port, ["127.0.0.1"])
    with pytest.raises(RelayFailed):
        second.start()
    second.stop()


def test_an_address_that_is_gone_is_left_out() -> None:
    engine = Engine(0, ["203.0.113.1", "127.0.0.1"])
    engine.start()
    engine.stop()
    with pytest.raises(RelayFailed):
        Engine(0, ["203.0.113.1"]).start()


def test_it_stops_in_time_even_with_people_in_calls(engine: Engine) -> None:
    async def call() -> None:
        async with people(engine, "customer", "repairer") as (customer, _repairer):
            await asyncio.to_thread(engine.stop)
            assert "relay" not in {thread.name for thread in threading.enumerate()}
            await until(lambda: customer.pc.connectionState == "closed")

    asyncio.run(call())
    with pytest.raises(RelayFailed):
        engine.join("room", "customer", "v=0").result(SOON)


def test_it_wakes_its_owner_after_events_and_answers() -> None:
    woken = threading.Semaphore(0)
    engine = Engine(0, ["127.0.0.1"], wake=woken.release)
    engine.start()
    future = engine.join("room", "stranger", "nonsense")
    assert woken.acquire(timeout=SOON)
    assert isinstance(future.exception(0), Invalid)

    async def call() -> None:
        async with people(engine, "customer"):
            pass

    asyncio.run(call())
    engine.stop()
    assert woken.acquire(timeout=0)
