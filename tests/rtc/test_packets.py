"""The walkers over bytes: what must change, changes; everything else stays; junk does no harm."""

from dataclasses import dataclass
from struct import pack, unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopvisio.rtc import packets


@dataclass(frozen=True)
class Stream:
    source: int
    sink: int
    seq: int = 0
    time: int = 0
    repeats: int = 17

    def may_repeat(self, number: int) -> bool:
        return number <= self.repeats


MINE = Stream(source=0x1111, sink=0xAAAA, seq=7, time=1000)
THEIRS = Stream(source=0x2222, sink=0xBBBB, seq=5, time=500)
SENT = {MINE.source: MINE}          # what the person sends
HEARD = {THEIRS.sink: THEIRS}       # what the person receives


def rtcp(first: int, kind: int, *words: int) -> bytes:
    return pack("!BBH", 0x80 | first, kind, len(words)) + b"".join(pack("!I", word) for word in words)


def block(ssrc: int, highest: int) -> tuple[int, ...]:
    return (ssrc, 0x01000002, highest, 9, 10, 11)


def words(data: bytes) -> tuple[int, ...]:
    return unpack_from(f"!{len(data) // 4}I", data)


def through(data: bytes) -> bytes:
    return packets.translate(data, SENT, HEARD)


def test_a_sender_report_keeps_its_wall_clock_and_moves_its_timestamp() -> None:
    report = rtcp(1, packets.SR, 0x1111, 100, 200, 0xFFFFFFF0, 4, 5, *block(0xBBBB, 0x10003))
    assert words(through(report))[1:] == (0xAAAA, 100, 200, (0xFFFFFFF0 + 1000) & 0xFFFFFFFF, 4, 5,
                                          *block(0x2222, 0x10003 - 5))


def test_a_receiver_report_names_the_stream_as_its_sender_does() -> None:
    report = rtcp(2, packets.RR, 0x1111, *block(0xBBBB, 5), *block(0xDEAD, 5))
    assert words(through(report))[1:] == (0xAAAA, *block(0x2222, 0), *block(0xDEAD, 5))


def test_a_receiver_that_sends_nothing_keeps_its_own_name() -> None:
    assert through(rtcp(1, packets.RR, 1, *block(0xBBBB, 9)))[4:8] == pack("!I", 1)


def test_a_description_names_every_source_anew() -> None:
    chunk = b"\x01\x05shop1\x00"            # CNAME, 5 signs, end: 8 bytes
    packet = pack("!BBHI", 0x82, packets.SDES, 6, 0x1111) + chunk + pack("!I", 0x1111) + chunk
    assert through(packet) == packet.replace(pack("!I", 0x1111), pack("!I", 0xAAAA))


def test_a_negative_acknowledgement_asks_for_the_numbers_the_sender_used() -> None:
    nack = rtcp(packets.NACK, packets.RTPFB, 0x1111, 0xBBBB, 3 << 16 | 0x0101)
    assert words(through(nack))[1:] == (0xAAAA, 0x2222, (3 - 5) % 65536 << 16 | 0x0101)


def test_a_negative_acknowledgement_that_asks_for_too_many_goes_nowhere() -> None:
    assert through(rtcp(packets.NACK, packets.RTPFB, 0x1111, 0xBBBB, 3 << 16 | 0xFFFF))
    assert not through(rtcp(packets.NACK, packets.RTPFB, 0x1111, 0xBBBB, 3 << 16 | 0xFFFF, 30 << 16))


def test_transport_feedback_stays_as_it_is_but_for_its_names() -> None:
    feedback = rtcp(packets.TRANSPORT_CC, packets.RTPFB, 0x1111, 0xBBBB, 0x00050006, 0x12345678, 0x20062A2B)
    assert words(through(feedback))[1:] == (0xAAAA, 0x2222, 0x00050006, 0x12345678, 0x20062A2B)


def test_a_request_for_a_picture_reaches_its_source() -> None:
    assert words(through(rtcp(packets.PLI, packets.PSFB, 1, 0xBBBB)))[1:] == (1, 0x2222)
    assert words(through(rtcp(packets.FIR, packets.PSFB, 1, 0, 0xBBBB, 1 << 24)))[1:] == (1, 0, 0x2222, 1 << 24)


def test_a_bandwidth_estimate_lists_the_senders_streams() -> None:
    remb = rtcp(packets.REMB, packets.PSFB, 1, 0, int.from_bytes(b"REMB"), 0x01010203, 0xBBBB)
    assert words(through(remb))[1:] == (1, 0, int.from_bytes(b"REMB"), 0x01010203, 0x2222)


@pytest.mark.parametrize("packet", [
    rtcp(1, 203, 0x1111),                                       # goodbye: they may come back
    rtcp(0, 207, 0x1111, 0),                                    # extended report
    rtcp(packets.PLI, packets.PSFB, 1, 0xDEAD),                 # about nobody
    rtcp(packets.NACK, packets.RTPFB, 1, 0xDEAD, 0),
    rtcp(0, packets.SR, 0xDEAD, 1, 2, 3, 4, 5),
])
def test_it_leaves_out_what_the_other_cannot_use(packet: bytes) -> None:
    kept = rtcp(packets.PLI, packets.PSFB, 1, 0xBBBB)
    assert through(packet) == b""
    assert through(packet + kept) == through(kept)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_junk_as_rtcp_does_no_harm(data: bytes) -> None:
    assert len(through(data)) <= len(data)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(200, 207), st.binary(min_size=4, max_size=64)), max_size=5))
def test_well_framed_junk_as_rtcp_does_no_harm(parts: list[tuple[int, bytes]]) -> None:
    data = b""
    for kind, body in parts:
        body += bytes(-len(body) % 4)
        data += pack("!BBH", 0x80 | body[0] & 0x3F, kind, len(body) // 4) + body
    assert len(through(data)) <= len(data)


def test_its_own_request_for_a_picture_is_well_formed() -> None:
    request = packets.picture_request(sender=0x1111, media=0xBBBB)
    assert words(through(request)) == words(rtcp(0, packets.RR, 0xAAAA) + rtcp(1, packets.PSFB, 0xAAAA, 0x2222))


def rtp(extension: bytes = b"", payload: bytes = b"picture", padding: int = 0) -> bytearray:
    head = pack("!BBHII", 0x80 | (0x10 if extension else 0) | (0x20 if padding else 0), 96, 1, 2, 3)
    if extension:
        extension += bytes(-len(extension) % 4)
        head += pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return bytearray(head + payload + (bytes(padding - 1) + bytes([padding]) if padding else b""))


def ids(**old_to_new: int) -> bytes:
    return bytes(old_to_new.get(f"_{old}", 0) for old in range(16))


def test_header_extensions_get_the_receivers_ids() -> None:
    packet = rtp(b"\x31\x01\x02\x00\x50\x7f")        # id 3 with two bytes, a pad, id 5 with one
    packets.map_extensions(packet, len(packet), ids(_3=4, _5=1))
    assert packet == rtp(b"\x41\x01\x02\x00\x10\x7f")


def test_a_header_extension_the_receiver_lacks_becomes_padding() -> None:
    packet = rtp(b"\x31\x01\x02\x50\x7f")
    packets.map_extensions(packet, len(packet), ids(_5=5))
    assert packet == rtp(b"\x00\x00\x00\x50\x7f")


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40), st.integers(0, 15), st.integers(0, 60))
def test_a_lying_header_extension_does_no_harm(extension: bytes, csrcs: int, words_told: int) -> None:
    packet = rtp(extension)
    packet[0] = packet[0] & 0xF0 | csrcs
    packet[14:16] = pack("!H", words_told)
    size = len(packet)
    packets.map_extensions(packet, size, ids(_1=2))
    packets.stamp(packet, size, 1, 1.0)
    packets.shift_original(packet, size, 1)
    assert len(packet) == size


def test_a_header_extension_is_found_by_its_number() -> None:
    packet = rtp(b"\x31\x01\x02\x00\x50\x7f")
    assert [packets.find_extension(packet, len(packet), number) for number in (3, 5, 1, 15)] == [17, 21, 0, 0]
    assert packets.find_extension(rtp(), 19, 3) == 0


def test_the_hour_of_sending_is_written_where_there_is_room_for_it() -> None:
    packet = rtp(b"\x22abc\x30\x01")
    packets.stamp(packet, len(packet), 2, 65.5)
    packets.stamp(packet, len(packet), 3, 65.5)
    assert packet == rtp(b"\x22" + (3 << 17).to_bytes(3, "big") + b"\x30\x01")       # 1.5 s after 64


def test_a_bandwidth_limit_says_what_is_read_from_it() -> None:
    limit = packets.bitrate_limit(7, 3_000_000, [0x1111, 0x2222])
    assert words(limit)[1:4] == (7, 0, int.from_bytes(b"REMB", "big"))
    assert words(limit)[5:] == (0x1111, 0x2222)
    assert len(limit) == 4 + 4 * int.from_bytes(limit[2:4], "big")
    assert 2_990_000 < packets.bitrate(limit) <= 3_000_000
    assert packets.bitrate(packets.bitrate_limit(7, 200_000, [])) == 200_000


def test_a_retransmission_names_the_number_the_receiver_missed() -> None:
    packet = rtp(b"\x10\x00", pack("!H", 0xFFFF) + b"picture")
    packets.shift_original(packet, len(packet), 3)
    assert packet == rtp(b"\x10\x00", pack("!H", 2) + b"picture")


def test_bare_padding_names_no_number() -> None:
    packet = rtp(payload=b"", padding=200)
    before = bytes(packet)
    packets.shift_original(packet, len(packet), 3)
    assert packet == before


def test_rtcp_is_told_from_rtp_by_its_second_byte() -> None:
    assert [kind in packets.RTCP for kind in (96, 111, 0x80 | 96, 200, 201, 205, 206, 224)] == [
        False, False, False, True, True, True, True, False]


def stun(attributes: bytes, kind: int = 1) -> bytes:
    return pack("!HH", kind, len(attributes)) + packets.COOKIE + bytes(12) + attributes


def test_the_name_in_a_stun_request_is_the_one_we_gave() -> None:
    other, name = pack("!HH", 0xC057, 3) + b"abc\x00", pack("!HH", 6, 9) + b"ours:them" + bytes(3)
    assert packets.stun_kind(stun(other + name)) == packets.BINDING_REQUEST
    assert packets.stun_username(stun(other + name)) == "ours"
    assert packets.stun_username(stun(other)) == ""


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_junk_as_stun_does_no_harm(data: bytes) -> None:
    assert isinstance(packets.stun_username(data), str)
    assert packets.stun_kind(data) == -1 or data[4:8] == packets.COOKIE
    assert isinstance(packets.stun_username(stun(data)), str)
