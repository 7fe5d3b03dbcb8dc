"""One person's connection to the relay, and how two of them hear each other. In the relay's thread alone."""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shopvisio.rtc import packets, sdp
from shopvisio.rtc.adapter import Address, Keys, Message, Packet, Transport, Way
from shopvisio.rtc.flow import Flow, Inlet, Outlet
from shopvisio.rtc.port import LOOPBACK, Entry, Port

PATHS = 32                  # addresses one leg may come from
BETWEEN_REQUESTS = 0.3      # seconds, at least, between two requests for a whole picture
NAMES = {"audio": ("audio",), "video": ("video", "rtx")}    # the streams of a section; what repeats comes last


@dataclass(slots=True)
class Counts:
    """Since the leg began: media and RTCP, SRTP included; ``refused`` were not authentic."""

    packets_in: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    refused: int = 0


class Leg:
    """What one browser sends (inlets, flows) and receives (outlets, heard)."""

    def __init__(self, offer: sdp.Offer, ports: Sequence[Port]) -> None:
        self.offer = offer
        self.born = self.seen = time.monotonic()
        self.state = "new"                     # connected, lost, ended
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.inlets = _inlets(offer.sections)
        self.outlets = _outlets(offer.sections)
        self.flows: dict[int, Flow] = {}       # what it sends, by the SSRC it uses
        self.heard: dict[int, Flow] = {}       # what it receives, by the SSRC it knows
        self.counts = Counts()
        self.path: tuple[Way, Address] | None = None
        self._ports = ports
        self._paths: set[tuple[Entry, Address]] = set()
        self._unnamed: dict[int, Flow] = {}    # flows whose SSRC nobody told, by payload type
        self._other: Leg | None = None
        self._keys: Keys | None = None
        self._requested = 0.0
        self._transport = Transport(ports, self.ufrag, self.password, self._moved, self._ended)

    def answer(self, advertised: Sequence[str], tcp_port: int) -> str:
        """Our answer to its offer, complete: our own addresses, then those advertised, loopback last.

        ``tcp_port``: where connections are accepted for us, 0 for nowhere.
        """
        own = dict.fromkeys([*(port.address for port in self._ports), *advertised])
        addresses = sorted(own, key=lambda address: address in LOOPBACK)
        ssrcs = {kind: tuple(self.outlets[name].ssrc for name in names if name in self.outlets)
                 for kind, names in NAMES.items()}
        return sdp.answer(self.offer, sdp.Ours(
            self.ufrag, self.password, self._transport.fingerprints(), addresses, self._ports[0].port, ssrcs,
            tcp_port))

    async def connect(self) -> bool:
        """Wait for the browser; whether it came. May wait for ever."""
        offer = self.offer
        self._keys = await self._transport.connect(offer.ufrag, offer.password, offer.fingerprints)
        self.state = "connected" if self._keys and self.state == "new" else "ended"
        self.seen = time.monotonic()
        return self.state == "connected"

    async def close(self, quietly: bool = False) -> None:
        """End it; without ``quietly`` the browser is told at once."""
        self.state = "ended"
        self.part()
        for entry, address in self._paths:
            entry.forget(address, self)
        await self._transport.close(quietly)
        self.path = self._keys = None

    def probe(self) -> None:
        """Ask for a sign of life."""
        self._transport.probe()

    def lose(self, entry: Entry) -> None:
        """A way in is no more: what it carried waits for another to be found."""
        self._paths = {path for path in self._paths if path[0] is not entry}
        if self.path and self.path[0] is entry:
            self.path = None
        self._transport.forget(entry)

    def _ended(self) -> None:
        self.state = "ended"

    def _moved(self, way: Way, address: Address) -> None:
        self.path = (way, address)

    def meet(self, other: "Leg") -> None:
        """From now on each of the two receives what the other sends, beginning with a whole picture."""
        self._send_to(other)
        other._send_to(self)
        self.request_picture()
        other.request_picture()

    def part(self) -> None:
        """Be alone again."""
        other, self._other = self._other, None
        self.flows, self.heard, self._unnamed = {}, {}, {}
        if other and other._other is self:
            other.part()

    def _send_to(self, other: "Leg") -> None:
        flows: dict[str, Flow] = {}
        for name, inlet in self.inlets.items():
            if name in other.outlets:
                flows[name] = Flow(inlet, other.outlets[name], flows.get("video") if name == "rtx" else None)
        self._other = other
        self.flows = {flow.source: flow for flow in flows.values() if flow.source}
        self._unnamed = {self.inlets[name].payload_type: flow for name, flow in flows.items() if not flow.source}
        other.heard = {flow.sink: flow for flow in flows.values()}

    def request_picture(self) -> None:
        """Ask the browser to begin its video anew, not too often."""
        video, now = self.inlets.get("video"), time.monotonic()
        if video and video.ssrc and now - self._requested >= BETWEEN_REQUESTS:
            self._requested = now
            outlet = self.outlets.get("video")
            self._send_rtcp(packets.picture_request(outlet.ssrc if outlet else 1, video.ssrc))

    def take_rtp(self, packet: Packet, size: int) -> None:
        """A media packet of ``size`` bytes, as it came; it leaves for the other person in the same buffer."""
        if self._keys is None:
            return
        counts = self.counts
        counts.packets_in += 1
        counts.bytes_in += size
        size = packet.unprotect(self._keys.rx, size)
        if not size:
            counts.refused += 1
            return
        now = self.seen = time.monotonic()
        view, other = packet.view, self._other
        flow = self.flows.get(int.from_bytes(view[8:12])) or self._name(view)
        if flow and other and flow.rewrite(view, size, now):
            other._send_rtp(packet, size)

    def _name(self, view: memoryview) -> Flow | None:
        """A stream that the offer did not name: its first packet does."""
        flow = self._unnamed.pop(view[1] & 0x7F, None)
        if flow:
            flow.name(int.from_bytes(view[8:12]))
            self.flows[flow.source] = flow
            self.request_picture()
        return flow

    def _send_rtp(self, packet: Packet, size: int) -> None:
        if self._keys and self.path:
            size = packet.protect(self._keys.tx, size)
            self._send(packet.view[:size])

    def take_rtcp(self, data: bytes) -> None:
        """An RTCP packet as it came; it leaves for the other person, names put right."""
        if self._keys is None:
            return
        self.counts.packets_in += 1
        self.counts.bytes_in += len(data)
        plain = self._keys.open_rtcp(data)
        if not plain:
            self.counts.refused += 1
            return
        self.seen = time.monotonic()
        if self._other:
            self._other._send_rtcp(packets.translate(plain, self.flows, self.heard))

    def _send_rtcp(self, plain: bytes) -> None:
        if plain and self._keys and self.path:
            self._send(self._keys.close_rtcp(plain))

    def _send(self, data: bytes | memoryview) -> None:
        if data and self.path:
            way, address = self.path
            self.counts.packets_out += 1
            self.counts.bytes_out += len(data)
            way.send(data, address)

    def take_dtls(self, data: bytes) -> None:
        """A piece of the handshake, or of the goodbye; before there is a path nobody would read it."""
        if self.path:
            self._transport.take(data)

    def take_request(self, message: Message, entry: Entry, sender: Address) -> bool:
        """A STUN request that names this leg; whether it proved itself, so that ``sender`` may be known."""
        path = (entry, sender)
        if path not in self._paths and len(self._paths) >= PATHS:
            return False
        if not self._transport.take_request(message, entry, sender):
            return False
        self._paths.add(path)
        self.seen = time.monotonic()
        return True

    def take_response(self, message: Message, entry: Entry, sender: Address) -> None:
        """The answer to a check or a probe."""
        if self._transport.take_response(message, entry, sender):
            self.seen = time.monotonic()


def _inlets(sections: Iterable[sdp.Section]) -> dict[str, Inlet]:
    found = {}
    for section in sections:
        if section.sends:
            types = (section.payload_type, section.retransmission)
            ssrcs = (*section.ssrcs, 0, 0)
            for name, kind, ssrc in zip(NAMES[section.kind], types, ssrcs, strict=False):
                if kind:
                    found[name] = Inlet(kind, ssrc, section.extensions)
    return found


def _outlets(sections: Iterable[sdp.Section]) -> dict[str, Outlet]:
    found = {}
    for section in sections:
        if section.receives:
            types = (section.payload_type, section.retransmission)
            for name, kind in zip(NAMES[section.kind], types, strict=False):
                if kind:
                    ssrc, clock = secrets.randbits(31) + 1, sdp.CODECS[section.kind][1]
                    found[name] = Outlet(kind, ssrc, section.extensions, clock)
    return found
