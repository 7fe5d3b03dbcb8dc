"""The one file that knows aiortc, aioice and pylibsrtp from inside.

From aiortc come ICE and DTLS, by its public ORTC classes; media never enters it. What is private there and
needed here is listed in PRIVATE; a test looks each name up, so that an upgrade that moves one says which.
"""

import asyncio
import contextlib
import ctypes
import logging
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, cast

import pylibsrtp
from aioice import Candidate, Connection, ConnectionClosed, stun
from aioice.ice import CandidatePair, ConnectionEvent, StunProtocol, get_host_addresses
from aiortc import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from pylibsrtp._binding import ffi, lib

Address = tuple[str, int]
Message = stun.Message

ROOM = 2048               # bytes of the packet buffer: the longest datagram and SRTP's trailer
LONGEST = 1600            # bytes of a datagram that is looked at
NOTE = 32                 # bytes of what the kernel notes beside it: a header of 16, then struct timespec
_TIME = struct.Struct("qq").unpack_from

for chatty in ("aioice", "aiortc"):      # at INFO they write people's addresses into the log
    logging.getLogger(chatty).setLevel(logging.WARNING)

PRIVATE = {
    "aioice.Connection()": ("_nominated", "_protocols", "check_complete", "get_component_candidates",
                            "request_received", "data_received", "build_request", "get_event",
                            "_check_list"),
    "aioice.ice.StunProtocol()": ("connection_lost", "connection_made", "send_stun", "transactions"),
    "aiortc.RTCIceGatherer()": ("_connection",),
    "aiortc.RTCDtlsTransport()": ("_rx_srtp", "_tx_srtp"),
    "pylibsrtp.Session()": ("_srtp",),
    "pylibsrtp.lib": ("srtp_protect", "srtp_unprotect"),
}


def _at(thing: Any) -> int:
    """Where something of cffi's lies in memory."""
    return int(ffi.cast("uintptr_t", thing))


# Called by ctypes, which keeps the interpreter where cffi lets go of it: see bursts.py.
_CRYPT = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_protect, _unprotect = (_CRYPT(_at(ffi.addressof(lib, name))) for name in ("srtp_protect", "srtp_unprotect"))


class Way(Protocol):
    """Where datagrams leave: a UDP socket bound to one local address, or a TCP connection."""

    kind: str       # "udp", "tcp"
    address: str
    port: int

    def send(self, data: bytes | memoryview, to: Address) -> None: ...
    def forward(self, packet: "Packet", size: int, to: Address) -> None: ...


class Packet:
    """A buffer that a media packet is received into, rewritten in and sent from. ``at``: where it lies in memory;
    ``note_at``: where the kernel may write, in NOTE bytes, when it came.
    """

    def __init__(self) -> None:
        self._data, self._size = ctypes.create_string_buffer(ROOM), ctypes.c_int()
        self.at, self._size_at = ctypes.addressof(self._data), ctypes.addressof(self._size)
        self.view = memoryview(self._data).cast("B")
        self._spare: Packet | None = None
        self._note = ctypes.create_string_buffer(NOTE)
        self.note_at = ctypes.addressof(self._note)

    @property
    def came(self) -> float:
        """When the kernel took it, whatever this process did just then: seconds of the wall clock, 0 if unknown."""
        seconds, nanoseconds = _TIME(self._note, NOTE - 16)
        return float(seconds + nanoseconds / 1e9)

    def copy(self, size: int) -> "Packet":
        """A second buffer with the same ``size`` bytes: what is encrypted in place is lost for another receiver."""
        spare = self._spare = self._spare or Packet()
        spare.view[:size] = self.view[:size]
        return spare

    def unprotect(self, session: int, size: int) -> int:
        """Decrypt ``size`` bytes in place; the new size, or 0 for a packet that is not authentic."""
        self._size.value = size
        return 0 if _unprotect(session, self.at, self._size_at) else self._size.value

    def protect(self, session: int, size: int) -> int:
        """Encrypt ``size`` bytes in place; the new size, or 0 when SRTP refuses."""
        self._size.value = size
        return 0 if _protect(session, self.at, self._size_at) else self._size.value


class Keys:
    """The SRTP state of one connection, both ways."""

    def __init__(self, rx: pylibsrtp.Session, tx: pylibsrtp.Session) -> None:
        self._rx, self._tx = rx, tx
        self.rx, self.tx = _at(rx._srtp[0]), _at(tx._srtp[0])      # for Packet; alive as long as the sessions are

    def open_rtcp(self, data: bytes) -> bytes:
        """The RTCP in ``data``, or b"" when it is not authentic."""
        try:
            return self._rx.unprotect_rtcp(data)
        except (pylibsrtp.Error, ValueError):
            return b""

    def close_rtcp(self, data: bytes) -> bytes:
        """``data`` as SRTCP, or b"" when it cannot be."""
        try:
            return self._tx.protect_rtcp(data)
        except (pylibsrtp.Error, ValueError):
            return b""


class Transport:
    """ICE and DTLS of one leg, over sockets shared with everybody.

    ``moved(way, address)`` is called when the browser nominates a path; ``ended()`` when the connection is
    over from the other side.
    """

    def __init__(
        self, ways: Sequence[Way], ufrag: str, password: str,
        moved: Callable[[Way, Address], None], ended: Callable[[], None],
    ) -> None:
        gatherer = RTCIceGatherer(iceServers=[])
        self._ice = gatherer._connection = _SharedConnection(ways, ufrag, password, moved)
        self._gatherer = gatherer
        self._transport = RTCIceTransport(gatherer)
        self._dtls = RTCDtlsTransport(self._transport, [RTCCertificate.generateCertificate()])
        self._ended = ended
        self._remote_password = b""

    def fingerprints(self) -> list[tuple[str, str]]:
        """(algorithm, value) of our certificate, the strongest usual one alone."""
        found = self._dtls.getLocalParameters().fingerprints
        return [(f.algorithm, f.value) for f in found if f.algorithm == "sha-256"]

    async def connect(self, ufrag: str, password: str, fingerprints: Iterable[tuple[str, str]]) -> Keys | None:
        """Wait for the browser and shake hands; None when it does not work out. May wait for ever."""
        await self._gatherer.gather()
        self._remote_password = password.encode()
        await self._transport.start(RTCIceParameters(usernameFragment=ufrag, password=password))
        if self._transport.state != "completed":
            return None
        self._transport.on("statechange", self._watch)
        self._dtls.on("statechange", self._watch)
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(*f) for f in fingerprints]))
        if self._dtls.state != "connected":
            return None
        return Keys(self._dtls._rx_srtp, self._dtls._tx_srtp)

    async def close(self, quietly: bool = False) -> None:
        """End it; without ``quietly`` the browser is told at once."""
        self._transport.remove_all_listeners()
        self._dtls.remove_all_listeners()
        if quietly:
            await self._transport.stop()
        await self._dtls.stop()
        await self._transport.stop()

    def _watch(self) -> None:
        if self._dtls.state in ("closed", "failed") or self._transport.state in ("closed", "failed"):
            self._ended()

    def take(self, data: bytes) -> None:
        """A datagram that is neither STUN nor media: DTLS."""
        self._ice.data_received(data, 1)

    def take_request(self, message: Message, way: Way, sender: Address) -> bool:
        """Answer a STUN request; False, and no answer, when it is not authentic."""
        if not message.check_message_integrity(self._ice.local_password.encode()):
            return False
        if "PRIORITY" not in message.attributes:
            return False
        self._ice.request_received(message, sender, self._ice.enter(way))
        return True

    def take_response(self, message: Message, way: Way, sender: Address) -> bool:
        """Take a STUN response; whether it is authentic."""
        if not self._remote_password or not message.check_message_integrity(self._remote_password):
            return False
        protocol = self._ice.protocol(way)
        transaction = protocol.transactions.get(message.transaction_id) if protocol else None
        if transaction:
            transaction.response_received(message, sender)
        return True

    def forget(self, way: Way) -> None:
        """``way`` is no more; another one may take its place."""
        self._ice.forget(way)

    def probe(self) -> None:
        """Ask the browser for a sign of life; the answer arrives as a STUN response."""
        self._ice.probe()


class _SharedConnection(Connection):
    """An ICE agent that opens no socket: it lives on the shared ones, and waits to be called."""

    def __init__(
        self, ways: Sequence[Way], ufrag: str, password: str, moved: Callable[[Way, Address], None],
    ) -> None:
        super().__init__(ice_controlling=False, local_username=ufrag, local_password=password)
        self._ways = ways
        self._moved = moved

    def protocol(self, way: Way) -> StunProtocol | None:
        """This agent's end on ``way``, if it has one."""
        for protocol in self._protocols:
            if cast(_Transport, protocol.transport).way is way:
                return protocol
        return None

    async def get_component_candidates(
        self, component: int, addresses: list[str], timeout: int = 5,   # noqa: ASYNC109 - aioice's signature
    ) -> list[Candidate]:
        return [self.enter(way).local_candidate for way in self._ways]

    def enter(self, way: Way) -> StunProtocol:
        """This agent's end on ``way``, made where it has none."""
        protocol = self.protocol(way)
        if protocol is None:
            protocol = StunProtocol(self)
            protocol.connection_made(_Transport(way, protocol))
            protocol.local_candidate = Candidate(
                foundation=f"{way.kind}{way.address}", component=1, transport=way.kind,
                priority=(126 << 24) + 255, host=way.address, port=way.port, type="host",
            )
            self._protocols.append(protocol)
        return protocol

    def forget(self, way: Way) -> None:
        """No more on ``way``: its end and its pairs go; a nominated pair stays until another is."""
        protocol = self.protocol(way)
        if protocol is None:
            return
        self._protocols.remove(protocol)
        for pair in [pair for pair in self._check_list if pair.protocol is protocol]:
            if pair.task:
                pair.task.cancel()
            self._check_list.remove(pair)

    def check_complete(self, pair: CandidatePair) -> None:
        super().check_complete(pair)
        chosen = self._nominated.get(1)
        if chosen:
            self._moved(cast(_Transport, chosen.protocol.transport).way, chosen.remote_addr)

    async def get_event(self) -> ConnectionEvent | None:
        # aiortc's watcher asks again and again, without a pause, an agent that was closed before it looked.
        return await super().get_event() or ConnectionClosed()

    def probe(self) -> None:
        for pair in self._nominated.values():
            request = self.build_request(pair, nominate=False)
            request.add_message_integrity((self.remote_password or "").encode())
            pair.protocol.send_stun(request, pair.remote_addr)


class _Transport(asyncio.DatagramTransport):
    """What a StunProtocol sends through: a shared socket that it may not close."""

    def __init__(self, way: Way, protocol: StunProtocol) -> None:
        super().__init__()
        self.way = way
        self._protocol = protocol

    def sendto(self, data: Any, addr: Any = None) -> None:
        self.way.send(data, addr)

    def close(self) -> None:
        self._protocol.connection_lost(None)


def read_stun(data: bytes) -> Message | None:
    """The STUN message in ``data``, or None."""
    with contextlib.suppress(ValueError, IndexError, struct.error):
        return stun.parse_message(data)
    return None


def host_addresses() -> list[str]:
    """The addresses of this machine, v4 and v6, without loopback and link-local ones."""
    return get_host_addresses(use_ipv4=True, use_ipv6=True)
