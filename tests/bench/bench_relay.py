"""What the relay costs and how long it keeps a packet. Not a test: ``python tests/bench/bench_relay.py``.

The relay runs in a process of its own; so do the people, who send packets made beforehand: each way 120 video
packets (1 Mbit/s) and 50 sound packets a second. Every packet carries the moment its frame was sent; the delay
is taken at the frame's last packet. ``direct`` is the same people without the relay. The last line is JSON:

    cpu_per_call   CPU seconds of the relay's process per second of one two-way call
    delay_ms       {"relay": [median, p99], "direct": [median, p99]}
    lost           packets that did not arrive, of those sent
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

sys.path.insert(0, str(Path(__file__).parents[2]))

from shopvisio.rtc import Engine

FRAMES, PACKETS, PICTURE = 30, 4, 1010       # video: frames a second, packets a frame, bytes a packet
SOUNDS, SOUND = 50, 80                       # sound: packets a second, bytes a packet
STAMP = struct.Struct("!d")
Answers = Callable[[str, str, str], Awaitable[str]]      # room, seat, offer -> answer


@dataclass
class Person:
    """Somebody who sends made packets and notes how old those are that arrive."""

    pc: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)))
    ages: list[float] = field(default_factory=list)
    sent: int = 0
    received: int = 0

    def __post_init__(self) -> None:
        self.audio, self.video = self.pc.addTransceiver("audio"), self.pc.addTransceiver("video")

    def listen(self) -> None:
        """Take packets as they come, past aiortc's own receivers."""
        self.dtls = self.video.sender.transport
        self.dtls._handle_rtp_data = self._take
        self.types = {kind: transceiver._codecs[0].payloadType
                      for kind, transceiver in (("audio", self.audio), ("video", self.video))}

    async def _take(self, data: bytes, arrival_time_ms: int) -> None:
        self.received += 1
        if data[1] & 0x80:      # the last of its frame
            self.ages.append(time.monotonic() - STAMP.unpack_from(data, 12)[0])

    async def send(self, seconds: float) -> None:
        """Video and sound for so long."""
        await asyncio.gather(
            self._stream("video", seconds, FRAMES, PACKETS, PICTURE, 90_000, self.video.sender._ssrc),
            self._stream("audio", seconds, SOUNDS, 1, SOUND, 48_000, self.audio.sender._ssrc),
        )

    async def _stream(
        self, kind: str, seconds: float, rate: int, packets: int, size: int, clock: int, ssrc: int,
    ) -> None:
        began, payload, seq = time.monotonic(), os.urandom(size - STAMP.size), 0
        for frame in range(round(seconds * rate)):
            await asyncio.sleep(began + frame / rate - time.monotonic())
            now = time.monotonic()
            for packet in range(packets):
                last = 0x80 if packet == packets - 1 and kind == "video" else 0
                head = struct.pack("!BBHII", 0x80, last | self.types[kind], seq, frame * clock // rate, ssrc)
                await self.dtls._send_rtp(head + STAMP.pack(now) + payload)
                seq += 1
                self.sent += 1


async def offer_of(person: Person) -> str:
    await person.pc.setLocalDescription(await person.pc.createOffer())
    return str(person.pc.localDescription.sdp)


async def meet(room: str, answers: Answers | None) -> list[Person]:
    """Two people who are connected: through the relay, or to each other."""
    pair = [Person(), Person()]
    if answers:
        for seat, person in zip("ab", pair, strict=True):
            answer = await answers(room, seat, await offer_of(person))
            await person.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    else:
        await pair[1].pc.setRemoteDescription(RTCSessionDescription(await offer_of(pair[0]), "offer"))
        for transceiver in pair[1].pc.getTransceivers():
            transceiver.direction = "sendrecv"
        await pair[1].pc.setLocalDescription(await pair[1].pc.createAnswer())
        await pair[0].pc.setRemoteDescription(RTCSessionDescription(pair[1].pc.localDescription.sdp, "answer"))
    async with asyncio.timeout(10):
        while {person.pc.connectionState for person in pair} != {"connected"}:   # noqa: ASYNC110
            await asyncio.sleep(0.05)
    for person in pair:
        person.listen()
    return pair


def relay(pipe: Connection) -> None:
    """The relay's process: answers offers, and says how much CPU it has used."""
    sys.setswitchinterval(0.0005)
    engine = Engine(0, ["127.0.0.1"])
    engine.start()
    while (asked := pipe.recv()) is not None:
        pipe.send(engine.join(*asked).result(10) if asked else time.process_time())
    engine.stop()


def people(calls: int, seconds: float, pipe: Connection | None, told: Connection) -> None:
    """The people's process: ``calls`` pairs at once; tells what they saw."""
    told.send(asyncio.run(_people(calls, seconds, pipe)))


async def _people(calls: int, seconds: float, pipe: Connection | None) -> dict[str, Any]:
    def ask(*words: str) -> Any:
        assert pipe
        pipe.send(words)
        return pipe.recv()

    async def answers(room: str, seat: str, offer: str) -> str:
        return str(ask(room, seat, offer))

    pairs = [await meet(str(call), answers if pipe else None) for call in range(calls)]
    everybody = [person for pair in pairs for person in pair]
    await asyncio.sleep(0.5)
    used, began = ask() if pipe else 0.0, time.monotonic()
    await asyncio.gather(*(person.send(seconds) for person in everybody))
    lasted = time.monotonic() - began
    used = ask() - used if pipe else 0.0
    await asyncio.sleep(0.3)
    for person in everybody:
        await person.pc.close()
    ages = sorted(age for person in everybody for age in person.ages)
    return {
        "cpu_per_call": used / lasted / calls,
        "delay_ms": [1000 * statistics.median(ages), 1000 * ages[int(len(ages) * 0.99)]],
        "sent": sum(person.sent for person in everybody),
        "lost": sum(person.sent - person.received for person in everybody),
    }


def run(calls: int, seconds: float, through_relay: bool) -> dict[str, Any]:
    """One measurement, in fresh processes."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    result, told = context.Pipe(duplex=False)
    server = context.Process(target=relay, args=(theirs,), daemon=True)
    if through_relay:
        server.start()
    clients = context.Process(
        target=people, args=(calls, seconds, ours if through_relay else None, told), daemon=True)
    clients.start()
    try:
        if not result.poll(seconds + 60):
            raise TimeoutError("the people did not come back")
        found: dict[str, Any] = result.recv()
        return found
    finally:
        if through_relay:
            ours.send(None)
            server.join(5)
        clients.join(5)


def main() -> None:
    parser = argparse.ArgumentParser(description="What the relay costs.")
    parser.add_argument("--calls", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeat", type=int, default=3)
    wanted = parser.parse_args()
    found = {}
    for calls in wanted.calls:
        relayed = [run(calls, wanted.seconds, True) for _turn in range(wanted.repeat)]
        direct = [run(calls, wanted.seconds, False) for _turn in range(wanted.repeat)]
        found[calls] = {
            "cpu_per_call": round(statistics.median(one["cpu_per_call"] for one in relayed), 4),
            "delay_ms": {name: [round(statistics.median(one["delay_ms"][at] for one in runs), 2) for at in (0, 1)]
                         for name, runs in (("relay", relayed), ("direct", direct))},
            "lost": sum(one["lost"] for one in relayed), "sent": sum(one["sent"] for one in relayed),
        }
        print(calls, found[calls], flush=True)
    print(json.dumps({"bench": "relay", "calls": found}))


if __name__ == "__main__":
    main()
