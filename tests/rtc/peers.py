"""People for the tests: ordinary aiortc peers that dial the relay, and a wire that can be cut, lossy or moved."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

from aiortc import (
    AudioStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamTrack

from shopvisio.rtc import Engine, Event

CONFIGURATION = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
SOON = 30.0     # seconds, before a test gives up


class Person:
    """Somebody with a seat, a camera and a microphone (unless ``sends`` is False), able to receive so many others.

    The tracks of the other in the lower place are "audio" and "video", those of the higher "audio 2", "video 2".
    (aiortc repairs no losses where it receives two videos.)
    """

    def __init__(self, engine: Engine, room: str, seat: str, sends: bool = True, others: int = 1) -> None:
        self.engine, self.room, self.seat = engine, room, seat
        self.place: int | None = None
        self.pc = RTCPeerConnection(CONFIGURATION)
        self.tracks: dict[str, MediaStreamTrack] = {}
        self.pc.on("track", self._arrived)
        for track in (AudioStreamTrack(), VideoStreamTrack()):
            if sends:
                self.pc.addTrack(track)
            else:
                self.pc.addTransceiver(track.kind, "recvonly")
        for kind in ("audio", "video") * (others - 1):
            self.pc.addTransceiver(kind, "recvonly")

    def _arrived(self, track: MediaStreamTrack) -> None:
        self.tracks[f"{track.kind} 2" if track.kind in self.tracks else track.kind] = track

    async def offer(self) -> str:
        """A fresh offer."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return str(self.pc.localDescription.sdp)

    async def dial(self) -> str:
        """Join; gives the relay's answer."""
        joined = self.engine.join(self.room, self.seat, await self.offer(), self.place)
        answer = await asyncio.wrap_future(joined)
        await self.take(answer)
        return answer

    async def take(self, answer: str) -> None:
        """Use this answer."""
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def receives(self, kind: str) -> None:
        """Return once a decoded frame of this kind has come; fails after SOON."""
        await asyncio.wait_for(self.tracks[kind].recv(), SOON)

    async def sees_and_hears(self, which: str = "") -> None:
        """Return once both kinds have come, of one of the others."""
        await asyncio.gather(self.receives(f"video{which}"), self.receives(f"audio{which}"))


@asynccontextmanager
async def people(engine: Engine, *seats: str, room: str = "room", others: int = 1) -> AsyncIterator[list[Person]]:
    """Persons with these seats, connected; hung up at the end."""
    persons = [Person(engine, room, seat, others=others) for seat in seats]
    try:
        for person in persons:
            await person.dial()
        for seat in seats:
            await happens(engine, Event("connected", room, seat))
        yield persons
    finally:
        await asyncio.gather(*(person.pc.close() for person in persons))


async def happens(engine: Engine, event: Event, within: float = SOON) -> None:
    """Return once this is the next event; fails when another comes first, or none in time."""
    await until(lambda: not engine.events.empty(), within)
    assert engine.events.get() == event


async def until(holds: Callable[[], bool], within: float = SOON) -> None:
    """Return once it holds; fails when it does not in time."""
    async with asyncio.timeout(within):
        while not holds():      # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.02)


class Wire(asyncio.DatagramProtocol):
    """A UDP forwarder in front of the relay: a browser's network, or the shop's router."""

    def __init__(self, relay: tuple[str, int], loss: float = 0.0) -> None:
        self.relay, self.loss = relay, loss
        self.loop = asyncio.get_running_loop()
        self.cut = False
        self.dropped = 0
        self._dice = random.Random(1)
        self._outside: dict[tuple[str, int], _Outside] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    @property
    def port(self) -> int:
        """Where the browser must send to, on 127.0.0.1."""
        return int(self.transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._gets_through():
            if addr not in self._outside:
                self._outside[addr] = _Outside(self, addr)
            self._outside[addr].sock.send(data)

    def back(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram from the relay."""
        if self._gets_through() and not self.transport.is_closing():
            self.transport.sendto(data, addr)

    def move(self) -> None:
        """From now on the relay sees the browser at another address, as from Wi-Fi to mobile."""
        for outside in self._outside.values():
            outside.close()
        self._outside.clear()

    def _gets_through(self) -> bool:
        through = not self.cut and self._dice.random() >= self.loss
        self.dropped += not through
        return through

    def close(self) -> None:
        """Take it down."""
        self.move()
        self.transport.close()


class _Outside:
    """The relay's side of one browser's socket."""

    def __init__(self, wire: Wire, inside: tuple[str, int]) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.connect(wire.relay)
        self._wire, self._inside = wire, inside
        asyncio.get_running_loop().add_reader(self.sock, self._readable)

    def _readable(self) -> None:
        with suppress(OSError):
            while True:
                self._wire.back(self.sock.recv(2048), self._inside)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.sock)
        self.sock.close()


@asynccontextmanager
async def wire(engine: Engine, loss: float = 0.0) -> AsyncIterator[Wire]:
    """A wire to the engine's port on 127.0.0.1."""
    _transport, made = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Wire(("127.0.0.1", engine.port), loss), local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        made.close()


def only_by(answer: str, made: Wire) -> str:
    """The answer of a relay that is reached by this wire alone."""
    lines = [line for line in answer.splitlines() if not line.startswith("a=candidate:")]
    candidate = f"a=candidate:1 1 udp 2130706431 127.0.0.1 {made.port} typ host"
    ends = [candidate if line == "a=end-of-candidates" else "" for line in lines]
    pairs = zip(ends, lines, strict=True)
    return "\r\n".join(line for pair in pairs for line in pair if line) + "\r\n"
