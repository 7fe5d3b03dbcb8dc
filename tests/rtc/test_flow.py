"""A stream keeps its numbers, and goes on counting when its sender comes back with others."""

from struct import pack, unpack_from

from shopvisio.rtc.flow import SPARE, Flow, Inlet, Outlet
from shopvisio.rtc.packets import SEND_TIME, TRANSPORT_NUMBER

VIDEO = 90_000


def inlet(ssrc: int = 1, payload_type: int = 96) -> Inlet:
    return Inlet(payload_type, ssrc, {})


def outlet(ssrc: int = 2, payload_type: int = 101) -> Outlet:
    return Outlet(payload_type, ssrc, {}, VIDEO)


def passed(flow: Flow, seq: int, time: int = 0, now: float = 0.0, payload: bytes = b"") -> tuple[int, ...] | None:
    """(second byte, sequence number, timestamp, SSRC) as sent on, or None."""
    packet = bytearray(pack("!BBHII", 0x80, 0x80 | 96, seq, time, 1) + payload)
    if not flow.rewrite(packet, len(packet), now):
        return None
    return unpack_from("!BHII", packet, 1)


def test_it_changes_the_names_and_keeps_the_numbers() -> None:
    flow = Flow(inlet(), outlet())
    assert passed(flow, 1000, 5000) == (0x80 | 101, 1000, 5000, 2)
    assert passed(flow, 1002, 6000) == (0x80 | 101, 1002, 6000, 2)
    assert passed(flow, 1001, 5500) == (0x80 | 101, 1001, 5500, 2)


def test_it_begins_in_the_lower_half_so_that_no_wrap_is_near() -> None:
    flow = Flow(inlet(), outlet())
    first = passed(flow, 65_535)
    assert first
    assert first[1] == 32_767
    second = passed(flow, 0)
    assert second
    assert second[1] == 32_768


def test_a_returning_sender_goes_on_where_the_old_one_stopped() -> None:
    out = outlet()
    old = Flow(inlet(), out)
    passed(old, 65_530 - 0x8000, 4_000_000_000, now=10.0)
    new = Flow(inlet(ssrc=9), out)
    assert passed(new, 20_000, 77, now=12.0) == (
        0x80 | 101, 65_531 - 0x8000, (4_000_000_000 + 2 * VIDEO) % 2**32, 2)
    assert passed(new, 20_001, 80, now=12.0) == (
        0x80 | 101, 65_532 - 0x8000, (4_000_000_000 + 2 * VIDEO + 3) % 2**32, 2)


def test_after_a_return_nothing_older_than_the_first_goes_out_again() -> None:
    out = outlet()
    passed(Flow(inlet(), out), 100)
    new = Flow(inlet(), out)
    assert passed(new, 500)
    assert passed(new, 499) is None
    assert passed(new, 501)


def test_a_retransmission_carries_the_shifted_original_number() -> None:
    out, out_rtx = outlet(), outlet(ssrc=3)
    passed(Flow(inlet(), out), 100, 0, now=1.0)
    media = Flow(inlet(), out)
    rtx = Flow(inlet(ssrc=5), out_rtx, media)
    assert passed(rtx, 7, payload=pack("!H", 900)) is None          # nothing to repeat yet
    passed(media, 900, 0, now=2.0)
    packet = bytearray(pack("!BBHII", 0x80, 97, 7, 0, 5) + pack("!H", 900) + b"picture")
    assert rtx.rewrite(packet, len(packet), 2.0)
    assert unpack_from("!H", packet, 12)[0] == 101
    assert unpack_from("!I", packet, 4)[0] == VIDEO                 # the same clock as its media
    assert packet[14:] == b"picture"


def test_it_counts_what_never_came() -> None:
    flow = Flow(inlet(), outlet())
    assert flow.lost == 0
    for seq in (65_534, 65_535, 2, 1):
        passed(flow, seq)
    assert (flow.packets, flow.lost) == (4, 1)


def test_header_extensions_follow_the_receivers_table() -> None:
    flow = Flow(Inlet(96, 1, {"level": 3, "twcc": 5}), Outlet(96, 2, {"twcc": 1}, VIDEO))
    packet = bytearray(pack("!BBHIIHH", 0x90, 96, 1, 2, 1, 0xBEDE, 2) + b"\x30\x11\x51\x22\x33\x00\x00\x00")
    assert flow.rewrite(packet, len(packet), 0.0)
    assert packet[16:] == b"\x00\x00\x11\x22\x33\x00\x00\x00"


def test_in_a_room_of_three_each_network_is_measured_up_to_the_relay() -> None:
    ids = {SEND_TIME: 2, TRANSPORT_NUMBER: 3}
    flow = Flow(Inlet(96, 1, ids), Outlet(96, 2, ids, VIDEO))
    sent = pack("!BBHIIHH", 0x90, 96, 1, 2, 1, 0xBEDE, 2) + b"\x22abc\x31\x12\x34\x00"

    def extensions() -> bytes:
        packet = bytearray(sent)
        assert flow.rewrite(packet, len(packet), 1.0)
        return bytes(packet[16:])

    assert extensions() == sent[16:]
    flow.measured_here(True)
    assert extensions() == b"\x22\x04\x00\x00" + bytes(4)      # one second, and no number
    flow.measured_here(False)
    assert extensions() == sent[16:]


def test_a_few_of_the_packets_may_be_asked_for_again_but_not_most_of_them() -> None:
    flow = Flow(inlet(), outlet())
    for seq in range(1000):
        passed(flow, seq)
        assert seq % 5 or flow.may_repeat(1)
    assert flow.may_repeat(SPARE // 2)
    assert not flow.may_repeat(SPARE)
    for seq in range(1000, 2000):
        passed(flow, seq)
    asked = sum(flow.may_repeat(10) for _again in range(1000))
    assert asked == SPARE // 10
