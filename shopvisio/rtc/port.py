"""Who a datagram is for, and the one UDP port for everybody: a socket for each local address.

A datagram from an address that has proved itself goes to that address's leg. A stranger's goes nowhere, unless
it is a STUN request with the name that we gave to a leg, signed with that leg's password. Strangers get no answer.
"""

import contextlib
import errno
import logging
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from shopvisio.errors import RelayFailed
from shopvisio.i18n import _
from shopvisio.rtc import adapter, packets
from shopvisio.rtc.adapter import Address
from shopvisio.rtc.bursts import Inbox, Outbox

if TYPE_CHECKING:
    from shopvisio.rtc.leg import Leg

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1")
BUFFER = 4 << 20            # bytes asked of the kernel for each socket
SO_TIMESTAMPNS = 35         # of Linux: each datagram with a note of when it came


def local_addresses() -> list[str]:
    """Every address of this machine worth offering: its networks first, then loopback."""
    return list(dict.fromkeys([*adapter.host_addresses(), *LOOPBACK]))


def open_sockets(port: int, addresses: Iterable[str]) -> list[socket.socket]:
    """Non-blocking UDP sockets, one for each address that exists, all on ``port`` (0: any, the same for all).

    Raises RelayFailed when the port is taken or no address is there.
    """
    opened: list[socket.socket] = []
    try:
        for address in addresses:
            sock = _open(port, address)
            if sock:
                opened.append(sock)
                port = sock.getsockname()[1]
        if not opened:
            raise OSError(errno.EADDRNOTAVAIL, "no local address")
    except OSError as error:
        for sock in opened:
            sock.close()
        log.error("media port %s: %s", port, error)
        raise RelayFailed(_("La vidéo ne peut pas démarrer : le port {port} n’est pas libre.", port=port)) from error
    return opened


def _open(port: int, address: str) -> socket.socket | None:
    """None for an address that is not there (any more); OSError for a port that is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM)
    except OSError:
        return None
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            log.info("media address %s is not there", address)
            return None
        raise
    return sock


class Entry(ABC):
    """Where datagrams come in, and the addresses known there. ``kind``: how they travel, "udp" or "tcp"."""

    kind: str

    def __init__(self, sock: socket.socket, outbox: Outbox, legs: Mapping[str, "Leg"]) -> None:
        self.socket = sock
        self.address, self.port = sock.getsockname()[:2]
        self.known: dict[Address, Leg] = {}
        self.outbox = outbox
        self._legs = legs           # by the name we gave them (ufrag)

    @abstractmethod
    def send(self, data: bytes | memoryview, to: Address) -> None:
        """One datagram out, or lost."""

    @abstractmethod
    def forward(self, packet: adapter.Packet, size: int, to: Address) -> None:
        """A media packet out, or lost, at the end of the burst that it came with."""

    def forget(self, address: Address, leg: "Leg") -> None:
        """``leg`` is over; its ``address`` is a stranger's again."""
        if self.known.get(address) is leg:
            del self.known[address]

    def gone(self) -> None:
        """Nothing comes in here any more: whoever did must find another way."""
        for leg in set(self.known.values()):
            leg.lose(self)
        self.known.clear()

    def take(self, packet: adapter.Packet, size: int, sender: Address) -> bool:
        """What lies in ``packet`` came from ``sender``; whether it may have given the loop something to do."""
        view = packet.view
        first = view[0] if size > 11 else 255
        leg = self.known.get(sender)
        if leg and 127 < first < 192:
            if view[1] in packets.RTCP:
                leg.take_rtcp(bytes(view[:size]))
            else:
                leg.take_rtp(packet, size)
            return False
        if first < 4:
            self._stun(bytes(view[:size]), sender, leg)
        elif leg and 19 < first < 64:
            leg.take_dtls(bytes(view[:size]))
        return True

    def _stun(self, data: bytes, sender: Address, leg: "Leg | None") -> None:
        kind = packets.stun_kind(data)
        if kind == packets.BINDING_REQUEST:
            named = self._legs.get(packets.stun_username(data))
            message = adapter.read_stun(data) if named else None
            if named and message and named.take_request(message, self, sender):
                self.known[sender] = named
        elif kind == packets.BINDING_RESPONSE and leg:
            message = adapter.read_stun(data)
            if message:
                leg.take_response(message, self, sender)


class Port(Entry):
    """One UDP socket. ``packets`` receive what comes, of all ports in turn."""

    kind = "udp"

    def __init__(
        self, sock: socket.socket, packets: Sequence[adapter.Packet], outbox: Outbox, legs: Mapping[str, "Leg"],
    ) -> None:
        super().__init__(sock, outbox, legs)
        self._inbox, self._fd = Inbox(sock, packets), sock.fileno()

    def send(self, data: bytes | memoryview, to: Address) -> None:
        """One datagram out, at once; what the network does not take is lost, as datagrams are."""
        with contextlib.suppress(OSError):
            self.socket.sendto(data, to)

    def forward(self, packet: adapter.Packet, size: int, to: Address) -> None:
        self.outbox.add(self._fd, packet, size, to)

    def gone(self) -> None:
        super().gone()
        self.socket.close()
        self._fd = -1

    def readable(self) -> bool:
        """Take what has arrived, and send on what of it is media; whether some of it was not."""
        more = False
        for packet, size, sender in self._inbox.take():
            if self.take(packet, size, sender):
                more = True
        self.outbox.flush()
        return more
