"""What a sender is told in a room of three: one story, where two people receive what it sends. Pure.

In a room of two the browsers report to each other. Two receivers would contradict each other: so the relay itself
tells the sender how its packets arrive here, the receivers tell (by REMB) what each can take from here, and the
sender gets the least of it; the reports are those of whoever loses most; one request for a picture serves both.
"""

from collections.abc import Collection, Hashable
from struct import pack, pack_into, unpack_from

from shopvisio.rtc import packets
from shopvisio.rtc.packets import signed

EVERY = 0.1           # seconds between two feedbacks on what arrived
FORGET = 1.0          # seconds after which a packet's arrival is no news
HOLE = 500            # numbers that may be missing in one feedback
FRESH = 5.0           # seconds that what a receiver said holds
NO_LIMIT = 1 << 30    # bits a second
TICK = 4000           # of transport-wide feedback, to the second


class Arrivals:
    """What has arrived of one connection, by its transport-wide numbers, for feedback (transport-cc)."""

    def __init__(self) -> None:
        self._got: dict[int, int] = {}      # number, unwrapped -> when, in ticks
        self._next: int | None = None       # the first number that no feedback was about
        self._newest = 0
        self._told = self._count = 0
        self._since = 0.0

    def note(self, number: int, now: float, sender: int, media: int) -> bytes:
        """A packet arrived at ``now``, in seconds of any clock; the RTCP that is due, or b"".

        ``media``: an SSRC of whoever sent it.
        """
        self._newest += signed(number - self._newest)
        if not self._got:
            self._since = now
        elif abs(now - self._since) > FORGET:      # the wall clock may be set
            self._got.clear()
            self._since = now
        self._got.setdefault(self._newest, int(now * TICK))
        if now - self._since < EVERY:
            return b""
        first, last = min(self._got), max(self._got)
        base = max(first if self._next is None else min(first, self._next), last - HOLE)
        told = feedback(sender, media, base, self._got, self._count)
        self._got, self._next, self._count = {}, last + 1, (self._count + 1) & 0xFF
        return told


def feedback(sender: int, media: int, base: int, got: dict[int, int], count: int) -> bytes:
    """Transport-wide feedback from ``base`` to the last of ``got`` (number -> arrival in ticks), the ``count``-th."""
    symbols: list[int] = []
    deltas = bytearray()
    first = min(number for number in got if number >= base)
    reference = got[first] >> 8
    at = reference << 8
    for number in range(base, max(got) + 1):
        tick = got.get(number)
        if tick is None:
            symbols.append(0)
            continue
        small = 0 <= tick - at <= 255
        symbols.append(1 if small else 2)
        deltas += pack("!B" if small else "!h", tick - at)
        at = tick
    chunks = b"".join(_chunk(symbols[at:at + 7]) for at in range(0, len(symbols), 7))
    body = pack("!IIHHI", sender, media, base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | count)
    body += chunks + deltas
    body += bytes(-len(body) % 4)
    return pack("!BBH", 0x80 | packets.TRANSPORT_CC, packets.RTPFB, len(body) // 4) + body


def _chunk(symbols: list[int]) -> bytes:
    """Seven symbols of two bits."""
    word = 0xC000
    for place, symbol in enumerate(symbols):
        word |= symbol << 12 - 2 * place
    return pack("!H", word)


class Receivers:
    """What the receivers of one sender say, as one. ``name``: the SSRC that the sender is told it by."""

    def __init__(self, name: int) -> None:
        self._name = name
        self._limits: dict[Hashable, tuple[float, int]] = {}               # receiver -> when, bits a second
        self._losses: dict[int, dict[Hashable, tuple[float, int, int]]] = {}
        self._totals: dict[int, tuple[int, int]] = {}                      # SSRC -> lost, highest number, as told

    def hear(
        self, receiver: Hashable, data: bytes, own: Collection[int], shared: int, now: float,
    ) -> tuple[bytes, bool]:
        """RTCP of one receiver, in the sender's names: what the sender is told of it; whether it asks for a picture.

        ``own``: the sender's SSRCs. ``shared``: among how many senders the receiver shares what it can take.
        """
        out, asked = bytearray(), False
        for packet in packets.split(data):
            kind, form = packet[1], packet[0] & 0x1F
            if kind == packets.PSFB and form in (packets.PLI, packets.FIR):
                asked = True
            elif kind == packets.PSFB:
                self._limits[receiver] = (now, packets.bitrate(packet) // shared)
                out += self.limit(own, now)
            elif kind in (packets.SR, packets.RR):
                out += self._report(receiver, packet, own, now)
            elif kind != packets.RTPFB or form != packets.TRANSPORT_CC:
                out += packet
        return bytes(out), asked

    def limit(self, own: Collection[int], now: float) -> bytes:
        """RTCP that says how much may be sent: the least of what each receiver said lately."""
        least = min((bits for at, bits in self._limits.values() if now - at < FRESH), default=NO_LIMIT)
        return packets.bitrate_limit(self._name, least, own)

    def _report(self, receiver: Hashable, packet: bytearray, own: Collection[int], now: float) -> bytes:
        """The report with those of its blocks alone in which this receiver speaks for both."""
        start = 28 if packet[1] == packets.SR else 8
        blocks = [packet[at:at + 24] for at in range(start, len(packet) - 23, 24)][:packet[0] & 0x1F]
        kept = [block for block in blocks if unpack_from("!I", block)[0] in own and self._speaks(receiver, block, now)]
        out = packet[:start] + b"".join(kept)
        pack_into("!BBH", out, 0, 0x80 | len(kept), packet[1], len(out) // 4 - 1)
        return bytes(out)

    def _speaks(self, receiver: Hashable, block: bytearray, now: float) -> bool:
        """Whether nobody lost more of the stream lately; then the block, in place, goes on where the last one ended."""
        ssrc, losses, highest = unpack_from("!III", block)
        share, lost = losses >> 24, (losses & 0xFFFFFF ^ 0x800000) - 0x800000
        said = self._losses.setdefault(ssrc, {})
        before = said.get(receiver)
        said[receiver] = (now, share, lost)
        lately = {who: share for who, (at, share, _lost) in said.items() if now - at < FRESH}
        if max(lately, key=lambda who: lately[who]) != receiver:
            return False
        total, newest = self._totals.get(ssrc, (lost, highest))
        if before:
            total += lost - before[2]
        newest += signed(highest - newest)
        self._totals[ssrc] = (total, newest)
        pack_into("!II", block, 4, share << 24 | min(max(total, -0x800000), 0x7FFFFF) & 0xFFFFFF, newest & 0xFFFFFFFF)
        return True

