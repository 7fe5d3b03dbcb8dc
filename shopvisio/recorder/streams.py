"""What one person sent, put in order again: packets into frames, and when each was seen or heard. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from

VIDEO_CLOCK, AUDIO_CLOCK = 90_000, 48_000
PATIENCE = 0.5  # seconds a missing packet is waited for: it is asked for again on the way
FAR = 1000  # packets: further apart they are not one stream's
ASTRAY = 5.0  # seconds: further from when it came, no time is believed
LIPS = 2.0  # seconds: further apart, no report is
LONGEST = 2000  # packets of a picture
NTP = 1 << 32


@dataclass(frozen=True)
class Packet:
    """An RTP packet; ``came``: seconds of the steady clock."""

    ssrc: int
    seq: int
    time: int
    ends: bool  # its frame
    payload: bytes
    came: float


@dataclass(frozen=True)
class Frame:
    """A picture, or a stretch of sound, as it was encoded. ``at``: seconds of the steady clock."""

    data: bytes
    at: float
    whole: bool  # it needs no other


def read(data: bytes, came: float) -> Packet | None:
    """The packet in these bytes; None for what is none, or carries nothing."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    seq, time, ssrc = unpack_from("!HII", data, 2)
    start, end = 12 + 4 * (data[0] & 0x0F), len(data)
    if data[0] & 0x10 and start + 4 <= end:
        start += 4 + 4 * int(unpack_from("!H", data, start + 2)[0])
    if data[0] & 0x20:
        end -= data[-1]
    return Packet(ssrc, seq, time, bool(data[1] & 0x80), data[start:end], came) if start < end else None


def repeated(packet: Packet, ssrc: int) -> Packet | None:
    """The packet of ``ssrc`` that this one repeats (RFC 4588)."""
    if len(packet.payload) < 3:
        return None
    (seq,) = unpack_from("!H", packet.payload)
    return Packet(ssrc, seq, packet.time, packet.ends, packet.payload[2:], packet.came)


def reports(data: bytes) -> Iterator[tuple[int, float, int]]:
    """Of each sender report in a compound RTCP packet: its SSRC, its sender's wall clock in seconds, its RTP time."""
    at = 0
    while at + 8 <= len(data):
        kind, words = unpack_from("!BH", data, at + 1)
        if kind == 200 and at + 20 <= len(data):
            ssrc, ntp, time = unpack_from("!IQI", data, at + 4)
            yield ssrc, ntp / NTP, time
        at += 4 + 4 * words


@dataclass
class Order:
    """The packets of one stream, each once, in their order; where one is missing for too long it goes on without."""

    next: int | None = None  # the number that is due, counted without wrapping
    waiting: dict[int, Packet] = field(default_factory=dict)

    def put(self, packet: Packet) -> None:
        """Take one in."""
        number = packet.seq if self.next is None else self.next + _signed(packet.seq - self.next, 16)
        if self.next is None or abs(number - self.next) > FAR:
            self.next, self.waiting = packet.seq, {}
            number = packet.seq
        if number >= self.next:
            self.waiting.setdefault(number, packet)

    def ready(self, now: float) -> Iterator[tuple[Packet, bool]]:
        """What may go on, and whether something is missing before it."""
        while self.waiting and self.next is not None:
            first = min(self.waiting)
            if first != self.next and self.waiting[first].came > now - PATIENCE:
                return
            is_gap, self.next = first != self.next, first + 1
            yield self.waiting.pop(first), is_gap


@dataclass
class Clock:
    """When the RTP times of one stream were: ``zero`` is the steady clock's reading at its time 0, ``wall`` that of
    the sender's own clock, once a report told it."""

    rate: int
    time: int | None = None  # the newest, counted without wrapping
    zero: float = 0.0
    wall: float | None = None

    def at(self, time: int, came: float) -> float:
        """The moment of an RTP time, by when its first packet came until more is known."""
        if self.time is None:
            self.time, self.zero = time, came - time / self.rate
        self.time += _signed(time - self.time, 32)
        if abs(self.zero + self.time / self.rate - came) > ASTRAY:
            self.zero = came - self.time / self.rate
        return self.zero + self.time / self.rate

    def report(self, wall: float, time: int) -> None:
        """Its sender says when this RTP time was."""
        if self.time is not None:
            self.wall = wall - (self.time + _signed(time - self.time, 32)) / self.rate


def align(voice: Clock, picture: Clock) -> None:
    """Lips go with the voice: as their sender's reports say, once there is one of each."""
    if voice.wall is not None and picture.wall is not None:
        zero = voice.zero + picture.wall - voice.wall
        picture.zero = zero if abs(zero - picture.zero) < LIPS else picture.zero


class Sound:
    """An Opus stream: a packet is a frame."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc, self.clock, self._order = ssrc, Clock(AUDIO_CLOCK), Order()

    def put(self, packet: Packet) -> None:
        """Take one in."""
        self._order.put(packet)

    def frames(self, now: float) -> Iterator[Frame]:
        """What is whole by now."""
        for packet, _is_gap in self._order.ready(now):
            yield Frame(packet.payload, self.clock.at(packet.time, packet.came), True)


class Picture:
    """A VP8 stream. After a loss it is silent until a whole picture comes; ``lacks`` says that one is wanted."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc, self.clock, self._order = ssrc, Clock(VIDEO_CLOCK), Order()
        self.lacks = True
        self._parts: list[bytes] = []
        self._time, self._came, self._broken = -1, 0.0, True

    def put(self, packet: Packet) -> None:
        """Take one in."""
        self._order.put(packet)

    def frames(self, now: float) -> Iterator[Frame]:
        """What is whole by now."""
        for packet, is_gap in self._order.ready(now):
            frame = self._add(packet, is_gap)
            if frame:
                yield frame

    def _add(self, packet: Packet, is_gap: bool) -> Frame | None:
        part, begins = _vp8(packet.payload)
        if is_gap:
            self.lacks = True  # whatever it was, what follows builds on it
        if begins and packet.time != self._time:
            self._parts, self._time, self._came, self._broken = [], packet.time, packet.came, False
        elif is_gap or packet.time != self._time:
            self._broken = True
        self._parts.append(part)
        if not packet.ends:
            self._broken = self._broken or len(self._parts) > LONGEST
            self._parts = [] if self._broken else self._parts
            return None
        data, parts_are_whole = b"".join(self._parts), not self._broken
        self._parts, self._broken = [], True
        is_key = size_of(data) is not None
        if not data or not parts_are_whole or (self.lacks and not is_key):
            self.lacks = True
            return None
        self.lacks = False
        return Frame(data, self.clock.at(self._time, self._came), is_key)


def size_of(frame: bytes) -> tuple[int, int] | None:
    """The width and height of a VP8 picture that needs no other; None for one that does."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != b"\x9d\x01\x2a":
        return None
    width, height = unpack_from("<HH", frame, 6)
    return width & 0x3FFF, height & 0x3FFF


def _vp8(payload: bytes) -> tuple[bytes, bool]:
    """What follows the descriptor (RFC 7741), and whether a picture begins there."""
    head, at = payload[0], 1
    begins = head & 0x17 == 0x10
    if head & 0x80 and len(payload) > 1:
        more, at = payload[1], 2
        if more & 0x80 and len(payload) > 2:
            at += 2 if payload[2] & 0x80 else 1
        at += bool(more & 0x40) + bool(more & 0x30)
    return payload[at:], begins


def _signed(difference: int, bits: int) -> int:
    """The shortest way between two numbers that wrap."""
    half = 1 << (bits - 1)
    return ((difference + half) & ((1 << bits) - 1)) - half
