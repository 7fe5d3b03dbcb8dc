"""One stream from one person to another: its names on both sides, and numbers that never jump back.

When the sender comes back with a new connection, its sequence numbers and timestamps start anywhere. The
receiver keeps the stream it has; so the flow adds what makes the new ones continue the old ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct

from shopvisio.rtc import packets
from shopvisio.rtc.packets import signed

REPEATED = 0.3        # of the packets sent on, how many may be asked for again
SPARE = 150           # that may be asked for at once: half a second of a full picture
_READ, _WRITE = Struct("!BBHI").unpack_from, Struct("!BHII").pack_into      # an RTP header, but for what is kept


@dataclass(slots=True)
class Inlet:
    """A stream that a person sends. ``ssrc`` is 0 until the offer or the first packet tells it."""

    payload_type: int
    ssrc: int
    extensions: Mapping[str, int]    # URI -> id


@dataclass(slots=True)
class Outlet:
    """A stream that a person receives, and how far it has come."""

    payload_type: int
    ssrc: int
    extensions: Mapping[str, int]
    clock: int                       # Hertz
    begun: bool = False
    seq: int = 0                     # the newest sequence number sent
    time: int = 0                    # its timestamp
    at: float = 0.0                  # when it was sent, in seconds of a steady clock


class Flow:
    """From an inlet to an outlet. ``media`` is the flow that this one repeats, for retransmissions."""

    __slots__ = ("_ids", "_index", "_inlet", "_outlet", "_seen", "_spare", "_spared", "_stamp", "media", "packets",
                 "seq", "time")

    def __init__(self, inlet: Inlet, outlet: Outlet, media: "Flow | None" = None) -> None:
        self.media = media
        self.seq = 0          # added to sequence numbers, -32768..32767
        self.time = 0         # added to timestamps
        self.packets = 0
        self._inlet, self._outlet = inlet, outlet
        self._ids = _ids(inlet.extensions, outlet.extensions)
        self._stamp = 0       # the receiver's id for when a packet was sent, where the relay writes it
        self._seen = -1       # the newest sequence number as it came
        self._index = 0       # the same, counted from the first packet without wrapping
        self._spare: float = SPARE      # how many packets may be asked for again
        self._spared = 0      # packets by which that has grown

    @property
    def source(self) -> int:
        """The SSRC the sender uses."""
        return self._inlet.ssrc

    @property
    def sink(self) -> int:
        """The SSRC the receiver knows."""
        return self._outlet.ssrc

    @property
    def sent(self) -> float:
        """When it last sent something on, in seconds of a steady clock."""
        return self._outlet.at

    def measured_here(self, here: bool) -> None:
        """Whether the relay measures the sender's network and lets the receiver measure its own, each up to here.

        Else the two measure their way to each other from end to end: nothing is touched but ids.
        """
        ids = self._outlet.extensions
        if not here:
            self._ids, self._stamp = _ids(self._inlet.extensions, ids), 0
            return
        kept = {uri: number for uri, number in ids.items() if uri != packets.TRANSPORT_NUMBER}
        self._ids, self._stamp = _table(self._inlet.extensions, kept), ids.get(packets.SEND_TIME, 0)

    @property
    def lost(self) -> int:
        """How many packets never came, so far."""
        return max(0, self._index + 1 - self.packets) if self._seen >= 0 else 0

    def may_repeat(self, number: int) -> bool:
        """Whether the receiver may ask for so many packets again.

        Where most of a picture gets lost, the repeats of it are what fills the line: the voice would drown in them.
        """
        self._spare = min(SPARE, self._spare + REPEATED * (self.packets - self._spared))
        self._spared = self.packets
        if number > self._spare:
            return False
        self._spare -= number
        return True

    def rewrite(self, packet: packets.Buffer, size: int, now: float) -> bool:
        """Make the RTP packet, in place, what the receiver expects; False when it must not be sent.

        ``now``: seconds of a steady clock.
        """
        flags, kind, seq, time = _READ(packet)
        if self._seen < 0:
            if self.media and self.media._seen < 0:
                return False
            self._begin(seq, time, now)
        step = signed(seq - self._seen)
        if self._index + step < 0:
            return False      # older than our first: its number may have been used before the return
        self.packets += 1
        outlet = self._outlet
        new_seq, new_time = (seq + self.seq) & 0xFFFF, (time + self.time) & 0xFFFFFFFF
        if step >= 0:
            self._seen, self._index = seq, self._index + step
            outlet.seq, outlet.time, outlet.at = new_seq, new_time, now
        _WRITE(packet, 1, kind & 0x80 | outlet.payload_type, new_seq, new_time, outlet.ssrc)
        if flags & 0x10 and self._ids:
            packets.map_extensions(packet, size, self._ids)
            if self._stamp:
                packets.stamp(packet, size, self._stamp, now)
        if self.media and self.media.seq:
            packets.shift_original(packet, size, self.media.seq)
        return True

    def _begin(self, seq: int, time: int, now: float) -> None:
        outlet = self._outlet
        if outlet.begun:
            self.seq = signed(outlet.seq + 1 - seq)
            gap = max(1, round((now - outlet.at) * outlet.clock))
            self.time = self.media.time if self.media else (outlet.time + gap - time) & 0xFFFFFFFF
        else:
            # A first number in the upper half could wrap before the receiver has seen any: SRTP would
            # then never agree on the rollover counter.
            self.seq = -(seq & 0x8000)
            self.time = self.media.time if self.media else 0
        outlet.begun = True
        self._seen, self._index = seq, 0


def _ids(inlet: Mapping[str, int], outlet: Mapping[str, int]) -> bytes:
    """As _table, but empty when nothing needs to change."""
    return b"" if all(outlet.get(uri) == number for uri, number in inlet.items()) else _table(inlet, outlet)


def _table(inlet: Mapping[str, int], outlet: Mapping[str, int]) -> bytes:
    """Old id -> new id for the header extensions; 0 for those that the outlet lacks."""
    table = {old: outlet.get(uri, 0) for uri, old in inlet.items()}
    return bytes(table.get(old, 0) for old in range(16))
