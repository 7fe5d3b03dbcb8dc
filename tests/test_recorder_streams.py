"""What a recording makes of packets: their order, what is missing, what is repeated, and when it was."""

from struct import pack

import pytest

from shopvisio.recorder.streams import (
    PATIENCE,
    Clock,
    Frame,
    Packet,
    Picture,
    Sound,
    align,
    read,
    repeated,
    reports,
    size_of,
)

KEY = b"\x10\x00\x00\x9d\x01\x2a" + pack("<HH", 640, 480) + b"whole"
DELTA = b"\x11built on it"


def rtp(
    seq: int, time: int, payload: bytes, ends: bool = True, ssrc: int = 7, came: float = 0.0, extended: bool = False
) -> Packet:
    """A packet as it comes from the wire, read."""
    head = pack("!BBHII", 0x90 if extended else 0x80, 96 | (0x80 if ends else 0), seq & 0xFFFF, time & 0xFFFFFFFF, ssrc)
    made = read(head + (b"\xbe\xde\x00\x01abcd" if extended else b"") + payload, came)
    assert made is not None
    return made


def begins(data: bytes) -> bytes:
    """The first part of a picture, with a picture number of fifteen bits."""
    return b"\x90\x80\x81\x23" + data


def goes_on(data: bytes) -> bytes:
    return b"\x80\x80\x81\x23" + data


def shown(picture: Picture, now: float = 0.0) -> list[bytes]:
    return [frame.data for frame in picture.frames(now)]


def test_a_picture_in_several_packets_is_one_frame_whatever_their_order() -> None:
    picture = Picture(7)
    picture.put(rtp(65534, 90, begins(KEY[:9]), ends=False, extended=True))
    picture.put(rtp(0, 90, goes_on(KEY[12:])))
    assert shown(picture) == []
    picture.put(rtp(65535, 90, goes_on(KEY[9:12]), ends=False))
    picture.put(rtp(65535, 90, goes_on(KEY[9:12]), ends=False))
    assert shown(picture) == [KEY]
    assert size_of(KEY) == (640, 480)
    assert size_of(DELTA) is None


def test_nothing_is_shown_before_a_whole_picture_nor_after_a_loss_until_the_next() -> None:
    picture = Picture(7)
    picture.put(rtp(1, 0, begins(DELTA)))
    assert shown(picture) == []
    assert picture.lacks
    picture.put(rtp(2, 3000, begins(KEY)))
    picture.put(rtp(3, 6000, begins(DELTA)))
    assert shown(picture) == [KEY, DELTA]
    picture.put(rtp(5, 12000, begins(DELTA), came=1.0))
    assert shown(picture, 1.0) == [], "the fourth may still come"
    assert shown(picture, 1.0 + PATIENCE * 1.01) == []
    assert picture.lacks
    picture.put(rtp(6, 15000, begins(KEY), came=2.0))
    assert shown(picture, 2.0) == [KEY]


def test_a_lost_packet_that_is_repeated_is_no_loss() -> None:
    picture = Picture(7)
    picture.put(rtp(1, 0, begins(KEY)))
    picture.put(rtp(3, 6000, begins(DELTA)))
    again = repeated(rtp(900, 3000, pack("!H", 2) + begins(DELTA), ssrc=8), 7)
    assert again is not None
    picture.put(again)
    assert shown(picture) == [KEY, DELTA, DELTA]
    assert repeated(rtp(901, 0, b"\0\0"), 7) is None


def test_times_go_on_through_their_wrap_and_follow_the_first_packet() -> None:
    sound = Sound(7)
    for number, time in enumerate((0xFFFFFFFF - 959, 0, 960)):
        sound.put(rtp(number, time, b"voice", came=100.0 + number))
    times = [frame.at for frame in sound.frames(200.0)]
    assert times == pytest.approx([100.0, 100.02, 100.04])


def test_lips_go_with_the_voice_once_their_sender_reported_both() -> None:
    voice, picture = Clock(48_000), Clock(90_000)
    voice.at(48_000, 10.0)
    picture.at(90_000, 10.3)  # encoded for 0.3 s
    for clock, ssrc, time in ((voice, 1, 48_000), (picture, 2, 90_000)):
        ((told, wall, at),) = reports(pack("!BBHIQIII", 0x80, 200, 6, ssrc, 3_900_000_000 << 32, time, 0, 0))
        assert told == ssrc
        clock.report(wall, at)
    align(voice, picture)
    assert picture.at(99_000, 10.4) == pytest.approx(voice.at(52_800, 10.1))


def test_times_that_a_sender_makes_up_are_not_believed() -> None:
    voice, picture = Clock(48_000), Clock(90_000)
    assert voice.at(0, 10.0) == 10.0
    assert voice.at(1 << 30, 10.02) == pytest.approx(10.02)
    picture.at(0, 10.0)
    voice.report(0.0, 1 << 30)
    picture.report(4e9, 0)
    align(voice, picture)
    assert picture.at(900, 10.01) == pytest.approx(10.01)


RUBBISH = (b"", b"\x80" * 5, b"\x80" * 12, b"\xbf" * 60, b"\x90" + bytes(11), b"\xa0" + b"\xff" * 20)


@pytest.mark.parametrize("data", RUBBISH)
def test_rubbish_harms_nothing(data: bytes) -> None:
    packet = read(data, 0.0)
    if packet is not None:
        for stream in (Sound(packet.ssrc), Picture(packet.ssrc)):
            stream.put(packet)
            assert all(isinstance(frame, Frame) for frame in stream.frames(1.0))
    assert list(reports(data)) == []
