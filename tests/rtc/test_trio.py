"""What a sender is told where two people receive what it sends."""

from struct import pack, unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shopvisio.rtc import packets, trio
from shopvisio.rtc.trio import Arrivals, Receivers

from .test_packets import block, rtcp, words

VIDEO = 0x1111
ANNA, BEN = "anna", "ben"


def read(told: bytes) -> tuple[int, dict[int, int | None]]:
    """Transport-wide feedback as a browser reads it: its count; number -> arrival in ms, None where it never came."""
    base, many, word = unpack_from("!HHI", told, 12)
    at, when = 20, (word >> 8) * 64.0
    symbols: list[int] = []
    while len(symbols) < many:
        chunk = unpack_from("!H", told, at)[0]
        assert chunk >> 14 == 3
        symbols += [chunk >> 12 - 2 * place & 3 for place in range(7)]
        at += 2
    found: dict[int, int | None] = {}
    for place, symbol in enumerate(symbols[:many]):
        if symbol:
            when += unpack_from("!B" if symbol == 1 else "!h", told, at)[0] / 4
            at += symbol
        found[(base + place) & 0xFFFF] = round(when) if symbol else None
    assert len(told) == 4 + 4 * int.from_bytes(told[2:4], "big")
    assert 0 <= len(told) - at < 4
    return word & 0xFF, found


def arrived(at: Arrivals, *packets_: tuple[int, float]) -> list[bytes]:
    """Packets by their number and time; the feedback that was given."""
    told = [at.note(number, now, 7, VIDEO) for number, now in packets_]
    return [one for one in told if one]


def test_the_sender_hears_every_so_often_what_arrived_and_when() -> None:
    at = Arrivals()
    first, second = arrived(at, (10, 64.0), (11, 64.02), (13, 64.05), (14, 64.11), (15, 64.12), (12, 64.15),
                            (17, 64.21), (18, 64.3))
    assert words(first)[1:3] == (7, VIDEO)
    assert read(first) == (0, {10: 64_000, 11: 64_020, 12: None, 13: 64_050, 14: 64_110})
    assert read(second) == (1, {12: 64_150, 13: None, 14: None, 15: 64_120, 16: None, 17: 64_210, 18: 64_300})


def test_what_was_lost_between_two_feedbacks_is_told_with_the_later() -> None:
    _first, second = arrived(Arrivals(), (1, 1.0), (2, 1.1), (5, 1.2), (6, 1.3))
    assert read(second)[1] == {3: None, 4: None, 5: 1200, 6: 1300}


def test_numbers_go_round() -> None:
    told, = arrived(Arrivals(), (65_535, 9.0), (0, 9.05), (1, 9.2))
    assert read(told)[1] == {65_535: 9000, 0: 9050, 1: 9200}


def test_after_a_silence_or_a_leap_it_begins_anew() -> None:
    at = Arrivals()
    told, = arrived(at, (1, 1.0), (2, 30.0), (3, 30.1))
    assert read(told)[1] == {2: 30_000, 3: 30_100}
    told, = arrived(at, (20_000, 30.2), (20_001, 30.31))
    found = read(told)[1]
    assert len(found) <= trio.HOLE + 1
    assert {number: when for number, when in found.items() if when} == {20_000: 30_200, 20_001: 30_310}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-300, 30_000), st.floats(0, 0.5)), max_size=60))
def test_any_order_of_numbers_can_be_told(steps: list[tuple[int, float]]) -> None:
    at, now, number = Arrivals(), 0.0, 0
    for step, pause in steps:
        now, number = now + pause, (number + step) & 0xFFFF
        told = at.note(number, now, 7, VIDEO)
        assert len(told) < 1200
        if told:
            found = read(told)[1]
            assert number in found or len(found) == trio.HOLE + 1      # older than what one feedback can hold


def remb(bits: int) -> bytes:
    return packets.bitrate_limit(9, bits, [VIDEO])


def hear(at: Receivers, who: str, data: bytes, shared: int = 1, now: float = 1.0) -> tuple[bytes, bool]:
    return at.hear(who, data, [VIDEO], shared, now)


def allowed(told: tuple[bytes, bool]) -> int:
    assert words(told[0])[1] == 7
    assert words(told[0])[5:] == (VIDEO,)
    return packets.bitrate(told[0])


def test_the_sender_gets_the_least_of_what_each_receiver_can_give_it() -> None:
    at = Receivers(7)
    assert allowed(hear(at, ANNA, remb(1_000_000))) == 1_000_000
    assert allowed(hear(at, BEN, remb(800_000), shared=2)) == 400_000
    assert allowed(hear(at, ANNA, remb(2_000_000))) == 400_000
    assert allowed(hear(at, ANNA, remb(200_000))) == 200_000


def test_a_receiver_that_says_nothing_more_limits_nobody() -> None:
    at = Receivers(7)
    hear(at, BEN, remb(100_000), now=1.0)
    assert allowed(hear(at, ANNA, remb(1_000_000), now=7.0)) == 1_000_000


def test_requests_for_a_picture_are_answered_by_one() -> None:
    at = Receivers(7)
    assert hear(at, ANNA, rtcp(packets.PLI, packets.PSFB, 1, VIDEO)) == (b"", True)
    assert hear(at, ANNA, rtcp(packets.FIR, packets.PSFB, 1, 0, VIDEO, 1 << 24)) == (b"", True)
    assert hear(at, ANNA, rtcp(0, packets.RR, 1)) == (rtcp(0, packets.RR, 1), False)


def test_what_is_lost_is_asked_of_the_sender_and_its_transport_numbers_are_not() -> None:
    nack = rtcp(packets.NACK, packets.RTPFB, 1, VIDEO, 3 << 16)
    feedback = rtcp(packets.TRANSPORT_CC, packets.RTPFB, 1, VIDEO, 0x00050006, 0x12345678, 0x20062A2B)
    assert hear(Receivers(7), ANNA, feedback + nack) == (nack, False)


def report(share: int, lost: int, highest: int = 100) -> bytes:
    return rtcp(1, packets.RR, 1, VIDEO, share << 24 | lost & 0xFFFFFF, highest, 9, 10, 11)


def said(told: tuple[bytes, bool]) -> tuple[int, int, int] | None:
    """(share lost, lost in all, highest number) of the one block, or None."""
    one = words(told[0])
    if one[0] >> 24 & 0x1F == 0:
        return None
    assert one[5:] == (9, 10, 11)
    assert len(told[0]) == 32
    return one[3] >> 24, one[3] & 0xFFFFFF, one[4]


def test_whoever_loses_most_speaks_for_both() -> None:
    at = Receivers(7)
    assert said(hear(at, ANNA, report(0, 0))) == (0, 0, 100)
    assert said(hear(at, BEN, report(0, 0))) is None
    assert said(hear(at, BEN, report(20, 4, 110))) == (20, 4, 110)
    assert said(hear(at, ANNA, report(10, 3, 120))) is None
    assert said(hear(at, ANNA, report(30, 8, 130))) == (30, 9, 130)      # what it lost since, on top of what was told
    assert said(hear(at, BEN, report(0, 4, 140))) is None
    assert said(hear(at, ANNA, report(0, 8, 150))) == (0, 9, 150)


def test_a_receiver_that_came_late_counts_its_rounds_like_the_first() -> None:
    at = Receivers(7)
    hear(at, ANNA, report(0, 0, 0x2FFF0))
    assert said(hear(at, BEN, report(50, 1, 0x0005))) == (50, 0, 0x30005)


def test_a_receiver_that_lost_much_and_fell_silent_speaks_for_nobody() -> None:
    at = Receivers(7)
    hear(at, ANNA, report(90, 4), now=1.0)
    assert said(hear(at, BEN, report(0, 0), now=2.0)) is None
    assert said(hear(at, BEN, report(0, 0), now=7.0)) == (0, 4, 100)


def test_reports_on_the_third_person_are_not_for_this_sender() -> None:
    both = rtcp(2, packets.RR, 1, *block(0xDEAD, 5), *block(VIDEO, 6))
    assert words(hear(Receivers(7), ANNA, both)[0])[2] == VIDEO
    sender = rtcp(2, packets.SR, 1, 2, 3, 4, 5, 6, *block(0xDEAD, 5), *block(0xBEEF, 6))
    assert hear(Receivers(7), ANNA, sender)[0] == rtcp(0, packets.SR, 1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("broken", [rtcp(31, packets.SR, *range(6)), rtcp(5, packets.RR, 1, VIDEO), pack("!I", 5)])
def test_broken_reports_do_no_harm(broken: bytes) -> None:
    told, asked = hear(Receivers(7), ANNA, broken)
    assert len(told) <= len(broken)
    assert not asked


def test_nothing_heard_is_no_limit() -> None:
    assert packets.bitrate(Receivers(7).limit([VIDEO], 1.0)) == trio.NO_LIMIT
