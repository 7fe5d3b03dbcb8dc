"""Bytes on the wire: RTP header extensions, RTCP, the user name of a STUN request. Pure functions.

RTCP is translated as RFC 3550 (section 7.2) means it: the two browsers report to each other, only the
names of the streams (and after a return their numbers) are put right on the way.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from struct import pack, pack_into, unpack_from
from typing import Protocol

RTCP = range(192, 224)                # second bytes of a packet of the RTP range that is RTCP (RFC 5761, section 4)
SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
NACK, TRANSPORT_CC = 1, 15            # formats of RTPFB
PLI, FIR, REMB = 1, 4, 15             # formats of PSFB
TRANSPORT_NUMBER = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

COOKIE = b"\x21\x12\xa4\x42"
BINDING_REQUEST, BINDING_RESPONSE = 0x0001, 0x0101
_USERNAME = 0x0006

Buffer = bytearray | memoryview


class Names(Protocol):
    """How one stream is called on either side, and how far its numbers were moved on the way."""

    @property
    def source(self) -> int: ...     # the sender's SSRC
    @property
    def sink(self) -> int: ...       # the SSRC the receiver knows
    @property
    def seq(self) -> int: ...        # added to sequence numbers from source to sink
    @property
    def time(self) -> int: ...       # added to RTP timestamps from source to sink
    def may_repeat(self, number: int) -> bool: ...      # whether so many packets may be asked for again


Streams = Mapping[int, Names]


def signed(difference: int) -> int:
    """The shortest way between two numbers of sixteen bits."""
    return ((difference + 0x8000) & 0xFFFF) - 0x8000


def map_extensions(packet: Buffer, size: int, ids: bytes) -> None:
    """Rename the one-byte header extensions of an RTP packet in place; ``ids[old] == 0`` blanks one out.

    ``packet`` is an RTP packet of ``size`` bytes with the extension bit set.
    """
    at, end = _extensions(packet, size)
    while at < end:
        head = packet[at]
        if head == 0:
            at += 1
            continue
        length = min(2 + (head & 0x0F), end - at)
        new = ids[head >> 4]
        if new:
            packet[at] = new << 4 | head & 0x0F
        else:
            packet[at:at + length] = bytes(length)
        at += length


def find_extension(packet: Buffer, size: int, number: int) -> int:
    """Where what the one-byte header extension ``number`` says begins in an RTP packet; 0 where it is not."""
    if not packet[0] & 0x10:
        return 0
    at, end = _extensions(packet, size)
    while at < end:
        head = packet[at]
        if head >> 4 == number and at + 2 + (head & 0x0F) <= end:
            return at + 1
        at += 2 + (head & 0x0F) if head else 1
    return 0


def stamp(packet: Buffer, size: int, number: int, now: float) -> None:
    """Write into the header extension ``number``, where it is there, that the packet is sent at ``now`` seconds."""
    at = find_extension(packet, size, number)
    if at and packet[at - 1] & 0x0F == 2:
        packet[at:at + 3] = (int(now * (1 << 18)) & 0xFFFFFF).to_bytes(3)


def _extensions(packet: Buffer, size: int) -> tuple[int, int]:
    """Where the one-byte header extensions begin and end; begin >= end when there are none."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if start + 4 > size:
        return 0, 0
    profile, words = unpack_from("!HH", packet, start)
    return (start + 4, min(start + 4 + 4 * words, size)) if profile == 0xBEDE else (0, 0)


def payload_span(packet: Buffer, size: int) -> tuple[int, int]:
    """Where the payload of an RTP packet begins and ends, padding left out; begin >= end when there is none."""
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10 and start + 4 <= size:
        start += 4 + 4 * unpack_from("!H", packet, start + 2)[0]
    end = size - packet[size - 1] if packet[0] & 0x20 else size
    return start, end


def shift_original(packet: Buffer, size: int, by: int) -> None:
    """Move the original sequence number that a retransmission (RFC 4588) carries; bare padding has none."""
    start, end = payload_span(packet, size)
    if start + 2 <= end:
        pack_into("!H", packet, start, (unpack_from("!H", packet, start)[0] + by) & 0xFFFF)


def translate(data: bytes, sent: Streams, heard: Streams) -> bytes:
    """A compound RTCP packet of one person as the other must read it; empty when nothing is left to say.

    ``sent``: the person's own streams by their source SSRC. ``heard``: the streams the person receives, by
    their sink SSRC. Unknown kinds of packet and goodbyes are left out: a person who left may come back
    under the same names. Broken packets end the reading.
    """
    out = bytearray()
    for packet in split(data):
        reader = _READERS.get(packet[1])
        if reader and reader(packet, sent, heard):
            out += packet
    return bytes(out)


def split(data: bytes) -> Iterator[bytearray]:
    """The packets of a compound RTCP packet, of eight bytes at least; a broken one ends the reading."""
    at = 0
    while at + 8 <= len(data):
        first, _kind, words = unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data) or words < 1:
            return
        yield bytearray(data[at:end])
        at = end


def picture_request(sender: int, media: int) -> bytes:
    """RTCP that asks the source of the video ``media`` for a whole picture, in the name of ``sender``."""
    packet = bytearray(20)
    pack_into("!BBHI", packet, 0, 0x80, RR, 1, sender)
    pack_into("!BBHII", packet, 8, 0x80 | PLI, PSFB, 2, sender, media)
    return bytes(packet)


def bitrate(remb: Buffer) -> int:
    """How many bits a second a REMB allows."""
    word = unpack_from("!I", remb, 16)[0]
    return int((word & 0x3FFFF) << (word >> 18 & 0x3F))


def bitrate_limit(sender: int, bits: int, media: Collection[int]) -> bytes:
    """RTCP (REMB) that allows so many bits a second to the streams ``media`` together, in the name of ``sender``."""
    exponent = max(0, bits.bit_length() - 18)
    head = pack("!BBHII4sI", 0x80 | REMB, PSFB, 4 + len(media), sender, 0, b"REMB",
                len(media) << 24 | exponent << 18 | bits >> exponent)
    return head + pack(f"!{len(media)}I", *media)


def sign_of_life(sender: int) -> bytes:
    """RTCP that reports nothing, in the name of ``sender``."""
    return pack("!BBHI", 0x80, RR, 1, sender)


def stun_kind(data: bytes) -> int:
    """The message type of a STUN message, or -1 for anything else."""
    if len(data) < 20 or data[4:8] != COOKIE or len(data) != 20 + unpack_from("!H", data, 2)[0]:
        return -1
    return int(unpack_from("!H", data, 0)[0])


def stun_username(data: bytes) -> str:
    """The part of USERNAME before the colon (the one we gave out), or "" when there is none."""
    at = 20
    while at + 4 <= len(data):
        kind, length = unpack_from("!HH", data, at)
        if kind == _USERNAME:
            return data[at + 4:at + 4 + length].partition(b":")[0].decode("ascii", "replace")
        at += 4 + length + -length % 4
    return ""


def _rename(packet: bytearray, at: int, streams: Streams, outward: bool) -> Names | None:
    """Put the other side's name at ``at``; None, and nothing changed, for a stream nobody knows."""
    stream = streams.get(unpack_from("!I", packet, at)[0])
    if stream:
        pack_into("!I", packet, at, stream.sink if outward else stream.source)
    return stream


def _sender_report(packet: bytearray, sent: Streams, heard: Streams) -> bool:
    stream = _rename(packet, 4, sent, outward=True)
    if stream is None or len(packet) < 28:
        return False
    pack_into("!I", packet, 16, (unpack_from("!I", packet, 16)[0] + stream.time) & 0xFFFFFFFF)
    _blocks(packet, 28, heard)
    return True


def _receiver_report(packet: bytearray, sent: Streams, heard: Streams) -> bool:
    _rename(packet, 4, sent, outward=True)
    _blocks(packet, 8, heard)
    return True


def _blocks(packet: bytearray, at: int, heard: Streams) -> None:
    for _ in range(packet[0] & 0x1F):
        if at + 24 > len(packet):
            return
        stream = _rename(packet, at, heard, outward=False)
        if stream:
            highest = unpack_from("!I", packet, at + 8)[0]
            pack_into("!I", packet, at + 8, (highest - stream.seq) & 0xFFFFFFFF)
        at += 24


def _description(packet: bytearray, sent: Streams, _heard: Streams) -> bool:
    at = 4
    for _ in range(packet[0] & 0x1F):
        if at + 4 > len(packet):
            return False
        _rename(packet, at, sent, outward=True)
        at += 4
        while at + 1 < len(packet) and packet[at]:
            at += 2 + packet[at + 1]
        at += 4 - at % 4      # the closing zero, up to the next word
    return True


def _transport_feedback(packet: bytearray, sent: Streams, heard: Streams) -> bool:
    if len(packet) < 12:
        return False
    _rename(packet, 4, sent, outward=True)
    stream = _rename(packet, 8, heard, outward=False)
    kind = packet[0] & 0x1F
    if kind == TRANSPORT_CC:
        return True
    if kind != NACK or stream is None:
        return False
    number = 0
    for at in range(12, len(packet) - 3, 4):
        first, others = unpack_from("!HH", packet, at)
        number += 1 + others.bit_count()
        pack_into("!H", packet, at, (first - stream.seq) & 0xFFFF)
    return stream.may_repeat(number)


def _payload_feedback(packet: bytearray, sent: Streams, heard: Streams) -> bool:
    if len(packet) < 12:
        return False
    _rename(packet, 4, sent, outward=True)
    kind = packet[0] & 0x1F
    if kind == PLI:
        return _rename(packet, 8, heard, outward=False) is not None
    if kind == FIR:
        _rename(packet, 8, heard, outward=False)
        return any([_rename(packet, at, heard, outward=False) for at in range(12, len(packet) - 7, 8)])
    if kind == REMB and packet[12:16] == b"REMB" and len(packet) >= 20:
        return any([_rename(packet, at, heard, outward=False) for at in range(20, len(packet) - 3, 4)])
    return False


_READERS: dict[int, Callable[[bytearray, Streams, Streams], bool]] = {
    SR: _sender_report, RR: _receiver_report, SDES: _description,
    RTPFB: _transport_feedback, PSFB: _payload_feedback,
}
