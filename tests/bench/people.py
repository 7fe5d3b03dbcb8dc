"""People of a measurement, in a process of their own, for they stand for other machines.

    python -m tests.bench.people      a line of JSON in, a line out, twice:

    the plan: through (of dial.WAYS, and what that needs); calls, the number of the first, and of how many in all;
    media, a file                                         -> {"joins": seconds each}, once all are connected
    when to begin, by the steady clock, and for how long  -> {"sent", "received", "ages": seconds each}, afterwards

With ``turns`` in the plan people join and leave so often instead, and each turn is told.
"""

import asyncio
import json
import os
import pickle
import random
import socket
import struct
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pylibsrtp
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from shopvisio.rtc.port import SO_TIMESTAMPNS
from tests.bench.media import CLOCK, LOOP, RATE, Media

KINDS = ("audio", "video")
Leave = Callable[[], Awaitable[None]]
SOON = 15.0        # seconds
LAST = 0x80        # the mark of a picture's last packet
BURST = 64         # packets taken at once
PACED = 10         # packets of a big picture are sent at once, then comes a pause in seconds: a browser's pacer does so
PAUSE = 0.04


@dataclass
class Person:
    """Somebody in a call: aiortc connects; what is sent and taken goes past it, straight over SRTP."""

    pc: RTCPeerConnection = field(default_factory=lambda: RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)))
    begun: dict[int, float] = field(default_factory=dict)      # when each picture was sent, by its timestamp
    ages: list[float] = field(default_factory=list)            # seconds, of pictures, when their last packet came
    sent: int = 0
    received: int = 0

    async def offer(self) -> str:
        """A fresh one."""
        for kind in KINDS:
            self.pc.addTransceiver(kind)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def answer(self, offer: str) -> str:
        """To somebody who dials this person."""
        await self.pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        for transceiver in self.pc.getTransceivers():
            transceiver.direction = "sendrecv"
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return str(self.pc.localDescription.sdp)

    async def take(self, answer: str) -> None:
        """Use it."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def connected(self) -> None:
        """Return once it stands."""
        async with asyncio.timeout(SOON):
            while self.pc.connectionState != "connected":      # noqa: ASYNC110 - aiortc has events, not this one
                await asyncio.sleep(0.002)

    def listen(self, other: "Person") -> None:
        """From now on note what comes of what ``other`` sends."""
        self.streams = {transceiver.kind: transceiver for transceiver in self.pc.getTransceivers()}
        self.dtls = self.streams["video"].sender.transport
        pair = self.dtls.transport._connection._nominated[1]
        self.protocol, self.peer = pair.protocol, pair.remote_addr
        self.other, self.video = other, self.streams["video"]._codecs[0].payloadType
        loop: Any = asyncio.get_running_loop()
        theirs = self.protocol.transport.get_extra_info("socket").fileno()
        self.socket = socket.socket(fileno=os.dup(theirs))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        loop._remove_reader(theirs)      # asyncio does not tell when a datagram came
        loop.add_reader(self.socket, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            for _datagram in range(BURST):
                data, notes, _flags, sender = self.socket.recvmsg(2048, 64)
                self._take(data, sender, notes[0][2])

    def _take(self, data: bytes, sender: Any, note: bytes) -> None:
        if not 127 < data[0] < 192 or 191 < data[1] < 224:
            self.protocol.datagram_received(data, sender)
            return
        with suppress(pylibsrtp.Error):
            self.dtls._rx_srtp.unprotect(data)
            self.received += 1
            if data[1] == LAST | self.video:
                begun = self.other.begun.get(struct.unpack_from("!I", data, 4)[0])
                if begun is not None:
                    seconds, nanoseconds = struct.unpack("qq", note)
                    self.ages.append(seconds + nanoseconds / 1e9 - begun)

    async def send(self, media: Media, begin: float, end: float) -> None:
        """Video and sound from ``begin`` on, until ``end``."""
        await asyncio.gather(*(self._stream(kind, media[kind], begin, end) for kind in KINDS))

    async def _stream(self, kind: str, frames: list[list[bytes]], begin: float, end: float) -> None:
        ssrc, payload_type = self.streams[kind].sender._ssrc, self.streams[kind]._codecs[0].payloadType
        sequence, origin = count(), random.getrandbits(31)
        for number in range(round((end - begin) * RATE[kind])):
            await asyncio.sleep(begin + number / RATE[kind] - time.monotonic())
            payloads, stamp = frames[number % len(frames)], origin + number * CLOCK[kind] // RATE[kind]
            if kind == "video":
                self.begun[stamp] = time.time()
            for place, payload in enumerate(payloads, 1):
                last = LAST if place == len(payloads) and kind == "video" else 0
                head = struct.pack("!BBHII", 0x80, last | payload_type, next(sequence) & 0xFFFF, stamp, ssrc)
                self.protocol.transport.sendto(self.dtls._tx_srtp.protect(head + payload), self.peer)
                self.sent += 1
                if not place % PACED:
                    await asyncio.sleep(PAUSE)
                    self.begun[stamp] = time.time()


async def meet(plan: dict[str, Any], number: int, joins: list[float]) -> tuple[list[Person], Leave]:
    """The two people of a call, connected through whatever the plan says; and how they leave."""
    from tests.bench.dial import WAYS  # which needs Person

    pair = [Person(), Person()]
    leave = await WAYS[plan["through"]](plan, number, pair, joins)
    for person, other in (pair, pair[::-1]):
        person.listen(other)
    return pair, leave


async def talk(plan: dict[str, Any]) -> None:
    """All calls of this process, at once; by ``begin`` all people speak. They began one after the other, as people do:
    what all send is the same loop, and neither may its one picture as big as thirty others be everybody's at once, nor
    may any be in the same millisecond.
    """
    joins: list[float] = []
    media = pickle.loads(await asyncio.to_thread(Path(plan["media"]).read_bytes))
    numbers = range(plan["first"], plan["first"] + plan["calls"])
    calls = [await meet(plan, number, joins) for number in numbers]
    people = [person for pair, _leave in calls for person in pair]
    say({"joins": joins})
    begin, seconds = await hear()
    apart = (LOOP + 1 / RATE["video"]) / (2 * plan["of"])
    await asyncio.gather(*(person.send(media, begin - (2 * plan["first"] + place + 1) * apart, begin + seconds)
                           for place, person in enumerate(people)))
    await asyncio.sleep(1)
    if plan.get("recorded"):
        for _pair, leave in calls:
            await leave()
    say({"sent": sum(person.sent for person in people), "received": sum(person.received for person in people),
         "ages": [round(age, 6) for person in people for age in person.ages]})


async def come_and_go(plan: dict[str, Any]) -> None:
    """One call after the other, each by the next visit; a line of JSON after each."""
    for turn in range(plan["turns"]):
        joins: list[float] = []
        pair, leave = await meet(plan, turn % plan["of"], joins)
        await leave()
        for person in pair:
            await person.pc.close()
        say({"joins": joins})


def say(what: Any) -> None:
    print(json.dumps(what), flush=True)


async def hear() -> Any:
    return json.loads(await asyncio.to_thread(sys.stdin.readline))


async def main() -> None:
    """Do as the plan says."""
    plan = await hear()
    await (come_and_go if "turns" in plan else talk)(plan)


if __name__ == "__main__":
    failed = 1
    try:
        asyncio.run(main())
        failed = 0
    except Exception:
        traceback.print_exc()
    os._exit(failed)      # the lines' threads read for ever
