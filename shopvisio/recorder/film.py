"""One person's recording: a WebM file that plays to its last second, however its writer ends."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from shopvisio.recorder.streams import Frame, size_of

SETTLE = 2.0  # seconds the first picture may take; its size stands in the file's head
DARK = 1.5  # seconds without a picture, before the file says so itself: a black one, each second from then on
AGAIN = 1.0
SIZE, LARGEST = (640, 480), 4096
MOST_HELD = 500  # frames
_THOUSANDTH = Fraction(1, 1000)
# a part of the file is written out each second
OPTIONS = {"cluster_time_limit": "1000", "max_interleave_delta": "500000", "fflags": "+flush_packets"}


def black(width: int, height: int) -> bytes:
    """A VP8 picture of nothing."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, 30)
    picture = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(picture.planes, (16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    picture.pts, picture.time_base = 0, encoder.time_base
    return bytes((encoder.encode(picture) + encoder.encode(None))[0])


class Film:
    """``zero``: the steady clock's reading that is the file's beginning, the same for everybody in a call. The file is
    there from the first frame on; without any there is none."""

    def __init__(self, path: Path, zero: float) -> None:
        self.path, self._zero = path, zero
        self.first: float | None = None  # seconds: when somebody was first seen or heard
        self.last = 0.0
        self._held: list[tuple[bool, Frame]] = []  # until the size of the picture is known
        self._file: OutputContainer | None = None
        self._dark = b""
        self._shown = 0.0  # the steady clock's reading at the last picture
        self._times = [-1, -1]  # thousandths: of the last picture, of the last sound

    def add(self, frame: Frame, is_picture: bool) -> None:
        """The next one of its kind."""
        self.first = frame.at if self.first is None else self.first
        if self._file is not None:
            self._write(frame, is_picture)
            return
        self._held.append((is_picture, frame))
        size = size_of(frame.data) if is_picture else None
        size = size if size and all(16 <= side <= LARGEST for side in size) else None
        if size or frame.at - self.first > SETTLE or len(self._held) > MOST_HELD:
            self._open(*(size or SIZE))

    def tick(self, now: float) -> bool:
        """Time passes; whether there is no picture, and a whole one is wanted."""
        if self._file is None or now - self._shown < DARK:
            return False
        self._write(Frame(self._dark, now, True), True)
        self._shown = now - DARK + AGAIN
        return True

    def close(self) -> None:
        """No more comes: the file's length and its index are noted in it."""
        if self._file is None and self._held:
            self._open(*SIZE)
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def seconds(self) -> float:
        """How much there is."""
        return 0.0 if self.first is None else max(0.0, self.last - self.first)

    def _open(self, width: int, height: int) -> None:
        self._dark = black(width, height)
        self._file = av.open(str(self.path), "w", format="webm", options=OPTIONS)
        self._tracks: tuple[Any, Any] = (
            self._file.add_mux_stream("vp8", width=width, height=height),
            self._file.add_stream("libopus", rate=48000, layout="stereo"),
        )
        held, self._held = self._held, []
        first = min(frame.at for _is_picture, frame in held)
        if not held[0][0]:
            self._write(Frame(self._dark, first, True), True)  # players want a picture to begin with
        for is_picture, frame in held:
            self._write(frame, is_picture)

    def _write(self, frame: Frame, is_picture: bool) -> None:
        assert self._file is not None
        place = 0 if is_picture else 1
        time = max(round((frame.at - self._zero) * 1000), self._times[place] + 1)
        self._times[place] = time
        self.last = max(self.last, frame.at)
        if is_picture:
            self._shown = frame.at
        packet = av.Packet(frame.data)
        packet.stream, packet.time_base = self._tracks[place], _THOUSANDTH
        packet.pts = packet.dts = time
        packet.is_keyframe = frame.whole
        self._file.mux(packet)
