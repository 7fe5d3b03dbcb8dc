"""The way in for browsers whose network lets no UDP through: TCP connections, datagrams framed (RFC 4571).

The web side accepts them on the HTTPS port and hands them over. What cannot be sent at once is dropped, as on
any other way: a queue would only make the picture late. Who does not prove in time to belong to a leg is shut
out; when strangers are many, the oldest goes first, for a browser proves itself within its first words.
"""

import asyncio
import logging
import socket
import struct
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shopvisio.rtc import adapter
from shopvisio.rtc.adapter import Address
from shopvisio.rtc.bursts import Outbox
from shopvisio.rtc.port import Entry

if TYPE_CHECKING:
    from shopvisio.rtc.leg import Leg

log = logging.getLogger(__name__)

STRANGERS = 256             # connections at once that have not proved themselves
PROVE_WITHIN = 10.0         # seconds
QUEUE = 64 << 10            # bytes that may wait here to be sent
BUFFER = 128 << 10          # bytes asked of the kernel: a third of a second of the sharpest picture

_LENGTH = struct.Struct("!H")


class Line(Entry, asyncio.Protocol):
    """One connection; it is known while a leg uses it."""

    kind = "tcp"

    def __init__(
        self, sock: socket.socket, outbox: Outbox, legs: Mapping[str, "Leg"], lines: "Lines",
    ) -> None:
        super().__init__(sock, outbox, legs)
        address, port = sock.getpeername()[:2]
        self.peer: Address = (address.removeprefix("::ffff:"), port)      # as the browser knows itself
        self.since = time.monotonic()       # a stranger since then, where it is one
        self._lines = lines
        self._transport: asyncio.Transport | None = None
        self._shut = False
        self._rest = b""                    # of a frame that has not come to its end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._shut:
            transport.abort()
        transport.set_write_buffer_limits(QUEUE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lines.gone(self)
        self.gone()

    def data_received(self, data: bytes) -> None:
        data, at, packet = self._rest + data, 0, self._lines.packet
        while at + 2 <= len(data) and not self._shut:
            size = _LENGTH.unpack_from(data, at)[0]
            if size > adapter.LONGEST:
                self.close()
                return
            end = at + 2 + size
            if end > len(data):
                break
            packet.view[:size] = data[at + 2:end]
            self.take(packet, size, self.peer)
            self.outbox.flush()
            at = end
        self._rest = data[at:]

    def send(self, data: bytes | memoryview, to: Address) -> None:
        """One datagram out, unless too much is waiting already; there is nobody but the peer."""
        transport = self._transport
        if transport and not transport.is_closing() and transport.get_write_buffer_size() < QUEUE:
            transport.write(b"".join((_LENGTH.pack(len(data)), data)))

    def forward(self, packet: adapter.Packet, size: int, to: Address) -> None:
        self.send(packet.view[:size], to)

    def forget(self, address: Address, leg: "Leg") -> None:
        """A stranger again: time for the goodbye to go out, then the end."""
        super().forget(address, leg)
        self.since = time.monotonic()

    def close(self) -> None:
        """Shut it, at once."""
        self._shut = True
        self._lines.gone(self)
        if self._transport:
            self._transport.abort()


class Lines:
    """All connections, strangers' included. In the relay's thread alone."""

    def __init__(self, outbox: Outbox, legs: Mapping[str, "Leg"]) -> None:
        self.packet = adapter.Packet()          # what comes by any of them, one after the other
        self._outbox, self._legs = outbox, legs
        self._lines: dict[Line, None] = {}      # in the order they came

    async def adopt(self, sock: socket.socket) -> None:
        """Read from an accepted connection from now on; it is ours to close."""
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
            line = Line(sock, self._outbox, self._legs, self)
        except OSError:      # gone before it was ours
            sock.close()
            return
        strangers = [other for other in self._lines if not other.known]
        if len(strangers) >= STRANGERS:
            strangers[0].close()
        self._lines[line] = None
        await asyncio.get_running_loop().connect_accepted_socket(lambda: line, sock)

    def gone(self, line: Line) -> None:
        """It is shut."""
        self._lines.pop(line, None)

    def sweep(self, now: float) -> None:
        """Shut out whoever has been a stranger for too long at ``now``, on a steady clock."""
        for line in list(self._lines):
            if not line.known and now - line.since > PROVE_WITHIN:
                line.close()

    def close(self) -> None:
        """Shut them all."""
        for line in list(self._lines):
            line.close()

    def __len__(self) -> int:
        return len(self._lines)
