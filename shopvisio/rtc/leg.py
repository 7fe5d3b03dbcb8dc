"""One person's connection to the relay, and how two or three of them hear each other. In the relay's thread alone."""

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from struct import Struct

from shopvisio.rtc import packets, sdp
from shopvisio.rtc.adapter import Address, Keys, Message, Packet, Transport, Way
from shopvisio.rtc.flow import Flow, Inlet, Outlet
from shopvisio.rtc.port import LOOPBACK, Entry, Port
from shopvisio.rtc.tap import KINDS, Copies, Tap
from shopvisio.rtc.trio import NO_LIMIT, Arrivals, Receivers

PATHS = 32                  # addresses one leg may come from
BETWEEN_REQUESTS = 0.3      # seconds, at least, between two requests for a whole picture
SHOWING = 2.0               # seconds after which a video that brings nothing counts as dark
_SSRC = Struct("!I").unpack_from
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
    """What one browser sends (inlets) and receives (outlets, one set for each other place), and who hears it (hops)."""

    def __init__(self, offer: sdp.Offer, ports: Sequence[Port], place: int) -> None:
        self.offer = offer
        self.place = place                     # 0, 1 or 2
        self.born = self.seen = time.monotonic()
        self.state = "new"                     # connected, lost, ended
        self.missed: float | None = None       # since when nothing has come from the connection it takes the place of
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.inlets = _inlets(offer.sections)
        self.outlets = _outlets(offer.sections)
        self.hops: list[Hop] = []
        self.counts = Counts()
        self.path: tuple[Way, Address] | None = None
        self._tap: Tap | None = None            # while what it sends is recorded
        self._ports = ports
        self._paths: set[tuple[Entry, Address]] = set()
        self._arrivals: Arrivals | None = None      # these two in a room of three
        self._receivers: Receivers | None = None
        self._keys: Keys | None = None
        self._number = next((section.extensions[packets.TRANSPORT_NUMBER] for section in offer.sections
                             if packets.TRANSPORT_NUMBER in section.extensions), 0)
        self._requested = 0.0
        self._hummed = 0
        self._transport = Transport(ports, self.ufrag, self.password, self._moved, self._ended)

    def answer(self, advertised: Sequence[str], tcp_port: int) -> str:
        """Our answer to its offer, complete: our own addresses, then those advertised, loopback last.

        ``tcp_port``: where connections are accepted for us, 0 for nowhere.
        """
        own = dict.fromkeys([*(port.address for port in self._ports), *advertised])
        addresses = sorted(own, key=lambda address: address in LOOPBACK)
        ssrcs = [tuple(self.outlets[section.slot][name].ssrc for name in NAMES[section.kind]
                       if name in self.outlets[section.slot]) for section in self.offer.sections]
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

    def hum(self) -> None:
        """A sign of life where nothing else went out since the last one: so silence means a broken path."""
        if self.counts.packets_out == self._hummed:
            self._send_rtcp(packets.sign_of_life(self._name))
        self._hummed = self.counts.packets_out

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
        there, back = Hop(self, other), Hop(other, self)
        there.back, back.back = back, there
        for leg, hop in ((self, there), (other, back)):
            leg.hops.append(hop)
            leg._settle()
            leg.request_picture()

    def part(self) -> None:
        """Be alone again."""
        hops, self.hops = self.hops, []
        for hop in hops:
            hop.to.hops.remove(hop.back)
            hop.to._settle()

    def _settle(self) -> None:
        """With one receiver everything is between the two browsers; with two some of it is between each and us."""
        three = len(self.hops) > 1
        for hop in self.hops:
            hop.last = hop is self.hops[-1]
            for flow in hop.flows:
                flow.measured_here(three)
        if three and not self._receivers:
            self._arrivals, self._receivers = Arrivals(), Receivers(self._name)
        elif self._receivers and not three:
            self._arrivals = self._receivers = None
            self._send_rtcp(packets.bitrate_limit(self._name, NO_LIMIT, self._own))

    @property
    def _name(self) -> int:
        """The SSRC by which we speak to the browser ourselves."""
        return next((outlet.ssrc for outlet in self.outlets[0].values()), 1)

    @property
    def _own(self) -> list[int]:
        """The SSRCs that the browser sends by, as far as they are known."""
        return [inlet.ssrc for inlet in self.inlets.values() if inlet.ssrc]

    @property
    def lost(self) -> int:
        """How many of its packets never reached us since the others came."""
        return max((sum(flow.lost for flow in hop.flows) for hop in self.hops), default=0)

    def record(self, copies: Copies | None) -> None:
        """From now on a copy of what it sends goes there, beginning with a whole picture; None: no more."""
        kinds = {inlet.payload_type: KINDS[name] for name, inlet in self.inlets.items()}
        self._tap = Tap(copies, self.place, kinds) if copies else None
        if copies:
            self.request_picture()

    def request_picture(self) -> None:
        """Ask the browser to begin its video anew, not too often."""
        video, now = self.inlets.get("video"), time.monotonic()
        if video and video.ssrc and now - self._requested >= BETWEEN_REQUESTS:
            self._requested = now
            self._send_rtcp(packets.picture_request(self._name, video.ssrc))

    def resume(self) -> None:
        """Back after a gap: all begin with a whole picture, for browsers wait three seconds before they ask for one."""
        for leg in (self, *(hop.to for hop in self.hops)):
            leg.request_picture()

    def take_rtp(self, packet: Packet, size: int) -> None:
        """A media packet of ``size`` bytes, as it came; it leaves for the last person in the same buffer."""
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
        view = packet.view
        if self._arrivals:
            self._note(self._arrivals, view, size, packet.came or now)
        if self._tap:
            self._tap.media(view, size, now)
        ssrc = _SSRC(view, 8)[0]
        for hop in self.hops:
            flow = hop.sent.get(ssrc) or self._learn(hop, ssrc, view[1] & 0x7F)
            if flow:
                out = packet if hop.last else packet.copy(size)
                if flow.rewrite(out.view, size, now):
                    hop.to._send_rtp(out, size)

    def _note(self, arrivals: Arrivals, view: memoryview, size: int, now: float) -> None:
        """A packet arrived, in a room of three: the browser is told every so often."""
        at = packets.find_extension(view, size, self._number)
        if at:
            own = self._own
            number = int.from_bytes(view[at:at + 2])
            self._send_rtcp(arrivals.note(number, now, self._name, own[-1] if own else 0))

    def _learn(self, hop: "Hop", ssrc: int, payload_type: int) -> Flow | None:
        """A stream that the offer did not name: its first packet does."""
        for inlet in self.inlets.values():
            if not inlet.ssrc and inlet.payload_type == payload_type:
                inlet.ssrc = ssrc
                for each in self.hops:
                    each.index()
                self.request_picture()
        return hop.sent.get(ssrc)

    def _send_rtp(self, packet: Packet, size: int) -> None:
        if self._keys and self.path:
            size = packet.protect(self._keys.tx, size)
            if size:
                way, address = self.path
                self.counts.packets_out += 1
                self.counts.bytes_out += size
                way.forward(packet, size, address)

    def take_rtcp(self, data: bytes) -> None:
        """An RTCP packet as it came; it leaves for the others, names put right."""
        if self._keys is None:
            return
        self.counts.packets_in += 1
        self.counts.bytes_in += len(data)
        plain = self._keys.open_rtcp(data)
        if not plain:
            self.counts.refused += 1
            return
        now = self.seen = time.monotonic()
        if self._tap:
            self._tap.reports(plain, now)
        for hop in self.hops:
            hop.to._tell(hop.back, packets.translate(plain, hop.sent, hop.back.heard), now)

    def _tell(self, hop: "Hop", told: bytes, now: float) -> None:
        """What whoever is at the end of ``hop`` says to us."""
        if self._receivers:
            shared = sum(other.back.shows(now) for other in hop.to.hops) or 1
            told, asked = self._receivers.hear(hop.to.place, told, self._own, shared, now)
            if asked:
                self.request_picture()
        self._send_rtcp(told)

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


class Hop:
    """What one person sends and one other receives, by the names it has on both sides. ``back``: the other way."""

    back: "Hop"

    def __init__(self, source: Leg, to: Leg) -> None:
        self.to = to
        self.last = True                       # of the source's hops
        outlets = to.outlets[source.place - (source.place > to.place)]
        flows: dict[str, Flow] = {}
        for name, inlet in source.inlets.items():
            if name in outlets:
                flows[name] = Flow(inlet, outlets[name], flows.get("video") if name == "rtx" else None)
        self.flows = list(flows.values())
        self.heard = {flow.sink: flow for flow in self.flows}      # by the SSRC that the receiver knows
        self._video = flows.get("video")
        self.index()

    def index(self) -> None:
        """Look up by the SSRCs that are known by now."""
        self.sent = {flow.source: flow for flow in self.flows if flow.source}

    def shows(self, now: float) -> bool:
        """Whether there is a picture."""
        return self._video is not None and now - self._video.sent < SHOWING


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


def _outlets(sections: Iterable[sdp.Section]) -> list[dict[str, Outlet]]:
    """By the slot they are in."""
    found: list[dict[str, Outlet]] = [{} for _slot in range(sdp.SLOTS)]
    for section in sections:
        if section.receives:
            types = (section.payload_type, section.retransmission)
            for name, kind in zip(NAMES[section.kind], types, strict=False):
                if kind:
                    ssrc, clock = secrets.randbits(31) + 1, sdp.CODECS[section.kind][1]
                    found[section.slot][name] = Outlet(kind, ssrc, section.extensions, clock)
    return found
